//! The peer's single quotes: YAML's users write `'text'` where jq wants `"text"`.

/// Turns the single quotes that open or close a text into double ones, as the peer does before it compiles. A quote opens
/// after white space or at the start, and closes before white space or at the end; what one match has taken, the next
/// does not see. No byte moves: an offset into the result is one into what was written.
pub(super) fn doubled(text: &str) -> String {
    let mut doubled = String::with_capacity(text.len());
    let characters: Vec<char> = text.chars().collect();
    let mut at = 0;
    let is_space = |index: usize| characters.get(index).is_some_and(|c| c.is_whitespace());
    let is = |index: usize, wanted: char| characters.get(index) == Some(&wanted);
    let opens = |quote: usize| !is_space(quote + 1) && !is(quote + 1, '"');
    while let Some(character) = characters.get(at).copied() {
        if character.is_whitespace() && is(at + 1, '\'') && opens(at + 1) {
            doubled.push(character);
            doubled.push('"');
            at += 2;
        } else if character == '\'' && at == 0 && opens(at) {
            doubled.push('"');
            at += 1;
        } else if character == '\'' && closes(&characters, at) {
            doubled.push('"');
            doubled.extend(characters.get(at + 1));
            at += 2;
        } else {
            doubled.push(character);
            at += 1;
        }
    }
    doubled
}

fn closes(characters: &[char], quote: usize) -> bool {
    let before = quote.checked_sub(1).and_then(|before| characters.get(before));
    let after = characters.get(quote + 1);
    before.is_none_or(|c| !c.is_whitespace() && *c != '"') && after.is_none_or(|c| c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::doubled;

    /// Expected by Python's `re`, with the peer's own pattern and replacement.
    #[test]
    fn as_the_peers_pattern_has_it() {
        for (given, expected) in [
            ("'x'", "\"x\""),
            ("'arn:' + .a + ':b'", "\"arn:\" + .a + \":b\""),
            ("'a' 'b'", "\"a\" 'b\""),
            ("\"it's\"", "\"it's\""),
            (".a | split(',')", ".a | split(',')"),
            ("'", "\""),
            ("' x'", "\" x\""),
            ("'\"x\"'", "'\"x\"'"),
            ("", ""),
            ("'ä'  'ö'", "\"ä\"  \"ö\""),
            ("if .a == 'x' then 'y' else 'z' end", "if .a == \"x\" then \"y\" else \"z\" end"),
        ] {
            assert_eq!(doubled(given), expected, "{given}");
        }
    }
}
