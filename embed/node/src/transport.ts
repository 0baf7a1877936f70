/** Sends one request, once: no redirects, no retries, no cookies, no proxies. */

import { request as requestPlain, Agent as PlainAgent, type IncomingMessage } from "node:http";
import { request as requestSecure, Agent as SecureAgent } from "node:https";
import { CONNECT_MS } from "./limits.js";

export interface HttpRequest {
  readonly method: string;
  /** Scheme, host and port. */
  readonly base: URL;
  /** Path and query, to be sent as they are: another spelling has another signature. */
  readonly target: string;
  /** `host` and `authorization` included. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; each byte of a value as one character, as Node.js gives them. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Uint8Array;
}

/**
 * Sends a request and gives the answer, whatever its status. Redirects are answers. What it throws is retried, unless it is a
 * `TransportError` that says otherwise. It must stop at `bytesMax` and when `signal` is aborted; if it does not, its answer is
 * thrown away all the same.
 */
export type Transport = (request: HttpRequest, limits: { readonly bytesMax: number; readonly signal: AbortSignal }) => Promise<HttpAnswer>;

export type TransportFailure = "unresolved" | "unreachable" | "broken" | "timed-out" | "too-large";

export class TransportError extends Error {
  constructor(
    readonly failure: TransportFailure,
    message: string,
  ) {
    super(message);
  }
}

/** Idle connections are closed before AWS's endpoints close theirs, which is after twenty seconds. */
const IDLE_MS = 15_000;
/** Idle connections kept for each host: as many as calls to one account are in flight. */
const IDLE_PER_HOST = 32;

/** The transport that is used where none is given: Node.js's own client with connections that are kept. */
export class Connections {
  readonly #plain = new PlainAgent({ keepAlive: true, maxFreeSockets: IDLE_PER_HOST, timeout: IDLE_MS });
  readonly #secure = new SecureAgent({ keepAlive: true, maxFreeSockets: IDLE_PER_HOST, timeout: IDLE_MS });

  readonly send: Transport = ({ method, base, target, headers, body }, { bytesMax, signal }) =>
    new Promise((resolve, reject) => {
      const secure = base.protocol === "https:";
      const bytes = Buffer.from(body);
      const options = {
        method,
        host: base.hostname.replace(/^\[|\]$/g, ""),
        port: base.port || (secure ? 443 : 80),
        path: target,
        headers: { ...headers, ...(method === "POST" || bytes.length > 0 ? { "content-length": bytes.length } : {}) },
        agent: secure ? this.#secure : this.#plain,
        signal,
      };
      let connecting: NodeJS.Timeout | undefined;
      const fail = (error: Error): void => {
        clearTimeout(connecting);
        reject(error instanceof TransportError ? error : failure(base.host, error));
      };
      const sent = (secure ? requestSecure : requestPlain)(options, (answer) => read(answer, base.host, bytesMax).then(resolve, fail));
      sent.on("error", fail);
      sent.on("socket", (socket) => {
        if (!socket.connecting) return;
        const late = new TransportError("timed-out", `${base.host} did not accept a connection within ${CONNECT_MS} ms`);
        connecting = setTimeout(() => sent.destroy(late), CONNECT_MS);
        socket.once(secure ? "secureConnect" : "connect", () => clearTimeout(connecting));
      });
      sent.end(bytes);
    });

  close(): void {
    this.#plain.destroy();
    this.#secure.destroy();
  }
}

async function read(answer: IncomingMessage, host: string, bytesMax: number): Promise<HttpAnswer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > bytesMax) {
      answer.destroy();
      throw new TransportError("too-large", `the answer of ${host} is larger than ${bytesMax} bytes`);
    }
    parts.push(part);
  }
  if (!answer.complete) throw new TransportError("broken", `the connection to ${host} broke within the answer`);
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) headers.push([String(answer.rawHeaders[at]).toLowerCase(), String(answer.rawHeaders[at + 1])]);
  return { status: answer.statusCode ?? 0, headers, body: Buffer.concat(parts) };
}

/** By what the caller does next. The texts are ours: those of Node.js name addresses, which is of no use to anybody. */
function failure(host: string, error: Error): TransportError {
  const code = "code" in error ? String(error.code) : error.name;
  if (code === "ENOTFOUND") return new TransportError("unresolved", `the host name ${host} does not resolve`);
  if (["ECONNREFUSED", "EHOSTUNREACH", "ENETUNREACH", "EAI_AGAIN"].includes(code) || /CERT|TLS|SSL|SELF_SIGNED/.test(code)) {
    return new TransportError("unreachable", `no connection to ${host}: ${code}`);
  }
  return new TransportError("broken", `the connection to ${host} broke: ${code}`);
}
