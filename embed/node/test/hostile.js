// The component that misbehaves on demand, one kind for each misbehaviour (tests/programs), transpiled for the tests.

import { existsSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transpileComponent } from "../build/transpile.js";
import { access, organization } from "./moto.js";

const components = resolve(process.env.PORTOLAN_COMPONENTS ?? fileURLToPath(new URL("../../../target/components", import.meta.url)));
const file = ["portolan-conformance.wasm", "portolan-hostile.wasm"].map((name) => join(components, name)).find(existsSync);
if (!file) throw new Error(`there is no portolan-conformance.wasm in ${components}`);

const folder = await mkdtemp(join(tmpdir(), "portolan-hostile-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
await transpileComponent(file, folder);
export const component = pathToFileURL(`${folder}/`);

/** Two accounts, read by the hostile component. It misbehaves in us-east-1 and behaves in eu-west-1. */
export const accounts = [organization.accounts["prod-web"], organization.accounts["prod-data"]];
export const BAD = "us-east-1";
export const GOOD = "eu-west-1";
const { accountRoleArn, externalId } = access;
export const hostile = {
  component,
  externalId,
  accountRoleArns: accounts.map((account) => accountRoleArn.replace(/:\d{12}:/, `:${account}:`)),
};
