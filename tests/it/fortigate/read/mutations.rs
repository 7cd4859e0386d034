//! Configurations with one thing wrong. Whatever changes what the unit does is caught, with a packet that an
//! independent reading of the configuration confirms; whatever is proven changes nothing.

use std::collections::BTreeMap;

use septum::packet::Packet;
use septum::plan::{DevicePlan, decide};
use septum::syntax::tree::Action;
use septum::target::Owned;

use super::super::plans::{emit, packets_of, permits};
use super::{proof, some_plan};
use crate::oracle::fortigate::FortiDevice;
use crate::oracle::packets::Random;
use crate::oracle::{ReadError, Verdict};

const SEEDS: std::ops::Range<u64> = 0..24;
const INTERFACES: [&str; 6] = ["port1", "port2", "port3", "wan1", "port9", "port20"];
/// An interface that no configuration here names.
const UNNAMED: &str = "port20";

/// Words that name a line's statement, and what may stand instead of its values.
fn rewritten(line: &str, random: &mut Random, names: &Names) -> Option<String> {
    let (field, value) = line.trim().strip_prefix("set ")?.split_once(' ')?;
    let other = |known: &[String], random: &mut Random| -> Option<String> {
        let name = known.get(random.below(known.len()))?;
        Some(format!("\"{name}\""))
    };
    let new = match field {
        "action" => if value == "accept" { "deny" } else { "accept" }.to_owned(),
        "status" => if value == "enable" { "disable" } else { "enable" }.to_owned(),
        "intrazone" => "allow".to_owned(),
        "subnet" => {
            let masks = [
                "0.0.0.0",
                "255.0.0.0",
                "255.255.0.0",
                "255.255.255.254",
                "255.0.255.0",
            ];
            format!("{} {}", value.split(' ').next()?, random.pick(&masks)?)
        }
        "ip6" => format!("{}/{}", value.split('/').next()?, random.below(130)),
        "start-ip" => if value.contains(':') { "::" } else { "0.0.0.0" }.to_owned(),
        "end-ip" => if value.contains(':') {
            "ffff::"
        } else {
            "10.20.0.200"
        }
        .to_owned(),
        "tcp-portrange" | "udp-portrange" | "sctp-portrange" => {
            let pick = random.pick(&[
                "1-65535",
                "443",
                "22:1024-65535",
                "0-65535:0-65535",
                "444-443",
                "x",
            ])?;
            format!("{value} {pick}")
        }
        "protocol" => random.pick(&["ICMP", "ICMP6", "IP", "TCP/UDP/SCTP"])?.to_owned(),
        "protocol-number" => random.pick(&["0", "6", "50", "255"])?.to_owned(),
        "icmptype" | "icmpcode" => random.pick(&["0", "8", "255", "256"])?.to_owned(),
        "srcintf" | "dstintf" => other(&names.interfaces, random)?,
        "srcaddr" | "dstaddr" => other(&names.addresses, random)?,
        "srcaddr6" | "dstaddr6" => other(&names.addresses6, random)?,
        "service" => other(&names.services, random)?,
        "member" if random.below(3) == 0 => "\"\"".to_owned(),
        "member" => value.rsplit_once(' ')?.0.to_owned(),
        "interface" => {
            let more = random.pick(&INTERFACES[..5])?;
            if random.below(2) == 0 {
                format!("{value} \"{more}\"")
            } else {
                format!("\"{more}\"")
            }
        }
        "schedule" => "\"none\"".to_owned(),
        _ => return None,
    };
    Some(format!("        set {field} {new}"))
}

/// What a configuration names.
#[derive(Default)]
struct Names {
    interfaces: Vec<String>,
    addresses: Vec<String>,
    addresses6: Vec<String>,
    services: Vec<String>,
}

impl Names {
    fn of(lines: &[String]) -> Self {
        let mut names = Self {
            interfaces: vec!["any".to_owned(), "port9".to_owned(), "port1".to_owned()],
            ..Self::default()
        };
        let mut table = String::new();
        for line in lines {
            if let Some(path) = line.strip_prefix("config ") {
                path.clone_into(&mut table);
            }
            let Some(name) = line
                .trim()
                .strip_prefix("edit \"")
                .and_then(|name| name.strip_suffix('"'))
            else {
                continue;
            };
            match table.as_str() {
                "system zone" => names.interfaces.push(name.to_owned()),
                "firewall address" | "firewall addrgrp" => names.addresses.push(name.to_owned()),
                "firewall address6" | "firewall addrgrp6" => names.addresses6.push(name.to_owned()),
                _ => names.services.push(name.to_owned()),
            }
        }
        names
    }
}

/// Lines from an `edit` to its `next`.
fn block(lines: &[String], random: &mut Random) -> Option<std::ops::RangeInclusive<usize>> {
    let edits: Vec<usize> = (0..lines.len())
        .filter(|at| lines[*at].trim_start().starts_with("edit "))
        .collect();
    let first = random.pick(&edits)?;
    let length = lines[first..].iter().position(|line| line.trim() == "next")?;
    Some(first..=first + length)
}

