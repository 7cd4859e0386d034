//! What Fortinet documents about its policies.

use septum::packet::Packet;

use super::{FortiDevice, Verdict, commands};

fn packet(source: &str, destination: &str, protocol: u8, first: u16, second: u16) -> Packet {
    Packet {
        source: source.parse().unwrap(),
        destination: destination.parse().unwrap(),
        protocol,
        first,
        second,
    }
}

fn web() -> Packet {
    packet("10.1.0.1", "10.2.0.1", 6, 40000, 443)
}

const OBJECTS: &str = r#"#config-version=FGVM64-7.4.4-FW-build2662-240514:opmode=0:vdom=0:user=admin
config system zone
    edit "app"
        set interface "port1" "port2"
    next
    edit "db"
        set interface "port3"
        set intrazone allow
    next
end
config firewall address
    edit "a"
        set subnet 10.1.0.0 255.255.0.0
        set comment "say \"hello\""
    next
    edit "d"
        set type iprange
        set start-ip 10.2.0.1
        set end-ip 10.2.0.9
    next
end
config firewall address6
    edit "a6"
        set ip6 2001:db8:1::/48
    next
end
config firewall addrgrp
    edit "g"
        set member "a" "d"
        set exclude enable
        set exclude-member "d"
    next
end
config firewall service custom
    edit "s"
        set tcp-portrange 443 8000-8080:1024-65535
        set udp-portrange 53
    next
    edit "gre"
        set protocol IP
        set protocol-number 47
    next
    edit "echo"
        set protocol ICMP
        set icmptype 8
        unset icmpcode
    next
end
config firewall service group
    edit "sg"
        set member "s" "gre" "echo"
    next
end
"#;

fn device(policies: &str) -> FortiDevice {
    let mut device = FortiDevice::new(&["port1", "port2", "port3", "port4"]);
    device.apply(OBJECTS).unwrap();
    device.apply(policies).unwrap();
    device
}

/// A policy from `app` to `db` with some lines more.
fn policy(id: u32, lines: &[&str]) -> String {
    let mut fields = vec![
        "set srcintf app",
        "set dstintf db",
        "set srcaddr g",
        "set dstaddr d",
        "set schedule always",
        "set service sg",
        "set action accept",
    ];
    fields.extend(lines);
    format!(
        "config firewall policy\nedit {id}\n{}\nnext\nend\n",
        fields.join("\n")
    )
}

fn permits(device: &FortiDevice, packet: &Packet) -> bool {
    device.forward("port2", "port3", packet).permits()
}

/// The line and message of the command that is refused after the objects are there.
fn refused(text: &str) -> String {
    let error = device("").apply(text).unwrap_err();
    error.to_string()
}

#[test]
fn no_policy_denies_and_no_action_denies() {
    assert!(!permits(&device(""), &web()));
    assert!(permits(&device(&policy(1, &[])), &web()));
    assert!(!permits(&device(&policy(1, &["unset action"])), &web()));
}

#[test]
fn services_match_destination_then_source_ports() {
    let device = device(&policy(1, &[]));
    let to =
        |protocol, first, second| permits(&device, &packet("10.1.0.1", "10.2.0.9", protocol, first, second));
    assert!(to(6, 1, 443) && to(6, 1024, 8080) && to(17, 9, 53) && to(47, 0, 0) && to(1, 8, 5));
    assert!(!to(6, 1023, 8080) && !to(6, 1, 53) && !to(17, 9, 443) && !to(50, 0, 0) && !to(1, 0, 0));
}

#[test]
fn all_means_every_protocol_but_all_tcp_leaves_out_port_0() {
    let all = device(&policy(1, &["set service ALL"]));
    assert!(permits(&all, &packet("10.1.0.1", "10.2.0.1", 255, 0, 0)));
    let tcp = device(&policy(1, &["set service ALL_TCP"]));
    assert!(permits(&tcp, &packet("10.1.0.1", "10.2.0.1", 6, 0, 1)));
    assert!(!permits(&tcp, &packet("10.1.0.1", "10.2.0.1", 6, 1, 0)));
}

#[test]
fn list_order_decides_and_move_changes_it() {
    let mut device = device(&(policy(10, &["unset action"]) + &policy(5, &[])));
    assert_eq!(device.keys("firewall policy"), ["10", "5"]);
    assert!(!permits(&device, &web()));
    device
        .apply("config firewall policy\nmove 5 before 10\nend")
        .unwrap();
    assert!(permits(&device, &web()));
    device
        .apply("config firewall policy\nmove 5 after 10\nend")
        .unwrap();
    assert!(!permits(&device, &web()));
    device.apply("config firewall policy\ndelete 10\nend").unwrap();
    assert!(permits(&device, &web()));
}

