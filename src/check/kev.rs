//! The catalogue of vulnerabilities that are known to be exploited
//! (CISA KEV, <https://www.cisa.gov/known-exploited-vulnerabilities-catalog>, JSON).

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

/// A catalogue as a file holds it.
#[derive(Clone, Debug, Default)]
pub struct KnownExploited {
    /// The day it was released.
    pub released: Option<jiff::civil::Date>,
    entries: BTreeMap<String, Entry>,
}

/// What the catalogue says about a vulnerability.
#[derive(Clone, Debug, Deserialize)]
pub struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
    /// Its common name.
    #[serde(rename = "vulnerabilityName", default)]
    pub name: String,
    /// `Known` where ransomware uses it.
    #[serde(rename = "knownRansomwareCampaignUse", default)]
    pub ransomware: String,
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "dateReleased", default)]
    released: Option<String>,
    vulnerabilities: Vec<Entry>,
}

/// A file that is no catalogue.
#[derive(Debug, Error)]
#[error("not a catalogue of known exploited vulnerabilities: {0}")]
pub struct KevError(#[from] serde_json::Error);

impl KnownExploited {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// When the text is no JSON of that form.
    pub fn read(text: &str) -> Result<Self, KevError> {
        let file: File = serde_json::from_str(text)?;
        // "2026-01-15T15:00:00.000Z": the day is enough.
        let day = file
            .released
            .as_deref()
            .and_then(|text| text.get(..10)?.parse().ok());
        Ok(Self {
            released: day,
            entries: file
                .vulnerabilities
                .into_iter()
                .map(|entry| (entry.cve.to_ascii_uppercase(), entry))
                .collect(),
        })
    }

    /// How many vulnerabilities it holds.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True where it holds none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What it says about `CVE-2024-1234`.
    pub fn get(&self, cve: &str) -> Option<&Entry> {
        self.entries.get(&cve.to_ascii_uppercase())
    }
}
