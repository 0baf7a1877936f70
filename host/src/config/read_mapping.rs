//! The mapping that is in force: `mapping`, and what it says besides about a run.

use std::path::Path;

use super::mapping::MappingFile;
use super::node::{Node, Origin};
use super::read::Reader;
use super::settings::Settings;
use super::sinks::SinkUrl;

impl Reader<'_> {
    pub(super) fn mapping(&mut self) -> Option<MappingFile> {
        let node = self.tree.at("mapping")?;
        match node.text()? {
            "none" | "port" => None,
            file => match MappingFile::read(Path::new(file), self.sources.files, &node.origin) {
                Ok(mapping) => Some(mapping),
                Err(mistake) => {
                    self.mistakes.push(mistake);
                    None
                }
            },
        }
    }

    /// What the mapping says besides about a run.
    pub(super) fn as_the_mapping_has_it(&mut self, settings: &mut Settings) {
        settings.as_the_mapping_has_it();
        if settings.mapping_that_drives().is_some()
            && let Some(node) = &self.sources.flags.include_actions
        {
            let line = "has no effect where a mapping chooses the kinds; its selectors have includeActions";
            self.notices.push(format!("{}: {line}", node.origin));
        }
    }

    /// Whether the mapping is the one at Port: where Port is a sink and nothing else was said.
    pub(super) fn mapping_from_port(&mut self, sinks: &[SinkUrl]) -> bool {
        let to_port = sinks.iter().any(|sink| matches!(sink, SinkUrl::Port(_)));
        let node = self.tree.at("mapping");
        let said = node.and_then(Node::text);
        let at = node.map_or(Origin::Default, |node| node.origin.clone());
        if self.sources.flags.push_mapping && (!to_port || matches!(said, None | Some("port" | "none"))) {
            let at = Origin::Flag("--push-mapping");
            self.say(&at, "", "there is no mapping to write to Port, or no Port", "give --mapping FILE and --to port:");
        }
        match (to_port, said) {
            (true, None | Some("port")) => true,
            (false, Some("port")) => {
                self.say(
                    &at,
                    "mapping",
                    "the mapping is to come from Port, which is no sink",
                    "add port: to the sinks",
                );
                false
            }
            (true, Some("none")) => {
                self.say(&at, "mapping", "Port takes entities, and without a mapping there are none", "leave it out");
                false
            }
            _ => false,
        }
    }
}
