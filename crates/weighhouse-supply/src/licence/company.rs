//! Who asks: what licences make depend on the licensee.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// What the company wants to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// By its own people, for its own work. This is business: a tool that helps to close a sale is commercial use.
    Internal,
    /// As part of something given to customers.
    Product,
    /// Behind a service that others use.
    Hosted,
    /// Passing the model on.
    Redistribute,
    /// Making a model of one's own from it.
    FineTune,
    /// Training other models with what it says.
    TrainOnOutputs,
    /// Research without commercial purpose.
    Research,
}

impl Use {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Internal,
        Self::Product,
        Self::Hosted,
        Self::Redistribute,
        Self::FineTune,
        Self::TrainOnOutputs,
        Self::Research,
    ];

    /// The word of the configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Internal => "internal",
            Self::Product => "product",
            Self::Hosted => "hosted",
            Self::Redistribute => "redistribute",
            Self::FineTune => "fine-tune",
            Self::TrainOnOutputs => "train-on-outputs",
            Self::Research => "research",
        }
    }

    /// Whether others get the model or something made of it.
    pub(crate) fn gives_away(self) -> bool {
        matches!(self, Self::Product | Self::Redistribute)
    }
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Use {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == text)
            .ok_or_else(|| format!("there is no use `{text}`"))
    }
}

/// Fields of use that licences single out, with the words of the table.
pub const SECTORS: &[(&str, &[&str])] = &[
    ("adult", &["sexual_content"]),
    ("biometrics", &["biometric"]),
    ("critical-infrastructure", &["critical_infrastructure", "high_risk_deployment"]),
    ("health", &["medical_advice", "unlicensed_professional_practice"]),
    ("justice", &["law_enforcement_justice", "automated_legal_decisions"]),
    ("military", &["military"]),
    ("nuclear", &["nuclear"]),
    ("surveillance", &["surveillance"]),
    ("weapons", &["weapons"]),
];

/// A company.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    /// Country of its seat, ISO 3166-1 alpha-2 in capitals.
    pub seat: Option<String>,
    /// Revenue of the group in a year, in US dollars.
    pub revenue: Option<u64>,
    /// People who use its products and those of its affiliates in a month.
    pub users: Option<u64>,
    /// What it wants to do.
    pub uses: BTreeSet<Use>,
    /// Fields in which it does so, of [`SECTORS`].
    pub sectors: BTreeSet<String>,
}

/// Members of the European Union.
const EU: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

impl Company {
    /// Whether its seat is in a region of the table (`EU`, `GB`); `None` if the seat is not known.
    pub(crate) fn sits_in(&self, region: &str) -> Option<bool> {
        let seat = self.seat.as_deref()?;
        Some(if region == "EU" { EU.contains(&seat) } else { seat == region })
    }
}
