//! How large a request may be before the guard stops reading it.
//!
//! A read is small. What is larger is a mistake of the guest or an attempt to make the guard work;
//! each limit is a few times what the largest curated read needs.

/// Bytes of path and query: what AWS's own front ends accept, and four times the longest page token seen.
pub const TARGET_BYTES: usize = 8 * 1024;

/// Path segments and query keys of one target; the deepest read path of the API models has 14 segments.
pub const TARGET_PARTS: usize = 128;

/// Headers of one request. Reads need one to three; S3's have the most input members in headers, some ten.
pub const HEADERS: usize = 16;

/// Bytes of one header's value; the names come from a closed list.
pub const HEADER_BYTES: usize = 4 * 1024;

/// Bytes of a body. The largest reads carry a hundred ARNs of at most 2,048 bytes.
pub const BODY_BYTES: usize = 256 * 1024;

/// Fields of a form. A hundred ids and some filters of two hundred values.
pub const FORM_FIELDS: usize = 1024;

/// How deep arrays and objects of a JSON body may nest; the deepest read input of the API models has 9 levels.
pub const JSON_DEPTH: usize = 16;

/// Values in a JSON body, so that a body full of `[]` costs no more than one full of text.
pub const JSON_VALUES: usize = 8 * 1024;

/// Resource types of which a grant learns what their handlers need; AWS has some 1,500.
pub const TYPES: usize = 4 * 1024;

/// Actions of one type's list and read handlers together; most types need two or three.
pub const HANDLER_ACTIONS: usize = 256;

/// Characters of the guest's own words that a refusal repeats.
pub const QUOTED_CHARS: usize = 80;
