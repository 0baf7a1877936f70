// What tests know of moto, the front and the organization in them: `npm test` starts them by ../with_moto.py.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const CHECKOUT = fileURLToPath(new URL("../../../", import.meta.url));

assert.ok(process.env.PORTOLAN_FRONT, "run the tests by `npm test`, which starts moto");
/** What was built: accounts by name, readable ones, the region that is denied, planted secrets. */
export const organization = JSON.parse(process.env.PORTOLAN_ORGANIZATION);
/** What `sync` needs to read it. */
export const access = { accountRoleArn: process.env.PORTOLAN_ROLE_ARN, externalId: process.env.PORTOLAN_EXTERNAL_ID };
/** Every engine that this Node.js has. */
export const engines = "Suspending" in WebAssembly ? ["jspi", "blocking"] : ["blocking"];

/** The front's control. */
export async function front(method, what, body) {
  const answer = await fetch(`${process.env.PORTOLAN_FRONT}/${what}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  assert.equal(answer.status, 200, await answer.clone().text());
  return answer.json();
}

/** What AWS saw since the log was emptied: `sqs:ListQueues`. */
export async function arrived() {
  return (await front("GET", "calls")).map((call) => `${call.service}:${call.operation}`);
}

/** The interpreter that has boto3. */
const python = [process.env.CARGO_TARGET_DIR, `${CHECKOUT}target`].filter(Boolean).map((folder) => `${folder}/python/moto/bin/python`).find(existsSync);

/** What boto3 gives for every kind, one value for each resource (tests/front/oracle.py). */
export function oracle() {
  const ran = spawnSync(python, [`${CHECKOUT}tests/front/oracle.py`, process.env.AWS_ENDPOINT_URL], {
    input: process.env.PORTOLAN_ORGANIZATION,
    encoding: "utf8",
    maxBuffer: 1 << 28,
    env: { ...process.env, AWS_ENDPOINT_URL: "", PYTHONDONTWRITEBYTECODE: "1", PYTHONIOENCODING: "utf-8" },
  });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
}

/** All pages of a sync. */
export async function collect(pages) {
  const all = [];
  for await (const page of pages) all.push(page);
  return all;
}
