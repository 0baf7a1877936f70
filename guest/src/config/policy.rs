//! Which regions are allowed, with the peer's exact semantics.

/// Two lists of region names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RegionPolicy {
    pub(crate) allow: Vec<String>,
    pub(crate) deny: Vec<String>,
}

impl RegionPolicy {
    /// Both empty: all. Denied: no, even if also allowed. Otherwise an `allow` list that is not empty must name it.
    pub(crate) fn allows(&self, region: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|name| name == region);
        !named(&self.deny) && (self.allow.is_empty() || named(&self.allow))
    }
}

#[cfg(test)]
mod tests {
    use super::RegionPolicy;

    #[test]
    fn the_peers_table() {
        for (allow, deny, allowed) in [
            (&[] as &[&str], &[] as &[&str], true),
            (&["r"], &[], true),
            (&["other"], &[], false),
            (&[], &["r"], false),
            (&[], &["other"], true),
            (&["r"], &["r"], false),
            (&["other"], &["another"], false),
            (&["r"], &["other"], true),
        ] {
            let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            let policy = RegionPolicy { allow: list(allow), deny: list(deny) };
            assert_eq!(policy.allows("r"), allowed, "allow {allow:?} deny {deny:?}");
        }
    }
}
