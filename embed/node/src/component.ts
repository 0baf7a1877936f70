import { readFile, readdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { MEMORY_BYTES_MAX } from "./limits.js";

/** A transpiled component: what its threads need to make instances of it. Compiled once; threads share the code. */
export interface Component {
  /** Where the JavaScript around the core modules is, by engine. */
  readonly glue: { readonly sync: string; readonly jspi: string };
  readonly modules: Readonly<Record<string, WebAssembly.Module>>;
}

/** Loads what `npm run build` made of a component. */
export async function loadComponent(folder: URL): Promise<Component> {
  const modules: Record<string, WebAssembly.Module> = {};
  for (const name of await readdir(folder)) {
    if (!name.endsWith(".wasm")) continue;
    const bytes = await readFile(new URL(name, folder));
    modules[name] = await WebAssembly.compile(withMemoryMax(bytes, MEMORY_BYTES_MAX));
  }
  if (Object.keys(modules).length === 0) throw new Error(`there is no transpiled component in ${fileURLToPath(folder)}`);
  return { glue: { sync: new URL("sync/component.js", folder).href, jspi: new URL("jspi/component.js", folder).href }, modules };
}

const PAGE_BYTES = 64 << 10;
const HEADER_BYTES = 8;
const MEMORY_SECTION = 5;

/**
 * The core module with a maximum for the one memory that it declares: V8 has no limit of its own for one instance. What asks
 * for more traps.
 */
export function withMemoryMax(bytes: Uint8Array, bytesMax: number): Uint8Array<ArrayBuffer> {
  const reader = new Leb(bytes, HEADER_BYTES);
  while (reader.at < bytes.length) {
    const start = reader.at;
    const id = bytes[reader.at++];
    const size = reader.read();
    const body = reader.at;
    if (id !== MEMORY_SECTION) {
      reader.at = body + size;
      continue;
    }
    if (reader.read() !== 1) throw new Error("the component declares more than one memory");
    const flags = bytes[reader.at++];
    if (flags !== 0 && flags !== 1) throw new Error("the component's memory is shared or has 64 bits");
    const min = reader.read();
    const max = Math.min(flags === 1 ? reader.read() : Infinity, Math.floor(bytesMax / PAGE_BYTES));
    const section = [1, 1, ...leb(min), ...leb(max)];
    return Uint8Array.from([...bytes.subarray(0, start), MEMORY_SECTION, ...leb(section.length), ...section, ...bytes.subarray(body + size)]);
  }
  return new Uint8Array(bytes);
}

/** Reads WebAssembly's variable-length numbers. */
class Leb {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
  ) {}

  read(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) throw new Error("the core module ends within a number");
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
    }
  }
}

function leb(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...leb(Math.floor(value / 128))];
}
