//! A small FortiGate: runs configuration commands one by one and decides packets by the resulting state. It shares
//! nothing with the code that writes, and refuses what a unit would refuse.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use septum::packet::Packet;

type Settings = BTreeMap<String, Vec<String>>;

/// One table entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub settings: Settings,
}

impl Entry {
    fn values(&self, setting: &str) -> &[String] {
        self.settings.get(setting).map(Vec::as_slice).unwrap_or_default()
    }

    fn value(&self, setting: &str) -> Option<&str> {
        self.values(setting).first().map(String::as_str)
    }
}

/// The state of a unit: entries of each table, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    tables: BTreeMap<String, Vec<Entry>>,
}

const ADDRESS: &str = "firewall address";
const ADDRESS6: &str = "firewall address6";
const GROUP: &str = "firewall addrgrp";
const GROUP6: &str = "firewall addrgrp6";
const SERVICE: &str = "firewall service custom";
const ZONE: &str = "system zone";
pub const POLICY: &str = "firewall policy";
pub const LOCAL_IN: &str = "firewall local-in-policy";
pub const LOCAL_IN6: &str = "firewall local-in-policy6";

impl Unit {
    /// Runs a file. `watch` sees the unit after every command that takes effect; it stops the file by returning false.
    pub fn load(&mut self, text: &str, mut watch: impl FnMut(&Self, &str) -> bool) {
        let (mut table, mut draft): (Option<String>, Option<Entry>) = (None, None);
        for line in text.lines() {
            let words = words(line);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let took_effect = match (words.as_slice(), &mut draft, &table) {
                ([], _, _) => false,
                (["config", name @ ..], None, None) => {
                    table = Some(name.join(" "));
                    false
                }
                (["edit", key], None, Some(table)) => {
                    let known = self.find(table, key).cloned();
                    draft = Some(known.unwrap_or_else(|| Entry {
                        key: (*key).to_owned(),
                        settings: Settings::new(),
                    }));
                    false
                }
                (["set", name, values @ ..], Some(entry), _) if !values.is_empty() => {
                    let values = values.iter().map(|v| (*v).to_owned()).collect();
                    entry.settings.insert((*name).to_owned(), values);
                    false
                }
                (["unset", name], Some(entry), _) => {
                    entry.settings.remove(*name);
                    false
                }
                (["next"], Some(entry), Some(table)) => {
                    self.commit(table, entry.clone());
                    draft = None;
                    true
                }
                (["move", key, "after", other], None, Some(table)) => {
                    self.shift(table, key, other);
                    true
                }
                (["delete", key], None, Some(table)) => {
                    self.delete(table, key);
                    true
                }
                (["end"], None, Some(_)) => {
                    table = None;
                    false
                }
                _ => panic!("not a command here: {line}"),
            };
            if took_effect && !watch(self, line) {
                return;
            }
        }
        assert!(table.is_none() && draft.is_none(), "the file ends inside a block");
    }

    /// Runs a file to its end.
    pub fn loaded(mut self, text: &str) -> Self {
        self.load(text, |_, _| true);
        self
    }

    /// Entries of a table, in order.
    pub fn entries(&self, table: &str) -> &[Entry] {
        self.tables.get(table).map(Vec::as_slice).unwrap_or_default()
    }

    /// All keys of all tables; those of policies in order, others sorted.
    pub fn inventory(&self) -> BTreeMap<String, Vec<String>> {
        let keys = |(table, entries): (&String, &Vec<Entry>)| {
            let mut keys: Vec<String> = entries.iter().map(|entry| entry.key.clone()).collect();
            if ![POLICY, LOCAL_IN, LOCAL_IN6].contains(&table.as_str()) {
                keys.sort();
            }
            (table.clone(), keys)
        };
        self.tables
            .iter()
            .map(keys)
            .filter(|(_, keys)| !keys.is_empty())
            .collect()
    }

    /// True where a packet that comes in by one interface and leaves by another may open a flow.
    pub fn forwards(&self, from: &str, to: &str, packet: &Packet) -> bool {
        let (from, to) = (self.zone_of(from), self.zone_of(to));
        let meets = |entry: &&Entry, setting: &str, zone: &str| {
            let names = entry.values(setting);
            assert!(
                names.len() == 1 || names.iter().all(|name| name != "any"),
                "any stands alone"
            );
            names.iter().any(|name| name == "any" || name == zone)
        };
        let [source, destination] = match packet.source {
            IpAddr::V4(_) => ["srcaddr", "dstaddr"],
            IpAddr::V6(_) => ["srcaddr6", "dstaddr6"],
        };
        let first = self.entries(POLICY).iter().find(|entry| {
            entry.value("status") != Some("disable")
                && entry.value("schedule") == Some("always")
                && meets(entry, "srcintf", from)
                && meets(entry, "dstintf", to)
                && self.holds(entry.values(source), packet.source)
                && self.holds(entry.values(destination), packet.destination)
                && self.serves(entry.values("service"), packet)
        });
        first.is_some_and(|entry| entry.value("action") == Some("accept"))
    }

