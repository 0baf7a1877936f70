/** One instance of the component and calls into it, within a thread. It serves one call at a time. */

import type * as Root from "../component/portolan/sync/component.js";
import type { AccountPage, AccountPlan, Limits, Mapped, Page } from "../component/portolan/sync/interfaces/portolan-aws-sync.js";
import * as limits from "./limits.js";
import { type Method, type Request, SENDING, type Sent, type Start } from "./protocol.js";
import type { Outside } from "./worker.js";

/** A named limit ended the call. */
export class Limit extends Error {}

type Exports = Record<"catalogue" | "errors" | "sync", Record<string, (...given: readonly unknown[]) => unknown>>;

export class Instance {
  /** What it logged last as an error: a panic says there what it is, before a trap that says nothing. */
  lastError: string | undefined;
  #exports!: Exports;
  #memory: WebAssembly.Memory | undefined;
  #call = 0;
  #method: Method = "configure";
  #messages = 0;
  #pages = 0;
  /** How long the call ran before it was entered last. */
  #usedMs = 0;
  #enteredAt = 0;
  /** Ends the call when an import failed: jco's own promise may stay open then. */
  #fail: (error: unknown) => void = () => undefined;

  private constructor(
    readonly outside: Outside,
    readonly busyMs: number,
    /** What it was told of limits; none where it only describes and classifies. */
    readonly told: Limits | undefined,
  ) {}

  /** Makes and configures one, as part of `call`, whose time this is. */
  static async make(start: Start, outside: Outside, call: number): Promise<Instance> {
    outside.enter(call);
    const instance = new Instance(outside, start.busyMs, start.configuration?.run.limits);
    const { instantiate } = (await import(start.glue)) as typeof Root;
    const module = (name: string): WebAssembly.Module => {
      const found = start.modules[name];
      if (!found) throw new Error(`the component has no core module ${name}`);
      return found;
    };
    const instantiateCore = async (core: WebAssembly.Module, imports: WebAssembly.Imports): Promise<WebAssembly.Instance> => {
      const made = await WebAssembly.instantiate(core, imports);
      if (made.exports.memory instanceof WebAssembly.Memory) instance.#memory = made.exports.memory;
      return made;
    };
    const imports = {
      "portolan:aws/log@0.1.0": { write: instance.#write.bind(instance) },
      "portolan:aws/signed-http@0.1.0": { send: start.blocking ? instance.#sendBlocking.bind(instance) : instance.#sendSuspending.bind(instance) },
    };
    // jco's names carry the version of the imports; without it they are the same for each.
    const unversioned = Object.entries(imports).map(([name, value]) => [name.replace(/@.*$/, ""), value] as const);
    const given = { ...imports, ...Object.fromEntries(unversioned) } as unknown as Root.ImportObject;
    outside.enter(call);
    instance.#exports = (await instantiate(module, given, instantiateCore)) as unknown as Exports;
    if (start.configuration) instance.configured = await instance.call(call, "configure", [start.configuration.config, start.configuration.run]);
    return instance;
  }

  /** What `configure` gave back. */
  configured: unknown;

  async call(call: number, method: Method, given: readonly unknown[]): Promise<unknown> {
    if (method === "configure" && this.configured) return this.configured;
    this.#call = call;
    this.#method = method;
    this.#messages = 0;
    this.#usedMs = 0;
    this.lastError = undefined;
    const failed = new Promise<never>((_, reject) => (this.#fail = reject));
    failed.catch(() => undefined);
    this.#enter();
    const from = method === "describe" ? this.#exports.catalogue : method === "classify" ? this.#exports.errors : this.#exports.sync;
    const value = await Promise.race([from[method]?.(...given), failed]);
    this.#leave();
    if (SENDING.has(method)) this.#pages += 1;
    if (this.told) check(method, value, this.told);
    return value;
  }

  /** Whether it is used again. */
  get isFit(): boolean {
    return this.#pages < limits.INSTANCE_PAGES_MAX && (this.#memory?.buffer.byteLength ?? 0) <= limits.MEMORY_KEPT_BYTES;
  }

  #enter(): void {
    this.#enteredAt = performance.now();
    this.outside.enter(this.#call);
  }

  #leave(): void {
    this.outside.leave();
    this.#usedMs += performance.now() - this.#enteredAt;
  }

  #write(level: "error" | "warn" | "info" | "debug", message: string): void {
    if (level === "error") this.lastError = message.slice(0, limits.LOG_CHARACTERS_MAX);
    this.#messages += 1;
    if (this.#messages <= limits.LOG_MESSAGES_MAX) this.outside.log(this.#call, level, message);
  }

  /** What is answered without leaving the thread; none where the requests are to be sent. */
  #refused(requests: readonly Request[]): Sent[] | undefined {
    const allowed = this.told?.batch ?? 0;
    if (requests.length > allowed) throw new Limit(`the component sent ${requests.length} requests in one batch; ${allowed} are allowed`);
    if (this.#usedMs > this.busyMs) throw new Limit(`the component ran for more than ${this.busyMs} ms in one call`);
    if (SENDING.has(this.#method)) return undefined;
    return requests.map(() => ({ tag: "err", val: { class: "refused", message: "this call may not send requests" } }));
  }

  #sendBlocking(requests: readonly Request[]): readonly Sent[] {
    this.#leave();
    const answers = this.#refused(requests) ?? (this.outside.send(this.#call, requests) as readonly Sent[]);
    this.#enter();
    return answers;
  }

  async #sendSuspending(requests: readonly Request[]): Promise<readonly Sent[]> {
    try {
      this.#leave();
      const answers = this.#refused(requests) ?? (await this.outside.send(this.#call, requests));
      this.#enter();
      return answers;
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }
}

/** Refuses what is larger than the component was told it may be. */
function check(method: Method, value: unknown, told: Limits): void {
  const within = (what: string, size: number, allowed: number): void => {
    if (size > allowed) throw new Limit(`the component gave back ${what} of ${size}; ${allowed} are allowed`);
  };
  const cursor = (next: string | undefined): void => within("a cursor, in characters,", next?.length ?? 0, told.cursorBytes);
  if (method === "syncPage" || method === "readResources") {
    const page = value as Page;
    within("a page, in characters,", page.resources.length + page.entities.length, Number(told.pageBytes) + limits.PAGE_SLACK_BYTES);
    within("a list of problems", page.problems.length, limits.RECORDS_MAX);
    cursor(page.next);
  } else if (method === "discoverAccounts") {
    const page = value as AccountPage;
    within("a list of accounts", page.accounts.length, limits.RECORDS_MAX);
    cursor(page.next);
  } else if (method === "plan") {
    within("a list of planned kinds", (value as AccountPlan).kinds.length, limits.RECORDS_MAX);
  } else if (method === "mapResources") {
    within("a list of problems", (value as Mapped).problems.length, limits.RECORDS_MAX);
  }
}
