//! Packets that findings show.

use super::Context;
use crate::packet::{FlowSet, Packet};

/// Products looked at for one between known devices.
const LOOKED_AT: usize = 64;

impl Context<'_> {
    /// A packet of one of the products that the policy permits.
    pub(super) fn example(&self, products: &[FlowSet]) -> Option<Packet> {
        self.packet_of(products)
            .filter(|packet| self.permitted.permits(packet))
    }

    /// A packet of one of the products, permitted or not.
    pub(super) fn packet_of(&self, products: &[FlowSet]) -> Option<Packet> {
        self.examples.packet_of(products.iter().take(LOOKED_AT))
    }
}
