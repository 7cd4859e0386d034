//! The tables of one VDOM, and what their entries mean.

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use septum::packet::Packet;

use super::schema;
use crate::oracle::address::{AddressRange, decimal, netmask_length};

/// One entry as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub key: String,
    pub fields: BTreeMap<String, Vec<String>>,
}

impl Entry {
    pub fn list(&self, field: &str) -> &[String] {
        self.fields.get(field).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn value<'e>(&'e self, table: &str, field: &str) -> &'e str {
        self.list(field)
            .first()
            .map_or(schema::default(table, field), String::as_str)
    }

    fn is_enabled(&self, table: &str, field: &str) -> Result<bool, String> {
        match self.value(table, field) {
            "enable" => Ok(true),
            "disable" => Ok(false),
            other => Err(format!("`{other}` is neither enable nor disable")),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vdom {
    /// Entries in list order, by table.
    pub tables: BTreeMap<String, Vec<Entry>>,
}

/// Whether addresses are of IPv6.
type V6 = bool;

fn address_table(v6: V6) -> &'static str {
    if v6 {
        "firewall address6"
    } else {
        "firewall address"
    }
}

fn group_table(v6: V6) -> &'static str {
    if v6 {
        "firewall addrgrp6"
    } else {
        "firewall addrgrp"
    }
}

/// The factory services that a policy may name without defining them.
const BUILT_IN_SERVICES: &[(&str, &[(&str, &str)])] = &[
    ("ALL", &[("protocol", "IP")]),
    ("ALL_TCP", &[("tcp-portrange", "1-65535")]),
    ("ALL_UDP", &[("udp-portrange", "1-65535")]),
    ("ALL_ICMP", &[("protocol", "ICMP")]),
    ("ALL_ICMP6", &[("protocol", "ICMP6")]),
    ("PING", &[("protocol", "ICMP"), ("icmptype", "8")]),
    ("PING6", &[("protocol", "ICMP6"), ("icmptype", "128")]),
    ("SSH", &[("tcp-portrange", "22")]),
    ("HTTP", &[("tcp-portrange", "80")]),
    ("HTTPS", &[("tcp-portrange", "443")]),
    ("DNS", &[("tcp-portrange", "53"), ("udp-portrange", "53")]),
];

impl Vdom {
    /// A VDOM with the factory objects.
    pub fn factory() -> Self {
        let entry = |key: &str, fields: &[(&str, &str)]| Entry {
            key: key.to_owned(),
            fields: fields
                .iter()
                .map(|(f, v)| ((*f).to_owned(), vec![(*v).to_owned()]))
                .collect(),
        };
        let mut vdom = Self::default();
        let services = BUILT_IN_SERVICES
            .iter()
            .map(|(name, fields)| entry(name, fields))
            .collect();
        vdom.tables.insert("firewall service custom".to_owned(), services);
        let v4 = vec![entry("all", &[]), entry("none", &[("subnet", "0.0.0.0/32")])];
        vdom.tables.insert(address_table(false).to_owned(), v4);
        let v6 = vec![entry("all", &[]), entry("none", &[("ip6", "::/128")])];
        vdom.tables.insert(address_table(true).to_owned(), v6);
        vdom
    }

    pub fn entries(&self, table: &str) -> &[Entry] {
        self.tables.get(table).map(Vec::as_slice).unwrap_or_default()
    }

    pub fn find(&self, table: &str, key: &str) -> Option<&Entry> {
        self.entries(table).iter().find(|entry| entry.key == key)
    }

    /// The zone that an interface is in.
    pub fn zone_of(&self, interface: &str) -> Option<&Entry> {
        self.entries("system zone")
            .iter()
            .find(|zone| zone.list("interface").iter().any(|member| member == interface))
    }

