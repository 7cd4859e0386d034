//! Verdicts against a naive enumerator: every host, every packet of a small space, every chain.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use arbtest::arbitrary::{Result, Unstructured};

use super::harness::{findings, load, messages_of};

/// How many packets tell services apart: tcp to 1, 2 and 3, udp, and all the rest.
pub(super) const PACKETS: usize = 5;

/// Services as text, with the packets that they hold.
const SERVICES: [Service; 5] = [
    ("any", [true; PACKETS]),
    ("tcp 1", [true, false, false, false, false]),
    ("tcp 1-2", [true, true, false, false, false]),
    ("tcp 2, 3", [false, true, true, false, false]),
    ("udp", [false, false, false, true, false]),
];

pub(super) type Addresses = BTreeSet<IpAddr>;
type Service = (&'static str, [bool; PACKETS]);

#[derive(Clone, Debug)]
struct Rule {
    /// As it is written.
    line: String,
    allow: bool,
    from: Addresses,
    to: Addresses,
    service: [bool; PACKETS],
    in_mode: bool,
}

#[derive(Clone, Debug, Default)]
pub(super) struct World {
    pub(super) text: String,
    pub(super) zones: Vec<Addresses>,
    isolated: Vec<bool>,
    /// The hosts; devices first.
    pub(super) hosts: Vec<Addresses>,
    pub(super) devices: usize,
    /// The guarded device, and whom its host firewall takes tcp 1 from.
    guard: Option<(usize, Addresses)>,
    /// Zones joined by unmanaged routers, as the number of their group.
    group: Vec<usize>,
    rules: Vec<Rule>,
    /// What can be named, with what it holds.
    pub(super) names: Vec<(String, Addresses)>,
}

fn v4(zone: usize, host: usize) -> IpAddr {
    IpAddr::V4(Ipv4Addr::new(
        10,
        0,
        u8::try_from(zone).unwrap(),
        u8::try_from(host).unwrap(),
    ))
}

fn v6(zone: usize, host: usize) -> IpAddr {
    let part = |number: usize| u16::try_from(number).unwrap();
    IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, part(zone), 0, 0, 0, 0, part(host)))
}

impl World {
    pub(super) fn arbitrary(u: &mut Unstructured<'_>) -> Result<Self> {
        let mut world = Self::default();
        let count = u.int_in_range(1..=5)?;
        for zone in 0..count {
            let mut all: Addresses = (0..4).map(|host| v4(zone, host)).collect();
            let mut subnets = format!("10.0.{zone}.0/30");
            if u.ratio(1, 3)? {
                all.extend((0..2).map(|host| v6(zone, host)));
                write!(subnets, ", 2001:db8:{zone}::/127").unwrap();
            }
            let isolate = u.ratio(1, 3)?;
            let word = if isolate { "; isolate" } else { "" };
            writeln!(world.text, "zone z{zone} {{ subnet {subnets}{word} }}").unwrap();
            world.names.push((format!("z{zone}"), all.clone()));
            world.zones.push(all);
            world.isolated.push(isolate);
        }
        world.devices(u)?;
        world.network(u)?;
        for _ in 0..u.int_in_range(0..=6)? {
            let (allow, in_mode) = match u.int_in_range(0..=7)? {
                0..=4 => (true, false),
                5 | 6 => (false, false),
                _ => (false, true),
            };
            let (from_text, from) = world.endpoint(u)?;
            let (to_text, to) = world.endpoint(u)?;
            let (service_text, service) = *u.choose(&SERVICES)?;
            let word = if allow { "allow" } else { "deny" };
            let rule = format!("{word} {from_text} -> {to_text} : {service_text}");
            let line = match in_mode {
                true => format!("mode m{} {{ {rule} }}\n", world.rules.len()),
                false => format!("{rule}\n"),
            };
            world.text.push_str(&line);
            world.rules.push(Rule {
                line,
                allow,
                from,
                to,
                service,
                in_mode,
            });
        }
        Ok(world)
    }

