use std::time::Instant;

use super::*;

/// Rows a second below which something is wrong, not slow: an index lost, a statement prepared for each row. Measured
/// are 57,000; the machines that run tests, and what else they run, differ by much.
const ROWS_PER_SECOND_MIN: f64 = 2_000.0;

#[test]
fn unchanged_rows_are_stored_and_delivered_fast() {
    const ROWS: usize = 20_000;
    const PAGE: usize = 100;
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    let kind = "AWS::EC2::Instance";
    let unit = unit(kind, ACCOUNT, "eu-west-1");
    let instance = |n: usize| {
        let properties = json!({"InstanceId": format!("i-{n:017x}"), "InstanceType": "m5.large", "State": {"Code": 16, "Name": "running"},
            "PrivateIpAddress": "10.0.0.1", "SecurityGroups": [{"GroupId": "sg-0123456789abcdef0", "GroupName": "web"}],
            "Tags": [{"Key": "Name", "Value": "web"}, {"Key": "Owner", "Value": "team"}], "LaunchTime": "2024-01-02T03:04:05Z",
            "Monitoring": {"State": "disabled"}, "Placement": {"AvailabilityZone": "eu-west-1a", "Tenancy": "default"}});
        line(kind, &format!("i-{n:017x}"), properties, json!({}))
    };
    let lines: Vec<PageLine> = (0..ROWS).map(instance).collect();
    let mut rates = Vec::new();
    for number in 1..=2 {
        let now = begin(&mut catalogue, number);
        let pages: Vec<PageRecord> = lines.chunks(PAGE).map(|lines| page(&unit, lines.to_vec(), now)).collect();
        let start = Instant::now();
        let mut counts = PageCounts::default();
        for page in &pages {
            counts.add(catalogue.store_page(page).unwrap());
        }
        rates.push(ROWS as f64 / start.elapsed().as_secs_f64());
        assert_eq!(if number == 1 { counts.new } else { counts.unchanged }, ROWS as u64);
        catalogue.finish_run(0, "{}", now).unwrap();
    }
    let now = begin(&mut catalogue, 3);
    let limits = BatchLimits { changes: 500, bytes: 1 << 20 };
    for _ in 0..2 {
        let (start, mut pass) = (Instant::now(), catalogue.begin_pass("sink").unwrap());
        while let Some((changes, next)) = catalogue.next_changes("sink", pass, limits, now).unwrap() {
            catalogue.accepted("sink", &changes, now).unwrap();
            pass = next;
        }
        rates.push(ROWS as f64 / start.elapsed().as_secs_f64());
    }
    println!("new, unchanged, delivered, nothing to deliver: {rates:.0?} rows/s");
    assert!(rates.iter().skip(1).all(|rate| *rate > ROWS_PER_SECOND_MIN), "{rates:?}");
}
