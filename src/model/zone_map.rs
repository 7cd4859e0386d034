//! Which zone owns which address.

use std::net::IpAddr;

use super::{Zone, ZoneId};
use crate::packet::{AddressSet, IntervalSet, Ordinal};

/// Disjoint address ranges with their zone, both families, and the zone that owns the rest.
#[derive(Clone, Debug, Default)]
pub struct ZoneMap {
    v4: Vec<(u32, u32, ZoneId)>,
    v6: Vec<(u128, u128, ZoneId)>,
    external: Option<(ZoneId, AddressSet)>,
}

impl ZoneMap {
    /// The map of zones whose addresses are disjoint; an address that two claim belongs to one of them.
    pub fn new(zones: &[Zone]) -> Self {
        let (mut v4, mut v6, mut external) = (Vec::new(), Vec::new(), None);
        for (index, zone) in zones.iter().enumerate() {
            let id = ZoneId::from_index(index);
            if zone.external {
                external = Some((id, (*zone.addresses).clone()));
                continue;
            }
            v4.extend(
                zone.addresses
                    .v4
                    .ranges()
                    .iter()
                    .map(|(first, last)| (*first, *last, id)),
            );
            v6.extend(
                zone.addresses
                    .v6
                    .ranges()
                    .iter()
                    .map(|(first, last)| (*first, *last, id)),
            );
        }
        v4.sort_unstable();
        v6.sort_unstable();
        Self { v4, v6, external }
    }

    /// The zone that owns an address.
    pub fn zone_of(&self, address: IpAddr) -> Option<ZoneId> {
        let claimed = match address {
            IpAddr::V4(a) => lookup(&self.v4, u32::from(a)),
            IpAddr::V6(a) => lookup(&self.v6, u128::from(a)),
        };
        claimed.or_else(|| self.external.as_ref().map(|(id, _)| *id))
    }

    /// The zones that own some of a set, ascending.
    pub fn zones_of(&self, set: &AddressSet) -> Vec<ZoneId> {
        self.split(set).into_iter().map(|(zone, _)| zone).collect()
    }

    /// A set cut along zones: each zone that owns some of it, with that part, by id. What no zone owns is dropped.
    pub fn split(&self, set: &AddressSet) -> Vec<(ZoneId, AddressSet)> {
        let mut v4 = pieces(&self.v4, &set.v4);
        let mut v6 = pieces(&self.v6, &set.v6);
        v4.sort_by_key(|(id, ..)| *id);
        v6.sort_by_key(|(id, ..)| *id);
        let mut zones: Vec<ZoneId> = v4.iter().map(|p| p.0).chain(v6.iter().map(|p| p.0)).collect();
        zones.sort_unstable();
        zones.dedup();
        let (mut rest4, mut rest6) = (v4.as_slice(), v6.as_slice());
        let mut parts: Vec<(ZoneId, AddressSet)> = zones
            .into_iter()
            .map(|id| {
                (
                    id,
                    AddressSet {
                        v4: take_zone(&mut rest4, id),
                        v6: take_zone(&mut rest6, id),
                    },
                )
            })
            .collect();
        if let Some((id, addresses)) = &self.external {
            let part = set.intersection(addresses);
            if !part.is_empty() {
                let at = parts.partition_point(|(zone, _)| zone < id);
                parts.insert(at, (*id, part));
            }
        }
        parts
    }
}

fn lookup<T: Ordinal>(ranges: &[(T, T, ZoneId)], value: T) -> Option<ZoneId> {
    let after = ranges.partition_point(|(first, ..)| *first <= value);
    let (_, last, id) = after.checked_sub(1).and_then(|i| ranges.get(i))?;
    (value <= *last).then_some(*id)
}

fn pieces<T: Ordinal>(ranges: &[(T, T, ZoneId)], set: &IntervalSet<T>) -> Vec<(ZoneId, T, T)> {
    let mut out = Vec::new();
    for &(first, last) in set.ranges() {
        let from = ranges.partition_point(|(_, end, _)| *end < first);
        for &(start, end, id) in ranges.get(from..).unwrap_or_default() {
            if start > last {
                break;
            }
            out.push((id, start.max(first), end.min(last)));
        }
    }
    out
}

fn take_zone<T: Ordinal>(rest: &mut &[(ZoneId, T, T)], id: ZoneId) -> IntervalSet<T> {
    let count = rest.partition_point(|(zone, ..)| *zone <= id);
    let (mine, others) = rest.split_at(count);
    *rest = others;
    mine.iter().map(|(_, first, last)| (*first, *last)).collect()
}
