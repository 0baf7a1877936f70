/** What a discovery is told, and what that comes to. All that is wrong is said before anything is asked of AWS. */

import { randomBytes } from "node:crypto";
import { PortolanError } from "./errors.js";
import { partitionOf } from "./partitions.js";
import type { CredentialProvider, Roles } from "./sessions.js";
import type { Credentials } from "./sign.js";
import { bestEngine, type Engine } from "./threads.js";
import type { Transport } from "./transport.js";

export interface Options {
  // -- which accounts: exactly one of these three. There is no default: nobody's account is read by surprise.
  /** The whole organization: this role lists it, and the role of the same path and name is assumed in each account. */
  readonly accountRoleArn?: string;
  /** The accounts of these roles, each read with its role. */
  readonly accountRoleArns?: readonly string[];
  /** The account of the credentials at hand. */
  readonly account?: "self";

  // -- how to get there
  /** The external id that the roles ask for. It is shown nowhere. */
  readonly externalId?: string | undefined;
  /** Who assumes the roles; without it, AWS's own chain of providers decides. */
  readonly credentials?: Credentials | CredentialProvider;
  /** The region whose STS is called, and from which global services are read. Without it: AWS_REGION, AWS_DEFAULT_REGION. */
  readonly region?: string;
  /** Instead of AWS's endpoints, for tests: https, or an address of this machine. Without it: AWS_ENDPOINT_URL. */
  readonly endpointUrl?: string;
  /** Sends the requests, instead of Node.js's own client: for proxies. */
  readonly transport?: Transport;

  // -- what to read
  /** `core` (some fifty kinds, the default), `all` (but what is large or paid), or names: `AWS::S3::Bucket`. Left out, a mapping chooses. */
  readonly kinds?: "core" | "all" | readonly string[];
  /** Regions to read; all enabled ones without it. */
  readonly regions?: { readonly allow?: readonly string[]; readonly deny?: readonly string[] };
  /** A mapping as Port's `port-app-config.yml` has it, parsed: pages then have entities. */
  readonly mapping?: Readonly<Record<string, unknown>>;
  /** Actions that are no plain inventory and that you permit: `cloudtrail:LookupEvents`. */
  readonly grant?: readonly string[];
  /** More of the component's configuration, under its own names (`accounts`, `definitions`, `sensitive`, `redaction_key`, …); replaces what the options made. */
  readonly config?: Readonly<Record<string, unknown>>;

  // -- how to run
  /** Units that are read side by side. 16 where instances suspend, 8 where each blocks a thread. */
  readonly concurrency?: number;
  /** How the component waits for answers; chosen by what this Node.js can do. */
  readonly engine?: Engine;
  /** Time for one exchange with AWS, in milliseconds; 60,000 without it. */
  readonly requestTimeoutMs?: number;
  /** How long the component may run in one call, waiting for AWS not counted, in milliseconds; 30,000 without it. */
  readonly componentTimeoutMs?: number;
  /** Stops it: what runs ends with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Hears of refusals, retries and the component's own diagnostics. Nothing that a caller needs is said there alone. */
  readonly log?: (level: "error" | "warn" | "info" | "debug", message: string) => void;
  /** The folder of another transpiled component. What it may do is the same. */
  readonly component?: URL;
}

/** Options with what they leave to the environment. */
export interface Settings {
  readonly from: "organization" | "roles" | "self";
  /** The accounts of `accountRoleArns`. */
  readonly listed: readonly string[];
  readonly roles: Roles;
  readonly region: string;
  readonly partition: string;
  readonly endpointUrl: URL | undefined;
  readonly engine: Engine;
  readonly concurrency: number;
  readonly runId: string;
  readonly startedAtMs: number;
}

const CONCURRENCY: Readonly<Record<Engine, number>> = { jspi: 16, blocking: 8 };
const CONCURRENCY_MAX = 256;
const ROLE = /^arn:(aws[a-z-]*):iam::(\d{12}):role\/([\w+=,.@/-]{1,576})$/;
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

