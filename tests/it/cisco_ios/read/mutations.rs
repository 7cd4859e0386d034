//! One mistake at a time in what was written. Each is noticed, with a packet that an independent reader of the
//! configuration confirms; or it changes nothing beyond what the proof states as residual, and that reader agrees.

use std::collections::BTreeMap;
use std::net::IpAddr;

use rayon::prelude::*;
use septum::plan::{DevicePlan, Role, companion_flows, run_flows, run_service};
use septum::proof::Mismatch;

use super::super::emit;
use super::super::plans::small;
use super::{busy, examples, proof};
use crate::oracle::address::AddressRange;
use crate::oracle::ios::IosDevice;
use crate::oracle::packets::{Packets, Random};

/// Mutations of one configuration.
const EACH: usize = 120;

const KINDS: [&str; 15] = [
    "flip",
    "widen address",
    "narrow address",
    "widen port",
    "shift port",
    "drop line",
    "duplicate line",
    "swap lines",
    "move line up",
    "change interface",
    "swap ends",
    "drop established",
    "change protocol",
    "remove binding",
    "empty list",
];

/// An entry in its parts.
#[derive(Clone)]
struct Ace {
    number: Vec<String>,
    verdict: String,
    protocol: String,
    ends: [(Vec<String>, Vec<String>); 2],
    rest: Vec<String>,
}

impl Ace {
    fn of(line: &str) -> Option<Self> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let at = if words.first()? == "sequence" { 2 } else { 1 };
        let number = words.get(..at)?.to_vec();
        let verdict = words.get(at)?.clone();
        if words[at - 1].parse::<u32>().is_err() || !matches!(verdict.as_str(), "permit" | "deny") {
            return None;
        }
        let mut rest = words[at + 2..].to_vec();
        let mut ends = [(vec![], vec![]), (vec![], vec![])];
        for end in &mut ends {
            let two = rest[0] == "host" || rest[0].parse::<std::net::Ipv4Addr>().is_ok();
            end.0 = rest.drain(..if two { 2 } else { 1 }).collect();
            let ports = match rest.first().map(String::as_str) {
                Some("eq") => 2,
                Some("range") => 3,
                _ => 0,
            };
            end.1 = rest.drain(..ports).collect();
        }
        Some(Self {
            number,
            verdict,
            protocol: words[at + 1].clone(),
            ends,
            rest,
        })
    }

    fn line(&self) -> String {
        let [source, destination] = &self.ends;
        let head = [self.verdict.clone(), self.protocol.clone()];
        let parts = [
            &self.number[..],
            &head,
            &source.0,
            &source.1,
            &destination.0,
            &destination.1,
            &self.rest,
        ];
        format!(" {}", parts.concat().join(" "))
    }

    fn is_v6(&self) -> bool {
        self.number.len() == 2
    }
}

/// One end, one size larger or smaller.
fn resize(place: &[String], v6: bool, wider: bool) -> Option<Vec<String>> {
    let words: Vec<&str> = place.iter().map(String::as_str).collect();
    let text = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    match (words.as_slice(), v6) {
        (["any"], _) => None,
        (["host", address], false) if wider => text(&[address, "0.0.0.1"]),
        (["host", address], true) if wider => text(&[&format!("{address}/127")]),
        (["host", _], _) => None,
        ([base, wildcard], _) => {
            let mask: std::net::Ipv4Addr = wildcard.parse().unwrap();
            let bits = mask.to_bits();
            let resized = if wider { (bits << 1) | 1 } else { bits >> 1 };
            text(&[base, &std::net::Ipv4Addr::from_bits(resized).to_string()])
        }
        ([prefix], _) => {
            let (base, length) = prefix.split_once('/')?;
            let length: u8 = length.parse().unwrap();
            let resized = if wider {
                length.checked_sub(1)?
            } else {
                (length + 1).min(128)
            };
            text(&[&format!("{base}/{resized}")])
        }
        _ => None,
    }
}

