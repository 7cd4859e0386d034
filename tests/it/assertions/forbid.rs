//! `forbid`, `only` and `limit`: the messages of refutations, and policies that just hold.

use insta::assert_snapshot;

use super::harness::messages;

const HOUSE: &str = "zone pumps { subnet 10.20.0.0/22; isolate }
zone servers { subnet 10.30.1.0/24 }
zone jump { subnet 10.50.8.0/28; isolate }
zone guest { subnet 172.16.0.0/16 }
device pump-1 in pumps { address 10.20.0.11 }
device pump-2 in pumps { address 10.20.0.12 }
device gateway in servers { address 10.30.1.10 }
device jump-1 in jump { address 10.50.8.4 }
device kiosk in guest { address 172.16.0.9 }
firewall core { target fortigate; interface a = pumps; interface b = servers; interface c = jump; interface d = guest }
";

fn house(rest: &str) -> String {
    messages(&format!("{HOUSE}{rest}"))
}

#[test]
fn a_forbidden_flow_is_shown_with_packet_rule_and_devices() {
    assert_snapshot!(house("allow guest -> pumps : https, telnet
forbid guest -> pumps
"), @r#"
error[forbid-reachable]: `guest -> pumps` is possible
  --> policy.sept:12:1
   |
11 | allow guest -> pumps : https, telnet
   | ------------------------------------ lets the example through
12 | forbid guest -> pumps
   | ^^^^^^^^^^^^^^^^^^^^^
   |
   = example: tcp 172.16.0.9:49152 -> 10.20.0.11:443
   = devices: 2 in pumps (pump-1, pump-2)
   = help: only `allow guest -> pumps : https, telnet` lets it through: narrow or remove it
"#);
}

#[test]
fn a_deny_or_another_service_keeps_a_forbid() {
    assert_eq!(
        house(
            "allow guest -> pumps : https\ndeny kiosk | guest -> pumps : tcp 1-1000\nforbid guest -> pumps\n"
        ),
        ""
    );
    assert_eq!(
        house("allow guest -> pumps : https\nforbid guest -> pumps : telnet\n"),
        ""
    );
    assert_eq!(
        house("forbid pumps -> pumps\n"),
        "",
        "an isolated zone is taken at its word"
    );
}

#[test]
fn neighbours_need_no_rule() {
    assert_snapshot!(house("forbid servers -> gateway : ssh
"), @r#"
error[forbid-reachable]: `servers -> gateway : ssh` is possible
  --> policy.sept:11:1
   |
 2 | zone servers { subnet 10.30.1.0/24 }
   |      ------- lets the example through: neighbours here meet no filter
...
11 | forbid servers -> gateway : ssh
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = example: tcp 10.30.1.1:49152 -> 10.30.1.10:22
   = devices: 1 in servers (gateway)
   = help: no rule is needed for it: put a managed device or a host firewall between the two, or `isolate` the zone
"#);
}

#[test]
fn an_unmanaged_router_lets_everything_through() {
    assert_snapshot!(house("router old { unmanaged; interface x = guest; interface y = pumps }
forbid guest -> pump-1
"), @r#"
error[forbid-reachable]: `guest -> pump-1` is possible
  --> policy.sept:12:1
   |
 4 | zone guest { subnet 172.16.0.0/16 }
   |      ----- lets the example through: a way out of this zone meets no managed device
...
12 | forbid guest -> pump-1
   | ^^^^^^^^^^^^^^^^^^^^^^
   |
   = example: tcp 172.16.0.9:49152 -> 10.20.0.11:443
   = devices: 1 in pumps (pump-1)
   = help: no rule is needed for it: put a managed device on the path between the two (`unenforced-path` names what joins them)
"#);
}

#[test]
fn a_chain_is_shown_step_by_step() {
    assert_snapshot!(house("allow guest -> gateway : https
allow gateway -> pumps : tcp 8443
forbid guest ~> pumps
"), @r#"
error[forbid-path]: `guest` reaches `pumps` in 2 steps
  --> policy.sept:13:1
   |
11 | allow guest -> gateway : https
   | ------------------------------ lets step 1 through
12 | allow gateway -> pumps : tcp 8443
   | --------------------------------- lets step 2 through
13 | forbid guest ~> pumps
   | ^^^^^^^^^^^^^^^^^^^^^
   |
   = chain: 1. kiosk (guest) -> gateway (servers): tcp 172.16.0.9:49152 -> 10.30.1.10:443
   = chain: 2. gateway (servers) -> pump-1 (pumps): tcp 10.30.1.10:49152 -> 10.20.0.11:8443
   = devices: 2 in pumps (pump-1, pump-2)
   = help: without `allow gateway -> pumps : tcp 8443` there is no such chain
"#);
}

#[test]
fn chains_around_the_jump_host_count_and_chains_through_it_do_not() {
    assert_eq!(
        house(
            "allow guest -> jump-1 : rdp\nallow jump-1 -> pumps : ssh\nforbid guest ~> pumps unless via jump-1\n"
        ),
        ""
    );
    assert_snapshot!(house("allow guest -> jump : rdp
allow jump -> pumps : ssh
forbid guest ~> pumps unless via jump-1
"), @r#"
error[forbid-path]: `guest` reaches `pumps` in 2 steps around `jump-1`
  --> policy.sept:13:1
   |
11 | allow guest -> jump : rdp
   | ------------------------- lets step 1 through
12 | allow jump -> pumps : ssh
   | ------------------------- lets step 2 through
13 | forbid guest ~> pumps unless via jump-1
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = chain: 1. kiosk (guest) -> 10.50.8.1 (jump): tcp 172.16.0.9:49152 -> 10.50.8.1:3389
   = chain: 2. 10.50.8.1 (jump) -> pump-1 (pumps): tcp 10.50.8.1:49152 -> 10.20.0.11:22
   = devices: 2 in pumps (pump-1, pump-2)
   = help: without `allow jump -> pumps : ssh` there is no such chain
"#);
}

#[test]
fn two_rules_that_both_have_to_go_are_both_named() {
    assert_snapshot!(house("allow guest -> gateway : https
allow guest -> jump : rdp
allow gateway -> pumps : tcp 8443
allow jump -> pumps : ssh
forbid guest ~> pumps
"), @r#"
error[forbid-path]: `guest` reaches `pumps` in 2 steps
  --> policy.sept:15:1
   |
11 | allow guest -> gateway : https
   | ------------------------------ lets step 1 through
12 | allow guest -> jump : rdp
13 | allow gateway -> pumps : tcp 8443
   | --------------------------------- lets step 2 through
14 | allow jump -> pumps : ssh
15 | forbid guest ~> pumps
   | ^^^^^^^^^^^^^^^^^^^^^
   |
   = chain: 1. kiosk (guest) -> gateway (servers): tcp 172.16.0.9:49152 -> 10.30.1.10:443
   = chain: 2. gateway (servers) -> pump-1 (pumps): tcp 10.30.1.10:49152 -> 10.20.0.11:8443
   = devices: 2 in pumps (pump-1, pump-2)
   = help: no fewer than 2 rules would have to go: `allow gateway -> pumps : tcp 8443`, `allow jump -> pumps : ssh`
"#);
}

#[test]
fn a_host_firewall_is_no_step_for_neighbours_but_those_it_names() {
    let guarded = "firewall own { target nftables; protects gateway; manage from 10.30.1.20 : ssh }\n";
    let rest = "allow guest -> 10.30.1.99 : https\nallow gateway -> pumps : tcp 8443\n";
    assert_snapshot!(house(&format!("{guarded}{rest}forbid guest ~> pumps\n")), @r#"
error[forbid-path]: `guest` reaches `pumps` in 4 steps
  --> policy.sept:14:1
   |
 2 | zone servers { subnet 10.30.1.0/24 }
   |      ------- lets step 2 through: neighbours here meet no filter
...
11 | firewall own { target nftables; protects gateway; manage from 10.30.1.20 : ssh }
   |          --- lets step 3 through: its `manage` and `run` take it from neighbours
12 | allow guest -> 10.30.1.99 : https
   | --------------------------------- lets step 1 through
13 | allow gateway -> pumps : tcp 8443
   | --------------------------------- lets step 4 through
14 | forbid guest ~> pumps
   | ^^^^^^^^^^^^^^^^^^^^^
   |
   = chain: 1. kiosk (guest) -> 10.30.1.99 (servers): tcp 172.16.0.9:49152 -> 10.30.1.99:443
   = chain: 2. 10.30.1.99 (servers) -> 10.30.1.20 (servers): tcp 10.30.1.99:49152 -> 10.30.1.20:443
   = chain: 3. 10.30.1.20 (servers) -> gateway (servers): tcp 10.30.1.20:49152 -> 10.30.1.10:22
   = chain: 4. gateway (servers) -> pump-1 (pumps): tcp 10.30.1.10:49152 -> 10.20.0.11:8443
   = devices: 2 in pumps (pump-1, pump-2)
   = help: without `allow gateway -> pumps : tcp 8443` there is no such chain
"#);
    let closed = "firewall own { target nftables; protects gateway }\n";
    assert_eq!(house(&format!("{closed}{rest}forbid guest ~> pumps\n")), "");
}

#[test]
fn somebody_else_is_named() {
    assert_snapshot!(house("allow gateway | kiosk -> pumps : tcp 8443
only gateway -> pumps
"), @r#"
error[only-violated]: not only `gateway` may open flows to `pumps`
  --> policy.sept:12:1
   |
11 | allow gateway | kiosk -> pumps : tcp 8443
   | ----------------------------------------- lets the example through
12 | only gateway -> pumps
   | ^^^^^^^^^^^^^^^^^^^^^
   |
   = example: tcp 172.16.0.9:49152 -> 10.20.0.11:8443
   = devices: 2 in pumps (pump-1, pump-2)
   = help: only `allow gateway | kiosk -> pumps : tcp 8443` lets it through: narrow or remove it
"#);
    assert_eq!(
        house("allow gateway -> pumps : tcp 8443\nonly gateway -> pumps\n"),
        ""
    );
    assert_eq!(
        house("allow kiosk -> pumps : ping\nonly gateway -> pumps : tcp\n"),
        ""
    );
}

#[test]
fn the_worst_start_of_a_break_in_is_named() {
    assert_snapshot!(house("allow guest -> gateway : https
allow gateway -> pumps : tcp 8443
limit guest ~> pumps <= 1
"), @r#"
error[blast-radius]: `kiosk` in `guest` reaches 2 devices of `pumps`, the limit is 1
  --> policy.sept:13:1
   |
11 | allow guest -> gateway : https
   | ------------------------------ lets step 1 through
12 | allow gateway -> pumps : tcp 8443
   | --------------------------------- lets step 2 through
13 | limit guest ~> pumps <= 1
   | ^^^^^^^^^^^^^^^^^^^^^^^^^
   |
   = chain: 1. kiosk (guest) -> gateway (servers): tcp 172.16.0.9:49152 -> 10.30.1.10:443
   = chain: 2. gateway (servers) -> pump-1 (pumps): tcp 10.30.1.10:49152 -> 10.20.0.11:8443
   = devices: 2 in pumps (pump-1, pump-2)
   = help: narrow the rules of the chain, or raise the limit to 2 if that is meant
"#);
    assert_eq!(
        house(
            "allow guest -> gateway : https\nallow gateway -> pumps : tcp 8443\nlimit guest ~> pumps <= 2\n"
        ),
        ""
    );
}

#[test]
fn a_host_that_reaches_only_itself_reaches_nobody() {
    assert_eq!(
        house("allow gateway -> kiosk : https\nallow kiosk -> gateway : https\nforbid gateway ~> gateway\n"),
        ""
    );
    assert_eq!(house("limit gateway ~> gateway <= 0\n"), "");
}

#[test]
fn an_expired_rule_opens_nothing() {
    assert_eq!(
        house("allow guest -> pumps : https { expires 2026-05-31 }\nforbid guest ~> pumps\n"),
        ""
    );
}

#[test]
fn a_chain_may_lead_over_an_address_of_a_router_that_rules_name() {
    let text = messages(
        "zone a { subnet 10.0.0.0/24 }
zone b { subnet 10.0.1.0/24 }
zone c { subnet 10.0.2.0/24; isolate }
router n {
    target nftables
    manage from a : ssh
    interface eth1 = a { address 10.0.0.1 }
    interface eth2 = b { address 10.0.1.1 }
    interface eth3 = c { address 10.0.2.1 }
}
allow a -> 10.0.2.1 : ssh
allow 10.0.2.1 -> b : ssh
forbid a ~> b
forbid b ~> a | c
",
    );
    assert!(text.contains("`a` reaches `b` in 2 steps"), "{text}");
    // Its addresses are not one host: what reaches one does not go on from the others.
    assert_eq!(text.matches("error").count(), 1, "{text}");
}
