import type { Account, AccountPlan, Fate, Planned, Problem, ProblemClass, Region, Remark, Unit } from "../component/portolan/sync/interfaces/portolan-aws-sync.js";

export type { Account, AccountPlan, Fate, Planned, Problem, ProblemClass, Region, Remark, Unit };

/** A resource as the component gives it: one line of a page. */
export interface Resource {
  /** Identity within the unit: merge and delete by it. */
  readonly id: string;
  readonly arn: string;
  readonly name?: string;
  /** Where it is, if that is not the unit's region. */
  readonly region?: string;
  /** The chain of parents, outermost first, where the kind is listed below parents. */
  readonly parents?: readonly string[];
  /** What differs when the name is used again. */
  readonly created?: string;
  /** The account that it belongs to, if that is another. */
  readonly owner?: string;
  /** Actions that failed for it: the properties that those fill are unknown, not absent. */
  readonly gaps: readonly string[];
  readonly resource: Envelope;
}

/** The resource itself. */
export interface Envelope {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly __ExtraContext?: Readonly<Record<string, unknown>>;
}

/** Whether everything below this chain of parents was read: under a unit that is not whole, absence means something only there. */
export interface Scope {
  readonly parent: readonly string[];
  readonly whole: boolean;
}

/** What a mapping made of a resource. */
export interface Entity {
  /** The id of its resource. */
  readonly of: string;
  /** The index into the mapping's `resources`. */
  readonly mapping: number;
  readonly identifier: string;
  readonly blueprint: string;
  readonly entity: Readonly<Record<string, unknown>>;
}

/** The mapping could not tell what there is of this resource: that an entity is missing proves nothing. */
export interface FailedMapping {
  readonly of: string;
  readonly mapping: number;
  readonly failed: "selector" | "items" | "identifier" | "blueprint" | "limit";
}

/** A part of a unit, or what could not be read at all. */
export interface Page {
  /** The account's id. None where the organization itself could not be listed whole. */
  readonly account: string | undefined;
  /** None where the account could not be planned: none of its units was read. */
  readonly kind: string | undefined;
  /** None for kinds that are global to their account or to the organization. */
  readonly region: string | undefined;
  readonly resources: readonly Resource[];
  readonly scopes: readonly Scope[];
  readonly entities: readonly Entity[];
  readonly failedMappings: readonly FailedMapping[];
  readonly problems: readonly Problem[];
  /** False where something that belongs into this page may be missing from it. */
  readonly whole: boolean;
  /** Where the unit goes on; none on its last page. */
  readonly next: string | undefined;
  /**
   * True on a unit's last page if that page and all before it were whole: only then what was not seen is gone. Never true
   * of a unit that failed, nor of one that was read from a cursor.
   */
  readonly complete: boolean;
  /** The lines as the component wrote them (JSON Lines), for whoever needs numbers beyond JavaScript's precision. */
  readonly resourceLines: string;
}