export function settingsOf(options: Options): Settings {
  const given = (["accountRoleArn", "accountRoleArns", "account"] as const).filter((name) => options[name] !== undefined);
  if (given.length !== 1) {
    throw wrong(`${given.length === 0 ? "no accounts are named" : `${given.join(" and ")} exclude each other`}: give one of accountRoleArn (an organization), accountRoleArns (some accounts), account: "self"`);
  }
  if (options.account !== undefined && options.account !== "self") throw wrong('account is "self" or left out');
  if (options.externalId === "") throw wrong("externalId is empty; leave it out where the roles ask for none");
  const region = options.region ?? process.env.AWS_REGION ?? process.env.AWS_DEFAULT_REGION;
  if (!region || !/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(region)) throw wrong(`region is ${JSON.stringify(region)}; name one as eu-west-1, or set AWS_REGION`);
  const engine = options.engine ?? bestEngine();
  if (engine !== "jspi" && engine !== "blocking") throw wrong("engine is jspi or blocking");
  if (engine === "jspi" && bestEngine() !== "jspi") throw wrong(`Node.js ${process.versions.node} cannot suspend WebAssembly; leave engine out, or use Node.js 24 or newer`);
  const concurrency = options.concurrency ?? CONCURRENCY[engine];
  if (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > CONCURRENCY_MAX) throw wrong(`concurrency is a number from 1 to ${CONCURRENCY_MAX}`);
  for (const name of ["requestTimeoutMs", "componentTimeoutMs"] as const) {
    const timeout = options[name];
    if (timeout !== undefined && !(timeout > 0 && Number.isFinite(timeout))) throw wrong(`${name} is a number of milliseconds above 0`);
  }

  const list = options.accountRoleArn === undefined ? undefined : roleOf(options.accountRoleArn);
  const listed = new Map((options.accountRoleArns ?? []).map((arn) => [roleOf(arn).account, arn]));
  if (options.accountRoleArns && listed.size !== options.accountRoleArns.length) throw wrong("accountRoleArns is empty, or has two roles of one account");
  const partition = partitionOf(region);
  for (const arn of [options.accountRoleArn, ...listed.values()]) {
    if (arn !== undefined && roleOf(arn).partition !== partition) throw wrong(`${arn} is not in partition ${partition}, that of ${region}`);
  }
  const startedAtMs = Date.now();
  const runId = `${new Date(startedAtMs).toISOString().replace(/[-:]|\.\d+/g, "")}-${randomBytes(2).toString("hex")}`;
  const member = (account: string): string | undefined => (list ? `arn:${list.partition}:iam::${account}:role/${list.name}` : listed.get(account));
  return {
    from: list ? "organization" : options.accountRoleArns ? "roles" : "self",
    listed: [...listed.keys()],
    roles: { list: options.accountRoleArn, member, externalId: options.externalId, sessionName: `portolan-${runId}` },
    region,
    partition,
    endpointUrl: endpointOf(options.endpointUrl ?? process.env.AWS_ENDPOINT_URL),
    engine,
    concurrency,
    runId,
    startedAtMs,
  };
}

/** The component's configuration, as JSON. `manifest` is what it said of all its kinds. */
export function configOf(options: Options, settings: Settings, manifest: string): string {
  const { kinds = options.mapping ? undefined : "core", regions = {}, mapping } = options;
  const { allow = [], deny = [] } = regions;
  return JSON.stringify({
    version: 1,
    // Optional actions are not run unless `config` names them, as in the reference host.
    kinds: kinds === undefined ? [] : namesOf(kinds, manifest).map((kind) => ({ kind, actions: [] })),
    regions: { allow, deny },
    home_region: settings.region,
    sensitive: "redact",
    // Digests of secrets can be compared within a run; give `redaction_key` in `config` to compare them over runs.
    redaction_key: randomBytes(32).toString("hex"),
    ...(mapping ? { mapping } : {}),
    ...options.config,
  });
}

function namesOf(kinds: "core" | "all" | readonly string[], manifest: string): readonly string[] {
  if (typeof kinds !== "string") {
    if (kinds.length === 0) throw wrong("kinds is empty; name some, or leave it out");
    return kinds;
  }
  if (kinds !== "core" && kinds !== "all") throw wrong('kinds is "core", "all", or a list of names');
  const { kinds: known } = JSON.parse(manifest) as { kinds: { kind: string; tier: string }[] };
  return known.filter(({ tier }) => tier === "core" || (kinds === "all" && tier === "more")).map(({ kind }) => kind);
}

function roleOf(arn: string): { partition: string; account: string; name: string } {
  const [, partition, account, name] = ROLE.exec(arn) ?? [];
  if (!partition || !account || !name) throw wrong(`${JSON.stringify(arn)} is no role: arn:aws:iam::111111111111:role/NAME`);
  return { partition, account, name };
}

function endpointOf(text: string | undefined): URL | undefined {
  if (!text) return undefined;
  if (!URL.canParse(text)) throw wrong("endpointUrl is no URL");
  const url = new URL(text);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && LOOPBACK.test(url.hostname))) throw wrong(`endpointUrl leads to ${url.host} by ${url.protocol}; only https is used, but for this machine itself`);
  if (url.pathname !== "/" || url.search !== "" || url.username !== "" || url.password !== "") throw wrong("endpointUrl is a scheme, a host and a port, nothing else");
  return url;
}

function wrong(message: string): PortolanError {
  return new PortolanError("configuration", message);
}
