//! What is looked at, in this order.

use serde::Serialize;

/// A stage of the examination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Variables that name a proxy, and the certificates that are trusted.
    Proxy,
    /// Where STS is asked, and whether anybody answers there.
    Endpoint,
    /// This machine's clock against AWS's.
    Clock,
    /// Which source of credentials, and who it is.
    Identity,
    /// The role between the source and all others.
    Hub,
    /// The role that lists the organization.
    Listing,
    /// The accounts.
    Organization,
    /// The role in each account of the sample.
    Accounts,
    /// The sample's regions.
    Regions,
    /// What the roles of the sample may read.
    Kinds,
    /// What IAM's simulator says of them, where that is asked for; advice only.
    Simulate,
    /// Where the catalogue goes.
    Sinks,
}

impl Stage {
    /// All, in order.
    pub const ALL: &[Self] = &[
        Self::Proxy,
        Self::Endpoint,
        Self::Clock,
        Self::Identity,
        Self::Hub,
        Self::Listing,
        Self::Organization,
        Self::Accounts,
        Self::Regions,
        Self::Kinds,
        Self::Simulate,
        Self::Sinks,
    ];

    /// As the tree and the JSON have it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Endpoint => "endpoint",
            Self::Clock => "clock",
            Self::Identity => "identity",
            Self::Hub => "hub",
            Self::Listing => "listing",
            Self::Organization => "organization",
            Self::Accounts => "accounts",
            Self::Regions => "regions",
            Self::Kinds => "kinds",
            Self::Simulate => "simulate",
            Self::Sinks => "sinks",
        }
    }

    /// The stage without which this one cannot be looked at.
    #[must_use]
    pub const fn needs(self) -> Option<Self> {
        match self {
            Self::Proxy | Self::Sinks | Self::Endpoint => None,
            Self::Clock | Self::Identity => Some(Self::Endpoint),
            Self::Hub => Some(Self::Identity),
            Self::Listing => Some(Self::Hub),
            Self::Organization => Some(Self::Listing),
            Self::Accounts => Some(Self::Organization),
            Self::Regions => Some(Self::Accounts),
            Self::Kinds => Some(Self::Regions),
            Self::Simulate => Some(Self::Accounts),
        }
    }

    /// These and all that they need.
    #[must_use]
    pub fn with_needs(wanted: &[Self]) -> Vec<Self> {
        let chain = |stage: &Self| std::iter::successors(Some(*stage), |stage| stage.needs());
        let mut all: Vec<Self> = wanted.iter().flat_map(chain).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

#[cfg(test)]
mod tests {
    use super::Stage;

    #[test]
    fn stages_stand_in_the_order_in_which_they_need_each_other() {
        assert!(Stage::ALL.is_sorted());
        for stage in Stage::ALL {
            assert!(stage.needs().is_none_or(|needed| needed < *stage), "{stage:?}");
        }
        assert_eq!(Stage::with_needs(&[Stage::Sinks, Stage::Clock]), [Stage::Endpoint, Stage::Clock, Stage::Sinks]);
    }
}
