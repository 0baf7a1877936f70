// `npm run build`: transpiles the two components into component/, then compiles src/ into dist/.
//
// The components come from the folder that PORTOLAN_COMPONENTS names, else from target/components of this checkout.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { transpileComponent, transpileGuard } from "./transpile.js";

const PACKAGE = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const CHECKOUT = resolve(PACKAGE, "../..");

const components = resolve(process.env.PORTOLAN_COMPONENTS ?? join(CHECKOUT, "target/components"));
const [component, guard] = ["portolan.wasm", "portolan-guard.wasm"].map((name) => join(components, name));
for (const file of [component, guard]) {
  if (!existsSync(file)) {
    console.error(`there is no ${file}; make it with\n  cargo run --package portolan-dist -- target/components\nor name the folder of the components by PORTOLAN_COMPONENTS`);
    process.exit(1);
  }
}

// Transpiling takes seconds, so it is done when a component or the transpiler is another than last time.
const made = createHash("sha256");
const sources = [component, guard, join(PACKAGE, "build/transpile.js"), join(PACKAGE, "package-lock.json")];
for (const file of sources) made.update(readFileSync(file));
const digest = made.digest("hex");
const stamp = join(PACKAGE, "component/made-of");
if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== digest) {
  rmSync(join(PACKAGE, "component"), { recursive: true, force: true });
  await transpileComponent(component, join(PACKAGE, "component/portolan"));
  await transpileGuard(guard, join(PACKAGE, "component/guard"));
  writeFileSync(stamp, digest);
}

rmSync(join(PACKAGE, "dist"), { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve("typescript/bin/tsc");
process.exit(spawnSync(process.execPath, [tsc, "--project", PACKAGE], { stdio: "inherit" }).status ?? 1);
