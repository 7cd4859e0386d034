//! Placement of rules, against every loop-free path listed one by one.

use std::collections::BTreeSet;
use std::sync::Arc;

use septum::model::{Interface, Placement as Where, Point, PointId, Policy, Zone, ZoneId};
use septum::network::{Network, Placement};
use septum::packet::AddressSet;
use septum::source::{FileId, Span};

use crate::oracle::network::NaiveNetwork;
use crate::oracle::packets::Random;

fn span() -> Span {
    Span::new(FileId(0), 0, 0)
}

fn policy(naive: &NaiveNetwork) -> Policy {
    let zones = (0..naive.zones)
        .map(|zone| Zone {
            name: format!("z{zone}"),
            title: None,
            span: span(),
            subnets: Vec::new(),
            labels: BTreeSet::new(),
            trust: None,
            owner: None,
            isolate: None,
            external: naive.no_transit.first() == Some(&zone),
            stub: naive.no_transit.iter().skip(1).any(|stub| *stub == zone),
            within: None,
            addresses: Arc::new(AddressSet::empty()),
        })
        .collect();
    let points = naive
        .routers
        .iter()
        .zip(&naive.managed)
        .enumerate()
        .map(|(index, (interfaces, managed))| Point {
            name: format!("r{index}"),
            title: None,
            span: span(),
            platform: managed.then(|| "nftables".to_owned()),
            placement: Where::Between(
                interfaces
                    .iter()
                    .map(|(number, zone)| Interface {
                        name: format!("e{number}"),
                        zone: ZoneId::from_index(*zone),
                        addresses: Vec::new(),
                        span: span(),
                    })
                    .collect(),
            ),
            manage: Vec::new(),
            run: Vec::new(),
        })
        .collect();
    Policy {
        zones,
        points,
        ..Policy::default()
    }
}

/// Each router joins the zones listed; all are managed.
fn network(zones: usize, external: &[usize], routers: &[&[usize]]) -> NaiveNetwork {
    NaiveNetwork {
        zones,
        routers: routers
            .iter()
            .map(|zones| zones.iter().copied().enumerate().collect())
            .collect(),
        managed: vec![true; routers.len()],
        no_transit: external.iter().copied().collect(),
    }
}

/// Compares every crossing of every router for every pair of zones with the paths that there are.
fn assert_exact(naive: &NaiveNetwork) {
    let policy = policy(naive);
    let network = Network::new(&policy);
    let all: Vec<ZoneId> = (0..naive.zones).map(ZoneId::from_index).collect();
    let uses: Vec<Vec<_>> = (0..naive.zones)
        .map(|a| (0..naive.zones).map(|b| naive.path_use(a, b)).collect())
        .collect();
    for router in 0..naive.routers.len() {
        let Some(placement) = Placement::new(&network, &policy, PointId::from_index(router)) else {
            assert!(naive.routers[router].is_empty());
            continue;
        };
        for (i, from) in placement.sides.iter().enumerate() {
            for (j, to) in placement.sides.iter().enumerate() {
                let products = placement
                    .crossing(i, j)
                    .map(|mut c| c.products(&all, &all))
                    .unwrap_or_default();
                let mut crossed = BTreeSet::new();
                for (sources, destinations) in products {
                    for a in &sources {
                        for b in &destinations {
                            assert!(crossed.insert((a.index(), b.index())), "products overlap");
                        }
                    }
                }
                let mut expected = BTreeSet::new();
                for (a, row) in uses.iter().enumerate() {
                    for (b, used) in row.iter().enumerate() {
                        if used.pairs[router].contains(&(from.zone.index(), to.zone.index())) {
                            expected.insert((a, b));
                        }
                    }
                }
                assert_eq!(crossed, expected, "router {router}, side {i} to {j} of {naive:?}");
            }
        }
    }
}

#[test]
fn a_tree_crosses_what_lies_on_its_only_path() {
    assert_exact(&network(5, &[], &[&[0, 1], &[1, 2, 3], &[3, 4]]));
}

#[test]
fn a_ring_is_crossed_both_ways_round_and_never_backwards() {
    assert_exact(&network(4, &[], &[&[0, 1], &[1, 2], &[2, 3], &[3, 0]]));
}

#[test]
fn parallel_firewalls_carry_the_same_rules() {
    let naive = network(2, &[], &[&[0, 1], &[0, 1]]);
    assert_exact(&naive);
}

#[test]
fn two_cores_are_transit_for_each_other() {
    assert_exact(&network(5, &[], &[&[0, 3, 4], &[1, 3, 4], &[2, 3, 4]]));
}

#[test]
fn the_external_zone_carries_no_transit() {
    assert_exact(&network(4, &[3], &[&[0, 3], &[1, 3], &[2, 3]]));
    assert_exact(&network(4, &[3], &[&[0, 1, 3], &[1, 2, 3]]));
}

