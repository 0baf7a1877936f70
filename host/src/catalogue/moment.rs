use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// Milliseconds since 1970 as the catalogue writes them: UTC, always with three decimals, so that texts compare as moments.
pub(crate) fn to_text(ms: u64) -> String {
    let nanoseconds = i128::from(ms) * 1_000_000;
    // The formats ends in the year 9999; a clock beyond that is broken, and the end of time sorts last.
    let Ok(moment) = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds) else {
        return "9999-12-31T23:59:59.999Z".to_owned();
    };
    let (year, month, day) = moment.to_calendar_date();
    let (hour, minute, second, millisecond) = moment.to_hms_milli();
    let month = u8::from(month);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z")
}

/// Reads [`to_text`] back; text that is none gives none.
pub(crate) fn from_text(text: &str) -> Option<u64> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    u64::try_from(moment.unix_timestamp_nanos() / 1_000_000).ok()
}

#[cfg(test)]
mod tests {
    use super::{from_text, to_text};

    #[test]
    fn moments_survive_and_sort_as_text() {
        let moments = [0, 999, 1_000, 1_704_164_645_678, 1_732_233_600_000, 32_503_680_000_000];
        let texts: Vec<String> = moments.iter().map(|ms| to_text(*ms)).collect();
        assert_eq!(texts[3], "2024-01-02T03:04:05.678Z");
        assert!(texts.is_sorted());
        assert_eq!(texts.iter().filter_map(|t| from_text(t)).collect::<Vec<_>>(), moments);
        assert!(to_text(u64::MAX) >= texts[5].clone());
    }
}
