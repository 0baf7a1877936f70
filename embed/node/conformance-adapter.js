// The conformance kit's adapter of this host (conformance/README.md): calls as JSON Lines on standard input, answers on standard
// output. It is this package's guard, client and threads as a `Discovery` puts them together, without its units and pages.
//
//   npm run build
//   python3 ../../conformance/run.py --host node conformance-adapter.js

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { transpileComponent } from "./build/transpile.js";
import { loadComponent } from "./dist/component.js";
import { PortolanError } from "./dist/errors.js";
import { Guard } from "./dist/guard.js";
import * as limits from "./dist/limits.js";
import { Outbound } from "./dist/outbound.js";
import { partitionOf } from "./dist/partitions.js";
import { Sessions } from "./dist/sessions.js";
import { Failure } from "./dist/thread.js";
import { bestEngine, Threads } from "./dist/threads.js";
import { Connections } from "./dist/transport.js";

const LIMITS = {
  batch: limits.BATCH_MAX,
  "response-bytes": limits.RESPONSE_BYTES_MAX,
  "batch-bytes": limits.RESPONSE_BYTES_MAX,
  "page-bytes": limits.PAGE_BYTES,
  "cursor-bytes": limits.CURSOR_BYTES_MAX,
};
const SILENT = { account: undefined };
const CLASSES = { trap: "trapped", limit: "limit", closed: "cancelled", configuration: "rejected" };
/** Calls of the kit that are in flight at once. */
const AT_ONCE = 8;

/** What the component wrote since the last answer; threads do not say in which call. */
let heard = [];
const log = (level, message) => heard.push([level, message]);

/** Transpiled components, by their files: that takes seconds. */
const made = new Map();
const folder = await mkdtemp(join(tmpdir(), "portolan-conformance-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
await writeFile(join(folder, "package.json"), '{"type":"module"}');

async function component(file) {
  if (!made.has(file)) {
    const place = join(folder, String(made.size));
    try {
      await transpileComponent(file, place);
      made.set(file, await loadComponent(pathToFileURL(`${place}/`)));
    } catch (error) {
      await rm(place, { recursive: true, force: true });
      throw { class: "not-loaded", message: String(error?.message ?? error) };
    }
  }
  return made.get(file);
}

/** A run, as `Discovery.open` opens one. */
class Opened {
  static async from(args) {
    const opened = new Opened();
    const loaded = await component(args.component);
    const guard = await Guard.load(new URL("./component/guard/", import.meta.url));
    const [{ run, config }, region] = [args, process.env.AWS_REGION];
    const silent = { send: () => Promise.reject(new Error("this call may not send requests")), log: () => undefined };
    opened.closing = new AbortController();
    opened.reader = new Threads(loaded, "blocking", limits.BUSY_MS, undefined, 1, silent);
    opened.connections = new Connections();
    const facts = {
      id: run.id,
      startedAtMs: BigInt(run["started-at-ms"]),
      partition: run.partition,
      limits: {
        batch: run.limits.batch,
        responseBytes: BigInt(run.limits["response-bytes"]),
        batchBytes: BigInt(run.limits["batch-bytes"]),
        pageBytes: BigInt(run.limits["page-bytes"]),
        cursorBytes: run.limits["cursor-bytes"],
      },
    };
    const source = async () => ({ accessKeyId: process.env.AWS_ACCESS_KEY_ID, secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY });
    const roles = {
      list: args.roles.management,
      member: (account) => args.roles.member.replace("{account}", account),
      externalId: args["external-id"],
      sessionName: "portolan-conformance",
    };
    const base = new URL(process.env.AWS_ENDPOINT_URL);
    opened.sessions = new Sessions(source, roles, region, base.href);
    const outbound = new Outbound({
      guard,
      sessions: opened.sessions,
      transport: opened.connections.send,
      classify: (...given) => opened.reader.call("classify", given, SILENT),
      partition: partitionOf(region),
      endpointUrl: base,
      requestMs: args["timeout-ms"],
      closed: opened.closing.signal,
      log: () => undefined,
    });
    const configuration = { config, run: facts };
    opened.guests = new Threads(loaded, bestEngine(), limits.BUSY_MS, configuration, AT_ONCE, { send: (scope, requests) => outbound.send(scope, requests), log });
    try {
      const { manifest, fingerprint, warnings } = await opened.guests.call("configure", [config, facts], SILENT);
      guard.grant(manifest, args.operator);
      opened.configured = { manifest, fingerprint, warnings: warnings.map(({ at, message, offset = null, instead = null }) => ({ at, message, offset, instead })) };
      return opened;
    } catch (error) {
      opened.close();
      const remarks = error instanceof Failure ? error.payload.remarks : undefined;
      throw remarks ? { class: "rejected", message: remarks.map(({ at, message }) => `${at}: ${message}`).join("; ") } : error;
    }
  }

  close() {
    for (const part of [this.guests, this.reader, this.connections, this.sessions]) part?.close();
  }

  async call(name, args) {
    const { account, unit, cursor, ids, resources } = args;
    const where = unit && { kind: unit.kind, region: unit.region ?? undefined };
    const [method, given] = {
      "sync-page": ["syncPage", [account, where, cursor ?? undefined]],
      "read-resources": ["readResources", [account, where, ids]],
      "map-resources": ["mapResources", [where, resources]],
      "discover-accounts": ["discoverAccounts", [cursor ?? undefined]],
      plan: ["plan", [account]],
    }[name];
    const answer = await this.guests.call(method, given, { account: account?.id });
    return { ...answer, next: answer.next ?? null, problems: answer.problems.map(problem) };
  }
}

function problem({ requestId = null, region = null, subject = null, ...given }) {
  return { ...given, region, subject, "request-id": requestId };
}

function failed(error) {
  if (error instanceof Failure && error.problem) return { class: "failure", message: "the component says that the call failed", problem: problem(error.problem) };
  if (error instanceof PortolanError) return { class: CLASSES[error.code] ?? "setup", message: error.message };
  return error instanceof Error ? { class: "setup", message: error.message } : error;
}

let opened;

async function answer(call, args) {
  if (call === "hello") return { host: `portolan (Node.js ${process.versions.node}, ${bestEngine()})`, protocol: 1, cannot: {}, limits: LIMITS };
  if (call === "open") {
    opened?.close();
    opened = undefined;
    opened = await Opened.from(args);
    return opened.configured;
  }
  if (!opened) throw { class: "bad-call", message: "no run is open" };
  if (call === "cancel") {
    opened.closing.abort();
    return {};
  }
  return await opened.call(call, args);
}

const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const { id, call, args } = JSON.parse(line);
  const said = await answer(call, args).then(
    (ok) => ({ ok }),
    (error) => ({ error: failed(error) }),
  );
  process.stdout.write(`${JSON.stringify({ id, ...said, log: heard.splice(0) })}\n`);
});
lines.on("close", () => {
  opened?.close();
  process.exit(0);
});
