/** The guard's component: decides from a request's bytes whether it may be signed. One instance for a run, on this thread. */

import { readFileSync } from "node:fs";
import type * as GuardModule from "../component/guard/guard.js";
import type { Permitted, Refusal, Request } from "../component/guard/interfaces/portolan-guard-decisions.js";
import type { Endpoint } from "../component/guard/interfaces/portolan-guard-endpoints.js";
import { PortolanError } from "./errors.js";

export type { Endpoint, Permitted, Request };

/** The guard says no; the message is its own and holds nothing of the component's but names. */
export class Refused extends Error {
  constructor(
    message: string,
    /** `sqs:DeleteQueue`, for the log. */
    readonly operation = "",
    readonly rule = "",
  ) {
    super(message);
  }
}

export class Guard {
  readonly #exports: Pick<GuardModule.Root, "decisions" | "endpoints">;
  readonly #endpoints = new Map<string, Endpoint>();

  private constructor(exports: GuardModule.Root) {
    this.#exports = exports;
  }

  static async load(folder: URL): Promise<Guard> {
    const { instantiate } = (await import(new URL("guard.js", folder).href)) as typeof GuardModule;
    const compile = (name: string): WebAssembly.Module => new WebAssembly.Module(new Uint8Array(readFileSync(new URL(name, folder))));
    const instance = (module: WebAssembly.Module, imports: Record<string, unknown>): WebAssembly.Instance =>
      new WebAssembly.Instance(module, imports as WebAssembly.Imports);
    return new Guard(instantiate(compile, {}, instance));
  }

  /** Sets, once, what may pass: what the manifest declares, and of what is no plain inventory what the operator names. */
  grant(manifest: string, operator: readonly string[]): readonly Refusal[] {
    try {
      return this.#exports.decisions.grant(manifest, [...operator]).impossible;
    } catch (error) {
      throw new PortolanError("configuration", `the guard takes no such grant: ${payload(error).message}`);
    }
  }

  decide(request: Request): Permitted {
    try {
      return this.#exports.decisions.decide(request);
    } catch (error) {
      const refusal = payload(error) as Partial<Refusal>;
      throw new Refused(refusal.text ?? `the guard failed: ${String(refusal.message)}`, refusal.operation, refusal.rule);
    }
  }

  /** Takes what a type's handlers need out of AWS's own answer; says why, where that cannot be done. */
  learn(typeName: string, answer: string): string | undefined {
    try {
      this.#exports.decisions.learn(typeName, answer);
      return undefined;
    } catch (error) {
      return payload(error).message;
    }
  }

  /** The body without the values of these names. Where it cannot be read so far, nobody may have it. */
  dropValues(status: number, body: string, names: readonly string[]): string {
    try {
      return this.#exports.decisions.dropValues(status, body, [...names]).body;
    } catch (error) {
      throw new Refused(payload(error).message);
    }
  }

  /** Where a service of a region is, and for what its requests are signed. */
  endpoint(service: string, region: string): Endpoint {
    const key = `${service} ${region}`;
    const known = this.#endpoints.get(key);
    if (known) return known;
    try {
      const found = this.#exports.endpoints.find(service, region, false, false);
      this.#endpoints.set(key, found);
      return found;
    } catch (error) {
      throw new Refused(payload(error).message);
    }
  }
}

/** The record within what jco throws; what is no record of the guard's is a trap, which refuses as well. */
function payload(error: unknown): { readonly message: string } {
  if (typeof error === "object" && error !== null && "payload" in error) return error.payload as { readonly message: string };
  return { message: error instanceof Error ? error.message : String(error) };
}
