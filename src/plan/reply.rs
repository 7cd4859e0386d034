//! The packets that answer those that opened a flow.

use std::sync::Arc;

use crate::packet::{FlowSet, IntervalSet, Region, ServiceSet};

/// ICMP requests with their answers (RFC 792, RFC 950).
const ICMP_ANSWERS: [(u16, u16); 4] = [(8, 0), (13, 14), (15, 16), (17, 18)];
/// ICMPv6 requests with their answers (RFC 4443, RFC 4620).
const ICMPV6_ANSWERS: [(u16, u16); 2] = [(128, 129), (139, 140)];

/// The replies to a flow: addresses and ports swapped, answers for ICMP requests. Other protocols answer in kind.
pub fn reply(flow: &FlowSet) -> FlowSet {
    FlowSet {
        source: Arc::clone(&flow.destination),
        destination: Arc::clone(&flow.source),
        service: Arc::new(reply_service(&flow.service)),
    }
}

/// The same of a service alone.
pub(super) fn reply_service(service: &ServiceSet) -> ServiceSet {
    ServiceSet {
        tcp: service.tcp.swapped(),
        udp: service.udp.swapped(),
        sctp: service.sctp.swapped(),
        icmp: answers(&service.icmp, &ICMP_ANSWERS),
        icmpv6: answers(&service.icmpv6, &ICMPV6_ANSWERS),
        other: service.other.clone(),
    }
}

fn answers(requests: &Region, table: &[(u16, u16)]) -> Region {
    let all = IntervalSet::range(0, 255);
    table.iter().fold(Region::empty(), |union, (request, answer)| {
        let asked = requests.intersection(&Region::product(IntervalSet::single(*request), all.clone()));
        let codes = asked
            .rows()
            .first()
            .map(|(_, codes)| codes.clone())
            .unwrap_or_default();
        union.union(&Region::product(IntervalSet::single(*answer), codes))
    })
}
