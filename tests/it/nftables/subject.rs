//! The hash of a plan, by which a build knows what was proven before: plans that say different things never share it.

use std::sync::Arc;

use septum::plan::{DevicePlan, Hashes, LocalPlan, PlanRule, Role};

use super::plans::*;
use crate::said::origin;

fn digest(plan: &DevicePlan) -> [u8; 32] {
    septum::plan::digest(plan, &Hashes::of([plan]))
}

/// More ranges than are hashed one by one wherever they are met.
fn many(net: usize) -> String {
    (0..40).map(|n| format!("10.{net}.0.{} ", 2 * n)).collect()
}

fn one_rule(rule: PlanRule) -> DevicePlan {
    let sides = vec![
        side("a", "eth0 eth1", "10.1.0.0/16"),
        side("b", "eth2", "10.2.0.0/16"),
    ];
    router(sides, vec![pair(0, 1, vec![rule])], LocalPlan::default())
}

#[test]
fn plans_that_say_different_things_have_different_hashes() {
    let rule = || allow("r", &many(1), "10.2.0.1", "tcp:22");
    let with = |change: fn(&mut PlanRule)| {
        let mut changed = rule();
        change(&mut changed);
        one_rule(changed)
    };
    let routed = |change: fn(&mut septum::plan::Forwarding)| {
        let mut plan = one_rule(rule());
        let Role::Router(forwarding) = &mut plan.role else {
            unreachable!("it is a router")
        };
        change(forwarding);
        plan
    };
    let on_host = |inbound: Vec<PlanRule>, outbound: Vec<PlanRule>| {
        host(addresses("10.1.0.1"), inbound, outbound, LocalPlan::default())
    };
    let managed = |manage: Vec<PlanRule>| {
        let local = LocalPlan {
            manage,
            ..LocalPlan::default()
        };
        host(addresses("10.1.0.1"), Vec::new(), Vec::new(), local)
    };
    let plans = [
        one_rule(rule()),
        with(|rule| rule.flow.source = addresses(&many(3))),
        with(|rule| rule.flow.source = addresses(&format!("{} 10.9.0.1", many(1)))),
        with(|rule| std::mem::swap(&mut rule.flow.source, &mut rule.flow.destination)),
        with(|rule| rule.flow.destination = addresses("10.2.0.1 10.2.0.2")),
        with(|rule| rule.flow.destination = addresses("10.2.0.1 10.2.0.3")),
        with(|rule| rule.flow.destination = addresses("::a02:1")),
        with(|rule| rule.flow.service = service("tcp:22,23").into()),
        with(|rule| rule.flow.service = service("udp:22").into()),
        with(|rule| Arc::make_mut(&mut rule.said).action = septum::syntax::tree::Action::Deny),
        with(|rule| Arc::make_mut(&mut rule.said).log = true),
        with(|rule| Arc::make_mut(&mut rule.said).service = "ssh".into()),
        with(|rule| Arc::make_mut(&mut rule.said).origin = origin("s").into()),
        with(|rule| Arc::make_mut(&mut rule.said).source = "other".into()),
        routed(|forwarding| forwarding.pairs.clear()),
        routed(|forwarding| {
            let pair = &mut forwarding.pairs[0];
            pair.replies = std::mem::take(&mut pair.rules);
        }),
        routed(|forwarding| {
            let pair = &mut forwarding.pairs[0];
            (pair.from, pair.to) = (pair.to, pair.from);
        }),
        routed(|forwarding| {
            let moved = forwarding.sides[0].interfaces.pop();
            forwarding.sides[1].interfaces.splice(0..0, moved);
        }),
        routed(|forwarding| forwarding.sides[0].zone = "ae".to_owned()),
        routed(|forwarding| forwarding.sides[0].behind = addresses("10.1.0.0/17")),
        on_host(vec![rule()], Vec::new()),
        on_host(Vec::new(), vec![rule()]),
        on_host(vec![rule(), rule()], vec![rule()]),
        on_host(vec![rule()], vec![rule(), rule()]),
        managed(vec![rule()]),
        managed(vec![rule(), rule()]),
    ];
    for (number, one) in plans.iter().enumerate() {
        for (place, other) in plans.iter().enumerate() {
            assert_eq!(digest(one) == digest(other), number == place, "{number}, {place}");
        }
    }
}

#[test]
fn a_plan_has_one_hash_however_its_sets_are_shared() {
    let apart = [
        allow("a", &many(1), "10.2.0.1", "tcp:22"),
        allow("b", &many(1), "10.2.0.1", "tcp:22"),
    ];
    let mut shared = apart.clone();
    shared[1].flow = shared[0].flow.clone();
    let on_host = |rules: &[PlanRule]| {
        digest(&host(
            addresses(""),
            rules.to_vec(),
            Vec::new(),
            LocalPlan::default(),
        ))
    };
    assert_eq!(on_host(&apart), on_host(&shared));
}
