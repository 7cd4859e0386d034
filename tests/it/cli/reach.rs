//! `septum reach`: who can talk to whom.

use super::asked;

const POLICY: &str = "\
zone pumps { subnet 10.20.0.0/24, 2001:db8:20::/64; label iomt; isolate }
zone servers { subnet 10.30.0.0/24, 2001:db8:30::/64 }
zone guest { subnet 172.16.0.0/16 }
zone lobby { subnet 172.17.0.0/24 }
zone internet { external }
device pump-1 in pumps { address 10.20.0.11 }
device pump-2 in pumps { address 10.20.0.12; label retired }
device gateway in servers { address 10.30.0.10, 2001:db8:30::10 }
device db in servers { address 10.30.0.20 }
service library = tcp 8443
allow pumps -> gateway : library, ping
allow gateway -> pumps : tcp 5000-5010
allow guest -> internet : http, https
deny label:retired -> any
mode lockdown { deny guest -> any }
firewall host { target nftables; protects db; manage from gateway : ssh }
router core {
    target nftables
    interface eth0 = pumps
    interface eth1 = servers
    interface eth2 = guest
    interface eth3 = internet
}
router old { unmanaged; interface a = guest; interface b = lobby }
";

fn reach(arguments: &[&str]) -> String {
    let (text, code) = asked(POLICY, &[&["reach"], arguments].concat());
    assert_eq!(code, 0, "{text}");
    text
}

