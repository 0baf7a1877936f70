/** The way of a request from the component to AWS: guard, limits, retries, signature, transport. */

import type { Verdict } from "../component/portolan/sync/interfaces/portolan-aws-errors.js";
import { bodyText, header, NotText, readableHeaders, TooLarge } from "./answers.js";
import { textOf } from "./errors.js";
import { type Guard, type Permitted, Refused } from "./guard.js";
import { CALLS_PER_ACCOUNT } from "./limits.js";
import { partitionOf } from "./partitions.js";
import { Places } from "./places.js";
import type { Request, SendError, Sent } from "./protocol.js";
import { next, type Outcome, type Tried } from "./retry.js";
import { type Identity, NoSession, type Sessions } from "./sessions.js";
import { sign } from "./sign.js";
import { printable } from "./text.js";
import type { CallScope } from "./thread.js";
import { type Transport, TransportError } from "./transport.js";

/** The component's own reading of an answer. */
export type Classify = (service: string, operation: string, status: number, headers: readonly (readonly [string, string])[], body: string) => Promise<Verdict>;

export interface Way {
  readonly guard: Guard;
  readonly sessions: Sessions;
  readonly transport: Transport;
  readonly classify: Classify;
  readonly partition: string;
  /** Instead of AWS's endpoints. */
  readonly endpointUrl: URL | undefined;
  readonly requestMs: number;
  /** Of one answer, and of all answers of a batch. */
  readonly responseBytes: number;
  readonly batchBytes: number;
  /** Aborted when the discovery is closed. */
  readonly closed: AbortSignal;
  readonly log: (level: "warn" | "debug", message: string) => void;
}

interface Answer {
  readonly status: number;
  readonly headers: [string, string][];
  readonly body: string;
}

interface Call {
  readonly request: Request;
  readonly permitted: Permitted;
  readonly identity: Identity;
  region: string;
}

/** What was not answered, and under which name the component hears of it. */
class Unanswered extends Error {
  constructor(
    readonly failure: SendError["class"],
    message: string,
    /** Another attempt may help. */
    readonly passing = false,
  ) {
    super(message);
  }
}

const METHODS = { get: "GET", head: "HEAD", post: "POST" } as const;
const MESSAGE_CHARACTERS_MAX = 8 << 10;
/** Codes that are said of other things as well: only the clocks tell, and the component has none. */
const SKEW_CODES: ReadonlySet<string> = new Set(["AccessDeniedException", "AuthFailure", "InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch"]);
/** From which offset on a refused signature is put down to the clock, as AWS's own SDKs do. */
const SKEW_MS = 4 * 60_000;
const AGENT = "portolan/0.1.0 node";

export class Outbound {
  readonly #way: Way;
  readonly #accounts = new Map<string, Places>();
  /** What AWS's clock is ahead of ours, as far as a refused signature has taught. */
  #clockOffsetMs = 0;

  constructor(way: Way) {
    this.#way = way;
  }