    /// The same with one rule less; none where there is no rule for normal times.
    pub(super) fn without_some_rule(&self, u: &mut Unstructured<'_>) -> Result<Option<Self>> {
        let normal: Vec<usize> = (0..self.rules.len())
            .filter(|number| !self.rules[*number].in_mode)
            .collect();
        if normal.is_empty() {
            return Ok(None);
        }
        let mut world = self.clone();
        // Modes keep their numbers.
        let gone = &mut world.rules[*u.choose(&normal)?];
        gone.in_mode = true;
        world.text = self.text.replacen(&gone.line, "", 1);
        Ok(Some(world))
    }

    fn devices(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        let mut taken = Addresses::new();
        for number in 0..u.int_in_range(0..=6)? {
            let zone = u.choose_index(self.zones.len())?;
            let mut own = Addresses::new();
            for _ in 0..u.int_in_range(1..=2)? {
                let all: Vec<IpAddr> = self.zones[zone].iter().copied().collect();
                let address = *u.choose(&all)?;
                if taken.insert(address) {
                    own.insert(address);
                }
            }
            if own.is_empty() {
                continue;
            }
            let listed: Vec<String> = own.iter().map(ToString::to_string).collect();
            let name = format!("d{number}");
            writeln!(
                self.text,
                "device {name} in z{zone} {{ address {} }}",
                listed.join(", ")
            )
            .unwrap();
            self.names.push((name, own.clone()));
            self.hosts.push(own);
        }
        self.devices = self.hosts.len();
        let bare: Vec<IpAddr> = self
            .zones
            .iter()
            .flatten()
            .copied()
            .filter(|a| !taken.contains(a))
            .collect();
        self.hosts
            .extend(bare.into_iter().map(|address| Addresses::from([address])));
        Ok(())
    }

    /// One managed firewall joins all zones, so that a path leads everywhere.
    fn network(&mut self, u: &mut Unstructured<'_>) -> Result<()> {
        self.text.push_str("firewall core { target nftables");
        for zone in 0..self.zones.len() {
            write!(self.text, "; interface e{zone} = z{zone}").unwrap();
        }
        self.text.push_str(" }\n");
        self.group = (0..self.zones.len()).collect();
        if self.zones.len() > 1 && u.ratio(1, 3)? {
            let (a, b) = (
                u.choose_index(self.zones.len())?,
                u.choose_index(self.zones.len())?,
            );
            if a != b {
                writeln!(
                    self.text,
                    "router old {{ unmanaged; interface x = z{a}; interface y = z{b} }}"
                )
                .unwrap();
                self.group[a] = b;
            }
        }
        if self.devices > 0 && u.ratio(1, 3)? {
            let device = u.choose_index(self.devices)?;
            let (from_text, from) = self.endpoint(u)?;
            let (name, own) = self.names[self.zones.len() + device].clone();
            write!(self.text, "firewall guard {{ target nftables; protects {name}").unwrap();
            // Nobody can manage a device over a family that it does not have, and saying so is refused.
            let reach = |a: &IpAddr| own.iter().any(|b| a.is_ipv4() == b.is_ipv4());
            if from.iter().any(reach) {
                write!(self.text, "; manage from {from_text} : tcp 1").unwrap();
            }
            self.text.push_str(" }\n");
            self.guard = Some((device, from));
        }
        Ok(())
    }

    pub(super) fn endpoint(&self, u: &mut Unstructured<'_>) -> Result<(String, Addresses)> {
        let (name, set) = u.choose(&self.names)?.clone();
        let (other, more) = u.choose(&self.names)?.clone();
        let everything = || self.zones.iter().flatten().copied();
        Ok(match u.int_in_range(0..=6)? {
            0 => (format!("{name} | {other}"), set.union(&more).copied().collect()),
            1 => (
                format!("any - {name}"),
                everything().filter(|a| !set.contains(a)).collect(),
            ),
            2 => {
                let zone = u.choose_index(self.zones.len())?;
                (
                    format!("10.0.{zone}.0/31"),
                    Addresses::from([v4(zone, 0), v4(zone, 1)]),
                )
            }
            3 => ("any".to_owned(), everything().collect()),
            _ => (name, set),
        })
    }