/// The mutated lines, and those that changed; none where the configuration has no place for the mistake.
fn mutate(text: &str, kind: &str, random: &mut Random) -> Option<(String, Vec<String>)> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let entries: Vec<usize> = (0..lines.len())
        .filter(|at| Ace::of(&lines[*at]).is_some())
        .collect();
    let at = random.pick(&entries)?;
    let mut ace = Ace::of(&lines[at])?;
    let old = lines[at].clone();
    let end = random.below(2);
    match kind {
        "flip" => {
            ace.verdict = if ace.verdict == "permit" { "deny" } else { "permit" }.to_owned();
        }
        "widen address" | "narrow address" => {
            ace.ends[end].0 = resize(&ace.ends[end].0, ace.is_v6(), kind == "widen address")?;
        }
        "widen port" | "shift port" => {
            let ports = &mut ace.ends[end].1;
            let first: u16 = ports.get(1)?.parse().unwrap();
            let last: u16 = ports.last()?.parse().unwrap();
            *ports = if kind == "widen port" {
                vec![
                    "range".into(),
                    first.to_string(),
                    last.checked_add(1)?.to_string(),
                ]
            } else {
                vec!["eq".into(), first.checked_add(1)?.to_string()]
            };
        }
        "swap ends" => ace.ends.swap(0, 1),
        "drop established" => {
            let place = ace.rest.iter().position(|word| word == "established")?;
            ace.rest.remove(place);
        }
        "change protocol" => {
            let plain = ace.ends.iter().all(|end| end.1.is_empty());
            let other = match ace.protocol.as_str() {
                "tcp" if !ace.rest.iter().any(|word| word == "established") => "udp",
                "udp" => "tcp",
                "icmp" => return None,
                "ip" | "ipv6" => "tcp",
                _ if plain => "47",
                _ => return None,
            };
            ace.protocol = other.to_owned();
        }
        _ => {}
    }
    let mut touched = vec![old.clone()];
    match kind {
        "drop line" => {
            lines.remove(at);
        }
        "duplicate line" => {
            // Once more, somewhere later in the list.
            let number = ace.number.last_mut()?;
            *number = (number.parse::<u32>().unwrap() + 50_000).to_string();
            lines.insert(at + 1, ace.line());
        }
        "swap lines" | "move line up" => {
            let next = entries
                .iter()
                .copied()
                .find(|other| *other > at + random.below(4))?;
            let mut other = Ace::of(&lines[next])?;
            if other.is_v6() != ace.is_v6() || lines[at..next].iter().any(|line| line.starts_with('!')) {
                return None;
            }
            touched.push(lines[next].clone());
            if kind == "swap lines" {
                std::mem::swap(&mut ace.number, &mut other.number);
                lines[at] = other.line();
                lines[next] = ace.line();
            } else {
                other.number = ace.number.clone();
                let number = other.number.last_mut()?;
                *number = (number.parse::<u32>().unwrap() - 5).to_string();
                lines[next] = other.line();
            }
        }
        "change interface" => {
            let named: Vec<usize> = (0..lines.len())
                .filter(|at| lines[*at].starts_with("interface "))
                .collect();
            let (one, two) = (random.pick(&named)?, random.pick(&named)?);
            if one == two {
                return None;
            }
            lines[one] = lines[two].clone();
        }
        "remove binding" => {
            let bindings: Vec<usize> = (0..lines.len())
                .filter(|at| lines[*at].contains("access-group") || lines[*at].contains("traffic-filter"))
                .filter(|at| lines[*at].starts_with(' '))
                .collect();
            lines.remove(random.pick(&bindings)?);
        }
        "empty list" => {
            let end = lines[at..].iter().position(|line| line.starts_with('!'))? + at;
            let start = lines[..at].iter().rposition(|line| !line.starts_with(' '))?;
            lines.drain(start + 1..end);
        }
        _ => {
            lines[at] = ace.line();
            touched.push(lines[at].clone());
        }
    }
    (lines.join("\n") != text.trim_end()).then(|| (lines.join("\n"), touched))
}

/// Boundary packets of the plan and of the lines that changed.
fn packets(plan: &DevicePlan, touched: &[String], seed: u64) -> Packets {
    let (mut addresses, mut ranges, mut ports) = (Vec::<IpAddr>::new(), Vec::new(), vec![22, 53, 161, 443]);
    for line in touched {
        let Some(ace) = Ace::of(line) else { continue };
        for (place, operator) in &ace.ends {
            ports.extend(operator.iter().filter_map(|word| word.parse::<u16>().ok()));
            match place.as_slice() {
                [base, wildcard] if base != "host" => {
                    let (base, mask): (std::net::Ipv4Addr, std::net::Ipv4Addr) =
                        (base.parse().unwrap(), wildcard.parse().unwrap());
                    let first = base.to_bits() & !mask.to_bits();
                    ranges.extend(AddressRange::between(
                        IpAddr::V4(first.into()),
                        IpAddr::V4((first | mask.to_bits()).into()),
                    ));
                }
                [_, host] => addresses.push(host.parse().unwrap()),
                [prefix] => ranges.extend(AddressRange::parse_prefix(prefix)),
                _ => {}
            }
        }
    }
    let Role::Router(forwarding) = &plan.role else {
        unreachable!()
    };
    for side in &forwarding.sides {
        let own = side.interfaces.iter().flat_map(|interface| &interface.addresses);
        addresses.extend(own);
        ranges.extend(
            side.behind
                .prefixes()
                .iter()
                .take(6)
                .filter_map(|prefix| AddressRange::parse_prefix(&prefix.to_string())),
        );
    }
    Packets::new(seed, &addresses, &ranges, &ports)
}