    /// Checks everything at once: references, mandatory fields, values. Circles end in an error too.
    pub fn check(&self, interfaces: &BTreeSet<String>) -> Result<(), String> {
        self.check_zones(interfaces)?;
        for v6 in [false, true] {
            let (addresses, groups) = (self.entries(address_table(v6)), self.entries(group_table(v6)));
            for entry in addresses.iter().chain(groups) {
                self.address_contains(v6, &entry.key, None, 0)?;
            }
            if let Some(both) = groups.iter().find(|g| addresses.iter().any(|a| a.key == g.key)) {
                return Err(format!("`{}` is an address and a group", both.key));
            }
        }
        let services = self.entries("firewall service custom");
        let groups = self.entries("firewall service group");
        for entry in services.iter().chain(groups) {
            self.service_contains(&entry.key, None, 0)?;
        }
        if let Some(both) = groups.iter().find(|g| services.iter().any(|s| s.key == g.key)) {
            return Err(format!("`{}` is a service and a group", both.key));
        }
        let mut names = BTreeSet::new();
        for policy in self.entries("firewall policy") {
            self.policy_matches(policy, None)
                .and_then(|_| self.check_interfaces(policy, &["srcintf", "dstintf"], interfaces))
                .map_err(|message| format!("policy {}: {message}", policy.key))?;
            let name = policy.value("firewall policy", "name");
            if !name.is_empty() && !names.insert(name) {
                return Err(format!("the policy name `{name}` is used twice"));
            }
        }
        for v6 in [false, true] {
            for policy in self.entries(local_table(v6)) {
                self.local_matches(v6, policy, None)
                    .and_then(|_| self.check_interfaces(policy, &["intf"], interfaces))
                    .map_err(|message| format!("local-in policy {}: {message}", policy.key))?;
            }
        }
        Ok(())
    }

