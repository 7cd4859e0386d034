//! A believable packet of a set.

use std::net::IpAddr;

use crate::packet::hints::{Believed, Hints, SOURCE_PORT};
use crate::packet::space::{Side, address, number};
use crate::packet::{Family, Packet, protocol};

use super::{Diagram, Field, NodeId, Set, last_number};

/// How many packets are weighed against each other at most.
const WEIGHED: u32 = 2_000;

/// How many preferred values of one field are tried.
const TRIED: usize = 8;

/// What a device of the inventory is worth on either side.
const REAL_DEVICE: i32 = 8;

/// What a device that talks to itself costs, in which nobody believes: more than everything else is worth together.
const TO_ITSELF: i32 = 4 * REAL_DEVICE;

impl Diagram<'_> {
    /// The most believable packet found in the set; none where it is empty.
    pub(crate) fn pick(&self, set: Set, hints: &Hints) -> Option<Believed> {
        let mut best: Option<Believed> = None;
        for family in Family::BOTH {
            let search = |every_range| {
                let mut picker = Picker {
                    diagram: self,
                    hints,
                    family,
                    every_range,
                    left: WEIGHED,
                    best: None,
                };
                if set.root(family) != NodeId::DENY {
                    picker.descend(set.root(family), 0, Draft::default());
                }
                picker.best
            };
            let to_itself = |found: &Believed| found.packet.source == found.packet.destination;
            let found = match search(false) {
                Some(found) if to_itself(&found) => search(true),
                found => found,
            };
            if let Some(found) = found
                && best.is_none_or(|best| found.score > best.score)
            {
                best = Some(found);
            }
        }
        best
    }
}

/// True for an address that looks like that of a network, which no host has.
fn is_of_a_network(family: Family, address: u128) -> bool {
    let host = match family {
        Family::V4 => 0xff,
        Family::V6 => 0xffff,
    };
    address & host == 0
}

/// A packet half chosen.
#[derive(Clone, Copy, Default)]
struct Draft {
    source: u128,
    destination: u128,
    protocol: u32,
    first: u32,
    second: u32,
    score: i32,
}

struct Picker<'d, 'a> {
    diagram: &'d Diagram<'a>,
    hints: &'d Hints,
    family: Family,
    /// Look at all ranges of addresses, not only at the first.
    every_range: bool,
    left: u32,
    best: Option<Believed>,
}

/// A value of a field, what it leads to, and its worth.
struct Choice {
    value: u128,
    to: NodeId,
    worth: i32,
}

impl Picker<'_, '_> {
    /// Every node but DENY leads to a packet, so that each descent ends in one.
    fn descend(&mut self, node: NodeId, level: u8, draft: Draft) {
        let field = self.diagram.order.fields().get(usize::from(level)).copied();
        let Some(field) = field else {
            self.weigh(draft);
            return;
        };
        for Choice { value, to, worth } in self.choices(node, level, field, &draft) {
            if self.left == 0 && self.best.is_some() {
                return;
            }
            let mut next = draft;
            next.score += worth;
            let small = u32::try_from(value).unwrap_or(u32::MAX);
            match field {
                Field::Address(Side::Source) => next.source = value,
                Field::Address(Side::Destination) => next.destination = value,
                Field::Protocol => next.protocol = small,
                Field::First => next.first = small,
                Field::Second => next.second = small,
            }
            self.descend(to, level + 1, next);
        }
    }

    fn weigh(&mut self, draft: Draft) {
        self.left = self.left.saturating_sub(1);
        let talks_to_itself = draft.source == draft.destination;
        let score = draft.score - i32::from(talks_to_itself) * TO_ITSELF;
        if self.best.is_some_and(|best| best.score >= score) {
            return;
        }
        let (Ok(number), Ok(first), Ok(second)) = (
            u8::try_from(draft.protocol),
            u16::try_from(draft.first),
            u16::try_from(draft.second),
        ) else {
            return;
        };
        let packet = Packet {
            source: address(self.family, draft.source),
            destination: address(self.family, draft.destination),
            protocol: number,
            first,
            second,
        };
        self.best = Some(Believed { packet, score });
    }

