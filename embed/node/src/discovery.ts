/** A configured component and the way from it to AWS: the calls of `wit/sync.wit`, one by one. */

import { defaultProvider } from "@aws-sdk/credential-provider-node";
import type { AccountPage, Page as WitPage } from "../component/portolan/sync/interfaces/portolan-aws-sync.js";
import { PortolanError } from "./errors.js";
import { BUILT, Host } from "./host.js";
import * as limits from "./limits.js";
import { configOf, type Options, type Settings, settingsOf } from "./options.js";
import { ownProblem, readPage } from "./pages.js";
import type { Method } from "./protocol.js";
import type { CredentialProvider, Sessions } from "./sessions.js";
import { Failure } from "./thread.js";
import type { Account, AccountPlan, Page, Remark, Unit } from "./types.js";

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
  /** @internal */
  readonly settings: Settings;
  readonly #host: Host;

  private constructor(host: Host, settings: Settings) {
    this.#host = host;
    this.settings = settings;
  }

  /** Loads and configures the component. Asks nothing of AWS. Close it, or its threads stay. */
  static async open(options: Options): Promise<Discovery> {
    const settings = settingsOf(options);
    const bytes = BigInt(limits.RESPONSE_BYTES_MAX);
    const host = await Host.open({
      component: options.component ?? new URL("portolan/", BUILT),
      config: (manifest) => configOf(options, settings, manifest),
      run: {
        id: settings.runId,
        startedAtMs: BigInt(settings.startedAtMs),
        partition: settings.partition,
        limits: { batch: limits.BATCH_MAX, responseBytes: bytes, batchBytes: bytes, pageBytes: BigInt(limits.PAGE_BYTES), cursorBytes: limits.CURSOR_BYTES_MAX },
      },
      operator: options.grant ?? [],
      engine: settings.engine,
      concurrency: settings.concurrency,
      componentTimeoutMs: options.componentTimeoutMs ?? limits.BUSY_MS,
      requestTimeoutMs: options.requestTimeoutMs ?? limits.REQUEST_MS,
      credentials: providerOf(options),
      roles: settings.roles,
      region: settings.region,
      endpointUrl: settings.endpointUrl,
      transport: options.transport,
      signal: options.signal,
      log: (level, message) => options.log?.(level, message),
    });
    return new Discovery(host, settings);
  }

  /** What this configuration reads and calls, by `guest/schemas/manifest.json`. */
  get manifest(): string {
    return this.#host.configured.manifest;
  }

  /** Digest of all that shapes a page or a cursor: a cursor that was made under another is of no use. */
  get fingerprint(): string {
    return this.#host.configured.fingerprint;
  }

  /** What the component says of the configuration. */
  get warnings(): readonly Remark[] {
    return this.#host.configured.warnings;
  }

  /** @internal */
  get sessions(): Sessions {
    return this.#host.sessions;
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
    this.#host.close();
  }

  async #call(method: Method, given: readonly unknown[], account: string | undefined): Promise<unknown> {
    try {
      return await this.#host.call(method, given, { account });
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

function providerOf({ credentials }: Options): CredentialProvider {
  if (typeof credentials === "function") return credentials;
  if (credentials) return async () => credentials;
  const chain = defaultProvider();
  return (options) => chain(options);
}
