/** All accounts, all units, side by side, as one stream of pages. */

import { Discovery } from "./discovery.js";
import { PortolanError, textOf } from "./errors.js";
import * as limits from "./limits.js";
import type { Options } from "./options.js";
import { gap, ownProblem, type Place } from "./pages.js";
import { Queue } from "./queue.js";
import { NoSession } from "./sessions.js";
import type { Account, Page, Problem, Unit } from "./types.js";

/** The state that stands for accounts that are not read; organization-wide kinds alone are planned for it. */
const OUT_OF_SCOPE = "OUT_OF_SCOPE";

/**
 * Reads everything: `for await (const page of sync({ accountRoleArn }))`.
 *
 * Units are read side by side and their pages come as they are read; whoever takes them slowly is waited for. A unit or an
 * account that cannot be read gives a page that is not whole and says why, and the others go on. Only what concerns all of
 * them is thrown. Leaving the loop ends everything.
 */
export async function* sync(options: Options): AsyncGenerator<Page, void, undefined> {
  const discovery = await Discovery.open(options);
  const queue = new Queue<Page>(limits.PAGES_WAITING_MAX);
  const stop = (): void => queue.end(options.signal?.reason);
  options.signal?.addEventListener("abort", stop, { once: true });
  // What is thrown comes out of the queue, in its place.
  new Reading(discovery, queue).all().then(
    () => queue.end(),
    (error: unknown) => queue.end(error),
  );
  try {
    yield* queue.take();
  } finally {
    options.signal?.removeEventListener("abort", stop);
    queue.end();
    await discovery.close();
  }
}

interface Planned {
  readonly account: Account;
  readonly units: Unit[];
}

class Reading {
  constructor(
    readonly discovery: Discovery,
    readonly queue: Queue<Page>,
  ) {}

  async all(): Promise<void> {
    const listing = await this.discovery.discoverAccounts();
    if (!listing.whole || listing.problems.length > 0) await this.queue.put(gap({ account: undefined }, listing.problems, listing.whole));
    const accounts = [...listing.accounts];
    const waiting: Planned[] = [];
    let planning = 0;
    let wake: (() => void)[] = [];
    const changed = (): void => wake.splice(0).forEach((each) => each());

    const plan = async (): Promise<void> => {
      planning += 1;
      for (let account = accounts.shift(); account; account = accounts.shift()) {
        const units = await this.#plan(account);
        if (units) waiting.push(units);
        changed();
      }
      planning -= 1;
      changed();
    };
    const read = async (): Promise<void> => {
      for (;;) {
        // Accounts take turns, so that none is asked by all at once.
        const turn = waiting.shift();
        if (turn === undefined) {
          if (planning === 0) return;
          await new Promise<void>((resolve) => wake.push(resolve));
          continue;
        }
        const unit = turn.units.shift();
        if (turn.units.length > 0) waiting.push(turn);
        if (unit && !(await this.#unit(turn.account, unit))) return;
      }
    };
    const planners = Array.from({ length: limits.ACCOUNTS_AT_ONCE }, plan);
    const readers = Array.from({ length: this.discovery.settings.concurrency }, read);
    await Promise.all([...planners, ...readers]);
  }

  /** The account's units; none where it is not read, which is said unless that is as it should be. */
  async #plan(account: Account): Promise<Planned | undefined> {
    const state = stateOf(account);
    const isManagement = account.role === "management";
    let [planned, asked] = [account, state === "ACTIVE"];
    if (asked) {
      try {
        await this.discovery.sessions.credentials({ account: account.id });
      } catch (error) {
        asked = false;
        // StackSets put no role into the management account: that it is refused there is as it should be.
        if (!(isManagement && error instanceof NoSession && error.denied)) await this.queue.put(gap({ account: account.id }, [problemOf(error)]));
      }
    }
    if (!asked) {
      if (!isManagement) return undefined;
      planned = { ...account, details: JSON.stringify({ ...(JSON.parse(account.details) as object), State: OUT_OF_SCOPE }) };
    }
    try {
      const plan = await this.discovery.plan(planned);
      const whole = !asked || plan.whole || plan.regions.length > 0;
      if (!whole || plan.problems.length > 0) await this.queue.put(gap({ account: account.id }, plan.problems, whole));
      return { account: planned, units: unitsOf(plan.kinds.filter(({ fate }) => fate === "read")) };
    } catch (error) {
      await this.queue.put(gap({ account: account.id }, [problemOf(error)]));
      return undefined;
    }
  }

  /** Reads a unit; false when nobody takes pages any more. */
  async #unit(account: Account, unit: Unit): Promise<boolean> {
    const place: Place = { account: account.id, kind: unit.kind, region: unit.region };
    try {
      for await (const page of this.discovery.syncUnit(account, unit)) if (!(await this.queue.put(page))) return false;
      return true;
    } catch (error) {
      if (error instanceof PortolanError && error.code === "closed") return false;
      return this.queue.put(gap(place, [problemOf(error)]));
    }
  }
}

/** Units in an order that spreads them over kinds and regions, whose limits differ. */
function unitsOf(planned: readonly { readonly kind: string; readonly regions: readonly string[] }[]): Unit[] {
  const units: Unit[] = [];
  const turns = Math.max(0, ...planned.map(({ regions }) => Math.max(1, regions.length)));
  for (let turn = 0; turn < turns; turn += 1) {
    planned.forEach(({ kind, regions }, index) => {
      const region = regions[(turn + index) % regions.length];
      if (turn < regions.length && region !== undefined) units.push({ kind, region });
      else if (turn === 0 && regions.length === 0) units.push({ kind });
    });
  }
  return units;
}

function stateOf(account: Account): string {
  const details = JSON.parse(account.details) as { State?: string; Status?: string; Arn?: string };
  return details.State ?? details.Status ?? (details.Arn === undefined ? "ACTIVE" : "UNKNOWN");
}

function problemOf(error: unknown): Problem {
  if (error instanceof NoSession) {
    const problem = ownProblem("no-credentials", error.message, "sts:AssumeRole", error.awsCode);
    return error.requestId === undefined ? problem : { ...problem, requestId: error.requestId };
  }
  if (error instanceof PortolanError) return error.problem ?? ownProblem(error.code === "limit" ? "limit" : "bad-call", error.message);
  return ownProblem("bad-call", textOf(error));
}
