//! What a build keeps so that its proofs can be run again, and what a proof says.

use std::sync::Arc;

use septum::packet::{AddressSet, FlowSet, IntervalSet, PacketRule, ServiceSet};
use septum::plan::{
    ArchiveError, DevicePlan, Forwarding, LocalPlan, PairPlan, PlanArchive, PlanRule, PortInterface, Role,
    Side,
};
use septum::proof::{Options, Unknown, prove, prove_text};
use septum::syntax::tree::Action;
use septum::target::nftables::Nftables;
use septum::target::readback::{Filter, Hook, NotUnderstood, ReadBack, ReadRule};
use septum::target::{Assets, EmitError, Emitted, Owned, Platform};

use crate::said::said;
use crate::sample;

#[test]
fn plans_come_back_from_their_archive_as_they_went_in() {
    for name in sample::examples() {
        let loaded = sample::load(&sample::example(&name)).sound();
        let plans = sample::plans(&loaded, None);
        let json = serde_json::to_string(&PlanArchive::new(&plans)).unwrap();
        let archive = PlanArchive::from_json(&json).unwrap();
        assert_eq!(archive.plans().unwrap(), plans, "{name}");
    }
}

#[test]
fn a_damaged_archive_is_refused() {
    let loaded = sample::load(&sample::example("imaging")).sound();
    let json = serde_json::to_value(PlanArchive::new(&sample::plans(&loaded, None))).unwrap();
    let refused = |edit: &dyn Fn(&mut serde_json::Value)| {
        let mut json = json.clone();
        edit(&mut json);
        let archive = PlanArchive::from_json(&json.to_string());
        archive.and_then(|archive| archive.plans()).err()
    };
    assert_eq!(refused(&|_| {}), None, "untouched it is read");
    for table in ["addresses", "services", "texts", "origins", "said"] {
        let emptied = refused(&|json| json[table] = serde_json::json!([]));
        assert!(matches!(emptied, Some(ArchiveError::Damaged(_))), "{table}");
    }
    let added = refused(&|json| json["extra"] = 1.into());
    assert!(matches!(added, Some(ArchiveError::Shape(_))));
}

#[test]
fn an_archive_of_another_version_says_so_whatever_its_shape() {
    let one = PlanArchive::new(&[plan()]);
    let mut json = serde_json::to_value(one).unwrap();
    json["format"] = 99.into();
    for shape in [json, serde_json::json!({"format": 99, "rules": {}})] {
        let refused = PlanArchive::from_json(&shape.to_string()).and_then(|archive| archive.plans());
        assert_eq!(refused.err(), Some(ArchiveError::Format(99)));
    }
}

fn addresses(prefix: &str) -> Arc<AddressSet> {
    Arc::new(AddressSet::from_prefixes([&prefix.parse().unwrap()]))
}

fn flow(source: &str, destination: &str, port: u16) -> FlowSet {
    let service = ServiceSet::tcp(IntervalSet::full(), IntervalSet::single(port));
    FlowSet {
        source: addresses(source),
        destination: addresses(destination),
        service: Arc::new(service),
    }
}

/// `a` may open tcp 443 to `b`, and nothing else.
fn plan() -> DevicePlan {
    let side = |zone: &str, interface: &str, prefix: &str| Side {
        zone: zone.to_owned(),
        interfaces: vec![PortInterface {
            name: interface.to_owned(),
            addresses: Vec::new(),
        }],
        behind: addresses(prefix),
    };
    let rule = PlanRule {
        flow: flow("10.0.0.0/24", "10.1.0.0/24", 443),
        said: said(Action::Allow, "web-1", ["a", "b", "https"]),
    };
    DevicePlan {
        device: "fw".to_owned(),
        platform: "nftables".to_owned(),
        claimed: Arc::new(AddressSet::empty()),
        role: Role::Router(Forwarding {
            sides: vec![side("a", "eth0", "10.0.0.0/24"), side("b", "eth1", "10.1.0.0/24")],
            pairs: vec![PairPlan {
                from: 0,
                to: 1,
                rules: vec![rule],
                replies: Vec::new(),
            }],
        }),
        local: LocalPlan::default(),
    }
}

/// A device that lets `rules` through from eth0 to eth1, and nothing elsewhere.
fn device(rules: Vec<ReadRule>) -> ReadBack {
    let rules = Arc::new(rules);
    let nothing = Arc::new(Vec::new());
    let interfaces = [None, Some("eth0".to_owned()), Some("eth1".to_owned())];
    let mut filters = Vec::new();
    for from in &interfaces {
        for to in &interfaces {
            let forwards = from.as_deref() == Some("eth0") && to.as_deref() == Some("eth1");
            filters.push(Filter {
                hook: Hook::Forward {
                    from: from.clone(),
                    to: to.clone(),
                },
                rules: Arc::clone(if forwards { &rules } else { &nothing }),
            });
        }
    }
    ReadBack {
        filters,
        not_understood: Vec::new(),
        ..ReadBack::default()
    }
}

