//! The ways in which firewalls have been opened by what was meant to close them, each on every platform.
//!
//! Every configuration is read by an interpreter that shares no code with the emitter, and asked about packets from
//! and to everywhere. Per platform, `hostile.rs` and `shape.rs` go on with more texts and names.

use std::net::IpAddr;

use septum::manifest;
use septum::packet::{Packet, protocol};
use septum::source::FileId;

use super::meaning::{is_companion, opener};
use crate::oracle::address::AddressRange;
use crate::oracle::fortigate::FortiDevice;
use crate::oracle::ios::IosDevice;
use crate::oracle::nft::{NftRuleset, State};
use crate::oracle::packets::Packets;
use crate::sample;

/// Interfaces of a platform, into the zones of [`NETWORK`] in their order.
const PLATFORMS: [(&str, [&str; 3]); 3] = [
    ("nftables", ["eth0", "eth1", "eth2"]),
    ("cisco-ios", ["Vlan10", "Vlan20", "Vlan30"]),
    ("fortigate", ["port1", "port2", "port3"]),
];

/// Prefixes of the three zones, whatever they are called.
const NETWORK: [(&str, &str); 3] = [
    ("10.1.0.0/24", "2001:db8:1::/64"),
    ("10.2.0.0/24", "2001:db8:2::/64"),
    ("10.3.0.0/24", "2001:db8:3::/64"),
];

const NAMES: [&str; 3] = ["left", "right", "third"];

/// Builds the policy for every platform, and holds what the devices forward against what is `meant`: a function of the
/// packet, and of the zones that it goes from and to.
fn forwards(names: [&str; 3], policy: &str, warns: &[&str], meant: impl Fn(&Packet, usize, usize) -> bool) {
    for (platform, interfaces) in PLATFORMS {
        let mut text = String::new();
        for (name, (v4, v6)) in names.iter().zip(NETWORK) {
            text.push_str(&format!("zone {name} {{ subnet {v4}, {v6} }}\n"));
        }
        text.push_str(&format!("router gate {{\n    target {platform}\n"));
        for (interface, name) in interfaces.iter().zip(names) {
            text.push_str(&format!("    interface {interface} = {name}\n"));
        }
        text.push_str("}\n");
        text.push_str(policy);
        let loaded = sample::policy(&text).sound();
        let codes = loaded.codes();
        assert_eq!(codes, warns, "{platform}\n{}", loaded.rendered());
        let emitted = sample::emit(&sample::plans(&loaded, None));
        let passes = device(platform, interfaces, &emitted["gate"].text);
        let (mut through, mut stopped) = (0, 0);
        let mut judge = |packet: &Packet| {
            for from in 0..3 {
                for to in (0..3).filter(|to| *to != from) {
                    let goes = zone(packet.source) == Some(from) && zone(packet.destination) == Some(to);
                    // A list of IOS does not know whither: it is asked once, about where the packet belongs.
                    if platform == "cisco-ios"
                        && (is_companion(packet) || zone(packet.destination) != Some(to))
                    {
                        continue;
                    }
                    let expected = goes && meant(packet, from, to);
                    // Without state, answers of other protocols than TCP cannot be told from what opens a flow.
                    let answers = goes
                        && packet.protocol != protocol::TCP
                        && opener(packet).is_some_and(|opener| meant(&opener, to, from));
                    let does = passes(from, to, packet);
                    let expected = expected || platform == "cisco-ios" && answers;
                    assert_eq!(
                        does, expected,
                        "{platform}: {packet} from {from} to {to}\n{}",
                        emitted["gate"].text
                    );
                    if does {
                        through += 1;
                    } else {
                        stopped += 1;
                    }
                }
            }
        };
        for packet in packets() {
            judge(&packet);
        }
        assert!(stopped > 1_000, "{platform}");
        assert_eq!(
            through == 0,
            !warns.is_empty(),
            "{platform}: {through} packets pass"
        );
    }
}

