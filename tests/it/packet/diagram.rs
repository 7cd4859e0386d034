//! Packet sets against the naive evaluator.

use std::net::IpAddr;
use std::sync::Arc;

use arbtest::arbtest;
use septum::packet::{
    AddressSet, Budget, FlowSet, Hints, IntervalSet, Packet, PacketRule, PacketSet, ServiceSet, permits,
};

use super::arbitrary::{flow, packet, rules};

const BUDGET: Budget = Budget {
    steps: 50_000_000,
    nodes: 1_000_000,
};

fn set(rules: &[PacketRule]) -> PacketSet {
    PacketSet::from_rules(rules, BUDGET).unwrap()
}

#[test]
fn a_set_of_rules_holds_what_the_rules_permit() {
    arbtest(|u| {
        let rules = rules(u, 12)?;
        let set = set(&rules);
        for _ in 0..40 {
            let p = packet(u)?;
            assert_eq!(set.contains(&p), permits(&rules, &p), "{p}");
        }
        match set.witness(&Hints::default()) {
            Some(p) => assert!(
                p.is_possible() && permits(&rules, &p) && set.contains(&p),
                "{p:?}"
            ),
            None => assert!(set.is_empty()),
        }
        Ok(())
    })
    .budget_ms(1_200);
}

#[test]
fn sets_of_different_rules_combine_exactly() {
    arbtest(|u| {
        let (left, right) = (rules(u, 6)?, rules(u, 6)?);
        let (a, b) = (set(&left), set(&right));
        let union = a.union(&b, BUDGET).unwrap();
        let both = a.intersection(&b, BUDGET).unwrap();
        let less = a.difference(&b, BUDGET).unwrap();
        let not = a.complement();
        for _ in 0..30 {
            let p = packet(u)?;
            let (x, y) = (permits(&left, &p), permits(&right, &p));
            assert_eq!(union.contains(&p), x || y);
            assert_eq!(both.contains(&p), x && y);
            assert_eq!(less.contains(&p), x && !y);
            assert_eq!(not.contains(&p), !x);
        }
        // Every law as equality of values: the form is canonical whatever way led to it.
        assert_eq!(less.union(&both, BUDGET).unwrap(), a);
        assert_eq!(not.complement(), a);
        assert_eq!(a.union(&not, BUDGET).unwrap(), PacketSet::full());
        assert_eq!(a.intersection(&not, BUDGET).unwrap(), PacketSet::empty());
        assert_eq!(
            not.intersection(&b.complement(), BUDGET).unwrap(),
            union.complement()
        );
        assert_eq!(PacketSet::union_of([&less, &both, &b], BUDGET).unwrap(), union);
        assert_eq!(a.is_subset(&b, BUDGET).unwrap(), less.is_empty());
        assert!(both.is_subset(&a, BUDGET).unwrap() && a.is_subset(&union, BUDGET).unwrap());
        if let Some(p) = less.witness(&Hints::default()) {
            assert!(permits(&left, &p) && !permits(&right, &p), "{p}");
        } else {
            assert!(less.is_empty());
        }
        Ok(())
    })
    .budget_ms(1_200);
}

#[test]
fn products_make_up_the_set() {
    arbtest(|u| {
        let rules = rules(u, 6)?;
        let set = set(&rules);
        let products = set.products(100_000);
        assert!(products.complete);
        assert_eq!(PacketSet::from_flows(&products.flows, BUDGET).unwrap(), set);
        for (i, a) in products.flows.iter().enumerate() {
            assert!(!a.is_empty());
            assert!(products.flows[i + 1..].iter().all(|b| !a.overlaps(b)), "disjoint");
        }
        let cut = set.products(1);
        assert_eq!(cut.complete, products.flows.len() <= 1);
        assert_eq!(cut.flows.len(), products.flows.len().min(1));
        Ok(())
    })
    .budget_ms(1_200);
}

#[test]
fn one_product_comes_back_as_one_line_a_family_at_most() {
    arbtest(|u| {
        let flow = flow(u)?;
        let set = PacketSet::from_flow(&flow, BUDGET).unwrap();
        assert_eq!(set.is_empty(), set.witness(&Hints::default()).is_none());
        let products = set.products(10);
        assert!(products.complete && products.flows.len() <= 2, "{products:?}");
        Ok(())
    })
    .budget_ms(800);
}

fn addresses(text: &[&str]) -> std::sync::Arc<septum::packet::AddressSet> {
    let nets: Vec<ipnet::IpNet> = text.iter().map(|net| net.parse().unwrap()).collect();
    std::sync::Arc::new(septum::packet::AddressSet::from_prefixes(&nets))
}