    fn check_zones(&self, interfaces: &BTreeSet<String>) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for zone in self.entries("system zone") {
            if interfaces.contains(&zone.key) || zone.key == "any" {
                return Err(format!("the zone `{}` has the name of an interface", zone.key));
            }
            if !["allow", "deny"].contains(&zone.value("system zone", "intrazone")) {
                return Err("intrazone is neither allow nor deny".to_owned());
            }
            for member in zone.list("interface") {
                if !interfaces.contains(member) {
                    return Err(format!("there is no interface `{member}`"));
                }
                if !seen.insert(member) {
                    return Err(format!("the interface `{member}` is in two zones"));
                }
            }
        }
        Ok(())
    }

    fn check_interfaces(
        &self,
        policy: &Entry,
        fields: &[&str],
        known: &BTreeSet<String>,
    ) -> Result<(), String> {
        for field in fields {
            let names = policy.list(field);
            if names.is_empty() {
                return Err(format!("`{field}` is not set"));
            }
            if names.len() > 1 && names.iter().any(|name| name == "any") {
                return Err("`any` cannot stand with other interfaces".to_owned());
            }
            for name in names {
                if self.zone_of(name).is_some() {
                    return Err(format!("the interface `{name}` is in a zone and cannot be named"));
                }
                let found = name == "any" || known.contains(name) || self.find("system zone", name).is_some();
                if !found {
                    return Err(format!("there is no interface or zone `{name}`"));
                }
            }
        }
        Ok(())
    }

    /// True where an interface is meant by a list of interfaces and zones.
    pub fn interface_matches(&self, names: &[String], interface: &str) -> bool {
        let zone = self.zone_of(interface).map(|zone| zone.key.as_str());
        names
            .iter()
            .any(|name| name == "any" || name == interface || Some(name.as_str()) == zone)
    }

    /// True where an address or group holds an address; with `None` only looks whether all of it makes sense.
    fn address_contains(
        &self,
        v6: V6,
        name: &str,
        ip: Option<std::net::IpAddr>,
        depth: usize,
    ) -> Result<bool, String> {
        if depth > 20 {
            return Err(format!("the group `{name}` holds itself"));
        }
        if let Some(address) = self.find(address_table(v6), name) {
            return address_holds(v6, address, ip);
        }
        let group = self.find(group_table(v6), name);
        let group = group.ok_or_else(|| format!("there is no address `{name}`"))?;
        if group.list("member").is_empty() {
            return Err(format!("the group `{name}` has no member"));
        }
        let mut inside = false;
        for member in group.list("member") {
            inside |= self.address_contains(v6, member, ip, depth + 1)?;
        }
        let exclude = group.is_enabled(group_table(v6), "exclude")?;
        for member in group.list("exclude-member") {
            if self.address_contains(v6, member, ip, depth + 1)? && exclude {
                inside = false;
            }
        }
        Ok(inside)
    }

    fn service_contains(&self, name: &str, packet: Option<&Packet>, depth: usize) -> Result<bool, String> {
        if depth > 20 {
            return Err(format!("the group `{name}` holds itself"));
        }
        if let Some(service) = self.find("firewall service custom", name) {
            return service_holds(service, packet).map_err(|message| format!("service `{name}`: {message}"));
        }
        let group = self.find("firewall service group", name);
        let group = group.ok_or_else(|| format!("there is no service `{name}`"))?;
        if group.list("member").is_empty() {
            return Err(format!("the group `{name}` has no member"));
        }
        let mut inside = false;
        for member in group.list("member") {
            inside |= self.service_contains(member, packet, depth + 1)?;
        }
        Ok(inside)
    }

    /// All but the interfaces of a forwarding policy. A policy matches IPv4 by `srcaddr` and `dstaddr` alone and
    /// IPv6 by their twins alone.
    pub fn policy_matches(&self, policy: &Entry, packet: Option<&Packet>) -> Result<bool, String> {
        const TABLE: &str = "firewall policy";
        let mut matches = false;
        let mut families = 0;
        for (v6, source, destination) in [(false, "srcaddr", "dstaddr"), (true, "srcaddr6", "dstaddr6")] {
            let sides = [
                (source, packet.map(|p| p.source)),
                (destination, packet.map(|p| p.destination)),
            ];
            match (
                policy.list(source).is_empty(),
                policy.list(destination).is_empty(),
            ) {
                (true, true) => continue,
                (false, false) => families += 1,
                _ => return Err(format!("`{source}` and `{destination}` need each other")),
            }
            let mut both = packet.is_some_and(|packet| packet.source.is_ipv6() == v6);
            for (field, ip) in sides {
                both &= self.side_matches(v6, TABLE, policy, field, ip)?;
            }
            matches |= both;
        }
        if families == 0 {
            return Err("neither `srcaddr` nor `srcaddr6` is set".to_owned());
        }
        Ok(self.rest_matches(TABLE, policy, packet)? && matches)
    }

    /// All but the interface of a local-in policy.
    pub fn local_matches(&self, v6: V6, policy: &Entry, packet: Option<&Packet>) -> Result<bool, String> {
        let table = local_table(v6);
        let source = self.side_matches(v6, table, policy, "srcaddr", packet.map(|p| p.source))?;
        let destination = self.side_matches(v6, table, policy, "dstaddr", packet.map(|p| p.destination))?;
        let family = packet.is_some_and(|packet| packet.source.is_ipv6() == v6);
        Ok(self.rest_matches(table, policy, packet)? && family && source && destination)
    }

    fn side_matches(
        &self,
        v6: V6,
        table: &str,
        policy: &Entry,
        field: &str,
        ip: Option<std::net::IpAddr>,
    ) -> Result<bool, String> {
        if policy.list(field).is_empty() {
            return Err(format!("`{field}` is not set"));
        }
        let mut inside = false;
        for name in policy.list(field) {
            inside |= self.address_contains(v6, name, ip, 0)?;
        }
        Ok(inside != policy.is_enabled(table, &format!("{field}-negate"))?)
    }

    /// Action, status, schedule and service.
    fn rest_matches(&self, table: &str, policy: &Entry, packet: Option<&Packet>) -> Result<bool, String> {
        if !["accept", "deny"].contains(&policy.value(table, "action")) {
            return Err("the action is neither accept nor deny".to_owned());
        }
        let always = match policy.value(table, "schedule") {
            "always" => true,
            "none" => false,
            "" => return Err("`schedule` is not set".to_owned()),
            other => return Err(format!("there is no schedule `{other}`")),
        };
        if policy.list("service").is_empty() {
            return Err("`service` is not set".to_owned());
        }
        let mut service = false;
        for name in policy.list("service") {
            service |= self.service_contains(name, packet, 0)?;
        }
        let service = service != policy.is_enabled(table, "service-negate")?;
        Ok(policy.is_enabled(table, "status")? && always && service)
    }
}

pub fn local_table(v6: V6) -> &'static str {
    if v6 {
        "firewall local-in-policy6"
    } else {
        "firewall local-in-policy"
    }
}

