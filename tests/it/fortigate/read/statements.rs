//! What single statements mean, and which of them are reported.

use septum::packet::{Packet, PacketRule, permits};
use septum::target::Platform;
use septum::target::fortigate::FortiGate;
use septum::target::readback::ReadBack;

use super::list;

/// A configuration with some objects and one policy from port1 to port2, which has the given settings too.
fn with_policy(settings: &str) -> String {
    format!(
        "config firewall address\nedit lan\nset subnet 10.0.0.0 255.255.255.0\nnext\nedit 'name of dns'\nset type fqdn\n\
         set fqdn dns.example.org\nnext\nend\nconfig firewall policy\nedit 1\nset srcintf port1\nset dstintf port2\n\
         set action accept\nset srcaddr lan\nset dstaddr all\nset schedule always\nset service HTTPS\n{settings}\nnext\nend\n"
    )
}

fn read(text: &str) -> ReadBack {
    let read = FortiGate.read(text);
    assert_eq!(read.not_understood, [], "{text}");
    read
}

fn lets(
    read: &ReadBack,
    from: Option<&str>,
    to: Option<&str>,
    source: &str,
    destination: &str,
    port: u16,
) -> bool {
    let rules: Vec<PacketRule> = list(read, from, to)
        .iter()
        .map(|rule| rule.rule.clone())
        .collect();
    let packet = Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol: 6,
        first: 40_000,
        second: port,
    };
    permits(&rules, &packet)
}

/// From port1 to port2, to a host on the internet.
fn from_lan(settings: &str, source: &str, port: u16) -> bool {
    lets(
        &read(&with_policy(settings)),
        Some("port1"),
        Some("port2"),
        source,
        "192.0.2.1",
        port,
    )
}

#[test]
fn negation_takes_all_others_of_the_family() {
    assert!(from_lan("", "10.0.0.9", 443) && !from_lan("", "10.0.1.9", 443));
    let negated = "set srcaddr-negate enable";
    assert!(!from_lan(negated, "10.0.0.9", 443) && from_lan(negated, "10.0.1.9", 443));
    let service = "set service-negate enable";
    assert!(!from_lan(service, "10.0.0.9", 443) && from_lan(service, "10.0.0.9", 80));
    let read = read(&with_policy(negated));
    assert!(!lets(
        &read,
        Some("port1"),
        Some("port2"),
        "2001:db8::1",
        "2001:db8::2",
        443
    ));
}

#[test]
fn defaults_are_those_of_fortios() {
    assert!(!from_lan("unset action", "10.0.0.9", 443));
    assert!(!from_lan("set status disable", "10.0.0.9", 443));
    assert!(from_lan("unset status", "10.0.0.9", 443));
}

#[test]
fn lists_grow_and_shrink() {
    assert!(from_lan("append service HTTP", "10.0.0.9", 80));
    assert!(!from_lan(
        "append service HTTP\nunselect service HTTPS",
        "10.0.0.9",
        443
    ));
    assert!(!from_lan("select service HTTP", "10.0.0.9", 443));
}

#[test]
fn a_zone_is_open_inside_where_it_says_so_and_no_policy_decides() {
    let text = "config system zone\nedit inside\nset intrazone allow\nset interface port1 port2\nnext\nend\n\
        config firewall policy\nedit 1\nset srcintf inside\nset dstintf inside\nset action deny\nset srcaddr all\n\
        set dstaddr all\nset schedule always\nset service SSH\nnext\nend\n";
    let read = read(text);
    for (from, to) in [("port1", "port2"), ("port1", "port1")] {
        let lets = |port| lets(&read, Some(from), Some(to), "10.0.0.1", "10.0.0.2", port);
        assert!(lets(443) && !lets(22));
    }
    assert!(!lets(&read, Some("port1"), None, "10.0.0.1", "10.0.0.2", 443));
}

