//! `portolan map`: what a mapping makes of resources, without AWS and without a catalogue.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use serde_json::{Value, json};

use super::args::MapArgs;
use super::judge;
use super::kinds::example;
use super::validate::Printed;
use crate::bindings::exports::portolan::aws::sync;
use crate::config::files::Disk;
use crate::config::kinds::KnownKinds;
use crate::config::mapping::MappingFile;
use crate::config::node::Origin;
use crate::config::settings::Settings;
use crate::engine::Engine;
use crate::instance::{Instances, Lease};
use crate::run::ExitStatus;

/// Resources to be mapped: some hundred thousand of them, held in memory whole.
const INPUT_BYTES_MAX: u64 = 256 << 20;

/// Maps what the arguments name.
pub(super) async fn map(engine: Engine, args: &MapArgs, known: &KnownKinds, settings: &Settings) -> Printed {
    match mapped(engine, args, known, settings).await {
        Ok(printed) => printed,
        Err(why) => Printed { out: String::new(), err: format!("{why}\n"), status: ExitStatus::Usage.code() },
    }
}

async fn mapped(engine: Engine, args: &MapArgs, known: &KnownKinds, settings: &Settings) -> Result<Printed, String> {
    let mapping =
        MappingFile::read(&args.mapping, &Disk, &Origin::Flag("--mapping")).map_err(|mistake| mistake.to_string())?;
    let (instances, warnings) = judge::mapping(engine, &mapping, &settings.kinds.definitions).await?;
    let kind = args.kind.as_deref().map(|kind| known.resolve(kind));
    let (resources, from) = match (&args.input, kind) {
        (Some(file), _) => (read(&text_of(file)?, kind)?, file.display().to_string()),
        (None, Some(kind)) => match example(kind) {
            Some(resource) => (vec![resource], "the example of `portolan kinds`".to_owned()),
            None => return Err(format!("there is no example of {kind}: give resources with --input FILE")),
        },
        (None, None) => return Err("what to map? --kind KIND takes its example, --input FILE resources".to_owned()),
    };
    let mut mapper = Mapping { lease: lease(&instances).await?, out: String::new(), seen: Seen::default() };
    for (index, resource) in resources.iter().enumerate() {
        if kind.is_none_or(|kind| resource["Type"] == kind) {
            mapper.one(index + 1, resource).await?;
        } else {
            mapper.seen.others += 1;
        }
    }
    let status = if mapper.seen.failed == 0 { ExitStatus::Done } else { ExitStatus::Incomplete };
    let mut err: String = warnings.iter().map(|warning| format!("warning: {warning}\n")).collect();
    err.push_str(&mapper.seen.said(&from));
    Ok(Printed { out: mapper.out, err, status: status.code() })
}

async fn lease(instances: &Instances) -> Result<Lease<'_>, String> {
    instances.lease().await.map_err(|error| error.to_string())
}

/// What came of the resources.
#[derive(Default)]
struct Seen {
    resources: usize,
    entities: usize,
    failed: usize,
    others: usize,
    /// Message and first subject of each problem, with how often it came.
    problems: BTreeMap<String, (String, u64)>,
}

struct Mapping<'a> {
    lease: Lease<'a>,
    out: String,
    seen: Seen,
}

impl Mapping<'_> {
    async fn one(&mut self, number: usize, resource: &Value) -> Result<(), String> {
        let line = json!({"id": format!("resource {number}"), "arn": "", "gaps": [], "resource": resource});
        let text = |pointer: &str| resource.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let unit = sync::Unit { kind: text("/Type").unwrap_or_default(), region: text("/__ExtraContext/Region") };
        let answer = self.lease.map_resources(&unit, &line.to_string()).await.map_err(|error| error.to_string())?;
        let mapped = answer.map_err(|failure| format!("resource {number}: {}", failure.problem.message))?;
        self.seen.resources += 1;
        for line in mapped.entities.lines() {
            let value: Value = serde_json::from_str(line).map_err(|error| format!("resource {number}: {error}"))?;
            if value.get("failed").is_some() {
                self.seen.failed += 1;
            } else {
                self.seen.entities += 1;
                self.out.push_str(line);
                self.out.push('\n');
            }
        }
        for problem in mapped.problems {
            let subject = problem.subject.unwrap_or_default();
            self.seen.problems.entry(problem.message).or_insert((subject, 0)).1 += u64::from(problem.count);
        }
        Ok(())
    }
}

impl Seen {
    fn said(&self, from: &str) -> String {
        let mut said = String::new();
        for (message, (subject, count)) in &self.problems {
            let _ = writeln!(said, "{message} ({count} times, first of {subject})");
        }
        let Self { resources, entities, failed, others, .. } = self;
        let others = if *others == 0 { String::new() } else { format!(", {others} of other kinds left out") };
        let _ = writeln!(said, "{entities} entities of {resources} resources ({from}), {failed} failures{others}");
        said
    }
}

/// A file's text, or what comes on standard input for `-`.
fn text_of(file: &Path) -> Result<String, String> {
    let failed = |error: std::io::Error| format!("{}: {error}", file.display());
    let mut text = String::new();
    let read = if file.as_os_str() == "-" {
        std::io::stdin().lock().take(INPUT_BYTES_MAX + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).map_err(failed)?.take(INPUT_BYTES_MAX + 1).read_to_string(&mut text)
    };
    let bytes = read.map_err(failed)?;
    if u64::try_from(bytes).unwrap_or(u64::MAX) > INPUT_BYTES_MAX {
        return Err(format!("{}: larger than {} MiB", file.display(), INPUT_BYTES_MAX >> 20));
    }
    Ok(text)
}

/// The resources in a text: a JSON array, or objects one after the other, as `--to ndjson:FILE` writes them.
fn read(text: &str, kind: Option<&str>) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
        let value = value.map_err(|error| format!("after {} resources: not JSON: {error}", found.len()))?;
        match value {
            Value::Array(items) => found.extend(items),
            other => found.push(other),
        }
    }
    for (index, resource) in found.iter_mut().enumerate() {
        if let (Some(kind), Some(members)) = (kind, resource.as_object_mut()) {
            members.entry("Type").or_insert_with(|| kind.into());
        }
        if !resource["Type"].is_string() || !resource["Properties"].is_object() {
            return Err(format!(
                "resource {} is none: {{\"Type\", \"Properties\", \"__ExtraContext\"}} is expected, as --to ndjson:FILE writes it",
                index + 1
            ));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn lists_and_lines_are_read_and_what_is_no_resource_is_named() {
        let one = r#"{"Type":"T","Properties":{}}"#;
        assert_eq!(read(&format!("{one}\n{one}\n"), None).unwrap().len(), 2);
        assert_eq!(read(&format!("[{one},\n{one}]"), None).unwrap().len(), 2);
        assert_eq!(read(r#"{"Properties":{}}"#, Some("T")).unwrap()[0]["Type"], "T");
        assert!(read(&format!("{one} {{\"Properties\":{{}}}}"), None).unwrap_err().starts_with("resource 2 is none"));
        assert!(read(&format!("{one} {{"), None).unwrap_err().starts_with("after 1 resources: not JSON"));
    }
}