#[test]
fn a_disabled_or_never_scheduled_policy_is_passed_over() {
    assert!(!permits(&device(&policy(1, &["set status disable"])), &web()));
    assert!(!permits(&device(&policy(1, &["set schedule none"])), &web()));
}

#[test]
fn negation_turns_one_side_round() {
    let device = device(&policy(1, &["set srcaddr-negate enable"]));
    assert!(!permits(&device, &web()));
    assert!(permits(&device, &packet("10.9.0.1", "10.2.0.1", 6, 1, 443)));
    assert!(!permits(
        &device,
        &packet("2001:db8:1::1", "2001:db8:1::2", 6, 1, 443)
    ));
}

#[test]
fn a_policy_matches_ipv6_by_its_twins_alone() {
    let six = packet("2001:db8:1::1", "2001:db8:2::1", 6, 1, 443);
    assert!(!permits(
        &device(&policy(1, &["set srcaddr all", "set dstaddr all"])),
        &six
    ));
    let both = device(&policy(1, &["set srcaddr6 a6", "set dstaddr6 all"]));
    assert!(permits(&both, &six) && permits(&both, &web()));
    assert!(refused(&policy(1, &["set srcaddr6 a6"])).contains("need each other"));
}

#[test]
fn zones_stand_for_their_interfaces_and_any_for_all() {
    let device = device(&policy(1, &["set dstintf any"]));
    for (from, to, permitted) in [
        ("port1", "port4", true),
        ("port4", "port3", false),
        ("port1", "port2", true),
    ] {
        assert_eq!(
            device.forward(from, to, &web()).permits(),
            permitted,
            "{from} {to}"
        );
    }
}

#[test]
fn a_zone_blocks_its_own_traffic_unless_told_otherwise() {
    let device = device("");
    assert_eq!(device.forward("port1", "port2", &web()), Verdict::Deny);
    assert_eq!(device.forward("port3", "port3", &web()), Verdict::Permit);
}

#[test]
fn an_excluded_member_is_no_member() {
    let device = device(&policy(1, &["set srcaddr g", "set dstaddr all"]));
    assert!(permits(&device, &packet("10.1.0.1", "10.9.0.1", 6, 1, 443)));
    assert!(!permits(&device, &packet("10.2.0.5", "10.9.0.1", 6, 1, 443)));
}

#[test]
fn the_mask_of_a_wildcard_address_is_not_inverted() {
    let mut device = device("");
    device
        .apply("config firewall address\nedit w\nset type wildcard\nset wildcard 10.0.1.0 255.0.255.0\nnext\nend\n")
        .unwrap();
    device.apply(&policy(1, &["set srcaddr w"])).unwrap();
    assert!(permits(&device, &packet("10.77.1.9", "10.2.0.1", 6, 1, 443)));
    assert!(!permits(&device, &packet("10.77.2.9", "10.2.0.1", 6, 1, 443)));
}

#[test]
fn undefined_objects_are_refused_and_used_ones_stay() {
    assert!(refused(&policy(1, &["set srcaddr nobody"])).contains("there is no address `nobody`"));
    assert!(refused(&policy(1, &["set service X"])).contains("there is no service `X`"));
    assert!(refused(&policy(1, &["set srcintf port9"])).contains("no interface or zone"));
    assert!(refused(&policy(1, &["set srcintf port1"])).contains("is in a zone"));
    assert!(refused(&policy(1, &["set srcintf any app"])).contains("`any` cannot stand"));
    assert!(refused(&policy(1, &["unset schedule"])).contains("`schedule` is not set"));
    for (table, key) in [
        ("firewall address", "a"),
        ("firewall addrgrp", "g"),
        ("firewall service custom", "s"),
        ("firewall service group", "sg"),
        ("system zone", "app"),
    ] {
        let mut device = device(&policy(1, &[]));
        let before = device.keys(table).len();
        let error = device
            .apply(&format!("config {table}\ndelete {key}\nend"))
            .unwrap_err();
        assert_eq!(error.line, 2, "{table}");
        assert_eq!(device.keys(table).len(), before);
    }
}

