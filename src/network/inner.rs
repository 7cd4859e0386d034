//! A block of the network without one of its vertices, and whether two paths through a block of that can be disjoint.

use std::collections::{BTreeMap, BTreeSet};

use super::block_tree::BlockTree;
use super::blocks::{Adjacency, Blocks};
use super::graph::Network;

/// Blocks of at most this many vertices are searched for two disjoint paths; larger ones are taken to have them.
const SEARCHED_BLOCK: usize = 24;
/// Steps of that search, after which the paths are taken to exist.
const SEARCH_STEPS: usize = 4_000;

/// A block without one of its vertices, as a tree of its own blocks and cut vertices. Its vertices go by their index
/// among all members of the block.
#[derive(Clone, Debug)]
pub(super) struct Inner {
    adjacency: Adjacency,
    blocks: Blocks,
    /// For each block that is a ring, the place of each of its vertices around it.
    ring: Vec<Option<BTreeMap<usize, usize>>>,
}

impl Inner {
    pub(super) fn new(network: &Network, members: &[usize], without: usize) -> Self {
        let index = |vertex: &usize| members.binary_search(vertex).ok();
        let adjacency: Adjacency = members
            .iter()
            .map(|vertex| network.neighbours(*vertex).iter().filter_map(index).collect())
            .collect();
        let without = index(&without);
        let blocks = Blocks::new(&adjacency, |vertex| Some(vertex) == without);
        let ring = blocks
            .members
            .iter()
            .map(|block| ring_order(&adjacency, block))
            .collect();
        Self {
            adjacency,
            blocks,
            ring,
        }
    }

    /// Its blocks as a tree with one of its vertices at the root.
    pub(super) fn rooted(&self, root: usize) -> BlockTree {
        BlockTree::rooted(&self.blocks, root)
    }

    /// How many vertices the block has, that which is left out counted.
    pub(super) fn len(&self) -> usize {
        self.adjacency.len()
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

impl Inner {
    /// True where a block is too large to be searched, and no ring.
    fn is_large(&self, block: usize) -> bool {
        let ring = self.ring.get(block).is_some_and(Option::is_some);
        !ring && self.blocks.members(block).len() > SEARCHED_BLOCK
    }

    /// True where a block has paths between both pairs that share no vertex. All four vertices differ.
    pub(super) fn two_paths(&self, block: usize, (a, b): (usize, usize), (c, d): (usize, usize)) -> bool {
        if let Some(Some(order)) = self.ring.get(block) {
            let place = |vertex: &usize| order.get(vertex).copied().unwrap_or(0);
            let (low, high) = (place(&a).min(place(&b)), place(&a).max(place(&b)));
            let between = |vertex: &usize| (low..high).contains(&place(vertex));
            return between(&c) == between(&d);
        }
        if self.is_large(block) {
            return true;
        }
        let members = self.blocks.members(block);
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
