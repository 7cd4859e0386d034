//! What a device runs: let in by some of its interfaces alone where `on` says so, and no more than others open.

use std::path::Path;

use super::{asked, repository, said, septum};

/// A router between guests, servers and other routers.
fn policy(target: &str, run: &str) -> String {
    format!(
        "\
zone guest {{ subnet 10.1.0.0/24, 2001:db8:1::/64 }}
zone transit {{ subnet 10.255.0.0/24, 2001:db8:ff::/64 }}
zone it {{ subnet 10.90.0.0/24 }}
allow guest -> it : https
router r {{ target {target}; manage from it : ssh
    run {run}
    interface Vlan1 = guest {{ address 10.1.0.1, 2001:db8:1::1 }}
    interface Vlan2 = transit {{ address 10.255.0.1, 2001:db8:ff::1 }}
    interface Vlan3 = it {{ address 10.90.0.1 }}
}}
"
    )
}

/// The configuration of a device, built in a directory.
fn built(directory: &Path, policy: &str, device: &str) -> String {
    repository(directory, policy);
    let (text, code) = said(&septum(directory, &["build", "-o", "out"]));
    assert_eq!(code, 0, "{text}");
    let mut files = ["nft", "ios"]
        .map(|extension| directory.join(format!("out/{device}.{extension}")))
        .into_iter();
    std::fs::read_to_string(files.find(|file| file.exists()).unwrap()).unwrap()
}