#[test]
fn limits_and_characters_are_those_of_fortios() {
    let edit = |table: &str, name: &str| refused(&format!("config {table}\nedit \"{name}\"\n"));
    assert!(edit("firewall address", &"x".repeat(80)).contains("1 to 79 bytes"));
    assert!(edit("system zone", &"x".repeat(36)).contains("1 to 35 bytes"));
    assert!(edit("firewall address", "a<b").contains("refuses"));
    assert!(refused(&policy(1, &[&format!("set name \"{}\"", "x".repeat(36))])).contains("35 bytes"));
    let twice = policy(1, &["set name n"]) + &policy(2, &["set name n"]);
    assert!(refused(&twice).contains("used twice"));
    assert!(
        refused("config firewall service custom\nedit p\nset protocol IP\nset protocol-number 255\nnext")
            .contains("255")
    );
    assert!(
        refused("config firewall address\nedit p\nset start-ip 10.0.0.1").contains("needs another `type`")
    );
    assert!(refused("config firewall addrgrp\nedit h\nset member h\nnext").contains("holds itself"));
}

#[test]
fn append_adds_and_set_replaces() {
    let mut device = device(&policy(1, &["set service gre", "append service s"]));
    assert!(permits(&device, &web()));
    device
        .apply("config firewall policy\nedit 1\nset service gre\nend")
        .unwrap();
    assert!(!permits(&device, &web()));
}

#[test]
fn each_next_takes_effect_at_once() {
    let mut device = device("");
    let text =
        policy(1, &["unset action"]) + &policy(2, &[]) + "config firewall policy\nmove 2 before 1\nend\n";
    let mut seen = Vec::new();
    device
        .apply_commands(commands(&text).unwrap(), |device, command| {
            seen.push((command.line, permits(device, &web())));
        })
        .unwrap();
    let first = seen.iter().find(|(_, permitted)| *permitted).unwrap().0;
    assert_eq!(text.lines().nth(first - 1), Some("move 2 before 1"));
}

#[test]
fn edit_0_takes_the_next_number() {
    let device = device(&(policy(7, &[]) + &policy(0, &[])));
    assert_eq!(device.keys("firewall policy"), ["7", "8"]);
}

#[test]
fn vdoms_are_apart() {
    let mut device = FortiDevice::new(&["port1", "port2"]);
    let body = "config firewall policy\nedit 1\nset srcintf port1\nset dstintf port2\nset srcaddr all\n\
                set dstaddr all\nset action accept\nset schedule always\nset service ALL\nnext\nend\n";
    device
        .apply(&format!(
            "config vdom\nedit root\nnext\nedit wing\nnext\nend\nconfig global\nconfig system global\nset hostname fw\nend\n\
             end\nconfig vdom\nedit wing\n{body}end\n"
        ))
        .unwrap();
    assert!(device.forward_in_vdom("wing", "port1", "port2", &web()).permits());
    assert!(!device.forward("port1", "port2", &web()).permits());
}

#[test]
fn local_in_policies_deny_by_default_and_leave_the_rest_to_allowaccess() {
    let local = |lines: &str| {
        format!(
            "config firewall local-in-policy\nedit 1\nset intf app\nset srcaddr a\nset dstaddr all\nset service sg\n\
             set schedule always\n{lines}\nnext\nend\n"
        )
    };
    assert_eq!(device(&local("")).local_in("port1", &web()), Some(Verdict::Deny));
    assert_eq!(
        device(&local("set action accept")).local_in("port1", &web()),
        Some(Verdict::Permit)
    );
    assert_eq!(device(&local("")).local_in("port3", &web()), None);
    let six = packet("2001:db8:1::1", "2001:db8:2::1", 6, 1, 443);
    assert_eq!(device(&local("")).local_in("port1", &six), None);
}

#[test]
fn quotes_hold_escapes_and_new_lines() {
    let text = "set a \"x \\\"y\\\" \\\\\nz\" 'b c' d\\ e\n# no\nnext";
    let found = commands(text).unwrap();
    assert_eq!(found[0].words, ["set", "a", "x \"y\" \\\nz", "b c", "d e"]);
    assert_eq!(
        (found[1].line, found[1].words.as_slice()),
        (4, &["next".to_owned()][..])
    );
    assert_eq!(commands("set a \"b").unwrap_err().line, 1);
}

#[test]
fn what_is_not_understood_is_an_error_with_its_line() {
    for (text, line) in [
        ("config firewall ippool\nend", 1),
        ("config firewall policy\nedit 1\nset internet-service enable", 3),
        ("config firewall policy\nedit x", 2),
        ("config firewall policy\npurge", 2),
        ("config firewall policy\ndelete 9", 2),
        ("config firewall address\nedit f\nset type fqdn\nnext", 4),
        ("config firewall policy\n", 1),
        ("set action accept", 1),
        ("next", 1),
    ] {
        let error = device("").apply(text).unwrap_err();
        assert_eq!(error.line, line, "{text}: {error}");
    }
}