  /** Sends them side by side; answers in the order asked. */
  async send(scope: CallScope, requests: readonly Request[]): Promise<Sent[]> {
    const answers = await Promise.all(requests.map((request) => this.#answer(scope, request)));
    let left = this.#way.batchBytes;
    return answers.map((answer) => {
      if (answer.tag === "err") return answer;
      left -= Buffer.byteLength(answer.val.body);
      return left >= 0 ? answer : failed("too-large", `the batch's answers exceed ${this.#way.batchBytes} bytes`);
    });
  }

  async #answer(scope: CallScope, request: Request): Promise<Sent> {
    try {
      if (request.identity === "account" && scope.account === undefined) throw new Refused("no account belongs to this call, so none can sign");
      const identity: Identity = request.identity === "management" ? "management" : { account: scope.account ?? "" };
      const permitted = this.#way.guard.decide(request);
      const [answer, attempts] = await this.#withRetries({ request, permitted, identity, region: request.region });
      if (permitted.teaches !== undefined && answer.status === 200) {
        const why = this.#way.guard.learn(permitted.teaches, answer.body);
        if (why !== undefined) this.#way.log("warn", `${permitted.teaches}: ${why}; Cloud Control is not asked about it`);
      }
      return { tag: "ok", val: { ...answer, attempts } };
    } catch (error) {
      if (error instanceof Refused) {
        this.#way.log("warn", error.message);
        return failed("refused", error.message);
      }
      if (error instanceof NoSession) return failed("no-credentials", error.message);
      if (error instanceof Unanswered) return failed(error.failure, error.message);
      return failed("refused", `the host failed: ${textOf(error)}`);
    }
  }

  async #withRetries(call: Call): Promise<[Answer, number]> {
    const { service, operation } = call.permitted;
    const tried: Tried = { attempts: 0, renewed: false, corrected: false };
    let redirected = false;
    for (;;) {
      tried.attempts += 1;
      let answer: Answer | undefined;
      let failure: unknown;
      let outcome: Outcome;
      try {
        answer = await this.#places(call.identity).use(() => this.#once(call));
        const verdict = await this.#way.classify(service, operation, answer.status, answer.headers, answer.body);
        const offset = verdict.clockOffsetMs === undefined ? offsetByDate(answer) : Number(verdict.clockOffsetMs);
        const skewed = SKEW_CODES.has(verdict.code) && Math.abs(offset ?? 0) > SKEW_MS;
        outcome = { class: skewed ? "clock-skew" : verdict.class, retryAfterMs: verdict.retryAfterMs === undefined ? undefined : Number(verdict.retryAfterMs), clockOffsetMs: offset };
        this.#way.log("debug", `${service}:${operation} in ${call.region}: ${answer.status} ${verdict.code}`);
        const region = redirected ? undefined : this.#bucketRegion(call, answer);
        if (region !== undefined) {
          redirected = true;
          call.region = region;
          continue;
        }
      } catch (error) {
        failure = error;
        outcome = { class: error instanceof Unanswered && error.passing ? "broken" : "hopeless" };
      }
      const then = next(tried, outcome, Math.random());
      if (!then.again) {
        if (answer === undefined) throw failure;
        return [answer, tried.attempts];
      }
      if (then.renew) {
        tried.renewed = true;
        this.#way.sessions.renew(call.identity);
      }
      if (then.clockOffsetMs !== undefined) {
        tried.corrected = true;
        this.#clockOffsetMs = then.clockOffsetMs;
        this.#way.log("warn", `the clock is off AWS's by ${then.clockOffsetMs} ms; signatures are corrected by it`);
      }
      await pause(then.afterMs, this.#way.closed);
    }
  }

  /** One attempt: signed anew, since time and credentials move. */
  async #once(call: Call): Promise<Answer> {
    const { guard, sessions, partition, endpointUrl, requestMs, responseBytes: bytesMax, closed, transport } = this.#way;
    const { request, permitted } = call;
    if (closed.aborted) throw new Unanswered("cancelled", "the discovery is closed");
    if (partitionOf(call.region) !== partition) {
      throw new Refused(`region ${call.region} is not in partition ${partition}, the one of this discovery`);
    }
    const place = guard.endpoint(request.service, call.region);
    // A label in front of an address that somebody set would name a host that nobody set.
    const base = endpointUrl ?? new URL(`https://${request.hostPrefix ?? ""}${place.host}`);
    const credentials = await sessions.credentials(call.identity);
    const method = METHODS[request.method];
    const headers = { ...Object.fromEntries(request.headers), "user-agent": AGENT };
    const at = new Date(Date.now() + this.#clockOffsetMs);
    const unsigned = { method, base, target: request.target, headers, body: request.body };
    const signed = { ...unsigned, headers: await sign(unsigned, credentials, place.signingName, place.signingRegion, at) };
    // The time is ours, whatever the transport does about it.
    const late = new AbortController();
    const stop = (): void => late.abort();
    const timer = setTimeout(stop, requestMs);
    closed.addEventListener("abort", stop);
    try {
      const answer = await within(late.signal, transport(signed, { bytesMax, signal: late.signal }));
      if (answer.body.length > bytesMax) throw new TransportError("too-large", `the answer of ${base.host} is larger than ${bytesMax} bytes`);
      const text = await bodyText(answer, bytesMax);
      const body = permitted.dropped.length > 0 ? guard.dropValues(answer.status, text, permitted.dropped) : text;
      return { status: answer.status, headers: readableHeaders(answer), body };
    } catch (error) {
      if (error instanceof Refused) throw error;
      const name = `${permitted.service}:${permitted.operation}`;
      if (closed.aborted) throw new Unanswered("cancelled", "the discovery is closed");
      if (late.signal.aborted) throw new Unanswered("timed-out", `${base.host} did not answer within ${requestMs} ms`, true);
      if (error instanceof NotText) throw new Unanswered("not-text", `the answer to ${name} ${error.message}`);
      if (error instanceof TooLarge) throw new Unanswered("too-large", `the answer to ${name} ${error.message}`);
      if (!(error instanceof TransportError)) throw new Unanswered("unreachable", `${base.host}: the transport failed: ${this.#without(credentials, textOf(error))}`, true);
      if (error.failure === "too-large" || error.failure === "timed-out") throw new Unanswered(error.failure, error.message, error.failure === "timed-out");
      throw new Unanswered("unreachable", error.message, error.failure !== "unresolved");
    } finally {
      clearTimeout(timer);
      closed.removeEventListener("abort", stop);
    }
  }

  /** A transport of somebody else's may say anything, what it was to send included. */
  #without(credentials: { readonly secretAccessKey: string; readonly sessionToken?: string }, text: string): string {
    const secrets = [credentials.secretAccessKey, credentials.sessionToken].filter((secret) => secret !== undefined && secret !== "");
    return secrets.reduce<string>((clean, secret) => clean.replaceAll(secret as string, "…"), text).replace(/Signature=[0-9a-f]+/g, "Signature=…");
  }

  /** S3 says where a bucket is when it was asked in the wrong region: its host is asked, once, within the partition. */
  #bucketRegion(call: Call, answer: Answer): string | undefined {
    if (call.permitted.service !== "s3" || ![301, 307, 400, 403].includes(answer.status)) return undefined;
    const region = header(answer, "x-amz-bucket-region");
    return region !== undefined && region !== call.region && partitionOf(region) === this.#way.partition ? region : undefined;
  }

  #places(identity: Identity): Places {
    const key = identity === "management" ? identity : identity.account;
    let places = this.#accounts.get(key);
    if (!places) this.#accounts.set(key, (places = new Places(CALLS_PER_ACCOUNT)));
    return places;
  }
}

function failed(failure: SendError["class"], message: string): Sent {
  return { tag: "err", val: { class: failure, message: printable(message, MESSAGE_CHARACTERS_MAX) } };
}

/** How far AWS's clock is ahead of ours, by the answer's own date. */
function offsetByDate(answer: Answer): number | undefined {
  const date = Date.parse(header(answer, "date") ?? "");
  return Number.isNaN(date) ? undefined : date - Date.now();
}

/** The promise, or an error when the signal is aborted before. */
function within<T>(signal: AbortSignal, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason as Error);
    if (signal.aborted) aborted();
    signal.addEventListener("abort", aborted, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", aborted));
  });
}

async function pause(ms: number, closed: AbortSignal): Promise<void> {
  if (ms <= 0) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      closed.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    closed.addEventListener("abort", done, { once: true });
  });
}
