//! Lists that are refused for their length.

use septum::plan::DevicePlan;
use septum::target::cisco_ios::CiscoIos;
use septum::target::{EmitError, Inexpressible, Owned, Platform};

use super::plans::{allow, device, pair, set, side, tcp};

/// Why a device is refused where a list may have no more than 20 entries.
fn refused(plan: &DevicePlan, object_groups: bool) -> Vec<Inexpressible> {
    let mut assets = CiscoIos.assets();
    assets.capability = assets
        .capability
        .replace("refuse_entries: 50000", "refuse_entries: 20")
        .replace("join_entries: 200", "join_entries: 0")
        .replace(
            "\nobject_groups: false",
            &format!("\nobject_groups: {object_groups}"),
        );
    match CiscoIos.emit(plan, &assets, &Owned::new()) {
        Err(EmitError::Inexpressible(list)) => list,
        other => panic!("{other:?}"),
    }
}

/// Rules by how many entries each takes, none with addresses of another.
fn plan(sizes: &[usize]) -> DevicePlan {
    let rules = sizes.iter().enumerate().map(|(n, size)| {
        let sources: Vec<String> = (0..*size).map(|at| format!("10.1.{n}.{}/32", 2 * at)).collect();
        let server = format!("10.2.0.{}/32", 2 * n);
        allow(&format!("rule-{n}"), &sources.join(" "), &server, tcp(443))
    });
    let sides = vec![
        side("a", "Gi0/0", set("10.1.0.0/16"), &[]),
        side("b", "Gi0/1", set("10.2.0.0/16"), &[]),
    ];
    device(
        set("10.0.0.0/8"),
        sides,
        vec![pair(0, 1, rules.collect(), vec![])],
    )
}

#[test]
fn the_rules_that_make_a_list_too_long_are_named_with_what_they_take() {
    let [refusal] = refused(&plan(&[8, 15, 2, 12]), false).try_into().unwrap();
    insta::assert_snapshot!(refusal.what, @"the IPv4 list of side `a` takes 37 entries, more than the 20 that `refuse_entries` allows: 15 of `rule-1` (hospital.sept:24), 12 of `rule-3` (hospital.sept:24), 8 of `rule-0` (hospital.sept:24) and of 1 more");
    assert_eq!(refusal.rule.as_deref(), Some("rule-1"));
}

#[test]
fn a_rule_that_is_too_long_alone_is_named_alone() {
    let [refusal] = refused(&plan(&[21]), false).try_into().unwrap();
    insta::assert_snapshot!(refusal.what, @"the IPv4 list of side `a` takes 21 entries, more than the 20 that `refuse_entries` allows: 21 of `rule-0` (hospital.sept:24)");
    assert_eq!(refusal.rule.as_deref(), Some("rule-0"));
}

#[test]
fn a_list_that_stays_too_long_when_joined_says_so_too() {
    let [refusal] = refused(&plan(&[1; 24]), true).try_into().unwrap();
    insta::assert_snapshot!(refusal.what, @"the IPv4 list of side `a` takes 25 entries, more than the 20 that `refuse_entries` allows: 1 of `rule-0` (hospital.sept:24), 1 of `rule-1` (hospital.sept:24), 1 of `rule-10` (hospital.sept:24) and of 21 more");
    assert_eq!(refusal.rule.as_deref(), Some("rule-0"));
}
