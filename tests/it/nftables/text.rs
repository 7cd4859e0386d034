//! The file as text.

use septum::plan::{DevicePlan, LocalPlan, PlanRule, Role, RunProtocol};
use septum::proof::{Options, prove_text};
use septum::syntax::tree::{Rate, RateUnit};
use septum::target::Owned;
use septum::target::nftables::Nftables;

use super::plans::*;

#[test]
fn a_small_router() {
    let plan = router(
        vec![
            side("clinical.pumps", "eth0 eth1", "10.20.0.0/22 2001:db8:20::/64"),
            side("servers", "eth2", "10.30.1.0/24 2001:db8:30:1::/64"),
        ],
        vec![pair(
            0,
            1,
            vec![
                deny("no-telnet-1a", "10.20.0.0/24", "10.30.1.0/24", "tcp:23"),
                logged(deny(
                    "audit-2b",
                    "10.20.1.7",
                    "10.30.1.0/24 2001:db8:30:1::/64",
                    "any",
                )),
                allow(
                    "web-3c",
                    "10.20.0.0/22 2001:db8:20::/64",
                    "10.30.1.10 2001:db8:30:1::10",
                    "tcp:443,8000-8080 udp:53",
                ),
                logged(allow(
                    "ping-4d",
                    "10.20.0.0/22 2001:db8:20::/64",
                    "10.30.1.10-10.30.1.14 2001:db8:30:1::10",
                    "icmp:8 icmpv6:128",
                )),
                rated(
                    allow(
                        "trap-5e",
                        "10.20.0.9",
                        "10.30.1.10",
                        "udp:162/1024-65535 proto:50",
                    ),
                    Rate {
                        count: 3,
                        per: RateUnit::Minute,
                    },
                ),
            ],
        )],
        LocalPlan::default(),
    );
    insta::assert_snapshot!(emit(&plan, &Owned::new()).text);
}

#[test]
fn a_host() {
    let local = LocalPlan {
        own: addresses("10.30.1.20"),
        manage: vec![allow("manage", "10.9.0.0/24", "10.30.1.20", "tcp:22")],
        run: [RunProtocol::DhcpClient, RunProtocol::Ping, RunProtocol::Dns]
            .map(Into::into)
            .to_vec(),
    };
    let plan = host(
        addresses("10.30.1.20"),
        vec![allow("dicom-1a", "10.40.0.0/16", "10.30.1.20", "tcp:104")],
        vec![
            deny("no-2b", "10.30.1.20", "10.30.0.0/16", "any"),
            allow("out-3c", "10.30.1.20", "any", "tcp:443"),
        ],
        local,
    );
    insta::assert_snapshot!(emit(&plan, &Owned::new()).text);
}

/// A device behind two cores: one list of rules leads to both.
fn behind_two_cores(rules: Vec<PlanRule>) -> DevicePlan {
    router(
        vec![
            side("ward", "eth0", "10.1.0.0/16"),
            side("core1", "eth1", "10.2.0.0/16"),
            side("core2", "eth2", "10.2.0.0/16"),
        ],
        vec![pair(0, 1, rules.clone()), pair(0, 2, rules)],
        LocalPlan::default(),
    )
}

fn many_flows() -> Vec<PlanRule> {
    let flow = |n: usize| {
        let (from, to) = (format!("10.1.0.{n}"), format!("10.2.0.{}", n % 7));
        let services = format!("tcp:{}", 2000 + n % 5);
        allow(&format!("flow-{n}"), &from, &to, &services)
    };
    (0..60).map(flow).collect()
}

#[test]
fn a_list_that_leads_to_two_cores_stands_in_one_set() {
    let plan = behind_two_cores(many_flows());
    let text = emit(&plan, &Owned::new()).text;
    let set = "@x4_allow_ward__core1 ";
    assert_eq!(text.matches("add set ").count(), 1, "{text}");
    assert_eq!(text.matches(set).count(), 2, "both chains look into it\n{text}");
    assert!(prove_text(&plan, &Nftables, &text, &Options::default()).holds());
}

