//! What a unit permits while a configuration is being loaded.

use std::collections::BTreeMap;
use std::sync::Arc;

use arbtest::arbitrary::Unstructured;
use arbtest::arbtest;
use septum::packet::Packet;
use septum::plan::{DevicePlan, PlanRule, Side};
use septum::target::fortigate::FortiGate;
use septum::target::{EmitError, Emitted, Owned, Platform};

use super::plans::*;
use super::reader::{LOCAL_IN, LOCAL_IN6, POLICY, Unit};

const PORTS: [&str; 4] = ["port1", "port2", "port3", "wan1"];

type Emit = fn(&DevicePlan, &Owned) -> Emitted;

/// Interfaces whose pairs carry rules, and one way that carries none.
const WAYS: [(&str, &str); 4] = [
    ("port1", "port3"),
    ("port3", "port2"),
    ("port2", "wan1"),
    ("wan1", "port1"),
];

/// Every way between two interfaces.
fn all_ways() -> Vec<(&'static str, &'static str)> {
    PORTS
        .iter()
        .flat_map(|from| PORTS.iter().map(|to| (*from, *to)))
        .collect()
}

/// Loads a file and checks every step against the two bounds. `steady` says which interfaces may not see an outage.
fn load_within_bounds(
    unit: &mut Unit,
    text: &str,
    [old, new]: [&DevicePlan; 2],
    (packets, ways): (&[Packet], &[(&str, &str)]),
    steady: impl Fn(&str) -> bool,
) {
    let mut bounds = Vec::new();
    for packet in packets {
        for (from, to) in ways {
            let (before, after) = (permits(old, from, to, packet), permits(new, from, to, packet));
            let least = before && after && steady(from) && steady(to);
            bounds.push((*from, *to, packet, least, before || after));
        }
    }
    unit.load(text, |unit, line| {
        for (from, to, packet, least, most) in &bounds {
            let now = unit.forwards(from, to, packet);
            assert!(
                !now || *most,
                "leak after `{line}`: {from} to {to}: {packet}\n{text}"
            );
            assert!(
                now || !*least,
                "outage after `{line}`: {from} to {to}: {packet}\n{text}"
            );
        }
        true
    });
}

/// Nothing but what the file itself writes is left: as if it had been loaded into an empty unit.
fn assert_nothing_is_left(unit: &Unit, text: &str) {
    assert_eq!(
        unit.inventory(),
        Unit::default().loaded(text).inventory(),
        "{text}"
    );
}

fn some_emit(u: &mut Unstructured) -> arbtest::arbitrary::Result<Emit> {
    Ok(*u.choose(&[emit as Emit, emit_on_small_unit as Emit])?)
}