#[test]
fn any_is_every_interface_and_those_that_nobody_names() {
    let text = with_policy("set srcintf any");
    let read = read(&text);
    for from in [None, Some("port2")] {
        assert!(lets(&read, from, Some("port2"), "10.0.0.1", "192.0.2.1", 443));
        assert!(!lets(&read, from, None, "10.0.0.1", "192.0.2.1", 443));
    }
}

#[test]
fn wildcards_count_the_bits_of_their_mask() {
    let text = "config firewall address\nedit odd\nset type wildcard\nset wildcard 10.0.1.0 255.0.255.0\nnext\nend\n";
    let text = text.to_owned() + &with_policy("set srcaddr odd");
    let lets = |source| {
        lets(
            &read(&text),
            Some("port1"),
            Some("port2"),
            source,
            "192.0.2.1",
            443,
        )
    };
    assert!(lets("10.0.1.0") && lets("10.255.1.255") && !lets("10.255.2.0") && !lets("11.0.1.0"));
}

#[test]
fn excluded_members_are_taken_out() {
    let text = "config firewall address\nedit host\nset subnet 10.0.0.5/32\nnext\nedit lan\nset subnet 10.0.0.0/24\nnext\n\
        end\nconfig firewall addrgrp\nedit most\nset member lan\nset exclude enable\nset exclude-member host\nnext\nend\n";
    let text = text.to_owned() + &with_policy("set srcaddr most");
    let lets = |source| {
        lets(
            &read(&text),
            Some("port1"),
            Some("port2"),
            source,
            "192.0.2.1",
            443,
        )
    };
    assert!(lets("10.0.0.4") && !lets("10.0.0.5"));
}

#[test]
fn what_narrows_or_widens_a_policy_unknown_to_the_model_is_reported() {
    for settings in [
        "set nat enable",
        "set ippool enable",
        "set poolname p",
        "set groups staff",
        "set users jane",
        "set internet-service enable",
        "set internet-service-name Google-DNS",
        "set schedule weekdays",
        "set policy-expiry enable",
        "set ztna-status enable",
        "set tos 0x10",
        "set tos-mask 0xff",
        "set vlan-filter 10",
        "set action ipsec",
        "set utm-status enable",
        "set frobnicate yes",
        "set intf any",
        "set dstaddr vip_web",
        "set dstaddr 'name of dns'",
        "set srcaddr all\nset srcaddr-negate perhaps",
        "set service webproxy",
        "set srcintf any port3",
        "set status maybe",
        "config hidden\nend\nfrobnicate",
        "append",
        "unselect service SSH",
        "unset srcaddr",
        "unset service",
        "set comments x\rset srcaddr all",
        "set\u{a0}comments x",
    ] {
        let text = with_policy(settings);
        let read = FortiGate.read(&text);
        assert!(!read.not_understood.is_empty(), "{settings}");
        let disabled = with_policy(&format!("{settings}\nset status disable"));
        let statements = [
            "config",
            "append",
            "unselect",
            "unset",
            "set srcintf",
            "set intf",
            "set dstaddr vip",
            "set service web",
            "set comments",
            "set\u{a0}",
        ];
        if !statements.iter().any(|statement| settings.starts_with(statement)) {
            assert_eq!(
                FortiGate.read(&disabled).not_understood,
                [],
                "disabled: {settings}"
            );
        }
    }
}

#[test]
fn a_local_in_policy_that_lacks_an_address_is_refused_by_the_device_and_reported() {
    let text = "config firewall local-in-policy\nedit 1\nset intf any\nset srcaddr all\nset dstaddr all\n\
         set service ALL\nset schedule always\nnext\nend\n";
    read(text);
    for field in [
        "intf any",
        "srcaddr all",
        "dstaddr all",
        "service ALL",
        "schedule always",
    ] {
        let lacking = text.replace(&format!("set {field}\n"), "");
        for text in [lacking.replace("next", "set status disable\nnext"), lacking] {
            assert!(!FortiGate.read(&text).not_understood.is_empty(), "{text}");
        }
    }
}