fn address_holds(v6: V6, address: &Entry, ip: Option<std::net::IpAddr>) -> Result<bool, String> {
    let table = address_table(v6);
    let bad = || format!("the address `{}` is not understood", address.key);
    let range = match address.value(table, "type") {
        "ipmask" if !v6 => {
            let words: Vec<&str> = address.list("subnet").iter().map(String::as_str).collect();
            match words.as_slice() {
                [] => AddressRange::parse_prefix(schema::default(table, "subnet")),
                [base, mask] => {
                    let mask: Ipv4Addr = mask.parse().map_err(|_| bad())?;
                    AddressRange::prefix(
                        base.parse().map_err(|_| bad())?,
                        netmask_length(mask).ok_or_else(bad)?,
                    )
                }
                [prefix] => AddressRange::parse_prefix(prefix),
                _ => None,
            }
        }
        "ipprefix" if v6 => AddressRange::parse_prefix(address.value(table, "ip6")),
        "iprange" => {
            let end = |field| address.value(table, field).parse().map_err(|_| bad());
            AddressRange::between(end("start-ip")?, end("end-ip")?)
        }
        "wildcard" if !v6 => {
            let [base, mask] = address.list("wildcard") else {
                return Err(bad());
            };
            let base: Ipv4Addr = base.parse().map_err(|_| bad())?;
            let mask: Ipv4Addr = mask.parse().map_err(|_| bad())?;
            // Ones of the mask are compared, unlike an IOS wildcard.
            return Ok(matches!(ip, Some(std::net::IpAddr::V4(ip))
                if ip.to_bits() & mask.to_bits() == base.to_bits() & mask.to_bits()));
        }
        _ => return Err(bad()),
    };
    let range = range
        .filter(|range| range.first.is_ipv6() == v6)
        .ok_or_else(bad)?;
    Ok(ip.is_some_and(|ip| range.contains(ip)))
}

fn service_holds(service: &Entry, packet: Option<&Packet>) -> Result<bool, String> {
    const TABLE: &str = "firewall service custom";
    let number = |field: &str, highest: u16| match service.list(field) {
        [] => Ok(None),
        [word] => match decimal::<u16>(word).filter(|n| *n <= highest) {
            Some(number) => Ok(Some(number)),
            None => Err(format!("`{word}` is not a {field}")),
        },
        _ => Err(format!("`{field}` takes one value")),
    };
    match service.value(TABLE, "protocol") {
        "IP" => {
            let protocol = number("protocol-number", 254)?.unwrap_or(0);
            Ok(packet.is_some_and(|packet| protocol == 0 || u16::from(packet.protocol) == protocol))
        }
        kind @ ("ICMP" | "ICMP6") => {
            let v6 = kind == "ICMP6";
            let (message, code) = (number("icmptype", 255)?, number("icmpcode", 255)?);
            Ok(packet.is_some_and(|packet| {
                packet.source.is_ipv6() == v6
                    && packet.protocol == if v6 { 58 } else { 1 }
                    && message.is_none_or(|message| message == packet.first)
                    && code.is_none_or(|code| code == packet.second)
            }))
        }
        "TCP/UDP/SCTP" | "TCP/UDP/UDP-Lite/SCTP" => {
            let mut holds = false;
            let mut ranges = 0;
            for (field, protocol) in [
                ("tcp-portrange", 6),
                ("udp-portrange", 17),
                ("sctp-portrange", 132),
            ] {
                for word in service.list(field) {
                    let ((low, high), (from, to)) = port_ranges(word)?;
                    ranges += 1;
                    holds |= packet.is_some_and(|packet| {
                        packet.protocol == protocol
                            && (low..=high).contains(&packet.second)
                            && (from..=to).contains(&packet.first)
                    });
                }
            }
            if ranges == 0 {
                return Err("no port range is set".to_owned());
            }
            Ok(holds)
        }
        other => Err(format!("the protocol `{other}` is not understood")),
    }
}

/// First and last port.
type PortRange = (u16, u16);

/// `dst[-dst][:src[-src]]` as (destination, source). Without a source part every source port is meant.
fn port_ranges(word: &str) -> Result<(PortRange, PortRange), String> {
    let one = |text: &str| {
        let (low, high) = text.split_once('-').unwrap_or((text, text));
        let range = decimal::<u16>(low).zip(decimal::<u16>(high));
        range
            .filter(|(low, high)| low <= high)
            .ok_or_else(|| format!("`{word}` is not a port range"))
    };
    match word.split_once(':') {
        Some((destination, source)) => Ok((one(destination)?, one(source)?)),
        None => Ok((one(word)?, (0, 65535))),
    }
}
