/**
 * When a call is sent again, and after how long: the only retries there are. The numbers are those of AWS's SDKs (base 50 ms,
 * throttles 1 s, cap 20 s, full jitter), with more attempts for throttles: a discovery that gives up leaves a scope incomplete.
 */

import type { Class } from "../component/portolan/sync/interfaces/portolan-aws-errors.js";

interface Backoff {
  /** Attempts, the first included: the budget of one call. */
  readonly attemptsMax: number;
  /** Before the second attempt, at most. */
  readonly baseMs: number;
}

/** After 5xx, cut answers and broken connections. */
const TRANSIENT: Backoff = { attemptsMax: 4, baseMs: 50 };
/** Where AWS asks to slow down. */
const THROTTLED: Backoff = { attemptsMax: 8, baseMs: 1_000 };
/** Before any attempt, at most, where nothing is asked for. */
const DELAY_MAX_MS = 20_000;
/** A `Retry-After` beyond this is not waited for. */
const RETRY_AFTER_MAX_MS = 60_000;
/** How far above `Retry-After` the jitter may go. */
const RETRY_AFTER_JITTER_MS = 5_000;

/** What an attempt came to. */
export interface Outcome {
  /** What the answer means; `broken` where there is none and another attempt may help, `hopeless` where it would not. */
  readonly class: Class | "broken" | "hopeless";
  readonly retryAfterMs?: number | undefined;
  /** How far AWS's clock is ahead of ours, where that is known. */
  readonly clockOffsetMs?: number | undefined;
}

/** What has been tried for one call so far. */
export interface Tried {
  attempts: number;
  renewed: boolean;
  corrected: boolean;
}

export type Next = { readonly again: false } | { readonly again: true; readonly afterMs: number; readonly renew?: boolean; readonly clockOffsetMs?: number };

const GIVE: Next = { again: false };

/** Decides after an attempt. `random` lies in [0, 1). */
export function next(tried: Tried, outcome: Outcome, random: number): Next {
  switch (outcome.class) {
    case "ok":
    case "final":
    case "hopeless":
      return GIVE;
    case "broken":
    case "transient":
      return again(TRANSIENT, tried, outcome.retryAfterMs, random);
    case "throttled":
      return again(THROTTLED, tried, outcome.retryAfterMs, random);
    case "expired-credentials":
      return tried.renewed ? GIVE : { again: true, afterMs: 0, renew: true };
    case "clock-skew":
      if (tried.corrected || outcome.clockOffsetMs === undefined) return GIVE;
      return { again: true, afterMs: 0, clockOffsetMs: outcome.clockOffsetMs };
  }
}

function again(backoff: Backoff, tried: Tried, retryAfterMs: number | undefined, random: number): Next {
  if (tried.attempts >= backoff.attemptsMax) return GIVE;
  if (retryAfterMs !== undefined && retryAfterMs > RETRY_AFTER_MAX_MS) return GIVE;
  const jittered = random * Math.min(backoff.baseMs * 2 ** (tried.attempts - 1), DELAY_MAX_MS);
  const asked = retryAfterMs ?? 0;
  const afterMs = retryAfterMs === undefined ? jittered : Math.min(Math.max(jittered, asked), asked + RETRY_AFTER_JITTER_MS);
  return { again: true, afterMs: Math.floor(afterMs) };
}
