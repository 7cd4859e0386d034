//! Files with one mistake in them: the proof finds it wherever an independent interpreter sees a difference.

use std::collections::BTreeMap;

use septum::packet::{AddressSet, Packet};
use septum::plan::{DevicePlan, LocalPlan, PlanRule, Role, companion_flows};
use septum::proof::Proof;
use septum::target::Owned;

use super::super::plans::*;
use super::{plans, proof};
use crate::oracle::nft::{Hook, NftRuleset, Seen, State};
use crate::oracle::packets::{Packets, Random};

/// An interface that no plan names.
const OTHER: &str = "zz9";

/// Where a packet is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Spot {
    Forward(String, String),
    Input(String),
    Output(String),
}

/// A file, and what an independent interpreter makes of it.
struct Loaded(NftRuleset);

impl Loaded {
    /// None where nft would refuse the file, or the interpreter does not know some statement.
    fn new(text: &str) -> Option<Self> {
        let mut ruleset = NftRuleset::default();
        ruleset.apply(text).ok()?;
        Some(Self(ruleset))
    }

    /// None where the answer depends on bytes that packets here do not have.
    fn permits(&self, spot: &Spot, packet: &Packet, state: State) -> Option<bool> {
        let (hooks, iif, oif) = match spot {
            Spot::Forward(from, to) => (
                vec![Hook::Prerouting, Hook::Forward, Hook::Postrouting],
                from.as_str(),
                to.as_str(),
            ),
            Spot::Input(from) => (vec![Hook::Prerouting, Hook::Input], from.as_str(), ""),
            Spot::Output(to) => (vec![Hook::Output, Hook::Postrouting], "", to.as_str()),
        };
        let seen = Seen {
            iif,
            oif,
            packet,
            state,
            tcp_flags: if state == State::New { 2 } else { 16 },
            within_limit: true,
            // Neighbour discovery always has the one that is asked for.
            hop_limit: 255,
        };
        self.0.hooks(&hooks, &seen).ok().map(|verdict| verdict.permits())
    }
}

/// A plan with everything that its mutants are held against.
struct Subject {
    plan: DevicePlan,
    text: String,
    loaded: Loaded,
    spots: Vec<Spot>,
}

impl Subject {
    fn new(mut plan: DevicePlan) -> Self {
        // Protocols of the device may pass and need not, which an interpreter of the file cannot know.
        plan.local = LocalPlan {
            run: Vec::new(),
            ..plan.local
        };
        let text = emit(&plan, &Owned::new()).text;
        let loaded = Loaded::new(&text).expect("what is written is known");
        let spots = spots(&plan);
        Self {
            plan,
            text,
            loaded,
            spots,
        }
    }

    fn rules(&self) -> Vec<&PlanRule> {
        let manage = self.plan.local.manage.iter();
        match &self.plan.role {
            Role::Router(forwarding) => manage
                .chain(forwarding.pairs.iter().flat_map(|pair| &pair.rules))
                .collect(),
            Role::Host(host) => manage.chain(&host.inbound).chain(&host.outbound).collect(),
        }
    }

    /// Packets at the corners of every rule of the plan, and around them.
    fn packets(&self, seed: u64, count: usize) -> Vec<Packet> {
        let (mut addresses, mut ports) = (Vec::new(), vec![22, 23, 443]);
        let rules = self.rules();
        let ends = |set: &AddressSet| -> Vec<std::net::IpAddr> {
            let v4 = set.v4.ranges().iter().flat_map(|(a, b)| [*a, *b]);
            let v6 = set.v6.ranges().iter().flat_map(|(a, b)| [*a, *b]);
            v4.map(|a| std::net::Ipv4Addr::from(a).into())
                .chain(v6.map(|a| std::net::Ipv6Addr::from(a).into()))
                .collect()
        };
        for rule in &rules {
            addresses.extend(ends(&rule.flow.source));
            addresses.extend(ends(&rule.flow.destination));
            for region in [&rule.flow.service.tcp, &rule.flow.service.udp] {
                for (first, second) in region.rows() {
                    let ranges = first.ranges().iter().chain(second.ranges());
                    ports.extend(ranges.flat_map(|(a, b)| [*a, *b]));
                }
            }
        }
        addresses.sort_unstable();
        addresses.dedup();
        ports.sort_unstable();
        ports.dedup();
        let mut packets: Vec<Packet> = Packets::new(seed, &addresses, &[], &ports)
            .take(count / 2)
            .collect();
        // Corners of products, where a packet at random seldom falls.
        let mut random = Random::new(seed);
        let samples = Packets::new(seed + 1, &addresses, &[], &ports);
        for packet in samples.take(count / 2) {
            let rule = rules[random.below(rules.len())];
            let same_family = |a: &std::net::IpAddr| a.is_ipv4() == packet.source.is_ipv4();
            let sources: Vec<_> = ends(&rule.flow.source).into_iter().filter(same_family).collect();
            let destinations: Vec<_> = ends(&rule.flow.destination)
                .into_iter()
                .filter(same_family)
                .collect();
            packets.push(Packet {
                source: random.pick(&sources).unwrap_or(packet.source),
                destination: random.pick(&destinations).unwrap_or(packet.destination),
                ..packet
            });
        }
        packets.retain(Packet::is_possible);
        packets
    }
}

