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

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::blocks::{Adjacency, Blocks};
use super::graph::{Network, NetworkSide};
use crate::model::{PointId, Policy, ZoneId};

/// Blocks of at most this many vertices are searched for two disjoint paths; larger ones are taken to have them.
const SEARCHED_BLOCK: usize = 24;
/// Steps of that search, after which the paths are taken to exist.
const SEARCH_STEPS: usize = 4_000;

/// What crosses one enforcement point.
#[derive(Clone, Debug)]
pub struct Placement<'n> {
    /// The point's sides.
    pub sides: Vec<NetworkSide>,
    network: &'n Network,
    point: usize,
    /// The block into which each side leads.
    block_of_side: Vec<usize>,
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
        let mut inner = BTreeMap::new();
        for &block in network.blocks.of(point) {
            if block_of_side.iter().filter(|of| **of == block).count() > 1 {
                let members = network.blocks.members(block).iter().copied();
                let members: Vec<usize> = members.filter(|vertex| *vertex != point).collect();
                inner.insert(block, Inner::new(network, &members));
            }
        }
        Some(Self {
            sides,
            network,
            point,
            block_of_side,
            inner,
        })
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

    /// Zones by the way they lie: those behind each set of sides that share a block, in the order in which they came.
    pub fn apart(&self, zones: &[ZoneId]) -> Vec<ZonesBehind> {
        let mut parts: Vec<(usize, Hanging)> = Vec::with_capacity(zones.len());
        for zone in zones {
            parts.extend(self.places(*zone).map(|(block, vertex)| (block, (*zone, vertex))));
        }
        parts.sort_by_key(|(block, _)| *block);
        let sides_into = |block: usize| {
            let sides = self.block_of_side.iter().enumerate();
            sides.filter(move |(_, of)| **of == block).map(|(side, _)| side)
        };
        let parts = parts.chunk_by(|(a, _), (b, _)| a == b);
        let parts = parts.filter_map(|part| Some((part.first()?.0, part)));
        parts
            .map(|(block, part)| ZonesBehind {
                sides: sides_into(block).collect(),
                zones: part.iter().map(|(_, hanging)| *hanging).collect(),
            })
            .collect()
    }

    /// Of zones those behind one block.
    fn behind_block(&self, block: usize, zones: &[ZoneId]) -> Vec<Hanging> {
        let mut behind = Vec::new();
        for zone in zones {
            let places = self.places(*zone).filter(|(at, _)| *at == block);
            behind.extend(places.map(|(_, vertex)| (*zone, vertex)));
        }
        behind
    }

    /// Where a zone lies: by which block, and at which vertex of it. One each, but for the external zone.
    fn places(&self, zone: ZoneId) -> impl Iterator<Item = (usize, usize)> {
        let vertices = self.network.vertices_of.get(zone.index());
        let vertices = vertices.map_or(&[][..], Vec::as_slice).iter();
        vertices.filter_map(|vertex| self.network.tree.locate(self.point, *vertex))
    }

    /// The crossing from one side to another; none where they are the same.
    pub fn crossing(&self, from: usize, to: usize) -> Option<Crossing<'_>> {
        let (entered, left) = (*self.block_of_side.get(from)?, *self.block_of_side.get(to)?);
        if from == to {
            return None;
        }
        let walk = if entered == left {
            let inner = self.inner.get(&entered)?;
            let (entry, exit) = (self.sides.get(from)?.vertex, self.sides.get(to)?.vertex);
            Some(Walk {
                inner,
                entry: inner.rooted(entry)?,
                exit: inner.rooted(exit)?,
                known: FxHashMap::default(),
            })
        } else {
            None
        };
        Some(Crossing {
            placement: self,
            entered,
            left,
            walk,
        })
    }

    /// True where some path from one zone to another crosses the point.
    pub fn crosses(&self, from: ZoneId, to: ZoneId) -> bool {
        let to = self.apart(&[to]);
        self.apart(&[from]).iter().any(|entered| {
            to.iter().any(|left| {
                let pairs = entered.sides.iter();
                let mut pairs = pairs.flat_map(|i| left.sides.iter().map(move |j| (*i, *j)));
                pairs.any(|(i, j)| {
                    let crossing = self.crossing(i, j);
                    crossing.is_some_and(|mut crossing| !crossing.products_between(entered, left).is_empty())
                })
            })
        })
    }
}

/// A zone, and a vertex of a block at which it hangs. All that a zone hangs at come one after the other.
type Hanging = (ZoneId, usize);

fn vertices(hanging: &[Hanging]) -> impl Iterator<Item = usize> {
    hanging.iter().map(|(_, vertex)| *vertex)
}

/// Zones that lie the same way from a point, and the sides that lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ZonesBehind {
    /// Indices into [`Placement::sides`], ascending.
    pub sides: Vec<usize>,
    zones: Vec<Hanging>,
}

/// What crosses a point from one side to another.
#[derive(Debug)]
pub struct Crossing<'a> {
    placement: &'a Placement<'a>,
    entered: usize,
    left: usize,
    walk: Option<Walk<'a>>,
}

