//! The packet that answers another.

use std::sync::Arc;

use crate::packet::{
    AddressSet, Budget, FlowSet, Hints, IntervalSet, Packet, PacketSet, Region, ServiceSet, protocol,
};
use crate::plan;

/// The packet that answers another; none where nothing does.
pub(super) fn reply_to(packet: &Packet) -> Option<Packet> {
    let one = |address| Arc::new(AddressSet::from_addresses([address]));
    let number = |n: u16| IntervalSet::single(n);
    let mut service = ServiceSet::empty();
    let region = Region::product(number(packet.first), number(packet.second));
    match packet.protocol {
        protocol::TCP => service.tcp = region,
        protocol::UDP => service.udp = region,
        protocol::SCTP => service.sctp = region,
        protocol::ICMP if packet.source.is_ipv4() => service.icmp = region,
        protocol::ICMPV6 if packet.source.is_ipv6() => service.icmpv6 = region,
        other => service.other = IntervalSet::single(other),
    }
    let flow = FlowSet {
        source: one(packet.source),
        destination: one(packet.destination),
        service: Arc::new(service),
    };
    PacketSet::from_flow(&plan::reply(&flow), Budget::default())
        .ok()?
        .witness(&Hints::default())
}
