//! Hash-consed decision nodes over fields, and the operations on them.
//!
//! A node tests one field; its edges are disjoint intervals that cover the field, ascending, neighbours with
//! different targets, never one edge alone; every node is stored once. So two nodes decide alike exactly when
//! their ids are equal. (Gouda and Liu, *Structured firewall design*, 2007; Li et al., *NDD*, NSDI 2025.)

use std::hash::Hasher;

use rustc_hash::{FxHashMap, FxHasher};

use crate::packet::budget::{GaveUp, Meter};

/// A stored node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct NodeId(u32);

impl NodeId {
    /// No rule decides.
    pub(crate) const NONE: Self = Self(0);
    /// Denied.
    pub(crate) const DENY: Self = Self(1);
    /// Permitted.
    pub(crate) const PERMIT: Self = Self(2);

    fn index(self) -> usize {
        self.0 as usize
    }
}

/// The level of leaves, below every field.
pub(crate) const LEAF: u8 = u8::MAX;

/// Where an edge ends (included), and what it leads to. It starts after the edge before. Values past the end
/// of a field's domain go with the domain's last value, so that the last edge always ends at `u32::MAX`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Edge {
    pub(crate) last: u32,
    pub(crate) to: NodeId,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    level: u8,
    start: usize,
    len: u32,
}

/// An operation on two nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Op {
    /// The first where it decides, else the second.
    Override,
    /// Permitted by either.
    Union,
    /// Permitted by both.
    Intersection,
    /// Permitted by the first and not by the second.
    Difference,
}

impl Op {
    /// The result where it needs no look below.
    fn shortcut(self, a: NodeId, b: NodeId) -> Option<NodeId> {
        use NodeId as N;
        match self {
            Self::Override if a == N::PERMIT || a == N::DENY || a == b || b == N::NONE => Some(a),
            Self::Override if a == N::NONE => Some(b),
            Self::Union if a == b || a == N::PERMIT || b == N::DENY => Some(a),
            Self::Union if b == N::PERMIT || a == N::DENY => Some(b),
            Self::Intersection if a == b || a == N::DENY || b == N::PERMIT => Some(a),
            Self::Intersection if b == N::DENY || a == N::PERMIT => Some(b),
            Self::Difference if a == b || a == N::DENY || b == N::PERMIT => Some(N::DENY),
            Self::Difference if b == N::DENY => Some(a),
            _ => None,
        }
    }
}

/// Past this many remembered results of one operation, forgetting costs less than memory. A table of twice the size
/// would come just after.
const MEMO_LIMIT: usize = 3_600_000;

/// So many results are remembered in any case.
const LEAST_MEMO: usize = 1 << 16;

/// So many edges take the memory of a node.
const EDGES_OF_A_NODE: usize = 4;

/// All nodes of one diagram.
#[derive(Debug)]
pub(crate) struct Store<'m> {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
    /// Open addressing over node indices, 0 for free (node 0 is a leaf and never looked up). Keys are compared
    /// in full: a hash alone must never make two nodes equal.
    table: Vec<u32>,
    memo: [FxHashMap<(NodeId, NodeId), NodeId>; 4],
    /// Edges under construction, those of outer calls below those of inner ones.
    scratch: Vec<Edge>,
    /// How many results of an operation are remembered.
    memo_limit: usize,
    meter: &'m mut Meter,
}

impl<'m> Store<'m> {
    pub(crate) fn new(meter: &'m mut Meter) -> Self {
        let leaf = Node {
            level: LEAF,
            start: 0,
            len: 0,
        };
        Self {
            nodes: vec![leaf; 3],
            edges: Vec::new(),
            table: vec![0; 1 << 10],
            memo: Default::default(),
            scratch: Vec::new(),
            // Of diagrams that may be small, many may be alive at once.
            memo_limit: MEMO_LIMIT.min(meter.rest().nodes as usize / 2).max(LEAST_MEMO),
            meter,
        }
    }

    /// How much memory nodes take, in nodes of few edges.
    fn alive(&self) -> usize {
        self.nodes.len() + self.edges.len() / EDGES_OF_A_NODE
    }

    /// Spends nodes for a value that outlives the diagram.
    pub(crate) fn keep(&mut self, nodes: usize) -> Result<(), GaveUp> {
        self.meter.keep(nodes, self.alive())
    }

