//! Plans of random shape: what is written for them is proven, agrees with a naive reading of the text, and replaces
//! what any other plan left.

use std::collections::BTreeSet;
use std::sync::Arc;

use arbtest::arbtest;
use septum::packet::{AddressSet, Family};
use septum::plan::{DevicePlan, LocalPlan, PairPlan, PlanRule, Role, decide};
use septum::syntax::tree::{Action, Rate, RateUnit};
use septum::target::nftables::Nftables;
use septum::target::{Assets, Emitted, Owned, Platform};

use super::harness::{Namespace, Random, packet, permitted};
use super::load::objects;
use super::plans::*;
use super::read::assert_proven;
use crate::oracle::nft::{NftRuleset, State};

/// Words for addresses: everything, nested prefixes, ranges on no boundary, single hosts, groups, both families.
fn end(random: &mut Random, net: usize) -> String {
    let (b, c, d) = (random.below(3), random.below(4), random.below(256));
    let host = |n: usize| format!("10.{net}.{}.{}", n % 4, n * 7 % 256);
    let host6 = |n: usize| format!("2001:db8:{net}::{:x}", n * 7);
    match random.below(16) {
        0 => "any".to_owned(),
        1 => "0.0.0.0/0".to_owned(),
        2 => "::/0".to_owned(),
        3 => format!("10.{net}.{b}.{d} 2001:db8:{net}::{d:x}"),
        4 | 5 => {
            let length = *random.pick(&[9, 16, 20, 22, 24, 25, 28, 31, 32]).unwrap();
            let bits = u32::from_be_bytes([10, net as u8, c as u8, d as u8]) & (u32::MAX << (32 - length));
            format!("{}/{length}", std::net::Ipv4Addr::from(bits))
        }
        6 => {
            let length = *random.pick(&[3, 32, 48, 64, 113, 127, 128]).unwrap();
            let address: std::net::Ipv6Addr = format!("2001:db8:{net}:{b}::{d:x}").parse().unwrap();
            let bits = u128::from(address) & (u128::MAX << (128 - length));
            format!("{}/{length}", std::net::Ipv6Addr::from(bits))
        }
        7 => format!("10.{net}.{b}.{d}-10.{net}.{}.{}", b + 1, d / 3),
        8 | 9 => (0..1 + random.below(30)).map(|n| host(n + d) + " ").collect(),
        10 => (0..1 + random.below(30))
            .map(|n| host6(n + d) + " " + &host(n) + " ")
            .collect(),
        11 => format!(
            "10.{net}.{c}.0/24 {} 10.{net}.{b}.64/26 2001:db8:{net}:{b}::/64",
            host(d)
        ),
        12 => "0.0.0.0-10.0.0.0 10.3.0.0-255.255.255.255 8000::/1".to_owned(),
        _ => host(random.below(12)),
    }
}

fn service(random: &mut Random) -> String {
    let port = 20 + random.below(6);
    match random.below(14) {
        0 => "any".to_owned(),
        1 => "icmp:8 icmpv6:128".to_owned(),
        2 => "icmp:8/0-3".to_owned(),
        3 => format!("udp:1024-65535/{port}"),
        4 => "proto:50,89".to_owned(),
        5 => format!("tcp:{port}-{}", port + random.below(40)),
        6 => "tcp:1024-65535".to_owned(),
        7 => format!("tcp:{port},{},443 udp:{port}", port + 2),
        8 => "tcp:0-65535".to_owned(),
        9 => format!("sctp:{port}"),
        _ => format!("tcp:{port}"),
    }
}

/// Rules of one shape each, denies before allows but now and then in any order.
fn rules(random: &mut Random, from: usize, to: usize, most: usize) -> Vec<PlanRule> {
    let count = random.below(most);
    // Some lists are of one mould, so that tables of each kind fill up.
    let mould = (random.below(3) == 0).then(|| service(random));
    let mut rules: Vec<PlanRule> = (0..count)
        .map(|n| {
            let service = mould.clone().unwrap_or_else(|| self::service(random));
            let id = format!("rule-{}", n - n % (1 + random.below(2)));
            let action = if random.below(5) == 0 {
                Action::Deny
            } else {
                Action::Allow
            };
            let mut rule = rule(action, &id, &end(random, from), &end(random, to), &service);
            Arc::make_mut(&mut rule.said).log = random.below(12) == 0;
            if action == Action::Allow && random.below(12) == 0 {
                let per = *random.pick(&[RateUnit::Second, RateUnit::Day]).unwrap();
                Arc::make_mut(&mut rule.said).rate = Some(Rate { count: 9, per });
            }
            rule
        })
        .collect();
    if random.below(8) > 0 {
        rules.sort_by_key(|rule| rule.said.action == Action::Allow);
    }
    rules
}

