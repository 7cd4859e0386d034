//! What a user may set for IOS devices.

use serde::Deserialize;

use crate::target::EmitError;
use crate::yaml;

/// The capability file. Every key is required, so that a file is complete and a misspelt key is an error.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// Writes IPv4 address sets as network object groups, one entry a group.
    pub object_groups: bool,
    /// The same for IPv6.
    pub ipv6_object_groups: bool,
    /// Entries of rules above which a list joins them, where its family has object groups.
    pub join_entries: usize,
    /// Object groups are multiplied out in hardware.
    pub expands_object_groups: bool,
    /// Places that an entry of an IPv6 list takes in hardware.
    pub ipv6_entry_places: usize,
    /// Places that one list can take in hardware: more is reported.
    pub max_entries: usize,
    /// Different port ranges of one list that hardware compares without multiplying entries out.
    pub max_port_ranges: usize,
    /// Entries above which no list is written.
    pub refuse_entries: usize,
    /// Sources of ICMP errors are limited to the addresses behind a side while those are no more prefixes than this.
    pub icmp_error_prefixes: usize,
    /// Logs what nothing permits.
    pub log_final_deny: bool,
}

impl Capability {
    /// Reads the file.
    ///
    /// # Errors
    /// When it is not YAML, or a key is unknown or missing.
    pub fn parse(text: &str) -> Result<Self, EmitError> {
        yaml::from_str(text).map_err(|error| EmitError::Capability {
            platform: super::NAME.to_owned(),
            message: match error.line {
                Some(line) => format!("line {line}: {error}"),
                None => error.to_string(),
            },
        })
    }
}
