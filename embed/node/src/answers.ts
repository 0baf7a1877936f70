/** From an answer's bytes to what the component may have: text, and headers in ASCII. */

import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate } from "node:zlib";
import type { HttpAnswer } from "./transport.js";

/** The answer is no text. */
export class NotText extends Error {}
/** The answer is too large once it is decoded. */
export class TooLarge extends Error {}

const DECODERS: Readonly<Record<string, (bytes: Uint8Array, options: { maxOutputLength: number }) => Promise<Buffer>>> = {
  gzip: promisify(gunzip),
  "x-gzip": promisify(gunzip),
  deflate: promisify(inflate),
  br: promisify(brotliDecompress),
};

/** The body as text. Nothing compressed is asked for; what comes so all the same is decoded up to the limit. */
export async function bodyText(answer: HttpAnswer, bytesMax: number): Promise<string> {
  let bytes = answer.body;
  const encoding = header(answer, "content-encoding")?.trim().toLowerCase() ?? "identity";
  if (encoding !== "identity" && bytes.length > 0) {
    const decode = DECODERS[encoding];
    if (!decode) throw new NotText(`is encoded as ${JSON.stringify(encoding.slice(0, 40))}`);
    try {
      bytes = await decode(bytes, { maxOutputLength: bytesMax });
    } catch (error) {
      if ((error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE") throw new TooLarge(`is larger than ${bytesMax} bytes`);
      throw new NotText(`is not ${encoding}, as it says`);
    }
  }
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(header(answer, "content-type") ?? "")?.[1] ?? "utf-8";
  try {
    return new TextDecoder(charset, { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotText(`is not text in ${JSON.stringify(charset.slice(0, 40))}`);
  }
}

/** Header values may hold any bytes; what is not printable ASCII crosses percent-encoded. */
export function readableHeaders(answer: HttpAnswer): [string, string][] {
  const encoded = (value: string): string =>
    value.replace(/[^\x20-\x7e]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`);
  return answer.headers.map(([name, value]) => [name, encoded(value)]);
}

export function header(answer: Pick<HttpAnswer, "headers">, name: string): string | undefined {
  return answer.headers.find(([given]) => given === name)?.[1];
}