fn plan(random: &mut Random, most: usize) -> DevicePlan {
    let local = LocalPlan::default();
    if random.below(4) == 0 {
        let own = "10.1.0.9 2001:db8:1::9";
        return host(
            addresses(own),
            rules(random, 0, 1, most),
            rules(random, 1, 0, most),
            local,
        );
    }
    let sides = 1 + random.below(3);
    let long = "a-zone-with-a-long-name-".repeat(1 + random.below(8));
    let zone = |n: usize| format!("{long}{n}");
    let pairs: Vec<PairPlan> = (0..sides * sides)
        .filter(|n| n % sides != n / sides || random.below(3) == 0)
        .map(|n| (n % sides, n / sides))
        .collect::<Vec<_>>()
        .into_iter()
        .map(|(from, to)| pair(from, to, rules(random, from, to, most)))
        .collect();
    router(
        (0..sides)
            .map(|n| {
                side(
                    &zone(n),
                    &format!("eth{n}"),
                    &format!("10.{n}.0.0/16 2001:db8:{n}::/48"),
                )
            })
            .collect(),
        pairs,
        local,
    )
}

/// The thresholds of one time in three are the usual ones, those of the others small.
fn assets(random: &mut Random) -> Assets {
    let mut assets = Nftables.assets();
    if random.below(3) == 0 {
        return assets;
    }
    for (key, most) in [
        ("plain_rules", 4),
        ("plain_cost", 8),
        ("lookups", 4),
        ("port_values", 5),
        ("rule_elements", 40),
        ("inline_ports", 3),
        ("shared_flows", 30),
    ] {
        let lines = assets.capability.lines();
        let kept: Vec<&str> = lines
            .filter(|line| !line.starts_with(&format!("{key}:")))
            .collect();
        assets.capability = format!("{}\n{key}: {}\n", kept.join("\n"), random.below(most));
    }
    assets.capability = assets.capability.replace("name_bytes: 100", "name_bytes: 64");
    assets
}

fn emitted(plan: &DevicePlan, assets: &Assets, previous: &Owned) -> Emitted {
    Nftables.emit(plan, assets, previous).unwrap()
}

/// The lists of a plan, with the interfaces between which each holds.
fn lists(plan: &DevicePlan) -> Vec<(String, String, &[PlanRule])> {
    match &plan.role {
        Role::Router(forwarding) => {
            let name = |side: usize| forwarding.sides[side].interfaces[0].name.clone();
            let pairs = forwarding.pairs.iter();
            pairs
                .map(|pair| (name(pair.from), name(pair.to), pair.rules.as_slice()))
                .collect()
        }
        Role::Host(host) => vec![
            ("eth0".to_owned(), String::new(), &host.inbound),
            (String::new(), "eth0".to_owned(), &host.outbound),
        ],
    }
}

/// Fails where packets around the rules fare otherwise than the plan says; how many passed and how many did not.
fn agrees(random: &mut Random, plan: &DevicePlan, text: &str) -> [usize; 2] {
    let mut ruleset = NftRuleset::default();
    ruleset.apply(text).unwrap();
    let mut fared = [0, 0];
    for (from, to, rules) in lists(plan) {
        for _ in 0..60 {
            let (Some(one), Some(other)) = (random.pick(rules), random.pick(rules)) else {
                break;
            };
            let of = |mixed: bool| if mixed { other } else { one };
            let (a, b, c) = (random.below(4) == 0, random.below(4) == 0, random.below(4) == 0);
            let family = *random.pick(&Family::BOTH).unwrap();
            let Some(packet) = packet(random, family, of(a), of(b), of(c)) else {
                continue;
            };
            let verdict = match (from.as_str(), to.as_str()) {
                (from, "") => ruleset.input(from, &packet, State::New),
                ("", to) => ruleset.output(to, &packet, State::New),
                (from, to) => ruleset.forward(from, to, &packet, State::New),
            };
            let expected = decide(rules, &packet) == Action::Allow;
            assert_eq!(verdict.permits(), expected, "{from}>{to} {packet}\n{text}");
            fared[usize::from(expected)] += 1;
        }
    }
    fared
}

