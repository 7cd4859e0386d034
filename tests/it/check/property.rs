//! What checks say about rules, against the naive evaluator: small policies, and a packet of every kind that their
//! rules can tell apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::IpAddr;

use arbtest::arbitrary::{Result, Unstructured};
use septum::check::find;
use septum::diagnostic::Diagnostic;
use septum::packet::Packet;

use crate::oracle::address::AddressRange;
use crate::oracle::policy::{NaiveRule, NaiveService};
use crate::sample::{self, Loaded};

/// Two zones of both families, each with its label, and a third that nobody has labelled.
const ZONES: &str = "zone office { subnet 10.0.0.0/30, 2001:db8:0::/127; label user }
zone pumps { subnet 10.0.1.0/30, 2001:db8:1::/127; label medical }
zone store { subnet 10.0.2.0/30 }
service worm = tcp 1-2
";

/// Sides of rules, with the ranges that they hold of the addresses below.
const SIDES: [(&str, &[&str]); 14] = [
    ("any", &["0.0.0.0/0", "::/0"]),
    ("office", &["10.0.0.0/30", "2001:db8::/127"]),
    ("pumps", &["10.0.1.0/30", "2001:db8:1::/127"]),
    ("store", &["10.0.2.0/30"]),
    ("10.0.0.0/31", &["10.0.0.0/31"]),
    ("10.0.0.2/31", &["10.0.0.2/31"]),
    ("10.0.0.3", &["10.0.0.3/32"]),
    ("2001:db8::", &["2001:db8::/128"]),
    ("2001:db8::1", &["2001:db8::1/128"]),
    ("10.0.1.0/31", &["10.0.1.0/31"]),
    ("10.0.1.2 | 2001:db8:1::1", &["10.0.1.2/32", "2001:db8:1::1/128"]),
    ("office | store", &["10.0.0.0/30", "2001:db8::/127", "10.0.2.0/30"]),
    ("pumps - 10.0.1.0/31", &["10.0.1.2/31", "2001:db8:1::/127"]),
    ("any - office", &["0.0.0.0/5", "10.0.0.4/30", "10.0.1.0/24", "10.0.2.0/30", "2001:db8:1::/127", "3000::/4"]),
];

/// An address in each part that the sides tell apart; the last are of no zone.
const ADDRESSES: [&str; 18] = [
    "10.0.0.0",
    "10.0.0.1",
    "10.0.0.2",
    "10.0.0.3",
    "10.0.1.0",
    "10.0.1.1",
    "10.0.1.2",
    "10.0.1.3",
    "10.0.2.0",
    "2001:db8::",
    "2001:db8::1",
    "2001:db8:1::",
    "2001:db8:1::1",
    "10.0.0.4",
    "1.1.1.1",
    "10.0.2.3",
    "10.0.1.255",
    "3000::1",
];

const TCP: u8 = 6;
const UDP: u8 = 17;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// Services, with what they hold: protocol, source ports or type, destination ports or code, IPv6.
type Held = (u8, Option<(u16, u16)>, Option<(u16, u16)>);
const SERVICES: [(&str, &[Held]); 9] = [
    ("any", &[]),
    ("tcp 1", &[(TCP, None, Some((1, 1)))]),
    ("tcp 1-2", &[(TCP, None, Some((1, 2)))]),
    ("tcp 2, 3", &[(TCP, None, Some((2, 3)))]),
    ("tcp 1-3 from 9", &[(TCP, Some((9, 9)), Some((1, 3)))]),
    ("tcp", &[(TCP, None, None)]),
    ("udp, tcp 2-3", &[(UDP, None, None), (TCP, None, Some((2, 3)))]),
    ("icmp", &[(ICMP, None, None)]),
    ("ping", &[(ICMP, Some((8, 8)), None), (ICMPV6, Some((128, 128)), None)]),
];

