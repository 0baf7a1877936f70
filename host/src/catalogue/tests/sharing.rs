use super::*;

const OWNER: &str = "333333333333";
const LOW: &str = "111111111111";
const HIGH: &str = "222222222222";

fn shared() -> PageLine {
    let arn = format!("arn:aws:ec2:eu-west-1:{OWNER}:subnet/subnet-1");
    line("AWS::EC2::Subnet", "subnet-1", json!({"SubnetId": "subnet-1"}), json!({"arn": arn}))
}

fn seen_by(accounts: &[&str]) -> Vec<(UnitKey, Vec<PageLine>)> {
    let all = [OWNER, HIGH, LOW];
    let unit = |account: &str| unit("AWS::EC2::Subnet", account, "eu-west-1");
    all.iter().map(|a| (unit(a), if accounts.contains(a) { vec![shared()] } else { vec![] })).collect()
}

const HELD: &str = "SELECT account_id, owner_account_id, deleted_at IS NULL FROM resources";

#[test]
fn a_shared_resource_is_stored_once_under_its_owner() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    run(&mut catalogue, 1, &seen_by(&[HIGH, LOW]), Confirm::Off);
    assert_eq!(rows(&catalogue, HELD), [format!("{LOW}|{OWNER}|1")]);
    run(&mut catalogue, 2, &seen_by(&[OWNER, HIGH, LOW]), Confirm::Off);
    assert_eq!(rows(&catalogue, HELD), [format!("{OWNER}|{OWNER}|1")]);
    assert_eq!(rows(&catalogue, "SELECT account_id FROM sightings"), [LOW, HIGH]);
}

#[test]
fn it_lives_as_long_as_anybody_sees_it() {
    let mut catalogue = Catalogue::in_memory().unwrap();
    run(&mut catalogue, 1, &seen_by(&[HIGH, LOW]), Confirm::Off);
    let (_, applied) = run(&mut catalogue, 2, &seen_by(&[HIGH]), Confirm::Off);
    assert_eq!(applied, Applied::default());
    assert_eq!(rows(&catalogue, HELD), [format!("{HIGH}|{OWNER}|1")]);
    let (_, applied) = run(&mut catalogue, 3, &seen_by(&[]), Confirm::Off);
    assert_eq!(applied.deleted, 1);
}
