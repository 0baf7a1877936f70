/** The sessions of a discovery: assumed once, shared, refreshed in time, and not asked for again when refused. */

import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import { PortolanError, textOf } from "./errors.js";
import type { Credentials } from "./sign.js";

/** Gives credentials whenever they are needed; AWS's own providers are such functions. */
export type CredentialProvider = (options?: { readonly forceRefresh?: boolean }) => Promise<Credentials>;

/** Whose session: that of the account, or the one that lists the organization. */
export type Identity = "management" | { readonly account: string };

/** Which roles are assumed. */
export interface Roles {
  /** Lists the organization. None: the source does. */
  readonly list: string | undefined;
  /** The role of an account; none: the source reads it as it is. */
  readonly member: (account: string) => string | undefined;
  readonly externalId: string | undefined;
  readonly sessionName: string;
}

/** Why an identity has no session. */
export class NoSession extends PortolanError {
  constructor(
    message: string,
    /** AWS refused the role, rather than something having failed on the way. */
    readonly denied: boolean,
    /** AWS's own code. */
    readonly awsCode: string,
    readonly requestId: string | undefined,
  ) {
    super("no-credentials", message);
  }
}

/** Refreshed when less than this is left. */
const REFRESH_BEFORE_MS = 5 * 60_000;
/** Not used in its last seconds: a request signed now arrives later. */
const USABLE_UNTIL_MS = 15_000;
/** How long a failure that may pass is given to whoever asks meanwhile. */
const FAILURE_PAUSE_MS = 5_000;
/** A session younger than this is not forgotten: the refusal that is reported was of the one before. */
const TOO_YOUNG_TO_FORGET_MS = 10_000;
/** Time for STS to accept a connection, and to answer. */
const STS_CONNECT_MS = 5_000;
const STS_ANSWER_MS = 10_000;
/** AWS's package sends a call to STS so often, with its own backoff: the guest is not concerned. */
const STS_ATTEMPTS = 4;

interface Slot {
  current?: { readonly credentials: Credentials; readonly obtained: number };
  failed?: { readonly failure: NoSession; readonly until: number };
  flight?: Promise<Credentials> | undefined;
}

export class Sessions {
  readonly #source: CredentialProvider;
  readonly #roles: Roles;
  readonly #sts: STSClient;
  readonly #slots = new Map<string, Slot>();
  #refreshSource = false;
  #own: Promise<string> | undefined;

  constructor(source: CredentialProvider, roles: Roles, region: string, stsEndpoint: string) {
    this.#source = source;
    this.#roles = roles;
    this.#sts = new STSClient({
      region,
      endpoint: stsEndpoint,
      credentials: () => this.#ofSource(),
      maxAttempts: STS_ATTEMPTS,
      requestHandler: { connectionTimeout: STS_CONNECT_MS, requestTimeout: STS_ANSWER_MS },
    });
  }

  /** Credentials for requests of this identity. A refusal is remembered; another failure for seconds. */
  async credentials(who: Identity): Promise<Credentials> {
    const role = this.#roleOf(who);
    if (role === undefined) {
      if (who !== "management" && (await this.ownAccount()) !== who.account) {
        throw new NoSession(`the credentials are of account ${await this.ownAccount()}, and no role is given for ${who.account}`, false, "", undefined);
      }
      return this.#ofSource();
    }
    const slot = this.#slot(role);
    const now = Date.now();
    const left = slot.current ? (slot.current.credentials.expiration?.getTime() ?? Infinity) - now : 0;
    if (slot.current && left > REFRESH_BEFORE_MS) return slot.current.credentials;
    if (slot.failed && slot.failed.until > now && left <= USABLE_UNTIL_MS) throw slot.failed.failure;
    slot.flight ??= this.#assume(role, slot).finally(() => (slot.flight = undefined));
    // What is still usable is used while another is asked for, and where that fails.
    if (slot.current && left > USABLE_UNTIL_MS) {
      slot.flight.catch(() => undefined);
      return slot.current.credentials;
    }
    return slot.flight;
  }

  /** Drops a session of which AWS said that it has expired, so that the next call has a new one. */
  renew(who: Identity): void {
    const role = this.#roleOf(who);
    if (role === undefined) {
      this.#refreshSource = true;
      return;
    }
    const slot = this.#slot(role);
    if (slot.current && Date.now() - slot.current.obtained > TOO_YOUNG_TO_FORGET_MS) delete slot.current;
  }

  /** The account of the source's credentials. */
  ownAccount(): Promise<string> {
    this.#own ??= this.#sts.send(new GetCallerIdentityCommand({})).then(
      (answer) => answer.Account ?? "",
      (error: unknown) => {
        this.#own = undefined;
        throw this.#failure("AWS does not say whose the credentials are", error);
      },
    );
    return this.#own;
  }

  close(): void {
    this.#sts.destroy();
    this.#slots.clear();
  }

  async #ofSource(): Promise<Credentials> {
    const forceRefresh = this.#refreshSource;
    this.#refreshSource = false;
    try {
      return await this.#source(forceRefresh ? { forceRefresh } : undefined);
    } catch (error) {
      throw this.#failure("there are no credentials", error);
    }
  }

  #roleOf(who: Identity): string | undefined {
    return who === "management" ? this.#roles.list : this.#roles.member(who.account);
  }

  #slot(role: string): Slot {
    let slot = this.#slots.get(role);
    if (!slot) this.#slots.set(role, (slot = {}));
    return slot;
  }

  async #assume(role: string, slot: Slot): Promise<Credentials> {
    try {
      const { externalId: ExternalId, sessionName: RoleSessionName } = this.#roles;
      const answer = await this.#sts.send(new AssumeRoleCommand({ RoleArn: role, RoleSessionName, ...(ExternalId ? { ExternalId } : {}) }));
      const given = answer.Credentials;
      if (!given?.AccessKeyId || !given.SecretAccessKey || !given.SessionToken) throw new Error("the answer has no credentials");
      const account = answer.AssumedRoleUser?.Arn?.split(":")[4];
      if (account !== role.split(":")[4]) throw new Error("the answer is of another account than the role's");
      const until = given.Expiration ? { expiration: given.Expiration } : {};
      const credentials = { accessKeyId: given.AccessKeyId, secretAccessKey: given.SecretAccessKey, sessionToken: given.SessionToken, ...until };
      slot.current = { credentials, obtained: Date.now() };
      delete slot.failed;
      return credentials;
    } catch (error) {
      const failure = error instanceof NoSession ? error : this.#failure(`no session for ${role}`, error);
      slot.failed = { failure, until: failure.denied ? Infinity : Date.now() + FAILURE_PAUSE_MS };
      throw failure;
    }
  }

  /** What AWS or a provider said, without the external id. */
  #failure(what: string, error: unknown): NoSession {
    if (error instanceof NoSession) return error;
    const said = error as { readonly name?: string; readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string } };
    const answered = said.$metadata?.httpStatusCode !== undefined;
    const code = answered ? (said.name ?? "") : "";
    const id = this.#roles.externalId;
    const text = id ? textOf(error).replaceAll(id, "…") : textOf(error);
    const denied = said.$metadata?.httpStatusCode === 403 && code.startsWith("AccessDenied");
    return new NoSession(`${what}: ${code ? `${code}: ` : ""}${text}`, denied, code, said.$metadata?.requestId);
  }
}