/// Zones that cross together: every one of the first with every one of the second.
pub type ZoneProduct = (Vec<ZoneId>, Vec<ZoneId>);

impl Crossing<'_> {
    /// Of the pairs of a source and a destination zone those that cross, as disjoint products, in the order of the
    /// first source. Both lists are ascending.
    pub fn products(&mut self, sources: &[ZoneId], destinations: &[ZoneId]) -> Vec<ZoneProduct> {
        let from = self.placement.behind_block(self.entered, sources);
        let to = self.placement.behind_block(self.left, destinations);
        self.combined(&from, &to)
    }

    /// The same for zones that are known to lie behind the side that is entered, and behind the one that is left.
    pub fn products_between(
        &mut self,
        sources: &ZonesBehind,
        destinations: &ZonesBehind,
    ) -> Vec<ZoneProduct> {
        self.combined(&sources.zones, &destinations.zones)
    }

    fn combined(&mut self, from: &[Hanging], to: &[Hanging]) -> Vec<ZoneProduct> {
        let of_zone = |a: &Hanging, b: &Hanging| a.0 == b.0;
        let mut products: Vec<ZoneProduct> = Vec::new();
        let mut index: FxHashMap<Vec<ZoneId>, usize> = FxHashMap::default();
        // The zone before, unless it lies on both sides: where it hangs, and the product that it is of.
        let mut last: Option<(&[Hanging], Option<usize>)> = None;
        for entered in from.chunk_by(of_zone) {
            let Some((zone, _)) = entered.first() else {
                continue;
            };
            let on_both_sides = to.binary_search_by_key(zone, |(other, _)| *other).is_ok();
            if let Some((before, product)) = last
                && !on_both_sides
                && (self.walk.is_none() || vertices(before).eq(vertices(entered)))
            {
                // As for the zone before, which hangs where this one does.
                if let Some((zones, _)) = product.and_then(|at| products.get_mut(at)) {
                    zones.push(*zone);
                }
                continue;
            }
            let reached = to.chunk_by(of_zone).filter(|left| {
                // Traffic inside a zone crosses nothing.
                left.first().is_some_and(|(other, _)| other != zone)
                    && self.walk.as_mut().is_none_or(|walk| {
                        vertices(entered).any(|p| vertices(left).any(|q| walk.disjoint(p, q)))
                    })
            });
            let reached: Vec<ZoneId> = reached.filter_map(|left| Some(left.first()?.0)).collect();
            if reached.is_empty() {
                last = (!on_both_sides).then_some((entered, None));
                continue;
            }
            let place = *index.entry(reached).or_insert_with_key(|reached| {
                products.push((Vec::new(), reached.clone()));
                products.len() - 1
            });
            if let Some((zones, _)) = products.get_mut(place) {
                zones.push(*zone);
            }
            last = (!on_both_sides).then_some((entered, Some(place)));
        }
        products
    }
}

/// A block without one of its vertices, as a tree of its own blocks and cut vertices. Vertices are local indices.
#[derive(Clone, Debug)]
struct Inner {
    /// The network's vertex of each local index, ascending.
    vertices: Vec<usize>,
    adjacency: Adjacency,
    blocks: Blocks,
    /// For each block that is a ring, the place of each of its vertices around it.
    ring: Vec<Option<BTreeMap<usize, usize>>>,
}

/// The tree seen from one vertex: the way from everywhere to it.
#[derive(Debug)]
struct Rooted {
    /// The block by which each vertex is left.
    block: Vec<Option<usize>>,
    /// The vertex by which each block is left.
    vertex: Vec<Option<usize>>,
}

impl Inner {
    fn new(network: &Network, members: &[usize]) -> Self {
        let local = |vertex: &usize| members.binary_search(vertex).ok();
        let adjacency: Adjacency = members
            .iter()
            .map(|vertex| network.neighbours(*vertex).iter().filter_map(local).collect())
            .collect();
        let blocks = Blocks::new(&adjacency, |_| false);
        let ring = blocks
            .members
            .iter()
            .map(|block| ring_order(&adjacency, block))
            .collect();
        Self {
            vertices: members.to_vec(),
            adjacency,
            blocks,
            ring,
        }
    }

    fn local(&self, vertex: usize) -> Option<usize> {
        self.vertices.binary_search(&vertex).ok()
    }

    fn rooted(&self, root: usize) -> Option<Rooted> {
        let root = self.local(root)?;
        let mut rooted = Rooted {
            block: vec![None; self.vertices.len()],
            vertex: vec![None; self.blocks.members.len()],
        };
        let mut stack = vec![root];
        while let Some(vertex) = stack.pop() {
            for &block in self.blocks.of(vertex) {
                if rooted.block.get(vertex) == Some(&Some(block)) {
                    continue;
                }
                if let Some(slot) = rooted.vertex.get_mut(block) {
                    *slot = Some(vertex);
                }
                for &next in self.blocks.members(block).iter().filter(|next| **next != vertex) {
                    if let Some(slot) = rooted.block.get_mut(next) {
                        *slot = Some(block);
                    }
                    stack.push(next);
                }
            }
        }
        Some(rooted)
    }
}

