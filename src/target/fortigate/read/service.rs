//! What the names of services and service groups stand for.

use std::collections::BTreeMap;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::entry::Entry;
use super::predefined;
use super::report::Doubt;
use super::table::{PORTS, PROTOCOLS, Table};
use super::vdom::Vdom;
use super::words::Word;
use crate::packet::{IntervalSet, Region, ServiceSet};

/// How deep groups may nest.
const DEEPEST: usize = 32;

/// Fields that say nothing about which packets a service holds: names, timers, and helpers that look into sessions
/// which a policy has let through.
pub const PLAIN: [&str; 17] = [
    "uuid",
    "comment",
    "color",
    "category",
    "visibility",
    "fabric-object",
    "global-object",
    "obj-id",
    "helper",
    "session-ttl",
    "tcp-halfclose-timer",
    "tcp-halfopen-timer",
    "tcp-timewait-timer",
    "tcp-rst-timer",
    "udp-idle-timer",
    "check-reset-range",
    "protocol",
];

/// Looks names up, each once.
pub struct Services<'v, 't> {
    vdom: &'v Vdom<'t>,
    printed: bool,
    known: FxHashMap<&'v str, Result<Arc<ServiceSet>, Doubt>>,
}

impl<'v, 't> Services<'v, 't> {
    /// Those of a VDOM. `printed` where the text shows objects whole.
    pub fn new(vdom: &'v Vdom<'t>, printed: bool) -> Self {
        Self {
            vdom,
            printed,
            known: FxHashMap::default(),
        }
    }

    /// What any of the names stands for. `line` is where they are named.
    pub fn union(&mut self, names: &'v [Word<'t>], line: usize) -> Result<ServiceSet, Doubt> {
        self.union_within(names, line, 0)
    }

    /// What is wrong with services that nothing but their values keeps from being understood.
    pub fn malformed(&self) -> Vec<Doubt> {
        const MODELLED: [&str; 6] = [
            "tcp-portrange",
            "udp-portrange",
            "sctp-portrange",
            "icmptype",
            "icmpcode",
            "protocol-number",
        ];
        let plain = |entry: &&Entry| {
            let protocol = entry.one("protocol", PORTS[0]);
            protocol.is_ok_and(|protocol| PROTOCOLS.contains(&protocol))
                && only_fields(entry, &MODELLED).is_ok()
        };
        let entries = self.vdom.all(Table::Service).filter(plain);
        entries.filter_map(|entry| single(entry).err()).collect()
    }

    fn union_within(
        &mut self,
        names: &'v [Word<'t>],
        line: usize,
        depth: usize,
    ) -> Result<ServiceSet, Doubt> {
        let sets = names.iter().map(|name| self.find(name, line, depth));
        let sets: Vec<Arc<ServiceSet>> = sets.collect::<Result<_, _>>()?;
        let sets: Vec<&ServiceSet> = sets.iter().map(|set| &**set).collect();
        ServiceSet::union_of_some(&sets).ok_or_else(|| too_many_ports(line))
    }

    fn find(&mut self, name: &'v str, line: usize, depth: usize) -> Result<Arc<ServiceSet>, Doubt> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        if depth > DEEPEST {
            return Err((line, format!("groups nest too deep at `{name}`")));
        }
        // Who meets the name again before it is known has gone in a circle.
        let circle = (line, format!("group `{name}` holds itself"));
        self.known.insert(name, Err(circle));
        let found = self.look_up(name, line, depth).map(Arc::new);
        self.known.insert(name, found.clone());
        found
    }

    fn look_up(&mut self, name: &str, line: usize, depth: usize) -> Result<ServiceSet, Doubt> {
        let vdom = self.vdom;
        let shipped = predefined::service(name);
        if let Some(entry) = vdom.find(Table::Service, name) {
            let set = single(entry)?;
            return match shipped {
                Some(shipped) if shipped != set && !self.printed => {
                    Err((entry.line, format!("`{name}` is built in, and is changed")))
                }
                _ => Ok(set),
            };
        }
        if let Some(entry) = vdom.find(Table::ServiceGroup, name) {
            only_fields(entry, &["member"])?;
            let members = entry.list("member");
            if members.is_empty() {
                return Err((entry.line, "a group without a member".to_owned()));
            }
            return self.union_within(members, entry.line_of("member"), depth + 1);
        }
        shipped.ok_or_else(|| (line, format!("`{name}` is not a service that is modelled")))
    }
}

