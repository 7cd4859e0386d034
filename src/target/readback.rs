//! What a device does, read back from the text of its configuration.
//!
//! Readers share nothing with the code that lowers and renders: a shared mistake would prove itself right. They
//! accept what Septum writes and what the platform prints back, and report by line what they do not understand.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::packet::{Family, FlowSet, PacketRule};
use crate::syntax::tree::Rate;

/// A configuration, as far as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReadBack {
    /// What the device filters. A hook appears once for each interface it distinguishes, so that the filters of a hook
    /// together cover every packet that passes it.
    pub filters: Vec<Filter>,
    /// What could not be read. Where there is any, nothing is proven.
    pub not_understood: Vec<NotUnderstood>,
    /// Interfaces by which a device without state routes packets of a family, as far as the text says. By one that the
    /// plan does not name nothing may come in, unless no interface of the plan shares its routing table.
    pub routed: BTreeSet<(String, Family)>,
    /// The routing tables of interfaces that are not in the global one.
    pub tables: BTreeMap<String, String>,
    /// Rates within which alone some rules let packets through. `filters` holds them as if nothing ever exceeded these.
    pub rates: BTreeSet<Rate>,
}

impl ReadBack {
    /// The filter that sees the packets of a hook, where there is one: what no filter names is among the others.
    pub fn seen_by(&self, hook: &Hook) -> Option<&Filter> {
        let exactly = |hook: &Hook| self.filters.iter().find(|filter| filter.hook == *hook);
        let others = match hook {
            Hook::Forward { from, to } => {
                let named = |name: &Option<String>| {
                    let names = |filter: &Filter| matches!(&filter.hook, Hook::Forward { from, to } if from == name || to == name);
                    name.clone().filter(|_| self.filters.iter().any(names))
                };
                Hook::Forward {
                    from: named(from),
                    to: named(to),
                }
            }
            Hook::Inbound { established, .. } => Hook::Inbound {
                interface: None,
                established: *established,
            },
            Hook::Input { .. } => Hook::Input { interface: None },
            Hook::Output { .. } => Hook::Output { interface: None },
        };
        exactly(hook).or_else(|| exactly(&others))
    }
}

/// A first-match list at one place of the device. What no rule matches is denied: a default of "permit" is a last
/// rule that permits everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// Which packets it sees.
    pub hook: Hook,
    /// The list.
    pub rules: Arc<Vec<ReadRule>>,
}

/// Which packets a filter sees. An interface of `None` stands for every interface that no other filter of the
/// same kind names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hook {
    /// Forwarded packets that open a flow, on a device with state. Replies pass by state.
    Forward {
        /// The interface they come in by.
        from: Option<String>,
        /// The interface they leave by.
        to: Option<String>,
    },
    /// All packets that come in by an interface, forwarded or for the device itself, on a device without state.
    Inbound {
        /// The interface they come in by.
        interface: Option<String>,
        /// True for packets of TCP that have ACK or RST set, false for every other packet.
        established: bool,
    },
    /// Packets that open a flow to the device itself. Those that it sends to itself are left out.
    Input {
        /// The interface they come in by.
        interface: Option<String>,
    },
    /// Packets by which the device itself opens a flow to another one.
    Output {
        /// The interface they leave by.
        interface: Option<String>,
    },
}

/// One rule and the line it was read from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadRule {
    /// What it does to which packets.
    pub rule: PacketRule,
    /// Line of the configuration, from 1.
    pub line: usize,
}

impl ReadRule {
    /// A rule that was read from `line`.
    pub fn new(permit: bool, flow: FlowSet, line: usize) -> Self {
        Self {
            rule: PacketRule { permit, flow },
            line,
        }
    }
}

/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NotUnderstood {
    /// Line of the configuration, from 1.
    pub line: usize,
    /// The line, without the spaces around it, shortened to 200 characters.
    pub text: String,
    /// What is not understood about it: `unknown statement`, `undefined set @x`.
    pub why: String,
}