    /// The level of the field a node tests.
    pub(crate) fn level(&self, node: NodeId) -> u8 {
        self.nodes[node.index()].level
    }

    /// The edges of a node; none for a leaf.
    pub(crate) fn edges(&self, node: NodeId) -> &[Edge] {
        let Node { start, len, .. } = self.nodes[node.index()];
        &self.edges[start..start + len as usize]
    }

    /// The edges of a node at `level`: a node that does not test it leads to itself, whatever the value.
    pub(crate) fn edges_at(&self, node: NodeId, level: u8) -> Edges<'_> {
        Edges {
            rest: if self.level(node) == level {
                self.edges(node)
            } else {
                &[]
            },
            whole: (self.level(node) != level).then_some(node),
            from: 0,
        }
    }

    /// Where a value leads.
    pub(crate) fn step(&self, node: NodeId, level: u8, value: u32) -> NodeId {
        if self.level(node) != level {
            return node;
        }
        let edges = self.edges(node);
        let at = edges.partition_point(|edge| edge.last < value);
        edges.get(at).map_or(NodeId::DENY, |edge| edge.to)
    }

    /// A node from edges: ascending, the last one at `u32::MAX`.
    pub(crate) fn node(
        &mut self,
        level: u8,
        edges: impl IntoIterator<Item = Edge>,
    ) -> Result<NodeId, GaveUp> {
        let base = self.scratch.len();
        for edge in edges {
            self.push(base, edge);
        }
        self.finish(level, base)
    }

    /// `inside` for values in one of the ranges (ascending, disjoint), `outside` for all others.
    pub(crate) fn choice(
        &mut self,
        level: u8,
        ranges: impl IntoIterator<Item = (u32, u32)>,
        inside: NodeId,
        outside: NodeId,
    ) -> Result<NodeId, GaveUp> {
        let base = self.scratch.len();
        let mut next = Some(0);
        for (first, last) in ranges {
            if let Some(before) = first
                .checked_sub(1)
                .filter(|before| next.is_some_and(|n| n <= *before))
            {
                self.push(
                    base,
                    Edge {
                        last: before,
                        to: outside,
                    },
                );
            }
            self.push(base, Edge { last, to: inside });
            next = last.checked_add(1);
        }
        if next.is_some() {
            let last = u32::MAX;
            self.push(base, Edge { last, to: outside });
        }
        self.finish(level, base)
    }

    /// Applies an operation. Recursion is as deep as there are fields.
    pub(crate) fn apply(&mut self, op: Op, a: NodeId, b: NodeId) -> Result<NodeId, GaveUp> {
        if let Some(result) = op.shortcut(a, b) {
            return Ok(result);
        }
        let key = match op {
            Op::Union | Op::Intersection if b < a => (b, a),
            _ => (a, b),
        };
        if let Some(result) = self.memo[op as usize].get(&key) {
            return Ok(*result);
        }
        let level = self.level(a).min(self.level(b));
        let base = self.scratch.len();
        let (mut left, mut right) = (self.cursor(a, level), self.cursor(b, level));
        let mut looked_at = 0;
        loop {
            looked_at += 1;
            let (x, y) = (self.at(left), self.at(right));
            let to = self.apply(op, x.to, y.to)?;
            let last = x.last.min(y.last);
            self.push(base, Edge { last, to });
            if last == u32::MAX {
                break;
            }
            left.advance_past(x, last);
            right.advance_past(y, last);
        }
        self.meter.spend(looked_at, self.alive())?;
        let result = self.intern(level, base);
        let memo = &mut self.memo[op as usize];
        if memo.len() >= self.memo_limit {
            memo.clear();
        }
        memo.insert(key, result);
        Ok(result)
    }

    /// The override of many, earlier ones first, balanced so that small lists meet small lists.
    pub(crate) fn override_all(&mut self, parts: Vec<NodeId>) -> Result<NodeId, GaveUp> {
        balanced(parts, NodeId::NONE, |first, second| {
            self.apply(Op::Override, first, second)
        })
    }

    /// Forgets results, not nodes.
    pub(crate) fn forget(&mut self) {
        self.memo = Default::default();
    }

    fn cursor(&self, node: NodeId, level: u8) -> Cursor {
        if self.level(node) == level {
            Cursor::At(self.nodes[node.index()].start)
        } else {
            Cursor::Whole(node)
        }
    }

    fn at(&self, cursor: Cursor) -> Edge {
        match cursor {
            Cursor::At(index) => self.edges[index],
            Cursor::Whole(to) => Edge { last: u32::MAX, to },
        }
    }

    fn push(&mut self, base: usize, edge: Edge) {
        match self.scratch.get_mut(base..).and_then(<[Edge]>::last_mut) {
            Some(top) if top.to == edge.to => top.last = edge.last,
            _ => self.scratch.push(edge),
        }
    }

    /// Turns the edges above `base` into a node, stored once.
    fn finish(&mut self, level: u8, base: usize) -> Result<NodeId, GaveUp> {
        let edges = self.scratch.len() - base;
        self.meter.spend(edges, self.alive() + edges / EDGES_OF_A_NODE)?;
        Ok(self.intern(level, base))
    }

    fn intern(&mut self, level: u8, base: usize) -> NodeId {
        let len = self.scratch.len() - base;
        if let [only] = self.scratch[base..] {
            self.scratch.truncate(base);
            return only.to;
        }
        if (self.nodes.len() + 1) * 2 > self.table.len() {
            self.grow();
        }
        let edges = &self.scratch[base..];
        let mask = self.table.len() - 1;
        let mut slot = hash(level, edges) & mask;
        let found = loop {
            let index = self.table[slot];
            if index == 0 {
                break None;
            }
            let node = self.nodes[index as usize];
            if node.level == level && self.edges[node.start..node.start + node.len as usize] == *edges {
                break Some(NodeId(index));
            }
            slot = (slot + 1) & mask;
        };
        let id = match found {
            Some(id) => id,
            None => {
                // The meter keeps the number of nodes within u32, and the edges of one node with it.
                let id = NodeId(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
                self.nodes.push(Node {
                    level,
                    start: self.edges.len(),
                    len: u32::try_from(len).unwrap_or(u32::MAX),
                });
                self.edges.extend_from_slice(edges);
                self.table[slot] = id.0;
                id
            }
        };
        self.scratch.truncate(base);
        id
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 2 - 1;
        let mut table = vec![0; mask + 1];
        for (index, node) in self.nodes.iter().enumerate().skip(3) {
            let mut slot = hash(
                node.level,
                &self.edges[node.start..node.start + node.len as usize],
            ) & mask;
            while table[slot] != 0 {
                slot = (slot + 1) & mask;
            }
            table[slot] = u32::try_from(index).unwrap_or(u32::MAX);
        }
        self.table = table;
    }
}

