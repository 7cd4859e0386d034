//! Which zone pairs cross an enforcement point, and by which of its sides.
//!
//! A loop-free path from x to y crosses the point D from side i to side j when two paths that share no vertex lead
//! from x to side i and from side j to y, without D. In terms of blocks:
//!
//! - Sides in different blocks: D is a cut vertex between them, and everything behind the one block reaches everything
//!   behind the other.
//! - Sides in one block B: x and y hang at vertices p and q of B. The paths p..i and j..q must be disjoint in B without D:
//!   they must not share a cut vertex of it. Where both cross the same block of it, a ring decides by the order around
//!   the ring, a small block by a bounded search, and a large meshed block counts as crossed.

use std::collections::BTreeMap;

use super::crossing::Crossing;
use super::graph::{Network, NetworkSide};
use super::inner::Inner;
use super::walk::Walk;
use super::whereabouts::{Place, Whereabouts};
use crate::model::{PointId, Policy, ZoneId};

/// What crosses one enforcement point.
#[derive(Clone, Debug)]
pub struct Placement<'n> {
    /// The point's sides.
    pub sides: Vec<NetworkSide>,
    network: &'n Network,
    point: usize,
    /// The block into which each side leads.
    block_of_side: Vec<usize>,
    /// The sides that lead into each block, ascending.
    sides_of_block: BTreeMap<usize, Vec<usize>>,
    /// The blocks into which two sides lead or more, without the point.
    inner: BTreeMap<usize, Inner>,
}

impl<'n> Placement<'n> {
    /// The placement at a point that forwards; none for a host firewall or a point without interfaces.
    pub fn new(network: &'n Network, policy: &Policy, id: PointId) -> Option<Self> {
        let point = *network.point_vertex.get(&id)?;
        let sides = network.sides(policy, id);
        let block_of_side: Vec<usize> = sides
            .iter()
            .map(|side| network.tree.locate(point, side.vertex).map(|(block, _)| block))
            .collect::<Option<_>>()?;
        let mut sides_of_block: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (side, block) in block_of_side.iter().enumerate() {
            sides_of_block.entry(*block).or_default().push(side);
        }
        let mut inner = BTreeMap::new();
        for &block in network.blocks.of(point) {
            if sides_of_block.get(&block).is_some_and(|sides| sides.len() > 1) {
                let members = network.blocks.members(block);
                inner.insert(block, Inner::new(network, members, point));
            }
        }
        Some(Self {
            sides,
            network,
            point,
            block_of_side,
            sides_of_block,
            inner,
        })
    }

    /// The zones of the segment into which a side leads.
    pub fn zones_at(&self, side: usize) -> &[ZoneId] {
        let side = self.sides.get(side);
        side.map_or(&[], |side| self.network.zones_at(side.vertex))
    }

    /// Every zone whose packets may come in by a side, ascending.
    pub fn behind(&self, side: usize) -> Vec<ZoneId> {
        let Some(block) = self.block_of_side.get(side) else {
            return Vec::new();
        };
        let beyond = self.network.tree.beyond(self.point, *block);
        let mut zones: Vec<ZoneId> = beyond
            .flat_map(|vertex| self.network.zones_at(vertex))
            .copied()
            .collect();
        zones.sort_unstable();
        zones.dedup();
        zones
    }

    /// Sides that a way joins without the point: of each such set two sides or more.
    pub fn meshed(&self) -> impl Iterator<Item = &[usize]> {
        let sets = self.sides_of_block.values().map(Vec::as_slice);
        sets.filter(|sides| sides.len() > 1)
    }

    /// Where zones lie from the point.
    pub fn whereabouts(&self) -> Whereabouts<'_> {
        Whereabouts::new(self, self.network.vertices_of.len())
    }

    pub(super) fn sides_into(&self, block: usize) -> &[usize] {
        self.sides_of_block.get(&block).map_or(&[], Vec::as_slice)
    }

    /// Of zones those behind one block.
    pub(super) fn behind_block(&self, block: usize, zones: &[ZoneId]) -> Vec<(Place, ZoneId)> {
        let places = zones
            .iter()
            .flat_map(|zone| self.places(*zone).map(move |place| (place, *zone)));
        places.filter(|(place, _)| place.block == block).collect()
    }

    /// Where a zone lies: by which block, and at which vertex of it. One each, but for zones that carry no transit.
    pub(super) fn places(&self, zone: ZoneId) -> impl Iterator<Item = Place> {
        let vertices = self.network.vertices_of.get(zone.index());
        let vertices = vertices.map_or(&[][..], Vec::as_slice).iter();
        let located = vertices.filter_map(|vertex| self.network.tree.locate(self.point, *vertex));
        located.filter_map(|(block, vertex)| {
            let member = self.member(block, vertex)?;
            Some(Place { block, member })
        })
    }

    /// The index of a vertex among the members of a block.
    fn member(&self, block: usize, vertex: usize) -> Option<usize> {
        self.network.blocks.members(block).binary_search(&vertex).ok()
    }

    /// The crossing from one side to another; none where they are the same.
    pub fn crossing(&self, from: usize, to: usize) -> Option<Crossing<'_>> {
        let (entered, left) = (*self.block_of_side.get(from)?, *self.block_of_side.get(to)?);
        if from == to {
            return None;
        }
        let walk = if entered == left {
            let inner = self.inner.get(&entered)?;
            let member = |side: usize| self.member(entered, self.sides.get(side)?.vertex);
            Some(Walk::new(inner, member(from)?, member(to)?))
        } else {
            None
        };
        Some(Crossing::new(self, (entered, left), walk))
    }

    /// True where some path from one zone to another crosses the point.
    pub fn crosses(&self, from: ZoneId, to: ZoneId) -> bool {
        let mut whereabouts = self.whereabouts();
        let (from, to) = (whereabouts.apart(&[from]), whereabouts.apart(&[to]));
        from.iter().any(|entered| {
            to.iter().any(|left| {
                let pairs = entered.sides.iter();
                let mut pairs = pairs.flat_map(|i| left.sides.iter().map(move |j| (*i, *j)));
                pairs.any(|(i, j)| {
                    let mut found = false;
                    if let Some(mut crossing) = self.crossing(i, j) {
                        crossing.each(entered, left, |_, _| found = true);
                    }
                    found
                })
            })
        })
    }
}
