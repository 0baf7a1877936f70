//! A truth that changes, listings that fail in part, hide an item once, or are killed and resumed: seeded, so that a
//! seed that fails is a test.

use super::*;

const SEEDS: u64 = 20;
const RUNS: u64 = 60;
const CLUSTERS: [&str; 3] = ["a", "b", "c"];

/// The 64-bit xorshift of Marsaglia: the same numbers everywhere, for ever.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
}

type Service = (&'static str, u64);
/// Something of each of the two pages.
type Pages<T> = [Vec<T>; 2];

struct World {
    dice: Dice,
    truth: BTreeSet<Service>,
    /// Not shown by the last listing that covered them. Hidden once more they would be gone by all that AWS says, so
    /// they are shown next time.
    unseen: BTreeSet<Service>,
}

impl World {
    fn change(&mut self) {
        for _ in 0..self.dice.below(3) {
            let service = (CLUSTERS[self.dice.below(3) as usize], self.dice.below(6));
            if !self.truth.remove(&service) {
                // The last listing did not show it either, and the catalogue may still hold another of its name.
                self.unseen.insert(service);
                self.truth.insert(service);
            }
        }
    }

    /// Two pages as AWS gives them now, and the services and clusters that each shows whole.
    fn listing(&mut self, faults: bool) -> (bool, Pages<PageLine>, Pages<Service>, Pages<&'static str>) {
        let silent = faults && self.dice.one_in(8);
        let (mut whole, mut pages, mut shown, mut covered) =
            (!silent, Pages::default(), Pages::default(), Pages::default());
        for (index, cluster) in CLUSTERS.into_iter().enumerate() {
            let denied = faults && self.dice.one_in(4);
            whole &= !denied;
            for service in self.truth.iter().copied().filter(|(c, _)| *c == cluster) {
                let hidden = faults && !self.unseen.contains(&service) && self.dice.one_in(6);
                if hidden || (denied && self.dice.one_in(2)) {
                    continue;
                }
                let id = format!("{cluster}/{}", service.1);
                // The middle cluster lies on both pages; what is proven of it comes with the second.
                let page = if index == 1 { self.dice.below(2) as usize } else { index / 2 };
                pages[page].push(line("AWS::ECS::Service", &id, json!({}), json!({"parents": [cluster]})));
                shown[page].push(service);
            }
            if !silent {
                let page = usize::from(index > 0);
                let scope = json!({"parent": [cluster], "whole": !denied}).to_string();
                pages[page].extend(page_lines::parse(&scope).unwrap());
                covered[page].extend((!denied).then_some(cluster));
            }
        }
        (whole, pages, shown, covered)
    }

    /// Reads the unit: a page that is not whole first, perhaps a kill and a resumption, perhaps an end before the end.
    fn read(&mut self, catalogue: &mut Catalogue, number: u64, faults: bool) {
        let unit = unit("AWS::ECS::Service", ACCOUNT, "eu-west-1");
        let mut now = begin(catalogue, number);
        let (whole, [first, second], [mut shown, late], [mut covered, more]) = self.listing(faults);
        let problems = if whole { vec![] } else { vec![problem(ProblemClass::Denied)] };
        let first = PageRecord { whole, problems, next: Some("2".to_owned()), ..page(&unit, first, now) };
        catalogue.store_page(&first).unwrap();
        if faults && self.dice.one_in(5) {
            now = begin(catalogue, number) + 1;
            assert_eq!(catalogue.begin_unit(&unit, now).unwrap().cursor.as_deref(), Some("2"));
        }
        let ended = if faults && self.dice.one_in(10) {
            Ended::Before(ProblemClass::TimedOut)
        } else {
            catalogue.store_page(&page(&unit, second, now)).unwrap();
            shown.extend(late);
            covered.extend(more);
            Ended::AtItsEnd
        };
        catalogue.finish_unit(&unit, &end(ended), now).unwrap();
        self.unseen.retain(|service| !shown.contains(service));
        self.unseen.extend(self.truth.iter().filter(|s| covered.contains(&s.0) && !shown.contains(s)));
    }
}

fn stored(catalogue: &Catalogue) -> BTreeSet<String> {
    rows(catalogue, "SELECT id FROM current").into_iter().collect()
}

#[test]
fn nothing_that_is_there_is_deleted_and_two_good_runs_give_the_truth() {
    let mut deleted = 0;
    for seed in 1..=SEEDS {
        let mut world = World { dice: Dice(seed * 0x9E37_79B9), truth: BTreeSet::new(), unseen: BTreeSet::new() };
        let mut catalogue = Catalogue::in_memory().unwrap();
        let mut known: BTreeSet<String> = BTreeSet::new();
        for number in 1..=RUNS {
            let good = number > RUNS - 2;
            if !good {
                world.change();
            }
            world.read(&mut catalogue, number, !good);
            known.extend(stored(&catalogue));
            let plan = plan(&mut catalogue, Confirm::SecondRun, |_| ReadBack::NotAsked, &BTreeSet::new());
            assert!(plan.tripped().is_empty(), "seed {seed}, run {number}");
            deleted += catalogue.apply(&plan, START + number * HOUR + 9).unwrap().deleted;
            catalogue.finish_run(0, "{}", START + number * HOUR + 10).unwrap();
            let truth: BTreeSet<String> = world.truth.iter().map(|(c, n)| format!("{c}/{n}")).collect();
            let current = stored(&catalogue);
            known.retain(|id| truth.contains(id));
            let wrong: Vec<_> = known.difference(&current).collect();
            assert!(wrong.is_empty(), "seed {seed}, run {number}: deleted, though there: {wrong:?}");
            if number == RUNS {
                assert_eq!(current, truth, "seed {seed}");
            }
        }
    }
    // The simulation would prove nothing if nothing ever went.
    assert!(deleted > SEEDS, "{deleted}");
}