#[test]
fn what_fortios_would_refuse_is_reported() {
    for text in [
        "end",
        "next",
        "exit",
        "config firewall policy",
        "config firewall policy\nedit x\nnext\nend",
        "config firewall policy\nmove 1 after 2\nend",
        "config firewall policy\npurge\nend",
        "config firewall address\nedit a\nset start-ip 10.0.0.1\nnext\nend",
        "config firewall address\nedit a\nset subnet 10.0.0.0 255.0.255.0\nnext\nend",
        "config firewall address\nedit a\nset type iprange\nset start-ip 10.0.0.9\nset end-ip 10.0.0.1\nnext\nend",
        "config firewall addrgrp\nedit g\nset member nobody\nnext\nend",
        "config firewall address\nedit a\nset comment \"never closed\nnext\nend",
        "config firewall service custom\nedit s\nset icmptype 8\nnext\nend",
        "config firewall service custom\nedit s\nset tcp-portrange 90-80\nnext\nend",
        "config system zone\nedit z\nset interface a\nnext\nedit y\nset interface a\nnext\nend",
        "config system zone\nedit z\nset intrazone maybe\nnext\nend",
    ] {
        assert!(!FortiGate.read(text).not_understood.is_empty(), "{text}");
    }
}

#[test]
fn a_service_of_too_many_pairs_of_ports_is_not_understood() {
    let service = |pairs: &[String]| {
        let ports = pairs.join(" ");
        format!("config firewall service custom\nedit s\nset tcp-portrange {ports}\nnext\nend\n")
            + &with_policy("set service s")
    };
    let single: Vec<String> = (1..10_000).map(|port| format!("{port}:{port}")).collect();
    read(&service(&single));
    let steps = (0..20_000).map(|step| format!("{}:{step}-{}", 2 * step + 1, step + 32_768));
    let text = service(&steps.collect::<Vec<_>>());
    assert!(!FortiGate.read(&text).not_understood.is_empty());
}

#[test]
fn what_is_used_is_not_deleted_and_what_is_absent_may_be() {
    let used = with_policy("") + "config firewall address\ndelete lan\nend\n";
    assert_eq!(FortiGate.read(&used).not_understood.len(), 1);
    read(
        &(with_policy("")
            + "config firewall address\ndelete nobody\nend\nconfig firewall policy\ndelete 9\nend\n"),
    );
}

#[test]
fn tables_that_decide_and_are_not_modelled_are_reported_once_unless_empty() {
    for table in [
        "firewall security-policy",
        "firewall acl",
        "firewall proxy-policy",
        "firewall frob",
        "system nat64",
    ] {
        let full = format!("config {table}\nedit 1\nset a b\nset c d\nnext\nend\n");
        assert_eq!(FortiGate.read(&full).not_understood.len(), 1, "{table}");
        read(&format!("config {table}\nend\n"));
    }
    let settings = |line: &str| format!("config system settings\n{line}\nend\n");
    for line in [
        "set ngfw-mode policy-based",
        "set central-nat enable",
        "set asymroute enable",
        "set frob yes",
    ] {
        assert_eq!(FortiGate.read(&settings(line)).not_understood.len(), 1, "{line}");
    }
    read(&settings(
        "set gui-dns-database enable\nset inspection-mode flow\nset central-nat disable",
    ));
    let sdwan = |status: &str| {
        format!("config system sdwan\nset status {status}\nconfig zone\nedit v\nnext\nend\nend\n")
    };
    assert_eq!(FortiGate.read(&sdwan("enable")).not_understood.len(), 1);
    read(&sdwan("disable"));
}

#[test]
fn a_table_that_swallows_another_is_reported() {
    let text = "config log setting\nset x y\n".to_owned() + &with_policy("") + "end\n";
    assert!(!FortiGate.read(&text).not_understood.is_empty());
}

