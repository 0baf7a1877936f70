// Makes JavaScript of a component, with jco's own transpiler. What comes out needs no jco to run.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { transpileBytes } from "@bytecodealliance/jco-transpile";

/** All that the component may import. Another import is refused here: nothing could give it at run time. */
const ALLOWED_IMPORTS = ["portolan:aws/log", "portolan:aws/signed-http"];
const VERSION = "0.1.0";
/** An error of the component's is thrown inside an Error with a `payload`, so that it can be told from a trap. */
const COMMON = { noComponentErrorWrapping: false };
/** The exported calls in which requests may be sent: with JSPI they suspend, so they are promises. */
const SENDING = ["discover-accounts", "plan", "sync-page", "read-resources"];

/**
 * Transpiles the component in `file` into `folder`: `sync/` for threads that block, `jspi/` for threads that suspend, and the
 * core modules once, since both have the same.
 */
export async function transpileComponent(file, folder) {
  const bytes = await readFile(file);
  await rm(folder, { recursive: true, force: true });
  const suspending = {
    asyncMode: "jspi",
    asyncImports: [`portolan:aws/signed-http@${VERSION}#send`],
    asyncExports: SENDING.map((name) => `portolan:aws/sync@${VERSION}#${name}`),
  };
  for (const [engine, options] of Object.entries({ sync: {}, jspi: suspending })) {
    const made = await transpileBytes(bytes, { ...COMMON, name: "component", instantiation: "async", ...options });
    const foreign = made.imports.filter((name) => !ALLOWED_IMPORTS.includes(name.replace(/@.*$/, "")));
    if (foreign.length > 0) {
      throw new Error(`${file} imports ${foreign.join(", ")}, which no host gives: only ${ALLOWED_IMPORTS.join(" and ")} may be imported`);
    }
    await write(made.files, (name) => join(folder, name.endsWith(".wasm") ? name : join(engine, name)));
  }
}

/** Transpiles the guard's component, which imports nothing. */
export async function transpileGuard(file, folder) {
  const made = await transpileBytes(await readFile(file), { ...COMMON, name: "guard", instantiation: "sync" });
  if (made.imports.length > 0) throw new Error(`${file} imports ${made.imports.join(", ")}; the guard imports nothing`);
  await rm(folder, { recursive: true, force: true });
  await write(made.files, (name) => join(folder, name));
}

async function write(files, place) {
  for (const [name, content] of Object.entries(files)) {
    const path = place(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}
