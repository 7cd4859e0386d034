//! Object groups of IOS-XE: networks and services. A mask here is a netmask, unlike the wildcard of an entry.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use septum::packet::Packet;

use super::entry::{Ports, Protocol, Words, read_icmp, read_ports, read_protocol};
use crate::oracle::address::{AddressRange, netmask_length};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Network {
    Range(AddressRange),
    Group(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Service {
    Protocol(Protocol),
    Ports {
        protocols: Vec<u8>,
        source: Ports,
        destination: Ports,
    },
    Icmp(u8, Option<u8>),
    Group(String),
}

/// All object groups of a device.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    pub networks: BTreeMap<String, Vec<Network>>,
    pub services: BTreeMap<String, Vec<Service>>,
}

impl Groups {
    pub fn network_contains(&self, name: &str, address: IpAddr) -> bool {
        self.networks.get(name).is_some_and(|members| {
            members.iter().any(|member| match member {
                Network::Range(range) => range.contains(address),
                Network::Group(inner) => self.network_contains(inner, address),
            })
        })
    }

    /// A later fragment has no ports: its protocol alone is compared.
    pub fn service_contains(&self, name: &str, packet: &Packet, later_fragment: bool) -> bool {
        self.services.get(name).is_some_and(|members| {
            members.iter().any(|member| match member {
                Service::Protocol(Protocol::Any) => true,
                Service::Protocol(Protocol::Number(number)) => *number == packet.protocol,
                Service::Protocol(Protocol::Group(_)) => false,
                Service::Ports {
                    protocols,
                    source,
                    destination,
                } => {
                    protocols.contains(&packet.protocol)
                        && (later_fragment
                            || source.contains(packet.first) && destination.contains(packet.second))
                }
                Service::Icmp(kind, code) => {
                    packet.protocol == 1
                        && (later_fragment
                            || packet.first == u16::from(*kind)
                                && code.is_none_or(|code| packet.second == u16::from(code)))
                }
                Service::Group(inner) => self.service_contains(inner, packet, later_fragment),
            })
        })
    }

    /// True where another group holds the network group.
    pub fn network_is_member(&self, name: &str) -> bool {
        let member = Network::Group(name.to_owned());
        self.networks.values().any(|members| members.contains(&member))
    }

    /// True where another group holds the service group.
    pub fn service_is_member(&self, name: &str) -> bool {
        let member = Service::Group(name.to_owned());
        self.services.values().any(|members| members.contains(&member))
    }

    /// True where `inner` is `outer` or reaches it through its members: adding it there would be a circle.
    pub fn network_reaches(&self, inner: &str, outer: &str) -> bool {
        inner == outer
            || self.networks.get(inner).is_some_and(|members| {
                members
                    .iter()
                    .any(|member| matches!(member, Network::Group(next) if self.network_reaches(next, outer)))
            })
    }

    /// As [`Self::network_reaches`], of service groups.
    pub fn service_reaches(&self, inner: &str, outer: &str) -> bool {
        inner == outer
            || self.services.get(inner).is_some_and(|members| {
                members
                    .iter()
                    .any(|member| matches!(member, Service::Group(next) if self.service_reaches(next, outer)))
            })
    }
}

/// `host A`, `A MASK`, `A/LEN`, `range A B`, `any`, `group-object NAME`.
pub fn read_network(words: &mut Words<'_>) -> Result<Network, String> {
    let word = words.next()?;
    let address = |word: &str| {
        word.parse::<Ipv4Addr>()
            .map_err(|_| format!("`{word}` is not an IPv4 address"))
    };
    let network = match word {
        "group-object" => Network::Group(words.next()?.to_owned()),
        "any" => Network::Range(AddressRange::parse_prefix("0.0.0.0/0").ok_or("no prefix")?),
        "host" => Network::Range(AddressRange::single(IpAddr::V4(address(words.next()?)?))),
        "range" => {
            let (first, last) = (address(words.next()?)?, address(words.next()?)?);
            let range = AddressRange::between(IpAddr::V4(first), IpAddr::V4(last));
            Network::Range(range.ok_or("the range is upside down")?)
        }
        _ if word.contains('/') => Network::Range(
            AddressRange::parse_prefix(word)
                .filter(|range| range.first.is_ipv4())
                .ok_or_else(|| format!("`{word}` is not an IPv4 prefix"))?,
        ),
        _ => {
            let (base, mask) = (address(word)?, words.next()?);
            let length =
                netmask_length(address(mask)?).ok_or_else(|| format!("`{mask}` is not a netmask"))?;
            Network::Range(AddressRange::prefix(IpAddr::V4(base), length).ok_or("no prefix")?)
        }
    };
    words.end()?;
    Ok(network)
}

/// `tcp [source OP P] [OP P]`, `tcp-udp …`, `icmp [MESSAGE]`, a protocol, `group-object NAME`.
pub fn read_service(words: &mut Words<'_>) -> Result<Service, String> {
    if words.take("group-object") {
        let group = Service::Group(words.next()?.to_owned());
        words.end()?;
        return Ok(group);
    }
    let protocols = if words.take("tcp-udp") {
        vec![6, 17]
    } else {
        match read_protocol(words, false)? {
            (Protocol::Number(number @ (6 | 17)), true) => vec![number],
            (Protocol::Number(1), true) => {
                let message = read_icmp(words, false)?;
                words.end()?;
                return Ok(match message {
                    Some((kind, code)) => Service::Icmp(kind, code),
                    None => Service::Protocol(Protocol::Number(1)),
                });
            }
            (Protocol::Group(_), _) => return Err("a nested group is written `group-object`".to_owned()),
            (protocol, _) => {
                words.end()?;
                return Ok(Service::Protocol(protocol));
            }
        }
    };
    // A port's name may be two numbers in the two protocols: `tcp-udp` takes numbers only.
    let table = match protocols.as_slice() {
        [one] => Some(*one),
        _ => Some(0),
    };
    let source = if words.take("source") {
        read_ports(words, table)?
    } else {
        Ports::Any
    };
    let destination = read_ports(words, table)?;
    words.end()?;
    Ok(Service::Ports {
        protocols,
        source,
        destination,
    })
}
