//! Where a row comes from, and how far it can be trusted.

use std::fmt;

use serde::Deserialize;

/// Where a row comes from.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Provenance {
    /// The page, file or report that says so.
    pub source: String,
    /// The day on which it said so, `2026-11-23`.
    pub as_of: String,
    /// How far it can be trusted.
    pub status: Status,
    /// What the status does not cover.
    #[serde(default)]
    pub status_note: Option<String>,
}

/// How far a row can be trusted, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Status {
    /// Read in the named source, or seen by running it.
    #[serde(rename = "verified")]
    Verified,
    /// Parts of the row are, the note says which.
    #[serde(rename = "partly verified")]
    PartlyVerified,
    /// Follows from verified rows.
    #[serde(rename = "derived")]
    Derived,
    /// Said by somebody else than the maker.
    #[serde(rename = "secondary")]
    Secondary,
    /// Nobody looked it up.
    #[serde(rename = "from memory")]
    FromMemory,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Verified => "verified",
            Self::PartlyVerified => "partly verified",
            Self::Derived => "derived",
            Self::Secondary => "secondary",
            Self::FromMemory => "from memory",
        })
    }
}

/// A rule of the domain that a table states in words.
#[derive(Clone, Debug, Deserialize)]
pub struct Rule {
    /// The rule.
    pub rule: String,
    /// Where it comes from.
    #[serde(flatten)]
    pub provenance: Provenance,
}
