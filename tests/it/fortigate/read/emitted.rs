//! What Septum writes is read back as what it meant.

use arbtest::arbtest;
use septum::target::Owned;

use super::super::plans::{edited, emit, emit_on_small_unit, plan_of, random_rules, usual_sides};
use super::{assert_proven, some_plan};

#[test]
fn a_configuration_equals_its_plan() {
    for seed in 0..60 {
        let plan = some_plan(seed);
        assert_proven(&plan, &emit(&plan, &Owned::new()).text);
        assert_proven(&plan, &emit_on_small_unit(&plan, &Owned::new()).text);
    }
}

#[test]
fn a_configuration_over_an_older_one_equals_its_plan() {
    arbtest(|u| {
        let rules = random_rules(u)?;
        let old = plan_of(usual_sides(), &rules);
        let new = plan_of(usual_sides(), &edited(u, &rules)?);
        let first = emit(&old, &Owned::new());
        let second = emit(&new, &first.owned);
        assert_proven(&new, &format!("{}{}", first.text, second.text));
        // On a unit that never had the older one, what is to be deleted is not there.
        assert_proven(&new, &second.text);
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(1_500);
}

#[test]
fn management_that_moves_leaves_no_trace() {
    for seed in 0..10 {
        let (old, new) = (some_plan(2 * seed), some_plan(2 * seed + 2));
        let first = emit(&old, &Owned::new());
        let second = emit(&new, &first.owned);
        assert_proven(&new, &format!("{}{}", first.text, second.text));
    }
}

#[test]
fn a_rule_is_read_from_the_line_that_the_build_names() {
    let plan = some_plan(7);
    let emitted = emit(&plan, &Owned::new());
    let read = septum::target::Platform::read(&septum::target::fortigate::FortiGate, &emitted.text);
    let lines: Vec<usize> = read
        .filters
        .iter()
        .flat_map(|filter| filter.rules.iter().map(|rule| rule.line))
        .collect();
    assert!(!emitted.lines.is_empty());
    for line in &emitted.lines {
        assert!(lines.contains(&line.line), "{line:?}");
    }
}
