//! The reviewed list of reads that are no inventory.

use crate::DeniedRule;

const TEXT: &str = include_str!("../data/denied-reads.tsv");

/// One row of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeniedRead {
    /// The IAM action.
    pub action: &'static str,
    /// What it would hand out.
    pub class: &'static str,
    /// What opens it.
    pub rule: DeniedRule,
    /// For [`DeniedRule::Constrain`]: the condition.
    pub constraint: Option<&'static str>,
}

/// All rows, in the order of the file. A rule that is not understood counts as [`DeniedRule::Never`].
pub fn denied_reads() -> impl Iterator<Item = DeniedRead> {
    TEXT.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let mut fields = line.split('\t');
        let (action, _level, class, rule) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let (word, constraint) = match rule.split_once(':') {
            Some((word, constraint)) => (word, Some(constraint.trim())),
            None => (rule, None),
        };
        let rule = match word.trim() {
            "grant" => DeniedRule::Grant,
            "constrain" => DeniedRule::Constrain,
            _ => DeniedRule::Never,
        };
        Some(DeniedRead { action, class, rule, constraint })
    })
}
