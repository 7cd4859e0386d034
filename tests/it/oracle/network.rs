//! Every loop-free path of a small network, listed one by one.

use std::collections::BTreeSet;

/// Zones and the routers that join them.
#[derive(Clone, Debug, Default)]
pub struct NaiveNetwork {
    /// How many zones; they are numbered from 0.
    pub zones: usize,
    /// For each router its interfaces as (interface index, zone). Several may lead into one zone.
    pub routers: Vec<Vec<(usize, usize)>>,
    /// For each router, whether Septum writes its configuration.
    pub managed: Vec<bool>,
    /// Zones that carry no transit: they only begin or end a path.
    pub no_transit: BTreeSet<usize>,
}

/// What the paths between two zones use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PathUse {
    /// For each router the (zone it is entered from, zone it is left to) of some path.
    pub pairs: Vec<BTreeSet<(usize, usize)>>,
    /// True where some path crosses no managed router.
    pub unmanaged_path: bool,
    /// How many paths there are.
    pub paths: usize,
}

/// A path from zone to zone: the routers crossed, each with the zones on both sides.
pub type Path = Vec<(usize, usize, usize)>;

impl NaiveNetwork {
    /// Every path that repeats neither a zone nor a router, as (router, zone before, zone after) steps. A zone has
    /// no path to itself.
    pub fn paths(&self, from: usize, to: usize) -> Vec<Path> {
        let mut found = Vec::new();
        if from != to {
            self.extend(from, to, &mut vec![from], &mut Vec::new(), &mut found);
        }
        found
    }

    fn extend(&self, at: usize, to: usize, seen: &mut Vec<usize>, path: &mut Path, found: &mut Vec<Path>) {
        if at == to {
            found.push(path.clone());
            return;
        }
        if !path.is_empty() && self.no_transit.contains(&at) {
            return;
        }
        for (router, interfaces) in self.routers.iter().enumerate() {
            let crossed = path.iter().any(|(other, _, _)| *other == router);
            if crossed || !interfaces.iter().any(|(_, zone)| *zone == at) {
                continue;
            }
            let next: BTreeSet<usize> = interfaces.iter().map(|(_, zone)| *zone).collect();
            for zone in next {
                if seen.contains(&zone) {
                    continue;
                }
                seen.push(zone);
                path.push((router, at, zone));
                self.extend(zone, to, seen, path, found);
                path.pop();
                seen.pop();
            }
        }
    }

    /// The sides of each router that some path uses, and whether a path avoids all managed routers.
    pub fn path_use(&self, from: usize, to: usize) -> PathUse {
        let paths = self.paths(from, to);
        let mut result = PathUse {
            pairs: vec![BTreeSet::new(); self.routers.len()],
            unmanaged_path: false,
            paths: paths.len(),
        };
        for path in paths {
            let is_managed = |router: usize| self.managed.get(router).copied().unwrap_or(false);
            if !path.iter().any(|(router, _, _)| is_managed(*router)) {
                result.unmanaged_path = true;
            }
            for (router, before, after) in path {
                if let Some(pairs) = result.pairs.get_mut(router) {
                    pairs.insert((before, after));
                }
            }
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each router joins the zones listed; all are managed.
    fn network(zones: usize, routers: &[&[usize]]) -> NaiveNetwork {
        NaiveNetwork {
            zones,
            routers: routers
                .iter()
                .map(|zones| zones.iter().copied().enumerate().collect())
                .collect(),
            managed: vec![true; routers.len()],
            no_transit: BTreeSet::new(),
        }
    }

    #[test]
    fn a_ring_is_crossed_both_ways() {
        let ring = network(3, &[&[0, 1], &[1, 2], &[2, 0]]);
        let used = ring.path_use(0, 1);
        assert_eq!(used.paths, 2);
        assert_eq!(used.pairs[0], BTreeSet::from([(0, 1)]));
        assert_eq!(used.pairs[1], BTreeSet::from([(2, 1)]));
        assert_eq!(used.pairs[2], BTreeSet::from([(0, 2)]));
    }

    #[test]
    fn an_external_zone_carries_no_transit() {
        let mut ring = network(3, &[&[0, 1], &[1, 2], &[2, 0]]);
        ring.no_transit.insert(2);
        assert_eq!(ring.path_use(0, 1).paths, 1);
        assert_eq!(ring.path_use(0, 2).paths, 2);
        assert_eq!(ring.path_use(2, 1).paths, 2);
    }

    #[test]
    fn a_dead_end_is_on_no_path_between_others() {
        let star = network(4, &[&[0, 1], &[1, 2], &[1, 3]]);
        let used = star.path_use(0, 2);
        assert_eq!(used.pairs[2], BTreeSet::new());
        assert_eq!(used.paths, 1);
    }

    #[test]
    fn a_path_around_all_managed_routers_is_seen() {
        let mut two = network(2, &[&[0, 1], &[0, 1]]);
        assert!(!two.path_use(0, 1).unmanaged_path);
        two.managed[1] = false;
        assert!(two.path_use(0, 1).unmanaged_path);
    }

    #[test]
    fn a_path_crosses_a_router_once() {
        // 0 -R0- 1 -R1- 2 -R0- 3: the detour would enter R0 twice.
        let network = network(4, &[&[0, 1, 2, 3], &[1, 2]]);
        assert_eq!(network.path_use(0, 3).pairs[0], BTreeSet::from([(0, 3)]));
    }

    #[test]
    fn a_zone_has_no_path_to_itself_or_to_an_island() {
        let island = network(3, &[&[0, 1]]);
        assert_eq!(island.path_use(0, 0).paths, 0);
        assert_eq!(island.path_use(0, 2).paths, 0);
        assert!(!island.path_use(0, 2).unmanaged_path);
    }

    #[test]
    fn complete_graphs_have_the_known_number_of_paths() {
        // One router for each pair of n zones: paths are ordered choices of the zones between.
        let pairs = [&[0, 1][..], &[0, 2], &[0, 3], &[1, 2], &[1, 3], &[2, 3]];
        assert_eq!(network(4, &pairs).path_use(0, 3).paths, 1 + 2 + 2);
    }
}
