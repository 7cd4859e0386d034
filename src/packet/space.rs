//! Rank space: the addresses of each family and side, cut at every boundary that some set has, and numbered.
//!
//! Between two neighbouring boundaries no set tells addresses apart, so an address may be replaced by the
//! number of its piece. IPv6 then costs what IPv4 costs. Protocols, ports, types and codes are small already.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use rustc_hash::FxHashMap;

use super::{AddressSet, Family, FlowSet, IntervalSet, Ordinal};

/// Whose address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The sender's.
    Source,
    /// The receiver's.
    Destination,
}

/// One address field of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    /// The family.
    pub family: Family,
    /// Source or destination.
    pub side: Side,
}

impl Axis {
    fn index(self) -> usize {
        let family = usize::from(self.family == Family::V6);
        family * 2 + usize::from(self.side == Side::Destination)
    }

    /// The largest address of the axis.
    pub fn last_value(self) -> u128 {
        match self.family {
            Family::V4 => u128::from(u32::MAX),
            Family::V6 => u128::MAX,
        }
    }
}

/// The numbered pieces of all four axes. Ranks of one space mean nothing in another.
#[derive(Clone, Debug)]
pub struct Space {
    /// Where each piece starts, ascending, 0 first.
    starts: [Vec<u128>; 4],
}

/// From so many boundaries of an axis on, a set keeps those that repeat from taking memory.
const MANY: usize = 1 << 14;

/// Collects boundaries for a [`Space`].
#[derive(Clone, Debug, Default)]
pub struct Boundaries<'a> {
    starts: [Vec<u128>; 4],
    /// The boundaries of axes that have many.
    many: [HashSet<u128>; 4],
    /// Sets are shared, and told apart by place: holding them keeps each place taken.
    seen: FxHashMap<(usize, Side), &'a AddressSet>,
}

impl<'a> Boundaries<'a> {
    /// Adds the boundaries of a product.
    pub fn flow(&mut self, flow: &'a FlowSet) {
        self.addresses(Side::Source, &flow.source);
        self.addresses(Side::Destination, &flow.destination);
    }

    fn addresses(&mut self, side: Side, set: &'a AddressSet) {
        if self
            .seen
            .insert((std::ptr::from_ref(set).addr(), side), set)
            .is_some()
        {
            return;
        }
        for (first, last) in set.v4.ranges() {
            let axis = Axis {
                family: Family::V4,
                side,
            };
            self.range(axis, first.wide(), last.wide());
        }
        for &(first, last) in set.v6.ranges() {
            let axis = Axis {
                family: Family::V6,
                side,
            };
            self.range(axis, first, last);
        }
    }

    /// Adds the two boundaries of a closed range.
    pub fn range(&mut self, axis: Axis, first: u128, last: u128) {
        let (starts, many) = (&mut self.starts[axis.index()], &mut self.many[axis.index()]);
        let mut add = |start| {
            if many.is_empty() && starts.len() < MANY {
                starts.push(start);
            } else {
                many.extend(starts.drain(..));
                many.insert(start);
            }
        };
        add(first);
        if last < axis.last_value() {
            add(last + 1);
        }
    }

    /// The space with all boundaries added so far.
    pub fn finish(mut self) -> Space {
        for (starts, many) in self.starts.iter_mut().zip(self.many) {
            starts.extend(many);
            starts.push(0);
            starts.sort_unstable();
            starts.dedup();
        }
        Space { starts: self.starts }
    }
}

impl Space {
    /// The space of some products.
    pub fn of<'a>(flows: impl IntoIterator<Item = &'a FlowSet>) -> Self {
        let mut boundaries = Boundaries::default();
        for flow in flows {
            boundaries.flow(flow);
        }
        boundaries.finish()
    }

    fn starts(&self, axis: Axis) -> &[u128] {
        &self.starts[axis.index()]
    }

    /// The last rank of an axis.
    pub fn last_rank(&self, axis: Axis) -> u32 {
        rank_of(self.starts(axis).len() - 1)
    }

    /// The rank of the piece that holds an address.
    pub fn rank(&self, axis: Axis, value: u128) -> u32 {
        rank_of(last_not_above(self.starts(axis), 0, value))
    }

    /// The first and last address of a piece; ranks past the end stand for the last piece.
    pub fn piece(&self, axis: Axis, rank: u32) -> (u128, u128) {
        let starts = self.starts(axis);
        let rank = (rank as usize).min(starts.len() - 1);
        let after = starts.get(rank + 1).map(|start| start - 1);
        (starts[rank], after.unwrap_or_else(|| axis.last_value()))
    }

    /// The ranks of the addresses of a set. Exact where the set's boundaries are in the space.
    pub fn ranks(&self, axis: Axis, set: &AddressSet) -> IntervalSet<u32> {
        match axis.family {
            Family::V4 => self.ranks_of(axis, &set.v4),
            Family::V6 => self.ranks_of(axis, &set.v6),
        }
    }

    fn ranks_of<T: Ordinal>(&self, axis: Axis, set: &IntervalSet<T>) -> IntervalSet<u32> {
        let starts = self.starts(axis);
        let mut from = 0;
        let ranks = set.ranges().iter().map(|(first, last)| {
            // Ranges ascend, and most lie in one piece.
            let first_rank = last_not_above(starts, from, first.wide());
            let last = last.wide();
            let same = starts.get(first_rank + 1).is_none_or(|next| *next > last);
            from = if same {
                first_rank
            } else {
                last_not_above(starts, first_rank, last)
            };
            (rank_of(first_rank), rank_of(from))
        });
        ranks.collect()
    }

    /// The addresses behind ranks.
    pub fn addresses(&self, axis: Axis, ranks: &IntervalSet<u32>) -> AddressSet {
        let values = ranks.ranges().iter().map(|(first, last)| {
            let (start, _) = self.piece(axis, *first);
            let (_, end) = self.piece(axis, *last);
            (start, end)
        });
        let mut set = AddressSet::empty();
        match axis.family {
            Family::V4 => {
                set.v4 = values
                    .map(|(first, last)| (narrow(first), narrow(last)))
                    .collect()
            }
            Family::V6 => set.v6 = values.collect(),
        }
        set
    }
}

/// A number of an axis as an address.
pub(crate) fn address(family: Family, value: u128) -> IpAddr {
    match family {
        Family::V4 => Ipv4Addr::from(narrow(value)).into(),
        Family::V6 => Ipv6Addr::from(value).into(),
    }
}

/// An address as a number of its axis.
pub(crate) fn number(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(a) => u128::from(u32::from(a)),
        IpAddr::V6(a) => u128::from(a),
    }
}

fn narrow(value: u128) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The index of the last start that is not above a value, which the one at `from` is not: 0 is always a start.
fn last_not_above(starts: &[u128], from: usize, value: u128) -> usize {
    let rest = starts.get(from..).unwrap_or_default();
    from + rest.partition_point(|start| *start <= value) - 1
}

fn rank_of(index: usize) -> u32 {
    // Four thousand million boundaries do not fit in memory.
    u32::try_from(index).unwrap_or(u32::MAX)
}
