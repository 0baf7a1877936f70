//! The mapping that is in force: `mapping`, and what it says besides about a run.

use std::path::Path;

use super::mapping::MappingFile;
use super::node::Origin;
use super::read::Reader;
use super::settings::{OnLeave, Settings};

/// The peer's mapping may let all but everything be deleted; the guard of a run lets no more than this go unasked.
const RUN_SHARE_MAX: f64 = 0.5;

impl Reader<'_> {
    pub(super) fn mapping(&mut self) -> Option<MappingFile> {
        let node = self.tree.at("mapping")?;
        match node.text()? {
            "none" => None,
            "port" => {
                self.say(&node.origin, "mapping", "the mapping at Port is not read by this version", "name a file");
                None
            }
            file => match MappingFile::read(Path::new(file), self.sources.files, &node.origin) {
                Ok(mapping) => Some(mapping),
                Err(mistake) => {
                    self.mistakes.push(mistake);
                    None
                }
            },
        }
    }

    /// Where a mapping of the peer chooses what is read, an account that leaves the scope goes, as it does there. Its
    /// threshold of deletions is the run's, within limits. What is written in the configuration holds against both.
    pub(super) fn as_the_mapping_has_it(&mut self, settings: &mut Settings) {
        let is_default = |key: &str| self.tree.at(key).is_none_or(|node| node.origin == Origin::Default);
        if settings.mapping_that_drives().is_some() {
            if is_default("accounts.on_leave_scope") {
                settings.accounts.on_leave_scope = OnLeave::Retire;
            }
            if let Some(node) = &self.sources.flags.include_actions {
                let line = "has no effect where a mapping chooses the kinds; its selectors have includeActions";
                self.notices.push(format!("{}: {line}", node.origin));
            }
        }
        let threshold = settings.mapping.as_ref().and_then(MappingFile::deletion_threshold);
        if let Some(threshold) = threshold.filter(|_| is_default("deletion.run.share")) {
            settings.deletion.run.share = threshold.min(RUN_SHARE_MAX);
        }
    }
}
