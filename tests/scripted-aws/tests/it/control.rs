//! The handle and the control path.

use std::io::ErrorKind;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use portolan_scripted_aws::{Denied, Estate, Fault, Huge, Options, Weather};
use serde_json::json;

use crate::start;

#[test]
fn the_estate_that_is_computed_here_is_the_one_that_is_answered() {
    let huge =
        Huge { account: 1, region: "eu-west-1".to_owned(), kind: "AWS::EC2::Volume".to_owned(), resources: 200_000 };
    let options = Options { accounts: 7, regions: 2, empty_share: 0.4, huge: Some(huge), ..Options::default() };
    let aws = start(&options);
    let estate = Estate::new(&options);
    let resources: u64 = estate.units().map(|unit| u64::from(estate.count(unit))).sum();
    let counted = aws.counted().unwrap();
    assert_eq!(counted["resources"], resources);
    assert!(resources > 200_000, "{resources}");
    assert_eq!(counted["units"], 7 * (30 * 2 + 4));
    let share = counted["empty_units"].as_f64().unwrap() / counted["units"].as_f64().unwrap();
    assert!((0.3..0.5).contains(&share), "{share}");
}

#[test]
fn the_size_of_the_benchmarks_estate_is_told_at_once() {
    let options = Options { accounts: 1_000, regions: 17, resources: 2, ..Options::default() };
    let estate = Estate::new(&options);
    let resources: u64 = estate.units().map(|unit| u64::from(estate.count(unit))).sum();
    assert!((1_000_000..1_060_000).contains(&resources), "{resources}");
}

#[test]
fn generations_edit_and_replace_the_shares_that_were_asked_for() {
    let of = |generation| {
        let options =
            Options { resources: 100, changed_share: 0.1, replaced_share: 0.05, generation, ..Options::default() };
        let estate = Estate::new(&options);
        let all = estate.units().flat_map(|unit| {
            let (first, count) = (estate.first(unit), estate.count(unit));
            let estate = &estate;
            (first..first + count).map(move |number| {
                let item = estate.item(unit, number);
                ((unit, item.key()), item.version)
            })
        });
        all.collect::<std::collections::HashMap<_, _>>()
    };
    let (old, new) = (of(0), of(1));
    assert_eq!(old.len(), new.len());
    let kept = old.keys().filter(|key| new.contains_key(*key)).count();
    let edited = old.iter().filter(|(key, version)| new.get(*key).is_some_and(|new| new != *version)).count();
    let share = |count: usize| f64::from(u32::try_from(count).unwrap()) / f64::from(u32::try_from(old.len()).unwrap());
    assert!((0.94..0.97).contains(&share(kept)), "{}", share(kept));
    assert!((0.08..0.11).contains(&share(edited)), "{}", share(edited));
}

#[test]
fn options_are_set_in_part_and_misspelt_ones_refused() {
    let aws = start(&Options::default());
    aws.set(&json!({ "generation": 3, "denied": [Denied { account: None, region: Some("eu-west-1".to_owned()) }] }))
        .unwrap();
    aws.set(&json!({ "faults": [Fault::of(Weather::Truncated, 0.5)] })).unwrap();
    let refused = aws.set(&json!({ "latency": 3 })).unwrap_err().to_string();
    assert!(refused.contains("unknown field `latency`"), "{refused}");
    let refused = aws.set(&json!({ "faults": [{ "fault": "reset", "service": ["ec2"] }] })).unwrap_err().to_string();
    assert!(refused.contains("unknown field `service`"), "{refused}");
    assert!(aws.set(&json!({ "port": 1 })).is_err());
}

#[test]
fn nobody_can_connect_for_as_long_as_was_asked() {
    let aws = start(&Options::default());
    let address = aws.url().replace("http://", "");
    TcpStream::connect(&address).unwrap();
    aws.close_for(Duration::from_millis(700)).unwrap();
    let begin = Instant::now();
    let mut refused = false;
    while begin.elapsed() < Duration::from_secs(20) {
        match TcpStream::connect(&address) {
            Err(error) if error.kind() == ErrorKind::ConnectionRefused => refused = true,
            Ok(_) if refused => return,
            _ => {}
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("refused: {refused}");
}

#[test]
fn it_ends_with_its_handle() {
    let aws = start(&Options { tls: true, ..Options::default() });
    let (url, authority) = (aws.url().replace("https://", ""), aws.ca_file().unwrap().to_owned());
    assert!(authority.exists());
    drop(aws);
    assert_eq!(TcpStream::connect(url).unwrap_err().kind(), ErrorKind::ConnectionRefused);
    assert!(!authority.exists());
}
