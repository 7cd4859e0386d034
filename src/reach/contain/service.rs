//! Sets of services as terms of the language.

use crate::packet::{IntervalSet, Region, ServiceSet, protocol};

/// How many ICMP types and protocols one statement names at most: FortiOS takes a service for each, and 256 in a policy.
const NAMED: usize = 250;

/// Lists of terms, one for each statement, for services: all of those with ports, and of others those that are
/// `permitted`.
pub(super) fn statements(services: &ServiceSet, permitted: &ServiceSet) -> Vec<String> {
    let mut terms = Vec::new();
    let with_ports = [
        ("tcp", &services.tcp),
        ("udp", &services.udp),
        ("sctp", &services.sctp),
    ];
    for (word, region) in with_ports {
        terms.extend(region.rows().iter().map(|row| ports(word, row)));
    }
    let full = ServiceSet::full();
    let with_types = [
        ("icmp", &services.icmp, &permitted.icmp, &full.icmp),
        ("icmpv6", &services.icmpv6, &permitted.icmpv6, &full.icmpv6),
    ];
    let mut lists = Vec::new();
    for (word, region, permitted, full) in with_types {
        match region == full {
            true => terms.push(word.to_owned()),
            false => lists.push((word, types(&region.intersection(permitted)))),
        }
    }
    let numbers = numbered(&services.intersection(permitted));
    let numbers = numbers.ranges().iter().flat_map(|(first, last)| *first..=*last);
    lists.push(("proto", numbers.map(|number| number.to_string()).collect()));

    let mut statements = Vec::new();
    let mut named = 0;
    for (word, list) in &lists {
        for part in list.chunks(NAMED) {
            if named + part.len() > NAMED {
                statements.push(std::mem::take(&mut terms).join(", "));
                named = 0;
            }
            named += part.len();
            terms.push(format!("{word} {}", part.join(", ")));
        }
    }
    if !terms.is_empty() {
        statements.push(terms.join(", "));
    }
    statements
}

/// Protocols that a mode names by number.
pub(super) fn numbered(services: &ServiceSet) -> IntervalSet<u8> {
    services.other.difference(&untold())
}

/// What not every platform can tell from other protocols: ICMP inside IPv6 and ICMPv6 inside IPv4, which no service
/// names, 0, which Cisco IOS and FortiOS take for all, and 255, which FortiOS does not have.
pub(super) fn untold() -> IntervalSet<u8> {
    IntervalSet::from_ranges([0, protocol::ICMP, protocol::ICMPV6, 255].map(|number| (number, number)))
}

fn ports(word: &str, (source, destination): &(IntervalSet<u16>, IntervalSet<u16>)) -> String {
    let list = |numbers: &IntervalSet<u16>| {
        let ranges = numbers.ranges().iter().map(|(first, last)| match first == last {
            true => first.to_string(),
            false => format!("{first}-{last}"),
        });
        ranges.collect::<Vec<_>>().join(", ")
    };
    let mut text = word.to_owned();
    if !destination.is_full() {
        text.push_str(&format!(" {}", list(destination)));
    }
    if !source.is_full() {
        text.push_str(&format!(" from {}", list(source)));
    }
    text
}

/// Types and codes, one by one.
fn types(region: &Region) -> Vec<String> {
    let all_codes = IntervalSet::range(0, 255);
    let mut list = Vec::new();
    for (types, codes) in region.rows() {
        for kind in types.ranges().iter().flat_map(|(first, last)| *first..=*last) {
            if *codes == all_codes {
                list.push(kind.to_string());
            } else {
                let codes = codes.ranges().iter().flat_map(|(first, last)| *first..=*last);
                list.extend(codes.map(|code| format!("{kind}/{code}")));
            }
        }
    }
    list
}
