//! First-match rule lists, and the naive evaluator that every engine is tested against.

use super::{FlowSet, Packet};

/// One line of a first-match list. A packet that no line matches is denied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PacketRule {
    /// Permit or deny.
    pub permit: bool,
    /// The packets it decides, unless an earlier rule did.
    pub flow: FlowSet,
}

impl PacketRule {
    /// A rule that permits.
    pub fn permit(flow: FlowSet) -> Self {
        Self { permit: true, flow }
    }

    /// A rule that denies.
    pub fn deny(flow: FlowSet) -> Self {
        Self { permit: false, flow }
    }
}

/// The first rule that matches the packet. Naive on purpose: it is the oracle of the engines.
pub fn first_match(rules: &[PacketRule], packet: &Packet) -> Option<usize> {
    rules.iter().position(|rule| rule.flow.contains(packet))
}

/// True where the list permits the packet.
pub fn permits(rules: &[PacketRule], packet: &Packet) -> bool {
    rules
        .iter()
        .find(|rule| rule.flow.contains(packet))
        .is_some_and(|rule| rule.permit)
}
