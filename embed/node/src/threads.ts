/** The threads of a discovery: which call runs where. */

import { availableParallelism } from "node:os";
import type { Component } from "./component.js";
import { PortolanError } from "./errors.js";
import { Places } from "./places.js";
import type { Method, Start } from "./protocol.js";
import { type CallScope, Interrupted, type Outside, Thread } from "./thread.js";

/** How `send` waits: `jspi` suspends the instance (Node.js 24 and newer), `blocking` its thread. */
export type Engine = "jspi" | "blocking";

/** What this Node.js can do. */
export function bestEngine(): Engine {
  return "Suspending" in WebAssembly ? "jspi" : "blocking";
}

/** Threads for instances that suspend: they wait most of the time, so there are no more than processors, nor than this. */
const SUSPENDING_THREADS_MAX = 4;

export class Threads {
  readonly #make: () => Thread;
  readonly #places: Places;
  readonly #perThread: number;
  #threads: Thread[] = [];
  #closed: unknown;

  /** `atOnce` calls run side by side: each in its thread, or many in each. */
  constructor(component: Component, engine: Engine, busyMs: number, configuration: Start["configuration"], atOnce: number, outside: Outside) {
    const blocking = engine === "blocking";
    const start = { glue: blocking ? component.glue.sync : component.glue.jspi, modules: component.modules, blocking, busyMs, configuration };
    this.#make = () => new Thread(start, outside);
    this.#places = new Places(atOnce);
    this.#perThread = blocking ? 1 : Math.ceil(atOnce / Math.min(availableParallelism(), SUSPENDING_THREADS_MAX));
  }

  /** Calls into the component when there is a place. What another call's loop interrupted is called again. */
  call(method: Method, given: readonly unknown[], scope: CallScope): Promise<unknown> {
    return this.#places.use(async () => {
      for (;;) {
        if (this.#closed !== undefined) throw this.#closed;
        try {
          return await this.#thread().call(method, given, scope);
        } catch (error) {
          // Each interruption is the end of another call, so this ends.
          if (!(error instanceof Interrupted)) throw error;
        }
      }
    });
  }

  /** Ends all threads; calls that run end with `why`. */
  close(why: unknown = new PortolanError("closed", "the discovery is closed")): void {
    this.#closed ??= why;
    for (const thread of this.#threads) thread.stop(this.#closed);
    this.#threads = [];
  }

  #thread(): Thread {
    this.#threads = this.#threads.filter((thread) => !thread.ended);
    const least = this.#threads.reduce<Thread | undefined>((a, b) => (a && a.load <= b.load ? a : b), undefined);
    // An idle one first; then a new one as long as calls would share.
    if (least && least.load < this.#perThread && (least.load === 0 || this.#perThread > 1)) return least;
    const made = this.#make();
    this.#threads.push(made);
    return made;
  }
}