/// Where each vertex of a block stands around it, if the block is a ring.
fn ring_order(adjacency: &Adjacency, block: &[usize]) -> Option<BTreeMap<usize, usize>> {
    let inside: BTreeSet<usize> = block.iter().copied().collect();
    let next_of = |vertex: usize| -> Vec<usize> {
        adjacency
            .get(vertex)
            .map_or(&[][..], Vec::as_slice)
            .iter()
            .copied()
            .filter(|n| inside.contains(n))
            .collect()
    };
    if block.len() < 3 || block.iter().any(|vertex| next_of(*vertex).len() != 2) {
        return None;
    }
    let mut order = BTreeMap::new();
    let mut at = *block.first()?;
    while order.len() < block.len() {
        order.insert(at, order.len());
        match next_of(at).into_iter().find(|next| !order.contains_key(next)) {
            Some(next) => at = next,
            None => break,
        }
    }
    Some(order)
}

/// Answers whether two ways through the inner tree can be disjoint.
#[derive(Debug)]
struct Walk<'a> {
    inner: &'a Inner,
    entry: Rooted,
    exit: Rooted,
    known: FxHashMap<(usize, usize), bool>,
}

/// A way: every vertex on it, and the blocks crossed with where they are entered and left.
struct Way {
    vertices: Vec<usize>,
    blocks: Vec<(usize, usize, usize)>,
}

impl Way {
    fn new(rooted: &Rooted, from: usize) -> Self {
        let mut way = Self {
            vertices: vec![from],
            blocks: Vec::new(),
        };
        let mut at = from;
        while let Some(block) = rooted.block.get(at).copied().flatten() {
            let Some(next) = rooted.vertex.get(block).copied().flatten() else {
                break;
            };
            way.blocks.push((block, at, next));
            way.vertices.push(next);
            at = next;
        }
        way
    }
}

impl Walk<'_> {
    /// True where paths from `p` to the entry and from the exit to `q` can share no vertex.
    fn disjoint(&mut self, p: usize, q: usize) -> bool {
        if let Some(known) = self.known.get(&(p, q)) {
            return *known;
        }
        let answer = self.search(p, q).unwrap_or(false);
        self.known.insert((p, q), answer);
        answer
    }

    fn search(&self, p: usize, q: usize) -> Option<bool> {
        let first = Way::new(&self.entry, self.inner.local(p)?);
        let second = Way::new(&self.exit, self.inner.local(q)?);
        if first
            .vertices
            .iter()
            .any(|vertex| second.vertices.contains(vertex))
        {
            return Some(false);
        }
        // Ways through a tree that share no cut vertex share at most one block.
        for (block, a, b) in &first.blocks {
            if let Some((_, c, d)) = second.blocks.iter().find(|(other, ..)| other == block) {
                return Some(self.inner.two_paths(*block, (*a, *b), (*c, *d)));
            }
        }
        Some(true)
    }
}

impl Inner {
    /// True where a block has paths between both pairs that share no vertex. All four vertices differ.
    fn two_paths(&self, block: usize, (a, b): (usize, usize), (c, d): (usize, usize)) -> bool {
        if let Some(Some(order)) = self.ring.get(block) {
            let place = |vertex: &usize| order.get(vertex).copied().unwrap_or(0);
            let (low, high) = (place(&a).min(place(&b)), place(&a).max(place(&b)));
            let between = |vertex: &usize| (low..high).contains(&place(vertex));
            return between(&c) == between(&d);
        }
        let members = self.blocks.members(block);
        if members.len() > SEARCHED_BLOCK {
            return true;
        }
        let inside: BTreeSet<usize> = members.iter().copied().collect();
        // Depth first over loop-free paths a..b; each is good where c still reaches d.
        let mut path = vec![a];
        let mut choices: Vec<Vec<usize>> = vec![self.steps(a, &inside)];
        for _ in 0..SEARCH_STEPS {
            let Some(next) = choices.last_mut().map(Vec::pop) else {
                return false;
            };
            match next {
                None => {
                    path.pop();
                    choices.pop();
                }
                Some(next) if next == b => {
                    path.push(b);
                    if self.connected(c, d, &path, &inside) {
                        return true;
                    }
                    path.pop();
                }
                Some(next) if next == c || next == d || path.contains(&next) => {}
                Some(next) => {
                    path.push(next);
                    choices.push(self.steps(next, &inside));
                }
            }
        }
        true
    }

    fn steps(&self, vertex: usize, inside: &BTreeSet<usize>) -> Vec<usize> {
        let next = self.adjacency.get(vertex).map_or(&[][..], Vec::as_slice);
        next.iter()
            .copied()
            .filter(|vertex| inside.contains(vertex))
            .collect()
    }

    fn connected(&self, from: usize, to: usize, without: &[usize], inside: &BTreeSet<usize>) -> bool {
        let mut seen: BTreeSet<usize> = without.iter().copied().collect();
        let mut stack = vec![from];
        while let Some(vertex) = stack.pop() {
            if vertex == to {
                return true;
            }
            if seen.insert(vertex) {
                stack.extend(self.steps(vertex, inside));
            }
        }
        false
    }
}
