import type { Page as WitPage } from "../component/portolan/sync/interfaces/portolan-aws-sync.js";
import { PortolanError, textOf } from "./errors.js";
import { printable } from "./text.js";
import type { Entity, FailedMapping, Page, Problem, ProblemClass, Resource, Scope } from "./types.js";

/** Whose page it is. */
export interface Place {
  readonly account: string | undefined;
  readonly kind?: string | undefined;
  readonly region?: string | undefined;
}

/** A page with its lines read. Throws where they are not what the schema says: the page is then not to be used. */
export function readPage(place: Place, page: WitPage, wholeSoFar: boolean): Page {
  const resources: Resource[] = [];
  const scopes: Scope[] = [];
  for (const line of lines(page.resources)) {
    if (isResource(line)) resources.push(line);
    else if (isScope(line)) scopes.push(line);
    else throw unreadable("a line of its resources is neither a resource nor a scope");
  }
  const entities: Entity[] = [];
  const failedMappings: FailedMapping[] = [];
  for (const line of lines(page.entities)) {
    if (typeof line.failed === "string") failedMappings.push(line as unknown as FailedMapping);
    else if (typeof line.identifier === "string") entities.push(line as unknown as Entity);
    else throw unreadable("a line of its entities is neither an entity nor a failure");
  }
  const complete = wholeSoFar && page.whole && page.next === undefined;
  const { problems, whole, next } = page;
  return { ...at(place), resources, scopes, entities, failedMappings, problems, whole, next, complete, resourceLines: page.resources };
}

/** A page without resources, which says what went wrong; `whole` where nothing is missing for it. */
export function gap(place: Place, problems: readonly Problem[], whole = false): Page {
  const nothing = { resources: [], scopes: [], entities: [], failedMappings: [], resourceLines: "" };
  return { ...at(place), ...nothing, problems, whole, next: undefined, complete: false };
}

/** A problem that the host itself met. */
export function ownProblem(problemClass: ProblemClass, message: string, operation = "", code = ""): Problem {
  return { class: problemClass, operation, code, message, count: 1 };
}

function at(place: Place): { account: string | undefined; kind: string | undefined; region: string | undefined } {
  return { account: place.account, kind: place.kind, region: place.region };
}

type Line = Record<string, unknown>;

function lines(text: string): Line[] {
  try {
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line) as Line);
  } catch (error) {
    throw unreadable(textOf(error));
  }
}

function isResource(line: Line): line is Line & Resource {
  return typeof line.id === "string" && typeof line.arn === "string" && Array.isArray(line.gaps) && typeof line.resource === "object" && line.resource !== null;
}

function isScope(line: Line): line is Line & Scope {
  return Array.isArray(line.parent) && typeof line.whole === "boolean";
}

/** What does not parse is not quoted: it may hold anything. */
function unreadable(why: string): PortolanError {
  const message = `the component gave a page that cannot be read: ${printable(why.replace(/"[^]*"|'[^]*'/g, "…"), 200)}`;
  return new PortolanError("failure", message, ownProblem("bad-answer", message));
}