fn zone(address: IpAddr) -> Option<usize> {
    NETWORK.iter().position(|(v4, v6)| {
        [v4, v6]
            .iter()
            .any(|prefix| AddressRange::parse_prefix(prefix).unwrap().contains(address))
    })
}

fn packets() -> Vec<Packet> {
    let ranges: Vec<AddressRange> = NETWORK
        .iter()
        .flat_map(|(v4, v6)| [v4, v6])
        .map(|prefix| AddressRange::parse_prefix(prefix).unwrap())
        .collect();
    let addresses: Vec<IpAddr> = ["10.1.0.5", "10.2.0.5", "2001:db8:1::5", "2001:db8:2::5"]
        .map(|address| address.parse().unwrap())
        .to_vec();
    let drawn = Packets::new(7, &addresses, &ranges, &[22, 23, 80, 81, 443]);
    let mut packets: Vec<Packet> = drawn.filter(Packet::is_possible).take(4_000).collect();
    // Every kind of packet between the devices that the rules name.
    for (source, destination) in [
        ("10.1.0.5", "10.2.0.5"),
        ("2001:db8:1::5", "2001:db8:2::5"),
        ("10.1.0.5", "10.3.0.9"),
        ("10.2.0.5", "10.1.0.5"),
    ] {
        let (source, destination) = (source.parse().unwrap(), destination.parse().unwrap());
        packets.extend(
            Packets::new(8, &addresses, &ranges, &[22, 23, 80, 81, 443]).all_services(source, destination),
        );
    }
    packets.retain(Packet::is_possible);
    packets
}

/// What a device does with packets that open a flow: (from, to, packet).
type Forwards = Box<dyn Fn(usize, usize, &Packet) -> bool>;

