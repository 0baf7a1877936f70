// Reads the organization of PORTOLAN_ROLE_ARN and prints what there is of each kind.
//
//   node example.js [--ndjson FILE] [--kinds core|all|NAME,…] [--engine jspi|blocking]
//
// --ndjson FILE writes each resource as a line {"account", "kind", "region", "resource"}. Ends with 1 where something was not read.

import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { sync } from "portolan";

const { values } = parseArgs({ options: { ndjson: { type: "string" }, kinds: { type: "string", default: "core" }, engine: { type: "string" } } });
const kinds = ["core", "all"].includes(values.kinds) ? values.kinds : values.kinds.split(",");
const file = values.ndjson === undefined ? undefined : createWriteStream(values.ndjson, { mode: 0o600 });

const counts = new Map();
const missing = [];
const pages = sync({
  accountRoleArn: process.env.PORTOLAN_ROLE_ARN,
  externalId: process.env.PORTOLAN_EXTERNAL_ID,
  kinds,
  ...(values.engine === undefined ? {} : { engine: values.engine }),
});
for await (const page of pages) {
  for (const { resource } of page.resources) {
    counts.set(page.kind, (counts.get(page.kind) ?? 0) + 1);
    if (file && !file.write(`${JSON.stringify({ account: page.account, kind: page.kind, region: page.region ?? null, resource })}\n`)) await once(file, "drain");
  }
  if (!page.whole) missing.push(page);
}
if (file) await new Promise((resolve) => file.end(resolve));

for (const [kind, count] of [...counts].sort()) console.log(`${kind.padEnd(40)} ${String(count).padStart(6)}`);
for (const { account, kind, region, problems } of missing.slice(0, 10)) {
  const [problem] = problems;
  console.log(`not read: ${[account, kind, region].filter(Boolean).join(" ")}: ${problem?.class ?? ""}: ${problem?.message ?? ""}`);
}
if (missing.length > 10) console.log(`and ${missing.length - 10} more that were not read`);
