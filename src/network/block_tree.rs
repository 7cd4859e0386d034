//! The blocks of the network as a tree: which way from a vertex everything else lies.
//!
//! Blocks and vertices alternate: below a vertex stand the blocks that it joins to the root, below a block its other
//! vertices. A walk from the root numbers the vertices, and the numbers below any vertex or block are one range. So
//! a question about what lies behind a block is a comparison of numbers, however large the network is.

use std::ops::Range;

use super::blocks::Blocks;

/// The tree, or one for each part of a network that is in parts.
#[derive(Clone, Debug, Default)]
pub struct BlockTree {
    /// Vertices in the order of the walk.
    order: Vec<usize>,
    vertices: Vec<VertexPlace>,
    blocks: Vec<BlockPlace>,
}

#[derive(Clone, Debug, Default)]
struct VertexPlace {
    /// The numbers of the vertex, its own first, and of all below it.
    below: Range<usize>,
    /// The numbers of its part of the network.
    part: Range<usize>,
    /// The block above it.
    above: Option<usize>,
    /// The blocks below it, by number.
    blocks: Vec<usize>,
}

#[derive(Clone, Debug, Default)]
struct BlockPlace {
    /// The numbers of all below it.
    below: Range<usize>,
    /// The vertex above it.
    above: usize,
    /// Its other vertices, by number.
    vertices: Vec<usize>,
}

enum Step {
    Enter(usize, Option<usize>),
    Leave(usize),
}

impl BlockTree {
    /// The tree of a network's blocks.
    pub fn new(blocks: &Blocks) -> Self {
        Self::of_roots(blocks, 0..blocks.of.len())
    }

    /// The tree of the blocks that a vertex is joined to, with the vertex at its root.
    pub fn rooted(blocks: &Blocks, root: usize) -> Self {
        Self::of_roots(blocks, root..root + 1)
    }

    fn of_roots(blocks: &Blocks, roots: Range<usize>) -> Self {
        let mut tree = Self {
            order: Vec::with_capacity(blocks.of.len()),
            vertices: vec![VertexPlace::default(); blocks.of.len()],
            blocks: vec![BlockPlace::default(); blocks.members.len()],
        };
        for root in roots {
            // Every vertex that was entered has at least its own number below it.
            if tree.vertices.get(root).is_none_or(|place| place.below.is_empty()) {
                tree.walk(blocks, root);
            }
        }
        tree
    }

    fn walk(&mut self, blocks: &Blocks, root: usize) {
        let first = self.order.len();
        let mut stack = vec![Step::Enter(root, None)];
        while let Some(step) = stack.pop() {
            match step {
                Step::Enter(vertex, above) => {
                    let number = self.order.len();
                    self.order.push(vertex);
                    stack.push(Step::Leave(vertex));
                    let below: Vec<usize> = blocks
                        .of(vertex)
                        .iter()
                        .copied()
                        .filter(|block| Some(*block) != above)
                        .collect();
                    for &block in below.iter().rev() {
                        let others = blocks.members(block).iter().filter(|other| **other != vertex);
                        let others: Vec<usize> = others.copied().collect();
                        stack.extend(others.iter().rev().map(|other| Step::Enter(*other, Some(block))));
                        if let Some(place) = self.blocks.get_mut(block) {
                            place.above = vertex;
                            place.vertices = others;
                        }
                    }
                    if let Some(place) = self.vertices.get_mut(vertex) {
                        *place = VertexPlace {
                            below: number..number + 1,
                            part: 0..0,
                            above,
                            blocks: below,
                        };
                    }
                }
                Step::Leave(vertex) => self.leave(vertex),
            }
        }
        let part = first..self.order.len();
        for vertex in self.order.get(part.clone()).unwrap_or_default() {
            if let Some(place) = self.vertices.get_mut(*vertex) {
                place.part = part.clone();
            }
        }
    }

    /// Everything below `vertex` has its number.
    fn leave(&mut self, vertex: usize) {
        let end = self.order.len();
        let Some(place) = self.vertices.get_mut(vertex) else {
            return;
        };
        place.below.end = end;
        let blocks = place.blocks.clone();
        for block in blocks {
            let ends = self.blocks.get(block).and_then(|place| {
                let number = |vertex: &usize| Some(self.vertices.get(*vertex)?.below.clone());
                let first = place.vertices.first().and_then(number)?;
                let last = place.vertices.last().and_then(number)?;
                Some(first.start..last.end)
            });
            if let (Some(place), Some(ends)) = (self.blocks.get_mut(block), ends) {
                place.below = ends;
            }
        }
    }

