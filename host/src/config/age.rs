//! Spans of time as people write them: `30d`, `12h`, `2w`.

/// Longer than any history that AWS keeps.
const SECONDS_MAX: u64 = 10 * 365 * 24 * 3_600;

/// The seconds of a span.
///
/// # Errors
/// What is wrong with it.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("{text:?} is not a span of time");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let of_unit: u64 = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 24 * 3_600,
        'w' => 7 * 24 * 3_600,
        _ => return Err(wrong()),
    };
    let number: u64 = text.strip_suffix(unit).and_then(|digits| digits.parse().ok()).ok_or_else(wrong)?;
    let seconds = number.checked_mul(of_unit).filter(|seconds| (1..=SECONDS_MAX).contains(seconds));
    seconds.ok_or_else(|| format!("{text:?} is not between a minute and ten years"))
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn units_and_bounds() {
        for (text, expected) in [("30d", 2_592_000), ("12h", 43_200), ("2w", 1_209_600), ("1m", 60)] {
            assert_eq!(seconds(text), Ok(expected));
        }
        for text in ["", "30", "d", "-1d", "1.5h", "0d", "4000d", "99999999999999999999d", "30 d", "1y"] {
            assert!(seconds(text).is_err(), "{text}");
        }
    }
}
