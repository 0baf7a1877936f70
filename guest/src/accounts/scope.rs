//! Whether an account is meant: exclude wins, and of several units in its chain the deepest that is named counts.

use crate::config::Selection;

impl Selection {
    /// Whether units are chosen at all, so that a walk does not see the whole organization.
    pub(crate) fn chooses_units(&self) -> bool {
        !self.include_ous.is_empty() || !self.exclude_ous.is_empty()
    }

    /// Whether an account is meant, given its chain of units, outermost first. None: the chain is not known.
    pub(crate) fn means(&self, account: &str, chain: Option<&[String]>) -> bool {
        if self.exclude.contains(account) {
            return false;
        }
        if self.include.contains(account) {
            return true;
        }
        let everything = self.include_ous.is_empty() && self.include.is_empty();
        let Some(chain) = chain else { return everything && self.exclude_ous.is_empty() };
        for unit in chain.iter().rev() {
            if self.exclude_ous.contains(unit) {
                return false;
            }
            if self.include_ous.contains(unit) {
                return true;
            }
        }
        everything
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Selection;

    fn set(names: &[&str]) -> std::collections::BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_deepest_unit_counts_and_exclude_wins() {
        let selection = |include_ous, exclude_ous, include, exclude| Selection {
            include_ous: set(include_ous),
            exclude_ous: set(exclude_ous),
            include: set(include),
            exclude: set(exclude),
        };
        for (selection, chain, meant) in [
            (selection(&[], &[], &[], &[]), &["r", "a"], true),
            (selection(&["a"], &[], &[], &[]), &["r", "a"], true),
            (selection(&["a"], &[], &[], &[]), &["r", "b"], false),
            (selection(&["r"], &["a"], &[], &[]), &["r", "a"], false),
            (selection(&["a"], &["r"], &[], &[]), &["r", "a"], true),
            (selection(&["a"], &["a"], &[], &[]), &["r", "a"], false),
            (selection(&["a"], &[], &[], &["1"]), &["r", "a"], false),
            (selection(&["b"], &[], &["1"], &[]), &["r", "a"], true),
            (selection(&[], &["a"], &["1"], &[]), &["r", "a"], true),
            (selection(&[], &[], &["2"], &[]), &["r", "a"], false),
            (selection(&[], &[], &["1"], &["1"]), &["r", "a"], false),
        ] {
            let chain: Vec<String> = chain.iter().map(|unit| (*unit).to_owned()).collect();
            assert_eq!(selection.means("1", Some(&chain)), meant, "{selection:?} {chain:?}");
        }
    }
}
