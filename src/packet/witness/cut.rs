//! Cutting a region around the rules that hold a point of it.

use std::collections::BTreeSet;

use crate::packet::budget::{GaveUp, Meter};
use crate::packet::space::{Axis, Side, Space, address};
use crate::packet::{Family, IntervalSet, Packet, ServiceSet};

use super::index::FamilyIndex;

/// A product in ranks, of one family.
#[derive(Clone, Debug)]
pub(super) struct Region {
    pub(super) source: IntervalSet<u32>,
    pub(super) destination: IntervalSet<u32>,
    pub(super) service: ServiceSet,
}

impl Region {
    pub(super) fn is_empty(&self) -> bool {
        self.source.is_empty() || self.destination.is_empty() || self.service.is_empty()
    }
}

/// What a search found.
pub(super) enum Found {
    /// A packet outside all candidates.
    Witness(Packet),
    /// The candidates that were enough.
    Covered(BTreeSet<usize>),
}

impl FamilyIndex<'_> {
    /// The smallest packet of a rule, if none of the chosen rules holds it. None as well where too many rules are near to
    /// ask each.
    pub(super) fn smallest_alone(
        &self,
        space: &Space,
        rule: usize,
        by: &dyn Fn(usize) -> bool,
    ) -> Option<Packet> {
        let packet = self.smallest(
            space,
            self.source(rule)?,
            self.destination(rule)?,
            self.service(rule)?,
        )?;
        let rules = self.rules();
        let holds = |other: usize| rules.get(other).is_some_and(|rule| rule.flow.contains(&packet));
        let alone = self.few_near(rule)?.all(|other| !by(other) || !holds(other));
        alone.then_some(packet)
    }

    /// A packet of the region that no candidate holds, or the candidates that leave none.
    pub(super) fn search(
        &self,
        space: &Space,
        whole: Region,
        candidates: &[usize],
        meter: &mut Meter,
    ) -> Result<Found, GaveUp> {
        let mut used = BTreeSet::new();
        let mut left = vec![(whole, candidates.to_vec())];
        while let Some((region, mut near)) = left.pop() {
            if region.is_empty() {
                continue;
            }
            meter.spend(near.len() + 1, left.len())?;
            near.retain(|rule| self.touches(*rule, &region));
            let Some(packet) = self.smallest(space, &region.source, &region.destination, &region.service)
            else {
                continue;
            };
            // One rule that covers all ends the piece; else one that holds the point must be cut out.
            let cut = near.iter().find(|rule| self.covers(**rule, &region)).or_else(|| {
                let rules = self.rules();
                near.iter()
                    .find(|rule| rules.get(**rule).is_some_and(|rule| rule.flow.contains(&packet)))
            });
            let Some(&cut) = cut else {
                return Ok(Found::Witness(packet));
            };
            used.insert(cut);
            let (Some(source), Some(destination), Some(service)) =
                (self.source(cut), self.destination(cut), self.service(cut))
            else {
                continue;
            };
            near.retain(|rule| *rule != cut);
            let inner_source = region.source.intersection(source);
            let inner_destination = region.destination.intersection(destination);
            let pieces = [
                Region {
                    source: region.source.difference(source),
                    destination: region.destination.clone(),
                    service: region.service.clone(),
                },
                Region {
                    source: inner_source.clone(),
                    destination: region.destination.difference(destination),
                    service: region.service.clone(),
                },
                Region {
                    source: inner_source,
                    destination: inner_destination,
                    service: region.service.difference(service),
                },
            ];
            left.extend(
                pieces
                    .into_iter()
                    .filter(|piece| !piece.is_empty())
                    .map(|piece| (piece, near.clone())),
            );
        }
        Ok(Found::Covered(used))
    }

    fn touches(&self, rule: usize, region: &Region) -> bool {
        self.source(rule).is_some_and(|set| set.overlaps(&region.source))
            && self
                .destination(rule)
                .is_some_and(|set| set.overlaps(&region.destination))
            && self
                .service(rule)
                .is_some_and(|set| set.overlaps_in(&region.service, self.family))
    }

    fn covers(&self, rule: usize, region: &Region) -> bool {
        self.source(rule).is_some_and(|set| region.source.is_subset(set))
            && self
                .destination(rule)
                .is_some_and(|set| region.destination.is_subset(set))
            && self
                .service(rule)
                .is_some_and(|set| region.service.is_subset(set))
    }

    /// The smallest packet of a product.
    fn smallest(
        &self,
        space: &Space,
        source: &IntervalSet<u32>,
        destination: &IntervalSet<u32>,
        service: &ServiceSet,
    ) -> Option<Packet> {
        let family = self.family;
        let value = |side, ranks: &IntervalSet<u32>| {
            let (first, _) = space.piece(Axis { family, side }, ranks.first()?);
            Some(address(family, first))
        };
        let (number, first, second) = first_service(family, service)?;
        Some(Packet {
            source: value(Side::Source, source)?,
            destination: value(Side::Destination, destination)?,
            protocol: number,
            first,
            second,
        })
    }
}

/// A protocol and header numbers of the set.
fn first_service(family: Family, service: &ServiceSet) -> Option<(u8, u16, u16)> {
    use crate::packet::protocol::{ICMP, ICMPV6, SCTP, TCP, UDP};
    let (own, icmp) = match family {
        Family::V4 => (ICMP, &service.icmp),
        Family::V6 => (ICMPV6, &service.icmpv6),
    };
    let regions = [
        (TCP, &service.tcp),
        (UDP, &service.udp),
        (own, icmp),
        (SCTP, &service.sctp),
    ];
    let with_numbers = regions.into_iter().find_map(|(number, region)| {
        let (keys, values) = region.rows().first()?;
        Some((number, keys.first()?, values.first()?))
    });
    with_numbers.or_else(|| Some((service.other.first()?, 0, 0)))
}