    /// True where no local-in policy keeps a packet from the unit itself.
    pub fn lets_in(&self, packet: &Packet) -> bool {
        let table = if packet.source.is_ipv4() {
            LOCAL_IN
        } else {
            LOCAL_IN6
        };
        let first = self.entries(table).iter().find(|entry| {
            entry.value("status") != Some("disable")
                && entry.value("intf") == Some("any")
                && self.holds(entry.values("srcaddr"), packet.source)
                && self.holds(entry.values("dstaddr"), packet.destination)
                && self.serves(entry.values("service"), packet)
        });
        first.is_none_or(|entry| entry.value("action") == Some("accept"))
    }

    fn find(&self, table: &str, key: &str) -> Option<&Entry> {
        self.entries(table).iter().find(|entry| entry.key == key)
    }

    fn commit(&mut self, table: &str, entry: Entry) {
        for (kinds, name) in references(table, &entry) {
            let known = kinds.iter().any(|kind| self.find(kind, &name).is_some());
            assert!(
                known || name == "any",
                "`{}` refers to `{name}`, which is not there",
                entry.key
            );
        }
        if table == ZONE {
            for interface in entry.values("interface") {
                let elsewhere = self
                    .entries(ZONE)
                    .iter()
                    .any(|zone| zone.key != entry.key && zone.values("interface").contains(interface));
                assert!(!elsewhere, "`{interface}` is in another zone");
            }
        }
        if table == POLICY {
            let name = entry.value("name");
            let twice = self
                .entries(POLICY)
                .iter()
                .any(|p| p.key != entry.key && p.value("name") == name);
            assert!(!twice, "two policies are called {name:?}");
        }
        let entries = self.tables.entry(table.to_owned()).or_default();
        match entries.iter_mut().find(|known| known.key == entry.key) {
            Some(known) => *known = entry,
            None => entries.push(entry),
        }
    }

    fn shift(&mut self, table: &str, key: &str, after: &str) {
        let entries = self.tables.entry(table.to_owned()).or_default();
        let from = entries
            .iter()
            .position(|entry| entry.key == key)
            .expect("what moves is there");
        let entry = entries.remove(from);
        let to = entries
            .iter()
            .position(|entry| entry.key == after)
            .expect("what it moves behind is there");
        entries.insert(to + 1, entry);
    }

    fn delete(&mut self, table: &str, key: &str) {
        for (other, entries) in &self.tables {
            for entry in entries {
                let refers = references(other, entry)
                    .into_iter()
                    .any(|(kinds, name)| name == key && kinds.contains(&table));
                assert!(!refers, "`{key}` is still used by `{}`", entry.key);
            }
        }
        if let Some(entries) = self.tables.get_mut(table) {
            entries.retain(|entry| entry.key != key);
        }
    }

    fn zone_of<'a>(&'a self, interface: &'a str) -> &'a str {
        let member = |zone: &&Entry| zone.values("interface").iter().any(|name| name == interface);
        self.entries(ZONE)
            .iter()
            .find(member)
            .map_or(interface, |zone| &zone.key)
    }

    fn holds(&self, names: &[String], address: IpAddr) -> bool {
        let (objects, groups) = if address.is_ipv4() {
            (ADDRESS, GROUP)
        } else {
            (ADDRESS6, GROUP6)
        };
        names
            .iter()
            .any(|name| match (self.find(objects, name), self.find(groups, name)) {
                (Some(object), None) => object_holds(object, address),
                (None, Some(group)) => self.holds(group.values("member"), address),
                found => panic!("`{name}` names {found:?}"),
            })
    }

    fn serves(&self, names: &[String], packet: &Packet) -> bool {
        names
            .iter()
            .any(|name| service_holds(self.find(SERVICE, name).expect("a service"), packet))
    }
}