    pub(super) fn zone(&self, address: IpAddr) -> usize {
        self.zones
            .iter()
            .position(|zone| zone.contains(&address))
            .unwrap()
    }

    pub(super) fn host(&self, address: IpAddr) -> usize {
        self.hosts
            .iter()
            .position(|host| host.contains(&address))
            .unwrap()
    }

    pub(super) fn permitted(&self, from: IpAddr, to: IpAddr, packet: usize, mode: Option<usize>) -> bool {
        let some = |allow: bool| {
            self.rules.iter().enumerate().any(|(number, rule)| {
                rule.allow == allow
                    && (!rule.in_mode || mode == Some(number))
                    && rule.from.contains(&from)
                    && rule.to.contains(&to)
                    && rule.service[packet]
            })
        };
        some(true) && !some(false)
    }

    /// What passes between neighbours without a rule; `beyond`: also over unmanaged routers.
    fn open(&self, from: IpAddr, to: IpAddr, packet: usize, beyond: bool) -> bool {
        let (a, b) = (self.zone(from), self.zone(to));
        let near = if a == b {
            !self.isolated[a]
        } else {
            beyond && self.group[a] == self.group[b]
        };
        let guarded = |address| {
            self.guard
                .as_ref()
                .is_some_and(|(device, _)| *device == self.host(address))
        };
        let taken = || packet == 0 && self.guard.as_ref().is_some_and(|(_, who)| who.contains(&from));
        near && !guarded(from) && (!guarded(to) || taken())
    }

    pub(super) fn possible(&self, from: IpAddr, to: IpAddr, packet: usize) -> bool {
        from.is_ipv4() == to.is_ipv4()
            && self.host(from) != self.host(to)
            && (self.permitted(from, to, packet, None) || self.open(from, to, packet, true))
    }

    pub(super) fn some_packet(&self, from: &Addresses, to: &Addresses, service: &[bool; PACKETS]) -> bool {
        from.iter().any(|a| {
            to.iter()
                .any(|b| (0..PACKETS).any(|packet| service[packet] && self.possible(*a, *b, packet)))
        })
    }

    pub(super) fn hosts_of(&self, set: &Addresses) -> BTreeSet<usize> {
        (0..self.hosts.len())
            .filter(|host| !self.hosts[*host].is_disjoint(set))
            .collect()
    }

    /// The hosts of `to` that chains from one host reach, the last step with one of the services.
    pub(super) fn reached(
        &self,
        start: usize,
        to: &BTreeSet<usize>,
        avoid: &BTreeSet<usize>,
        service: &[bool; PACKETS],
    ) -> BTreeSet<usize> {
        let mut seen = BTreeSet::from([start]);
        let mut stack = vec![start];
        while let Some(host) = stack.pop() {
            for next in 0..self.hosts.len() {
                if !seen.contains(&next)
                    && !avoid.contains(&next)
                    && self.some_packet(&self.hosts[host], &self.hosts[next], &[true; PACKETS])
                {
                    seen.insert(next);
                    stack.push(next);
                }
            }
        }
        let last = |end: &usize| {
            *end != start
                && seen.iter().any(|host| {
                    host != end && self.some_packet(&self.hosts[*host], &self.hosts[*end], service)
                })
        };
        to.iter().copied().filter(last).collect()
    }

    fn require_holds(&self, from: &Addresses, to: &Addresses, service: &[bool; PACKETS]) -> bool {
        let modes = self.rules.iter().enumerate().filter(|(_, rule)| rule.in_mode);
        let modes: Vec<Option<usize>> = std::iter::once(None)
            .chain(modes.map(|(number, _)| Some(number)))
            .collect();
        let families = |set: &Addresses| -> BTreeSet<bool> { set.iter().map(IpAddr::is_ipv4).collect() };
        if families(from).is_disjoint(&families(to)) {
            return false;
        }
        from.iter().all(|a| {
            to.iter().all(|b| {
                a.is_ipv4() != b.is_ipv4()
                    || self.host(*a) == self.host(*b)
                    || (0..PACKETS).filter(|packet| service[*packet]).all(|packet| {
                        self.open(*a, *b, packet, false)
                            || modes.iter().all(|mode| self.permitted(*a, *b, packet, *mode))
                    })
            })
        })
    }
}

