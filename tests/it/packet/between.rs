//! A list between its limits, against whole diagrams: taking lists apart must change no answer.

use std::sync::Arc;

use arbtest::arbitrary::{Result, Unstructured};
use arbtest::arbtest;
use septum::packet::{
    AddressSet, Between, Budget, FlowSet, IntervalSet, Limits, Met, PacketRule, PacketSet, ServiceSet,
    between,
};

use super::arbitrary::{flow, rules};

fn found(limits: &Limits, actual: &[PacketRule]) -> Between {
    between(limits, actual, &mut Met::within(Budget::default()), usize::MAX).unwrap()
}

/// Compares with what diagrams of everything say.
fn agrees(limits: &Limits, actual: &[PacketRule]) -> Between {
    let budget = Budget::default();
    let found = found(limits, actual);
    let lists = limits.lists.iter();
    let lists: Vec<PacketSet> = lists
        .map(|list| PacketSet::from_rules(list, budget).unwrap())
        .collect();
    let policy = PacketSet::union_of(&lists, budget).unwrap();
    let needed = PacketSet::from_flows(&limits.needed, budget).unwrap();
    let may = PacketSet::from_flows(&limits.may, budget).unwrap();
    let may = may.union(&needed, budget).unwrap();
    let must = policy.union(&needed, budget).unwrap();
    let actual = PacketSet::from_rules(actual, budget).unwrap();
    let beyond = actual.difference(&policy, budget).unwrap();
    assert_eq!(found.opened, beyond.difference(&may, budget).unwrap());
    assert_eq!(found.closed, must.difference(&actual, budget).unwrap());
    let residual = beyond.intersection(&may, budget).unwrap();
    assert_eq!(found.beyond.set(budget).unwrap(), residual);
    assert_eq!(found.beyond.is_empty(), residual.is_empty());
    let shown = found.beyond.products(4096);
    assert!(shown.complete);
    assert_eq!(PacketSet::from_flows(&shown.flows, budget).unwrap(), residual);
    found
}

fn limits(u: &mut Unstructured<'_>, most: usize) -> Result<Limits> {
    let flows = |u: &mut Unstructured<'_>| -> Result<Vec<FlowSet>> {
        (0..u.int_in_range(0..=2)?).map(|_| flow(u)).collect()
    };
    let count = u.int_in_range(0..=3)?;
    Ok(Limits {
        lists: (0..count).map(|_| rules(u, most)).collect::<Result<_>>()?,
        needed: flows(u)?,
        may: flows(u)?,
    })
}

#[test]
fn unrelated_lists_differ_by_the_same_packets() {
    arbtest(|u| {
        let limits = limits(u, 5)?;
        agrees(&limits, &rules(u, 6)?);
        Ok(())
    })
    .budget_ms(2_000);
}

/// One list as a device would hold it, made rule by rule: what all lists permit, each piece at its place.
fn folded(limits: &Limits) -> Vec<PacketRule> {
    let budget = Budget::default();
    let mut all = Vec::new();
    for list in &limits.lists {
        let set = PacketSet::from_rules(list, budget).unwrap().products(100_000);
        assert!(set.complete);
        all.extend(set.flows.into_iter().map(PacketRule::permit));
    }
    all.extend(limits.needed.iter().cloned().map(PacketRule::permit));
    all
}

#[test]
fn what_holds_is_found_to_hold_and_one_change_is_found() {
    arbtest(|u| {
        let limits = limits(u, 4)?;
        let mut actual = folded(&limits);
        for at in (1..actual.len()).rev() {
            actual.swap(at, u.int_in_range(0..=at)?);
        }
        let same = agrees(&limits, &actual);
        assert!(same.opened.is_empty() && same.closed.is_empty());
        let place = u.int_in_range(0..=actual.len())?;
        if u.ratio(1, 2)? && place < actual.len() {
            actual.remove(place);
        } else {
            let permit = u.arbitrary()?;
            actual.insert(
                place,
                PacketRule {
                    permit,
                    flow: flow(u)?,
                },
            );
        }
        agrees(&limits, &actual);
        Ok(())
    })
    .budget_ms(3_000);
}

fn address(last: u32) -> Arc<AddressSet> {
    Arc::new(AddressSet {
        v4: IntervalSet::single(last),
        v6: IntervalSet::empty(),
    })
}

fn web(source: &Arc<AddressSet>, destination: &Arc<AddressSet>) -> FlowSet {
    FlowSet {
        source: Arc::clone(source),
        destination: Arc::clone(destination),
        service: Arc::new(ServiceSet::tcp(IntervalSet::full(), IntervalSet::single(443))),
    }
}

#[test]
fn a_permit_that_very_many_denies_cut_into_is_still_compared_exactly() {
    arbtest(|u| {
        let every = Arc::new(AddressSet::full());
        let deny = |u: &mut Unstructured<'_>| -> Result<PacketRule> {
            let (source, destination) = (u.int_in_range(0..=60)?, u.int_in_range(0..=60)?);
            Ok(PacketRule {
                permit: false,
                flow: web(&address(source), &address(destination)),
            })
        };
        let mut list: Vec<PacketRule> = (0..40).map(|_| deny(u)).collect::<Result<_>>()?;
        list.push(PacketRule::permit(web(&every, &every)));
        let may = vec![web(&address(7), &every)];
        let mut actual = list.clone();
        actual.insert(
            0,
            PacketRule::permit(web(&address(7), &address(u.int_in_range(0..=60)?))),
        );
        let limits = Limits {
            lists: vec![list],
            needed: Vec::new(),
            may,
        };
        assert!(agrees(&limits, &actual).opened.is_empty());
        let gone = u.int_in_range(0..=actual.len() - 1)?;
        actual.remove(gone);
        agrees(&limits, &actual);
        Ok(())
    })
    .budget_ms(1_500);
}

#[test]
fn the_comparisons_of_one_device_share_one_budget() {
    let every = Arc::new(AddressSet::full());
    let mut list: Vec<PacketRule> = (0..40)
        .map(|last| PacketRule::deny(web(&address(last), &address(3 * last))))
        .collect();
    list.push(PacketRule::permit(web(&every, &every)));
    let limits = Limits {
        lists: vec![list],
        ..Limits::default()
    };
    let budget = Budget {
        steps: 20_000,
        ..Budget::default()
    };
    let mut met = Met::within(budget);
    let mut compared = 0;
    while between(&limits, &[], &mut met, usize::MAX).is_ok() && compared < 1_000 {
        compared += 1;
    }
    assert!(0 < compared && compared < 1_000, "{compared}");
}
