//! The protocols that a rule speaks of: nft refuses a header that no packet has beside what the rule said before.

use super::field::{Field, Transport};
use super::rule::Against;
use super::table::Family;
use super::value::Value;
use crate::packet::{self, protocol};

const CONFLICT: &str = "conflicting protocols in one rule, which nft refuses";

/// Numbers that nft takes for a transport where `ip protocol` has them: `proto_ip` of its `proto.c`.
const INSIDE_IP: [u8; 11] = [1, 2, 6, 17, 33, 50, 51, 58, 108, 132, 136];

/// What a rule has said so far.
#[derive(Clone, Debug)]
pub(super) struct Protocols {
    table: Family,
    /// Of the network layer what was said last.
    network: Option<packet::Family>,
    /// Of the transport layer all that was said.
    transports: Vec<u8>,
}

impl Protocols {
    pub(super) fn new(table: Family) -> Self {
        Self {
            table,
            network: match table {
                Family::Inet => None,
                Family::V4 => Some(packet::Family::V4),
                Family::V6 => Some(packet::Family::V6),
            },
            transports: Vec::new(),
        }
    }

    /// The rule looks into the header of a field.
    pub(super) fn look(&mut self, field: Field) -> Result<(), &'static str> {
        match field {
            Field::V4(_) | Field::Masked(_, packet::Family::V4, _) | Field::V4Protocol => {
                self.look_at_network(packet::Family::V4)
            }
            Field::V6(_) | Field::Masked(_, packet::Family::V6, _) => {
                self.look_at_network(packet::Family::V6)
            }
            Field::Port(Transport::Tcp, _) => self.look_at_transport(protocol::TCP),
            Field::Port(Transport::Udp, _) => self.look_at_transport(protocol::UDP),
            Field::Port(Transport::Sctp, _) => self.look_at_transport(protocol::SCTP),
            Field::IcmpType | Field::IcmpCode => self.look_at_icmp(protocol::ICMP, packet::Family::V4),
            Field::Icmpv6Type | Field::Icmpv6Code => self.look_at_icmp(protocol::ICMPV6, packet::Family::V6),
            Field::Family if self.table != Family::Inet => {
                Err("nft refuses `meta nfproto` in tables of one family")
            }
            Field::In
            | Field::Out
            | Field::InIndex
            | Field::OutIndex
            | Field::State
            | Field::Family
            | Field::EtherType
            | Field::Protocol
            | Field::Port(Transport::Any, _) => Ok(()),
        }
    }

    pub(super) fn look_at_network(&mut self, family: packet::Family) -> Result<(), &'static str> {
        match self.network.replace(family) {
            Some(other) if other != family => Err(CONFLICT),
            _ => Ok(()),
        }
    }

    fn look_at_transport(&mut self, number: u8) -> Result<(), &'static str> {
        if self.transports.iter().any(|other| *other != number) {
            return Err(CONFLICT);
        }
        self.transports.push(number);
        Ok(())
    }

    /// Of the network nft asks nothing here: it adds what it lacks, unless the rule has said that the packet is of ICMP.
    fn look_at_icmp(&mut self, number: u8, family: packet::Family) -> Result<(), &'static str> {
        if self.transports.is_empty() {
            self.network.get_or_insert(family);
        }
        self.look_at_transport(number)
    }

    /// The rule says what value a field has, or which ones it may have.
    pub(super) fn say(&mut self, field: Field, against: &Against) {
        let ranges = match against {
            Against::Plain(values) => {
                let numbers = values.iter().filter_map(|value| match value {
                    Value::Numbers(first, last) => Some((*first, *last)),
                    Value::Name(_) => None,
                });
                numbers.collect()
            }
            Against::Set(elements) => elements
                .iter()
                .filter_map(|element| element.range(0))
                .collect::<Vec<_>>(),
            Against::Named(_) => Vec::new(),
        };
        let single = ranges.into_iter().filter(|(first, last)| first == last);
        let numbers = single.filter_map(|(number, _)| u8::try_from(number).ok());
        match field {
            Field::Family => {
                let mut families = numbers.filter_map(|number| match number {
                    2 => Some(packet::Family::V4),
                    10 => Some(packet::Family::V6),
                    _ => None,
                });
                self.network = families.next_back().or(self.network);
            }
            Field::Protocol => self.transports.extend(numbers),
            Field::V4Protocol => {
                let known = numbers.filter(|number| INSIDE_IP.contains(number));
                self.transports.extend(known);
            }
            _ => {}
        }
    }

    /// The rule answers in a way that goes with some packets alone.
    pub(super) fn answer(&self, kind: &str) -> Result<(), &'static str> {
        let fits = match kind {
            "tcp" => self.transports.last().is_none_or(|last| *last == protocol::TCP),
            "icmp" => self.network != Some(packet::Family::V6),
            "icmpv6" => self.network != Some(packet::Family::V4),
            _ => self.table == Family::Inet,
        };
        if fits { Ok(()) } else { Err(CONFLICT) }
    }
}
