/** One configured component with all that it needs around it: threads, guard, sessions, the way out. */

import { setMaxListeners } from "node:events";
import type { Verdict } from "../component/portolan/sync/interfaces/portolan-aws-errors.js";
import type { Configured, Rejected, Run } from "../component/portolan/sync/interfaces/portolan-aws-sync.js";
import { loadComponent } from "./component.js";
import { PortolanError, textOf } from "./errors.js";
import { Guard } from "./guard.js";
import { Outbound } from "./outbound.js";
import type { Method } from "./protocol.js";
import { type CredentialProvider, type Roles, Sessions } from "./sessions.js";
import { type CallScope, Failure, type Outside } from "./thread.js";
import { type Engine, Threads } from "./threads.js";
import { Connections, type Transport } from "./transport.js";

/** Where `npm run build` puts the components. */
export const BUILT = new URL("../component/", import.meta.url);
const SILENT: CallScope = { account: undefined };

export interface HostOptions {
  /** The folder of a transpiled component. */
  readonly component: URL;
  /** The component's configuration, from what it says of all its kinds. */
  readonly config: (manifest: string) => string;
  /** Facts and limits of the run. */
  readonly run: Run;
  /** Actions that are no plain inventory and that the operator permits. */
  readonly operator: readonly string[];
  readonly engine: Engine;
  /** Calls that run side by side. */
  readonly concurrency: number;
  readonly componentTimeoutMs: number;
  readonly requestTimeoutMs: number;
  readonly credentials: CredentialProvider;
  readonly roles: Roles;
  /** The region of STS. */
  readonly region: string;
  readonly endpointUrl: URL | undefined;
  readonly transport: Transport | undefined;
  readonly signal: AbortSignal | undefined;
  /** Hears the component, with the scope of its call, and the host, without one. */
  readonly log: (level: "error" | "warn" | "info" | "debug", message: string, scope?: CallScope) => void;
}

export class Host {
  /** What `configure` gave. */
  readonly configured: Configured;
  readonly sessions: Sessions;
  readonly #guests: Threads;
  readonly #closing: AbortController;

  private constructor(configured: Configured, sessions: Sessions, guests: Threads, closing: AbortController) {
    this.configured = configured;
    this.sessions = sessions;
    this.#guests = guests;
    this.#closing = closing;
  }

  /** Loads and configures the component. Asks nothing of AWS. */
  static async open(options: HostOptions): Promise<Host> {
    const { engine, run, endpointUrl, componentTimeoutMs: busyMs, signal, log } = options;
    const [component, guard] = await Promise.all([loadComponent(options.component), Guard.load(new URL("guard/", BUILT))]);
    const closing = new AbortController();
    // Each exchange in flight listens to it.
    setMaxListeners(Infinity, closing.signal);
    const connections = new Connections();
    const ends: (() => void)[] = [(): void => connections.close()];
    closing.signal.addEventListener("abort", () => ends.forEach((end) => end()), { once: true });
    const stop = (): void => closing.abort(signal?.reason);
    signal?.addEventListener("abort", stop, { once: true });
    ends.push(() => signal?.removeEventListener("abort", stop));
    if (signal?.aborted) stop();
    try {
      closing.signal.throwIfAborted();
      // One thread reads error answers, so that an answer that the component cannot take costs no unit.
      const silent: Outside = { send: async () => Promise.reject(new Error("this call may not send requests")), log };
      const reader = new Threads(component, "blocking", busyMs, undefined, 1, silent);
      ends.push(() => reader.close(closing.signal.reason));
      const config = options.config((await reader.call("describe", [], SILENT)) as string);
      const sts = endpointUrl ?? new URL(`https://${guard.endpoint("sts", options.region).host}`);
      const sessions = new Sessions(options.credentials, options.roles, options.region, sts.href);
      const outbound = new Outbound({
        guard,
        sessions,
        transport: options.transport ?? connections.send,
        classify: (...given) => reader.call("classify", given, SILENT) as Promise<Verdict>,
        partition: run.partition,
        endpointUrl,
        requestMs: options.requestTimeoutMs,
        responseBytes: Number(run.limits.responseBytes),
        batchBytes: Number(run.limits.batchBytes),
        closed: closing.signal,
        log,
      });
      const outside: Outside = { send: (scope, requests) => outbound.send(scope, requests), log };
      const guests = new Threads(component, engine, busyMs, { config, run }, options.concurrency, outside);
      ends.push(() => guests.close(closing.signal.reason), () => sessions.close());
      const configured = (await guests.call("configure", [config, run], SILENT)) as Configured;
      for (const call of guard.grant(configured.manifest, options.operator)) log("warn", `the component declares what no request could ask: ${call.text}`);
      return new Host(configured, sessions, guests, closing);
    } catch (error) {
      closing.abort();
      throw error instanceof Failure ? rejected(error) : error;
    }
  }

  /** Calls into the component. What it gives back as an error is thrown as a `Failure`. */
  call(method: Method, given: readonly unknown[], scope: CallScope): Promise<unknown> {
    return this.#guests.call(method, given, scope);
  }

  /** Ends threads and connections; calls that run end with an error. */
  close(): void {
    if (!this.#closing.signal.aborted) this.#closing.abort(new PortolanError("closed", "the discovery is closed"));
  }
}

function rejected(error: Failure): PortolanError {
  const { remarks = [] } = error.payload as Partial<Rejected>;
  const said = remarks.map(({ at, message, instead }) => `${at}: ${message}${instead ? ` (${instead})` : ""}`);
  return new PortolanError("configuration", `the component refuses the configuration: ${said.join("; ") || textOf(error)}`);
}
