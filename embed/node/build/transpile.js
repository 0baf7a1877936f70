// Makes JavaScript of a component, with jco's own transpiler. What comes out needs no jco to run.

import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { transpileBytes } from "@bytecodealliance/jco-transpile";
import { componentWit } from "@bytecodealliance/jco-transpile/wasm-tools";

const VERSION = "0.1.0";
/** All that the component may import. Another import, or another version, is refused here: jco's code does not look at versions. */
const ALLOWED_IMPORTS = [`portolan:aws/log@${VERSION}`, `portolan:aws/signed-http@${VERSION}`];
/** An error of the component's is thrown inside an Error with a `payload`, so that it can be told from a trap. */
const COMMON = { noComponentErrorWrapping: false };
/**
 * The exported calls that are promises with JSPI: all from which the component could call `send`, those included in which it is
 * answered that it may not.
 */
const SUSPENDING = ["configure", "discover-accounts", "plan", "sync-page", "read-resources", "map-resources"];

/**
 * Transpiles the component in `file` into `folder`: `sync/` for threads that block, `jspi/` for threads that suspend, and the
 * core modules once, since both have the same.
 */
export async function transpileComponent(file, folder) {
  const bytes = await readFile(file);
  const foreign = (await importsOf(bytes)).filter((name) => !ALLOWED_IMPORTS.includes(name));
  if (foreign.length > 0) throw new Error(`${file} imports ${foreign.join(", ")}, which no host gives: only ${ALLOWED_IMPORTS.join(" and ")} may be imported`);
  await rm(folder, { recursive: true, force: true });
  const suspending = {
    asyncMode: "jspi",
    asyncImports: [`portolan:aws/signed-http@${VERSION}#send`],
    asyncExports: SUSPENDING.map((name) => `portolan:aws/sync@${VERSION}#${name}`),
  };
  for (const [engine, options] of Object.entries({ sync: {}, jspi: suspending })) {
    const made = await transpileBytes(bytes, { ...COMMON, name: "component", instantiation: "async", ...options });
    await write(made.files, (name) => join(folder, name.endsWith(".wasm") ? name : join(engine, name)));
  }
  // Wherever the folder lies, Node.js takes what is in it for modules.
  await writeFile(join(folder, "package.json"), '{ "type": "module" }\n');
}

/** Transpiles the guard's component, which imports nothing. */
export async function transpileGuard(file, folder) {
  const bytes = await readFile(file);
  const imports = await importsOf(bytes);
  if (imports.length > 0) throw new Error(`${file} imports ${imports.join(", ")}; the guard imports nothing`);
  const made = await transpileBytes(bytes, { ...COMMON, name: "guard", instantiation: "sync" });
  await rm(folder, { recursive: true, force: true });
  await write(made.files, (name) => join(folder, name));
}

/** What its world imports, by name and version. */
async function importsOf(bytes) {
  const [, world = ""] = /^world \w+ \{\n([^]*?)^\}/m.exec(await componentWit(bytes)) ?? [];
  return [...world.matchAll(/^ {2}import ([^;{]+?)\s*[;{]/gm)].map(([, name]) => name);
}

async function write(files, place) {
  for (const [name, content] of Object.entries(files)) {
    const path = place(name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }
}