/// A firewall in a mesh: all its pairs have most rules in common. What lives at a neighbour neither leaves by it as a
/// source nor comes in by it as a destination.
pub fn mesh(random: &mut Random, all: &[PlanRule]) -> DevicePlan {
    const SIDES: usize = 4;
    let everywhere = "10.0.0.0/8 2001:db8::/32";
    let sides = (0..SIDES).map(|n| side(&format!("link-{n}"), &format!("eth{n}"), everywhere));
    let ordered = (0..SIDES).flat_map(|from| (0..SIDES).map(move |to| (from, to)));
    let near: Vec<(usize, usize, Arc<AddressSet>)> = all
        .iter()
        .map(|_| {
            let net = format!("10.0.0.0/{} 2001:db8:1::/112", 8 + random.below(24));
            (random.below(3 * SIDES), random.below(6 * SIDES), addresses(&net))
        })
        .collect();
    let pairs = ordered.filter(|(from, to)| from != to).map(|(from, to)| {
        let part = |(rule, (sources, destinations, near)): (&PlanRule, &(usize, usize, Arc<AddressSet>))| {
            let mut rule = rule.clone();
            if *sources == to {
                rule.flow.source = rule.flow.source.difference(near.as_ref()).into();
            }
            let there = *destinations != from && !rule.flow.is_empty();
            there.then_some(rule)
        };
        pair(from, to, all.iter().zip(&near).filter_map(part).collect())
    });
    let pairs = pairs.collect();
    router(sides.collect(), pairs, LocalPlan::default())
}

#[test]
fn what_the_pairs_of_a_mesh_have_in_common_is_proven() {
    let (mut shared, mut fared) = (0, [0, 0]);
    arbtest(|u| {
        let mut random = Random(u.arbitrary::<u64>()? | 1);
        let all = rules(&mut random, 0, 1, 60);
        let plan = mesh(&mut random, &all);
        let assets = assets(&mut random);
        let emitted = emitted(&plan, &assets, &Owned::new());
        shared += usize::from(emitted.text.contains("jump c_shared_1"));
        assert_proven(&plan, &emitted.text);
        let [dropped, passed] = agrees(&mut random, &plan, &emitted.text);
        fared = [fared[0] + dropped, fared[1] + passed];
        Ok(())
    })
    .budget_ms(1_500);
    assert!(
        shared > 5 && fared.iter().all(|count| *count > 50),
        "{shared} {fared:?}"
    );
}

#[test]
fn what_is_written_for_random_plans_is_proven() {
    let mut fared = [0, 0];
    arbtest(|u| {
        let mut random = Random(u.arbitrary::<u64>()? | 1);
        let most = *random.pick(&[6, 40, 90]).unwrap();
        let plan = plan(&mut random, most);
        let assets = assets(&mut random);
        let emitted = emitted(&plan, &assets, &Owned::new());
        assert_eq!(self::emitted(&plan, &assets, &emitted.owned), emitted);
        let mut names = BTreeSet::new();
        for line in emitted.text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if let [
                "add",
                kind @ ("chain" | "set" | "map" | "limit"),
                "inet",
                "septum",
                name,
                ..,
            ] = words.as_slice()
            {
                assert!(
                    names.insert((*kind, *name)),
                    "{name} is there twice:\n{}",
                    emitted.text
                );
                assert!(
                    name.len() <= 64 || assets.capability.contains("name_bytes: 100"),
                    "{name}"
                );
                assert!(name.len() <= 100, "{name}");
            }
        }
        assert_proven(&plan, &emitted.text);
        let [dropped, passed] = agrees(&mut random, &plan, &emitted.text);
        fared = [fared[0] + dropped, fared[1] + passed];
        Ok(())
    })
    .budget_ms(1_500);
    assert!(fared.iter().all(|count| *count > 50), "{fared:?}");
}

/// Few addresses, few services of several ports: the same pair of addresses is met by many rules, of both actions.
#[test]
fn rules_between_few_addresses_that_share_ports_are_proven() {
    let (mut by_ports, mut fared) = (0, [0, 0]);
    arbtest(|u| {
        let mut random = Random(u.arbitrary::<u64>()? | 1);
        let end = |random: &mut Random, net: usize| -> String {
            let one = |random: &mut Random| match random.below(8) {
                0 => format!("10.{net}.0.{}/30", 4 * random.below(3)),
                1 => format!("2001:db8:{net}::{:x}/126", 4 * random.below(3)),
                2 | 3 => format!("2001:db8:{net}::{:x}", random.below(9)),
                _ => format!("10.{net}.0.{}", random.below(9)),
            };
            (0..1 + random.below(3)).map(|_| one(random) + " ").collect()
        };
        let services = [
            "tcp:22,443",
            "tcp:22 udp:22",
            "tcp:443,8080-8082 udp:53",
            "sctp:7 tcp:22,443",
        ];
        let mut rules = |from: usize, to: usize| {
            let mut rules: Vec<PlanRule> = (0..random.below(90))
                .map(|n| {
                    let action = match random.below(5) {
                        0 => Action::Deny,
                        _ => Action::Allow,
                    };
                    let service = random.pick(&services).unwrap();
                    let (from, to) = (end(&mut random, from), end(&mut random, to));
                    rule(action, &format!("rule-{n}"), &from, &to, service)
                })
                .collect();
            rules.sort_by_key(|rule| rule.said.action == Action::Allow);
            rules
        };
        let pairs = vec![pair(0, 1, rules(0, 1)), pair(1, 0, rules(1, 0))];
        let side = |n: usize| {
            let behind = format!("10.{n}.0.0/16 2001:db8:{n}::/48");
            side(&format!("zone-{n}"), &format!("eth{n}"), &behind)
        };
        let plan = router(vec![side(0), side(1)], pairs, LocalPlan::default());
        let emitted = emitted(&plan, &assets(&mut random), &Owned::new());
        by_ports += usize::from(emitted.text.contains("jump c_ports_"));
        assert_proven(&plan, &emitted.text);
        let [dropped, passed] = agrees(&mut random, &plan, &emitted.text);
        fared = [fared[0] + dropped, fared[1] + passed];
        Ok(())
    })
    .budget_ms(1_000);
    assert!(by_ports > 0);
    assert!(fared.iter().all(|count| *count > 50), "{fared:?}");
}

