//! One way through the network, for people to follow.

use std::collections::VecDeque;

use super::graph::{Network, Vertex};
use crate::model::{PointId, Policy, ZoneId};

/// A device on the way, with the zones before and after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hop {
    /// The device.
    pub point: PointId,
    /// The zone of the side by which it is entered.
    pub from: ZoneId,
    /// The zone of the side by which it is left.
    pub to: ZoneId,
}

/// Where a way begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Somewhere in a zone.
    Zone(ZoneId),
    /// At a device itself.
    Point(PointId),
}

/// A way through the network.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// The devices between its ends.
    pub hops: Vec<Hop>,
    /// The zone by whose side it comes in at a device that is its end.
    pub arrival: Option<ZoneId>,
}

impl Network {
    /// A shortest loop-free way from one end to another: none where there is no way, without hops where both share a
    /// segment. Of several the one over devices that are written first.
    pub fn shortest_way(&self, policy: &Policy, from: End, to: End) -> Option<Way> {
        let vertices = self.shortest_path(policy, &self.vertices_of_end(from), &self.vertices_of_end(to))?;
        let segment = |vertex: usize| match self.vertex(vertex) {
            Some(Vertex::Segment(zone)) => Some(zone),
            _ => None,
        };
        let hops = vertices.windows(3).filter_map(|window| match *window {
            [before, device, after] => match self.vertex(device) {
                Some(Vertex::Point(point)) => Some(Hop {
                    point,
                    from: segment(before)?,
                    to: segment(after)?,
                }),
                _ => None,
            },
            _ => None,
        });
        Some(Way {
            hops: hops.collect(),
            arrival: match (to, vertices.as_slice()) {
                (End::Point(_), [.., before, _]) => segment(*before),
                _ => None,
            },
        })
    }

    fn vertices_of_end(&self, end: End) -> Vec<usize> {
        match end {
            End::Zone(zone) => self.vertices_of.get(zone.index()).cloned().unwrap_or_default(),
            End::Point(point) => self.point_vertex.get(&point).copied().into_iter().collect(),
        }
    }

    fn shortest_path(&self, policy: &Policy, starts: &[usize], ends: &[usize]) -> Option<Vec<usize>> {
        let mut came_from: Vec<Option<usize>> = vec![None; self.graph.node_count()];
        let mut seen = vec![false; self.graph.node_count()];
        let mut queue = VecDeque::new();
        for &start in starts {
            if let Some(flag) = seen.get_mut(start) {
                *flag = true;
            }
            queue.push_back(start);
        }
        let mut reached = None;
        while let Some(vertex) = queue.pop_front() {
            if ends.contains(&vertex) {
                reached = Some(vertex);
                break;
            }
            let ends_here = match self.vertex(vertex) {
                Some(Vertex::Segment(zone)) => policy.zone(zone).is_some_and(|zone| !zone.carries_transit()),
                _ => false,
            };
            if ends_here && !starts.contains(&vertex) {
                continue;
            }
            let mut next: Vec<usize> = self.neighbours(vertex).to_vec();
            next.sort_unstable();
            for next in next {
                if let Some(flag) = seen.get_mut(next).filter(|flag| !**flag) {
                    *flag = true;
                    if let Some(slot) = came_from.get_mut(next) {
                        *slot = Some(vertex);
                    }
                    queue.push_back(next);
                }
            }
        }
        let mut vertices = vec![reached?];
        while let Some(before) = vertices
            .last()
            .and_then(|last| came_from.get(*last).copied().flatten())
        {
            vertices.push(before);
        }
        vertices.reverse();
        Some(vertices)
    }
}