fn device(platform: &str, names: [&'static str; 3], text: &str) -> Forwards {
    match platform {
        "nftables" => {
            let mut ruleset = NftRuleset::default();
            ruleset.apply(text).unwrap();
            Box::new(move |from, to, packet| {
                ruleset
                    .forward(names[from], names[to], packet, State::New)
                    .permits()
            })
        }
        "cisco-ios" => {
            let mut device = IosDevice::default();
            device.apply(text).unwrap();
            Box::new(move |from, _, packet| device.inbound(names[from], packet, false).permits())
        }
        _ => {
            let mut device = FortiDevice::new(&names);
            device.apply(text).unwrap();
            Box::new(move |from, to, packet| device.forward(names[from], names[to], packet).permits())
        }
    }
}

fn tcp(packet: &Packet, port: u16) -> bool {
    packet.protocol == protocol::TCP && packet.second == port
}

const DEVICES: &str = "
device v4-only in left { address 10.1.0.5 }
device v6-only in right { address 2001:db8:2::5 }
";

#[test]
fn an_ipv4_source_and_an_ipv6_destination() {
    let policy = format!("{DEVICES}allow v4-only -> v6-only : http\nallow v4-only -> v6-only\n");
    forwards(NAMES, &policy, &["empty-rule", "empty-rule"], |_, _, _| false);
}

#[test]
fn a_difference_that_empties() {
    let policy = format!("{DEVICES}allow left - 10.1.0.0/24 - 2001:db8:1::/64 -> right : http\n");
    forwards(NAMES, &policy, &["empty-rule"], |_, _, _| false);
}

#[test]
fn a_difference_that_empties_one_family() {
    forwards(
        NAMES,
        "allow left - 10.1.0.0/24 -> right : http\n",
        &[],
        |packet, from, to| (from, to) == (0, 1) && packet.source.is_ipv6() && tcp(packet, 80),
    );
}

#[test]
fn a_group_without_members() {
    let policy = "group nobody = left & label:lost\nallow nobody -> right\nallow left -> nobody\n";
    let loaded = sample::policy(policy);
    // That nothing carries the label is told as well, however it is called.
    assert!(
        loaded.codes().iter().any(|code| *code != "empty-rule"),
        "{}",
        loaded.rendered()
    );
    let empty =
        format!("{DEVICES}group nobody = v4-only & v6-only\nallow nobody -> right\nallow left -> nobody\n");
    forwards(NAMES, &empty, &["empty-rule", "empty-rule"], |_, _, _| false);
}

#[test]
fn an_icmpv6_service_in_a_list_for_ipv4() {
    forwards(
        NAMES,
        "allow left -> right : icmpv6 echo-request\n",
        &[],
        |packet, from, to| {
            (from, to) == (0, 1)
                && packet.protocol == protocol::ICMPV6
                && packet.source.is_ipv6()
                && packet.first == 128
        },
    );
}

#[test]
fn a_protocol_without_ports() {
    forwards(
        NAMES,
        "allow left -> right : proto 50\n",
        &[],
        |packet, from, to| (from, to) == (0, 1) && packet.protocol == 50,
    );
}

#[test]
fn a_service_named_as_another_is_built_in() {
    for name in ["HTTPS", "ALL", "any-tcp", "ip"] {
        let policy = format!("service {name} = tcp 22\nallow left -> right : {name}\n");
        forwards(NAMES, &policy, &[], |packet, from, to| {
            (from, to) == (0, 1) && tcp(packet, 22)
        });
    }
}

#[test]
fn texts_that_would_like_to_be_commands() {
    for text in [
        r#"ok\"; tcp dport 23 accept #"#,
        r"first line\npermit ip any any\n    accept\nnext\nend",
        r"} chain x { accept }",
        r"! $(reboot) `reboot` \\",
    ] {
        let policy = format!("allow left -> right : http \"{text}\" {{ reason \"{text}\"; log }}\n");
        forwards(NAMES, &policy, &[], |packet, from, to| {
            (from, to) == (0, 1) && tcp(packet, 80)
        });
    }
}

#[test]
fn a_misspelt_key_is_never_ignored() {
    for policy in [
        "zone a { subnet 10.0.0.0/24; isolat }",
        "zone a { subnet 10.0.0.0/24 }\nallow a -> a : http { expire 2020-01-01 }",
        "zone a { subnet 10.0.0.0/24 }\nrouter r { target nftables; protcts a; interface e0 = a }",
    ] {
        assert!(!sample::policy(policy).errors().is_empty(), "{policy}");
    }
    for text in [
        "polices: [\"*.sept\"]\n",
        "checks: { lateral-prot: error }\n",
        "inventroy: [a.csv]\n",
    ] {
        let (manifest, mut found) = manifest::read(FileId(0), text);
        found.extend(septum::check::Settings::new(&manifest).1);
        assert!(!found.is_empty(), "{text}");
    }
}

#[test]
fn zones_named_like_words_of_the_platforms() {
    for names in [
        ["drop", "accept", "policy"],
        ["permit", "deny", "all"],
        ["end", "next", "config"],
    ] {
        let policy = format!("allow {} -> {} : http\n", names[0], names[1]);
        forwards(names, &policy, &[], |packet, from, to| {
            (from, to) == (0, 1) && tcp(packet, 80)
        });
    }
}

#[test]
fn names_that_fall_together() {
    let long = "a".repeat(120);
    let (one, two) = (format!("{long}.x"), format!("{long}.y"));
    for names in [
        ["a.b", "a-b", "a_b"],
        ["Ab", "aB", "AB"],
        [one.as_str(), two.as_str(), "c"],
    ] {
        let [first, second, third] = names;
        let policy = format!("allow {first} -> {third} : tcp 80\nallow {second} -> {third} : tcp 81\n");
        forwards(names, &policy, &[], |packet, from, to| {
            to == 2 && (from == 0 && tcp(packet, 80) || from == 1 && tcp(packet, 81))
        });
    }
}