#[test]
fn a_random_plan_replaces_another() {
    if !permitted() {
        return;
    }
    arbtest(|u| {
        let mut random = Random(u.arbitrary::<u64>()? | 1);
        let assets = [assets(&mut random), assets(&mut random)];
        let plans = [plan(&mut random, 60), plan(&mut random, 60)];
        let first = emitted(&plans[0], &assets[0], &Owned::new());
        let second = emitted(&plans[1], &assets[1], &first.owned);
        let load = |files: &[&str]| {
            let namespace = Namespace::new("random");
            for file in files {
                namespace.nft(&["-f", "-"], file);
            }
            namespace.nft(&["-s", "-n", "list", "ruleset"], "")
        };
        let alone = load(&[&second.text]);
        let both = load(&[&first.text, &second.text]);
        let (both, only) = (objects(&both), objects(&alone));
        let left: Vec<&&str> = both.iter().filter(|object| !only.contains(object)).collect();
        assert!(both.len() == only.len() && left.is_empty(), "{left:#?}");
        assert_proven(&plans[1], &alone);
        Ok(())
    })
    .budget_ms(1_500);
}

/// Groups that overlap at random: every destination has its own list of rules, and each rule has many sources.
#[test]
fn sources_are_not_written_once_for_each_destination() {
    let random = &mut Random(7);
    let (mut sources, mut destinations) = (0, 0);
    let rules: Vec<PlanRule> = (0..40)
        .map(|n| {
            let from: String = (0..100)
                .map(|m| format!("10.{n}.{}.{} ", m / 50, 2 * (m % 50)))
                .collect();
            let to: Vec<String> = (0..200)
                .filter(|_| random.below(4) == 0)
                .map(|m| format!("10.200.0.{m}"))
                .collect();
            (sources, destinations) = (sources + 100, destinations + to.len());
            allow(&format!("label-{n}"), &from, &to.join(" "), "tcp:443")
        })
        .collect();
    let plan = router(
        vec![
            side("clients", "eth0", "10.0.0.0/9"),
            side("servers", "eth1", "10.200.0.0/24"),
        ],
        vec![pair(0, 1, rules)],
        LocalPlan::default(),
    );
    let emitted = emit(&plan, &Owned::new());
    assert_proven(&plan, &emitted.text);
    let (elements, rules) = (emitted.counts["elements"], emitted.counts["rules"]);
    assert!(
        elements + rules < 2 * (sources + destinations),
        "{elements} elements, {rules} rules"
    );
}

#[test]
fn a_threshold_may_be_as_large_as_numbers_are() {
    let rules: Vec<PlanRule> = (0..20)
        .map(|n| {
            allow(
                &format!("n-{n}"),
                &format!("10.0.0.{n}"),
                &format!("10.1.0.{n}"),
                "tcp:22,443",
            )
        })
        .collect();
    let plan = router(
        vec![side("a", "eth0", "10.0.0.0/16"), side("b", "eth1", "10.1.0.0/16")],
        vec![pair(0, 1, rules)],
        LocalPlan::default(),
    );
    let mut assets = Nftables.assets();
    for line in ["port_values: 32", "rule_elements: 20000", "lookups: 12"] {
        let key = line.split(' ').next().unwrap();
        assert!(assets.capability.contains(line));
        assets.capability = assets.capability.replace(line, &format!("{key} {}", usize::MAX));
    }
    let emitted = emitted(&plan, &assets, &Owned::new());
    assert_proven(&plan, &emitted.text);
    // One for each rule, whose ports a chain tests, and one for the pair of interfaces.
    assert_eq!(emitted.counts["elements"], 21);
}
