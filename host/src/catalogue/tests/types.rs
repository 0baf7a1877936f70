use super::*;

fn row(version: &str, seen_at: u64) -> TypeRow {
    TypeRow {
        partition: "aws".to_owned(),
        type_name: "AWS::IoT::Thing".to_owned(),
        version: version.to_owned(),
        actions: r#"{"list":["iot:ListThings"],"read":null}"#.to_owned(),
        answer: format!("answer {version}"),
        seen_at,
    }
}

#[test]
fn the_last_answer_about_a_type_is_found_while_it_is_young_enough() {
    let folder = Folder::new();
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    catalogue.put_type(&row("1", START)).unwrap();
    catalogue.put_type(&row("2", START + HOUR)).unwrap();
    drop(catalogue);
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    let find = |catalogue: &Catalogue, partition, name, since| catalogue.find_type(partition, name, since).unwrap();
    let thing = "AWS::IoT::Thing";
    assert_eq!(find(&catalogue, "aws", thing, START).as_deref(), Some("answer 2"));
    assert_eq!(find(&catalogue, "aws", thing, START + HOUR + 1), None);
    assert_eq!(find(&catalogue, "aws-cn", thing, START), None);
    assert_eq!(find(&catalogue, "aws", "AWS::IoT::Policy", START), None);
    // The first version is seen again: the other one is now the older.
    catalogue.put_type(&row("1", START + 2 * HOUR)).unwrap();
    assert_eq!(find(&catalogue, "aws", thing, START).as_deref(), Some("answer 1"));
    let count = |catalogue: &Catalogue| -> i64 {
        catalogue.connection().query_row("SELECT count(*) FROM types", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&catalogue), 2);
    catalogue.purge(1, START + 25 * HOUR + 1).unwrap();
    assert_eq!(count(&catalogue), 1);
}

#[test]
fn a_catalogue_of_the_first_version_is_brought_up_to_date() {
    let folder = Folder::new();
    let first = Connection::open(folder.file()).unwrap();
    first.execute_batch(MIGRATIONS[0]).unwrap();
    first.execute_batch("INSERT INTO _meta (name, value) VALUES ('redaction_key', 'its own')").unwrap();
    first.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
    first.pragma_update(None, "user_version", 1).unwrap();
    drop(first);
    let mut catalogue = Catalogue::open(&folder.file()).unwrap();
    assert_eq!(catalogue.redaction_key().unwrap().expose(), "its own");
    catalogue.put_type(&row("1", START)).unwrap();
}
