//! `septum trace` to a firewall or router itself.

use super::asked;

/// A device of ours behind another one.
fn policy(target: &str, statements: &str) -> String {
    format!(
        "\
zone pumps {{ subnet 10.20.0.0/24 }}
zone it {{ subnet 10.90.0.0/24 }}
zone far {{ subnet 10.70.0.0/24 }}
device laptop in it {{ address 10.90.0.50 }}
router g {{ target {target}; {statements}
    interface Vlan1 = pumps {{ address 10.20.0.1 }}
    interface Vlan3 = it {{ address 10.90.0.1 }}
}}
router h {{ target nftables
    interface eth0 = it
    interface eth1 = far
}}
"
    )
}

const MANAGED: &str = "manage from it | far : ssh; run ping";

fn trace(target: &str, statements: &str, arguments: &[&str]) -> (String, i32) {
    asked(&policy(target, statements), &[&["trace"], arguments].concat())
}

#[test]
fn who_may_manage_a_router_reaches_each_of_its_addresses() {
    let (text, code) = trace("cisco-ios", MANAGED, &["laptop", "10.20.0.1", "ssh"]);
    insta::assert_snapshot!(text, @"
    tcp 10.90.0.50:49152 -> 10.20.0.1:22 (laptop to pumps)
    permitted by policy.sept:5: manage from it | far : ssh

      it
      |  g (cisco-ios) permits, Vlan3 -> itself
      |    policy  policy.sept:5 (manage-ffa19d)
      |    config  g.ios:26: 112 permit tcp 10.90.0.0 0.0.0.255 host 10.20.0.1 eq 22
      |    reply   permits, not filtered
      g
    ");
    assert_eq!(code, 0);
    for target in ["cisco-ios", "fortigate", "nftables"] {
        for address in ["10.20.0.1", "10.90.0.1"] {
            let (text, code) = trace(target, MANAGED, &["laptop", address, "ssh"]);
            assert!(
                text.contains("permitted by policy.sept:5: manage from it | far : ssh\n"),
                "{text}"
            );
            assert!(
                text.contains(&format!("|  g ({target}) permits, Vlan3 -> itself\n")),
                "{text}"
            );
            assert_eq!(code, 0, "{text}");
        }
    }
}

#[test]
fn nobody_else_does() {
    let (text, code) = trace("cisco-ios", MANAGED, &["pumps", "10.90.0.1", "ssh"]);
    insta::assert_snapshot!(text, @"
    tcp 10.20.0.9:49152 -> 10.90.0.1:22 (pumps to it)
    denied: neither a rule nor `manage` or `run` of g permits it

      pumps
      |  g (cisco-ios) denies, Vlan1 -> itself
      |    config  g.ios:20: 10000110 deny ip any any log
      g

    the packet goes no further than g
    ");
    assert_eq!(code, 1);
    for target in ["cisco-ios", "fortigate", "nftables"] {
        for address in ["10.20.0.1", "10.90.0.1"] {
            let (text, code) = trace(target, MANAGED, &["pumps", address, "ssh"]);
            assert!(
                text.contains(&format!("|  g ({target}) denies, Vlan1 -> itself\n")),
                "{text}"
            );
            assert_eq!(code, 1, "{text}");
        }
    }
}

#[test]
fn the_list_of_a_router_without_management_filters_too() {
    let (text, code) = trace("cisco-ios", "", &["laptop", "10.90.0.1", "ssh"]);
    assert!(
        text.contains("|  g (cisco-ios) denies, Vlan3 -> itself\n"),
        "{text}"
    );
    assert!(text.contains("deny ip any any log"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn what_nothing_filters_is_said() {
    let (text, code) = trace("nftables", "", &["pumps", "10.90.0.1", "ssh"]);
    insta::assert_snapshot!(text, @"
    tcp 10.20.0.9:49152 -> 10.90.0.1:22 (pumps to it)
    neither a rule nor `manage` or `run` of g permits it, and it arrives all the same: g has neither `manage` nor `run`, and so does not filter what it receives itself

      pumps
      |  g (nftables) does not filter what it receives itself, Vlan1 -> itself
      g
    ");
    assert_eq!(code, 0);
}

#[test]
fn what_other_settings_decide_is_said() {
    let (text, code) = trace("fortigate", MANAGED, &["pumps", "10.90.0.1", "https"]);
    insta::assert_snapshot!(text, @"
    tcp 10.20.0.9:49152 -> 10.90.0.1:443 (pumps to it)
    neither a rule nor `manage` or `run` of g permits it, and nothing that Septum writes stops it: other settings of g decide what it receives itself

      pumps
      |  g (fortigate) leaves it to settings that Septum does not write, Vlan1 -> itself
      g
    ");
    assert_eq!(code, 0);
}

#[test]
fn what_a_device_runs_is_for_itself() {
    let (text, code) = trace("nftables", MANAGED, &["pumps", "10.20.0.1", "ping"]);
    assert!(text.contains("permitted by policy.sept:5: run ping\n"), "{text}");
    assert!(text.contains("comment \"run ping\""), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn devices_on_the_way_judge_first() {
    let (text, code) = trace("cisco-ios", MANAGED, &["far", "10.90.0.1", "ssh"]);
    insta::assert_snapshot!(text, @r#"
    tcp 10.70.0.9:49152 -> 10.90.0.1:22 (far to it)
    denied: neither a rule nor `manage` or `run` of g permits it

      far
      |  h (nftables) denies, eth1 -> eth0
      |    config  h.nft:20: counter drop comment "no rule permits it"
      |  g (cisco-ios) permits, Vlan3 -> itself
      |    policy  policy.sept:5 (manage-ffa19d)
      |    config  g.ios:25: 111 permit tcp 10.70.0.0 0.0.0.255 host 10.90.0.1 eq 22
      |    reply   permits, not filtered
      g

    the packet goes no further than h
    "#);
    assert_eq!(code, 1);
    let permitted = format!("{}allow far -> it : ssh\n", policy("cisco-ios", MANAGED));
    let (text, code) = asked(&permitted, &["trace", "far", "10.90.0.1", "ssh"]);
    assert!(text.contains("|  h (nftables) permits, eth1 -> eth0\n"), "{text}");
    assert!(
        text.contains("|  g (cisco-ios) permits, Vlan3 -> itself\n"),
        "{text}"
    );
    assert_eq!(code, 0);
}

#[test]
fn a_rule_about_a_zone_opens_no_firewall_with_state_that_has_an_address_there() {
    let permitted = format!("{}allow pumps -> it : ssh\n", policy("nftables", MANAGED));
    let (text, code) = asked(&permitted, &["trace", "pumps", "10.90.0.1", "ssh"]);
    assert!(
        text.contains("permitted by policy.sept:13: allow pumps -> it : ssh\n"),
        "{text}"
    );
    assert!(
        text.contains("|  g (nftables) denies, Vlan1 -> itself\n"),
        "{text}"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_name_stands_for_the_address_by_which_the_packet_comes_in() {
    let (text, code) = trace("cisco-ios", MANAGED, &["laptop", "g", "ssh"]);
    assert!(text.contains("10.90.0.50:49152 -> 10.90.0.1:22"), "{text}");
    assert!(
        text.contains(
            "note: `g` has the addresses 10.20.0.1 (Vlan1), 10.90.0.1 (Vlan3); this is about 10.90.0.1\n"
        ),
        "{text}"
    );
    assert_eq!(code, 0);
    let (text, code) = trace("cisco-ios", MANAGED, &["far", "h", "ssh"]);
    assert!(text.contains("no address of `h` is known"), "{text}");
    assert_eq!(code, 2);
}

#[test]
fn a_zone_is_its_hosts_and_not_its_router() {
    let policy = policy("nftables", MANAGED).replace("address 10.20.0.1 ", "address 10.20.0.9 ");
    let (text, _) = asked(&policy, &["trace", "laptop", "pumps", "ssh"]);
    assert!(text.contains("-> 10.20.0.8:22"), "{text}");
}

#[test]
fn an_entry_in_the_inventory_is_no_other_device() {
    let entry = "device g in pumps { address 10.20.0.1 }\ndevice h in it { address 10.90.0.7 }\n";
    let policy = format!("{}{entry}", policy("nftables", MANAGED));
    let ask = |arguments: &[&str]| asked(&policy, &[&["trace"], arguments].concat());
    // All of its addresses are meant, not only the one of the entry.
    let (text, code) = ask(&["laptop", "g", "ssh"]);
    assert!(text.contains("-> 10.90.0.1:22"), "{text}");
    assert_eq!(code, 0);
    let (text, _) = ask(&["far", "h", "ssh"]);
    assert!(text.contains("-> 10.90.0.7:22"), "{text}");
    // Who asks about a zone asks about hosts.
    let (text, _) = ask(&["laptop", "pumps", "ssh"]);
    assert!(text.contains("-> 10.20.0.9:22"), "{text}");
}

#[test]
fn what_a_router_sends_itself_meets_no_list_of_its_own() {
    let (text, code) = trace("nftables", MANAGED, &["10.90.0.1", "pumps", "ssh"]);
    insta::assert_snapshot!(text, @"
    tcp 10.90.0.1:49152 -> 10.20.0.9:22 (it to pumps)
    no rule permits it, and it arrives all the same: g does not filter what it sends itself

      g
      pumps
    ");
    assert_eq!(code, 0);
    let (text, code) = trace("nftables", MANAGED, &["10.90.0.1", "far", "ssh"]);
    assert!(text.contains("|  h (nftables) denies, eth0 -> eth1\n"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn who_may_manage_a_host_firewall_reaches_the_host() {
    let policy = "\
zone it { subnet 10.90.0.0/24 }
device laptop in it { address 10.90.0.50 }
device db in it { address 10.90.0.20 }
deny it -> db : ssh
firewall host { target nftables; protects db; manage from laptop : ssh }
";
    let ask = |arguments: &[&str]| asked(policy, &[&["trace"], arguments].concat());
    for db in ["db", "host"] {
        let (text, code) = ask(&["laptop", db, "ssh"]);
        assert!(
            text.contains("permitted by policy.sept:5: manage from laptop : ssh\n"),
            "{text}"
        );
        assert!(text.contains("|    policy  policy.sept:5 (manage-"), "{text}");
        assert_eq!(code, 0, "{text}");
    }
    let (text, code) = ask(&["10.90.0.51", "db", "ssh"]);
    assert!(text.contains("denied by policy.sept:4"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn without_a_configuration_the_plan_decides() {
    // A name that no interface of the platform can have: nothing is written, and the plan is followed.
    let policy = policy("cisco-ios", MANAGED).replace("Vlan3", "\"no such\"");
    let (text, code) = asked(&policy, &["trace", "laptop", "10.20.0.1", "ssh"]);
    assert!(text.contains("`septum build` writes none of this"), "{text}");
    assert!(text.contains("|  g (cisco-ios) permits"), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn json_names_the_device() {
    let (text, _) = trace("nftables", "", &["pumps", "10.90.0.1", "ssh", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["device"], "g");
    assert_eq!(json["arrives"], true);
    assert_eq!(json["permitted"], false);
    assert_eq!(
        json["hops"][0]["verdict"],
        "does not filter what it receives itself"
    );
}
