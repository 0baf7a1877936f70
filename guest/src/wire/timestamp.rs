//! Points in time: read in any of AWS's forms, written in the one that a member has.
//!
//! Answers carry ISO-8601, seconds since 1970 or HTTP dates; which one is not always what the model says, so that
//! reading goes by the form found. What is given out is ISO-8601 in UTC, with microseconds only where there are any:
//! `2024-01-02T03:04:05Z`, `2024-01-02T03:04:05.678000Z`.

use portolan_tables::TimestampFormat;
use serde_json::{Number, Value};
use time::format_description::well_known::{Iso8601, Rfc2822};
use time::{OffsetDateTime, PrimitiveDateTime};

use super::place::Misfit;

const MICROS: i128 = 1_000_000;

/// The point in time that ISO-8601 text names, as this guest writes it or a person does. A day is its beginning.
pub(crate) fn moment(text: &str) -> Option<OffsetDateTime> {
    parse_iso8601(text.trim())
}

/// Reads text in any form.
pub(super) fn read_text(text: &str) -> Result<Value, Misfit> {
    let text = text.trim();
    parse(text).map(|time| Value::String(iso8601(time))).ok_or_else(|| Misfit::new("not a point in time"))
}

/// Reads a JSON value: a number of seconds, or text in any form.
pub(super) fn read_json(value: &Value) -> Result<Value, Misfit> {
    match value {
        Value::String(text) => read_text(text),
        Value::Number(number) => read_text(&number.to_string()),
        _ => Err(Misfit::new("not a point in time")),
    }
}

/// Writes an input, which may be given in any form, as text.
pub(super) fn write_text(value: &Value, format: Option<TimestampFormat>) -> Result<String, Misfit> {
    let time = match value {
        Value::String(text) => parse(text.trim()),
        Value::Number(number) => parse(&number.to_string()),
        _ => None,
    };
    let time = time.ok_or_else(|| Misfit::new("not a point in time"))?;
    Ok(match format.unwrap_or(TimestampFormat::Iso8601) {
        TimestampFormat::Iso8601 => iso8601(time),
        TimestampFormat::Rfc822 => http_date(time),
        TimestampFormat::Epoch => epoch(time),
    })
}

/// Writes an input as JSON: a number of seconds, or text.
pub(super) fn write_json(value: &Value, format: Option<TimestampFormat>) -> Result<Value, Misfit> {
    let text = write_text(value, format)?;
    if format != Some(TimestampFormat::Epoch) {
        return Ok(Value::String(text));
    }
    let whole = text.parse::<i64>().ok().map(Number::from);
    let number = whole.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
    number.map(Value::Number).ok_or_else(|| Misfit::new("not a point in time"))
}

fn parse(text: &str) -> Option<OffsetDateTime> {
    parse_epoch(text).or_else(|| parse_iso8601(text)).or_else(|| OffsetDateTime::parse(text, &Rfc2822).ok())
}

/// Seconds since 1970 with a fraction, taken by its digits: a floating point number would round microseconds away.
fn parse_epoch(text: &str) -> Option<OffsetDateTime> {
    if text.contains(['e', 'E']) {
        // 1.7e9: some services write large numbers so. Exact to the microsecond over the years that matter.
        let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.abs() < 1e12)?;
        #[expect(clippy::cast_possible_truncation, reason = "bounded above")]
        return at_micros((seconds * 1e6).round() as i128);
    }
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 12 || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let mut micros = micros.parse::<i128>().ok()?;
    if fraction.len() > 6 {
        // What was a floating point number on AWS's side has digits beyond. boto3 rounds the number, not its text.
        let number = digits.parse::<f64>().ok()?;
        #[expect(clippy::cast_possible_truncation, reason = "below a million and one")]
        let rounded = ((number - number.trunc()) * 1e6).round_ties_even() as i128;
        micros = rounded;
    }
    let micros = whole.parse::<i128>().ok()? * MICROS + micros;
    at_micros(if negative { -micros } else { micros })
}

fn at_micros(micros: i128) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp_nanos(micros * 1_000).ok()
}

fn parse_iso8601(text: &str) -> Option<OffsetDateTime> {
    // A date alone would be taken for a number of the year; the parser wants a time with it.
    if let Ok(time) = OffsetDateTime::parse(text, &Iso8601::PARSING) {
        return Some(time.to_offset(time::UtcOffset::UTC));
    }
    if let Ok(time) = PrimitiveDateTime::parse(text, &Iso8601::PARSING) {
        return Some(time.assume_utc());
    }
    time::Date::parse(text, &Iso8601::PARSING).ok().map(|date| date.midnight().assume_utc())
}