#[test]
fn one_vdom_is_read_and_several_are_not() {
    let wrapped = |name: &str| format!("config vdom\nedit {name}\n{}end\n", with_policy(""));
    let declared = "config vdom\nedit root\nnext\nedit dmz\nnext\nend\nconfig global\nconfig system global\nset x y\nend\nend\n";
    let one = read(&(declared.to_owned() + &wrapped("dmz")));
    assert!(lets(
        &one,
        Some("port1"),
        Some("port2"),
        "10.0.0.1",
        "192.0.2.1",
        443
    ));
    let both = declared.to_owned() + &wrapped("root") + &wrapped("dmz");
    assert_eq!(FortiGate.read(&both).not_understood.len(), 1);
}

#[test]
fn a_predefined_service_is_what_the_text_says_where_it_is_a_print() {
    let edited = "config firewall service custom\nedit HTTPS\nset tcp-portrange 8443\nnext\nend\n".to_owned();
    assert!(
        !FortiGate
            .read(&(edited.clone() + &with_policy("")))
            .not_understood
            .is_empty()
    );
    let printed = format!("#config-version=FGT60F-7.4.4\r\n{edited}{}", with_policy(""));
    let read = read(&printed);
    let lets = |port| lets(&read, Some("port1"), Some("port2"), "10.0.0.1", "192.0.2.1", port);
    assert!(lets(8443) && !lets(443));
}

#[test]
fn always_is_every_day_or_it_is_reported() {
    let schedule = |days: &str| {
        format!("config firewall schedule recurring\nedit always\nset day {days}\nnext\nend\n")
            + &with_policy("")
    };
    read(&schedule(
        "sunday monday tuesday wednesday thursday friday saturday",
    ));
    assert_eq!(FortiGate.read(&schedule("monday")).not_understood.len(), 1);
}

#[test]
fn what_comes_back_meets_no_policy_where_redirects_are_enabled() {
    let passes = |head: &str, settings: &str| {
        let global = format!("config system global\nset hostname core\n{settings}end\n");
        let read = read(&(head.to_owned() + &global + &with_policy("")));
        let lets =
            |from, to, source, destination| lets(&read, Some(from), Some(to), source, destination, 443);
        assert!(!lets("port2", "port1", "192.0.2.1", "10.0.0.1"));
        assert!(lets("port1", "port2", "10.0.0.1", "192.0.2.1"));
        [
            lets("port1", "port1", "10.0.0.1", "10.0.0.2"),
            lets("port1", "port1", "2001:db8::1", "2001:db8::2"),
        ]
    };
    let (old, new) = (
        "#config-version=FGT60F-7.4.4-FW-build2662\n",
        "#config-version=FGT60F-7.4.10-FW-build2878\n",
    );
    let (four, six) = ("allow-traffic-redirect", "ipv6-allow-traffic-redirect");
    assert_eq!(passes("", ""), [false, false]);
    assert_eq!(passes("", &format!("set {four} enable\n")), [true, false]);
    assert_eq!(passes(new, &format!("set {six} enable\n")), [false, true]);
    assert_eq!(passes(new, ""), [false, false]);
    assert_eq!(passes(old, ""), [true, true]);
    assert_eq!(
        passes(old, &format!("set {four} disable\nset {six} disable\n")),
        [false, false]
    );
    assert_eq!(
        passes(new, &format!("set {four} enable\nunset {four}\n")),
        [false, false]
    );
    // Where there are VDOMs, for all of them.
    let vdoms = "config global\nconfig system global\nset allow-traffic-redirect enable\nend\nend\nconfig vdom\nedit root\n";
    let read = read(&(vdoms.to_owned() + &with_policy("") + "next\nend\n"));
    assert!(lets(
        &read,
        Some("port1"),
        Some("port1"),
        "10.0.0.1",
        "10.0.0.2",
        443
    ));
}
