import type { Problem } from "./types.js";

/** What kind of thing went wrong. */
export type ErrorCode =
  /** Options that cannot work: said before anything is asked of AWS. */
  | "configuration"
  /** No session: AWS refused the role, or there are no credentials. */
  | "no-credentials"
  /** The component trapped. Its instance is gone; others are not concerned. */
  | "trap"
  /** A named limit ended the call: time, memory, the size of a page. */
  | "limit"
  /** The component said that the call gave nothing; `problem` says why. */
  | "failure"
  /** The discovery was closed while the call ran. */
  | "closed";

/** An error of Portolan's. Its message has no credential, token or external id in it. */
export class PortolanError extends Error {
  override readonly name = "PortolanError";
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** What went wrong, as pages tell it. */
    readonly problem?: Problem,
  ) {
    super(message);
  }
}

/** The text of whatever was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