/// In the form of all output.
pub(crate) fn iso8601(time: OffsetDateTime) -> String {
    let time = time.to_offset(time::UtcOffset::UTC);
    let (date, clock) = (time.date(), time.time());
    let micros = match clock.microsecond() {
        0 => String::new(),
        micros => format!(".{micros:06}"),
    };
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{micros}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        clock.hour(),
        clock.minute(),
        clock.second()
    )
}

fn http_date(time: OffsetDateTime) -> String {
    let time = time.to_offset(time::UtcOffset::UTC);
    let three = |name: String| name.chars().take(3).collect::<String>();
    format!(
        "{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
        three(time.weekday().to_string()),
        time.day(),
        three(time.month().to_string()),
        time.year(),
        time.hour(),
        time.minute(),
        time.second()
    )
}

fn epoch(time: OffsetDateTime) -> String {
    let micros = time.unix_timestamp_nanos() / 1_000;
    let sign = if micros < 0 { "-" } else { "" };
    let (whole, fraction) = (micros.abs() / MICROS, micros.abs() % MICROS);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{fraction:06}").trim_end_matches('0').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(value: Value, expected: &str) {
        assert_eq!(read_json(&value), Ok(json!(expected)), "{value}");
    }

    #[test]
    fn every_form_is_read() {
        check(json!(1_704_164_645), "2024-01-02T03:04:05Z");
        check(json!(1_704_164_645.678), "2024-01-02T03:04:05.678000Z");
        check(json!(1_704_164_645.123_456), "2024-01-02T03:04:05.123456Z");
        check(json!("1704164645.5"), "2024-01-02T03:04:05.500000Z");
        check(json!("1704164645.0563598"), "2024-01-02T03:04:05.056360Z");
        check(json!("1704164645.9999998"), "2024-01-02T03:04:06Z");
        // Found in an estate: the text is half-way between two microseconds, the number that it stands for is below.
        check(json!("1795344863.0397115"), "2026-11-22T10:54:23.039711Z");
        check(json!(1.704_164_645E9), "2024-01-02T03:04:05Z");
        check(json!("1.704164645678E9"), "2024-01-02T03:04:05.678000Z");
        check(json!(0), "1970-01-01T00:00:00Z");
        check(json!(-1.5), "1969-12-31T23:59:58.500000Z");
        check(json!("2024-01-02T03:04:05Z"), "2024-01-02T03:04:05Z");
        check(json!("2024-01-02T03:04:05.000Z"), "2024-01-02T03:04:05Z");
        check(json!("2024-01-02T03:04:05.678Z"), "2024-01-02T03:04:05.678000Z");
        check(json!("2024-01-02T03:04:05.123456789Z"), "2024-01-02T03:04:05.123456Z");
        check(json!("2024-01-02T05:04:05+02:00"), "2024-01-02T03:04:05Z");
        check(json!("2024-01-02T03:04:05"), "2024-01-02T03:04:05Z");
        check(json!("2024-01-02"), "2024-01-02T00:00:00Z");
        check(json!("20240102T030405Z"), "2024-01-02T03:04:05Z");
        check(json!("Tue, 02 Jan 2024 03:04:05 GMT"), "2024-01-02T03:04:05Z");
        check(json!(" 2024-01-02T03:04:05Z\n"), "2024-01-02T03:04:05Z");
    }

    /// What a service writes as a floating point number must not lose its last digit when it is read: a time that moves
    /// by a microsecond is a change.
    #[test]
    fn numbers_are_read_to_their_last_digit() {
        for number in 0..2_000_u32 {
            let text = format!("{}.{:07}", 1_795_414_014 + number * 7, (number * 4_999) % 10_000_000);
            let read: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read.as_f64(), text.parse().ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for value in [
            json!(""),
            json!("soon"),
            json!(true),
            json!([]),
            json!("2024-13-01T00:00:00Z"),
            json!("NaN"),
            json!(1e300),
            json!("99999999999999999999"),
            json!("-"),
            json!("."),
            json!("1e"),
            json!("Tue, 32 Jan 2024 03:04:05 GMT"),
        ] {
            assert!(read_json(&value).is_err(), "{value}");
        }
    }

    #[test]
    fn every_form_is_written() {
        let value = json!("2024-01-02T03:04:05.678Z");
        assert_eq!(write_text(&value, Some(TimestampFormat::Iso8601)).unwrap(), "2024-01-02T03:04:05.678000Z");
        assert_eq!(write_text(&value, Some(TimestampFormat::Rfc822)).unwrap(), "Tue, 02 Jan 2024 03:04:05 GMT");
        assert_eq!(write_json(&value, Some(TimestampFormat::Epoch)).unwrap(), json!(1_704_164_645.678));
        assert_eq!(write_json(&json!(1_704_164_645), Some(TimestampFormat::Epoch)).unwrap(), json!(1_704_164_645));
        assert_eq!(write_text(&json!(-1.5), Some(TimestampFormat::Epoch)).unwrap(), "-1.5");
    }
}
