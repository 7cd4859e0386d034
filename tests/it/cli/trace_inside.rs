//! `septum trace` inside a zone, where a router sees what goes from one of its networks to another.

use super::asked;

/// One router before two networks, and one with two interfaces in a zone.
const POLICY: &str = "\
zone ward { subnet 10.1.0.0/24, 10.1.1.0/24 }
zone lan { subnet 10.9.0.0/16 }
zone lab { subnet 10.2.0.0/24, 10.3.0.0/24; isolate }
zone out { subnet 10.8.0.0/24 }
device p1 in ward { address 10.1.0.9 }
device p2 in ward { address 10.1.1.9 }
deny p1 -> p2 : ssh
deny 10.9.0.9 -> 10.9.0.10 : telnet
allow 10.2.0.9 -> 10.3.0.9 : https
allow out -> ward | lan | lab : https
router r {
    target nftables
    interface eth0 = ward { address 10.1.0.1 }
    interface eth1 = out
    interface eth2 = lan
    interface eth3 = lan
    interface eth4 = lab
}
";

fn trace(arguments: &[&str]) -> (String, i32) {
    asked(POLICY, &[&["trace"], arguments].concat())
}

#[test]
fn a_deny_between_two_networks_of_a_zone_stops_the_packet_at_their_router() {
    let (text, code) = trace(&["p1", "p2", "ssh"]);
    insta::assert_snapshot!(text);
    assert_eq!(code, 1);
}

#[test]
fn what_no_deny_names_passes_the_router_between_two_networks() {
    let (text, code) = trace(&["p1", "p2", "https"]);
    insta::assert_snapshot!(text);
    assert_eq!(code, 0);
}

#[test]
fn a_packet_inside_one_network_meets_no_router() {
    let (text, code) = trace(&["p1", "10.1.0.10", "ssh"]);
    insta::assert_snapshot!(text);
    assert_eq!(code, 0);
}

#[test]
fn a_router_between_networks_of_an_isolated_zone_lets_through_what_rules_permit() {
    let (text, code) = trace(&["10.2.0.9", "10.3.0.9", "https"]);
    assert!(text.contains("|  r (nftables) permits, eth4 -> eth4\n"), "{text}");
    assert_eq!(code, 0);
    let (text, code) = trace(&["10.2.0.9", "10.3.0.9", "ssh"]);
    assert!(text.contains("|  r (nftables) denies, eth4 -> eth4\n"), "{text}");
    assert!(text.ends_with("the packet goes no further than r\n"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn whether_a_packet_goes_from_one_interface_to_another_of_its_network_is_not_known() {
    let (text, code) = trace(&["10.9.0.9", "10.9.0.10", "telnet"]);
    insta::assert_snapshot!(text);
    assert_eq!(code, 2);
}

#[test]
fn what_a_router_lets_through_arrives_whether_it_crosses_the_router_or_not() {
    let (text, code) = trace(&["10.9.0.9", "10.9.0.10", "ssh"]);
    insta::assert_snapshot!(text);
    assert_eq!(code, 0);
}

#[test]
fn json_says_what_is_not_known() {
    let (text, _) = trace(&["10.9.0.9", "10.9.0.10", "telnet", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert!(value["arrives"].is_null(), "{text}");
    assert_eq!(value["perhaps"]["device"], "r");
    assert_eq!(value["perhaps"]["verdict"], "denies");
    assert_eq!(
        value["perhaps"]["only"],
        "if its ends are behind different ones of the interfaces eth2, eth3"
    );
}

#[test]
fn addresses_of_interfaces_tell_which_networks_they_lead_to() {
    let apart = POLICY
        .replace("10.9.0.0/16", "10.9.0.0/24, 10.9.1.0/24")
        .replace("eth2 = lan", "eth2 = lan { address 10.9.0.1 }")
        .replace("eth3 = lan", "eth3 = lan { address 10.9.1.1 }");
    let (text, code) = asked(&apart, &["trace", "10.9.0.9", "10.9.0.10", "telnet"]);
    assert!(
        text.contains("it stays inside its zone, where no device filters it"),
        "{text}"
    );
    assert_eq!(code, 0);
    let (text, code) = asked(&apart, &["trace", "10.9.1.9", "10.9.0.10", "telnet"]);
    assert!(text.contains("|  r (nftables) permits, eth3 -> eth2\n"), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn an_unmanaged_router_may_carry_it_in_place_of_the_managed_one() {
    let policy = format!("{POLICY}router old {{ unmanaged; interface a = ward; interface b = out }}\n");
    let (text, code) = asked(&policy, &["trace", "p1", "p2", "ssh"]);
    assert!(
        text.contains("only    if it does not go by old, which is unmanaged"),
        "{text}"
    );
    assert_eq!(code, 2);
}

#[test]
fn a_zone_within_another_is_routed_as_the_segment_that_it_shares_is() {
    let policy = format!(
        "{POLICY}zone bay {{ subnet 10.1.1.128/25; within ward }}\nallow ward - bay -> bay : https\n"
    );
    let asked = |packet: [&str; 3]| asked(&policy, &[&["trace"], &packet[..]].concat());
    let (text, code) = asked(["p1", "10.1.1.200", "https"]);
    assert!(text.contains("|  r (nftables) permits, eth0 -> eth0\n"), "{text}");
    assert_eq!(code, 0);
    let (text, code) = asked(["10.1.1.200", "p1", "https"]);
    assert!(text.contains("|  r (nftables) denies, eth0 -> eth0\n"), "{text}");
    assert!(text.ends_with("the packet goes no further than r\n"), "{text}");
    assert_eq!(code, 1);
    // Nobody knows whether the bay is a network of its own.
    let (text, code) = asked(["10.1.1.200", "p2", "https"]);
    assert!(text.contains("no managed device stands on this way"), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn every_platform_says_what_it_does_with_it() {
    for (platform, port, line) in [
        ("cisco-ios", "GigabitEthernet0/", "deny tcp"),
        ("fortigate", "port", "edit "),
    ] {
        let policy = POLICY
            .replace("target nftables", &format!("target {platform}"))
            .replace("eth", port);
        let (text, code) = asked(&policy, &["trace", "p1", "p2", "ssh"]);
        assert!(text.contains(&format!("|  r ({platform}) denies, ")), "{text}");
        assert!(text.contains(line), "{text}");
        assert_eq!(code, 1, "{text}");
    }
}
