//! The text of single tests: addresses, ports, protocols. Both families are handled as `u128`, so that one code
//! serves them.

use std::net::Ipv6Addr;

use super::prefix;
use crate::packet::{AddressSet, Family, IntervalSet, Ordinal, Region, ServiceSet, protocol, push_v4};

/// Addresses of one family as numbers.
pub type Addresses = IntervalSet<u128>;
/// Ports, or types or codes of ICMP.
pub type Numbers = IntervalSet<u16>;

/// What a set holds of a family.
pub fn in_family(set: &AddressSet, family: Family) -> Addresses {
    match family {
        Family::V4 => set
            .v4
            .ranges()
            .iter()
            .map(|(first, last)| (u128::from(*first), u128::from(*last)))
            .collect(),
        Family::V6 => set.v6.clone(),
    }
}

/// The keyword of a family's header.
pub fn header(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ip6",
    }
}

/// From the first address of a family to the last.
pub fn whole(family: Family) -> (u128, u128) {
    match family {
        Family::V4 => (0, u128::from(u32::MAX)),
        Family::V6 => (0, u128::MAX),
    }
}

/// One address: `10.0.0.1`.
pub fn address(family: Family, address: u128) -> String {
    let mut text = String::new();
    push_address(&mut text, family, address);
    text
}

/// Adds one address to a text.
pub fn push_address(text: &mut String, family: Family, address: u128) {
    match family {
        // A v4 address comes from a `u32`.
        Family::V4 => push_v4(text, u32::try_from(address).unwrap_or(u32::MAX)),
        Family::V6 => text.push_str(&Ipv6Addr::from(address).to_string()),
    }
}

/// Adds a number to a text.
pub fn push_number(text: &mut String, number: impl itoa::Integer) {
    text.push_str(itoa::Buffer::new().format(number));
}

/// A range of addresses: `10.0.0.1`, `10.0.0.0/8`, `10.0.0.1-10.0.0.9`.
pub fn address_range(family: Family, range: (u128, u128)) -> String {
    let mut text = String::new();
    push_address_range(&mut text, family, range);
    text
}

/// Adds a range of addresses to a text.
pub fn push_address_range(text: &mut String, family: Family, (first, last): (u128, u128)) {
    push_address(text, family, first);
    if first == last {
        return;
    }
    let free = first ^ last;
    let is_prefix = free & free.wrapping_add(1) == 0 && first & free == 0;
    if is_prefix {
        text.push('/');
        push_number(
            text,
            u32::from(prefix::width(family)).saturating_sub(free.count_ones()),
        );
    } else {
        text.push('-');
        push_address(text, family, last);
    }
}

/// A range of numbers: `443`, `8000-8080`.
pub fn range<T: Ordinal + std::fmt::Display>((first, last): (T, T)) -> String {
    if first == last {
        first.to_string()
    } else {
        format!("{first}-{last}")
    }
}

/// One value, or an anonymous set.
fn one_or_set(values: Vec<String>) -> String {
    match values.as_slice() {
        [single] => single.clone(),
        _ => format!("{{ {} }}", values.join(", ")),
    }
}

/// `{ 80, 443, 8000-8080 }`
pub fn numbers<T: Ordinal + std::fmt::Display>(set: &IntervalSet<T>) -> String {
    one_or_set(set.ranges().iter().copied().map(range).collect())
}

/// Whether the destination is one of some addresses.
pub fn destination(family: Family, addresses: &Addresses) -> String {
    format!("{} daddr {}", header(family), address_ranges(family, addresses))
}

fn address_ranges(family: Family, set: &Addresses) -> String {
    if let [range] = set.ranges() {
        return address_range(family, *range);
    }
    let mut text = String::from("{ ");
    for (place, range) in set.ranges().iter().enumerate() {
        if place > 0 {
            text.push_str(", ");
        }
        push_address_range(&mut text, family, *range);
    }
    text.push_str(" }");
    text
}

/// Tests of both addresses. Never left out, not even where every address passes: they also tell the family.
pub fn addresses(family: Family, source: &Addresses, destination: &Addresses) -> String {
    let (source, header) = (address_ranges(family, source), header(family));
    format!(
        "{header} saddr {source} {}",
        self::destination(family, destination)
    )
}

/// Part of a service that one rule can test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// A protocol with destination ports, from any port: what a set can hold.
    Ports {
        /// TCP, UDP or SCTP.
        protocol: u8,
        /// Not all of them.
        destination: Numbers,
    },
    /// Anything else, as text; empty for every service.
    Test(String),
}

impl Part {
    /// The test as text; empty where everything passes.
    pub fn text(&self) -> String {
        match self {
            Self::Ports {
                protocol,
                destination,
            } => {
                format!("{} dport {}", with_ports(*protocol), numbers(destination))
            }
            Self::Test(text) => text.clone(),
        }
    }
}

/// The word for a protocol with ports.
pub fn with_ports(number: u8) -> &'static str {
    match number {
        protocol::TCP => "tcp",
        protocol::UDP => "udp",
        _ => "sctp",
    }
}

/// What a service is in one family, as parts that together hold exactly that.
pub fn service(service: &ServiceSet, family: Family) -> Vec<Part> {
    let full = ServiceSet::full_in(family);
    let (keyword, number, messages, all_messages) = match family {
        Family::V4 => ("icmp", protocol::ICMP, &service.icmp, &full.icmp),
        Family::V6 => ("icmpv6", protocol::ICMPV6, &service.icmpv6, &full.icmpv6),
    };
    let mut whole = match service.other.contains(number) {
        true => service.other.difference(&IntervalSet::single(number)),
        false => service.other.clone(),
    };
    let with_ports = [
        (&service.tcp, &full.tcp),
        (&service.udp, &full.udp),
        (&service.sctp, &full.sctp),
    ];
    let every = with_ports.iter().all(|(region, all)| region == all);
    if every && whole == full.other && messages == all_messages {
        return vec![Part::Test(String::new())];
    }
    let mut parts = Vec::new();
    for (number, region, all) in [
        (protocol::TCP, &service.tcp, &full.tcp),
        (protocol::UDP, &service.udp, &full.udp),
        (protocol::SCTP, &service.sctp, &full.sctp),
    ] {
        if region == all {
            whole = whole.union(&IntervalSet::single(number));
        } else {
            parts.extend(region.rows().iter().map(|row| ports(number, row)));
        }
    }
    if messages == all_messages {
        whole = whole.union(&IntervalSet::single(number));
    } else {
        parts.extend(icmp(keyword, messages));
    }
    if !whole.is_empty() {
        parts.push(Part::Test(format!("meta l4proto {}", numbers(&whole))));
    }
    parts
}

fn ports(number: u8, (source, destination): &(Numbers, Numbers)) -> Part {
    let keyword = with_ports(number);
    if source.is_full() {
        return Part::Ports {
            protocol: number,
            destination: destination.clone(),
        };
    }
    let mut text = format!("{keyword} sport {}", numbers(source));
    if !destination.is_full() {
        text.push_str(&format!(" {keyword} dport {}", numbers(destination)));
    }
    Part::Test(text)
}

fn icmp<'a>(keyword: &'a str, region: &'a Region) -> impl Iterator<Item = Part> + 'a {
    let byte = Numbers::range(0, 255);
    region.rows().iter().map(move |(types, codes)| {
        let types_are_all = *types == byte;
        let mut tests = Vec::new();
        if !types_are_all {
            tests.push(format!("{keyword} type {}", numbers(types)));
        }
        if *codes != byte {
            tests.push(format!("{keyword} code {}", numbers(codes)));
        }
        Part::Test(tests.join(" "))
    })
}
