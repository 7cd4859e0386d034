//! Who reaches whom, against listing every packet and every chain.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

use septum::model::Examples;
use septum::packet::{AddressSet, Budget, Packet};
use septum::reach::{Closures, Conduits, Hosts, Transitive, View};

use super::harness::load;
use super::property::{Addresses, PACKETS, World};

pub(super) const TODAY: jiff::civil::Date = jiff::civil::date(2026, 1, 15);

pub(super) fn packet(source: IpAddr, destination: IpAddr, number: usize) -> Packet {
    let (protocol, first, second) = match number {
        3 => (17, 40_000, 9),
        4 => (50, 0, 0),
        port => (6, 40_000, u16::try_from(port).unwrap() + 1),
    };
    Packet {
        source,
        destination,
        protocol,
        first,
        second,
    }
}

fn set(addresses: &Addresses) -> Arc<AddressSet> {
    Arc::new(AddressSet::from_addresses(addresses.iter().copied()))
}

#[test]
fn direct_answers_hold_exactly_the_possible_packets() {
    let mut seen = [0_usize; 2];
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let ((_, from), (_, to)) = (world.endpoint(u)?, world.endpoint(u)?);
        let loaded = load(&world.text);
        let conduits = Conduits::new(&loaded.policy, &loaded.network, TODAY, None);
        let found = conduits
            .between(&set(&from), &set(&to), Budget::default())
            .unwrap();
        let everybody: Vec<IpAddr> = world.zones.iter().flatten().copied().collect();
        for a in &everybody {
            let others = everybody.iter().filter(|b| a.is_ipv4() == b.is_ipv4());
            for b in others.filter(|b| world.host(*a) != world.host(**b)) {
                for number in 0..PACKETS {
                    let packet = packet(*a, *b, number);
                    let expected = from.contains(a) && to.contains(b) && world.possible(*a, *b, number);
                    let holding = found
                        .iter()
                        .filter(|conduit| conduit.streams.iter().any(|s| s.flow.contains(&packet)));
                    let pairs: Vec<(usize, usize)> =
                        holding.map(|c| (c.from.index(), c.to.index())).collect();
                    let zones = (world.zone(*a), world.zone(*b));
                    let right = if expected { vec![zones] } else { Vec::new() };
                    assert_eq!(pairs, right, "{packet}\n{}", world.text);
                    seen[usize::from(expected)] += 1;
                }
            }
        }
        let examples = Examples::new(&loaded.policy);
        for stream in found.iter().flat_map(|conduit| &conduit.streams) {
            let example = examples.packet(&stream.flow).unwrap();
            assert!(stream.flow.contains(&example), "{example}");
        }
        Ok(())
    })
    .size_min(1 << 9)
    .size_max(1 << 12)
    .budget_ms(2_000);
    assert!(seen.iter().all(|count| *count > 1_000), "{seen:?}");
}

/// How many steps away each host is from one host.
fn distances(world: &World, start: usize) -> BTreeMap<usize, usize> {
    let all = [true; PACKETS];
    let step = |a: usize, b: usize| world.some_packet(&world.hosts[a], &world.hosts[b], &all);
    let mut away = BTreeMap::from([(start, 0)]);
    let mut layer = vec![start];
    while !layer.is_empty() {
        let mut next = Vec::new();
        for host in layer {
            for other in 0..world.hosts.len() {
                if !away.contains_key(&other) && step(host, other) {
                    away.insert(other, away[&host] + 1);
                    next.push(other);
                }
            }
        }
        layer = next;
    }
    away.remove(&start);
    away
}

#[test]
fn transitive_answers_are_those_of_walking_every_chain() {
    let (mut reached_pairs, mut unreached_pairs) = (0, 0);
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let ((_, from), (_, to)) = (world.endpoint(u)?, world.endpoint(u)?);
        let loaded = load(&world.text);
        let (from_set, to_set) = (set(&from), set(&to));
        let hosts = Hosts::told_apart_by(&loaded.policy, &[from_set.clone(), to_set.clone()]);
        let view = View::new(&loaded.policy, &loaded.network, &hosts, TODAY, None);
        let chains = Transitive::new(&view, &from_set, &to_set);
        let found: Vec<_> = (chains.starts().into_iter())
            .flat_map(|zone| chains.from_zone(zone))
            .collect();
        let away: Vec<_> = (0..world.hosts.len())
            .map(|host| distances(&world, host))
            .collect();
        for (a, zone) in world.zones.iter().enumerate() {
            let starts = world.hosts_of(&from.intersection(zone).copied().collect());
            for (b, zone) in world.zones.iter().enumerate() {
                let ends = world.hosts_of(&to.intersection(zone).copied().collect());
                let steps = |end: &usize| starts.iter().filter_map(|s| away[*s].get(end)).min();
                let nearest = ends.iter().filter_map(steps).min().copied();
                let name = |host: &usize| world.names[world.zones.len() + host].0.clone();
                let devices: BTreeSet<String> = ends
                    .iter()
                    .filter(|end| **end < world.devices && steps(end).is_some())
                    .map(name)
                    .collect();
                let answer = found.iter().find(|f| (f.from.index(), f.to.index()) == (a, b));
                let what = format!("z{a} -> z{b} of {from:?} -> {to:?}\n{}", world.text);
                assert_eq!(answer.map(|answer| answer.chain.steps.len()), nearest, "{what}");
                let Some(answer) = answer else {
                    unreached_pairs += 1;
                    continue;
                };
                reached_pairs += 1;
                let reached = hosts.devices_of(answer.classes.iter().copied());
                let named = reached.map(|id| &loaded.policy.devices[id.index()]);
                let named: BTreeSet<String> = named.map(|device| device.name.clone()).collect();
                assert_eq!(named, devices, "{what}");
                let steps = view.example_chain(&answer.chain, &septum::packet::ServiceSet::full());
                assert_eq!(steps.unwrap().len(), answer.chain.steps.len(), "{what}");
            }
        }
        Ok(())
    })
    .size_min(1 << 9)
    .size_max(1 << 12)
    .budget_ms(3_000);
    assert!(
        reached_pairs > 100 && unreached_pairs > 100,
        "{reached_pairs} {unreached_pairs}"
    );
}

#[test]
fn closures_are_where_all_chains_end() {
    let mut shared = 0;
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let loaded = load(&world.text);
        let everybody = Arc::new(AddressSet::full());
        let hosts = Hosts::told_apart_by(&loaded.policy, std::slice::from_ref(&everybody));
        let view = View::new(&loaded.policy, &loaded.network, &hosts, TODAY, None);
        let chains = Transitive::new(&view, &everybody, &everybody);
        let mut closures = Closures::new(&view);
        let zones: Vec<_> = closures.zones().collect();
        assert_eq!(zones, chains.starts());
        let mut met: Vec<Vec<usize>> = Vec::new();
        for zone in zones {
            let ends = chains
                .from_zone(zone)
                .into_iter()
                .flat_map(|reached| reached.classes);
            let ends: BTreeSet<usize> = ends.collect();
            let found = closures.from_zone(zone);
            assert_eq!(
                found,
                ends.into_iter().collect::<Vec<_>>(),
                "{zone:?}\n{}",
                world.text
            );
            shared += usize::from(found.len() > 1 && met.contains(&found));
            met.push(found);
        }
        Ok(())
    })
    .size_min(1 << 9)
    .size_max(1 << 12)
    .budget_ms(3_000);
    assert!(shared > 20, "{shared}");
}
