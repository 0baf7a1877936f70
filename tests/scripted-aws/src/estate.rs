//! What there is: computed from the options, never stored.

use crate::catalogue::kinds;
use crate::options::{Options, REGIONS};

/// The region number of a kind that has no region.
pub const NO_REGION: u16 = u16::MAX;

/// Account ids are this far apart, so that a number one off names nobody.
const ACCOUNT_STEP: u64 = 7_919;
const ACCOUNT_FIRST: u64 = 210_987_000_013;
/// 2020-01-01, and the seconds of five years: when things were made.
const MADE_FROM: u64 = 1_577_836_800;
const MADE_WITHIN: u64 = 5 * 365 * 86_400;

/// An organization with all that is in it.
#[derive(Debug, Clone)]
pub struct Estate {
    options: Options,
    /// The numbers of the unit of another size, and its size.
    huge: Option<(Unit, u32)>,
}

/// One (account, region, kind), by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Unit {
    /// The account's place in the organization.
    pub account: u32,
    /// The region's place in [`REGIONS`], or [`NO_REGION`].
    pub region: u16,
    /// The kind's place in [`kinds`].
    pub kind: u16,
}

/// One resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Item {
    /// Its unit.
    pub unit: Unit,
    /// Its number in the unit.
    pub index: u32,
    /// How often it was edited.
    pub version: u32,
    /// Random bits of its own.
    pub bits: u64,
}

impl Item {
    /// What every name and id of it ends in, as 12 hexadecimal digits: 16 bits that say whose it is, 32 that count.
    #[must_use]
    pub fn key(&self) -> u64 {
        ((self.bits & 0xffff) << 32) | u64::from(self.index)
    }

    /// When it was made, in seconds of 1970.
    #[must_use]
    pub fn made(&self) -> u64 {
        MADE_FROM + (self.bits >> 16) % MADE_WITHIN
    }
}

impl Estate {
    /// The estate of these options.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let huge = options.huge.as_ref().and_then(|huge| {
            let kind = kinds().iter().position(|kind| kind.name == huge.kind)?;
            let region = if kinds().get(kind)?.regional { region_number(&huge.region)? } else { NO_REGION };
            let kind = u16::try_from(kind).ok()?;
            Some((Unit { account: huge.account, region, kind }, huge.resources))
        });
        Self { options: options.clone(), huge }
    }

    /// How many accounts there are.
    #[must_use]
    pub fn accounts(&self) -> u32 {
        self.options.accounts
    }

    /// The regions that accounts have enabled.
    #[must_use]
    pub fn regions(&self) -> &'static [&'static str] {
        let count = usize::try_from(self.options.regions).unwrap_or(usize::MAX).min(REGIONS.len());
        REGIONS.get(..count).unwrap_or_default()
    }

    /// The id of an account.
    #[must_use]
    pub fn account_id(account: u32) -> u64 {
        ACCOUNT_FIRST + u64::from(account) * ACCOUNT_STEP
    }

    /// The account of an id.
    #[must_use]
    pub fn account_number(&self, id: u64) -> Option<u32> {
        let above = id.checked_sub(ACCOUNT_FIRST)?;
        let number = u32::try_from(above / ACCOUNT_STEP).ok()?;
        (above % ACCOUNT_STEP == 0 && number < self.options.accounts).then_some(number)
    }

    /// The region of a name, if it is enabled.
    #[must_use]
    pub fn region_number(&self, name: &str) -> Option<u16> {
        region_number(name).filter(|number| u32::from(*number) < self.options.regions)
    }

    /// How many resources a unit has. What is denied or vanished counts as well.
    #[must_use]
    pub fn count(&self, unit: Unit) -> u32 {
        if let Some((huge, resources)) = self.huge
            && huge == unit
        {
            return resources;
        }
        let bits = self.bits(unit, u64::MAX);
        if share(bits >> 32) < self.options.empty_share || self.options.resources == 0 {
            return 0;
        }
        1 + u32::try_from(
            u64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(0)) % u64::from(2 * self.options.resources - 1),
        )
        .unwrap_or(0)
    }

    /// The number of the first resource that is still there.
    #[must_use]
    pub fn first(&self, unit: Unit) -> u32 {
        let replaced = f64::from(self.count(unit)) * self.options.replaced_share * f64::from(self.options.generation);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count, and no negative one")]
        let first = replaced as u32;
        first
    }

    /// A resource by its number, whether or not it is still there.
    #[must_use]
    pub fn item(&self, unit: Unit, index: u32) -> Item {
        let bits = self.bits(unit, u64::from(index));
        let edited = |generation: u32| share(mix(bits ^ u64::from(generation)) >> 32) < self.options.changed_share;
        let version = (1..=self.options.generation).filter(|generation| edited(*generation)).count();
        Item { unit, index, version: u32::try_from(version).unwrap_or(0), bits }
    }

    /// The resource with this key, if it is there and of this unit.
    #[must_use]
    pub fn by_key(&self, unit: Unit, key: u64) -> Option<Item> {
        let index = u32::try_from(key & 0xffff_ffff).ok()?;
        let first = self.first(unit);
        let there = index >= first && index - first < self.count(unit);
        Some(self.item(unit, index)).filter(|item| there && item.key() == key)
    }

    /// All units.
    pub fn units(&self) -> impl Iterator<Item = Unit> + '_ {
        let count = u16::try_from(self.regions().len()).unwrap_or(0);
        (0..self.options.accounts).flat_map(move |account| {
            (0_u16..).zip(kinds()).flat_map(move |(kind, named)| {
                let regions = if named.regional { 0..count } else { NO_REGION - 1..NO_REGION };
                let region = move |region| if named.regional { region } else { NO_REGION };
                regions.map(move |number| Unit { account, region: region(number), kind })
            })
        })
    }

    fn bits(&self, unit: Unit, index: u64) -> u64 {
        let place = (u64::from(unit.account) << 32) | (u64::from(unit.region) << 16) | u64::from(unit.kind);
        mix(mix(mix(self.options.seed) ^ place) ^ index)
    }
}

fn region_number(name: &str) -> Option<u16> {
    REGIONS.iter().position(|region| *region == name).and_then(|number| u16::try_from(number).ok())
}

/// The share of 1 that the lower 32 bits are.
#[must_use]
pub fn share(bits: u64) -> f64 {
    f64::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(0)) / (f64::from(u32::MAX) + 1.0)
}

/// Splitmix64's last step: every bit of the input moves half of the bits of the output.
#[must_use]
pub fn mix(bits: u64) -> u64 {
    let mut bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
