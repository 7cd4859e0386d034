//! Multiplies a term out into access control entries, one port or range each.
//!
//! Grammar: Cisco IOS Security Command Reference, `permit (IP)`, `deny (IP)`, `permit (IPv6)`. Ports, protocols and
//! types are numbers throughout: IOS prints its names for them back, and releases differ in the names they know.

use std::sync::Arc;

use ipnet::{Ipv4Net, Ipv6Net};

use super::object_group::Groups;
use super::product;
use super::term::Term;
use crate::packet::{AddressSet, Family, IntervalSet, Region, ServiceSet, protocol};

/// Why a term has no entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// In IPv4 there are no ports after a protocol number.
    SctpPorts,
    /// Protocol 0 alone: IOS software uses 0 for `ip`.
    ProtocolZero,
}

/// One way to name a service: protocol, source qualifier, destination qualifier.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Match {
    protocol: String,
    source: String,
    destination: String,
    established: bool,
}

/// A term in words, each way to name its services for each of its sources and destinations.
#[derive(Clone, Debug)]
pub struct Factors {
    services: Vec<Match>,
    sources: Vec<String>,
    destinations: Vec<String>,
    permits: bool,
    log: bool,
}

impl Factors {
    /// Those of a term in one family.
    ///
    /// # Errors
    /// When the term cannot be written.
    pub fn new(term: &Term, family: Family, groups: &mut Groups) -> Result<Self, Unwritable> {
        Ok(Self {
            services: matches(&term.flow.service, family, term.established)?,
            sources: addresses(&term.flow.source, family, groups),
            destinations: addresses(&term.flow.destination, family, groups),
            permits: term.purpose.permits(),
            log: term.log,
        })
    }

    /// How many entries there are.
    pub fn count(&self) -> usize {
        let addresses = self.sources.len().saturating_mul(self.destinations.len());
        self.services.len().saturating_mul(addresses)
    }

    /// The entries, without sequence numbers, each once. None where the term has no packets of the family.
    pub fn entries(&self) -> Vec<String> {
        let services = self.services.iter();
        let each = services
            .flat_map(|service| service.entries(self.permits, &self.sources, &self.destinations, self.log));
        each.collect()
    }
}

impl Match {
    /// The entries for packets from any of the sources to any of the destinations, as [`addresses`] writes them.
    pub fn entries(
        &self,
        permits: bool,
        sources: &[String],
        destinations: &[String],
        log: bool,
    ) -> impl Iterator<Item = String> {
        let verdict = if permits { "permit" } else { "deny" };
        let established = if self.established { " established" } else { "" };
        let log = if log { " log" } else { "" };
        sources.iter().flat_map(move |source| {
            destinations.iter().map(move |destination| {
                let service = [&self.protocol, " ", source, &self.source];
                let rest = [" ", destination, &self.destination, established, log];
                [&[verdict, " "], &service[..], &rest[..]].concat().concat()
            })
        })
    }
}

/// The word for every protocol.
pub fn any_protocol(family: Family) -> &'static str {
    match family {
        Family::V4 => "ip",
        Family::V6 => "ipv6",
    }
}

/// A set as entries name it: one word where the family has object groups, else one for each prefix.
pub fn addresses(set: &Arc<AddressSet>, family: Family, groups: &mut Groups) -> Vec<String> {
    let full = match family {
        Family::V4 => set.v4.is_full(),
        Family::V6 => set.v6.is_full(),
    };
    if full {
        return vec!["any".to_owned()];
    }
    if let Some(name) = groups.name(set, family) {
        return vec![format!("object-group {name}")];
    }
    match family {
        Family::V4 => set.v4_prefixes().iter().map(wildcard).collect(),
        Family::V6 => set.v6_prefixes().iter().map(prefix).collect(),
    }
}

fn wildcard(net: &Ipv4Net) -> String {
    match net.prefix_len() {
        32 => format!("host {}", net.addr()),
        _ => format!("{} {}", net.network(), net.hostmask()),
    }
}

/// A prefix of IPv6, as entries and groups write it.
pub fn prefix(net: &Ipv6Net) -> String {
    match net.prefix_len() {
        128 => format!("host {}", net.addr()),
        _ => net.to_string(),
    }
}

/// The ways to name a service, disjoint.
///
/// # Errors
/// When there is none.
pub fn matches(service: &ServiceSet, family: Family, established: bool) -> Result<Vec<Match>, Unwritable> {
    let plain = |name: &str| Match {
        protocol: name.to_owned(),
        source: String::new(),
        destination: String::new(),
        established: false,
    };
    if service == product::every_service(family) {
        return Ok(vec![plain(any_protocol(family))]);
    }
    let mut all = ports("tcp", &service.tcp, established);
    all.extend(ports("udp", &service.udp, false));
    match family {
        Family::V6 => all.extend(ports("sctp", &service.sctp, false)),
        Family::V4 if service.sctp.is_empty() => {}
        Family::V4 if is_every_port(&service.sctp) => all.push(plain(&protocol::SCTP.to_string())),
        Family::V4 => return Err(Unwritable::SctpPorts),
    }
    all.extend(types(match family {
        Family::V4 => &service.icmp,
        Family::V6 => &service.icmpv6,
    }));
    if service.other.contains(0) {
        return Err(Unwritable::ProtocolZero);
    }
    let numbers = service
        .other
        .ranges()
        .iter()
        .flat_map(|&(first, last)| first..=last);
    all.extend(numbers.map(|number| plain(&number.to_string())));
    Ok(all)
}

fn is_every_port(region: &Region) -> bool {
    *region == Region::product(IntervalSet::full(), IntervalSet::full())
}

fn ports(name: &str, region: &Region, established: bool) -> Vec<Match> {
    let mut all = Vec::new();
    for (sources, destinations) in region.rows() {
        for source in sources.ranges() {
            for destination in destinations.ranges() {
                all.push(Match {
                    protocol: name.to_owned(),
                    source: port(*source),
                    destination: port(*destination),
                    established,
                });
            }
        }
    }
    all
}

fn port((first, last): (u16, u16)) -> String {
    match (first, last) {
        (0, u16::MAX) => String::new(),
        _ if first == last => format!(" eq {first}"),
        _ => format!(" range {first} {last}"),
    }
}

/// ICMP types stand after the destination, each with at most one code.
fn types(region: &Region) -> Vec<Match> {
    let byte = IntervalSet::range(0, u16::from(u8::MAX));
    let mut all = Vec::new();
    let mut push = |qualifier: String| {
        all.push(Match {
            protocol: "icmp".to_owned(),
            source: String::new(),
            destination: qualifier,
            established: false,
        });
    };
    for (types, codes) in region.rows() {
        if *types == byte && *codes == byte {
            push(String::new());
            continue;
        }
        for number in types.ranges().iter().flat_map(|&(first, last)| first..=last) {
            if *codes == byte {
                push(format!(" {number}"));
                continue;
            }
            for code in codes.ranges().iter().flat_map(|&(first, last)| first..=last) {
                push(format!(" {number} {code}"));
            }
        }
    }
    all
}