/// What is built, without the lines that say nothing of OSPF.
fn ospf_lines(target: &str, run: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let text = built(directory.path(), &policy(target, run), "r");
    let kept = |line: &&str| {
        let list = line.starts_with("ip access-list") || line.starts_with("ipv6 access-list");
        list || ["89", "ospf", "iifname"].iter().any(|word| line.contains(word))
    };
    text.lines()
        .filter(kept)
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn only_the_interfaces_into_the_zone_let_it_in() {
    insta::assert_snapshot!(ospf_lines("cisco-ios", "ospf on transit"), @"
    ip access-list extended SEPTUM_GUEST_IN_5146213308fd
    ip access-list extended SEPTUM_TRANSIT_IN_45800af752b8
     100 remark run ospf
     110 permit 89 any host 224.0.0.5
     111 permit 89 any host 224.0.0.6
     112 permit 89 any host 10.1.0.1
     113 permit 89 any host 10.90.0.1
     114 permit 89 any host 10.255.0.1
    ip access-list extended SEPTUM_IT_IN_d22dccb8608d
    ipv6 access-list SEPTUM_GUEST_IN_1860ac0a6cee
    ipv6 access-list SEPTUM_TRANSIT_IN_2c113d0ca764
     remark run ospf
     sequence 210 permit 89 fe80::/10 host ff02::5
     sequence 211 permit 89 fe80::/10 host ff02::6
     sequence 212 permit 89 fe80::/10 fe80::/10
     sequence 213 permit 89 any host 2001:db8:1::1
     sequence 214 permit 89 any host 2001:db8:ff::1
    ipv6 access-list SEPTUM_IT_IN_c14d0afd904c
    ");
    insta::assert_snapshot!(ospf_lines("nftables", "ospf on transit"), @r#"
    iifname . oifname vmap @dispatch comment "one chain a pair of sides"
    iifname "lo" accept comment "the device to itself"
    iifname { "Vlan3" } ip saddr 10.90.0.0/24 ip daddr { 10.1.0.1, 10.90.0.1, 10.255.0.1 } tcp dport 22 counter accept comment "manage-5e6136 policy.sept:5"
    iifname { "Vlan2" } meta l4proto 89 counter accept comment "run ospf"
    "#);
    // Said of all interfaces as well, it is let in by all.
    for target in ["cisco-ios", "nftables"] {
        assert_eq!(
            ospf_lines(target, "ospf on transit; run ospf"),
            ospf_lines(target, "ospf")
        );
    }
}

#[test]
fn an_interface_that_lets_in_more_is_drift() {
    let verdict = |target: &str, edit: &dyn Fn(&str) -> String| {
        let directory = tempfile::tempdir().unwrap();
        let text = built(directory.path(), &policy(target, "ospf on transit"), "r");
        let edited = edit(&text);
        assert_ne!(text, edited);
        std::fs::write(directory.path().join("running"), edited).unwrap();
        said(&septum(directory.path(), &["verify", "running", "--device", "r"]))
    };
    let everywhere = |text: &str| text.replace("iifname { \"Vlan2\" } meta l4proto 89", "meta l4proto 89");
    let (text, code) = verdict("nftables", &everywhere);
    assert!(
        text.contains("opened at input Vlan1, input Vlan3, input: proto 89"),
        "{text}"
    );
    assert_eq!(code, 1);
    let nowhere = |text: &str| {
        text.replace(
            "iifname { \"Vlan2\" } meta l4proto 89",
            "iifname { \"Vlan9\" } meta l4proto 89",
        )
    };
    let (text, code) = verdict("nftables", &nowhere);
    assert!(text.contains("closed at input Vlan2: proto 89"), "{text}");
    assert_eq!(code, 1);
    let guests = |text: &str| {
        let list = text
            .lines()
            .find(|line| line.starts_with("ip access-list") && line.contains("GUEST"));
        let list = list.unwrap();
        text.replacen(list, &format!("{list}\n 1 permit ospf any host 10.1.0.1"), 1)
    };
    let (text, code) = verdict("cisco-ios", &guests);
    assert!(text.contains("opened at Vlan1 in: proto 89"), "{text}");
    assert_eq!(code, 1);
}

#[test]
fn a_trace_knows_by_which_interface_a_packet_comes_in() {
    let trace = |target: &str, from: &str, to: &str| {
        let policy = policy(target, "ospf on transit");
        asked(&policy, &["trace", from, to, "proto 89"])
    };
    for target in ["cisco-ios", "nftables"] {
        let (text, code) = trace(target, "10.255.0.9", "10.255.0.1");
        assert!(
            text.contains("permitted by") && text.contains(": run ospf\n"),
            "{text}"
        );
        assert_eq!(code, 0, "{text}");
        let (text, code) = trace(target, "10.1.0.9", "10.1.0.1");
        assert!(!text.contains("permitted by"), "{text}");
        assert!(text.contains("denies, Vlan1 -> itself"), "{text}");
        assert_eq!(code, 1, "{text}");
    }
    // A FortiGate filters the services of management alone, and is asked for no more.
    let (text, code) = trace("fortigate", "10.1.0.9", "10.1.0.1");
    insta::assert_snapshot!(text, @"
    proto 89 10.1.0.9 -> 10.1.0.1 (guest to guest)
    neither a rule nor `manage` or `run` of r permits it, and nothing that Septum writes stops it: other settings of r decide what it receives itself

      guest
      |  r (fortigate) leaves it to settings that Septum does not write, Vlan1 -> itself
      r
    ");
    assert_eq!(code, 0, "{text}");
}

#[test]
fn a_change_of_the_interfaces_opens_and_closes() {
    let diff = |old: &str, new: &str| {
        let directory = tempfile::tempdir().unwrap();
        repository(&directory.path().join("old"), &policy("nftables", old));
        repository(&directory.path().join("new"), &policy("nftables", new));
        said(&septum(directory.path(), &["diff", "old", "new"]))
    };
    let (text, code) = diff("ospf on transit", "ospf");
    insta::assert_snapshot!(text, @"
    opened from guest to guest
      + proto 89 from guest to 10.1.0.1, 2001:db8:1::1
        example: proto 89 10.1.0.9 -> 10.1.0.1 (guest to guest)
    opened from it to guest
      + proto 89 from it to 10.1.0.1
        example: proto 89 10.90.0.9 -> 10.1.0.1 (it to guest)
    configuration changed of r: +1 -1 lines
    ");
    assert_eq!(code, 1);
    let (text, code) = diff("ospf", "ospf on transit, guest");
    assert!(!text.contains("opened"), "{text}");
    assert_eq!(code, 1, "{text}");
    assert_eq!(diff("ospf on transit", "ospf on transit").1, 0);
}

#[test]
fn a_relay_elsewhere_serves_no_clients_here() {
    let check = |run: &str| {
        let policy = policy("nftables", run);
        let policy =
            format!("{policy}device dhcp in it {{ address 10.90.0.5 }}\nallow guest -> dhcp : udp 67\n");
        asked(&policy, &["check"]).0
    };
    assert!(check("dhcp-relay on transit").contains("dhcp-unrelayed"));
    assert!(!check("dhcp-relay on guest").contains("dhcp-unrelayed"));
}

#[test]
fn who_answers_a_device_with_state_opens_nothing() {
    let policy = "\
zone servers { subnet 10.30.0.0/24 }
zone pumps { subnet 10.20.0.0/24 }
device db in servers { address 10.30.0.5 }
allow pumps -> db : https
router r { target nftables; manage from servers : ssh; run dns, ntp
    interface eth0 = servers { address 10.30.0.1 }
    interface eth1 = pumps { address 10.20.0.1 }
}
firewall db-host { target nftables; protects db; manage from servers : ssh; run dns, ping }
";
    let (text, code) = asked(policy, &["reach", "servers", "db"]);
    insta::assert_snapshot!(text, @"
    FROM          TO            SERVICES            BY                      EXAMPLE
    servers - db  db (servers)  tcp 22              manage, run of db-host  tcp 10.30.0.4:49152 -> 10.30.0.5:22 (servers to db)
    servers - db  db (servers)  icmp 8, icmpv6 128  manage, run of db-host  icmp 10.30.0.4 -> 10.30.0.5 type 8 code 0 (servers to db)
    ");
    assert_eq!(code, 0);
    for device in ["r", "db-host"] {
        let directory = tempfile::tempdir().unwrap();
        let text = built(directory.path(), policy, device);
        let edited = format!("{text}insert rule inet septum input udp sport 53 accept\n");
        std::fs::write(directory.path().join("running"), edited).unwrap();
        let (text, code) = said(&septum(
            directory.path(),
            &["verify", "running", "--device", device],
        ));
        assert!(text.contains("opened at input") && text.contains("udp"), "{text}");
        assert_eq!(code, 1, "{text}");
    }
}
