//! A plan at the terminal.

use std::fmt::Write as _;

use super::{Changes, Concerned, Item, KindChanges, Planned};

/// Lines of one kind and change that are shown; the file of `--plan-out` and the report have the rest of what goes.
const SHOWN_MAX: usize = 5;

type Of = fn(&KindChanges) -> &Concerned;

/// What would happen, as some lines of plain text: counts by kind, then examples.
#[must_use]
pub fn text(planned: &Planned) -> String {
    let changes = &planned.changes;
    let mut text = String::from("\nPlan: nothing was written.\n");
    if changes.kinds.is_empty() {
        text.push_str("Nothing would change.\n");
    } else {
        text.push('\n');
        table(&mut text, changes);
        let headings: [(&str, Of); 5] = [
            ("create", |kind| &kind.create),
            ("change", |kind| &kind.change),
            ("delete", |kind| &kind.delete),
            ("withheld by a guard", |kind| &kind.withhold),
            ("missing for the first time, kept until another run agrees", |kind| &kind.mark_missing),
        ];
        for (heading, of) in headings {
            examples(&mut text, heading, changes, of);
        }
    }
    if let Some(file) = &planned.kept {
        let _ = writeln!(text, "\nThe plan is kept in {file}; carry it out with\n  portolan sync … --apply {file}");
    }
    text
}

fn table(text: &mut String, changes: &Changes) {
    let width = changes.kinds.keys().map(String::len).max().unwrap_or(0).max("in all".len());
    let mut row = |kind: &str, cells: [String; 5]| {
        let [create, change, delete, withheld, missing] = cells;
        let _ = writeln!(text, "{kind:<width$}  {create:>9} {change:>9} {delete:>9} {withheld:>9} {missing:>9}");
    };
    row("kind", ["create", "change", "delete", "withheld", "missing"].map(str::to_owned));
    for (kind, of) in &changes.kinds {
        let cells = [&of.create, &of.change, &of.delete, &of.withhold, &of.mark_missing];
        row(kind, cells.map(|concerned| concerned.count.to_string()));
    }
    if changes.kinds.len() > 1 {
        let sums: [Of; 5] = [
            |kind| &kind.create,
            |kind| &kind.change,
            |kind| &kind.delete,
            |kind| &kind.withhold,
            |kind| &kind.mark_missing,
        ];
        row("in all", sums.map(|of| changes.count(of).to_string()));
    }
}

fn examples(text: &mut String, heading: &str, changes: &Changes, of: Of) {
    if changes.count(of) == 0 {
        return;
    }
    let _ = writeln!(text, "\n{heading}:");
    for (kind, concerned) in changes.kinds.iter().map(|(kind, changes)| (kind, of(changes))) {
        for item in concerned.items.iter().take(SHOWN_MAX) {
            let _ = writeln!(text, "  {kind}  {}", line(item));
        }
        let shown = concerned.items.len().min(SHOWN_MAX) as u64;
        if concerned.count > shown {
            let _ = writeln!(text, "  {kind}  … and {} more", concerned.count - shown);
        }
    }
}

fn line(item: &Item) -> String {
    let mut line = item.account.clone();
    for part in [item.region.as_deref(), Some(item.id.as_str())].into_iter().flatten() {
        line.push(' ');
        line.push_str(part);
    }
    if let Some(name) = item.name.as_ref().filter(|name| **name != item.id) {
        let _ = write!(line, " \"{name}\"");
    }
    if !item.properties.is_empty() {
        let _ = write!(line, ": {}", item.properties.join(", "));
    }
    if let Some(grounds) = &item.grounds {
        let _ = write!(line, ": {grounds}");
    }
    if let Some(guard) = &item.guard {
        let _ = write!(line, " (guard of the {guard})");
    }
    crate::imports::printable(&line, LINE_BYTES_MAX)
}

/// One line of a plan: names come from AWS, up to 2 KiB in an ARN.
const LINE_BYTES_MAX: usize = 4 << 10;

#[cfg(test)]
mod tests {
    use super::super::{Change, Changes, Item, Planned};
    use super::text;

    fn item(id: &str) -> Item {
        Item {
            account: "111122223333".to_owned(),
            region: Some("eu-west-1".to_owned()),
            id: id.to_owned(),
            name: None,
            properties: Vec::new(),
            grounds: None,
            guard: None,
        }
    }

    #[test]
    fn a_plan_reads_as_counts_and_examples() {
        let mut changes = Changes::default();
        for number in 0..7 {
            changes.add("AWS::SQS::Queue", Change::Create, item(&format!("q-{number}")));
        }
        let renamed = Item { properties: vec!["Tags".to_owned()], name: Some("x".to_owned()), ..item("b") };
        changes.add("AWS::S3::Bucket", Change::Change, renamed);
        changes.add(
            "AWS::SQS::Queue",
            Change::Delete,
            Item { grounds: Some("not-found".to_owned()), ..item("old\u{1b}") },
        );
        let said = text(&Planned { changes, kept: Some("p.plan".to_owned()) });
        assert_eq!(
            said,
            "
Plan: nothing was written.

kind                create    change    delete  withheld   missing
AWS::S3::Bucket          0         1         0         0         0
AWS::SQS::Queue          7         0         1         0         0
in all                   7         1         1         0         0

create:
  AWS::SQS::Queue  111122223333 eu-west-1 q-0
  AWS::SQS::Queue  111122223333 eu-west-1 q-1
  AWS::SQS::Queue  111122223333 eu-west-1 q-2
  AWS::SQS::Queue  111122223333 eu-west-1 q-3
  AWS::SQS::Queue  111122223333 eu-west-1 q-4
  AWS::SQS::Queue  … and 2 more

change:
  AWS::S3::Bucket  111122223333 eu-west-1 b \"x\": Tags

delete:
  AWS::SQS::Queue  111122223333 eu-west-1 old : not-found

The plan is kept in p.plan; carry it out with
  portolan sync … --apply p.plan
"
        );
    }
}
