//! What a unit prints back is read as what was typed.

use arbtest::arbtest;
use septum::target::Owned;

use super::super::plans::{edited, emit, plan_of, random_rules, usual_sides};
use super::show::Memory;
use super::{assert_proven, proof, some_plan};

#[test]
fn a_backup_equals_the_plan() {
    for seed in 0..40 {
        let plan = some_plan(seed);
        let backup = Memory::typed(&emit(&plan, &Owned::new()).text).backup();
        assert!(!backup.contains("set action deny") && backup.contains("\r\n"));
        assert_proven(&plan, &backup);
    }
}

#[test]
fn a_backup_after_a_change_equals_the_new_plan() {
    arbtest(|u| {
        let rules = random_rules(u)?;
        let old = plan_of(usual_sides(), &rules);
        let new = plan_of(usual_sides(), &edited(u, &rules)?);
        let first = emit(&old, &Owned::new());
        let second = emit(&new, &first.owned);
        let backup = Memory::typed(&format!("{}{}", first.text, second.text)).backup();
        assert_proven(&new, &backup);
        Ok(())
    })
    .size_min(1 << 14)
    .budget_ms(800);
}

#[test]
fn a_backup_of_another_policy_is_told_apart() {
    let (one, other) = (some_plan(1), some_plan(3));
    let backup = Memory::typed(&emit(&other, &Owned::new()).text).backup();
    assert!(!proof(&one, &backup).mismatches.is_empty());
}
