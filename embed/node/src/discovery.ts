/** A configured component and the way from it to AWS: the calls of `wit/sync.wit`, one by one. */

import { setMaxListeners } from "node:events";
import { defaultProvider } from "@aws-sdk/credential-provider-node";
import type { Verdict } from "../component/portolan/sync/interfaces/portolan-aws-errors.js";
import type { AccountPage, Configured, Page as WitPage, Rejected, Run } from "../component/portolan/sync/interfaces/portolan-aws-sync.js";
import { loadComponent } from "./component.js";
import { PortolanError, textOf } from "./errors.js";
import { Guard } from "./guard.js";
import * as limits from "./limits.js";
import { configOf, type Options, type Settings, settingsOf } from "./options.js";
import { Outbound } from "./outbound.js";
import { ownProblem, readPage } from "./pages.js";
import type { Method } from "./protocol.js";
import { type CredentialProvider, Sessions } from "./sessions.js";
import { Failure } from "./thread.js";
import { Threads } from "./threads.js";
import { Connections } from "./transport.js";
import type { Account, AccountPlan, Page, Remark, Unit } from "./types.js";

const BUILT = new URL("../component/", import.meta.url);
const SILENT = { account: undefined };
/** A unit whose page token has expired begins again so often. */
const RESTARTS_MAX = 2;

/** The accounts that are read. */
export interface AccountListing {
  readonly accounts: readonly Account[];
  readonly problems: AccountPlan["problems"];
  /** False where a part of the organization could not be listed: who is missing may still be there. */
  readonly whole: boolean;
}

export class Discovery {
  /** What this configuration reads and calls, by `guest/schemas/manifest.json`. */
  readonly manifest: string;
  /** Digest of all that shapes a page or a cursor: a cursor that was made under another is of no use. */
  readonly fingerprint: string;
  /** What the component says of the configuration. */
  readonly warnings: readonly Remark[];
  /** @internal */
  readonly settings: Settings;
  /** @internal */
  readonly sessions: Sessions;
  readonly #guests: Threads;
  readonly #closing: AbortController;
  readonly #ends: readonly (() => void)[];

  private constructor(configured: Configured, settings: Settings, sessions: Sessions, guests: Threads, closing: AbortController, ends: readonly (() => void)[]) {
    ({ manifest: this.manifest, fingerprint: this.fingerprint, warnings: this.warnings } = configured);
    this.settings = settings;
    this.sessions = sessions;
    this.#guests = guests;
    this.#closing = closing;
    this.#ends = ends;
  }

  /** Loads and configures the component. Asks nothing of AWS. Close it, or its threads stay. */
  static async open(options: Options): Promise<Discovery> {
    const settings = settingsOf(options);
    options.signal?.throwIfAborted();
    const [component, guard] = await Promise.all([loadComponent(options.component ?? new URL("portolan/", BUILT)), Guard.load(new URL("guard/", BUILT))]);
    const log = options.log ?? ((): void => undefined);
    const refuse = async (): Promise<never> => Promise.reject(new Error("this call may not send requests"));

    const busyMs = options.componentTimeoutMs ?? limits.BUSY_MS;
    // One thread reads error answers, so that an answer that the component cannot take costs no unit.
    const reader = new Threads(component, "blocking", busyMs, undefined, 1, { send: refuse, log });
    const closing = new AbortController();
    // Each exchange in flight listens to it.
    setMaxListeners(Infinity, closing.signal);
    const connections = new Connections();
    const stop = (): void => closing.abort(options.signal?.reason);
    options.signal?.addEventListener("abort", stop, { once: true });
    const ends = [(): void => reader.close(), (): void => connections.close(), (): void => options.signal?.removeEventListener("abort", stop)];
    try {
      const manifest = (await reader.call("describe", [], SILENT)) as string;
      const run: Run = {
        id: settings.runId,
        startedAtMs: BigInt(settings.startedAtMs),
        partition: settings.partition,
        limits: {
          batch: limits.BATCH_MAX,
          responseBytes: BigInt(limits.RESPONSE_BYTES_MAX),
          batchBytes: BigInt(limits.RESPONSE_BYTES_MAX),
          pageBytes: BigInt(limits.PAGE_BYTES),
          cursorBytes: limits.CURSOR_BYTES_MAX,
        },
      };
      const configuration = { config: configOf(options, settings, manifest), run };
      const base = settings.endpointUrl;
      const sts = base ?? new URL(`https://${guard.endpoint("sts", settings.region).host}`);
      const sessions = new Sessions(providerOf(options), settings.roles, settings.region, sts.href);
      const outbound = new Outbound({
        guard,
        sessions,
        transport: options.transport ?? connections.send,
        classify: (...given) => reader.call("classify", given, SILENT) as Promise<Verdict>,
        partition: settings.partition,
        endpointUrl: base,
        requestMs: options.requestTimeoutMs ?? limits.REQUEST_MS,
        closed: closing.signal,
        log,
      });
      const guests = new Threads(component, settings.engine, busyMs, configuration, settings.concurrency, { send: (scope, requests) => outbound.send(scope, requests), log });
      ends.unshift(() => guests.close(closing.signal.reason), () => sessions.close());
      closing.signal.addEventListener("abort", () => ends.forEach((end) => end()), { once: true });
      const configured = (await guests.call("configure", [configuration.config, run], SILENT)) as Configured;
      for (const call of guard.grant(configured.manifest, options.grant ?? [])) log("warn", `the component declares what no request could ask: ${call.text}`);
      return new Discovery(configured, settings, sessions, guests, closing, ends);
    } catch (error) {
      closing.abort();
      ends.forEach((end) => end());
      throw error instanceof Failure ? rejected(error) : error;
    }
  }