/// A place among the edges of a node, or a node that does not test the field.
#[derive(Clone, Copy)]
enum Cursor {
    At(usize),
    Whole(NodeId),
}

impl Cursor {
    fn advance_past(&mut self, edge: Edge, last: u32) {
        if let Self::At(index) = self
            && edge.last == last
        {
            *index += 1;
        }
    }
}

/// Edges with both ends: (first, last, target).
pub(crate) struct Edges<'a> {
    rest: &'a [Edge],
    whole: Option<NodeId>,
    from: u32,
}

impl Iterator for Edges<'_> {
    type Item = (u32, u32, NodeId);

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(node) = self.whole.take() {
            return Some((0, u32::MAX, node));
        }
        let (edge, rest) = self.rest.split_first()?;
        let first = self.from;
        self.rest = rest;
        self.from = edge.last.saturating_add(1);
        Some((first, edge.last, edge.to))
    }
}

/// Joins neighbours until one is left, so that small ones meet small ones; `none` where there is nothing to join.
pub(super) fn balanced<T: Copy>(
    mut parts: Vec<T>,
    none: T,
    mut join: impl FnMut(T, T) -> Result<T, GaveUp>,
) -> Result<T, GaveUp> {
    while parts.len() > 1 {
        let mut half = Vec::with_capacity(parts.len().div_ceil(2));
        for pair in parts.chunks(2) {
            half.push(match *pair {
                [first, second] => join(first, second)?,
                _ => pair.first().copied().unwrap_or(none),
            });
        }
        parts = half;
    }
    Ok(parts.first().copied().unwrap_or(none))
}

fn hash(level: u8, edges: &[Edge]) -> usize {
    let mut hasher = FxHasher::default();
    hasher.write_u8(level);
    for edge in edges {
        hasher.write_u64(u64::from(edge.last) << 32 | u64::from(edge.to.0));
    }
    // Truncation on 32-bit machines costs collisions, nothing else.
    hasher.finish() as usize
}
