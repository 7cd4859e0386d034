//! What is written for a plan is proven to do what the plan says: as a file, and as the kernel lists it.

use septum::plan::{DevicePlan, LocalPlan};
use septum::target::nftables::Nftables;
use septum::target::{Owned, Platform};

use super::super::harness::{Namespace, permitted};
use super::super::packets::mixed;
use super::super::plans::*;
use super::{assert_proven, proof};
use crate::sample;

/// Plans by hand with every shape of rule.
pub fn by_hand() -> Vec<DevicePlan> {
    let mut managed = mixed();
    managed.local = LocalPlan {
        own: addresses("10.20.0.1 10.30.1.1"),
        manage: vec![
            deny("not-him", "10.30.1.66", "10.20.0.1 10.30.1.1", "any"),
            allow(
                "manage",
                "10.20.0.0/24 10.30.1.0/24",
                "10.20.0.1 10.30.1.1",
                "tcp:22 icmp:8",
            ),
        ],
        run: Vec::new(),
    };
    let protected = host(
        addresses("10.30.1.20 2001:db8:30:1::20"),
        vec![
            deny("no-telnet", "10.0.0.0/8", "10.30.1.20", "tcp:23"),
            logged(allow("dicom", "10.40.0.0/16", "10.30.1.20", "tcp:104")),
        ],
        vec![
            deny("no", "10.30.1.20", "10.30.0.0/16", "any"),
            allow(
                "out",
                "10.30.1.20 2001:db8:30:1::20",
                "any",
                "tcp:443 udp:53 icmp:8 icmpv6:128",
            ),
        ],
        LocalPlan {
            own: addresses("10.30.1.20 2001:db8:30:1::20"),
            manage: vec![allow("manage", "10.9.0.0/24", "10.30.1.20", "tcp:22")],
            run: busy(0).local.run,
        },
    );
    vec![busy(100), mixed(), managed, protected]
}

/// Those of the policies that nftables can express, whatever their platform.
pub fn of_policies() -> Vec<(DevicePlan, String)> {
    sample::example_plans()
        .into_iter()
        .filter_map(|plan| {
            let emitted = Nftables.emit(&plan, &Nftables.assets(), &Owned::new());
            emitted.ok().map(|emitted| (plan, emitted.text))
        })
        .collect()
}

#[test]
fn what_is_written_for_plans_by_hand_is_proven() {
    for plan in by_hand() {
        assert_proven(&plan, &emit(&plan, &Owned::new()).text);
    }
}

#[test]
fn what_is_written_for_the_policies_is_proven() {
    let plans = of_policies();
    assert!(plans.len() > 5, "only {} plans", plans.len());
    for (plan, text) in plans {
        assert_proven(&plan, &text);
    }
}

#[test]
fn what_the_kernel_lists_is_proven() {
    if !permitted() {
        return;
    }
    let by_hand = by_hand().into_iter().map(|plan| {
        let text = emit(&plan, &Owned::new()).text;
        (plan, text)
    });
    for (plan, text) in by_hand.chain(of_policies()) {
        let namespace = Namespace::new("read");
        namespace.nft(&["-f", "-"], &text);
        for options in [
            ["-s", "list", "ruleset"].as_slice(),
            &["-s", "-n", "list", "ruleset"],
        ] {
            assert_proven(&plan, &namespace.nft(options, ""));
        }
    }
}

/// The places at which the proof finds that a file with one text in place of another lets through too much.
fn opened(plan: &DevicePlan, from: &str, to: &str) -> Vec<String> {
    let text = emit(plan, &Owned::new()).text;
    assert!(text.contains(from), "{text}");
    let proof = proof(plan, &text.replacen(from, to, 1));
    assert_eq!(proof.unknown, []);
    let opened = proof.mismatches.iter().filter(|mismatch| mismatch.opened);
    opened.map(|mismatch| mismatch.place.clone()).collect()
}

#[test]
fn managers_are_believed_only_where_they_live() {
    let plan = &by_hand()[2];
    // Without the guard they would be believed wherever they come in, and on interfaces of nobody.
    let places = opened(
        plan,
        "iifname { \"eth2\" } ip saddr 10.30.1.0/24 ip daddr",
        "ip saddr 10.30.1.0/24 ip daddr",
    );
    assert_eq!(places, ["input eth0", "input eth1", "input wan", "input"]);
    let places = opened(
        plan,
        "iifname { \"eth2\" } ip saddr 10.30.1.0/24 ip daddr",
        "iifname { \"eth9\" } ip saddr 10.30.1.0/24 ip daddr",
    );
    assert_eq!(places, ["input eth9"]);
}

#[test]
fn an_interface_of_a_host_is_no_way_around_its_rules() {
    let plan = &by_hand()[3];
    for (hook, place) in [
        ("iifname \"lo\" accept", "input eth1"),
        ("oifname \"lo\" accept", "output eth1"),
    ] {
        let other = hook.replace("lo", "eth1");
        assert_eq!(opened(plan, hook, &other), [place]);
    }
}
