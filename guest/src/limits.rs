//! Every limit of the guest, with its name and its reason.

/// Answers to list calls that one page may use. A page that found nothing in so many answers goes back to the host
/// with its cursor, so that a unit of empty parents still stores where it stands.
pub(crate) const LIST_CALLS_PER_PAGE: usize = 64;

/// Parents whose children are listed side by side. More would only hold more answers at once.
pub(crate) const PARENTS_AT_ONCE: usize = 16;

/// Items enriched in one go, at least; a batch call of the API's own size may raise it. What is cut off at the end
/// of a page is enriched again with the next one, so the go is kept small.
pub(crate) const ITEMS_AT_ONCE: usize = 50;

/// Pages of one listing. At 100 items each this is far above any account's quota; beyond it something loops.
pub(crate) const PAGES_PER_LISTING: u32 = 100_000;

/// Pages of one detail call of one item (tags of a table, parents of an account).
pub(crate) const PAGES_PER_ACTION: u32 = 100;

/// Items asked for at once by `read-resources`.
pub(crate) const READ_IDS: usize = 1_000;

/// Accounts that one answer of `discover-accounts` holds, more or less: the walk stops after the listing that reached it.
pub(crate) const ACCOUNTS_PER_PAGE: usize = 1_000;

/// Levels of organizational units. AWS allows five below the root.
pub(crate) const OU_LEVELS: usize = 16;

/// Regions tried for a call that any region answers. A denial in three of them is no accident.
pub(crate) const HOME_REGIONS: usize = 3;

/// Pages of `account:ListRegions`; AWS has fewer than 50 regions, and gives 50 a page.
pub(crate) const REGION_PAGES: u32 = 20;

/// How deep sensitive values are looked for.
pub(crate) const REDACTION_DEPTH: usize = 64;

/// Characters of AWS's text that a problem keeps.
pub(crate) const MESSAGE_CHARS: usize = 1_000;

/// Levels of a tree of resources (`recurse`). The deepest of AWS's has five; a walk that goes on beyond this goes in
/// circles.
pub(crate) const TREE_LEVELS: u32 = 32;

/// Answers remembered of what asks whether a default resource is in use. Past it, they are asked again.
pub(crate) const USES_REMEMBERED: usize = 10_000;

/// Bytes of one expression of a mapping. The longest of the peer's examples have 2,000.
pub(crate) const EXPRESSION_BYTES: usize = 16 << 10;

/// Brackets within brackets of an expression. The parser calls itself for each, on a stack of one MiB.
pub(crate) const EXPRESSION_NESTING: usize = 100;

/// Operators after each other and brackets within brackets of an expression, together. A chain of operators is as deep as
/// it is long, for the parser and for jaq, and the component's stack is small; the peer's examples have 30 at most.
pub(crate) const EXPRESSION_DEPTH: usize = 150;

/// Entities that one mapping makes of one resource (`itemsToParse`). They go into one page with their resource.
pub(crate) const ENTITIES_PER_RESOURCE: usize = 5_000;

/// Levels of objects and lists within a mapping.
pub(crate) const MAPPING_LEVELS: usize = 16;

/// Causes that one page's mapping problems tell apart. An expression's error may hold a resource's own text.
pub(crate) const MAPPING_CAUSES: usize = 100;