fn pick_line(lines: &[String], random: &mut Random, wanted: impl Fn(&str) -> bool) -> Option<usize> {
    let places: Vec<usize> = (0..lines.len()).filter(|at| wanted(&lines[*at])).collect();
    random.pick(&places)
}

/// Changes one thing, and says what.
fn mutate(lines: &mut Vec<String>, random: &mut Random) -> Option<&'static str> {
    let is_command = |line: &str| !line.is_empty() && !line.starts_with('#');
    let decides = |line: &str| {
        let line = line.trim();
        line.starts_with("set ")
            && ["comments", "name ", "logtraffic"]
                .iter()
                .all(|f| !line.contains(f))
    };
    let names = Names::of(lines);
    Some(match random.below(16) {
        0..5 => {
            let at = pick_line(lines, random, decides)?;
            lines[at] = rewritten(&lines[at], random, &names)?;
            "another value"
        }
        5 => {
            let at = pick_line(lines, random, is_command)?;
            lines.remove(at);
            "a line lost"
        }
        6 => {
            let at = pick_line(lines, random, is_command)?;
            lines.insert(at, lines[at].clone());
            "a line twice"
        }
        7 => {
            let at = pick_line(lines, random, is_command)?;
            let to = if random.below(2) == 0 {
                at + 1
            } else {
                pick_line(lines, random, is_command)?
            };
            if to >= lines.len() {
                return None;
            }
            lines.swap(at, to);
            "lines swapped"
        }
        8 => {
            let block = block(lines, random)?;
            lines.drain(block);
            "an entry lost"
        }
        9 => {
            let block = block(lines, random)?;
            let copy: Vec<String> = lines[block.clone()].to_vec();
            let to = pick_line(lines, random, |line| line.trim_start().starts_with("edit "))?;
            let copied = copy.clone();
            lines.splice(to..to, copied);
            "an entry elsewhere"
        }
        10 => {
            let (one, other) = random.pick(&[
                ("srcaddr", "dstaddr"),
                ("srcaddr6", "dstaddr6"),
                ("srcintf", "dstintf"),
            ])?;
            let prefix = format!("        set {one} ");
            let at = pick_line(lines, random, |line| line.starts_with(&prefix))?;
            let end = lines[at..].iter().position(|line| line.trim() == "next")? + at;
            for line in &mut lines[at..end] {
                let swapped = if let Some(value) = line.strip_prefix(&prefix) {
                    Some(format!("        set {other} {value}"))
                } else {
                    line.strip_prefix(&format!("        set {other} "))
                        .map(|value| format!("{prefix}{value}"))
                };
                if let Some(swapped) = swapped {
                    *line = swapped;
                }
            }
            "ends swapped"
        }
        11 => {
            // What a disabled policy says is nobody's concern, and beyond the oracle.
            let enabled = |at: &usize| {
                let rest = lines[*at..].iter().take_while(|line| line.trim() != "next");
                rest.into_iter().all(|line| !line.contains("status disable"))
            };
            let places: Vec<usize> = (0..lines.len())
                .filter(|at| lines[*at].starts_with("        set schedule"))
                .filter(enabled)
                .collect();
            let at = random.pick(&places)?;
            let field = random.pick(&[
                "srcaddr-negate enable",
                "dstaddr-negate enable",
                "srcaddr6-negate enable",
                "dstaddr6-negate enable",
                "service-negate enable",
                "service-negate disable",
                "nat enable",
                "internet-service enable",
            ])?;
            lines.insert(at, format!("        set {field}"));
            "another setting"
        }
        12 | 13 => {
            let at = pick_line(lines, random, |line| line.starts_with("    move "))?;
            let other = pick_line(lines, random, |line| line.starts_with("    move "))?;
            let words: Vec<String> = lines[at].split_whitespace().map(str::to_owned).collect();
            let target = lines[other].split_whitespace().nth(1)?.to_owned();
            lines[at] = match random.below(3) {
                0 => format!("    move {} before {}", words[1], words[3]),
                1 => format!("    move {} after {target}", words[1]),
                _ => format!("    move {} after 999999", words[1]),
            };
            "another place"
        }
        14 => {
            let at = pick_line(lines, random, |line| line.starts_with("    move "))?;
            let id = lines[at].split_whitespace().nth(1)?.to_owned();
            lines.insert(at + 1, format!("    delete {id}"));
            "a policy deleted"
        }
        _ => {
            let at = pick_line(lines, random, |line| {
                line.starts_with("        set ") && line.contains("\" \"")
            })?;
            let (head, tail) = lines[at].rsplit_once(' ')?;
            let field = head.split_whitespace().nth(1)?.to_owned();
            let new = match random.below(2) {
                0 => format!("        unselect {field} {tail}"),
                _ => format!(
                    "        append {field} \"{}\"",
                    random.pick(&["all", "none", "ALL", "port9"])?
                ),
            };
            lines.insert(at + 1, new);
            "members changed"
        }
    })
}

