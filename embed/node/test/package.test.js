// The package as users get it: packed, installed in an empty folder, type-checked and run there.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { organization } from "./moto.js";

const source = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "portolan-package-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const run = (command, ...given) => execFileSync(command, given, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Every form of the interface, by somebody whose compiler is as strict as it gets. */
const USER = `
import { Discovery, PortolanError, sync, type CredentialProvider, type Options, type Page, type Problem } from "portolan";

export async function all(options: Options): Promise<number> {
  let complete = 0;
  for await (const page of sync({ ...options, kinds: ["AWS::SQS::Queue"], regions: { allow: ["eu-west-1"] } })) {
    const place: [string | undefined, string | undefined, string | undefined] = [page.account, page.kind, page.region];
    for (const { id, gaps, resource } of page.resources) console.log(place, id, gaps.length, resource.Type, resource.Properties["QueueName"]);
    const denied: Problem[] = page.problems.filter((problem) => problem.class === "denied");
    if (page.complete && page.next === undefined && denied.length === 0) complete += 1;
  }
  return complete;
}
export const mine: CredentialProvider = async () => ({ accessKeyId: "", secretAccessKey: "" });
export async function one(options: Options): Promise<Page[]> {
  const discovery = await Discovery.open({ ...options, credentials: mine });
  const pages: Page[] = [];
  try {
    const { accounts } = await discovery.discoverAccounts();
    for (const account of accounts) {
      const plan = await discovery.plan(account);
      for (const { kind, regions } of plan.kinds) for (const region of regions) for await (const page of discovery.syncUnit(account, { kind, region })) pages.push(page);
    }
  } catch (error) {
    if (error instanceof PortolanError) console.error(error.code, error.problem?.message);
  } finally {
    await discovery.close();
  }
  return pages;
}
// @ts-expect-error a name that is none
export const wrong: Options = { accountRoleARN: "" };
`;

test("the packed package installs in an empty folder, has exact types, and runs without jco", () => {
  const [{ filename, files }] = JSON.parse(execFileSync("npm", ["pack", "--ignore-scripts", "--json", "--pack-destination", folder], { cwd: source, encoding: "utf8" }));
  const names = files.map(({ path }) => path);
  for (const wanted of ["component/portolan/component.core.wasm", "component/guard/guard.core.wasm", "dist/index.d.ts", "dist/worker.js"]) assert.ok(names.includes(wanted), wanted);
  assert.deepEqual(names.filter((name) => /^(src|test|build|node_modules)\//.test(name)), []);

  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "user", private: true, type: "module" }));
  run("npm", "install", "--no-audit", "--no-fund", `./${filename}`);
  const installed = Object.keys(JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")).packages);
  assert.deepEqual(installed.filter((name) => /jco|typescript/.test(name)), []);

  writeFileSync(join(folder, "user.ts"), USER);
  const strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit", "--module", "nodenext", "--target", "es2022", "--lib", "es2022,dom"];
  // Nothing of the packages around it is skipped: our own declarations are checked as well.
  run(process.execPath, join(source, "node_modules/typescript/bin/tsc"), ...strict, "user.ts");

  copyFileSync(join(source, "example.js"), join(folder, "example.js"));
  const printed = run(process.execPath, "example.js", "--kinds", "AWS::SQS::Queue,AWS::S3::Bucket", "--ndjson", "out.ndjson");
  assert.match(printed, /^AWS::S3::Bucket +\d+$/m);
  const lines = readFileSync(join(folder, "out.ndjson"), "utf8").trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.ok(lines.length > 0 && lines.every(({ account, kind, resource }) => organization.readable.includes(account) && resource.Type === kind));
});