#[test]
fn no_command_opens_or_closes_more_than_both_policies() {
    arbtest(|u| {
        let emit = some_emit(u)?;
        let rules = random_rules(u)?;
        let mut history = vec![rules.clone()];
        for _ in 0..u.int_in_range(1..=2)? {
            let latest = history.last().unwrap().clone();
            history.push(if u.ratio(1, 4)? {
                rules.clone()
            } else {
                edited(u, &latest)?
            });
        }
        let all: Vec<PlanRule> = history.iter().flatten().flatten().cloned().collect();
        let packets = packets_of(u, &all, 30)?;
        let mut unit = Unit::default();
        let mut owned = Owned::new();
        let mut old = plan_of(usual_sides(), &vec![Vec::new(); PAIRS.len()]);
        for rules in &history {
            let new = plan_of(usual_sides(), rules);
            let emitted = emit(&new, &owned);
            load_within_bounds(&mut unit, &emitted.text, [&old, &new], (&packets, &WAYS), |_| {
                true
            });
            assert_nothing_is_left(&unit, &emitted.text);
            // The same file once more: nothing changes at any step.
            let settled = unit.clone();
            load_within_bounds(&mut unit, &emitted.text, [&new, &new], (&packets, &WAYS), |_| {
                true
            });
            assert_eq!(unit.inventory(), settled.inventory());
            owned = emitted.owned;
            old = new;
        }
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(4_000);
}

#[test]
fn a_file_that_stopped_halfway_can_be_loaded_again() {
    arbtest(|u| {
        let emit = some_emit(u)?;
        let rules = random_rules(u)?;
        let old = plan_of(usual_sides(), &rules);
        let changed = edited(u, &rules)?;
        let new = plan_of(usual_sides(), &changed);
        let first = emit(&old, &Owned::new());
        let second = emit(&new, &first.owned);
        let mut unit = Unit::default().loaded(&first.text);
        let mut commands = u.int_in_range(0..=120)?;
        unit.load(&second.text, |_, _| {
            commands -= 1;
            commands > 0
        });
        let all: Vec<PlanRule> = rules.iter().chain(&changed).flatten().cloned().collect();
        let packets = packets_of(u, &all, 20)?;
        load_within_bounds(&mut unit, &second.text, [&old, &new], (&packets, &WAYS), |_| true);
        assert_nothing_is_left(&unit, &second.text);
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(1_500);
}

/// Another layout of the same interfaces: some move from zone to zone, some leave, some join.
fn other_sides(u: &mut Unstructured) -> arbtest::arbitrary::Result<Vec<Side>> {
    let mut interfaces: [Vec<&str>; 3] = Default::default();
    for port in PORTS {
        if let Some(zone) = interfaces.get_mut(u.int_in_range(0..=3usize)?) {
            zone.push(port);
        }
    }
    let zones = ["servers", "guest", "internet"];
    Ok(zones
        .iter()
        .zip(&interfaces)
        .map(|(zone, interfaces)| side(zone, interfaces))
        .collect())
}

#[test]
fn interfaces_that_change_zones_never_open_anything() {
    arbtest(|u| {
        let rules = random_rules(u)?;
        let (before, after) = (other_sides(u)?, other_sides(u)?);
        let steady = |port: &str| {
            let zone = |sides: &[Side]| {
                let side = sides
                    .iter()
                    .find(|side| side.interfaces.iter().any(|i| i.name == port));
                side.map(|side| (side.zone.clone(), side.interfaces.clone()))
            };
            zone(&before) == zone(&after)
        };
        let old = plan_of(before.clone(), &rules);
        let new = plan_of(after.clone(), &edited(u, &rules)?);
        let first = emit(&old, &Owned::new());
        let second = emit(&new, &first.owned);
        let all: Vec<PlanRule> = rules.iter().flatten().cloned().collect();
        let packets = packets_of(u, &all, 20)?;
        let mut unit = Unit::default().loaded(&first.text);
        load_within_bounds(
            &mut unit,
            &second.text,
            [&old, &new],
            (&packets, &all_ways()),
            steady,
        );
        assert_nothing_is_left(&unit, &second.text);
        for packet in &packets {
            for (from, to) in PORTS
                .iter()
                .flat_map(|from| PORTS.iter().map(move |to| (from, to)))
            {
                assert_eq!(
                    unit.forwards(from, to, packet),
                    permits(&new, from, to, packet),
                    "{packet}"
                );
            }
        }
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(1_500);
}

#[test]
fn management_is_never_cut_nor_opened_on_the_way() {
    arbtest(|u| {
        let managed = |u: &mut Unstructured| {
            let mut plan = plan_of(usual_sides(), &vec![Vec::new(); PAIRS.len()]);
            plan.local.manage = random_rules(u)?.into_iter().flatten().collect();
            Ok(plan)
        };
        let (old, new) = (managed(u)?, managed(u)?);
        let first = emit(&old, &Owned::new());
        let second = emit(&new, &first.owned);
        let all = [&old, &new].map(|plan| plan.local.manage.clone()).concat();
        let packets = packets_of(u, &all, 40)?;
        let (before, after) = (
            Unit::default().loaded(&first.text),
            Unit::default().loaded(&second.text),
        );
        let mut unit = before.clone();
        unit.load(&second.text, |unit, line| {
            for packet in &packets {
                let (was, will, now) = (
                    before.lets_in(packet),
                    after.lets_in(packet),
                    unit.lets_in(packet),
                );
                assert!(
                    !now || was || will,
                    "leak after `{line}`: {packet}\n{}",
                    second.text
                );
                assert!(
                    now || !(was && will),
                    "outage after `{line}`: {packet}\n{}",
                    second.text
                );
            }
            true
        });
        assert_nothing_is_left(&unit, &second.text);
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(1_500);
}

#[test]
fn building_the_same_plan_again_changes_no_byte() {
    arbtest(|u| {
        let rules = random_rules(u)?;
        let old = emit(&plan_of(usual_sides(), &rules), &Owned::new());
        let new = plan_of(usual_sides(), &edited(u, &rules)?);
        let first = emit(&new, &old.owned);
        let second = emit(&new, &first.owned);
        assert_eq!(first, second);
        for (kind, names) in &old.owned {
            assert!(
                names.iter().all(|name| first.owned[kind].contains(name)),
                "{kind} was forgotten"
            );
        }
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(700);
}

#[test]
fn policies_and_objects_keep_their_names_when_another_rule_comes() {
    arbtest(|u| {
        let rules = random_rules(u)?;
        let mut more = rules.clone();
        let extra = random_rules(u)?;
        for rule in extra.into_iter().flatten().take(1) {
            let mut rule = rule;
            let mut origin = (*rule.said.origin).clone();
            origin.id = "another".to_owned();
            Arc::make_mut(&mut rule.said).origin = origin.into();
            more[0].insert(0, rule);
        }
        let first = emit(&plan_of(usual_sides(), &rules), &Owned::new());
        let second = emit(&plan_of(usual_sides(), &more), &first.owned);
        for (kind, names) in &first.owned {
            assert!(
                names.iter().all(|name| second.owned[kind].contains(name)),
                "{kind}"
            );
        }
        // Nothing that both need is removed.
        assert!(!second.text.contains("\n    delete "), "{}", second.text);
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(500);
}

#[test]
fn a_number_that_an_earlier_policy_may_still_hold_is_not_used_again() {
    let all = || ("any", std::sync::Arc::new(septum::packet::AddressSet::full()));
    let rules = |port: u16| {
        let service = ("one port", tcp(&[(port, port)]));
        vec![rule(
            septum::syntax::tree::Action::Allow,
            "one",
            all(),
            all(),
            service,
        )]
    };
    let plan = |port| plan(usual_sides(), vec![(0, 1, rules(port))]);
    let clean = emit(&plan(443), &Owned::new());
    let id = |emitted: &Emitted| super::reader::policy_ids(&Unit::default().loaded(&emitted.text))[1].clone();
    // Some earlier policy happens to have the number that this one would get.
    let taken = format!("{} deny another_0123456789ab", id(&clean));
    let previous = Owned::from([("policy".to_owned(), vec![taken])]);
    let moved = emit(&plan(443), &previous);
    assert_ne!(id(&clean), id(&moved));
    assert!(moved.text.contains(&format!("delete {}\n", id(&clean))));
    assert_eq!(emit(&plan(443), &moved.owned).text, moved.text);
    // Tables of the unit are told apart.
    assert!(Unit::default().loaded(&moved.text).entries(LOCAL_IN).is_empty());
    assert!(Unit::default().loaded(&moved.text).entries(LOCAL_IN6).is_empty());
    assert_eq!(Unit::default().loaded(&moved.text).entries(POLICY).len(), 3);
}

/// Emits for a unit whose tables hold so much.
fn emit_on_unit_of(plan: &DevicePlan, previous: &Owned, most: usize) -> Result<Emitted, EmitError> {
    let mut assets = FortiGate.assets();
    for (key, shipped) in [
        ("policies", "10000"),
        ("addresses", "null"),
        ("address_groups", "null"),
        ("custom_services", "null"),
        ("zones", "null"),
    ] {
        let shipped = format!("  {key}: {shipped}");
        assert!(assets.capability.contains(&shipped), "{shipped}");
        assets.capability = assets.capability.replace(&shipped, &format!("  {key}: {most}"));
    }
    FortiGate.emit(plan, &assets, previous)
}

#[test]
fn a_load_that_would_fill_a_table_is_refused() {
    const TABLES: [(&str, &str); 9] = [
        (POLICY, "policy table"),
        (LOCAL_IN, "local-in-policy table"),
        (LOCAL_IN6, "local-in-policy6 table"),
        ("firewall address", "address table"),
        ("firewall address6", "address6 table"),
        ("firewall addrgrp", "addrgrp table"),
        ("firewall addrgrp6", "addrgrp6 table"),
        ("firewall service custom", "service table"),
        ("system zone", "zone table"),
    ];
    arbtest(|u| {
        let rules = random_rules(u)?;
        let old = plan_of(usual_sides(), &rules);
        let new = plan_of(usual_sides(), &edited(u, &rules)?);
        let first = emit(&old, &Owned::new());
        let second = emit_on_unit_of(&new, &first.owned, 1_000).unwrap();
        // What the unit holds at its fullest while the file loads.
        let mut fullest: BTreeMap<String, usize> = BTreeMap::new();
        let mut unit = Unit::default().loaded(&first.text);
        unit.load(&second.text, |unit, _| {
            for (table, keys) in unit.inventory() {
                let most = fullest.entry(table).or_default();
                *most = keys.len().max(*most);
            }
            true
        });
        for (table, place) in TABLES {
            let told = second.usage.iter().find(|usage| usage.place == place);
            let told = told.map(|usage| usage.used);
            assert_eq!(told, fullest.remove(table), "{place}");
        }
        assert_eq!(fullest, BTreeMap::new());
        let tables = second
            .usage
            .iter()
            .filter(|usage| usage.place.ends_with(" table"));
        let most = tables.map(|usage| usage.used).max().unwrap();
        assert!(emit_on_unit_of(&new, &first.owned, most).is_ok());
        let Err(EmitError::Inexpressible(faults)) = emit_on_unit_of(&new, &first.owned, most - 1) else {
            panic!("refused")
        };
        let said = format!("the unit holds {}", most - 1);
        assert!(
            faults.iter().all(|fault| fault.what.ends_with(&said)),
            "{faults:?}"
        );
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(2_000);
}
