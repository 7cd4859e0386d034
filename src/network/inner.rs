//! A block of the network without one of its vertices, and whether two ways through it can be disjoint.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use super::blocks::{Adjacency, Blocks};
use super::graph::Network;

/// Blocks of at most this many vertices are searched for two disjoint paths; larger ones are taken to have them.
const SEARCHED_BLOCK: usize = 24;
/// Ways of up to so many vertices together are held against each other anew each time.
const SHORT: usize = 16;
/// Steps of that search, after which the paths are taken to exist.
const SEARCH_STEPS: usize = 4_000;

/// A block without one of its vertices, as a tree of its own blocks and cut vertices. Vertices are local indices.
#[derive(Clone, Debug)]
pub(super) struct Inner {
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
    pub(super) fn new(network: &Network, members: &[usize]) -> Self {
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
pub(super) struct Walk<'a> {
    inner: &'a Inner,
    entry: Ways,
    exit: Ways,
    known: FxHashMap<(usize, usize), bool>,
}

/// The ways to one vertex, each followed once.
#[derive(Debug)]
struct Ways {
    rooted: Rooted,
    /// By the local index of where they begin.
    known: Vec<OnceCell<Way>>,
}

impl Ways {
    fn new(inner: &Inner, to: usize) -> Option<Self> {
        let rooted = inner.rooted(to)?;
        let known = vec![OnceCell::new(); rooted.block.len()];
        Some(Self { rooted, known })
    }

    fn from(&self, vertex: usize) -> Option<&Way> {
        let known = self.known.get(vertex)?;
        Some(known.get_or_init(|| Way::new(&self.rooted, vertex)))
    }
}

/// A way: every vertex on it, and the blocks crossed with where they are entered and left.
#[derive(Clone, Debug)]
struct Way {
    vertices: Vec<usize>,
    blocks: Vec<(usize, usize, usize)>,
}

/// Where two ways meet.
enum Meeting {
    /// At a vertex.
    Vertex,
    /// At no vertex, but in a block: where each of them enters and leaves it.
    Block(usize, (usize, usize), (usize, usize)),
    Nowhere,
}

impl Way {
    fn meets(&self, other: &Self) -> Meeting {
        let shared = |vertex: &usize| other.vertices.contains(vertex);
        if self.vertices.iter().any(shared) {
            return Meeting::Vertex;
        }
        // Ways through a tree that share no cut vertex share at most one block.
        for (block, a, b) in &self.blocks {
            if let Some((_, c, d)) = other.blocks.iter().find(|(at, ..)| at == block) {
                return Meeting::Block(*block, (*a, *b), (*c, *d));
            }
        }
        Meeting::Nowhere
    }

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

impl<'a> Walk<'a> {
    /// Between two of its vertices; none where one is not its own.
    pub(super) fn new(inner: &'a Inner, entry: usize, exit: usize) -> Option<Self> {
        Some(Self {
            inner,
            entry: Ways::new(inner, entry)?,
            exit: Ways::new(inner, exit)?,
            known: FxHashMap::default(),
        })
    }

    /// True where paths from `p` to the entry and from the exit to `q` can share no vertex.
    pub(super) fn disjoint(&mut self, p: usize, q: usize) -> bool {
        if let Some(answer) = self.at_once(p, q) {
            return answer;
        }
        if let Some(known) = self.known.get(&(p, q)) {
            return *known;
        }
        let ways = self.ways(p, q);
        let answer = ways.is_some_and(|(first, second)| match first.meets(second) {
            Meeting::Vertex => false,
            Meeting::Block(block, one, other) => self.inner.two_paths(block, one, other),
            Meeting::Nowhere => true,
        });
        self.known.insert((p, q), answer);
        answer
    }

    /// The same where to look is quicker than to remember.
    fn at_once(&self, p: usize, q: usize) -> Option<bool> {
        let Some((first, second)) = self.ways(p, q) else {
            return Some(false);
        };
        if first.vertices.len() + second.vertices.len() > SHORT {
            return None;
        }
        match first.meets(second) {
            Meeting::Vertex => Some(false),
            Meeting::Block(block, ..) => self.inner.is_large(block).then_some(true),
            Meeting::Nowhere => Some(true),
        }
    }

    /// The way from `p` to the entry, and that from `q` to the exit.
    fn ways(&self, p: usize, q: usize) -> Option<(&Way, &Way)> {
        let first = self.entry.from(self.inner.local(p)?)?;
        Some((first, self.exit.from(self.inner.local(q)?)?))
    }
}

impl Inner {
    /// True where a block is too large to be searched, and no ring.
    fn is_large(&self, block: usize) -> bool {
        let ring = self.ring.get(block).is_some_and(Option::is_some);
        !ring && self.blocks.members(block).len() > SEARCHED_BLOCK
    }

    /// True where a block has paths between both pairs that share no vertex. All four vertices differ.
    fn two_paths(&self, block: usize, (a, b): (usize, usize), (c, d): (usize, usize)) -> bool {
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
