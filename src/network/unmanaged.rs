//! Zones that are joined without any managed device between them.

use std::collections::BTreeMap;

use petgraph::unionfind::UnionFind;

use super::graph::{Network, Vertex};
use crate::model::{PointId, Policy, ZoneId};

/// Zones that reach each other over unmanaged devices, or share a segment: nothing is enforced between them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unenforced {
    /// Two or more zones, ascending.
    pub zones: Vec<ZoneId>,
    /// The unmanaged devices that join them, ascending. None where the zones share a segment.
    pub through: Vec<PointId>,
}

impl Network {
    /// For each zone, by id, the connected parts of the network that it is attached to.
    pub fn connected_parts(&self) -> Vec<Vec<usize>> {
        let mut joined = UnionFind::new(self.graph.node_count());
        for edge in self.graph.raw_edges() {
            joined.union(edge.source().index(), edge.target().index());
        }
        self.vertices_of
            .iter()
            .map(|vertices| vertices.iter().map(|vertex| joined.find(*vertex)).collect())
            .collect()
    }

    /// The groups of zones between which nothing is enforced.
    pub fn unenforced(&self, policy: &Policy) -> Vec<Unenforced> {
        let managed = |vertex: usize| match self.vertex(vertex) {
            Some(Vertex::Point(id)) => policy
                .points
                .get(id.index())
                .is_some_and(|point| point.platform.is_some()),
            _ => false,
        };
        let count = self.graph.node_count();
        let mut joined = UnionFind::new(count);
        for vertex in (0..count).filter(|vertex| !managed(*vertex)) {
            for next in self.neighbours(vertex).iter().filter(|next| !managed(**next)) {
                joined.union(vertex, *next);
            }
        }
        let mut groups: BTreeMap<usize, Unenforced> = BTreeMap::new();
        for vertex in (0..count).filter(|vertex| !managed(*vertex)) {
            let group = groups.entry(joined.find(vertex)).or_insert_with(|| Unenforced {
                zones: Vec::new(),
                through: Vec::new(),
            });
            match self.vertex(vertex) {
                Some(Vertex::Point(id)) => group.through.push(id),
                _ => group.zones.extend(self.zones_at(vertex)),
            }
        }
        let mut groups: Vec<Unenforced> = groups.into_values().collect();
        for group in &mut groups {
            group.zones.sort_unstable();
            group.zones.dedup();
            group.through.sort_unstable();
        }
        groups.retain(|group| group.zones.len() > 1);
        groups.sort_by(|a, b| a.zones.cmp(&b.zones));
        groups
    }
}
