//! Plans as JSON, so that a configuration can be held against its plan without the policy.
//!
//! Sets are written once, in tables, and named by their place there.

mod addresses;
mod read;
mod services;
mod write;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{DevicePlan, Origin};
use crate::syntax::tree::RateUnit;
use addresses::ArchivedAddresses;
use read::Reader;
use services::ArchivedService;
use write::Writer;

/// Some plans, self-contained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlanArchive {
    /// Version of the shape of this archive.
    pub format: u32,
    addresses: Vec<ArchivedAddresses>,
    services: Vec<ArchivedService>,
    origins: Vec<Arc<Origin>>,
    texts: Vec<Arc<str>>,
    said: Vec<ArchivedSaid>,
    devices: Vec<ArchivedDevice>,
}

/// The present shape.
const FORMAT: u32 = 2;

/// A place in a table.
type Place = u32;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedDevice {
    device: String,
    platform: String,
    claimed: Place,
    own: Place,
    manage: Vec<ArchivedRule>,
    run: Vec<ArchivedRun>,
    role: ArchivedRole,
}

/// The word for a protocol, alone where it is spoken on all interfaces.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum ArchivedRun {
    Everywhere(String),
    On(String, BTreeSet<String>),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
enum ArchivedRole {
    Router {
        sides: Vec<ArchivedSide>,
        pairs: Vec<ArchivedPair>,
    },
    Host {
        addresses: Place,
        inbound: Vec<ArchivedRule>,
        outbound: Vec<ArchivedRule>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedSide {
    zone: String,
    behind: Place,
    interfaces: Vec<(String, Vec<std::net::IpAddr>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedPair {
    from: usize,
    to: usize,
    rules: Vec<ArchivedRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    replies: Vec<ArchivedRule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArchivedSaid {
    allow: bool,
    /// What the author called source, destination and service.
    called: (Place, Place, Place),
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    log: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<(u32, char)>,
    origin: Place,
}

/// Source, destination, service, and what the author said.
type ArchivedRule = (Place, Place, Place, Place);

/// Why an archive cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Written by a version with another shape.
    #[error("the plans have format {0}, this version reads format {FORMAT}; build every device anew")]
    Format(u32),
    /// No JSON, or not of the shape.
    #[error("{0}")]
    Shape(String),
    /// A place in a table, or a word, that is not there.
    #[error("the plans are damaged: {0}")]
    Damaged(&'static str),
}

impl PlanArchive {
    /// The archive of some plans.
    pub fn new<'a>(plans: impl IntoIterator<Item = &'a DevicePlan>) -> Self {
        let mut writer = Writer::default();
        let devices = plans.into_iter().map(|plan| writer.device(plan)).collect();
        writer.archive(devices)
    }

    /// Reads what was written as JSON.
    ///
    /// # Errors
    /// When the archive is of another version, or damaged.
    pub fn from_json(text: &str) -> Result<Self, ArchiveError> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        serde_json::from_str(text).map_err(|error| match serde_json::from_str(text) {
            Ok(Version { format }) if format != FORMAT => ArchiveError::Format(format),
            _ => ArchiveError::Shape(error.to_string()),
        })
    }

    /// The plans of the archive.
    ///
    /// # Errors
    /// When the archive is of another version, or damaged.
    pub fn plans(&self) -> Result<Vec<DevicePlan>, ArchiveError> {
        if self.format != FORMAT {
            return Err(ArchiveError::Format(self.format));
        }
        let reader = Reader::new(self)?;
        self.devices.iter().map(|device| reader.device(device)).collect()
    }
}

fn letter(unit: RateUnit) -> char {
    match unit {
        RateUnit::Second => 's',
        RateUnit::Minute => 'm',
        RateUnit::Hour => 'h',
        RateUnit::Day => 'd',
    }
}
