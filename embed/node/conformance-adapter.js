// This host's adapter for the conformance kit (conformance/README.md): makes the calls that it asks for, and adds nothing.
//
//   python3 conformance/run.py --host node embed/node/conformance-adapter.js [--engine jspi|blocking]

import { mkdtemp } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { transpileComponent } from "./build/transpile.js";
import { Host } from "./dist/host.js";
import { NoSession } from "./dist/sessions.js";
import { Failure } from "./dist/thread.js";
import { bestEngine } from "./dist/threads.js";

const { values } = parseArgs({ options: { engine: { type: "string", default: bestEngine() } } });
/** Calls side by side: the kit makes a few. */
const CONCURRENCY = 8;
/** What the component may run in one call: the kit waits longer. */
const COMPONENT_MS = 10_000;
const BIG = new Set(["startedAtMs", "responseBytes", "batchBytes", "pageBytes"]);
const CLASSES = { trap: "trapped", limit: "limit", closed: "cancelled", configuration: "rejected" };

const folder = await mkdtemp(join(tmpdir(), "portolan-conformance-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const transpiled = new Map();
let host;

/** The folder of a component, transpiled once. */
function made(file) {
  if (!transpiled.has(file)) {
    const place = join(folder, String(transpiled.size));
    const made = transpileComponent(file, place).then(() => pathToFileURL(`${place}/`));
    transpiled.set(file, made);
    // What cannot be loaded may be another by the next time.
    made.catch(() => transpiled.delete(file));
  }
  return transpiled.get(file);
}

async function open(given) {
  host?.close();
  host = undefined;
  const component = await made(given.component).catch((error) => Promise.reject(new Refused("not-loaded", error.message)));
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_REGION, AWS_ENDPOINT_URL } = process.env;
  host = await Host.open({
    component,
    config: () => given.config,
    run: named(given.run),
    operator: given.operator,
    engine: values.engine,
    concurrency: CONCURRENCY,
    componentTimeoutMs: COMPONENT_MS,
    requestTimeoutMs: given["timeout-ms"],
    credentials: async () => ({ accessKeyId, secretAccessKey }),
    roles: {
      list: given.roles.management,
      member: (account) => given.roles.member.replace("{account}", account),
      externalId: given["external-id"],
      sessionName: "conformance",
    },
    region: AWS_REGION,
    endpointUrl: new URL(AWS_ENDPOINT_URL),
    transport: undefined,
    signal: undefined,
    log: (level, message, scope) => scope?.heard?.push([level, message]),
  });
  return host.configured;
}

const CALLS = {
  hello: () => ({ host: `portolan (Node.js ${process.versions.node}, ${values.engine})`, protocol: 1, cannot: {} }),
  open,
  "sync-page": ({ account, unit, cursor }, heard) => call("syncPage", [account, unit, cursor], account, heard),
  "read-resources": ({ account, unit, ids }, heard) => call("readResources", [account, unit, ids], account, heard),
  "map-resources": ({ unit, resources }, heard) => call("mapResources", [unit, resources], undefined, heard),
  "discover-accounts": ({ cursor }, heard) => call("discoverAccounts", [cursor], undefined, heard),
  plan: ({ account }, heard) => call("plan", [account], account, heard),
  cancel: () => {
    host?.close();
    return {};
  },
};

class Refused extends Error {
  constructor(errorClass, message) {
    super(message);
    this.errorClass = errorClass;
  }
}

function call(method, given, account, heard) {
  if (!host) throw new Refused("setup", "no run is open");
  return host.call(method, given.map(named), { account: account?.id, heard });
}

/** A record of the kit's (kebab case, null) as jco has it. */
function named(value) {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(named);
  if (typeof value !== "object") return value;
  const entries = Object.entries(value).map(([name, member]) => [name.replace(/-(\w)/g, (_, letter) => letter.toUpperCase()), member]);
  return Object.fromEntries(entries.map(([name, member]) => [name, BIG.has(name) ? BigInt(member) : named(member)]));
}

/** And back. */
function kebab(value) {
  if (value === undefined) return null;
  if (Array.isArray(value)) return value.map(kebab);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`), kebab(member)]));
}

function errorOf(error) {
  if (error instanceof Refused) return { class: error.errorClass, message: error.message };
  if (error instanceof Failure && error.problem) return { class: "failure", message: error.problem.message, problem: kebab(error.problem) };
  if (error instanceof NoSession) return { class: "setup", message: error.message };
  return { class: CLASSES[error.code] ?? "setup", message: error.message };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call: name, args } = JSON.parse(line);
  const heard = [];
  // Each in its turn of the loop, none waited for: several are in flight.
  Promise.resolve()
    .then(() => {
      if (!Object.hasOwn(CALLS, name)) throw new Refused("bad-call", `there is no call ${JSON.stringify(name)}`);
      return CALLS[name](args ?? {}, heard);
    })
    .then((value) => ({ id, ok: kebab(value), log: heard }), (error) => ({ id, error: errorOf(error), log: heard }))
    .then((answer) => process.stdout.write(`${JSON.stringify(answer)}\n`));
}
host?.close();
