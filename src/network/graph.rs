//! The graph of zones and enforcement points.

use std::collections::{BTreeMap, BTreeSet};

use petgraph::graph::{NodeIndex, UnGraph};
use rustc_hash::FxHashSet;

use super::block_tree::BlockTree;
use super::blocks::{Adjacency, Blocks};
use crate::model::{PointId, Policy, Zone, ZoneId};

/// A vertex.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Vertex {
    /// The network segment of a zone. Zones within it that have no interface of their own live here too. A zone that
    /// carries no transit has one such vertex for each device it is attached to.
    Segment(ZoneId),
    /// An enforcement point that forwards.
    Point(PointId),
}

/// Zones and enforcement points, joined by interfaces.
#[derive(Clone, Debug)]
pub struct Network {
    /// The graph; an edge stands for all interfaces of one point into one zone.
    pub graph: UnGraph<Vertex, ()>,
    /// The vertices of each zone, by [`ZoneId`]: none for a zone that nothing is attached to, several only for one
    /// that carries no transit.
    pub vertices_of: Vec<Vec<usize>>,
    /// The vertex of each enforcement point that forwards.
    pub point_vertex: BTreeMap<PointId, usize>,
    /// The zones that live at each vertex.
    pub zones_at: Vec<Vec<ZoneId>>,
    pub(super) adjacency: Adjacency,
    pub(super) blocks: Blocks,
    pub(super) tree: BlockTree,
}

/// The interfaces of one point that lead into one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkSide {
    /// The zone.
    pub zone: ZoneId,
    /// The vertex of the zone on this side.
    pub vertex: usize,
    /// Indices into the point's interfaces.
    pub interfaces: Vec<usize>,
}

impl Network {
    /// The network of a policy.
    pub fn new(policy: &Policy) -> Self {
        let mut graph = UnGraph::new_undirected();
        let mut segment: BTreeMap<ZoneId, NodeIndex> = BTreeMap::new();
        let mut vertices_of: Vec<Vec<usize>> = vec![Vec::new(); policy.zones.len()];
        let mut point_vertex = BTreeMap::new();
        for (index, point) in policy.points.iter().enumerate() {
            if point.interfaces().is_empty() {
                continue;
            }
            let id = PointId::from_index(index);
            let device = graph.add_node(Vertex::Point(id));
            point_vertex.insert(id, device.index());
            let mut own: BTreeMap<ZoneId, NodeIndex> = BTreeMap::new();
            for interface in point.interfaces() {
                let zone = interface.zone;
                let shared = policy.zone(zone).is_none_or(Zone::carries_transit);
                let known = if shared { &mut segment } else { &mut own };
                let node = *known.entry(zone).or_insert_with(|| {
                    let node = graph.add_node(Vertex::Segment(zone));
                    if let Some(list) = vertices_of.get_mut(zone.index()) {
                        list.push(node.index());
                    }
                    node
                });
                graph.update_edge(device, node, ());
            }
        }
        house_inner_zones(policy, &mut vertices_of);
        let mut zones_at = vec![Vec::new(); graph.node_count()];
        for (zone, vertices) in vertices_of.iter().enumerate() {
            for vertex in vertices {
                if let Some(list) = zones_at.get_mut(*vertex) {
                    list.push(ZoneId::from_index(zone));
                }
            }
        }
        let mut adjacency: Adjacency = vec![Vec::new(); graph.node_count()];
        for edge in graph.edge_indices() {
            if let Some((a, b)) = graph.edge_endpoints(edge) {
                if let Some(list) = adjacency.get_mut(a.index()) {
                    list.push(b.index());
                }
                if let Some(list) = adjacency.get_mut(b.index()) {
                    list.push(a.index());
                }
            }
        }
        let blocks = Blocks::new(&adjacency, |_| false);
        Self {
            graph,
            vertices_of,
            point_vertex,
            zones_at,
            adjacency,
            tree: BlockTree::new(&blocks),
            blocks,
        }
    }

    /// What a vertex is.
    pub fn vertex(&self, vertex: usize) -> Option<Vertex> {
        self.graph.node_weight(NodeIndex::new(vertex)).copied()
    }

    /// The points that some way between two of the vertices may cross, as far as blocks tell: those on the ways from
    /// each to the root of the block tree, and all of every meshed block on these.
    pub fn points_around(&self, vertices: impl IntoIterator<Item = usize>) -> BTreeSet<PointId> {
        let mut points = BTreeSet::new();
        let mut seen = FxHashSet::default();
        let mut crossed = FxHashSet::default();
        let mut add = |vertex: usize| {
            if let Some(Vertex::Point(point)) = self.vertex(vertex) {
                points.insert(point);
            }
        };
        for start in vertices {
            let mut at = start;
            while seen.insert(at) {
                add(at);
                let Some((block, above)) = self.tree.above(at) else {
                    break;
                };
                let members = self.blocks.members(block);
                if members.len() > 2 && crossed.insert(block) {
                    members.iter().copied().for_each(&mut add);
                }
                at = above;
            }
        }
        points
    }

    /// The vertices next to one.
    pub fn neighbours(&self, vertex: usize) -> &[usize] {
        self.adjacency.get(vertex).map_or(&[], Vec::as_slice)
    }

    /// The zones that live at a vertex.
    pub fn zones_at(&self, vertex: usize) -> &[ZoneId] {
        self.zones_at.get(vertex).map_or(&[], Vec::as_slice)
    }

    /// The sides of a point, in the order in which their first interface is written.
    pub fn sides(&self, policy: &Policy, id: PointId) -> Vec<NetworkSide> {
        let (Some(point), Some(vertex)) = (policy.points.get(id.index()), self.point_vertex.get(&id)) else {
            return Vec::new();
        };
        let mut sides: Vec<NetworkSide> = Vec::new();
        for (index, interface) in point.interfaces().iter().enumerate() {
            if let Some(side) = sides.iter_mut().find(|side| side.zone == interface.zone) {
                side.interfaces.push(index);
                continue;
            }
            let here = self
                .neighbours(*vertex)
                .iter()
                .find(|next| self.vertex(**next) == Some(Vertex::Segment(interface.zone)));
            if let Some(segment) = here {
                sides.push(NetworkSide {
                    zone: interface.zone,
                    vertex: *segment,
                    interfaces: vec![index],
                });
            }
        }
        sides
    }
}

/// A zone without an interface lives in the segment of the nearest zone around it that has one.
fn house_inner_zones(policy: &Policy, vertices_of: &mut [Vec<usize>]) {
    let attached = vertices_of.to_vec();
    for (index, vertices) in vertices_of.iter_mut().enumerate() {
        let mut at = policy.zones.get(index).and_then(|zone| zone.within);
        while let Some(outer) = at.filter(|_| vertices.is_empty()) {
            *vertices = attached.get(outer.index()).cloned().unwrap_or_default();
            at = policy.zone(outer).and_then(|zone| zone.within);
        }
    }
}
