//! The truth: an organization, its accounts and what is in them, and how it changes between two runs.

use std::collections::{BTreeMap, BTreeSet};

use super::dice::Dice;
use super::sorts::Sort;

pub const MANAGEMENT: &str = "111111111111";
const MEMBERS: [&str; 3] = ["222222222222", "333333333333", "444444444444"];
/// Organizational units below the root.
pub const UNITS: [&str; 2] = ["ou-abcd-11111111", "ou-abcd-22222222"];
/// Enabled in every account, as AWS has it.
pub const HOME: &str = "eu-west-1";
/// Opted in to, and out of.
pub const OPT_IN: &str = "ap-east-1";
/// Enabled, and left out by the configuration.
pub const EXCLUDED: &str = "us-east-1";
const NAMES: [&str; 5] = ["alpha", "beta", "gamma", "delta", "omega"];

/// Where a thing is, and its name; that of one below another begins with the other's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub sort: Sort,
    pub account: String,
    pub region: Option<String>,
    pub name: String,
}

impl Place {
    /// What it is below, where it is below anything.
    pub fn parent(&self) -> Option<Self> {
        let sort = self.sort.facts().below?;
        let name = self.name.split_once('/')?.0.to_owned();
        Some(Self { sort, name, ..self.clone() })
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let region = self.region.as_deref().unwrap_or("global");
        write!(f, "{:?} {} in {} {region}", self.sort, self.name, self.account)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// Which of those that bore its name it is.
    pub generation: u64,
    /// What its state shows; no two states have the same.
    pub version: u64,
    /// The catalogue has not seen it since it was made or hidden: hidden now, it would be gone by all that AWS says.
    pub unseen: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Active,
    Suspended,
    PendingClosure,
    Closed,
    /// No member of the organization any more.
    Left,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Suspended => "SUSPENDED",
            Self::PendingClosure => "PENDING_CLOSURE",
            Self::Closed | Self::Left => "CLOSED",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Account {
    pub state: State,
    pub unit: &'static str,
    /// What its name shows.
    pub version: u64,
    pub opted_in: bool,
    /// As [`Thing::unseen`].
    pub unseen: bool,
    /// The same of the region that is opted in to.
    pub region_unseen: bool,
}

#[derive(Debug, Clone)]
pub struct Estate {
    pub accounts: BTreeMap<String, Account>,
    pub things: BTreeMap<Place, Thing>,
    /// The sorts of this seed: all of them would make a run long, and each seed has others.
    pub sorts: BTreeSet<Sort>,
    serial: u64,
}

impl Estate {
    pub fn new(dice: Dice) -> Self {
        let mut sorts: BTreeSet<Sort> =
            Sort::ALL.iter().copied().filter(|sort| dice.one_in(5, "sort", &format!("{sort:?}"))).collect();
        if sorts.len() < 2 {
            sorts.extend(dice.of(Sort::ALL, "a sort more", "").copied().into_iter().chain([Sort::Listener]));
        }
        let parents: Vec<Sort> = sorts.iter().filter_map(|sort| sort.facts().below).collect();
        sorts.extend(parents);
        let mut estate = Self { accounts: BTreeMap::new(), things: BTreeMap::new(), sorts, serial: 0 };
        for (index, id) in [MANAGEMENT].into_iter().chain(MEMBERS).enumerate() {
            let version = estate.next();
            let account = Account {
                state: if index > 2 { State::Left } else { State::Active },
                unit: UNITS[index % UNITS.len()],
                version,
                opted_in: dice.one_in(2, "opted in", id),
                unseen: true,
                region_unseen: true,
            };
            estate.accounts.insert(id.to_owned(), account);
        }
        for place in estate.places() {
            if dice.one_in(2, "there at first", &place.to_string()) {
                estate.make(&place);
            }
        }
        estate
    }

    fn next(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// All places at which something can be.
    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for sort in self.sorts.iter().copied() {
            let facts = sort.facts();
            let regions: &[Option<&str>] = if facts.regional { &[Some(HOME), Some(OPT_IN)] } else { &[None] };
            for account in self.accounts.keys() {
                for region in regions {
                    for name in NAMES {
                        let place = |name: String| Place {
                            sort,
                            account: account.clone(),
                            region: region.map(str::to_owned),
                            name,
                        };
                        match facts.below {
                            // Few parents, so that some have several below them.
                            Some(_) => places.extend(NAMES[..2].iter().map(|parent| place(format!("{parent}/{name}")))),
                            None => places.push(place(name.to_owned())),
                        }
                    }
                }
            }
        }
        places
    }

    fn make(&mut self, place: &Place) {
        let parent_there = place.parent().is_none_or(|parent| self.things.contains_key(&parent));
        // A bucket's name is nobody else's.
        let taken = place.sort == Sort::Bucket
            && self.things.keys().any(|other| other.sort == Sort::Bucket && other.name == place.name);
        if parent_there && !taken {
            let (generation, version) = (self.next(), self.next());
            self.things.insert(place.clone(), Thing { generation, version, unseen: true });
        }
    }

    /// A thing and all that is below it.
    pub fn with_all_below(&self, place: &Place) -> Vec<Place> {
        let below =
            |known: &&Place| known.sort.facts().below == Some(place.sort) && known.parent().as_ref() == Some(place);
        self.things.keys().filter(below).chain([place]).cloned().collect()
    }

    /// It goes, with all that is below it.
    pub fn remove(&mut self, place: &Place) {
        for gone in self.with_all_below(place) {
            self.things.remove(&gone);
        }
    }

    /// What changes before a run, and the story of it.
    pub fn change(&mut self, dice: Dice) -> Vec<String> {
        let mut story = Vec::new();
        let places = self.places();
        for step in 0..dice.below(7, "changes", "") {
            let step = step.to_string();
            let Some(place) = dice.of(&places, "where", &step).cloned() else { continue };
            if dice.one_in(9, "an account", &step) {
                story.extend(self.change_account(dice, &step));
                continue;
            }
            let there = self.things.contains_key(&place);
            match dice.below(4, "what", &step) {
                0 if there => {
                    self.remove(&place);
                    story.push(format!("{place} is deleted"));
                }
                1 if there => {
                    let gone = self.with_all_below(&place).len();
                    self.remove(&place);
                    self.make(&place);
                    story.push(format!("{place} is made anew, {} below it are gone", gone - 1));
                }
                _ if there => {
                    let version = self.next();
                    if let Some(thing) = self.things.get_mut(&place) {
                        thing.version = version;
                    }
                    story.push(format!("{place} changes, now at {version}"));
                }
                _ => {
                    self.make(&place);
                    story.push(format!("{place} is made"));
                }
            }
        }
        story
    }

    fn change_account(&mut self, dice: Dice, step: &str) -> Option<String> {
        let id = dice.of(&MEMBERS, "which account", step)?;
        let serial = self.next();
        let account = self.accounts.get_mut(*id)?;
        match dice.below(6, "what of it", step) {
            0 | 1 => {
                account.opted_in = !account.opted_in;
                account.region_unseen = true;
                return Some(format!("{id} has {OPT_IN} now: {}", account.opted_in));
            }
            2 => account.unit = UNITS[usize::from(account.unit == UNITS[0])],
            3 => account.version = serial,
            4 if account.state == State::Active => {
                account.state = if serial.is_multiple_of(2) { State::Suspended } else { State::PendingClosure };
            }
            5 if account.state == State::Active => {
                account.state = if serial.is_multiple_of(2) { State::Closed } else { State::Left };
            }
            _ => {
                account.state = State::Active;
                // Whoever comes back, or is no longer closed, was not in the last listing either.
                account.unseen = true;
            }
        }
        Some(format!("{id} is {:?} below {}, now at {}", account.state, account.unit, account.version))
    }
}
