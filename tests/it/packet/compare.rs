//! Comparison of rule lists, in every order of fields.

use arbtest::arbtest;
use septum::packet::{
    Budget, Change, CompareOptions, Comparison, FieldOrder, FlowSet, PacketRule, PacketSet, compare,
    compare_with, permits,
};

use super::arbitrary::{flow, packet, rules};

const BUDGET: Budget = Budget {
    steps: 50_000_000,
    nodes: 1_000_000,
};

fn in_order(a: &[PacketRule], b: &[PacketRule], order: FieldOrder) -> Comparison {
    let options = CompareOptions {
        orders: vec![order],
        cap: 100_000,
        budget: BUDGET,
        ..CompareOptions::default()
    };
    compare_with(a, b, &options).unwrap()
}

/// A change must be exactly what one list permits and the other does not.
fn check(change: Option<&Change>, more: &[PacketRule], less: &[PacketRule]) {
    let (more_set, less_set) = (
        PacketSet::from_rules(more, BUDGET).unwrap(),
        PacketSet::from_rules(less, BUDGET).unwrap(),
    );
    let expected = more_set.difference(&less_set, BUDGET).unwrap();
    match change {
        None => assert!(expected.is_empty()),
        Some(change) => {
            let p = change.witness;
            assert!(
                p.is_possible() && permits(more, &p) && !permits(less, &p),
                "{p:?}"
            );
            assert!(change.products.complete);
            let flows: &[FlowSet] = &change.products.flows;
            assert_eq!(PacketSet::from_flows(flows, BUDGET).unwrap(), expected);
        }
    }
}

#[test]
fn differences_are_exact_in_every_order() {
    arbtest(|u| {
        let a = rules(u, 8)?;
        let mut b = if u.arbitrary()? { a.clone() } else { rules(u, 8)? };
        if !b.is_empty() && u.arbitrary()? {
            let at = u.choose_index(b.len())?;
            b.remove(at);
        }
        for order in FieldOrder::ALL {
            match in_order(&a, &b, order) {
                Comparison::Equal => {
                    for _ in 0..20 {
                        let p = packet(u)?;
                        assert_eq!(permits(&a, &p), permits(&b, &p), "{p}");
                    }
                    check(None, &a, &b);
                    check(None, &b, &a);
                }
                Comparison::Different(difference) => {
                    assert!(difference.opened.is_some() || difference.closed.is_some());
                    check(difference.opened.as_ref(), &b, &a);
                    check(difference.closed.as_ref(), &a, &b);
                }
            }
        }
        Ok(())
    })
    .budget_ms(1_200);
}

#[test]
fn lists_that_mean_the_same_are_equal() {
    arbtest(|u| {
        let a = rules(u, 8)?;
        // Neighbours of one action change places, a rule shadowed by everything is added at the end.
        let mut b = a.clone();
        for i in 1..b.len() {
            if b[i - 1].permit == b[i].permit {
                b.swap(i - 1, i);
            }
        }
        b.push(PacketRule::deny(flow(u)?));
        if let Some(first) = a.first() {
            b.push(PacketRule {
                permit: !first.permit,
                flow: first.flow.clone(),
            });
        }
        for order in FieldOrder::ALL {
            assert_eq!(in_order(&a, &b, order), Comparison::Equal);
        }
        Ok(())
    })
    .budget_ms(800);
}

#[test]
fn long_lists_are_compared_in_slices_with_the_same_answer() {
    arbtest(|u| {
        let few = rules(u, 4)?;
        // Long by repetition: only the first of each kind counts.
        let long: Vec<PacketRule> = few.iter().cycle().take(few.len() * 600).cloned().collect();
        let other = rules(u, 4)?;
        for order in FieldOrder::ALL {
            match in_order(&long, &other, order) {
                Comparison::Equal => assert_eq!(in_order(&few, &other, order), Comparison::Equal),
                Comparison::Different(difference) => {
                    check(difference.opened.as_ref(), &other, &few);
                    check(difference.closed.as_ref(), &few, &other);
                }
            }
        }
        Ok(())
    })
    .budget_ms(800);
}

#[test]
fn a_spent_budget_is_reported_and_never_equal() {
    arbtest(|u| {
        let (a, b) = (rules(u, 6)?, rules(u, 6)?);
        let tiny = Budget { steps: 3, nodes: 100 };
        match compare(&a, &b, tiny) {
            Ok(answer) => assert_eq!(Ok(answer), compare(&a, &b, BUDGET)),
            Err(gave_up) => assert!(gave_up.steps > 3),
        }
        Ok(())
    })
    .budget_ms(300);
}