fn only_fields(entry: &Entry, modelled: &[&str]) -> Result<(), Doubt> {
    for field in &entry.fields {
        let name = &*field.name;
        let off = name == "proxy" && field.values == ["disable"];
        if !off && !modelled.contains(&name) && !PLAIN.contains(&name) {
            return Err((field.line, format!("`{name}` of a service is not modelled")));
        }
    }
    Ok(())
}

fn single(entry: &Entry) -> Result<ServiceSet, Doubt> {
    match entry.one("protocol", PORTS[0])? {
        protocol if PORTS.contains(&protocol) => {
            only_fields(entry, &["tcp-portrange", "udp-portrange", "sctp-portrange"])?;
            let service = ServiceSet {
                tcp: ports(entry, "tcp-portrange")?,
                udp: ports(entry, "udp-portrange")?,
                sctp: ports(entry, "sctp-portrange")?,
                ..ServiceSet::empty()
            };
            if service.is_empty() {
                return Err((entry.line, "a service without a port".to_owned()));
            }
            Ok(service)
        }
        protocol @ ("ICMP" | "ICMP6") => {
            only_fields(entry, &["icmptype", "icmpcode"])?;
            let (kind, code) = (byte(entry, "icmptype")?, byte(entry, "icmpcode")?);
            if kind.is_none() && code.is_some() {
                return Err((entry.line_of("icmpcode"), "a code without a type".to_owned()));
            }
            let set = |number: Option<u8>| {
                number.map_or(IntervalSet::range(0, 255), |number| {
                    IntervalSet::single(number.into())
                })
            };
            let (kinds, codes) = (set(kind), set(code));
            Ok(match protocol {
                "ICMP" => ServiceSet::icmp(&kinds, &codes),
                _ => ServiceSet::icmpv6(&kinds, &codes),
            })
        }
        "IP" => {
            only_fields(entry, &["protocol-number"])?;
            match byte(entry, "protocol-number")? {
                // 0 stands for every protocol.
                None | Some(0) => Ok(ServiceSet::full()),
                Some(u8::MAX) => Err((entry.line_of("protocol-number"), "numbers end at 254".to_owned())),
                Some(number) => Ok(ServiceSet::protocols(&IntervalSet::single(number))),
            }
        }
        other => Err((
            entry.line_of("protocol"),
            format!("services of protocol `{other}` are not modelled"),
        )),
    }
}

fn byte(entry: &Entry, field: &str) -> Result<Option<u8>, Doubt> {
    let text = entry.one(field, "")?;
    if text.is_empty() && entry.list(field).is_empty() {
        return Ok(None);
    }
    let number = number::<u8>(text);
    number.map(Some).ok_or_else(|| {
        (
            entry.line_of(field),
            format!("`{text}` is not a number up to 255"),
        )
    })
}

/// Digits alone: no sign, no space.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// Every `destination[:source]`, as (source, destination).
fn ports(entry: &Entry, field: &str) -> Result<Region, Doubt> {
    let mut by_source: BTreeMap<(u16, u16), Vec<(u16, u16)>> = BTreeMap::new();
    for word in entry.list(field) {
        let (destination, source) = word.split_once(':').unwrap_or((word, "0-65535"));
        let both = span(source).zip(span(destination));
        let (source, destination) =
            both.ok_or_else(|| (entry.line_of(field), format!("`{word}` is not a range of ports")))?;
        by_source.entry(source).or_default().push(destination);
    }
    let regions = by_source.into_iter().map(|((first, last), destinations)| {
        Region::product(
            IntervalSet::range(first, last),
            IntervalSet::from_ranges(destinations),
        )
    });
    let regions: Vec<Region> = regions.collect();
    Region::union_of_some(&regions).ok_or_else(|| too_many_ports(entry.line_of(field)))
}

fn too_many_ports(line: usize) -> Doubt {
    (
        line,
        "more pairs of source and destination ports than are compared".to_owned(),
    )
}

fn span(text: &str) -> Option<(u16, u16)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some((first, last))
}