/// A packet in each part that the services tell apart: protocol, first and second number.
const HEADERS: [(u8, u16, u16); 14] = [
    (TCP, 9, 1),
    (TCP, 9, 2),
    (TCP, 9, 3),
    (TCP, 9, 4),
    (TCP, 8, 1),
    (TCP, 8, 2),
    (TCP, 8, 3),
    (TCP, 8, 4),
    (UDP, 8, 1),
    (ICMP, 8, 0),
    (ICMP, 3, 0),
    (ICMPV6, 128, 0),
    (ICMPV6, 3, 0),
    (50, 0, 0),
];

/// The last days of rules; the first is over. Without one a rule has no end.
const ENDS: [&str; 3] = ["2026-12-31", "2027-06-30", "2028-06-30"];

struct Rule {
    naive: NaiveRule,
    /// Index into [`ENDS`], or their number.
    end: usize,
    /// Index of its mode.
    mode: Option<usize>,
    line: usize,
}

struct World {
    text: String,
    rules: Vec<Rule>,
}

fn ranges(texts: &[&str]) -> Vec<AddressRange> {
    texts.iter().map(|text| AddressRange::parse_prefix(text).unwrap()).collect()
}

fn services(held: &[Held]) -> Vec<NaiveService> {
    if held.is_empty() {
        return vec![NaiveService::default()];
    }
    let service = |(protocol, first, second): &Held| NaiveService {
        protocol: Some(*protocol),
        first: *first,
        second: *second,
        // A family has only its own ICMP.
        v6: match *protocol {
            ICMP => Some(false),
            ICMPV6 => Some(true),
            _ => None,
        },
    };
    held.iter().map(service).collect()
}

impl World {
    fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let mut world = Self {
            text: ZONES.to_owned(),
            rules: Vec::new(),
        };
        for _ in 0..u.int_in_range(1..=8)? {
            let mode = if u.ratio(1, 6)? { Some(u.int_in_range(0..=1)?) } else { None };
            let allow = mode.is_none() && u.ratio(2, 3)?;
            let (from, sources) = u.choose(&SIDES)?;
            let (to, destinations) = u.choose(&SIDES)?;
            let (service, held) = u.choose(&SERVICES)?;
            let end = if u.ratio(1, 3)? { u.int_in_range(0..=2)? } else { ENDS.len() };
            let until = ENDS.get(end).map_or_else(String::new, |date| format!(" {{ expires {date} }}"));
            let word = if allow { "allow" } else { "deny" };
            let rule = format!("{word} {from} -> {to} : {service}{until}");
            let line = world.text.lines().count();
            match mode {
                None => writeln!(world.text, "{rule}").unwrap(),
                // A mode has one name, so each of its rules stands in the block that `finished` writes.
                Some(_) => writeln!(world.text, "# {rule}").unwrap(),
            }
            world.rules.push(Rule {
                naive: NaiveRule {
                    allow,
                    sources: ranges(sources),
                    destinations: ranges(destinations),
                    services: services(held),
                },
                end,
                mode,
                line,
            });
        }
        world.write_modes();
        Ok(world)
    }

    /// Writes the rules of modes, which were only noted, at the end.
    fn write_modes(&mut self) {
        let noted: Vec<String> = self.text.lines().map(str::to_owned).collect();
        for mode in 0..2 {
            writeln!(self.text, "mode m{mode} {{").unwrap();
            for rule in self.rules.iter_mut().filter(|rule| rule.mode == Some(mode)) {
                let text = noted[rule.line].trim_start_matches("# ");
                rule.line = self.text.lines().count();
                writeln!(self.text, "{text}").unwrap();
            }
            writeln!(self.text, "}}").unwrap();
        }
    }

    /// The findings of a check, by rule.
    fn found(&self, loaded: &Loaded, check: &str) -> BTreeMap<usize, Diagnostic> {
        let mut settings = sample::settings(loaded);
        settings.insist(find(check).unwrap());
        let all = sample::findings_on(loaded, &settings, None, sample::today()).into_iter();
        let of_check = all.map(|finding| finding.diagnostic).filter(|found| found.code == check);
        of_check.map(|found| (self.rule_at(loaded, &found), found)).collect()
    }

    fn rule_at(&self, loaded: &Loaded, found: &Diagnostic) -> usize {
        let span = found.primary.as_ref().unwrap().span;
        let file = loaded.sources.file(span.file).unwrap();
        let line = file.text()[..usize::try_from(span.start).unwrap()].matches('\n').count();
        self.rules.iter().position(|rule| rule.line == line).unwrap()
    }

    /// The rules that are left on the last day of one, in its mode.
    fn beside(&self, rule: &Rule, gone: &BTreeSet<usize>) -> impl Iterator<Item = &Rule> {
        let (end, mode, line) = (rule.end, rule.mode, rule.line);
        self.rules
            .iter()
            .enumerate()
            .filter(move |(index, _)| !gone.contains(index))
            .map(|(_, other)| other)
            .filter(move |other| {
                other.line != line && other.end >= end && (other.mode.is_none() || other.mode == mode)
            })
    }

    /// Whether a packet is permitted on the last day of `end`, in a mode, without some of the rules.
    fn permits(&self, packet: &Packet, end: usize, mode: Option<usize>, gone: &BTreeSet<usize>) -> bool {
        let some = |allow| {
            let mut rules = self.rules.iter().enumerate();
            rules.any(|(index, rule)| {
                !gone.contains(&index)
                    && rule.naive.allow == allow
                    && rule.end >= end
                    && (rule.mode.is_none() || rule.mode == mode)
                    && rule.naive.matches(packet)
            })
        };
        some(true) && !some(false)
    }
}