/// What an entry refers to: the tables where each name may be.
fn references(table: &str, entry: &Entry) -> Vec<(&'static [&'static str], String)> {
    let of = |setting: &str, kinds: &'static [&'static str]| {
        entry
            .values(setting)
            .iter()
            .map(move |name| (kinds, name.clone()))
            .collect::<Vec<_>>()
    };
    let v4: &[&str] = &[ADDRESS, GROUP];
    let v6: &[&str] = &[ADDRESS6, GROUP6];
    match table {
        GROUP => of("member", v4),
        GROUP6 => of("member", v6),
        POLICY => [
            of("srcaddr", v4),
            of("dstaddr", v4),
            of("srcaddr6", v6),
            of("dstaddr6", v6),
            of("service", &[SERVICE]),
            of("srcintf", &[ZONE]),
            of("dstintf", &[ZONE]),
        ]
        .concat(),
        LOCAL_IN => [of("srcaddr", v4), of("dstaddr", v4), of("service", &[SERVICE])].concat(),
        LOCAL_IN6 => [of("srcaddr", v6), of("dstaddr", v6), of("service", &[SERVICE])].concat(),
        ADDRESS | ADDRESS6 | SERVICE | ZONE => Vec::new(),
        other => panic!("unknown table `{other}`"),
    }
}

fn object_holds(object: &Entry, address: IpAddr) -> bool {
    let parse = |setting: &str| object.value(setting).unwrap().parse::<IpAddr>().unwrap();
    if object.value("type") == Some("iprange") {
        return (parse("start-ip")..=parse("end-ip")).contains(&address);
    }
    match address {
        IpAddr::V4(address) => {
            let [base, mask] = object.values("subnet") else {
                panic!("{object:?}")
            };
            let [base, mask] =
                [base, mask].map(|text| u32::from(text.parse::<std::net::Ipv4Addr>().unwrap()));
            u32::from(address) & mask == base
        }
        IpAddr::V6(address) => {
            let (base, length) = object.value("ip6").unwrap().split_once('/').unwrap();
            let base = u128::from(base.parse::<std::net::Ipv6Addr>().unwrap());
            let length: u32 = length.parse().unwrap();
            let mask = u128::MAX.checked_shl(128 - length).unwrap_or(0);
            u128::from(address) & mask == base
        }
    }
}

fn service_holds(service: &Entry, packet: &Packet) -> bool {
    let number = |setting: &str| service.value(setting).map(|text| text.parse::<u16>().unwrap());
    let icmp = |own: u8, v4: bool| {
        packet.protocol == own
            && packet.source.is_ipv4() == v4
            && number("icmptype").is_none_or(|n| n == packet.first)
            && number("icmpcode").is_none_or(|n| n == packet.second)
    };
    match service.value("protocol") {
        Some("ICMP") => icmp(1, true),
        Some("ICMP6") => icmp(58, false),
        Some("IP") => number("protocol-number").is_none_or(|n| n == 0 || n == u16::from(packet.protocol)),
        Some(other) => panic!("protocol {other}"),
        None => {
            let setting = match packet.protocol {
                6 => "tcp-portrange",
                17 => "udp-portrange",
                132 => "sctp-portrange",
                _ => return false,
            };
            service.values(setting).iter().any(|token| {
                let (to, from) = token.split_once(':').unwrap_or((token, "0-65535"));
                span(to).contains(&packet.second) && span(from).contains(&packet.first)
            })
        }
    }
}

fn span(text: &str) -> std::ops::RangeInclusive<u16> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    first.parse().unwrap()..=last.parse().unwrap()
}

/// Words of a line; between double quotes a word may hold anything. A line that starts with `#` has none.
fn words(line: &str) -> Vec<String> {
    let mut rest = line.trim();
    let mut words = Vec::new();
    if rest.starts_with('#') {
        return words;
    }
    while !rest.is_empty() {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').expect("a closing quote"),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        assert!(
            after.is_empty() || after.starts_with(' ') || !rest.starts_with('"'),
            "words run together: {line}"
        );
        words.push(word.to_owned());
        rest = after.trim_start();
    }
    words
}

/// Names of all policies that are there, in order.
pub fn policy_ids(unit: &Unit) -> Vec<String> {
    unit.entries(POLICY)
        .iter()
        .map(|entry| entry.key.clone())
        .collect()
}

/// Every name and text between double quotes of a file.
pub fn quoted(text: &str) -> BTreeSet<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines
        .flat_map(|line| {
            line.split('"')
                .skip(1)
                .step_by(2)
                .map(str::to_owned)
                .collect::<Vec<_>>()
        })
        .collect()
}