/// The unit after the text. Deleting what is not there is passed over, as on the unit.
fn device(text: &str) -> Result<FortiDevice, ReadError> {
    let mut lines: Vec<&str> = text.lines().collect();
    loop {
        let mut device = FortiDevice::new(&INTERFACES);
        match device.apply(&lines.join("\n")) {
            Ok(()) => return Ok(device),
            Err(error) if error.message.contains("there is no entry") => {
                let at = error.line - 1;
                if !lines[at].trim().starts_with("delete") {
                    return Err(error);
                }
                lines[at] = "";
            }
            Err(error) => return Err(error),
        }
    }
}

fn lets_in(device: &FortiDevice, packet: &Packet) -> bool {
    device.local_in("port1", packet) != Some(Verdict::Deny)
}

/// The oracle sees what the witness shows.
fn confirm(device: &FortiDevice, place: &str, opened: bool, witness: &Packet, text: &str) {
    let now = match place.split_once(" -> ") {
        Some((from, to)) => {
            let name = |word: &str| {
                if word == "any other interface" {
                    UNNAMED.to_owned()
                } else {
                    word.to_owned()
                }
            };
            device.forward(&name(from), &name(to), witness).permits()
        }
        None => lets_in(device, witness),
    };
    assert_eq!(now, opened, "{place}: {witness}\n{text}");
}

/// No packet tells the unit from the plan.
fn assert_same(device: &FortiDevice, plan: &DevicePlan, packets: &[Packet], text: &str) {
    for packet in packets {
        for from in INTERFACES {
            for to in INTERFACES {
                let expected = permits(plan, from, to, packet);
                let now = device.forward(from, to, packet).permits();
                assert_eq!(now, expected, "escaped: {from} to {to}: {packet}\n{text}");
            }
        }
        if !plan.local.manage.is_empty() {
            let managed = plan.local.manage.iter().any(|rule| {
                rule.flow
                    .service
                    .contains(packet.family(), packet.protocol, packet.first, packet.second)
            });
            let companion = septum::plan::companion_flows()
                .iter()
                .any(|flow| flow.contains(packet));
            if managed && !companion {
                let expected = decide(&plan.local.manage, packet) == Action::Allow;
                assert_eq!(
                    lets_in(device, packet),
                    expected,
                    "escaped: to the unit: {packet}\n{text}"
                );
            }
        }
    }
}

#[test]
fn no_single_mutation_escapes() {
    let mut random = Random::new(20_261_124);
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut tried = 0;
    for seed in SEEDS {
        let plan = some_plan(seed);
        let original: Vec<String> = emit(&plan, &Owned::new())
            .text
            .lines()
            .map(str::to_owned)
            .collect();
        let rules: Vec<septum::plan::PlanRule> = match &plan.role {
            septum::plan::Role::Router(forwarding) => forwarding
                .pairs
                .iter()
                .flat_map(|pair| pair.rules.clone())
                .chain(plan.local.manage.clone())
                .collect(),
            septum::plan::Role::Host(_) => unreachable!(),
        };
        let bytes: Vec<u8> = (0..1 << 16).map(|_| random.next().to_be_bytes()[0]).collect();
        let mut u = arbtest::arbitrary::Unstructured::new(&bytes);
        let packets = packets_of(&mut u, &rules, 300).unwrap();
        for _ in 0..40 {
            let mut lines = original.clone();
            let Some(kind) = mutate(&mut lines, &mut random) else {
                continue;
            };
            tried += 1;
            let text = lines.join("\n") + "\n";
            let proof = proof(&plan, &text);
            let device = device(&text);
            let outcome = if !proof.unknown.is_empty() {
                "reported"
            } else if !proof.mismatches.is_empty() {
                if let Ok(device) = &device {
                    for mismatch in &proof.mismatches {
                        confirm(
                            device,
                            &mismatch.place,
                            mismatch.opened,
                            &mismatch.change.witness,
                            &text,
                        );
                    }
                }
                "witnessed"
            } else {
                let device = device.unwrap_or_else(|error| panic!("{kind}: {error}, yet proven\n{text}"));
                assert_same(&device, &plan, &packets, &text);
                "harmless"
            };
            *counts.entry((kind, outcome)).or_default() += 1;
        }
    }
    assert!(tried >= 500, "{tried}");
    let total = |outcome: &str| -> usize {
        counts
            .iter()
            .filter(|((_, found), _)| *found == outcome)
            .map(|(_, count)| count)
            .sum()
    };
    println!("{tried} mutations: {counts:#?}");
    assert!(total("witnessed") >= 150, "{counts:#?}");
    assert!(total("reported") >= 50, "{counts:#?}");
    let kinds: std::collections::BTreeSet<&str> = counts.keys().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds.len(), 11, "{kinds:?}");
}
