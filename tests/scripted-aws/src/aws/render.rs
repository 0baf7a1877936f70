//! Filling templates.

use portolan_scripted_aws::{Estate, Item, NO_REGION, REGIONS, Unit, mix};

use super::template::{Name, Piece, Template, Word};
use super::time;

/// What there is to be filled in, beside the resource.
pub(crate) struct Scene<'a> {
    pub(crate) estate: &'a Estate,
    /// The account, by its place.
    pub(crate) account: u32,
    pub(crate) region: &'a str,
    pub(crate) region_number: u16,
    pub(crate) request: u64,
    pub(crate) next: Option<String>,
    pub(crate) more: Vec<u8>,
    pub(crate) absent: Vec<u8>,
    pub(crate) asked: String,
    pub(crate) count: usize,
    pub(crate) page: usize,
    /// What only STS answers with.
    pub(crate) identity: Identity,
}

/// Who somebody is.
#[derive(Default)]
pub(crate) struct Identity {
    pub(crate) arn: String,
    pub(crate) user: String,
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) secret: String,
    pub(crate) token: String,
    pub(crate) expires: u64,
}

/// A resource that a template is filled with, and where it is.
pub(crate) struct Filled<'a> {
    pub(crate) item: Item,
    pub(crate) account: u32,
    pub(crate) region: &'a str,
}

impl Scene<'_> {
    /// Writes a template that is about no resource.
    pub(crate) fn write(&self, out: &mut Vec<u8>, template: &Template) {
        let unit = Unit { account: self.account, region: self.region_number, kind: u16::MAX };
        let item = Item { unit, index: 0, version: 0, bits: mix(u64::from(self.account)) };
        self.write_item(out, template, &Filled { item, account: self.account, region: self.region });
    }

    /// Writes a template about a resource.
    pub(crate) fn write_item(&self, out: &mut Vec<u8>, template: &Template, filled: &Filled<'_>) {
        let item = &filled.item;
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => out.extend_from_slice(text.as_bytes()),
                Piece::Named { name, upper } => named(out, *name, item, *upper),
                Piece::NamedOf { name, kind } => named(out, *name, &self.other(item, *kind), false),
                Piece::Hash { digits, upper } => hash(out, item.bits, *digits, *upper),
                Piece::Pick { of, salt } => {
                    let place = mix(item.bits ^ salt) % of.len().max(1) as u64;
                    let text = usize::try_from(place).ok().and_then(|place| of.get(place));
                    out.extend_from_slice(text.map_or("", String::as_str).as_bytes());
                }
                Piece::Number { from, to, salt } => number(out, from + mix(item.bits ^ salt) % (to - from + 1)),
                Piece::Word(word) => self.word(out, *word, filled),
            }
        }
    }

    fn word(&self, out: &mut Vec<u8>, word: Word, filled: &Filled<'_>) {
        let item = &filled.item;
        let text = |out: &mut Vec<u8>, text: &str| out.extend_from_slice(text.as_bytes());
        match word {
            Word::Account => number(out, Estate::account_id(filled.account)),
            Word::Management => number(out, Estate::account_id(0)),
            Word::Region => text(out, filled.region),
            Word::Home => {
                let regions = self.estate.regions();
                let place = usize::try_from(item.bits >> 40).unwrap_or(0) % regions.len().max(1);
                text(out, regions.get(place).copied().unwrap_or(REGIONS[0]));
            }
            Word::Index => number(out, u64::from(item.index)),
            Word::Version => number(out, u64::from(item.version)),
            Word::Made => {
                text(out, &time::iso(item.made()));
                text(out, ".000Z");
            }
            Word::MadeEpoch => number(out, item.made()),
            Word::MadeOffset => {
                text(out, &time::iso(item.made()));
                text(out, ".000+0000");
            }
            Word::Request => {
                hash(out, mix(self.request), 8, false);
                text(out, "-0000-4000-a000-");
                hexadecimal(out, self.request, 12, false);
            }
            Word::Next => text(out, self.next.as_deref().unwrap_or_default()),
            Word::More => out.extend_from_slice(&self.more),
            Word::Truncated => text(out, if self.next.is_some() { "true" } else { "false" }),
            Word::Count => number(out, self.count as u64),
            Word::Page => number(out, self.page as u64),
            Word::Absent => out.extend_from_slice(&self.absent),
            Word::Asked => text(out, &self.asked),
            Word::Unit => hexadecimal(out, u64::from(item.index), 8, false),
            Word::Parent => super::organization::parent(out, item),
            Word::ParentType => text(out, super::organization::parent_type(item)),
            Word::Arn => text(out, &self.identity.arn),
            Word::User => text(out, &self.identity.user),
            Word::SessionName => text(out, &self.identity.name),
            Word::SessionKey => text(out, &self.identity.key),
            Word::SessionSecret => text(out, &self.identity.secret),
            Word::SessionToken => text(out, &self.identity.token),
            Word::SessionExpires => {
                text(out, &time::iso(self.identity.expires));
                text(out, "Z");
            }
        }
    }

    /// The first resource of another kind beside this one.
    fn other(&self, item: &Item, kind: u16) -> Item {
        let regional = portolan_scripted_aws::kinds().get(usize::from(kind)).is_some_and(|kind| kind.regional);
        let region = if !regional {
            NO_REGION
        } else if item.unit.region == NO_REGION {
            0
        } else {
            item.unit.region
        };
        let unit = Unit { account: item.unit.account, region, kind };
        self.estate.item(unit, self.estate.first(unit))
    }
}

fn named(out: &mut Vec<u8>, name: Name, item: &Item, upper: bool) {
    match name {
        Name::Key => {}
        Name::Id => hexadecimal(out, item.bits >> 16, 4, upper),
        Name::Uuid => {
            hexadecimal(out, item.bits >> 32, 8, upper);
            out.push(b'-');
            hexadecimal(out, item.bits >> 20, 4, upper);
            out.extend_from_slice(b"-4");
            hexadecimal(out, item.bits >> 24, 3, upper);
            out.extend_from_slice(b"-a");
            hexadecimal(out, item.bits >> 28, 3, upper);
            out.push(b'-');
        }
    }
    hexadecimal(out, item.key(), 12, upper);
}

/// The lowest digits of a number, of which there are at most 16.
fn hexadecimal(out: &mut Vec<u8>, value: u64, digits: u32, upper: bool) {
    let letter = if upper { b'A' } else { b'a' };
    for place in (0..digits).rev() {
        let digit = u8::try_from(value >> (4 * place) & 15).unwrap_or(0);
        out.push(if digit < 10 { b'0' + digit } else { letter + digit - 10 });
    }
}

/// So many digits that nothing but the bits decides.
fn hash(out: &mut Vec<u8>, bits: u64, digits: usize, upper: bool) {
    let mut bits = mix(bits ^ digits as u64);
    let mut left = digits;
    while left > 0 {
        let some = left.min(16);
        hexadecimal(out, bits, u32::try_from(some).unwrap_or(16), upper);
        bits = mix(bits);
        left -= some;
    }
}

fn number(out: &mut Vec<u8>, mut value: u64) {
    let from = out.len();
    loop {
        out.push(b'0' + u8::try_from(value % 10).unwrap_or(0));
        value /= 10;
        if value == 0 {
            break;
        }
    }
    if let Some(digits) = out.get_mut(from..) {
        digits.reverse();
    }
}
