//! The newcomer's first run: no account, no network, an estate in a file at the end.

use std::path::PathBuf;

use portolan_tests::binary::Portolan;
use portolan_tests::catalogue::{number, rows};
use portolan_tests::organization::{Organization, Scale};

#[test]
fn the_demo_fills_a_catalogue_without_account_or_network() {
    let mut portolan = Portolan::new("demo");
    // Whatever would be asked, nobody is there.
    for name in ["AWS_ENDPOINT_URL", "HTTPS_PROXY", "HTTP_PROXY"] {
        portolan.set(name, "http://127.0.0.1:1");
    }
    let run = portolan.run(&["demo", "--to", "sqlite:demo.db"]).expect(0);
    let file = portolan.file("demo.db");
    assert!(number(&file, "SELECT count(*) FROM current") > 300);
    assert!(number(&file, "SELECT count(DISTINCT kind) FROM current") >= 13);
    assert!(number(&file, "SELECT count(*) FROM accounts") >= 6);
    assert!(number(&file, "SELECT count(DISTINCT region) FROM current") >= 3);
    // One account and one region that could not be read, and the catalogue says why.
    assert!(number(&file, "SELECT count(*) FROM problems WHERE message LIKE '%sts:AssumeRole%'") > 0);
    assert!(number(&file, "SELECT count(*) FROM problems WHERE message LIKE '%service control policy%'") > 0);
    // The three queries that it shows are there to be tried, and give what it says.
    assert!(run.stdout.matches("SELECT").count() >= 3, "{}", run.stdout);
    assert!(!rows(&file, "SELECT * FROM by_kind").is_empty());
    // A second look showed an estate of nothing: the recording was in the file already.
    let again = portolan.run(&["demo", "--to", "sqlite:demo.db"]).expect(0);
    let table =
        |text: &str| text.lines().filter(|line| line.starts_with("AWS::")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(table(&again.stdout), table(&run.stdout));
    // A catalogue with another run in it is not the demo's to remove.
    let other = "INSERT INTO runs (run_id, started_at, partition, fingerprint) VALUES ('other', '', 'aws', '')";
    rusqlite::Connection::open(&file).unwrap().execute(other, []).unwrap();
    let refused = portolan.run(&["demo", "--to", "sqlite:demo.db"]).expect(1).stderr;
    assert!(refused.contains("holds the demo and other runs"), "{refused}");
}

/// Makes the recording that `portolan demo` replays; a developer's tool, so it is run by name alone:
/// `PORTOLAN_DEMO_RECORDING=FILE cargo test -p portolan-tests --test it -- --ignored record_the_demo`.
#[test]
#[ignore = "writes the demo's recording; see the comment"]
fn record_the_demo() {
    let to =
        PathBuf::from(std::env::var_os("PORTOLAN_DEMO_RECORDING").expect("PORTOLAN_DEMO_RECORDING names the file"));
    let organization = Organization::build(Scale::Full);
    let portolan = Portolan::in_organization("record-the-demo", &organization);
    let run = portolan.sync(&organization, &["--record", "demo.recording", "--include-actions", "all"]).expect(2);
    organization.front().assert_signatures();
    std::fs::copy(portolan.file("demo.recording"), &to).unwrap();
    println!("{}\n{} bytes", run.stdout, std::fs::metadata(&to).unwrap().len());
}