#[test]
fn what_is_logged_says_which_of_two_cores_it_leads_to() {
    let mut rules = many_flows();
    rules.insert(0, logged(deny("audit", "10.1.0.0/24", "10.2.0.0/30", "tcp:23")));
    let plan = behind_two_cores(rules);
    let text = emit(&plan, &Owned::new()).text;
    for core in ["core1", "core2"] {
        let prefix = format!("log prefix \"septum ward>{core} audit \"");
        assert_eq!(text.matches(&prefix).count(), 1, "{text}");
    }
}

#[test]
fn lists_of_the_same_rules_that_hold_other_packets_stay_apart() {
    let mut plan = behind_two_cores(many_flows());
    let Role::Router(forwarding) = &mut plan.role else {
        unreachable!("it is a router")
    };
    forwarding.pairs[1].rules[7].flow.source = addresses("10.1.9.9");
    let text = emit(&plan, &Owned::new()).text;
    assert!(text.contains("@x4_allow_ward__core2 "), "{text}");
    assert!(prove_text(&plan, &Nftables, &text, &Options::default()).holds());
}

/// Six pairs of sides that permit the same but for one rule each.
fn between_three_cores(rules: &[PlanRule]) -> DevicePlan {
    let sides = (0..3).map(|n| side(&format!("core{n}"), &format!("eth{n}"), "10.0.0.0/8"));
    let pairs = [(0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)];
    let without = |number: usize| {
        let kept = rules.iter().enumerate().filter(|(at, _)| *at != number);
        kept.map(|(_, rule)| rule.clone()).collect()
    };
    let pairs = (0..)
        .zip(pairs)
        .map(|(number, (from, to))| pair(from, to, without(number)));
    router(sides.collect(), pairs.collect(), LocalPlan::default())
}

#[test]
fn what_many_pairs_permit_stands_once() {
    let mut rules = many_flows();
    rules.insert(0, logged(allow("audited", "10.1.9.9", "10.2.9.9", "tcp:22")));
    let denied = deny("closed", "10.1.0.3", "10.2.0.3", "any");
    rules.insert(0, denied);
    let plan = between_three_cores(&rules);
    let text = emit(&plan, &Owned::new()).text;
    assert_eq!(text.matches("jump c_shared_1 comment").count(), 6, "{text}");
    assert_eq!(text.matches("10.1.0.20 . 10.2.0.6 . ").count(), 1, "{text}");
    // What is denied, or logged, is so before anything else permits it.
    let chain = text.split("chain p_core2__core1 {").nth(1).unwrap();
    let chain = chain.split('}').next().unwrap();
    let place = |of: &str| chain.find(of).unwrap();
    let (denied, audited) = (place("counter drop comment \"closed"), place("audited"));
    assert!(denied < audited && audited < place("jump c_shared_1"), "{chain}");
    assert!(prove_text(&plan, &Nftables, &text, &Options::default()).holds());
}

#[test]
fn what_few_flows_are_spared_by_stays_where_it_is() {
    let plan = between_three_cores(&many_flows()[..40]);
    let text = emit(&plan, &Owned::new()).text;
    assert!(!text.contains("c_shared_"), "{text}");
}

/// A router in the middle of many networks, of which each talks to every other. Where two of them are named, something
/// between these is denied.
pub fn between_many(count: usize, denied: Option<(usize, usize)>) -> DevicePlan {
    let net = |n: usize| format!("10.{n}.0.0/16");
    let sides = (0..count).map(|n| side(&format!("net{n}"), &format!("eth{n}"), &net(n)));
    let ordered = (0..count).flat_map(|from| (0..count).map(move |to| (from, to)));
    let pairs = ordered.filter(|(from, to)| from != to).map(|(from, to)| {
        let flow = |n: usize| {
            let (source, destination) = (format!("10.{from}.0.{n}"), format!("10.{to}.0.{}", n % 3));
            let service = ["tcp:22", "tcp:80,443 udp:53"][n % 2];
            allow(&format!("r{from}-{to}-{n}"), &source, &destination, service)
        };
        let mut rules: Vec<PlanRule> = (0..18).map(flow).collect();
        if denied == Some((from, to)) {
            rules.insert(0, deny("closed", &format!("10.{from}.0.4"), &net(to), "any"));
        }
        pair(from, to, rules)
    });
    let pairs = pairs.collect();
    router(sides.collect(), pairs, LocalPlan::default())
}

