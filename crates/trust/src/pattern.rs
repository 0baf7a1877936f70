//! IAM's patterns: `*` for any characters, `?` for one.

/// Whether a text has the form of a pattern, letter case aside: as IAM compares actions.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().flat_map(char::to_lowercase).collect();
    let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
    // Where the last star was met, and how much of the text it had taken then.
    let (mut at, mut seen, mut star) = (0, 0, None);
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(letter) if *letter == '?' || Some(letter) == text.get(seen) => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    seen = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|letter| *letter == '*')
}

/// Whether a pattern takes every text.
pub(crate) fn takes_all(pattern: &str) -> bool {
    !pattern.is_empty() && pattern.chars().all(|letter| letter == '*')
}

/// Whether a text holds a wildcard.
pub(crate) fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks() {
        for (pattern, text) in [
            ("*", ""),
            ("*", "sts:AssumeRole"),
            ("sts:*", "sts:AssumeRole"),
            ("STS:assumerole", "sts:AssumeRole"),
            ("sts:Assume*", "sts:AssumeRoleWithSAML"),
            ("s*:*Role", "sts:AssumeRole"),
            ("sts:AssumeRol?", "sts:AssumeRole"),
            ("a*b*c", "aXbXbXc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "x"), ("sts:AssumeRole", "sts:AssumeRoleWithSAML"), ("sts:?", "sts:"), ("a*b*c", "aXbXcX"), ("?", "")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }
}