#[test]
fn a_zone_reaches_what_rules_permit() {
    insta::assert_snapshot!(reach(&["pumps"]), @"
    FROM            TO                 SERVICES       BY              EXAMPLE
    pumps - pump-2  gateway (servers)  library, ping  policy.sept:11  tcp 10.20.0.11:49152 -> 10.30.0.10:8443 (pump-1 to gateway)
    ");
}

#[test]
fn members_of_a_zone_meet_only_host_firewalls() {
    insta::assert_snapshot!(reach(&["servers", "servers"]), @"
    FROM               TO            SERVICES  BY                         EXAMPLE
    servers - db       servers - db  any       no filter inside the zone  tcp 10.30.0.10:49152 -> 10.30.0.9:443 (gateway to servers)
    gateway (servers)  db (servers)  tcp 22    manage, run of host        tcp 10.30.0.10:49152 -> 10.30.0.20:22 (gateway to db)
    ");
}

#[test]
fn an_unmanaged_path_lets_everything_through() {
    insta::assert_snapshot!(reach(&["guest"]), @"
    FROM   TO        SERVICES     BY                         EXAMPLE
    guest  guest     any          no filter inside the zone  tcp 172.16.0.9:49152 -> 172.16.0.10:443 (guest to guest)
    guest  lobby     any          no managed device between  tcp 172.16.0.9:49152 -> 172.17.0.9:443 (guest to lobby)
    guest  internet  http, https  policy.sept:13             tcp 172.16.0.9:49152 -> 203.0.113.9:80 (guest to internet)
    ");
}

#[test]
fn sides_are_sets_of_the_language() {
    insta::assert_snapshot!(reach(&["label:iomt & pump-1 | 172.16.3.0/24", "gateway | 203.0.113.7"]), @"
    FROM                   TO                      SERVICES       BY              EXAMPLE
    pump-1 (pumps)         gateway (servers)       library, ping  policy.sept:11  tcp 10.20.0.11:49152 -> 10.30.0.10:8443 (pump-1 to gateway)
    172.16.3.0/24 (guest)  203.0.113.7 (internet)  http, https    policy.sept:13  tcp 172.16.3.9:49152 -> 203.0.113.7:80 (guest to internet)
    ");
}

#[test]
fn nothing_is_said_in_words() {
    assert_eq!(
        reach(&["internet", "pumps"]),
        "internet reaches nothing of pumps\n"
    );
    assert_eq!(reach(&["pump-2"]), "pump-2 reaches nothing of any\n");
    assert_eq!(
        reach(&["internet", "pumps", "--transitive", "--format", "matrix"]),
        "internet reaches nothing of pumps\n"
    );
}

#[test]
fn a_mode_takes_away() {
    assert!(!reach(&["guest", "internet"]).contains("nothing"));
    assert_eq!(
        reach(&["guest", "internet", "--mode", "lockdown"]),
        "guest reaches nothing of internet\n"
    );
}

#[test]
fn chains_lead_further() {
    insta::assert_snapshot!(reach(&["pumps", "--transitive"]), @"
    FROM   TO       STEPS  DEVICES  SHORTEST CHAIN
    pumps  pumps    2      2        pump-1 -> gateway (tcp 8443, policy.sept:11) -> 10.20.0.1 (tcp 5000, policy.sept:12)
    pumps  servers  1      2        pump-1 -> gateway (tcp 8443, policy.sept:11)
    ");
    assert_eq!(reach(&["pumps", "db"]), "pumps reaches nothing of db\n");
}

#[test]
fn a_matrix_has_a_mark_for_each_pair_of_zones() {
    insta::assert_snapshot!(reach(&["any", "--format", "matrix"]), @"
                1 2 3 4 5
    1 pumps     . + . . .
    2 servers   + = . . .
    3 guest     . . = = +
    4 lobby     . . = = .
    5 internet  . . . . =

    . nothing   + some flows   # every flow   = not all of it is filtered by rules
    ");
    insta::assert_snapshot!(reach(&["any", "--transitive", "--format", "matrix"]), @"
                1 2 3 4 5
    1 pumps     2 1 . . .
    2 servers   1 1 . . .
    3 guest     . . 1 1 1
    4 lobby     . . 1 1 2
    5 internet  . . . . 1

    . nothing   1, 2, … the fewest steps of a chain
    ");
}

#[test]
fn json_says_the_same() {
    insta::assert_snapshot!(reach(&["pump-1", "servers", "--format", "json"]), @r#"
    {
      "from": "pump-1",
      "to": "servers",
      "mode": null,
      "direct": [
        {
          "from": "pumps",
          "to": "servers",
          "flows": [
            {
              "from": "pump-1 (pumps)",
              "to": "gateway (servers)",
              "services": "library, ping",
              "by_rule": true,
              "by": [
                "policy.sept:11"
              ],
              "example": "tcp 10.20.0.11:49152 -> 10.30.0.10:8443 (pump-1 to gateway)"
            }
          ]
        }
      ]
    }
    "#);
    let chains = reach(&["pump-1", "db", "--transitive", "--format", "json"]);
    insta::assert_snapshot!(chains, @r#"
    {
      "from": "pump-1",
      "to": "db",
      "mode": null,
      "transitive": [
        {
          "from": "pumps",
          "to": "servers",
          "steps": 2,
          "devices": [
            "db"
          ],
          "chain": [
            {
              "from": "pump-1",
              "to": "gateway",
              "packet": "tcp 10.20.0.11:49152 -> 10.30.0.10:8443",
              "by": "policy.sept:11"
            },
            {
              "from": "gateway",
              "to": "db",
              "packet": "tcp 10.30.0.10:49152 -> 10.30.0.20:22",
              "by": "manage, run of host"
            }
          ]
        }
      ]
    }
    "#);
}

#[test]
fn what_is_no_set_is_bad_input() {
    let bad = |arguments: &[&str], said: &str| {
        let (text, code) = asked(POLICY, &[&["reach"], arguments].concat());
        assert!(text.contains(said), "{said}: {text}");
        assert_eq!(code, 2, "{text}");
    };
    bad(&["pmups"], "did you mean `pumps`?");
    bad(&["pumps", "gatewy"], "did you mean `gateway`?");
    bad(&["pumps", "gateway : ssh"], "a service does not belong here");
    bad(&["pumps -> gateway allow guest"], "this is a second question");
    bad(&["pumps # "], "error[syntax]");
    bad(&[""], "error[syntax]");
    bad(&["pumps", "--mode", "lockdwn"], "did you mean `lockdown`?");
    bad(&["pumps", "-p", "nowhere"], "there is no directory `nowhere`");
    bad(&[], "required");
}

/// Two zones, and denies of single pairs of hosts, no two of which are neighbours.
fn scattered(denies: usize, more: &str) -> String {
    let mut policy = String::from(
        "zone a { subnet 10.0.0.0/16 }\nzone b { subnet 10.1.0.0/16 }\n\
         firewall fw { target nftables; interface eth0 = a; interface eth1 = b }\n\
         allow a -> b : https\n",
    );
    for number in 0..denies {
        let (high, low) = (number / 100, 2 * (number % 100) + 1);
        policy += &format!("deny 10.0.{high}.{low} -> 10.1.{high}.{low} : https\n");
    }
    policy + more
}

#[test]
fn an_allow_that_few_denies_cut_is_listed_piece_by_piece() {
    let (text, code) = asked(&scattered(3, ""), &["reach", "a", "b"]);
    assert_eq!((text.lines().count(), code), (1 + 4, 0), "{text}");
    assert!(!text.contains(" less "), "{text}");
}

#[test]
fn an_allow_that_many_denies_cut_is_one_row_that_says_so() {
    let policy = scattered(300, "");
    let (text, code) = asked(&policy, &["reach", "a", "b"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @"
    FROM  TO  SERVICES  BY                                                                                          EXAMPLE
    a     b   https     policy.sept:4 less policy.sept:5, policy.sept:6, policy.sept:7, policy.sept:8 and 296 more  tcp 10.0.0.0:49152 -> 10.1.0.9:443 (a to b)
    ");
    let (text, _) = asked(&policy, &["reach", "a", "b", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let flow = &json["direct"][0]["flows"][0];
    assert_eq!(flow["less"]["count"], 300);
    assert_eq!(flow["less"]["by"][0], "policy.sept:5");
    let (text, _) = asked(&policy, &["reach", "a", "b", "--format", "matrix"]);
    assert!(text.contains("  a  +\n"), "{text}");
}

#[test]
fn nothing_is_reached_where_many_denies_leave_nothing() {
    let (text, code) = asked(&scattered(300, "deny a -> b : tcp\n"), &["reach", "a", "b"]);
    assert_eq!((text.as_str(), code), ("a reaches nothing of b\n", 0));
}

#[test]
fn a_host_does_not_reach_itself_however_its_zone_is_cut() {
    let mut policy = String::from("zone a { subnet 10.0.0.0/16; isolate }\nallow a -> a : https\n");
    let hosts: Vec<String> = (0..300)
        .map(|number| format!("10.0.{}.{}", number / 100, 2 * (number % 100) + 1))
        .collect();
    for host in &hosts {
        policy += &format!("deny {host} -> a - {host}\n");
    }
    policy += &format!("deny a - ({}) -> a\n", hosts.join(" | "));
    let (text, code) = asked(&policy, &["reach", "a", "a"]);
    assert_eq!((text.as_str(), code), ("a reaches nothing of a\n", 0));
    // One pair of two hosts is enough.
    let pair = format!("deny {} -> a - {0}\n", hosts[7]);
    let (text, _) = asked(
        &policy.replace(&pair, &format!("deny {} -> a - {0} - {}\n", hosts[7], hosts[8])),
        &["reach", "a", "a"],
    );
    assert!(
        text.contains(&format!("tcp {}:49152 -> {}:443", hosts[7], hosts[8])),
        "{text}"
    );
}

#[test]
fn json_lists_all_that_a_table_counts() {
    let sources = "10.0.0.1 | 10.0.0.3 | 10.0.0.5 | 10.0.0.7 | 10.0.0.9 | 10.0.0.11";
    let policy = format!(
        "zone a {{ subnet 10.0.0.0/24 }}
zone b {{ subnet 10.0.1.0/24 }}
allow {sources} -> b : tcp 1, 3, 5, 7, 9, 11, proto 47, icmp 3
allow {sources} -> b : udp 2, sctp 4, telnet
router n {{ target nftables; interface eth0 = a; interface eth1 = b }}
"
    );
    let (table, _) = asked(&policy, &["reach", "a", "b"]);
    assert!(
        table.contains("telnet, tcp 1, 3, 5, 7, and 2 more, udp 2, sctp 4 and 2 more"),
        "{table}"
    );
    let (json, _) = asked(&policy, &["reach", "a", "b", "--format", "json"]);
    let answer: serde_json::Value = serde_json::from_str(&json).unwrap();
    let flow = &answer["direct"][0]["flows"][0];
    assert_eq!(
        flow["from"],
        "10.0.0.1, 10.0.0.3, 10.0.0.5, 10.0.0.7, 10.0.0.9, 10.0.0.11 (a)"
    );
    assert_eq!(
        flow["services"],
        "telnet, tcp 1, 3, 5, 7, 9, 11, udp 2, sctp 4, icmp 3, proto 47"
    );
}

#[test]
fn a_side_of_one_family_has_no_name_that_promises_the_other() {
    let zones = "zone a { subnet 10.0.0.0/24, 2001:db8:a::/64 }\nzone b { subnet 10.1.0.0/24, 2001:db8:b::/64 }\n\
                 zone c { subnet 10.2.0.0/24 }\n\
                 firewall fw { target nftables; interface e0 = a; interface e1 = b; interface e2 = c }\n";
    let rows = |rule: &str, from: &str, to: &str| {
        let (text, _) = asked(&format!("{zones}{rule}\n"), &["reach", from, to]);
        let rows = text
            .lines()
            .skip(1)
            .map(|row| row.split("  ").next().unwrap().to_owned());
        rows.collect::<Vec<_>>()
    };
    // The other side or the service keeps IPv6 away.
    assert_eq!(rows("allow a -> c : https", "a", "c"), ["a"]);
    assert_eq!(rows("allow 10.0.0.0/24 -> b : icmp", "a", "b"), ["a"]);
    assert_eq!(
        rows("allow 10.0.0.0/24 -> b : https", "a", "b"),
        ["10.0.0.0/24 (a)"]
    );
    let both = format!("{zones}allow 10.0.0.0/24 -> 10.1.0.0/24\n");
    let (text, _) = asked(&both, &["reach", "a", "b"]);
    insta::assert_snapshot!(text, @"
    FROM  TO               SERVICES  BY             EXAMPLE
    a     10.1.0.0/24 (b)  any       policy.sept:5  tcp 10.0.0.9:49152 -> 10.1.0.9:443 (a to b)
    ");
    let (text, _) = asked(&both, &["reach", "a", "b", "--format", "matrix"]);
    assert!(text.contains("  a  +\n"), "{text}");
}
