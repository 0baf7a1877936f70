/** What the main thread and the threads that run the component say to each other. */

import type { Request, Response, Result, SendError } from "../component/portolan/sync/interfaces/portolan-aws-signed-http.js";
import type { Run } from "../component/portolan/sync/interfaces/portolan-aws-sync.js";

export type { Request, Response, SendError };
export type Sent = Result<Response, SendError>;

/** The exported functions, under the names that jco gives them. */
export type Method = "describe" | "configure" | "classify" | "discoverAccounts" | "plan" | "syncPage" | "readResources" | "mapResources";

/** Methods in which requests may be sent. */
export const SENDING: ReadonlySet<Method> = new Set<Method>(["discoverAccounts", "plan", "syncPage", "readResources"]);

/** What a thread is started with. */
export interface Start {
  readonly glue: string;
  readonly modules: Readonly<Record<string, WebAssembly.Module>>;
  /** Whether `send` blocks the thread; else it suspends the instance, and the thread goes on with others. */
  readonly blocking: boolean;
  /** What instances are configured with; none in threads that only describe and classify. */
  readonly configuration: { readonly config: string; readonly run: Run } | undefined;
  /** How long one call may run, waiting not counted, in milliseconds. */
  readonly busyMs: number;
  /** Shared: see the places below. */
  readonly marks: Int32Array;
}

/** In `Start.marks`: the number of the call that is in the component now, or 0. */
export const RUNNING = 0;
/** In `Start.marks`: counts each entry into the component, so that one that lasts can be told from many. */
export const ENTRIES = 1;
/** In `Start.marks`: a blocked thread sleeps on it until its answers are there. */
export const ANSWERED = 2;

export type ToThread =
  | { readonly is: "call"; readonly call: number; readonly method: Method; readonly arguments: readonly unknown[] }
  | { readonly is: "answers"; readonly call: number; readonly answers: readonly Sent[] };

export type FromThread =
  | { readonly is: "ready" }
  | { readonly is: "send"; readonly call: number; readonly requests: readonly Request[] }
  | { readonly is: "log"; readonly call: number; readonly level: "error" | "warn" | "info" | "debug"; readonly message: string }
  | { readonly is: "result"; readonly call: number; readonly value: unknown }
  /** The component's own error: the call gave nothing. */
  | { readonly is: "failure"; readonly call: number; readonly payload: unknown }
  | { readonly is: "stopped"; readonly call: number; readonly why: "trap" | "limit"; readonly message: string };
