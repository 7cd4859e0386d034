//! The platform's limits and thresholds, read strictly from its capability file.

use serde::Deserialize;

use crate::target::EmitError;
use crate::yaml;

use super::NAME;

/// What nft accepts, and where one shape of rules becomes another. The file itself explains each.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Capability {
    /// Bytes of a comment.
    pub comment_bytes: usize,
    /// Bytes of a log prefix.
    pub log_prefix_bytes: usize,
    /// Bytes of the name of a chain or set.
    pub name_bytes: usize,
    /// Bytes of an interface's name.
    pub interface_bytes: usize,
    /// Packets that one log statement writes each second.
    pub log_per_second: u32,
    /// Packets that one log statement writes at once.
    pub log_burst: u32,
    /// Up to how many rules of a family, or of one pair of prefix lengths, stay rules.
    pub plain_rules: usize,
    /// Up to what cost together, in plain rules, the others stay rules.
    pub plain_cost: usize,
    /// Tables of one kind that a chain looks into, at most: one for each length of prefix.
    pub lookups: usize,
    /// Ports of a rule that become keys, each by itself.
    pub port_values: usize,
    /// Keys that one rule may become.
    pub rule_elements: usize,
    /// How many flows between two prefixes must be spared for what several pairs have in common to be written once.
    pub shared_flows: usize,
    /// In up to how many rules a list of ports is written out.
    pub inline_ports: usize,
}

impl Capability {
    /// Reads a capability file.
    ///
    /// # Errors
    /// When the file is not of this shape, or a number is one that nft refuses.
    pub fn parse(text: &str) -> Result<Self, EmitError> {
        let failed = |message| EmitError::Capability {
            platform: NAME.to_owned(),
            message,
        };
        let capability: Self = yaml::from_str(text).map_err(|error| {
            let line = error
                .line
                .map(|line| format!("line {line}: "))
                .unwrap_or_default();
            failed(format!("{line}{}", error.message))
        })?;
        for (key, value, least, most) in capability.bounded() {
            if !(least..=most).contains(&value) {
                return Err(failed(format!("`{key}` must be {least} to {most}, not {value}")));
            }
        }
        Ok(capability)
    }

    /// Each number that nft bounds, with the smallest and the largest that make sense.
    fn bounded(&self) -> [(&'static str, usize, usize, usize); 6] {
        [
            ("comment_bytes", self.comment_bytes, 16, 128),
            ("log_prefix_bytes", self.log_prefix_bytes, 32, 127),
            ("name_bytes", self.name_bytes, 64, 255),
            ("interface_bytes", self.interface_bytes, 1, 15),
            ("log_per_second", self.log_per_second as usize, 1, 1_000_000),
            ("log_burst", self.log_burst as usize, 1, 1_000_000),
        ]
    }
}
