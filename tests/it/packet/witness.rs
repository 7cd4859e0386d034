//! Dead rules against the naive evaluator and the diagrams.

use arbtest::arbtest;
use septum::packet::{Budget, Coverage, PacketRule, PacketSet, RuleIndex, first_match};

use super::arbitrary::{packet, rules};

const BUDGET: Budget = Budget {
    steps: 50_000_000,
    nodes: 1_000_000,
};

fn flows_of(rules: &[PacketRule], places: impl IntoIterator<Item = usize>) -> PacketSet {
    PacketSet::from_flows(places.into_iter().map(|place| &rules[place].flow), BUDGET).unwrap()
}

#[test]
fn a_rule_is_dead_exactly_when_earlier_rules_hold_all_of_it() {
    arbtest(|u| {
        let rules = rules(u, 10)?;
        let index = RuleIndex::new(&rules, BUDGET).unwrap();
        for place in 0..rules.len() {
            let own = flows_of(&rules, [place]);
            match index.uncovered(place, |other| other < place).unwrap() {
                Coverage::Witness(p) => {
                    assert!(p.is_possible());
                    assert_eq!(first_match(&rules, &p), Some(place), "{p}");
                    assert_eq!(index.dead(place).unwrap(), None);
                }
                Coverage::Covered(because) => {
                    assert!(because.iter().all(|other| *other < place));
                    let cover = flows_of(&rules, because.iter().copied());
                    assert!(
                        own.is_subset(&cover, BUDGET).unwrap(),
                        "the explanation is enough"
                    );
                    assert_eq!(index.dead(place).unwrap().unwrap().because, because);
                }
            }
        }
        for _ in 0..20 {
            let hit = first_match(&rules, &packet(u)?);
            assert!(
                index
                    .all_dead()
                    .unwrap()
                    .iter()
                    .all(|dead| Some(dead.rule) != hit)
            );
        }
        Ok(())
    })
    .budget_ms(800);
}

#[test]
fn explanations_name_the_rules_that_cut() {
    let flow = |destination: &str, ports: (u16, u16)| {
        let nets: Vec<ipnet::IpNet> = vec![destination.parse().unwrap()];
        septum::packet::FlowSet {
            source: septum::packet::AddressSet::full().into(),
            destination: septum::packet::AddressSet::from_prefixes(&nets).into(),
            service: septum::packet::ServiceSet::tcp(
                septum::packet::IntervalSet::full(),
                septum::packet::IntervalSet::range(ports.0, ports.1),
            )
            .into(),
        }
    };
    let rules = [
        PacketRule::permit(flow("10.0.0.0/25", (1, 100))),
        PacketRule::permit(flow("10.9.0.0/16", (1, 100))),
        PacketRule::deny(flow("10.0.0.128/25", (80, 80))),
        PacketRule::permit(flow("10.0.0.0/24", (80, 80))),
        PacketRule::permit(flow("10.0.0.0/24", (80, 81))),
    ];
    let index = RuleIndex::new(&rules, BUDGET).unwrap();
    let dead = index.all_dead().unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!((dead[0].rule, dead[0].because.as_slice()), (3, &[0, 2][..]));
    assert_eq!(index.dead(99).unwrap(), None);
}

/// Many rules with one destination, and sources of many intervals, are looked up in other ways than few are.
#[test]
fn rules_that_crowd_at_one_destination_are_judged_like_others() {
    let flow = |hosts: &[u32]| septum::packet::FlowSet {
        source: septum::packet::AddressSet::from_addresses(
            hosts.iter().map(|host| std::net::Ipv4Addr::from(*host).into()),
        )
        .into(),
        destination: septum::packet::AddressSet::full().into(),
        service: septum::packet::ServiceSet::full().into(),
    };
    let even = |end: u32| (0..end).map(|host| 2 * host).collect::<Vec<u32>>();
    let hosts = (0..240).map(|place| vec![place % 180]);
    let rules: Vec<PacketRule> = hosts
        .chain([even(100), even(45), even(80), even(101)])
        .map(|hosts| PacketRule::permit(flow(&hosts)))
        .collect();
    let index = RuleIndex::new(&rules, BUDGET).unwrap();
    let dead: Vec<usize> = index
        .all_dead()
        .unwrap()
        .into_iter()
        .map(|dead| {
            let cover = flows_of(&rules, dead.because.iter().copied());
            assert!(flows_of(&rules, [dead.rule]).is_subset(&cover, BUDGET).unwrap());
            dead.rule
        })
        .collect();
    let expected: Vec<usize> = (180..240).chain([241, 242]).collect();
    assert_eq!(dead, expected);
    let by_one = index.dead(190).unwrap().unwrap();
    assert_eq!(by_one.because, [10]);
}

#[test]
fn few_steps_fall_back_to_the_diagram_or_give_up() {
    arbtest(|u| {
        let rules = rules(u, 8)?;
        let index = RuleIndex::new(&rules, BUDGET).unwrap();
        let Ok(tight) = RuleIndex::new(
            &rules,
            Budget {
                steps: 60,
                nodes: 1_000,
            },
        ) else {
            return Ok(());
        };
        for place in 0..rules.len() {
            if let Ok(answer) = tight.dead(place) {
                assert_eq!(answer.is_some(), index.dead(place).unwrap().is_some());
            }
        }
        Ok(())
    })
    .budget_ms(500);
}
