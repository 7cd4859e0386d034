//! Whether two ways through a block without one of its vertices can be disjoint.

use rustc_hash::FxHashMap;

use super::block_tree::BlockTree;
use super::inner::Inner;

/// Answers whether a way to the entry and a way from the exit can share no vertex. Vertices are local to the block,
/// but for those that are asked about.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    inner: &'a Inner,
    /// With the entry at the root, so that a way to it leads upwards.
    tree: BlockTree,
    entry: usize,
    /// The way down to the exit: each block on it and the vertex at which it is left.
    to_exit: Vec<(usize, usize)>,
    /// What was found in blocks, which takes a search.
    known: FxHashMap<Meeting, bool>,
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
    /// Between two of its vertices; none where one is not its own.
    pub(super) fn new(inner: &'a Inner, entry: usize, exit: usize) -> Option<Self> {
        let tree = inner.rooted(entry)?;
        let mut to_exit = Vec::new();
        let mut at = inner.local(exit)?;
        while let Some((block, above)) = tree.above(at) {
            to_exit.push((block, at));
            at = above;
        }
        to_exit.reverse();
        Some(Self {
            inner,
            tree,
            entry: at,
            to_exit,
            known: FxHashMap::default(),
        })
    }

    /// True where paths from `p` to the entry and from `q` to the exit can share no vertex.
    pub(super) fn disjoint(&mut self, p: usize, q: usize) -> bool {
        let (Some(p), Some(q)) = (self.inner.local(p), self.inner.local(q)) else {
            return false;
        };
        match self.ways(p, q) {
            Ways::ShareVertex => false,
            Ways::Apart => true,
            Ways::ShareBlock(meeting) => {
                let Meeting { block, first, second } = meeting;
                let search = || self.inner.two_paths(block, first, second);
                *self.known.entry(meeting).or_insert_with(search)
            }
        }
    }

    /// The way from `p` to the root beside that from `q` to the exit. The latter goes up to where the ways down to `q`
    /// and to the exit part, at a vertex or in a block, and down again.
    fn ways(&self, p: usize, q: usize) -> Ways {
        let shared = self
            .to_exit
            .partition_point(|(_, vertex)| self.tree.is_below(q, *vertex));
        let last = shared.checked_sub(1).and_then(|last| self.to_exit.get(last));
        let top = last.map_or(self.entry, |(_, vertex)| *vertex);
        let parted = self.to_exit.get(shared);
        let in_block = parted.and_then(|(block, left)| Some((*block, *left, self.tree.hangs_at(*block, q)?)));
        let Some((block, left, entered)) = in_block else {
            return match self.tree.is_below(p, top) {
                true => Ways::ShareVertex,
                false => Ways::Apart,
            };
        };
        match self.tree.hangs_at(block, p) {
            None => Ways::Apart,
            Some(at) if at == left || at == entered => Ways::ShareVertex,
            Some(at) => Ways::ShareBlock(Meeting {
                block,
                first: (at, top),
                second: (entered, left),
            }),
        }
    }
}