    /// Which way from a vertex another lies: by which of its blocks, and the vertex of that block at which the other
    /// hangs (or which it is). None where no way leads there.
    pub fn locate(&self, from: usize, to: usize) -> Option<(usize, usize)> {
        let place = self.vertices.get(from)?;
        let number = self.vertices.get(to)?.below.start;
        if from == to || !place.part.contains(&number) {
            return None;
        }
        if place.below.contains(&number) {
            let block = self.last_before(&place.blocks, number, |block| {
                Some(&self.blocks.get(block)?.below)
            })?;
            return Some((block, self.member(block, number)?));
        }
        let block = place.above?;
        let above = self.blocks.get(block)?;
        let member = if above.below.contains(&number) {
            self.member(block, number)?
        } else {
            above.above
        };
        Some((block, member))
    }

    /// True where a vertex lies below another, or is it.
    pub fn is_below(&self, vertex: usize, top: usize) -> bool {
        let place = |vertex: usize| self.vertices.get(vertex).map(|place| &place.below);
        let (Some(vertex), Some(top)) = (place(vertex), place(top)) else {
            return false;
        };
        top.contains(&vertex.start)
    }

    /// The vertex of a block at which a vertex hangs, or which it is; none where it does not lie below the block.
    pub fn hangs_at(&self, block: usize, vertex: usize) -> Option<usize> {
        let number = self.vertices.get(vertex)?.below.start;
        let below = &self.blocks.get(block)?.below;
        below.contains(&number).then(|| self.member(block, number))?
    }

    /// The vertex of a block at which a vertex below the block hangs.
    fn member(&self, block: usize, number: usize) -> Option<usize> {
        let members = &self.blocks.get(block)?.vertices;
        self.last_before(members, number, |vertex| Some(&self.vertices.get(vertex)?.below))
    }

    /// Of places by number the one that holds a number which one of them holds.
    fn last_before<'a>(
        &'a self,
        places: &[usize],
        number: usize,
        below: impl Fn(usize) -> Option<&'a Range<usize>>,
    ) -> Option<usize> {
        let count = places.partition_point(|place| below(*place).is_some_and(|range| range.start <= number));
        places.get(count.checked_sub(1)?).copied()
    }

    /// Every vertex that lies behind a block of a vertex.
    pub fn beyond(&self, from: usize, block: usize) -> impl Iterator<Item = usize> {
        let numbers = |range: Range<usize>| self.order.get(range).unwrap_or_default().iter().copied();
        let (first, second) = match (self.vertices.get(from), self.blocks.get(block)) {
            (Some(place), Some(_)) if place.above == Some(block) => (
                place.part.start..place.below.start,
                place.below.end..place.part.end,
            ),
            (Some(_), Some(block)) => (block.below.clone(), 0..0),
            _ => (0..0, 0..0),
        };
        numbers(first).chain(numbers(second))
    }

    /// The block above a vertex and the vertex above that.
    pub fn above(&self, vertex: usize) -> Option<(usize, usize)> {
        let block = self.vertices.get(vertex)?.above?;
        Some((block, self.blocks.get(block)?.above))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two rings that share vertex 2, a tail 5 - 6 on the second, and a part of its own.
    fn tree() -> BlockTree {
        let edges = [
            (0, 1),
            (1, 2),
            (2, 0),
            (2, 3),
            (3, 4),
            (4, 2),
            (4, 5),
            (5, 6),
            (7, 8),
        ];
        let mut graph = vec![Vec::new(); 9];
        for (a, b) in edges {
            graph[a].push(b);
            graph[b].push(a);
        }
        BlockTree::new(&Blocks::new(&graph, |_| false))
    }

    #[test]
    fn everything_lies_one_way() {
        let tree = tree();
        let member = |from, to| tree.locate(from, to).map(|(_, member)| member);
        // From the tail everything hangs at its neighbour; from there, at the vertices of the rings.
        assert_eq!(member(6, 0), Some(5));
        assert_eq!(member(4, 0), Some(2));
        assert_eq!(member(4, 3), Some(3));
        assert_eq!(member(4, 6), Some(5));
        assert_eq!(member(0, 6), Some(2));
        assert_eq!(member(3, 6), Some(4));
        assert_eq!(member(0, 7), None);
        assert_eq!(member(0, 0), None);
        assert_eq!(member(8, 7), Some(7));
    }

    #[test]
    fn what_lies_beyond_is_what_is_located_there() {
        let tree = tree();
        for from in 0..9 {
            for to in 0..9 {
                for block in 0..tree.blocks.len() {
                    let located = tree.locate(from, to).is_some_and(|(found, _)| found == block);
                    let touches = tree.vertices[from].above == Some(block)
                        || tree.vertices[from].blocks.contains(&block);
                    if touches {
                        assert_eq!(
                            tree.beyond(from, block).any(|v| v == to),
                            located,
                            "{from} {to} {block}"
                        );
                    }
                }
            }
        }
    }
}
