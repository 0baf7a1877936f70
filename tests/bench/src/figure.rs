//! One measured number, and what it must reach.

use serde::Serialize;

/// A number of a row.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What it is.
    pub name: String,
    /// The number.
    pub value: f64,
    /// Of what; empty for a ratio.
    pub unit: &'static str,
    /// What it may be at most; none where it is there to be seen only.
    pub limit: Option<f64>,
}

impl Figure {
    /// A number that must not be larger than the limit.
    pub fn at_most(limit: f64, name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, limit: Some(limit) }
    }

    /// A number to be seen.
    pub fn seen(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, limit: None }
    }

    /// `reached`, or how far off; nothing where nothing must be reached.
    pub fn verdict(&self) -> String {
        match self.limit {
            None => String::new(),
            Some(limit) if self.value <= limit => "reached".to_owned(),
            Some(limit) => format!("{:.2} times the limit", self.value / limit),
        }
    }
}

/// A number as people read it: three digits that count, and whole from a hundred on.
pub fn shown(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 || size == 0.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "counts of a benchmark are far below 2^52")]
pub fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_held() {
        let at = |value| Figure::at_most(1.5, "cpu", value, "s").verdict();
        assert_eq!((at(1.5), at(3.0)), ("reached".to_owned(), "2.00 times the limit".to_owned()));
        assert_eq!(Figure::seen("calls", 7.0, "").verdict(), "");
    }

    #[test]
    fn numbers_have_three_digits_that_count() {
        assert_eq!([0.0, 0.0312, 1.234, 56.78, 1234.5].map(shown), ["0", "0.031", "1.23", "56.8", "1234"]);
    }
}
