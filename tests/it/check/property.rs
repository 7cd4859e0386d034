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
    (
        "office | store",
        &["10.0.0.0/30", "2001:db8::/127", "10.0.2.0/30"],
    ),
    ("pumps - 10.0.1.0/31", &["10.0.1.2/31", "2001:db8:1::/127"]),
    (
        "any - office",
        &[
            "0.0.0.0/5",
            "10.0.0.4/30",
            "10.0.1.0/24",
            "10.0.2.0/30",
            "2001:db8:1::/127",
            "3000::/4",
        ],
    ),
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
    (
        "ping",
        &[(ICMP, Some((8, 8)), None), (ICMPV6, Some((128, 128)), None)],
    ),
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
    texts
        .iter()
        .map(|text| AddressRange::parse_prefix(text).unwrap())
        .collect()
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
            let mode = if u.ratio(1, 6)? {
                Some(u.int_in_range(0..=1)?)
            } else {
                None
            };
            let allow = mode.is_none() && u.ratio(3, 5)?;
            let (from, sources) = u.choose(&SIDES)?;
            let (to, destinations) = u.choose(&SIDES)?;
            let (service, held) = u.choose(&SERVICES)?;
            let end = if u.ratio(1, 3)? {
                u.int_in_range(0..=2)?
            } else {
                ENDS.len()
            };
            let until = ENDS
                .get(end)
                .map_or_else(String::new, |date| format!(" {{ expires {date} }}"));
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
        let of_check = all
            .map(|finding| finding.diagnostic)
            .filter(|found| found.code == check);
        of_check
            .map(|found| (self.rule_at(loaded, &found), found))
            .collect()
    }

    fn rule_at(&self, loaded: &Loaded, found: &Diagnostic) -> usize {
        let span = found.primary.as_ref().unwrap().span;
        let file = loaded.sources.file(span.file).unwrap();
        let line = file.text()[..usize::try_from(span.start).unwrap()]
            .matches('\n')
            .count();
        self.rules.iter().position(|rule| rule.line == line).unwrap()
    }

    /// For each rule and packet, by number, whether the rule holds it.
    fn held(&self, packets: &[Packet]) -> Vec<Vec<bool>> {
        let holds = |rule: &Rule| packets.iter().map(|packet| rule.naive.matches(packet)).collect();
        self.rules.iter().map(holds).collect()
    }

    /// The rules that hold on the last day of `end`, in a mode, without some of them.
    fn rules_on(&self, end: usize, mode: Option<usize>, gone: &BTreeSet<usize>) -> Vec<usize> {
        let all = self.rules.iter().enumerate();
        all.filter(|(index, rule)| {
            !gone.contains(index) && rule.end >= end && (rule.mode.is_none() || rule.mode == mode)
        })
        .map(|(index, _)| index)
        .collect()
    }

    /// Whether some of the rules permit a packet, by its number.
    fn permits(&self, rules: &[usize], held: &[Vec<bool>], packet: usize) -> bool {
        let some = |allow| {
            let mut rules = rules.iter();
            rules.any(|rule| self.rules[*rule].naive.allow == allow && held[*rule][packet])
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
    let numbers = 0..packets.len();
    let mut verdicts: BTreeMap<(bool, bool), usize> = BTreeMap::new();
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let held = world.held(&packets);
        let loaded = sample::policy(&world.text).sound();
        let found = world.found(&loaded, "dead-rule");
        let dead: BTreeSet<usize> = found.keys().copied().collect();
        let told = || format!("{}{dead:?}", world.text);
        // All of them may go at once: on no day and in no mode is anything permitted that was not, or the reverse.
        for end in 1..=ENDS.len() {
            for mode in [None, Some(0), Some(1)] {
                let all = world.rules_on(end, mode, &BTreeSet::new());
                let left = world.rules_on(end, mode, &dead);
                let differs = |packet: &usize| {
                    world.permits(&all, &held, *packet) != world.permits(&left, &held, *packet)
                };
                let different = numbers.clone().find(differs).map(|packet| packets[packet]);
                assert_eq!(different, None, "{}", told());
            }
        }
        for (index, rule) in world.rules.iter().enumerate().filter(|(_, rule)| rule.end > 0) {
            // On its last day, beside the rules that stay: what is it needed for?
            let mut beside = world.rules_on(rule.end, rule.mode, &dead);
            beside.retain(|other| *other != index && (rule.naive.allow || !world.rules[*other].naive.allow));
            let own: Vec<usize> = numbers.clone().filter(|packet| held[index][*packet]).collect();
            let covered = |packet: &usize| beside.iter().any(|other| held[*other][*packet]);
            let unneeded = !own.is_empty() && own.iter().all(covered);
            assert_eq!(dead.contains(&index), unneeded, "rule {index}\n{}", told());
            *verdicts.entry((rule.naive.allow, unneeded)).or_default() += 1;
        }
        // No rule is named that has no packet in common with the one that it is said to cover.
        for (index, finding) in &found {
            for label in &finding.secondary {
                let line = line_of(&loaded, label.span);
                let other = world.rules.iter().position(|rule| rule.line == line).unwrap();
                let shared = numbers
                    .clone()
                    .any(|packet| held[*index][packet] && held[other][packet]);
                assert!(shared, "{}", told());
            }
        }
        Ok(())
    })
    .size_min(1 << 7)
    .size_max(1 << 9)
    .budget_ms(3_000);
    // A generator that makes no dead rule, or only dead ones, proves nothing.
    assert_eq!(verdicts.len(), 4, "{verdicts:?}");
}

