//! `require`: what is missing, and where.

use insta::assert_snapshot;

use septum::model::{PointId, Policy};
use septum::reach::{Enforcement, concerned};

use super::harness::{load, messages};

const WARD: &str = "zone pumps { subnet 10.20.0.0/22, 2001:db8:20::/64; isolate }
zone servers { subnet 10.30.1.0/24, 2001:db8:31::/64 }
zone island { subnet 10.99.0.0/24 }
device pump-1 in pumps { address 10.20.0.11, 2001:db8:20::11 }
device gateway in servers { address 10.30.1.10, 2001:db8:31::10 }
device console in servers { address 2001:db8:31::20 }
device reader in servers { address 10.30.1.30 }
firewall core { target fortigate; interface a = pumps; interface b = servers }
";

fn ward(rest: &str) -> String {
    messages(&format!("{WARD}{rest}"))
}

#[test]
fn what_is_permitted_in_parts_is_permitted() {
    assert_eq!(
        ward(
            "allow pumps -> gateway : https\nallow pumps -> gateway : tcp 8443\nrequire pumps -> gateway : https, tcp 8443\n"
        ),
        ""
    );
    assert_eq!(
        ward("require servers -> gateway : ssh\n"),
        "",
        "neighbours meet no filter"
    );
}

#[test]
fn a_missing_rule_is_written_out() {
    assert_snapshot!(ward("allow 10.20.0.0/23 | 2001:db8:20::/64 -> gateway : https
require pumps -> gateway : https
"), @r#"
error[require-unmet]: `pumps -> gateway : https` is required and not permitted
  --> policy.sept:10:1
   |
10 | require pumps -> gateway : https
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = example: tcp 10.20.2.1:49152 -> 10.30.1.10:443
   = help: permit it: `allow pumps -> gateway : https`
"#);
}

#[test]
fn a_deny_that_takes_a_part_away_is_shown() {
    assert_snapshot!(ward("allow pumps -> gateway : https
deny pump-1 -> servers
require pumps -> gateway : https
"), @r#"
error[require-unmet]: `pumps -> gateway : https` is required and not permitted
  --> policy.sept:11:1
   |
10 | deny pump-1 -> servers
   | ---------------------- takes it away
11 | require pumps -> gateway : https
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = example: tcp 10.20.0.11:49152 -> 10.30.1.10:443
   = help: narrow `deny pump-1 -> servers`, or require less
"#);
}

#[test]
fn a_mode_that_takes_it_away_is_named() {
    assert_snapshot!(ward("allow pumps -> gateway : https
mode lockdown { deny pumps -> servers : tcp 1-1023 }
require pumps -> gateway : https
"), @r#"
error[require-unmet]: mode `lockdown` cuts `pumps -> gateway : https`, which is required
  --> policy.sept:11:1
   |
10 | mode lockdown { deny pumps -> servers : tcp 1-1023 }
   |                 ---------------------------------- takes it away
11 | require pumps -> gateway : https
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = example: tcp 10.20.0.11:49152 -> 10.30.1.10:443
   = help: narrow `deny pumps -> servers : tcp 1-1023`, or require less
"#);
}

#[test]
fn no_path_is_no_way_through() {
    assert_snapshot!(ward("allow pumps -> island : https
require pumps -> island : https
"), @r#"
error[require-unmet]: no path leads from `pumps` to `island`, as `pumps -> island : https` requires
  --> policy.sept:10:1
   |
 1 | zone pumps { subnet 10.20.0.0/22, 2001:db8:20::/64; isolate }
   |      ----- from here
 2 | zone servers { subnet 10.30.1.0/24, 2001:db8:31::/64 }
 3 | zone island { subnet 10.99.0.0/24 }
   |      ------ to here
...
10 | require pumps -> island : https
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = help: give a firewall or router interfaces into both
"#);
}

#[test]
fn two_sides_of_different_families_never_meet() {
    assert_snapshot!(ward("allow console -> reader : https
require console -> reader : https
"), @r#"
error[require-unmet]: no packet can be of `console -> reader : https`: the two sides share no address family
  --> policy.sept:10:1
   |
10 | require console -> reader : https
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = help: give both sides addresses of one family, and services that it has
"#);
}

#[test]
fn isolation_keeps_what_no_rule_permits() {
    assert_snapshot!(ward("require pump-1 -> pumps : ssh
"), @r#"
error[require-unmet]: `pump-1 -> pumps : ssh` is required and not permitted
 --> policy.sept:9:1
  |
9 | require pump-1 -> pumps : ssh
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = example: tcp 10.20.0.11:49152 -> 10.20.0.1:22
  = help: permit it: `allow pump-1 -> pumps : ssh`
"#);
    assert_eq!(
        ward("allow pumps -> pumps : ssh\nrequire pump-1 -> pumps : ssh\n"),
        ""
    );
}

/// What is said of assertions about a zone of the networks `subnets`, in front of which a router has such interfaces.
fn inside(subnets: &str, interfaces: &str, rest: &str) -> String {
    messages(&format!(
        "zone a {{ subnet {subnets} }}\nrouter r {{ target nftables; {interfaces} }}\n{rest}\n"
    ))
}

#[test]
fn a_router_inside_a_zone_must_let_through_what_is_required_there() {
    let (one, two) = ("interface e0 = a", "interface e0 = a; interface e1 = a");
    let (net, nets) = ("10.0.0.0/24", "10.0.0.0/24, 10.0.1.0/24");
    let rules = "deny 10.0.0.1 -> a : ssh\nrequire a -> a : ssh";
    assert_snapshot!(inside(net, two, rules), @"
error[require-unmet]: `r` does not let all of `a -> a : ssh` through
 --> policy.sept:4:1
  |
2 | router r { target nftables; interface e0 = a; interface e1 = a }
  |        - on a path between the two
3 | deny 10.0.0.1 -> a : ssh
4 | require a -> a : ssh
  | ^^^^^^^^^^^^^^^^^^^^
");
    assert_eq!(inside(net, one, rules), "", "no router sees it");
    assert_ne!(inside(nets, one, rules), "", "from one network to the other");
    assert_eq!(
        inside(nets, one, &rules.replace("-> a", "-> 10.0.0.0/24")),
        "",
        "inside one network"
    );
    assert_eq!(
        inside(net, two, "deny 10.0.0.1 -> a : ssh\nrequire a -> a : https"),
        ""
    );
    assert_eq!(
        inside(net, two, "deny 10.0.0.1 -> 10.0.0.1\nrequire a -> a : https"),
        "",
        "to itself"
    );
}

#[test]
fn a_mode_must_not_cut_what_is_required_inside_a_zone() {
    let two = "interface e0 = a; interface e1 = a";
    assert_snapshot!(inside("10.0.0.0/24", two, "require a -> a : ssh\nmode lockdown { deny a -> a }"), @"
error[require-unmet]: in mode `lockdown`, `r` does not let all of `a -> a : ssh` through
 --> policy.sept:3:1
  |
2 | router r { target nftables; interface e0 = a; interface e1 = a }
  |        - on a path between the two
3 | require a -> a : ssh
  | ^^^^^^^^^^^^^^^^^^^^
");
}

#[test]
fn a_permitted_flow_is_also_looked_for_in_the_plans() {
    // The plan of a network that lacks a rule of the policy: what a mistake in placement would look like.
    let permitted = load(&format!("{WARD}allow pumps -> gateway : https\n"));
    let flow = permitted.policy.rules[0].flow();
    let blocking = |policy: &Policy| {
        let day = jiff::civil::date(2026, 6, 1);
        let policy = concerned(policy, std::slice::from_ref(&flow));
        Enforcement::new(&policy, &permitted.network, day, None).blocking(&permitted.policy, &flow)
    };
    assert_eq!(blocking(&permitted.policy), None);
    let mut lacking = permitted.policy.clone();
    lacking.rules.clear();
    assert_eq!(blocking(&lacking).map(PointId::index), Some(0));
}
