use super::*;
use crate::planned::KindChanges;

#[test]
fn a_rehearsal_never_reaches_the_file_and_tells_what_it_did() {
    let folder = Folder::new();
    {
        let mut catalogue = Catalogue::open(&folder.file()).unwrap();
        run(&mut catalogue, 1, &[(queues(), vec![queue("a"), queue("b"), queue("c")])], Confirm::Off);
    }
    let before = std::fs::read(folder.file()).unwrap();
    let mut copy = Catalogue::rehearsal(&folder.file()).unwrap();
    // Another run may begin meanwhile.
    let real = Catalogue::open(&folder.file()).unwrap();
    assert_eq!(copy.content().unwrap(), real.content().unwrap());
    drop(real);
    copy.remember_rows().unwrap();
    let now = begin(&mut copy, 2);
    let grown = line("AWS::SQS::Queue", "a", json!({"QueueName": "a", "Size": 1}), json!({}));
    copy.store_page(&page(&queues(), vec![grown, queue("b"), queue("d")], now)).unwrap();
    copy.finish_unit(&queues(), &end(Ended::AtItsEnd), now).unwrap();
    let plan = plan(&mut copy, Confirm::Off, |_| ReadBack::NotAsked, &BTreeSet::new());
    copy.apply(&plan, now).unwrap();
    let changes = copy.changes().unwrap();
    copy.finish_run(0, "{}", now).unwrap();
    assert_ne!(copy.content().unwrap(), Catalogue::open(&folder.file()).unwrap().content().unwrap());
    assert_eq!(std::fs::read(folder.file()).unwrap(), before);

    let queues: &KindChanges = &changes.kinds["AWS::SQS::Queue"];
    let ids = |concerned: &crate::planned::Concerned| {
        let items = concerned.items.iter();
        items.map(|i| (i.id.clone(), i.properties.join(","), i.grounds.clone().unwrap_or_default())).collect::<Vec<_>>()
    };
    let said = |id: &str, properties: &str, grounds: &str| (id.to_owned(), properties.to_owned(), grounds.to_owned());
    assert_eq!(ids(&queues.create), [said("d", "", "")]);
    assert_eq!(ids(&queues.change), [said("a", "Size", "")]);
    assert_eq!(ids(&queues.delete), [said("c", "", "absent-once")]);
}

#[test]
fn a_rehearsal_without_a_file_makes_none() {
    let folder = Folder::new();
    let copy = Catalogue::rehearsal(&folder.file()).unwrap();
    assert_eq!(copy.content().unwrap(), "empty");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    let mut other = Catalogue::in_memory().unwrap();
    other.adopt_redaction_key("00ff").unwrap();
    assert_eq!(other.redaction_key().unwrap().expose(), "00ff");
    run(&mut other, 1, &[], Confirm::Off);
    other.adopt_redaction_key("11").unwrap();
    assert_eq!(other.redaction_key().unwrap().expose(), "00ff", "a catalogue that holds anything keeps its own");
}
