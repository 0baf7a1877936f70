//! What somebody may have meant.

/// How alike two names must be for one to be proposed for the other. Below, a proposal only misleads.
const ALIKE: f64 = 0.5;

/// The name most like the given one, if any is alike at all.
pub(crate) fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|name| (strsim::normalized_damerau_levenshtein(&given.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(alike, _)| *alike >= ALIKE)
        .max_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name.to_owned())
}