  /** The accounts that are read: of the organization, of the roles, or the credentials' own. Each once. */
  async discoverAccounts(): Promise<AccountListing> {
    const { from, listed } = this.settings;
    if (from === "self") return given([await this.sessions.ownAccount()]);
    if (from === "roles") return given(listed);
    await this.sessions.credentials("management");
    const accounts = new Map<string, Account>();
    const problems: AccountPlan["problems"] = [];
    let [whole, cursor]: [boolean, string | undefined] = [true, undefined];
    for (let pages = 0; pages < limits.ACCOUNT_PAGES_MAX; pages += 1) {
      const page = (await this.#call("discoverAccounts", [cursor], undefined)) as AccountPage;
      for (const account of page.accounts) if (/^\d{12}$/.test(account.id) && !accounts.has(account.id)) accounts.set(account.id, account);
      problems.push(...page.problems);
      whole &&= page.whole;
      if (page.next === undefined) return { accounts: [...accounts.values()], problems, whole };
      if (page.next === cursor) throw failed("bad-answer", "listing the accounts gave the same cursor twice");
      cursor = page.next;
    }
    throw failed("limit", `the accounts of the organization fill more than ${limits.ACCOUNT_PAGES_MAX} pages`);
  }

  /** The account's regions, and the kinds crossed with them: its units. Its session is opened first. */
  async plan(account: Account): Promise<AccountPlan> {
    return (await this.#call("plan", [account], account.id)) as AccountPlan;
  }

  /**
   * The pages of a unit, from its start or from a cursor of an earlier page. What ends it before its end is thrown: the pages
   * before it stay valid, and say nothing of what is not in them. A unit whose page token has expired begins again.
   */
  async *syncUnit(account: Account, unit: Unit, cursor?: string): AsyncGenerator<Page, void, undefined> {
    const place = { account: account.id, kind: unit.kind, region: unit.region };
    let [at, whole, restarts] = [cursor, cursor === undefined, 0];
    for (let pages = 0; pages < limits.UNIT_PAGES_MAX; pages += 1) {
      let answer: WitPage;
      try {
        answer = (await this.#call("syncPage", [account, unit, at], account.id)) as WitPage;
      } catch (error) {
        const stale = error instanceof PortolanError && error.problem?.class === "stale-cursor";
        if (!stale || restarts === RESTARTS_MAX) throw error;
        restarts += 1;
        [at, whole] = [undefined, true];
        continue;
      }
      const page = readPage(place, answer, whole);
      whole &&= page.whole;
      if (page.next !== undefined && page.next === at) throw failed("bad-answer", "the component gave the same cursor twice");
      yield page;
      if (page.next === undefined) return;
      at = page.next;
    }
    throw failed("limit", `the unit has more than ${limits.UNIT_PAGES_MAX} pages`);
  }

  /** Single resources of a unit again. One that is gone is not in the page, and no problem. */
  async readResources(account: Account, unit: Unit, ids: readonly string[]): Promise<Page> {
    const page = (await this.#call("readResources", [account, unit, [...ids]], account.id)) as WitPage;
    return readPage({ account: account.id, kind: unit.kind, region: unit.region }, page, false);
  }

  /** Ends its threads and connections; calls that run end with an error. */
  async close(): Promise<void> {
    if (!this.#closing.signal.aborted) this.#closing.abort(new PortolanError("closed", "the discovery is closed"));
    this.#ends.forEach((end) => end());
  }

  async #call(method: Method, given: readonly unknown[], account: string | undefined): Promise<unknown> {
    try {
      return await this.#guests.call(method, given, { account });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      const problem = error.problem ?? ownProblem("bad-answer", "the component gave an error that is none of its interface");
      throw new PortolanError("failure", `${problem.operation ? `${problem.operation}: ` : ""}${problem.code ? `${problem.code}: ` : ""}${problem.message}`, problem);
    }
  }
}

function given(ids: readonly string[]): AccountListing {
  const accounts = ids.map((id): Account => ({ id, name: `Account ${id}`, role: "member", details: JSON.stringify({ Id: id, Name: `Account ${id}` }) }));
  return { accounts, problems: [], whole: true };
}

function failed(problemClass: "bad-answer" | "limit", message: string): PortolanError {
  return new PortolanError("failure", message, ownProblem(problemClass, message));
}

function rejected(error: Failure): PortolanError {
  const { remarks = [] } = error.payload as Partial<Rejected>;
  const said = remarks.map(({ at, message, instead }) => `${at}: ${message}${instead ? ` (${instead})` : ""}`);
  return new PortolanError("configuration", `the component refuses the configuration: ${said.join("; ") || textOf(error)}`);
}

function providerOf({ credentials }: Options): CredentialProvider {
  if (typeof credentials === "function") return credentials;
  if (credentials) return async () => credentials;
  const chain = defaultProvider();
  return (options) => chain(options);
}