#[test]
fn several_interfaces_into_one_zone_are_one_side() {
    let naive = NaiveNetwork {
        zones: 2,
        routers: vec![vec![(0, 0), (1, 0), (2, 1), (3, 1)]],
        managed: vec![true],
        no_transit: BTreeSet::new(),
    };
    assert_exact(&naive);
    let policy = policy(&naive);
    let network = Network::new(&policy);
    let placement = Placement::new(&network, &policy, PointId(0)).unwrap();
    let interfaces: Vec<Vec<usize>> = placement
        .sides
        .iter()
        .map(|side| side.interfaces.clone())
        .collect();
    assert_eq!(interfaces, [vec![0, 1], vec![2, 3]]);
}

fn random(seed: u64) -> NaiveNetwork {
    let mut random = Random::new(seed);
    let zones = 2 + random.below(7);
    let routers: Vec<Vec<(usize, usize)>> = (0..1 + random.below(6))
        .map(|_| {
            (0..1 + random.below(4))
                .map(|number| (number, random.below(zones)))
                .collect()
        })
        .collect();
    let managed = routers.iter().map(|_| random.below(4) > 0).collect();
    let no_transit = (0..random.below(4)).map(|_| random.below(zones)).collect();
    NaiveNetwork {
        zones,
        routers,
        managed,
        no_transit,
    }
}

#[test]
fn random_networks_are_crossed_exactly_where_some_path_crosses() {
    for seed in 1..=1_500 {
        assert_exact(&random(seed));
    }
}

/// A ring of routers with a few links across and beside it: without one of them, a chain of small blocks is left.
fn ring_with_chords(seed: u64) -> NaiveNetwork {
    let mut random = Random::new(seed);
    let size = 4 + random.below(6);
    let mut routers: Vec<Vec<(usize, usize)>> =
        (0..size).map(|at| vec![(0, at), (1, (at + 1) % size)]).collect();
    for chord in 0..random.below(4) {
        let (a, b) = (random.below(size), random.below(size));
        match random.below(2) {
            0 => routers[a].push((2 + chord, b)),
            _ => routers.push(vec![(0, a), (1, b)]),
        }
    }
    NaiveNetwork {
        zones: size,
        managed: vec![true; routers.len()],
        routers,
        no_transit: BTreeSet::new(),
    }
}

#[test]
fn rings_with_chords_are_crossed_exactly_where_some_path_crosses() {
    for seed in 1..=300 {
        assert_exact(&ring_with_chords(seed));
    }
}

#[test]
fn zones_are_unenforced_exactly_where_a_path_meets_no_managed_device() {
    for seed in 1..=1_500 {
        let naive = random(seed);
        let policy = policy(&naive);
        let groups = Network::new(&policy).unenforced(&policy);
        for a in 0..naive.zones {
            for b in 0..naive.zones {
                let expected = a != b && naive.path_use(a, b).unmanaged_path;
                let together = groups.iter().any(|group| {
                    [a, b]
                        .iter()
                        .all(|zone| group.zones.contains(&ZoneId::from_index(*zone)))
                });
                assert_eq!(
                    together && a != b,
                    expected,
                    "zones {a} and {b}, seed {seed}: {naive:?}"
                );
            }
        }
    }
}

#[test]
fn a_grid_of_a_hundred_firewalls_is_placed_without_listing_paths() {
    // Firewalls at the crossings, link zones between neighbours, one network a firewall: 2^50 paths and more.
    let size = 10;
    let link_right = |x: usize, y: usize| 100 + y * (size - 1) + x;
    let link_down = |x: usize, y: usize| 190 + y * size + x;
    let mut routers = Vec::new();
    for y in 0..size {
        for x in 0..size {
            let mut zones = vec![y * size + x];
            if x + 1 < size {
                zones.push(link_right(x, y));
            }
            if x > 0 {
                zones.push(link_right(x - 1, y));
            }
            if y + 1 < size {
                zones.push(link_down(x, y));
            }
            if y > 0 {
                zones.push(link_down(x, y - 1));
            }
            routers.push(zones.into_iter().enumerate().collect());
        }
    }
    let naive = NaiveNetwork {
        zones: 280,
        managed: vec![true; 100],
        routers,
        no_transit: BTreeSet::new(),
    };
    let policy = policy(&naive);
    let network = Network::new(&policy);
    let (corner, far) = ([ZoneId(0)], [ZoneId(99)]);
    let crossed = (0..100)
        .filter(|router| {
            let placement = Placement::new(&network, &policy, PointId(*router)).unwrap();
            let sides = placement.sides.len();
            (0..sides).any(|i| {
                (0..sides).any(|j| {
                    placement
                        .crossing(i, j)
                        .is_some_and(|mut c| !c.products(&corner, &far).is_empty())
                })
            })
        })
        .count();
    assert_eq!(
        crossed, 100,
        "every firewall of the grid is on some loop-free path between opposite corners"
    );
}
