/** The main thread's end of a thread that runs the component, with the watch over its time. */

import { Worker } from "node:worker_threads";
import { PortolanError, textOf } from "./errors.js";
import { START_MS, WATCH_MS } from "./limits.js";
import { ANSWERED, ENTRIES, type FromThread, type Method, RUNNING, type Request, type Sent, type Start, type ToThread } from "./protocol.js";
import type { Problem } from "./types.js";

/** Whose call it is, and where what it sends goes. The component cannot say either. */
export interface CallScope {
  /** The account for which the call is made; none while accounts are discovered. */
  readonly account: string | undefined;
}

export interface Outside {
  send(scope: CallScope, requests: readonly Request[]): Promise<readonly Sent[]>;
  log(level: "error" | "warn" | "info" | "debug", message: string, scope: CallScope): void;
}

/** The thread ended because of another call in it: this one is to be made again, in another thread. */
export class Interrupted extends Error {}

interface Running {
  readonly scope: CallScope;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class Thread {
  /** Its thread has ended; nothing is called in it any more. */
  ended = false;
  readonly #worker: Worker;
  readonly #marks: Int32Array;
  readonly #blocking: boolean;
  readonly #busyMs: number;
  readonly #outside: Outside;
  readonly #running = new Map<number, Running>();
  readonly #watch: NodeJS.Timeout;
  #calls = 0;
  #ready = false;
  /** The entry that was seen last, and since when. */
  #seen = { entry: 0, since: performance.now() };

  constructor(start: Omit<Start, "marks">, outside: Outside) {
    this.#marks = new Int32Array(new SharedArrayBuffer(3 * Int32Array.BYTES_PER_ELEMENT));
    this.#blocking = start.blocking;
    this.#busyMs = start.busyMs;
    this.#outside = outside;
    const workerData: Start = { ...start, marks: this.#marks };
    // Nothing of this process's environment or arguments reaches the thread: credentials may be there.
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), { workerData, env: {}, argv: [], execArgv: [], name: "portolan" });
    this.#worker.on("message", (message: FromThread) => this.#hear(message));
    this.#worker.on("error", (error) => this.stop(new PortolanError("trap", `the component's thread ended: ${textOf(error)}`)));
    this.#worker.on("exit", () => this.stop(new PortolanError("trap", "the component's thread ended")));
    this.#watch = setInterval(() => this.#look(), WATCH_MS);
    this.#watch.unref();
  }

  /** Calls that are in it. */
  get load(): number {
    return this.#running.size;
  }

  call(method: Method, given: readonly unknown[], scope: CallScope): Promise<unknown> {
    if (this.ended) return Promise.reject(new Interrupted());
    this.#calls += 1;
    const call = this.#calls;
    return new Promise((resolve, reject) => {
      this.#running.set(call, { scope, resolve, reject });
      this.#post({ is: "call", call, method, arguments: given });
    });
  }

  /** Ends the thread, whatever it does; its calls end with `error`, or with what `of` gives for each. */
  stop(error: unknown, of: (call: number) => unknown = () => error): void {
    if (this.ended) return;
    this.ended = true;
    clearInterval(this.#watch);
    void this.#worker.terminate();
    for (const [call, running] of this.#running) running.reject(of(call));
    this.#running.clear();
  }

  #post(message: ToThread): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromThread): void {
    if (message.is === "ready") {
      this.#ready = true;
      return;
    }
    const running = this.#running.get(message.call);
    if (!running) return;
    if (message.is === "log") return this.#outside.log(message.level, message.message, running.scope);
    if (message.is === "send") return void this.#send(message.call, running.scope, message.requests);
    this.#running.delete(message.call);
    if (message.is === "result") running.resolve(message.value);
    else if (message.is === "failure") running.reject(new Failure(message.payload));
    else running.reject(new PortolanError(message.why, message.why === "trap" ? `the component stopped: ${message.message}` : message.message));
  }

  async #send(call: number, scope: CallScope, requests: readonly Request[]): Promise<void> {
    let answers: readonly Sent[];
    try {
      answers = await this.#outside.send(scope, requests);
    } catch (error) {
      // A defect of ours; the component, which waits, hears of it, and so does the page.
      answers = requests.map(() => ({ tag: "err", val: { class: "refused", message: `the host failed: ${textOf(error)}` } }));
    }
    if (this.ended) return;
    this.#post({ is: "answers", call, answers });
    if (this.#blocking) {
      Atomics.store(this.#marks, ANSWERED, 1);
      Atomics.notify(this.#marks, ANSWERED);
    }
  }

  /** Ends the thread where one entry into the component lasts too long: nothing else stops a loop. */
  #look(): void {
    const [entry, running, now] = [Atomics.load(this.#marks, ENTRIES), Atomics.load(this.#marks, RUNNING), performance.now()];
    const busy = running !== 0 || !this.#ready;
    if (!busy || entry !== this.#seen.entry) {
      this.#seen = { entry, since: now };
      return;
    }
    if (now - this.#seen.since <= (this.#ready ? this.#busyMs : START_MS)) return;
    const late = new PortolanError("limit", this.#ready ? `the component ran for more than ${this.#busyMs} ms without an answer` : "the component's thread did not start");
    this.stop(late, (call) => (call === running || !this.#ready ? late : new Interrupted()));
  }
}

/** An error that the component gave back: a record of `wit/`. */
export class Failure extends Error {
  constructor(readonly payload: unknown) {
    super("the component gave an error");
  }

  /** The problem, where it is the failure of a call; none where it is of `configure`. */
  get problem(): Problem | undefined {
    return (this.payload as { readonly problem?: Problem }).problem;
  }
}
