//! Retries are a share of the calls, however bad the weather: what is down is not held down by whoever waits for it.

/// Retries that may be made before anything was answered, so that a short run has them too.
const AT_FIRST: f64 = 100.0;

/// For one account, region and service.
#[derive(Debug, Clone, Copy)]
pub(super) struct RetryBudget {
    retries: f64,
}

impl RetryBudget {
    pub(super) fn new() -> Self {
        Self { retries: AT_FIRST }
    }

    /// A call was answered as one hopes: `share` of a retry more.
    pub(super) fn answered(&mut self, share: f64) {
        self.retries = (self.retries + share).min(AT_FIRST);
    }

    /// Takes a retry, if there is one.
    pub(super) fn take(&mut self) -> bool {
        let has = self.retries >= 1.0;
        self.retries -= f64::from(u8::from(has));
        has
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_FIRST, RetryBudget};

    #[test]
    fn after_the_first_hundred_retries_are_a_share_of_the_answers() {
        let mut budget = RetryBudget::new();
        let mut taken = 0.0;
        while budget.take() {
            taken += 1.0;
        }
        assert!((taken - AT_FIRST).abs() < 1e-9, "{taken}");
        for _ in 0..11 {
            budget.answered(0.2);
        }
        assert_eq!([budget.take(), budget.take(), budget.take()], [true, true, false]);
    }
}