#[test]
fn the_tables_of_many_pairs_are_one() {
    let plan = between_many(14, Some((3, 5)));
    let text = emit(&plan, &Owned::new()).text;
    let declared = |kind: &str| {
        let start = format!("add {kind} inet septum ");
        let lines = text.lines().filter_map(|line| line.strip_prefix(&start));
        lines
            .filter_map(|line| line.split(' ').next())
            .collect::<Vec<_>>()
    };
    // What is denied comes before what is permitted, so that this pair keeps tables of its own.
    assert_eq!(declared("set"), ["x4_allow_net3__net5", "f4_allow"], "{text}");
    assert_eq!(
        declared("map"),
        ["e4_allow_net3__net5", "dispatch", "g4_allow"],
        "{text}"
    );
    let element = "\"eth0\" . \"eth1\" . 10.0.0.2 . 10.1.0.2 . 6 . 22 comment \"r0-1-2 ";
    assert_eq!(text.matches(element).count(), 1, "{text}");
    assert!(prove_text(&plan, &Nftables, &text, &Options::default()).holds());
    // Another source than what lives behind the interface gets nowhere.
    let moved = text.replacen(
        "\"eth0\" . \"eth1\" . 10.0.0.2",
        "\"eth2\" . \"eth1\" . 10.0.0.2",
        1,
    );
    assert!(!prove_text(&plan, &Nftables, &moved, &Options::default()).holds());
}

#[test]
fn the_tables_of_few_pairs_stay_theirs() {
    let text = emit(&between_many(9, None), &Owned::new()).text;
    assert!(
        text.contains("x4_allow_net3__net5") && !text.contains("f4_allow"),
        "{text}"
    );
}

/// A ward for each of some servers, and a rule from each to its own, all with the same ports.
fn wards(count: usize) -> DevicePlan {
    let (mut sides, mut pairs) = (Vec::new(), Vec::new());
    for number in 0..count {
        let [ward, server] = ["1", "2"].map(|net| format!("10.{net}.0.{number}"));
        sides.push(side(&format!("ward{number}"), &format!("w{number}"), &ward));
        sides.push(side(&format!("server{number}"), &format!("s{number}"), &server));
        let rule = allow(
            &format!("his-{number}"),
            &ward,
            &server,
            "tcp:80,443,8000-8080 udp:53,123",
        );
        pairs.push(pair(2 * number, 2 * number + 1, vec![rule]));
    }
    router(sides, pairs, LocalPlan::default())
}

#[test]
fn ports_that_many_rules_have_are_a_set_of_their_own() {
    let plan = wards(17);
    let text = emit(&plan, &Owned::new()).text;
    let set = "p4_53_123";
    assert!(text.contains(&format!("add set inet septum {set} {{ type inet_service; }}\n")));
    assert_eq!(
        text.matches(&format!("udp dport @{set} counter accept")).count(),
        17,
        "{text}"
    );
    // Ranges stay where they are: a set of them costs a packet more.
    assert_eq!(
        text.matches("tcp dport { 80, 443, 8000-8080 }").count(),
        17,
        "{text}"
    );
    assert!(prove_text(&plan, &Nftables, &text, &Options::default()).holds());
    let few = emit(&wards(16), &Owned::new()).text;
    assert_eq!(few.matches("udp dport { 53, 123 }").count(), 16, "{few}");
}
