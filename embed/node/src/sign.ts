/** Signature version 4, by AWS's own package, over exactly what is sent. */

import { createHash, createHmac, type Hash, type Hmac } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";

/** Credentials as AWS's SDKs have them. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export interface Signable {
  readonly method: string;
  /** Scheme, host and port. */
  readonly base: URL;
  /** Path and query, percent-encoded as they are sent. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The hash that the signer asks for, by Node.js. */
class Sha256 {
  readonly #hash: Hash | Hmac;
  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = secret instanceof ArrayBuffer ? new Uint8Array(secret) : secret;
    this.#hash = key === undefined ? createHash("sha256") : createHmac("sha256", key as string | NodeJS.ArrayBufferView);
  }
  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update((data instanceof ArrayBuffer ? new Uint8Array(data) : data) as string | NodeJS.ArrayBufferView);
  }
  async digest(): Promise<Uint8Array> {
    return this.#hash.digest();
  }
  reset(): void {
    throw new Error("the signer uses each hash once");
  }
}

/** The headers of the request, with date, token and authorization. S3 signs the path as it is, and wants the body's digest. */
export async function sign(request: Signable, credentials: Credentials, service: string, region: string, at: Date): Promise<Record<string, string>> {
  const isS3 = service === "s3";
  const signer = new SignatureV4({ service, region, credentials, sha256: Sha256, uriEscapePath: !isS3, applyChecksum: isS3 });
  const question = request.target.indexOf("?");
  const [path, query] = question < 0 ? [request.target, ""] : [request.target.slice(0, question), request.target.slice(question + 1)];
  const signed = await signer.sign(
    {
      method: request.method,
      protocol: request.base.protocol,
      hostname: request.base.host,
      path,
      query: decoded(query),
      headers: { ...request.headers, host: request.base.host },
      body: request.body,
    },
    { signingDate: at },
  );
  return signed.headers;
}

/** The signer encodes the query itself. */
function decoded(query: string): Record<string, string[]> {
  const values: Record<string, string[]> = {};
  for (const pair of query.split("&").filter((pair) => pair !== "")) {
    const equals = pair.indexOf("=");
    const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
    (values[decodeURIComponent(name)] ??= []).push(decodeURIComponent(value));
  }
  return values;
}
