//! Platforms: each lowers a [`DevicePlan`] to its own shape and renders it through a template.

pub mod cisco_ios;
pub mod fortigate;
pub mod name;
pub mod nftables;
pub mod readback;
pub mod source_map;
pub mod template;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::plan::{DevicePlan, Origin};
use crate::syntax::tree::Rate;

/// A device's configuration as text, with where each line came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emitted {
    /// The whole file. Ends in a newline.
    pub text: String,
    /// For each emitted rule: its 1-based line in `text`, and the id of the policy rule.
    pub lines: Vec<EmittedLine>,
    /// What the platform names that this configuration owns (tables, sets, ACLs, policies), by kind. A later
    /// build gets the union of all earlier ones, and removes what is no longer needed.
    pub owned: Owned,
    /// How full the configuration makes the device, place by place.
    pub usage: Vec<Usage>,
    /// Counts for the build manifest: `rules`, `addresses`, `acl-entries`, …
    pub counts: BTreeMap<&'static str, usize>,
    /// What the platform cannot do exactly, one sentence each (replies on a stateless router, …).
    pub residual: Vec<String>,
}

/// How much a configuration takes of what a device can hold at one place, by the capability file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// `Vlan20 in IPv4`, `policy table`.
    pub place: String,
    /// What is counted: `tcam-entries`, `policies`.
    pub what: String,
    /// How many it takes.
    pub used: usize,
    /// How many there may be.
    pub most: usize,
}

impl Usage {
    /// The one that takes the largest share of what it may; none where there is none.
    pub fn fullest(all: &[Self]) -> Option<&Self> {
        // a/b < c/d without division, for numbers that are never that large.
        let cross = |a: &Self, b: &Self| {
            let left = (a.used as u128).saturating_mul(b.most as u128);
            left.cmp(&(b.used as u128).saturating_mul(a.most as u128))
        };
        // Of equals the first.
        all.iter().rev().max_by(|a, b| cross(a, b))
    }

    /// Used of most in per cent, rounded up so that more than all is always more than 100.
    pub fn percent(&self) -> usize {
        self.used.saturating_mul(100).div_ceil(self.most.max(1))
    }
}

/// One emitted line and the rule behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmittedLine {
    /// Line of the configuration, from 1.
    pub line: usize,
    /// The rule.
    pub origin: Arc<Origin>,
}

/// Names on the device by kind (`chain`, `set`, `acl`, `policy`, `address`, …), each sorted.
pub type Owned = BTreeMap<String, Vec<String>>;

/// What a user may set for a platform, from its capability file and the user's overrides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Assets {
    /// The minijinja template.
    pub template: String,
    /// The capability file (YAML).
    pub capability: String,
}

/// A rule that the platform cannot express. The build stops: nothing is widened or dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inexpressible {
    /// [`crate::plan::Origin::id`], where one rule is at fault.
    pub rule: Option<String>,
    /// What cannot be expressed, and why: `sctp ports cannot be matched by …`.
    pub what: String,
}

/// Why a configuration could not be written.
#[derive(Debug, thiserror::Error)]
pub enum EmitError {
    /// The platform cannot express some rules.
    #[error("{} cannot be expressed on this platform", .0.len())]
    Inexpressible(Vec<Inexpressible>),
    /// The template did not render.
    #[error("template {name}: {message}")]
    Template {
        /// The template's file name.
        name: String,
        /// What went wrong, with its line.
        message: String,
    },
    /// The capability file did not parse.
    #[error("capability file of {platform}: {message}")]
    Capability {
        /// The platform.
        platform: String,
        /// What went wrong.
        message: String,
    },
}

/// A platform that Septum writes for.
pub trait Platform: Sync {
    /// `nftables`
    fn name(&self) -> &'static str;
    /// True where it keeps no state, and replies must be let in by header alone.
    fn stateless(&self) -> bool {
        false
    }
    /// True where its configuration alone decides what the device itself receives; false where settings outside it
    /// also do.
    fn guards_itself(&self) -> bool {
        true
    }
    /// True where loading a configuration removes what an earlier one wrote. Elsewhere a configuration removes what the
    /// builds before it are known to have left.
    fn replaces_itself(&self) -> bool {
        false
    }
    /// True where connections that are open go on when a new configuration denies them.
    fn keeps_open_flows(&self) -> bool {
        false
    }
    /// File extension of its configurations, without the dot.
    fn extension(&self) -> &'static str;
    /// The embedded template and capability file.
    fn assets(&self) -> Assets;
    /// Writes a device's configuration. `previous` is what earlier builds owned on the device: what this plan does
    /// not need of it is removed. Pure and deterministic.
    ///
    /// # Errors
    /// When a rule cannot be expressed, or the template or capability file is broken.
    fn emit(&self, plan: &DevicePlan, assets: &Assets, previous: &Owned) -> Result<Emitted, EmitError>;
    /// What a configuration of this platform does. Never fails: what is not understood is reported by line.
    fn read(&self, text: &str) -> readback::ReadBack;
    /// The same as [`Platform::read`], and each rule names the very line that it stands on: elements of one set are
    /// not read together, which takes longer.
    fn read_line_by_line(&self, text: &str) -> readback::ReadBack {
        self.read(text)
    }
    /// The same as [`Platform::read_line_by_line`], as if rules that hold within this rate alone were not there: what is
    /// let through without them is let through at any rate.
    fn read_without(&self, text: &str, _rate: Rate) -> readback::ReadBack {
        self.read_line_by_line(text)
    }
    /// The one way to write the name of an interface that the platform takes written in several.
    fn interface_name(&self) -> fn(&str) -> String {
        str::to_owned
    }
}

/// Every platform.
pub const PLATFORMS: [&dyn Platform; 3] = [&cisco_ios::CiscoIos, &fortigate::FortiGate, &nftables::Nftables];

/// The names of the platforms that are as asked.
pub fn platforms(are: impl Fn(&dyn Platform) -> bool) -> Vec<&'static str> {
    let chosen = PLATFORMS.iter().filter(|platform| are(**platform));
    chosen.map(|platform| platform.name()).collect()
}

/// The platform of a name.
pub fn platform(name: &str) -> Option<&'static dyn Platform> {
    PLATFORMS.into_iter().find(|platform| platform.name() == name)
}
