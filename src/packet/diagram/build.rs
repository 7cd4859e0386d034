//! Products and rule lists into diagrams.

use crate::packet::budget::GaveUp;
use crate::packet::space::Side;
use crate::packet::{AddressSet, Family, FlowSet, IntervalSet, PacketRule, Region, ServiceSet, protocol};

use super::{Diagram, Edge, Field, NodeId, Op, Set, last_number};

/// What was made of a shared set: its place in memory, family, side or service, and what it leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Made {
    place: usize,
    family: Family,
    side: Option<Side>,
    then: NodeId,
}

/// Keeps the place of a remembered set taken.
#[derive(Clone, Copy, Debug)]
#[expect(dead_code, reason = "held for its lifetime alone")]
pub(crate) enum Shared<'a> {
    Address(&'a AddressSet),
    Service(&'a ServiceSet),
}

impl<'a> Diagram<'a> {
    /// The packets that a first-match list permits.
    pub(crate) fn rules(&mut self, rules: &'a [PacketRule]) -> Result<Set, GaveUp> {
        let mut roots = [NodeId::DENY; 2];
        for (root, family) in roots.iter_mut().zip(Family::BOTH) {
            let mut parts = Vec::with_capacity(rules.len());
            // The order within a run of one action is free: neighbours in the field that stands first make
            // small intermediate diagrams.
            for run in rules.chunk_by(|a, b| a.permit == b.permit) {
                let mut run: Vec<&PacketRule> = run.iter().collect();
                if self.order.level(Field::Protocol) > 0 {
                    run.sort_by_cached_key(|rule| self.place(family, &rule.flow));
                }
                for rule in run {
                    let leaf = if rule.permit { NodeId::PERMIT } else { NodeId::DENY };
                    let node = self.product(family, &rule.flow, leaf)?;
                    if node != NodeId::NONE {
                        parts.push(node);
                    }
                }
            }
            parts.push(NodeId::DENY);
            *root = self.store.override_all(parts)?;
            self.store.forget();
        }
        let [v4, v6] = roots;
        Ok(Set { v4, v6 })
    }

    /// The packets of a product.
    pub(crate) fn flow(&mut self, flow: &'a FlowSet) -> Result<Set, GaveUp> {
        let mut roots = [NodeId::DENY; 2];
        for (root, family) in roots.iter_mut().zip(Family::BOTH) {
            let product = self.product(family, flow, NodeId::PERMIT)?;
            *root = self.store.apply(Op::Override, product, NodeId::DENY)?;
        }
        let [v4, v6] = roots;
        Ok(Set { v4, v6 })
    }

    /// Where a product starts in the two address fields, the first field of the order first.
    fn place(&self, family: Family, flow: &FlowSet) -> (u128, u128, u128) {
        let ends = |set: &AddressSet| match family {
            Family::V4 => (set.v4.first().map(u128::from), set.v4.last().map(u128::from)),
            Family::V6 => (set.v6.first(), set.v6.last()),
        };
        let (top, below) = if self.order.level(Field::Address(Side::Destination)) == 0 {
            (ends(&flow.destination), ends(&flow.source))
        } else {
            (ends(&flow.source), ends(&flow.destination))
        };
        (top.0.unwrap_or(0), top.1.unwrap_or(0), below.0.unwrap_or(0))
    }

    /// `leaf` for the packets of the product, undecided for all others.
    fn product(&mut self, family: Family, flow: &'a FlowSet, leaf: NodeId) -> Result<NodeId, GaveUp> {
        let mut node = leaf;
        for field in self.order.fields().into_iter().rev() {
            if node == NodeId::NONE {
                break;
            }
            node = match field {
                Field::Address(side @ Side::Source) => self.addresses(family, side, &flow.source, node)?,
                Field::Address(side @ Side::Destination) => {
                    self.addresses(family, side, &flow.destination, node)?
                }
                Field::Protocol => self.service(family, &flow.service, node)?,
                // Made together with the protocol.
                Field::First | Field::Second => node,
            };
        }
        Ok(node)
    }

    fn addresses(
        &mut self,
        family: Family,
        side: Side,
        set: &'a AddressSet,
        then: NodeId,
    ) -> Result<NodeId, GaveUp> {
        let made = Made {
            place: std::ptr::from_ref(set).addr(),
            family,
            side: Some(side),
            then,
        };
        if let Some((node, _)) = self.made.get(&made) {
            return Ok(*node);
        }
        let axis = Self::axis(family, side);
        let mut ranks = self.space.ranks(axis, set);
        if let (Some(slice), Side::Destination) = (self.slice, side) {
            let [v4, v6] = slice;
            let (first, last) = if family == Family::V4 { v4 } else { v6 };
            ranks = ranks.intersection(&IntervalSet::range(first, last));
        }
        let end = self.space.last_rank(axis);
        let level = self.order.level(Field::Address(side));
        let ranges = ranks.ranges().iter();
        let ranges = ranges.map(|(first, last)| (*first, if *last == end { u32::MAX } else { *last }));
        let node = self.store.choice(level, ranges, then, NodeId::NONE)?;
        self.made.insert(made, (node, Shared::Address(set)));
        Ok(node)
    }

    fn service(&mut self, family: Family, set: &'a ServiceSet, then: NodeId) -> Result<NodeId, GaveUp> {
        let made = Made {
            place: std::ptr::from_ref(set).addr(),
            family,
            side: None,
            then,
        };
        if let Some((node, _)) = self.made.get(&made) {
            return Ok(*node);
        }
        let (own, icmp) = match family {
            Family::V4 => (protocol::ICMP, &set.icmp),
            Family::V6 => (protocol::ICMPV6, &set.icmpv6),
        };
        let with_numbers = [
            (protocol::TCP, self.region(family, protocol::TCP, &set.tcp, then)?),
            (protocol::UDP, self.region(family, protocol::UDP, &set.udp, then)?),
            (
                protocol::SCTP,
                self.region(family, protocol::SCTP, &set.sctp, then)?,
            ),
            (own, self.region(family, own, icmp, then)?),
        ];
        let edges = (0..=u8::MAX).map(|number| {
            let special = with_numbers.iter().find(|(n, _)| *n == number);
            let to = match special {
                Some((_, node)) => *node,
                None if set.other.contains(number) => then,
                None => NodeId::NONE,
            };
            let last = if number == u8::MAX {
                u32::MAX
            } else {
                u32::from(number)
            };
            Edge { last, to }
        });
        let node = self.store.node(self.order.level(Field::Protocol), edges)?;
        self.made.insert(made, (node, Shared::Service(set)));
        Ok(node)
    }

    fn region(
        &mut self,
        family: Family,
        number: u8,
        region: &Region,
        then: NodeId,
    ) -> Result<NodeId, GaveUp> {
        let end = last_number(family, u32::from(number)).unwrap_or(u16::MAX);
        let (first, second) = (self.order.level(Field::First), self.order.level(Field::Second));
        let mut columns = Vec::new();
        for (keys, values) in region.rows() {
            let to = self
                .store
                .choice(second, up_to(values, end), then, NodeId::NONE)?;
            columns.extend(up_to(keys, end).into_iter().map(|(from, last)| (from, last, to)));
        }
        columns.sort_unstable();
        let mut edges = Vec::with_capacity(columns.len() * 2 + 1);
        let mut next = Some(0);
        for (from, last, to) in columns {
            if let Some(before) = from
                .checked_sub(1)
                .filter(|before| next.is_some_and(|n| n <= *before))
            {
                edges.push(Edge {
                    last: before,
                    to: NodeId::NONE,
                });
            }
            edges.push(Edge { last, to });
            next = last.checked_add(1);
        }
        if next.is_some() {
            edges.push(Edge {
                last: u32::MAX,
                to: NodeId::NONE,
            });
        }
        self.store.node(first, edges)
    }
}

/// Ranges of numbers within a domain, the last value of which stands for all larger ones too.
fn up_to(numbers: &IntervalSet<u16>, end: u16) -> Vec<(u32, u32)> {
    let ranges = numbers.ranges().iter().filter(|(first, _)| *first <= end);
    ranges
        .map(|(first, last)| {
            (
                u32::from(*first),
                if *last >= end { u32::MAX } else { u32::from(*last) },
            )
        })
        .collect()
}
