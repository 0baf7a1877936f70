//! Which rule hits which call, decided by nothing but the rule's seed, and the call's number or what it asks.

use std::collections::HashMap;

use portolan_scripted_aws::{By, Fault, Weather, mix, share};

/// The rules, and how far each has come.
#[derive(Debug, Default)]
pub(crate) struct Dice {
    rules: Vec<Rule>,
}

#[derive(Debug)]
struct Rule {
    fault: Fault,
    seen: u64,
    hits: u64,
    /// Tries of the calls that are hit by what they ask.
    tries: HashMap<u64, u32>,
}

/// A call, as rules see it.
pub(crate) struct Seen<'a> {
    pub(crate) account: &'a str,
    pub(crate) region: &'a str,
    pub(crate) service: &'a str,
    pub(crate) operation: &'a str,
    pub(crate) body: &'a [u8],
    pub(crate) path: &'a str,
}

impl Dice {
    pub(crate) fn new(faults: &[Fault]) -> Self {
        let rule = |fault: &Fault| Rule { fault: fault.clone(), seen: 0, hits: 0, tries: HashMap::new() };
        Self { rules: faults.iter().map(rule).collect() }
    }

    /// What happens to a call, with the rule's value.
    pub(crate) fn throw(&mut self, call: &Seen<'_>) -> Option<(Weather, Option<u32>)> {
        self.rules.iter_mut().find_map(|rule| rule.hits(call).then_some((rule.fault.weather, rule.fault.value)))
    }
}

impl Rule {
    fn hits(&mut self, call: &Seen<'_>) -> bool {
        let fault = &self.fault;
        let fits = |list: &[String], value: &str| list.is_empty() || list.iter().any(|known| known == value);
        if !fits(&fault.accounts, call.account)
            || !fits(&fault.regions, call.region)
            || !fits(&fault.services, call.service)
            || !fits(&fault.operations, call.operation)
        {
            return false;
        }
        self.seen += 1;
        if self.seen <= fault.after || fault.limit.is_some_and(|limit| self.hits >= limit) {
            return false;
        }
        let hit = match fault.by {
            By::Count => share(mix(mix(fault.seed) ^ self.seen)) < fault.share,
            By::Request => {
                let parts = [call.account, call.region, call.service, call.operation, call.path].map(str::as_bytes);
                let bytes = parts.into_iter().chain([call.body]).flatten();
                let bits = bytes.fold(mix(fault.seed), |bits, byte| mix(bits ^ u64::from(*byte)));
                share(bits) < fault.share && {
                    let tries = self.tries.entry(bits).or_default();
                    *tries += 1;
                    *tries <= fault.times
                }
            }
        };
        self.hits += u64::from(hit);
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::{Dice, Seen};
    use portolan_scripted_aws::{By, Fault, Weather};

    fn call<'a>(region: &'a str, body: &'a [u8]) -> Seen<'a> {
        Seen { account: "1", region, service: "ec2", operation: "DescribeVpcs", body, path: "/" }
    }

    #[test]
    fn the_share_is_kept_and_the_filter_heeded() {
        let mut fault = Fault::of(Weather::Throttled, 0.05);
        fault.regions = vec!["eu-west-1".to_owned()];
        let mut dice = Dice::new(&[fault]);
        let hits = (0..20_000).filter(|_| dice.throw(&call("eu-west-1", b"")).is_some()).count();
        assert!((900..1_100).contains(&hits), "{hits} of 20,000");
        assert!((0..1_000).all(|_| dice.throw(&call("us-east-1", b"")).is_none()));
    }

    #[test]
    fn by_request_the_same_calls_are_hit_in_any_order_and_only_at_first() {
        let bodies: Vec<Vec<u8>> = (0..1_000_u32).map(|number| number.to_le_bytes().to_vec()).collect();
        let fault = Fault { by: By::Request, times: 2, ..Fault::of(Weather::Internal, 0.1) };
        let hit = |bodies: &mut dyn Iterator<Item = &Vec<u8>>, dice: &mut Dice| {
            let mut hit: Vec<&Vec<u8>> = bodies.filter(|body| dice.throw(&call("r", body)).is_some()).collect();
            hit.sort();
            hit.len()
        };
        let mut dice = Dice::new(std::slice::from_ref(&fault));
        let forth = hit(&mut bodies.iter(), &mut dice);
        assert!((60..140).contains(&forth), "{forth} of 1,000");
        assert_eq!(hit(&mut bodies.iter().rev(), &mut dice), forth, "the second try");
        assert_eq!(hit(&mut bodies.iter(), &mut dice), 0, "the third");
    }
}
