//! `septum trace`: one packet, device by device.

use super::asked;

const POLICY: &str = "\
zone pumps { subnet 10.20.0.0/24 }
zone transit { subnet 10.255.0.0/24 }
zone servers { subnet 10.30.0.0/24, 2001:db8:30::/64 }
zone guest { subnet 172.16.0.0/16 }
zone lobby { subnet 172.17.0.0/24 }
device pump-1 in pumps { address 10.20.0.11 }
device gateway in servers { address 10.30.0.10 }
device db in servers { address 10.30.0.20 }
allow pumps -> gateway : https { ticket CHG-1 }
allow pumps -> db : any
deny pumps -> db : ssh
mode lockdown { deny pumps -> any }
router wing {
    target cisco-ios
    interface Vlan20 = pumps { address 10.20.0.1 }
    interface Te1/1 = transit { address 10.255.0.1 }
}
firewall core {
    target fortigate
    interface port1 = transit
    interface port2 = servers
    interface port3 = guest
}
firewall host { target nftables; protects db }
router old { unmanaged; interface a = guest; interface b = lobby }
";

fn trace(arguments: &[&str]) -> (String, i32) {
    asked(POLICY, &[&["trace"], arguments].concat())
}

#[test]
fn a_permitted_packet_and_its_reply_pass_every_device() {
    let (text, code) = trace(&["pumps", "gateway", "https"]);
    insta::assert_snapshot!(text, @"
    tcp 10.20.0.11:49152 -> 10.30.0.10:443 (pump-1 to gateway)
    permitted by policy.sept:9: allow pumps -> gateway : https { ticket CHG-1 }

      pumps
      |  wing (cisco-ios) permits, Vlan20 -> Te1/1
      |    policy  policy.sept:9 (rule-ebe64a)
      |    config  wing.ios:28: 4972910 permit tcp 10.20.0.0 0.0.0.255 host 10.30.0.10 eq 443
      |    reply   permits, by header, wing.ios:49: 1972910 permit tcp host 10.30.0.10 eq 443 10.20.0.0 0.0.0.255 established
      |  core (fortigate) permits, port1 -> port2
      |    policy  policy.sept:9 (rule-ebe64a)
      |    config  core.fortios:124: edit 774772
      |    reply   permits, by state
      servers
    ");
    assert_eq!(code, 0);
}

#[test]
fn a_deny_is_shown_where_it_stops_the_packet() {
    let (text, code) = trace(&["10.20.0.11", "db", "tcp/22"]);
    insta::assert_snapshot!(text, @r#"
    tcp 10.20.0.11:49152 -> 10.30.0.20:22 (pump-1 to db)
    denied by policy.sept:11: deny pumps -> db : ssh

      pumps
      |  wing (cisco-ios) denies, Vlan20 -> Te1/1
      |    policy  policy.sept:11 (rule-08e6b6)
      |    config  wing.ios:26: 3977710 deny tcp 10.20.0.0 0.0.0.255 host 10.30.0.20 eq 22
      |  core (fortigate) denies, port1 -> port2
      |    policy  policy.sept:11 (rule-08e6b6)
      |    config  core.fortios:96: edit 878793
      |  host (nftables) denies, input
      |    policy  policy.sept:11 (rule-08e6b6)
      |    config  host.nft:21: ip saddr 10.20.0.0/24 ip daddr 10.30.0.20 tcp dport 22 counter drop comment "rule-08e6b6 policy.sept:11"
      servers

    the packet goes no further than wing
    "#);
    assert_eq!(code, 1);
}

#[test]
fn a_host_firewall_is_the_last_hop() {
    let (text, code) = trace(&["pump-1", "db", "udp 53"]);
    assert!(text.contains("|  host (nftables) permits, input\n"), "{text}");
    assert_eq!(code, 0);
}

#[test]
fn what_only_the_wiring_lets_through_arrives() {
    let (text, code) = trace(&["guest", "lobby", "ssh"]);
    insta::assert_snapshot!(text, @"
    tcp 172.16.0.9:49152 -> 172.17.0.9:22 (guest to lobby)
    no rule permits it, and it arrives all the same: no managed device stands on this way

      guest
      |  old (unmanaged) forwards everything, guest -> lobby
      lobby
    ");
    assert_eq!(code, 0);
}

#[test]
fn a_zone_is_open_inside() {
    let (text, code) = trace(&["pump-1", "10.20.0.12", "ssh"]);
    insta::assert_snapshot!(text, @"
    tcp 10.20.0.11:49152 -> 10.20.0.12:22 (pump-1 to pumps)
    no rule permits it, and it arrives all the same: it stays inside its zone, where no device filters it

      pumps
      pumps
    ");
    assert_eq!(code, 0);
}

#[test]
fn what_a_rule_forbids_and_nothing_stops_is_not_called_denied() {
    let (text, code) = trace(&["pump-1", "10.20.0.12", "ssh", "--mode", "lockdown"]);
    insta::assert_snapshot!(text, @"
    tcp 10.20.0.11:49152 -> 10.20.0.12:22 (pump-1 to pumps)
    forbidden by policy.sept:12: deny pumps -> any
    it arrives all the same: it stays inside its zone, where no device filters it

      pumps
      pumps
    ");
    assert_eq!(code, 0);
}

#[test]
fn a_zone_that_isolates_is_taken_at_its_word() {
    let policy = "zone a { subnet 10.0.0.0/24; isolate }\nallow a -> a : https\n";
    let ask = |service| asked(policy, &["trace", "10.0.0.1", "10.0.0.2", service]);
    let (text, code) = ask("ssh");
    assert!(text.contains("denied: no rule permits it\n"), "{text}");
    assert!(
        text.contains("`a` says `isolate`, and is taken at its word\n"),
        "{text}"
    );
    assert_eq!(code, 1);
    assert_eq!(ask("https").1, 0);
}

#[test]
fn what_a_platform_cannot_do_without_is_no_denial() {
    let (text, code) = trace(&["pumps", "10.30.0.30", "icmp 3"]);
    assert!(
        text.contains("|  wing (cisco-ios) permits, Vlan20 -> Te1/1\n"),
        "{text}"
    );
    assert!(
        text.contains("110 permit icmp 10.20.0.0 0.0.0.255 any 3\n"),
        "{text}"
    );
    assert!(text.contains("denied: no rule permits it\n"), "{text}");
    assert!(text.contains("the packet goes no further than core\n"), "{text}");
    assert_eq!(code, 1);
    // Answers to requests from anywhere are let in by what they look like.
    let policy = "zone a { subnet 10.0.0.0/24 }\nzone b { subnet 10.1.0.0/24 }\nallow a -> b : dns\n\
                  router r { target cisco-ios; interface Vlan1 = a; interface Vlan2 = b }\n";
    let answer = "udp 49152 from 53";
    let (text, code) = asked(policy, &["trace", "b", "a", answer]);
    assert!(
        text.contains(
            "no rule permits it, and it arrives all the same: r cannot do without letting it through\n"
        ),
        "{text}"
    );
    assert!(
        text.contains("|  r (cisco-ios) permits, Vlan2 -> Vlan1\n"),
        "{text}"
    );
    assert_eq!(code, 0);
}

#[test]
fn where_no_way_leads_is_said() {
    let (text, code) = trace(&["pumps", "2001:db8:30::1", "ssh"]);
    assert!(text.contains("no packet fits"), "{text}");
    assert_eq!(code, 2);
    let island = "zone a { subnet 10.0.0.0/24 }\nzone b { subnet 10.1.0.0/24 }\nallow a -> b : ssh\n";
    let (text, code) = asked(island, &["trace", "a", "b", "ssh"]);
    assert!(text.contains("no way leads to b\n"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn a_mode_decides_too() {
    let (text, code) = trace(&["pumps", "gateway", "https", "--mode", "lockdown"]);
    assert!(
        text.contains("denied by policy.sept:12: deny pumps -> any\n"),
        "{text}"
    );
    assert_eq!(code, 1);
}

#[test]
fn a_device_that_cannot_be_written_still_filters_in_a_trace() {
    let policy = POLICY.replace(
        "firewall host { target nftables",
        "firewall host { target cisco-ios",
    );
    let (text, _) = asked(&policy, &["trace", "pumps", "db", "https"]);
    assert!(text.contains("|  host (cisco-ios) permits, input\n"), "{text}");
    assert!(text.contains("it cannot be the firewall of a host"), "{text}");
    assert!(text.contains("`septum build` writes none of this"), "{text}");
}

#[test]
fn json_holds_every_hop() {
    let (text, _) = trace(&["pumps", "gateway", "https", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["arrives"], true);
    assert_eq!(json["rule"]["location"], "policy.sept:9");
    let devices: Vec<&str> = json["hops"]
        .as_array()
        .unwrap()
        .iter()
        .map(|hop| hop["device"].as_str().unwrap())
        .collect();
    assert_eq!(devices, ["wing", "core"]);
    assert!(json["hops"][0]["reply"].as_str().unwrap().contains("established"));
}

#[test]
fn json_tells_what_arrives_from_what_is_permitted() {
    let (text, code) = trace(&["guest", "lobby", "ssh", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["arrives"], true);
    assert_eq!(json["permitted"], false);
    assert_eq!(
        json["beyond"],
        "it arrives all the same: no managed device stands on this way"
    );
    assert_eq!(code, 0);
}

#[test]
fn what_is_no_question_is_bad_input() {
    let bad = |arguments: &[&str], said: &str| {
        let (text, code) = trace(arguments);
        assert!(text.contains(said), "{said}: {text}");
        assert_eq!(code, 2, "{text}");
    };
    bad(&["pump-2", "db", "ssh"], "did you mean `pump-1`?");
    bad(&["pumps", "db", "htps"], "did you mean `");
    bad(&["pumps", "db", "tcp/99999"], "error");
    bad(
        &["pumps", "db", "ssh allow guest -> db : ssh"],
        "this is a second question",
    );
    bad(&["pumps", "192.0.2.7", "ssh"], "no zone owns `192.0.2.7`");
    bad(&["pumps", "db"], "required");
}