fn spots(plan: &DevicePlan) -> Vec<Spot> {
    let Role::Router(forwarding) = &plan.role else {
        return vec![Spot::Input("eth0".to_owned()), Spot::Output("eth0".to_owned())];
    };
    let named = forwarding.sides.iter().flat_map(|side| &side.interfaces);
    let names: Vec<String> = named
        .map(|port| port.name.clone())
        .chain([OTHER.to_owned()])
        .collect();
    let mut spots: Vec<Spot> = names
        .iter()
        .flat_map(|from| names.iter().map(|to| Spot::Forward(from.clone(), to.clone())))
        .collect();
    if !plan.local.manage.is_empty() {
        spots.extend(names.iter().cloned().map(Spot::Input));
    }
    spots
}

/// The spot that a place of a proof is.
fn spot(place: &str) -> Spot {
    let interface = |word: &str| {
        if word.is_empty() || word == "any other interface" {
            OTHER.to_owned()
        } else {
            word.to_owned()
        }
    };
    if let Some((from, to)) = place.split_once(" -> ") {
        Spot::Forward(interface(from), interface(to))
    } else if let Some(from) = place.strip_prefix("input") {
        Spot::Input(interface(from.trim()))
    } else {
        Spot::Output(interface(place.trim_start_matches("output").trim()))
    }
}

/// What may pass and need not: errors and neighbour discovery, at the device itself.
fn is_free(spot: &Spot, packet: &Packet) -> bool {
    !matches!(spot, Spot::Forward(..)) && companion_flows().iter().any(|flow| flow.contains(packet))
}

/// Some packet on which the mutant differs.
fn difference(subject: &Subject, mutant: &Loaded, seed: u64, count: usize) -> Option<String> {
    let mut random = Random::new(seed);
    for (number, packet) in subject.packets(seed, count).iter().enumerate() {
        // Each packet somewhere, the earlier ones everywhere.
        let everywhere = number < 60;
        let picked = random.below(subject.spots.len());
        for (index, spot) in subject.spots.iter().enumerate() {
            if !everywhere && index != picked {
                continue;
            }
            let is = mutant.permits(spot, packet, State::New);
            let was = subject.loaded.permits(spot, packet, State::New);
            if is != was && !is_free(spot, packet) {
                return Some(format!("{spot:?} {packet}: was {was:?}, is {is:?}"));
            }
            for (state, wanted) in [(State::Established, true), (State::Related, true)] {
                if everywhere && mutant.permits(spot, packet, state) != Some(wanted) {
                    return Some(format!("{spot:?} {packet}: {state:?} does not pass"));
                }
            }
            if everywhere && mutant.permits(spot, packet, State::Invalid) > is.or(Some(true)) {
                return Some(format!("{spot:?} {packet}: passes though invalid"));
            }
        }
    }
    None
}

/// Every example of a proof holds in the interpreter.
fn confirm(subject: &Subject, mutant: &Loaded, proof: &Proof, what: &str) {
    for mismatch in &proof.mismatches {
        let (spot, packet) = (spot(&mismatch.place), &mismatch.change.witness);
        let is = mutant.permits(&spot, packet, State::New);
        assert_eq!(is, Some(mismatch.opened), "{what}: {} {packet}", mismatch.place);
        let was = subject.loaded.permits(&spot, packet, State::New);
        assert_eq!(was, Some(!mismatch.opened), "{what}: {} {packet}", mismatch.place);
    }
}

const REPLACEMENTS: &[(&str, &str, &str)] = &[
    ("verdict", " accept", " drop"),
    ("verdict", " drop", " accept"),
    ("verdict", " accept", " return"),
    ("verdict", ": goto", ": jump"),
    (
        "verdict",
        "vmap @dispatch",
        "vmap { \"eth0\" . \"eth1\" : accept }",
    ),
    ("policy", "policy drop", "policy accept"),
    ("state", "invalid : drop", "invalid : accept"),
    ("state", "established : accept", "established : drop"),
    ("state", "related : accept", "new : accept"),
    ("state", "ct state vmap", "ct state { new } counter #"),
    ("side", " saddr ", " daddr "),
    ("side", " daddr ", " saddr "),
    ("side", " dport ", " sport "),
    ("side", " sport ", " dport "),
    ("side", "iifname", "oifname"),
    ("side", "iifname . oifname", "oifname . iifname"),
    ("protocol", "tcp ", "udp "),
    ("protocol", "udp ", "tcp "),
    ("protocol", " . 6 . ", " . 17 . "),
    ("protocol", " . 17 . ", " . 6 . "),
    ("protocol", "icmp type", "icmp code"),
    ("protocol", "l4proto 50", "l4proto 51"),
    ("negation", "saddr ", "saddr != "),
    ("negation", "dport ", "dport != "),
    ("negation", "iifname ", "iifname != "),
    ("interface", "eth0", "eth1"),
    ("interface", "eth1", "eth2"),
    ("interface", "eth2", "eth0"),
    ("interface", "eth1", OTHER),
    ("limit", "counter accept", "limit rate 1/second accept"),
    ("mask", "& 255.255.255.0", "& 255.255.254.0"),
    ("mask", " & 255.255.255.128", ""),
    ("jump", ": jump", ": goto"),
    ("test lost", "tcp dport 22 ", ""),
    ("test lost", "meta l4proto", "meta l4proto != 1 meta l4proto"),
];

