//! Whether two ways through a block without one of its vertices can be disjoint.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::inner::Inner;

/// Answers whether a way to the entry and a way from the exit can share no vertex. Vertices go by their index among
/// the members of the block.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    inner: &'a Inner,
    entry: usize,
    /// The way from the entry to the exit: each block on it and the vertex at which it is left.
    to_exit: Vec<(usize, usize)>,
    /// Where the way from the entry to each vertex parts from it.
    partings: Vec<Parting>,
    /// What was found in blocks, which takes a search.
    known: FxHashMap<Meeting, bool>,
}

/// Where the way from the entry to a vertex leaves the way to the exit.
#[derive(Clone, Copy, Debug)]
struct Parting {
    /// How many blocks of the way to the exit both go through to where it leaves them.
    shared: usize,
    /// The vertex at which the way to the vertex leaves the next block; none where it does not enter it.
    at: Option<usize>,
}

/// Two ways that meet at no vertex, but in a block: where each of them enters and leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Meeting {
    block: usize,
    first: (usize, usize),
    second: (usize, usize),
}

/// How two ways lie.
enum Ways {
    ShareVertex,
    ShareBlock(Meeting),
    Apart,
}

impl<'a> Walk<'a> {
    pub(super) fn new(inner: &'a Inner, entry: usize, exit: usize) -> Self {
        // With the entry at the root every way to it leads upwards.
        let tree = inner.rooted(entry);
        let mut to_exit = Vec::new();
        let mut at = exit;
        while let Some((block, above)) = tree.above(at) {
            to_exit.push((block, at));
            at = above;
        }
        to_exit.reverse();
        let parting = |vertex: usize| {
            let shared = to_exit.partition_point(|(_, left)| tree.is_below(vertex, *left));
            let next = to_exit.get(shared);
            let at = next.and_then(|(block, _)| tree.hangs_at(*block, vertex));
            Parting { shared, at }
        };
        Self {
            inner,
            entry,
            partings: (0..inner.len()).map(parting).collect(),
            to_exit,
            known: FxHashMap::default(),
        }
    }

    /// True where paths from `p` to the entry and from `q` to the exit can share no vertex.
    pub(super) fn disjoint(&mut self, p: usize, q: usize) -> bool {
        let (Some(p), Some(q)) = (self.partings.get(p), self.partings.get(q)) else {
            return false;
        };
        match self.ways(*p, *q) {
            Ways::ShareVertex => false,
            Ways::Apart => true,
            Ways::ShareBlock(meeting) => {
                let Meeting { block, first, second } = meeting;
                let search = || self.inner.two_paths(block, first, second);
                *self.known.entry(meeting).or_insert_with(search)
            }
        }
    }

    /// The way from `p` to the entry beside that from `q` to the exit. The latter goes up to where the ways down to `q`
    /// and to the exit part, at a vertex or in a block, and down again.
    fn ways(&self, p: Parting, q: Parting) -> Ways {
        let parted = self.to_exit.get(q.shared).zip(q.at);
        match (p.shared.cmp(&q.shared), parted, p.at) {
            (Ordering::Less, _, _) | (Ordering::Equal, Some(_), None) => Ways::Apart,
            (Ordering::Greater, _, _) | (Ordering::Equal, None, _) => Ways::ShareVertex,
            (Ordering::Equal, Some((_, entered)), Some(at)) if at == entered => Ways::ShareVertex,
            (Ordering::Equal, Some(((block, left), entered)), Some(at)) => Ways::ShareBlock(Meeting {
                block: *block,
                first: (at, self.top(q.shared)),
                second: (entered, *left),
            }),
        }
    }

    /// The vertex that is reached by the first blocks of the way to the exit.
    fn top(&self, blocks: usize) -> usize {
        let last = blocks.checked_sub(1).and_then(|last| self.to_exit.get(last));
        last.map_or(self.entry, |(_, vertex)| *vertex)
    }
}