/// A packet of every kind.
fn packets() -> Vec<Packet> {
    let addresses: Vec<IpAddr> = ADDRESSES.iter().map(|text| text.parse().unwrap()).collect();
    let mut packets = Vec::new();
    for source in &addresses {
        for destination in &addresses {
            packets.extend(HEADERS.iter().map(|(protocol, first, second)| Packet {
                source: *source,
                destination: *destination,
                protocol: *protocol,
                first: *first,
                second: *second,
            }));
        }
    }
    packets.retain(Packet::is_possible);
    packets
}

#[test]
fn dead_rules_are_those_that_no_packet_needs() {
    let packets = packets();
    let mut verdicts: BTreeMap<(bool, bool), usize> = BTreeMap::new();
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let loaded = sample::policy(&world.text).sound();
        let found = world.found(&loaded, "dead-rule");
        let dead: BTreeSet<usize> = found.keys().copied().collect();
        let told = || format!("{}{dead:?}", world.text);
        // All of them may go at once: on no day and in no mode is anything permitted that was not, or the reverse.
        for end in 1..=ENDS.len() {
            for mode in [None, Some(0), Some(1)] {
                for packet in &packets {
                    let with = world.permits(packet, end, mode, &BTreeSet::new());
                    let without = world.permits(packet, end, mode, &dead);
                    assert_eq!(with, without, "{packet}\n{}", told());
                }
            }
        }
        for (index, rule) in world.rules.iter().enumerate().filter(|(_, rule)| rule.end > 0) {
            let own: Vec<&Packet> = packets.iter().filter(|packet| rule.naive.matches(packet)).collect();
            // Beside those that stay, what is the rule needed for?
            let needed = own.iter().any(|packet| {
                let mut beside = world.beside(rule, &dead);
                !beside.any(|other| {
                    (rule.naive.allow || !other.naive.allow) && other.naive.matches(packet)
                })
            });
            let reported = dead.contains(&index);
            assert_eq!(reported, !needed && !own.is_empty(), "rule {index}\n{}", told());
            *verdicts.entry((rule.naive.allow, reported)).or_default() += 1;
        }
        // Nothing is named that does not cover a packet of the rule.
        for (index, finding) in &found {
            for label in &finding.secondary {
                let line = line_of(&loaded, label.span);
                let other = world.rules.iter().find(|rule| rule.line == line).unwrap();
                let both = |packet: &&Packet| {
                    world.rules[*index].naive.matches(packet) && other.naive.matches(packet)
                };
                assert!(packets.iter().any(|packet| both(&packet)), "{}", told());
            }
        }
        Ok(())
    })
    .size_min(1 << 7)
    .size_max(1 << 9)
    .budget_ms(4_000);
    assert_eq!(verdicts.len(), 4, "{verdicts:?}");
    assert!(verdicts.values().all(|count| *count > 20), "{verdicts:?}");
}