fn interfaces(plan: &DevicePlan) -> Vec<&str> {
    let Role::Router(forwarding) = &plan.role else {
        unreachable!()
    };
    let all = forwarding.sides.iter().flat_map(|side| &side.interfaces);
    all.map(|interface| interface.name.as_str()).collect()
}

fn confirmed(mismatch: &Mismatch, before: &IosDevice, after: &IosDevice) {
    let (interface, kind) = mismatch.place.split_once(" in").unwrap();
    let packet = &mismatch.change.witness;
    let verdict = |device: &IosDevice| device.inbound(interface, packet, !kind.is_empty()).permits();
    assert_eq!(verdict(after), mismatch.opened, "{} {packet}", mismatch.place);
    assert_eq!(verdict(before), !mismatch.opened, "{} {packet}", mismatch.place);
}

/// True where some packet makes a difference; each that does is stated as residual.
fn differs(plan: &DevicePlan, before: &IosDevice, after: &IosDevice, touched: &[String], seed: u64) -> bool {
    let mut stated = run_flows(&plan.local, plan.local.run_on(None).map(run_service));
    stated.extend(companion_flows());
    let mut different = false;
    for packet in packets(plan, touched, seed).take(2_000) {
        for interface in interfaces(plan) {
            for ack in [false, true]
                .into_iter()
                .take(if packet.protocol == 6 { 2 } else { 1 })
            {
                let was = before.inbound(interface, &packet, ack);
                if was != after.inbound(interface, &packet, ack) {
                    assert!(
                        stated.iter().any(|flow| flow.contains(&packet)),
                        "{interface} {packet} ack {ack}: was {was:?}, and is proven equal: {touched:#?}"
                    );
                    different = true;
                }
            }
        }
    }
    different
}

/// What came of each mutation of one device.
fn classes(plan: &DevicePlan, seed: usize) -> Vec<(&'static str, &'static str)> {
    let text = emit(plan).text;
    let mut before = IosDevice::default();
    before.apply(&text).unwrap();
    let mut random = Random::new(seed as u64 + 1);
    let mut classes = Vec::new();
    for round in 0..EACH {
        let kind = KINDS[round % KINDS.len()];
        let Some((mutated, touched)) = mutate(&text, kind, &mut random) else {
            continue;
        };
        let found = proof(plan, &mutated);
        let mut after = IosDevice::default();
        let class = match after.apply(&mutated) {
            Err(error) => {
                assert!(!found.holds(), "{kind}: {error}\n{touched:#?}");
                "refused by the device"
            }
            Ok(()) if !found.unknown.is_empty() => "unknown",
            Ok(()) if !found.mismatches.is_empty() => {
                for mismatch in &found.mismatches {
                    confirmed(mismatch, &before, &after);
                }
                "caught"
            }
            Ok(()) if differs(plan, &before, &after, &touched, round as u64) => "within the residual",
            Ok(()) => "no change",
        };
        classes.push((kind, class));
    }
    classes
}

#[test]
fn no_mistake_escapes() {
    let mut plans = vec![small(), busy()];
    plans.extend(examples());
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let each: Vec<_> = plans
        .par_iter()
        .enumerate()
        .map(|(seed, plan)| classes(plan, seed))
        .collect();
    for class in each.into_iter().flatten() {
        *counts.entry(class).or_default() += 1;
    }
    let total: usize = counts.values().sum();
    let caught: usize = counts
        .iter()
        .filter(|((_, class), _)| *class == "caught")
        .map(|(_, n)| n)
        .sum();
    assert!(total >= 500, "{total}: {counts:#?}");
    assert!(caught * 2 > total, "{caught} of {total}: {counts:#?}");
    for kind in KINDS {
        assert!(
            counts.keys().any(|(of, _)| *of == kind),
            "no mutation of kind {kind}"
        );
    }
}