fn service_text(text: &str) -> String {
    if text == "any" {
        String::new()
    } else {
        format!(" : {text}")
    }
}

/// An assertion with its code and whether it holds.
fn assertion(world: &World, u: &mut Unstructured<'_>) -> Result<(String, &'static str, bool)> {
    let (from_text, from) = world.endpoint(u)?;
    let (to_text, to) = world.endpoint(u)?;
    let (text, service): Service = *u.choose(&SERVICES)?;
    let said = service_text(text);
    let (starts, ends) = (world.hosts_of(&from), world.hosts_of(&to));
    let none = BTreeSet::new();
    Ok(match u.int_in_range(0..=4)? {
        0 => {
            let holds = world.require_holds(&from, &to, &service);
            (
                format!("require {from_text} -> {to_text}{said}"),
                "require-unmet",
                holds,
            )
        }
        1 => {
            let holds = !world.some_packet(&from, &to, &service);
            (
                format!("forbid {from_text} -> {to_text}{said}"),
                "forbid-reachable",
                holds,
            )
        }
        2 => {
            let others = world
                .zones
                .iter()
                .flatten()
                .copied()
                .filter(|a| !from.contains(a))
                .collect();
            let holds = !world.some_packet(&others, &to, &service);
            (
                format!("only {from_text} -> {to_text}{said}"),
                "only-violated",
                holds,
            )
        }
        3 => {
            let most = u.int_in_range(0..=3)?;
            let devices: BTreeSet<usize> = ends
                .iter()
                .copied()
                .filter(|host| *host < world.devices)
                .collect();
            let worst = starts
                .iter()
                .map(|start| world.reached(*start, &devices, &none, &service).len())
                .max();
            let text = format!("limit {from_text} ~> {to_text}{said} <= {most}");
            (text, "blast-radius", worst.unwrap_or(0) <= most)
        }
        _ => {
            let (via_text, via) = world.endpoint(u)?;
            let through = u.ratio(1, 2)?;
            let avoid = if through { world.hosts_of(&via) } else { none };
            let holds = starts
                .iter()
                .all(|start| world.reached(*start, &ends, &avoid, &service).is_empty());
            let unless = if through {
                format!(" unless via {via_text}")
            } else {
                String::new()
            };
            (
                format!("forbid {from_text} ~> {to_text}{said}{unless}"),
                "forbid-path",
                holds,
            )
        }
    })
}

#[test]
fn verdicts_are_those_of_listing_every_packet_and_every_chain() {
    let mut verdicts: BTreeMap<(&str, bool), usize> = BTreeMap::new();
    arbtest::arbtest(|u| {
        let mut world = World::arbitrary(u)?;
        let mut expected = Vec::new();
        for _ in 0..6 {
            let (text, code, holds) = assertion(&world, u)?;
            expected.push((text, code, holds));
        }
        for (text, ..) in &expected {
            writeln!(world.text, "{text}").unwrap();
        }
        let loaded = load(&world.text);
        let findings = findings(&loaded);
        assert_eq!(loaded.policy.assertions.len(), expected.len());
        for (assertion, (text, code, holds)) in loaded.policy.assertions.iter().zip(&expected) {
            let refuted = findings.iter().any(|finding| {
                finding.code == *code && finding.primary.as_ref().is_some_and(|p| p.span == assertion.span)
            });
            assert_eq!(
                refuted,
                !holds,
                "{text}\n{}\n{}",
                world.text,
                messages_of(&loaded)
            );
            *verdicts.entry((code, *holds)).or_default() += 1;
        }
        Ok(())
    })
    .size_min(1 << 9)
    .size_max(1 << 12)
    .budget_ms(4_000);
    // A generator that never refutes, or always does, proves nothing.
    assert_eq!(verdicts.len(), 10, "{verdicts:?}");
    assert!(verdicts.values().all(|count| *count > 20), "{verdicts:?}");
}
