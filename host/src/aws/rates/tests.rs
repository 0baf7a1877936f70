//! Buckets among each other; one by itself is tested beside it.

use portolan_guard::Method;
use portolan_names::AccountId;

use super::*;

fn call(account: &str) -> Call {
    Call {
        identity: Identity::Account(AccountId::parse(account).unwrap()),
        policy: None,
        service: "glue".to_owned(),
        region: "eu-west-1".to_owned(),
        operation: "GetJob".to_owned(),
        host_prefix: None,
        method: Method::Post,
        target: "/".to_owned(),
        headers: Vec::new(),
        body: String::new(),
        dropped: Vec::new(),
    }
}

/// Forty calls of a unit's details had their tokens at once, sixteen were sent, and AWS throttled: the others were sent and
/// throttled too, which made eight per cent of all calls of an estate that emptied its buckets.
#[test]
fn a_call_that_waits_for_its_place_hears_of_a_throttle() {
    let rates = Rates::new(Shares::default());
    let call = call("111122223333");
    let (first, waiting) = (rates.take(&call), rates.take(&call));
    assert_eq!((waiting.wait, rates.take_again(&call, &waiting)), (Duration::ZERO, None), "nothing was throttled");
    rates.throttled(&call, &first);
    let again = rates.take_again(&call, &waiting).unwrap();
    assert!(again.wait > Duration::from_millis(300), "{again:?}");
    assert_eq!(rates.take_again(&call, &again), None, "its turn is in this bucket");
}

#[test]
fn what_one_account_found_others_begin_with() {
    let rates = Rates::new(Shares::default());
    let [here, there, elsewhere] = ["111122223333", "222233334444", "333344445555"].map(call);
    for _ in 0..2 {
        assert!(rates.learned().iter().all(|learned| learned.per_second > 0.0));
        std::thread::sleep(Duration::from_millis(2));
        rates.throttled(&here, &rates.take(&here));
    }
    rates.take(&there);
    let of =
        |call: &Call| rates.learned().iter().find(|known| known.place == place_of(call)).map(|known| known.per_second);
    let (found, begun) = (of(&here).unwrap(), of(&there).unwrap());
    assert!(begun > found && begun < 1.5 * found, "where it was throttled, not what that left of it: {found} {begun}");
    let other = Call { service: "athena".to_owned(), ..elsewhere };
    rates.take(&other);
    assert_eq!(of(&other), None, "another service's buckets are its own");
}