#[test]
fn a_product_of_both_families_reads_as_one() {
    let flow = FlowSet {
        source: addresses(&["10.20.0.0/22", "2001:db8:20::/64"]),
        destination: addresses(&["10.30.1.10/32", "2001:db8:30:1::10/128"]),
        service: ServiceSet::tcp(IntervalSet::full(), IntervalSet::single(443)).into(),
    };
    let set = PacketSet::from_flow(&flow, BUDGET).unwrap();
    assert_eq!(set.products(10).flows, [flow]);
    let any = FlowSet {
        source: addresses(&["10.20.0.0/22"]),
        destination: addresses(&["10.30.1.10/32"]),
        service: ServiceSet::full().into(),
    };
    let set = PacketSet::from_flow(&any, BUDGET).unwrap();
    assert_eq!(set.products(10).flows, [any], "any service stays any service");
}

#[test]
fn witnesses_are_believable_where_hints_allow() {
    let flow = FlowSet {
        source: addresses(&["10.20.0.0/22"]),
        destination: addresses(&["10.30.1.0/24"]),
        service: ServiceSet::full().into(),
    };
    let hints = Hints {
        addresses: ["10.9.9.9", "10.20.1.7", "10.30.1.10"]
            .map(|a| a.parse::<IpAddr>().unwrap())
            .into(),
        ports: vec![443],
    };
    let set = PacketSet::from_flow(&flow, BUDGET).unwrap();
    let seen = set.witness(&hints).unwrap();
    assert_eq!(seen.to_string(), "tcp 10.20.1.7:49152 -> 10.30.1.10:443");
    assert_eq!(
        set.witness(&Hints::default()).unwrap().to_string(),
        "tcp 10.20.0.1:49152 -> 10.30.1.1:1",
        "addresses of networks are no hosts"
    );
    let within = FlowSet {
        source: addresses(&["10.20.0.0/22"]),
        destination: addresses(&["10.20.0.0/22"]),
        service: ServiceSet::udp(IntervalSet::range(0, 9), IntervalSet::full()).into(),
    };
    let talk = PacketSet::from_flow(&within, BUDGET)
        .unwrap()
        .witness(&hints)
        .unwrap();
    assert_ne!(talk.source, talk.destination, "nobody talks to itself");
}

#[test]
fn a_witness_is_no_host_that_talks_to_itself_where_there_is_another() {
    let host = |number: u8| addresses(&[&format!("10.0.0.{number}/32")]);
    let allow = |(from, to): (u8, u8)| {
        PacketRule::permit(FlowSet {
            source: host(from),
            destination: host(to),
            service: ServiceSet::full().into(),
        })
    };
    let hints = Hints {
        addresses: ["10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap()].into(),
        ports: vec![443],
    };
    for hints in [&hints, &Hints::default()] {
        for other in [(3, 4), (9, 1), (2, 9), (9, 5)] {
            let pairs = (1..=6).map(|host| (host, host)).chain([other]);
            let rules: Vec<PacketRule> = pairs.map(allow).collect();
            let seen = set(&rules).witness(hints).unwrap();
            assert_ne!(seen.source, seen.destination, "{other:?}");
        }
        let alone = set(&[allow((5, 5))]).witness(hints).unwrap();
        assert_eq!(alone.source, alone.destination);
    }
}

#[test]
fn what_is_no_packet_is_in_no_set() {
    let impossible = |number, first, second| Packet {
        source: "10.0.0.1".parse().unwrap(),
        destination: "10.0.0.2".parse().unwrap(),
        protocol: number,
        first,
        second,
    };
    for packet in [
        impossible(1, 256, 0),
        impossible(50, 0, 1),
        impossible(58, 128, 0),
    ] {
        assert!(!packet.is_possible() && !PacketSet::full().contains(&packet));
    }
    let mut mixed = impossible(6, 1, 1);
    assert!(mixed.is_possible() && PacketSet::full().contains(&mixed));
    mixed.destination = "::1".parse().unwrap();
    assert!(!mixed.is_possible() && !PacketSet::full().contains(&mixed));
}

#[test]
fn a_spent_budget_is_no_answer() {
    let flow = FlowSet {
        source: addresses(&["10.20.0.0/22"]),
        destination: addresses(&["10.30.1.0/24"]),
        service: ServiceSet::full().into(),
    };
    let none = Budget { steps: 0, nodes: 10 };
    let error = PacketSet::from_flow(&flow, none).unwrap_err();
    assert!(error.to_string().starts_with("gave up after"));
}

#[test]
fn a_node_of_many_edges_counts_as_many() {
    let odd = (0..100_000).map(|n| (2 * n + 1, 2 * n + 1));
    let flow = FlowSet {
        source: Arc::new(AddressSet {
            v4: odd.collect(),
            ..AddressSet::empty()
        }),
        destination: addresses(&["10.30.1.0/24"]),
        service: ServiceSet::full().into(),
    };
    let budget = |nodes: u32| Budget {
        steps: 50_000_000,
        nodes,
    };
    assert!(PacketSet::from_flow(&flow, budget(1_000_000)).is_ok());
    assert!(PacketSet::from_flow(&flow, budget(10_000)).is_err());
}
