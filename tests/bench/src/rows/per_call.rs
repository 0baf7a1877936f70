//! What a call costs, all in: signed, sent over TLS, read, mapped, stored.

use anyhow::{Context as _, Result};
use portolan_scripted_aws::Options;

use super::scripted::{listed_kinds, read, read_with};
use crate::bench::Bench;
use crate::binary;
use crate::figure::Figure;

const PLAIN_MS: f64 = 1.0;
const JQ_MS: f64 = 2.8;
/// The best of so many runs each: others on the machine make a run costlier, never cheaper.
const RUNS: usize = 3;

/// An estate in which a list of 20 resources is one call.
pub fn options(accounts: u32, regions: u32) -> Options {
    Options { accounts, regions, resources: 20, tls: true, ..Options::default() }
}

/// Measures it.
pub fn measure(bench: &Bench) -> Result<Vec<Figure>> {
    let options = options(20, 10);
    let usual = default_mapping()?;
    let (plain, jq) = (plain_paths(&usual), through_jq(&usual));
    let [mut none, mut direct, mut mixed, mut through] = [(); 4].map(|()| (f64::INFINITY, 0.0));
    for _ in 0..RUNS {
        let runs =
            [(&mut none, None), (&mut direct, Some(&plain)), (&mut mixed, Some(&usual)), (&mut through, Some(&jq))];
        for (least, mapping) in runs {
            let told = match mapping {
                None => read(bench, &options, &listed_kinds(), &[])?,
                Some(mapping) => read_with(bench, &options, &listed_kinds(), &["--mapping", "mapping.yml"], |sync| {
                    sync.write("mapping.yml", mapping)
                })?,
            };
            told.ran.tell("a run");
            if told.ran.cpu_ms_a_call() < least.0 {
                *least = (told.ran.cpu_ms_a_call(), told.resources_a_call());
            }
        }
    }
    Ok(vec![
        Figure::seen("resources a call", direct.1, ""),
        Figure::seen("processor time a call, no mapping", none.0, "ms"),
        Figure::at_most(PLAIN_MS, "processor time a call, plain paths", direct.0, "ms"),
        Figure::seen("processor time a call, the default mapping", mixed.0, "ms"),
        Figure::at_most(JQ_MS, "processor time a call, each expression through jq", through.0, "ms"),
    ])
}

/// The mapping of all kinds that `portolan defaults mapping` prints.
pub fn default_mapping() -> Result<String> {
    let file = binary::workspace().join("host/defaults/port-app-config.yml");
    std::fs::read_to_string(&file).with_context(|| file.display().to_string())
}

/// The same mapping without titles, properties and relations that are more than a path; identifiers stay as they are.
pub fn plain_paths(mapping: &str) -> String {
    let is_plain = |line: &&str| {
        let member = line.strip_prefix("          ").map(str::trim_start).and_then(|line| line.split_once(": "));
        member.is_none_or(|(name, value)| {
            matches!(name, "identifier" | "blueprint") || (value.starts_with('.') && !value.contains(' '))
        })
    };
    mapping.lines().filter(is_plain).map(|line| format!("{line}\n")).collect()
}

/// The same mapping with nothing that could be read directly: every plain path goes through jq.
pub fn through_jq(mapping: &str) -> String {
    let line = |line: &str| match line.split_once(": ") {
        Some((name, path)) if path.starts_with('.') => format!("{name}: '{path} | .'\n"),
        _ => format!("{line}\n"),
    };
    mapping.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_more_than_a_path_is_left_out() {
        let given = "          properties:\n            name: .Properties.Name\n            key: '.K | length'\n";
        assert_eq!(plain_paths(given), "          properties:\n            name: .Properties.Name\n");
        assert!(!plain_paths(&default_mapping().unwrap()).contains("as $stem"));
    }

    #[test]
    fn every_plain_path_goes_through_jq() {
        let made = through_jq("  - kind: A::B\n    identifier: .Properties.Arn\n    blueprint: '\"b\"'\n");
        assert_eq!(made, "  - kind: A::B\n    identifier: '.Properties.Arn | .'\n    blueprint: '\"b\"'\n");
        let all = default_mapping().unwrap();
        assert_eq!(through_jq(&all).matches(" | .'").count(), all.matches(": .").count());
    }
}
