//! Keys that the file's form foresees and this version does not serve.
//!
//! They are refused rather than ignored: a setting without effect would let its author believe in one. When a key
//! comes to be served it leaves this table and enters the schema and the example.

/// Path segments, `*` for any one key, and what stands for the key until it is served.
const UNSERVED: &[(&str, &str)] = &[
    ("kinds.use_paid_apis", "nothing that AWS charges for is called"),
    ("kinds.include_shared", "resources that other accounts share are left out"),
    ("grant", "only what the chosen kinds declare is called"),
];

/// What happens instead, where a key is known but not served.
#[must_use]
pub(super) fn unserved(segments: &[String]) -> Option<&'static str> {
    UNSERVED
        .iter()
        .find(|(pattern, _)| {
            let pattern: Vec<&str> = pattern.split('.').collect();
            pattern.len() == segments.len()
                && pattern.iter().zip(segments).all(|(want, segment)| *want == "*" || want == segment)
        })
        .map(|(_, instead)| *instead)
}

#[cfg(test)]
mod tests {
    use super::unserved;

    #[test]
    fn wildcards_stand_for_one_segment() {
        let path = |text: &str| text.split('/').map(str::to_owned).collect::<Vec<_>>();
        assert!(unserved(&path("kinds/include_shared")).is_some());
        assert!(unserved(&path("kinds/shared/include_shared")).is_none());
        assert!(unserved(&path("kinds/default")).is_none());
    }
}
