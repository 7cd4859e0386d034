//! Blocks (biconnected components) and cut vertices of an undirected graph, without recursion
//! (Hopcroft and Tarjan, "Algorithm 447", CACM 16(6), 1973).

/// Adjacency by vertex index. No parallel edges, no loops.
pub type Adjacency = Vec<Vec<usize>>;

/// The blocks of a graph: maximal sets of vertices that no single vertex separates. A lone edge is a block of two
/// vertices; a vertex without edges is in none.
#[derive(Clone, Debug, Default)]
pub struct Blocks {
    /// The vertices of each block, ascending.
    pub members: Vec<Vec<usize>>,
    /// The blocks of each vertex, ascending. Two or more: a cut vertex.
    pub of: Vec<Vec<usize>>,
}

impl Blocks {
    /// The blocks of the graph without the vertices that `left_out` names.
    pub fn new(graph: &Adjacency, left_out: impl Fn(usize) -> bool) -> Self {
        let mut search = Search {
            depth: vec![0; graph.len()],
            low: vec![0; graph.len()],
            open: Vec::new(),
            members: Vec::new(),
        };
        for root in 0..graph.len() {
            if search.depth_of(root) == 0 && !left_out(root) {
                search.walk(graph, root, &left_out);
            }
        }
        let mut members = search.members;
        members.sort_unstable();
        let mut of = vec![Vec::new(); graph.len()];
        for (block, vertices) in members.iter().enumerate() {
            for vertex in vertices {
                if let Some(list) = of.get_mut(*vertex) {
                    list.push(block);
                }
            }
        }
        Self { members, of }
    }

    /// The blocks of a vertex.
    pub fn of(&self, vertex: usize) -> &[usize] {
        self.of.get(vertex).map_or(&[], Vec::as_slice)
    }

    /// The vertices of a block.
    pub fn members(&self, block: usize) -> &[usize] {
        self.members.get(block).map_or(&[], Vec::as_slice)
    }
}

struct Search {
    /// Depth in the search tree from 1; 0 where not yet seen.
    depth: Vec<usize>,
    low: Vec<usize>,
    /// Vertices that are not yet in a finished block.
    open: Vec<usize>,
    members: Vec<Vec<usize>>,
}

impl Search {
    fn depth_of(&self, vertex: usize) -> usize {
        self.depth.get(vertex).copied().unwrap_or(0)
    }

    fn low_of(&self, vertex: usize) -> usize {
        self.low.get(vertex).copied().unwrap_or(0)
    }

    fn enter(&mut self, vertex: usize, depth: usize) {
        if let (Some(d), Some(l)) = (self.depth.get_mut(vertex), self.low.get_mut(vertex)) {
            *d = depth;
            *l = depth;
        }
        self.open.push(vertex);
    }

    fn lower(&mut self, vertex: usize, to: usize) {
        if let Some(low) = self.low.get_mut(vertex) {
            *low = (*low).min(to);
        }
    }

    fn walk(&mut self, graph: &Adjacency, root: usize, left_out: &impl Fn(usize) -> bool) {
        let neighbours = |vertex: usize| graph.get(vertex).map_or(&[][..], Vec::as_slice);
        self.enter(root, 1);
        // (vertex, its parent, how many of its neighbours have been looked at)
        let mut path = vec![(root, root, 0_usize)];
        while let Some((vertex, parent, at)) = path.last_mut() {
            let (vertex, parent) = (*vertex, *parent);
            if let Some(&next) = neighbours(vertex).get(*at) {
                *at += 1;
                if left_out(next) || next == parent {
                    continue;
                }
                match self.depth_of(next) {
                    0 => {
                        let depth = self.depth_of(vertex) + 1;
                        self.enter(next, depth);
                        path.push((next, vertex, 0));
                    }
                    seen => self.lower(vertex, seen),
                }
                continue;
            }
            path.pop();
            if path.is_empty() {
                break;
            }
            let low = self.low_of(vertex);
            self.lower(parent, low);
            if low >= self.depth_of(parent) {
                let mut block = vec![parent];
                while let Some(top) = self.open.pop() {
                    block.push(top);
                    if top == vertex {
                        break;
                    }
                }
                block.sort_unstable();
                self.members.push(block);
            }
        }
        self.open.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(size: usize, edges: &[(usize, usize)]) -> Adjacency {
        let mut graph = vec![Vec::new(); size];
        for (a, b) in edges {
            graph[*a].push(*b);
            graph[*b].push(*a);
        }
        graph
    }

    #[test]
    fn a_tree_has_one_block_an_edge() {
        let blocks = Blocks::new(&graph(4, &[(0, 1), (1, 2), (1, 3)]), |_| false);
        assert_eq!(blocks.members, [vec![0, 1], vec![1, 2], vec![1, 3]]);
        assert_eq!(blocks.of(1), [0, 1, 2]);
    }

    #[test]
    fn a_ring_is_one_block_and_its_tail_another() {
        let blocks = Blocks::new(&graph(5, &[(0, 1), (1, 2), (2, 3), (3, 0), (2, 4)]), |_| false);
        assert_eq!(blocks.members, [vec![0, 1, 2, 3], vec![2, 4]]);
        let without = Blocks::new(&graph(5, &[(0, 1), (1, 2), (2, 3), (3, 0), (2, 4)]), |v| v == 0);
        assert_eq!(without.members, [vec![1, 2], vec![2, 3], vec![2, 4]]);
    }

    #[test]
    fn a_long_chain_does_not_overflow_the_stack() {
        let edges: Vec<(usize, usize)> = (0..200_000).map(|i| (i, i + 1)).collect();
        assert_eq!(
            Blocks::new(&graph(200_001, &edges), |_| false).members.len(),
            200_000
        );
    }
}
