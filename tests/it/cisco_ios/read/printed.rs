//! The same lists as `show running-config` prints them, in the middle of a device that does much else.

use septum::packet::Budget;
use septum::plan::DevicePlan;

use super::super::emit;
use super::{busy, examples, proof, understood};

const NAMES: [(&str, &str, &str); 10] = [
    ("tcp", "22", "22"),
    ("tcp", "23", "telnet"),
    ("tcp", "49", "tacacs"),
    ("tcp", "80", "www"),
    ("tcp", "179", "bgp"),
    ("udp", "53", "domain"),
    ("udp", "67", "bootps"),
    ("udp", "68", "bootpc"),
    ("udp", "123", "ntp"),
    ("udp", "161", "snmp"),
];

/// An entry as IOS prints it.
fn entry(line: &str, v6: bool) -> String {
    let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let number: Vec<String> = words.drain(..if v6 { 2 } else { 1 }).collect();
    for (protocol, port, name) in NAMES {
        if words[1] == protocol {
            for at in 1..words.len() {
                if words[at] == port && matches!(words[at - 1].as_str(), "eq" | "range") {
                    words[at] = name.to_owned();
                }
            }
        }
    }
    words[1] = match (words[1].as_str(), v6) {
        ("89", false) => "ospf".to_owned(),
        ("88", false) => "eigrp".to_owned(),
        ("2", false) => "igmp".to_owned(),
        ("103", false) => "pim".to_owned(),
        (other, _) => other.to_owned(),
    };
    if words[1] == "icmp" {
        let last = words.len() - 1;
        words[last] = match (words[last].as_str(), v6) {
            ("3", false) => "unreachable",
            ("11", false) => "time-exceeded",
            ("12", false) => "parameter-problem",
            ("8", false) => "echo",
            ("1", true) => "unreachable",
            ("2", true) => "packet-too-big",
            ("3", true) => "time-exceeded",
            ("4", true) => "parameter-problem",
            ("128", true) => "echo-request",
            (other, _) => other,
        }
        .to_owned();
    }
    let verdict = words.remove(0);
    let space = if verdict == "deny" { "  " } else { " " };
    let rest = words.join(" ");
    if v6 {
        // The number stands at the end.
        format!(" {verdict}{space}{rest} {}", number.join(" "))
    } else {
        // Older releases do not save numbers.
        format!(" {verdict}{space}{rest}")
    }
}

/// The text in the order of a running configuration: interfaces before lists.
fn printed(text: &str) -> String {
    let (mut lists, mut interfaces, mut v6) = (Vec::new(), Vec::new(), false);
    let mut in_interface = false;
    for line in text.lines().filter(|line| !line.starts_with('!')) {
        if !line.starts_with(' ') {
            in_interface = line.starts_with("interface");
            v6 = line.starts_with("ipv6");
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        let shown = match words.as_slice() {
            ["interface", name] => format!(
                "interface {}\n description to {name}\n ip address 10.9.9.1 255.255.255.0\n ip ospf 1 area 0",
                name.replace("Te", "TenGigabitEthernet")
                    .replace("Gi0", "GigabitEthernet0")
            ),
            [_, "remark", rest @ ..] => format!(" remark {}", rest.join(" ")),
            ["sequence", ..] => entry(line, true),
            [number, ..] if line.starts_with(' ') && number.parse::<u32>().is_ok() => entry(line, v6),
            _ => line.to_owned(),
        };
        if in_interface { &mut interfaces } else { &mut lists }.push(shown);
    }
    let around = "Building configuration...\n\nCurrent configuration : 12345 bytes\n!\n\
        ! Last configuration change at 10:00:00 UTC Mon Mar 3 2025 by admin\n!\nversion 17.3\n\
        service timestamps debug datetime msec\nno service pad\nhostname core-1\n!\naaa new-model\n!\n\
        vlan 10\n name wards\n!\nbanner motd ^C\ninterface Vlan1\n ip access-group X in\n^C\n!\n";
    let after = "!\nrouter ospf 1\n router-id 10.255.0.2\n network 10.0.0.0 0.255.255.255 area 0\n!\n\
        ip forward-protocol nd\nno ip http server\nip route 0.0.0.0 0.0.0.0 10.255.0.1\n!\n";
    let tail = "!\ncontrol-plane\n!\nline con 0\n stopbits 1\nline vty 0 4\n access-class 10 in\n transport input ssh\n!\nend\n";
    let all = format!(
        "{around}{}\n{after}{}\n{tail}",
        interfaces.join("\n!\n"),
        lists.join("\n")
    );
    // `interface` opens a section of its own: separators stand between sections alone.
    all.replace("!\n!\n ip", " ip")
        .replace("\n!\n ip", "\n ip")
        .replace("\n!\n ipv6", "\n ipv6")
        .replace('\n', "\r\n")
}

fn same(plan: &DevicePlan) {
    let text = emit(plan).text;
    let shown = printed(&text);
    assert!(shown.contains("deny  ip any any log\r\n"), "{shown}");
    understood(&shown);
    let (written, printed) = (proof(plan, &text), proof(plan, &shown));
    assert!(written.holds());
    assert!(
        printed.holds(),
        "{:?} {:?}\n{shown}",
        printed.mismatches,
        printed.unknown
    );
    let residuals = |proof: &septum::proof::Proof| -> Vec<_> {
        proof
            .residuals
            .iter()
            .map(|r| (r.place.clone(), r.set.set(Budget::default()).unwrap()))
            .collect()
    };
    assert_eq!(residuals(&written), residuals(&printed));
}

#[test]
fn a_small_router_prints_what_was_written() {
    same(&busy());
}

#[test]
fn the_example_policies_print_what_was_written() {
    for plan in examples() {
        same(&plan);
    }
}