fn line_of(loaded: &Loaded, span: septum::source::Span) -> usize {
    let text = loaded.sources.file(span.file).unwrap().text();
    text[..usize::try_from(span.start).unwrap()].matches('\n').count()
}

#[test]
fn partly_denied_are_rules_with_packets_on_both_sides_of_a_deny() {
    let packets = packets();
    let mut verdicts = [0, 0];
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let loaded = sample::policy(&world.text).sound();
        let found = world.found(&loaded, "partly-denied");
        let holds = |rule: &&Rule| rule.end > 0 && rule.mode.is_none();
        for (index, rule) in world.rules.iter().enumerate().filter(|(_, rule)| holds(rule)) {
            let own: Vec<&Packet> = packets.iter().filter(|packet| rule.naive.matches(packet)).collect();
            let denies: Vec<&Rule> = world.rules.iter().filter(|rule| holds(rule) && !rule.naive.allow).collect();
            let denied = |packet: &&&Packet| denies.iter().any(|deny| deny.naive.matches(packet));
            let taken = own.iter().filter(denied).count();
            let partly = rule.naive.allow && taken > 0 && taken < own.len();
            assert_eq!(found.contains_key(&index), partly, "rule {index}\n{}", world.text);
            if let Some(finding) = found.get(&index) {
                let cutting = denies.iter().filter(|deny| own.iter().any(|packet| deny.naive.matches(packet)));
                assert_eq!(finding.secondary.len(), cutting.count().min(5), "{}", world.text);
            }
            verdicts[usize::from(partly)] += 1;
        }
        Ok(())
    })
    .size_min(1 << 7)
    .size_max(1 << 9)
    .budget_ms(2_000);
    assert!(verdicts.iter().all(|count| *count > 20), "{verdicts:?}");
}

#[test]
fn a_lateral_port_is_open_where_some_packet_gets_through() {
    let packets = packets();
    let (office, pumps) = (ranges(SIDES[1].1), ranges(SIDES[2].1));
    let worm = services(SERVICES[2].1);
    let lateral = NaiveRule {
        allow: true,
        sources: office,
        destinations: pumps,
        services: worm,
    };
    let manifest = "checks:\n  lateral-port: { services: [worm] }\n";
    let mut verdicts = [0, 0];
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let loaded = sample::policy_under(manifest, "policy.sept", &world.text).sound();
        let found = world.found(&loaded, "lateral-port");
        let today = |packet: &Packet| world.permits(packet, 1, None, &BTreeSet::new());
        let holds = |rule: &Rule| rule.end > 0 && rule.mode.is_none() && rule.naive.allow;
        for (index, rule) in world.rules.iter().enumerate().filter(|(_, rule)| holds(rule)) {
            let open = |packet: &Packet| {
                rule.naive.matches(packet) && lateral.matches(packet) && today(packet)
            };
            let open = packets.iter().any(open);
            assert_eq!(found.contains_key(&index), open, "rule {index}\n{}", world.text);
            verdicts[usize::from(open)] += 1;
        }
        Ok(())
    })
    .size_min(1 << 7)
    .size_max(1 << 9)
    .budget_ms(2_000);
    assert!(verdicts.iter().all(|count| *count > 20), "{verdicts:?}");
}
