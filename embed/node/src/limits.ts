/** Every limit has its name here, and its reason. */

/** Requests in one batch: a page of 100 items with one detail call each. */
export const BATCH_MAX = 100;
/** Bytes of one answer, and of all answers of a batch. The largest pages of AWS's APIs stay below 2 MiB. */
export const RESPONSE_BYTES_MAX = 8 << 20;
/** What a page comes to: small pages keep instances small, since linear memory never shrinks. */
export const PAGE_BYTES = 128 << 10;
/** What a page may come to beyond that: its last resource may cross the line. */
export const PAGE_SLACK_BYTES = 8 << 20;
/** A cursor holds AWS's page token (a few KiB at most) and the position of the parents. */
export const CURSOR_BYTES_MAX = 64 << 10;
/** Lists of records (accounts, problems, plans) have no limit in bytes; this one is in elements. */
export const RECORDS_MAX = 10_000;
/** Linear memory of an instance. An answer of 8 MiB parsed in full needs some 40 MiB. */
export const MEMORY_BYTES_MAX = 128 << 20;
/**
 * How long the component may run in one call, waiting for answers not counted. A page takes some milliseconds. It is time by
 * the clock, since Node.js 20 does not tell a thread's processor time: so it is long enough for a busy machine.
 */
export const BUSY_MS = 30_000;
/** How often the time of running calls is looked at. */
export const WATCH_MS = 200;
/** Pages after which an instance is replaced: fragmentation, and whatever it may pile up. */
export const INSTANCE_PAGES_MAX = 256;
/** Linear memory above which an instance is replaced. */
export const MEMORY_KEPT_BYTES = 8 << 20;
/** A log message's length, and messages of one call. What a run needs is never said there. */
export const LOG_CHARACTERS_MAX = 8 << 10;
export const LOG_MESSAGES_MAX = 200;
/** Pages of one unit: an endless listing is given up here. */
export const UNIT_PAGES_MAX = 10_000;
/** Pages of accounts: an organization has 10,000 accounts by default, 20 on a page of the API. */
export const ACCOUNT_PAGES_MAX = 5_000;
/** Time to connect: a region that does not answer within it is not reachable. */
export const CONNECT_MS = 5_000;
/** Time for a whole exchange. AWS answers lists within a few seconds, the slowest within twenty. */
export const REQUEST_MS = 60_000;
/** Calls in flight of one account: the customer's own automation keeps its share. */
export const CALLS_PER_ACCOUNT = 16;
/** Pages that were read and not yet taken: reading waits for whoever takes them. */
export const PAGES_WAITING_MAX = 16;
/** Accounts whose sessions and plans are made side by side. */
export const ACCOUNTS_AT_ONCE = 16;
/** How long a thread may take to start: loading the component takes a fraction of a second. */
export const START_MS = 60_000;
