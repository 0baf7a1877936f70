/**
 * Portolan in Node.js: the component that knows AWS, with everything around it that a host owes.
 *
 * `sync` reads all of it; `Discovery` has the single calls, for schedulers of your own.
 */

export { type AccountListing, Discovery } from "./discovery.js";
export { type ErrorCode, PortolanError } from "./errors.js";
export type { Options } from "./options.js";
export type { CredentialProvider } from "./sessions.js";
export type { Credentials } from "./sign.js";
export { sync } from "./sync.js";
export type { Engine } from "./threads.js";
export { type HttpAnswer, type HttpRequest, type Transport, TransportError, type TransportFailure } from "./transport.js";
export type * from "./types.js";