fn options() -> Options {
    Options {
        guards_itself: true,
        ..Options::default()
    }
}

/// A platform whose closer reading finds what the first one misses.
struct TwoReadings;

impl Platform for TwoReadings {
    fn name(&self) -> &'static str {
        "two-readings"
    }
    fn extension(&self) -> &'static str {
        "txt"
    }
    fn assets(&self) -> Assets {
        Nftables.assets()
    }
    fn emit(&self, plan: &DevicePlan, assets: &Assets, previous: &Owned) -> Result<Emitted, EmitError> {
        Nftables.emit(plan, assets, previous)
    }
    fn read(&self, _: &str) -> ReadBack {
        device(Vec::new())
    }
    fn read_line_by_line(&self, _: &str) -> ReadBack {
        device(vec![ReadRule::new(
            true,
            flow("10.0.0.0/24", "10.1.0.0/24", 443),
            1,
        )])
    }
}

#[test]
fn a_closer_reading_takes_no_mismatch_back() {
    let proof = prove_text(&plan(), &TwoReadings, "", &options());
    assert_eq!(proof.mismatches.len(), 1);
}

#[test]
fn the_same_packets_in_other_words_are_equal() {
    let halves = vec![
        ReadRule::new(true, flow("10.0.0.128/25", "10.1.0.0/24", 443), 7),
        ReadRule::new(true, flow("10.0.0.0/25", "10.1.0.0/24", 443), 8),
    ];
    let proof = prove(&plan(), &device(halves), &options());
    assert!(proof.holds());
    assert_eq!(proof.places, 9);
}

#[test]
fn one_address_too_many_is_opened_and_named_with_its_line() {
    let wide = vec![ReadRule::new(true, flow("10.0.0.0/23", "10.1.0.0/24", 443), 7)];
    let proof = prove(&plan(), &device(wide), &options());
    let [mismatch] = proof.mismatches.as_slice() else {
        panic!("{proof:?}")
    };
    assert!(mismatch.opened);
    assert_eq!(mismatch.place, "eth0 -> eth1");
    assert_eq!(mismatch.line, Some(7));
    assert!(mismatch.origin.is_none(), "no rule of the policy is about it");
    let [flow] = mismatch.change.products.flows.as_slice() else {
        panic!("{mismatch:?}")
    };
    assert_eq!(*flow.source, *addresses("10.0.1.0/24"));
}

#[test]
fn a_missing_permit_is_closed_and_names_the_rule_of_the_policy() {
    let proof = prove(&plan(), &device(Vec::new()), &options());
    let [mismatch] = proof.mismatches.as_slice() else {
        panic!("{proof:?}")
    };
    assert!(!mismatch.opened);
    assert_eq!(mismatch.origin.as_ref().unwrap().id, "web-1");
}

#[test]
fn an_interface_that_the_plan_does_not_know_must_let_nothing_through() {
    let mut read = device(vec![ReadRule::new(
        true,
        flow("10.0.0.0/24", "10.1.0.0/24", 443),
        7,
    )]);
    for filter in &mut read.filters {
        if filter.hook
            == (Hook::Forward {
                from: None,
                to: Some("eth1".to_owned()),
            })
        {
            filter.rules = Arc::new(vec![ReadRule::new(
                true,
                flow("10.0.0.0/24", "10.1.0.0/24", 22),
                9,
            )]);
        }
    }
    let proof = prove(&plan(), &read, &options());
    assert_eq!(proof.mismatches.len(), 1);
    assert_eq!(proof.mismatches[0].place, "any other interface -> eth1");
}

#[test]
fn a_line_that_is_not_understood_is_never_equal() {
    let mut read = device(vec![ReadRule::new(
        true,
        flow("10.0.0.0/24", "10.1.0.0/24", 443),
        7,
    )]);
    let line = NotUnderstood {
        line: 3,
        text: "magic on".to_owned(),
        why: "unknown statement".to_owned(),
    };
    read.not_understood.push(line.clone());
    let proof = prove(&plan(), &read, &options());
    assert!(!proof.holds());
    assert_eq!(proof.unknown, [Unknown::Line(line)]);
}

#[test]
fn a_configuration_that_says_nothing_about_a_place_is_never_equal() {
    let proof = prove(&plan(), &ReadBack::default(), &options());
    assert!(!proof.holds());
    assert_eq!(proof.unknown.len(), 9);
}

#[test]
fn a_deny_that_shadows_the_permit_is_seen() {
    let shadowed = vec![
        ReadRule {
            rule: PacketRule::deny(flow("10.0.0.7/32", "10.1.0.0/24", 443)),
            line: 6,
        },
        ReadRule::new(true, flow("10.0.0.0/24", "10.1.0.0/24", 443), 7),
    ];
    let proof = prove(&plan(), &device(shadowed), &options());
    assert_eq!(proof.mismatches.len(), 1);
    assert_eq!(proof.mismatches[0].line, Some(6));
    assert!(!proof.mismatches[0].opened);
}