fn line_of(loaded: &Loaded, span: septum::source::Span) -> usize {
    let text = loaded.sources.file(span.file).unwrap().text();
    text[..usize::try_from(span.start).unwrap()].matches('\n').count()
}

#[test]
fn partly_denied_are_rules_with_packets_on_both_sides_of_a_deny() {
    let packets = packets();
    let numbers = 0..packets.len();
    let mut verdicts = [0, 0];
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let held = world.held(&packets);
        let loaded = sample::policy(&world.text).sound();
        let found = world.found(&loaded, "partly-denied");
        let today = world.rules_on(1, None, &BTreeSet::new());
        for index in &today {
            let own: Vec<usize> = numbers.clone().filter(|packet| held[*index][*packet]).collect();
            let mut denies = today.clone();
            denies.retain(|rule| {
                !world.rules[*rule].naive.allow && own.iter().any(|packet| held[*rule][*packet])
            });
            let denied = |packet: &&usize| denies.iter().any(|deny| held[*deny][**packet]);
            let taken = own.iter().filter(denied).count();
            let partly = world.rules[*index].naive.allow && taken > 0 && taken < own.len();
            assert_eq!(found.contains_key(index), partly, "rule {index}\n{}", world.text);
            if let Some(finding) = found.get(index) {
                assert_eq!(finding.secondary.len(), denies.len().min(5), "{}", world.text);
            }
            verdicts[usize::from(partly)] += 1;
        }
        Ok(())
    })
    .size_min(1 << 7)
    .size_max(1 << 9)
    .budget_ms(2_000);
    assert!(verdicts.iter().all(|count| *count > 0), "{verdicts:?}");
}

#[test]
fn a_lateral_port_is_open_where_some_packet_gets_through() {
    let packets = packets();
    let lateral = NaiveRule {
        allow: true,
        sources: ranges(SIDES[1].1),
        destinations: ranges(SIDES[2].1),
        services: services(SERVICES[2].1),
    };
    let numbers = 0..packets.len();
    let lateral: Vec<usize> = numbers
        .filter(|packet| lateral.matches(&packets[*packet]))
        .collect();
    let manifest = "checks:\n  lateral-port: { services: [worm] }\n";
    let mut verdicts = [0, 0];
    arbtest::arbtest(|u| {
        let world = World::arbitrary(u)?;
        let held = world.held(&packets);
        let loaded = sample::policy_under(manifest, "policy.sept", &world.text).sound();
        let found = world.found(&loaded, "lateral-port");
        let today = world.rules_on(1, None, &BTreeSet::new());
        for index in today.iter().filter(|rule| world.rules[**rule].naive.allow) {
            let mut lateral = lateral.iter();
            let open = lateral.any(|packet| held[*index][*packet] && world.permits(&today, &held, *packet));
            assert_eq!(found.contains_key(index), open, "rule {index}\n{}", world.text);
            verdicts[usize::from(open)] += 1;
        }
        Ok(())
    })
    .size_min(1 << 7)
    .size_max(1 << 9)
    .budget_ms(2_000);
    assert!(verdicts.iter().all(|count| *count > 0), "{verdicts:?}");
}
