//! Builds that follow one another.

use septum::plan::{DevicePlan, Role};
use septum::target::cisco_ios::CiscoIos;
use septum::target::{Emitted, Owned, Platform};

use super::plans::{allow, device, pair, set, side, tcp};

fn plan(port: u16) -> DevicePlan {
    let sides = vec![
        side("a", "Gi0/0", set("10.1.0.0/16"), &[]),
        side("b", "Gi0/1", set("10.2.0.0/16"), &[]),
    ];
    let rule = allow("his", "10.1.0.0/16", "10.2.0.0/16", tcp(port));
    device(set("10.0.0.0/8"), sides, vec![pair(0, 1, vec![rule], vec![])])
}

fn emit(plan: &DevicePlan, previous: &Owned) -> Emitted {
    CiscoIos.emit(plan, &CiscoIos.assets(), previous).unwrap()
}

fn removed(emitted: &Emitted) -> Vec<&str> {
    let lines = emitted.text.lines();
    lines.filter(|line| line.starts_with("no ")).collect()
}

#[test]
fn nothing_changed_is_nothing_written() {
    let first = emit(&plan(443), &Owned::new());
    let second = emit(&plan(443), &first.owned);
    assert_eq!(first, second);
    assert!(removed(&first).is_empty());
}

#[test]
fn a_changed_list_replaces_the_old_one_after_the_switch() {
    let first = emit(&plan(443), &Owned::new());
    let second = emit(&plan(8443), &first.owned);
    let gone = removed(&second);
    assert_eq!(gone.len(), 1, "{gone:?}");
    let name = gone[0].strip_prefix("no ip access-list extended ").unwrap();
    assert!(first.owned["acl"].iter().any(|old| old == name));
    let last_switch = second.text.rfind("ipv6 traffic-filter").unwrap();
    assert!(last_switch < second.text.find("no ip access-list").unwrap());
    let third = emit(&plan(8443), &second.owned);
    assert_eq!(second, third);
}

#[test]
fn going_back_removes_what_came_between() {
    let first = emit(&plan(443), &Owned::new());
    let second = emit(&plan(8443), &first.owned);
    let back = emit(&plan(443), &second.owned);
    assert_eq!(removed(&back).len(), 1);
    assert_eq!(back.owned, second.owned);
}

#[test]
fn many_old_versions_stay_bounded_and_stable() {
    let mut owned = Owned::new();
    for port in 1..40 {
        owned = emit(&plan(port), &owned).owned;
    }
    let last = emit(&plan(40), &owned);
    assert!(removed(&last).len() <= 16);
    assert_eq!(last, emit(&plan(40), &last.owned));
}

/// A list that goes while an interface names it opens the interface.
#[test]
fn lists_of_an_interface_that_left_the_policy_stay() {
    let first = emit(&plan(443), &Owned::new());
    let mut moved = plan(8443);
    if let Role::Router(forwarding) = &mut moved.role {
        forwarding.sides[0].interfaces[0].name = "Gi0/7".to_owned();
    }
    let second = emit(&moved, &first.owned);
    assert!(removed(&second).is_empty(), "{}", second.text);
    assert!(
        second.residual.iter().any(|s| s.contains("Gi0/0")),
        "{:?}",
        second.residual
    );
    assert_eq!(second, emit(&moved, &second.owned));
}