/// A mutant and the class of its mistake; none where the chosen mistake cannot be made at the chosen line.
fn mutate(text: &str, random: &mut Random) -> Option<(&'static str, String)> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    // What removes older objects is seldom of interest.
    let end = lines
        .iter()
        .position(|line| line.starts_with("# What an earlier"))
        .unwrap_or(lines.len());
    let within = if random.below(20) == 0 { lines.len() } else { end };
    let at = random.below(within);
    let line = lines[at].clone();
    if line.trim().is_empty() || line.trim_start().starts_with('#') {
        return None;
    }
    let class = match random.below(10) {
        0 => {
            lines.remove(at);
            "line dropped"
        }
        1 => {
            let to = random.below(end);
            lines.insert(to, line);
            "line copied"
        }
        2 => {
            let to = random.below(end);
            lines.swap(at, to);
            "lines swapped"
        }
        3..6 => number(&line, random)
            .map(|changed| lines[at] = changed)
            .map(|()| "number")?,
        _ => {
            let fitting: Vec<_> = REPLACEMENTS
                .iter()
                .filter(|(_, from, _)| line.contains(from))
                .collect();
            let (class, from, to) = random.pick(&fitting)?;
            let places: Vec<usize> = line.match_indices(from).map(|(place, _)| place).collect();
            let place = random.pick(&places)?;
            let (before, after) = line.split_at(place);
            lines[at] = format!("{before}{}", after.replacen(from, to, 1));
            class
        }
    };
    let mutant = lines.join("\n") + "\n";
    (mutant != text).then_some((class, mutant))
}

/// One number of the line is another: a port, an octet, the length of a prefix.
fn number(line: &str, random: &mut Random) -> Option<String> {
    let code = line.split(" comment ").next()?.len();
    let mut places = Vec::new();
    let bytes = line.as_bytes();
    for (at, byte) in bytes[..code].iter().enumerate() {
        let starts = at == 0 || !bytes[at - 1].is_ascii_alphanumeric();
        if byte.is_ascii_digit() && starts {
            places.push(at);
        }
    }
    let at = random.pick(&places)?;
    let length = line[at..]
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(line.len() - at);
    let old: u32 = line[at..at + length].parse().ok()?;
    let new = match random.below(4) {
        0 => old.checked_sub(1)?,
        1 => old + 1,
        2 => old / 2,
        _ => old.checked_sub(8)?,
    };
    Some(format!("{}{new}{}", &line[..at], &line[at + length..]))
}

#[test]
fn every_mistake_that_matters_is_found() {
    let mut classes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    let mut counted = 0;
    for (seed, plan) in (1..).zip(plans::by_hand()) {
        let subject = Subject::new(plan);
        assert!(proof(&subject.plan, &subject.text).holds());
        assert_eq!(difference(&subject, &subject.loaded, seed, 2_000), None);
        let mut random = Random::new(seed);
        let mut tried = 0;
        while tried < 200 {
            let Some((class, text)) = mutate(&subject.text, &mut random) else {
                continue;
            };
            let proof = proof(&subject.plan, &text);
            let Some(mutant) = Loaded::new(&text) else {
                *classes.entry((class, "refused by nft")).or_default() += 1;
                continue;
            };
            tried += 1;
            counted += 1;
            let first = text.lines().zip(subject.text.lines()).find(|(a, b)| a != b);
            let what = format!("{class}: {first:?}");
            confirm(&subject, &mutant, &proof, &what);
            let outcome = if !proof.mismatches.is_empty() {
                "found"
            } else if !proof.unknown.is_empty() {
                "not understood"
            } else {
                assert_eq!(
                    difference(&subject, &mutant, seed + tried, 3_000),
                    None,
                    "{what}\n{text}"
                );
                "no difference"
            };
            *classes.entry((class, outcome)).or_default() += 1;
        }
    }
    let table: Vec<String> = classes
        .iter()
        .map(|((class, outcome), n)| format!("{class}: {outcome} {n}"))
        .collect();
    eprintln!("{}", table.join("\n"));
    assert!(counted >= 800, "{counted}");
    let of = |outcome: &str| {
        classes
            .iter()
            .filter(|((_, o), _)| *o == outcome)
            .map(|(_, n)| n)
            .sum::<usize>()
    };
    assert!(of("found") > 350 && of("not understood") < 200, "{table:#?}");
}