    fn choices(&self, node: NodeId, level: u8, field: Field, draft: &Draft) -> Vec<Choice> {
        match field {
            Field::Address(side) => self.addresses(node, level, side),
            Field::Protocol => self.protocols(node, level),
            Field::First | Field::Second => self.numbers(node, level, field, draft.protocol),
        }
    }

    fn addresses(&self, node: NodeId, level: u8, side: Side) -> Vec<Choice> {
        let Diagram { space, store, .. } = self.diagram;
        let axis = Diagram::axis(self.family, side);
        let mut choices: Vec<Choice> = Vec::new();
        let of_family = |a: &&IpAddr| Family::of(**a) == self.family;
        for device in self.hints.addresses.iter().filter(of_family) {
            let value = number(*device);
            let to = store.step(node, level, space.rank(axis, value));
            // Two to a target, so that source and destination can differ.
            let known = choices.iter().filter(|choice| choice.to == to).count();
            if to != NodeId::DENY && known < 2 {
                choices.push(Choice {
                    value,
                    to,
                    worth: REAL_DEVICE,
                });
            }
            if choices.len() >= TRIED {
                break;
            }
        }
        let permitted = store
            .edges_at(node, level)
            .filter(|(_, _, to)| *to != NodeId::DENY);
        let looked_at = if self.every_range { usize::MAX } else { 1 };
        for (first, last, to) in permitted.take(looked_at) {
            let (from, _) = space.piece(axis, first);
            let (_, until) = space.piece(axis, last);
            let second = from.saturating_add(1).min(until);
            let values = match (second == from, is_of_a_network(self.family, from)) {
                (true, _) => vec![from],
                (false, true) => vec![second, from],
                (false, false) => vec![from, second],
            };
            choices.extend(values.into_iter().map(|value| Choice { value, to, worth: 0 }));
        }
        choices
    }

    fn protocols(&self, node: NodeId, level: u8) -> Vec<Choice> {
        let store = &self.diagram.store;
        let icmp = match self.family {
            Family::V4 => protocol::ICMP,
            Family::V6 => protocol::ICMPV6,
        };
        let mut choices: Vec<Choice> = [(protocol::TCP, 3), (protocol::UDP, 2), (icmp, 1)]
            .into_iter()
            .map(|(value, worth)| Choice {
                value: u128::from(value),
                to: store.step(node, level, u32::from(value)),
                worth,
            })
            .filter(|choice| choice.to != NodeId::DENY)
            .collect();
        if choices.is_empty() {
            let permitted = store.edges_at(node, level).find(|(_, _, to)| *to != NodeId::DENY);
            choices.extend(permitted.map(|(first, _, to)| Choice {
                value: u128::from(first),
                to,
                worth: 0,
            }));
        }
        choices
    }

    fn numbers(&self, node: NodeId, level: u8, field: Field, protocol: u32) -> Vec<Choice> {
        let store = &self.diagram.store;
        let Some(end) = last_number(self.family, protocol) else {
            let to = store.step(node, level, 0);
            return vec![Choice {
                value: 0,
                to,
                worth: 0,
            }];
        };
        let ports = end == u16::MAX;
        let echo = match self.family {
            Family::V4 => 8,
            Family::V6 => 128,
        };
        let usual: &[u16] = match (field, ports) {
            (Field::First, true) => &[SOURCE_PORT],
            (Field::First, false) => &[echo],
            (_, true) => &self.hints.ports,
            (_, false) => &[0],
        };
        let mut choices: Vec<Choice> = Vec::new();
        for value in usual.iter().filter(|value| **value <= end) {
            let to = store.step(node, level, u32::from(*value));
            if to != NodeId::DENY && !choices.iter().any(|choice| choice.to == to) {
                choices.push(Choice {
                    value: u128::from(*value),
                    to,
                    worth: 2,
                });
            }
            if choices.len() >= TRIED {
                break;
            }
        }
        // Port 0 is allowed and never used (RFC 6335): the next one where there is one.
        let permitted = store.edges_at(node, level).find(|(_, _, to)| *to != NodeId::DENY);
        choices.extend(permitted.map(|(first, last, to)| Choice {
            value: u128::from(if ports && first == 0 { last.min(1) } else { first }),
            to,
            worth: 0,
        }));
        choices
    }
}
