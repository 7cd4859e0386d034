//! Cisco IOS and IOS-XE: access lists and where they are applied, read line after line as the router would.

mod entry;
mod group;
mod names;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::net::IpAddr;

use septum::packet::Packet;

use self::entry::{Entry, Place, Protocol, Sight, Words, read_entry, read_sequence};
use self::group::{Groups, Network, Service, read_network, read_service};
use super::{ReadError, Verdict};

/// An access list: entries by number.
#[derive(Clone, Debug, Default)]
struct AccessList {
    entries: BTreeMap<u32, Entry>,
}

#[derive(Clone, Debug, Default)]
struct Interface {
    /// By (IPv6, inbound).
    bound: BTreeMap<(bool, bool), String>,
}

/// A router. Lists of the two families live in separate name spaces.
#[derive(Clone, Debug, Default)]
pub struct IosDevice {
    lists: BTreeMap<(bool, String), AccessList>,
    groups: Groups,
    interfaces: BTreeMap<String, Interface>,
}

/// What the lines that follow belong to.
#[derive(Clone, Debug)]
enum Mode {
    Global,
    List(bool, String),
    Interface(String),
    NetworkGroup(String),
    ServiceGroup(String),
}

impl IosDevice {
    /// Types the text into the device. Each line takes effect at once; the first bad line ends it.
    pub fn apply(&mut self, text: &str) -> Result<(), ReadError> {
        self.apply_each(text, |_, _| {})
    }

    /// As [`Self::apply`], and calls `observe` after each line: what the router does in between.
    pub fn apply_each(&mut self, text: &str, mut observe: impl FnMut(&Self, usize)) -> Result<(), ReadError> {
        let mut mode = Mode::Global;
        for (index, line) in text.lines().enumerate() {
            let line_number = index + 1;
            self.line(line.trim(), &mut mode)
                .map_err(|message| ReadError::at(line_number, message))?;
            observe(self, line_number);
        }
        Ok(())
    }

    /// The interfaces that were named, sorted.
    pub fn interfaces(&self) -> Vec<&str> {
        self.interfaces.keys().map(String::as_str).collect()
    }

    /// The names of the lists of a family, sorted.
    pub fn lists(&self, v6: bool) -> Vec<&str> {
        let of_family = self.lists.keys().filter(|(family, _)| *family == v6);
        of_family.map(|(_, name)| name.as_str()).collect()
    }

    /// What the list applied inbound does with a packet; `established` says that it is TCP with ACK or RST.
    pub fn inbound(&self, interface: &str, packet: &Packet, established: bool) -> Verdict {
        let sight = Sight {
            established,
            later_fragment: false,
        };
        self.filter(interface, true, packet, sight)
    }

    /// What the list applied outbound does with a packet that the router forwards.
    pub fn outbound(&self, interface: &str, packet: &Packet, established: bool) -> Verdict {
        let sight = Sight {
            established,
            later_fragment: false,
        };
        self.filter(interface, false, packet, sight)
    }

    /// What the list applied inbound does with a fragment other than the first, whose ports are not to be seen.
    pub fn inbound_later_fragment(&self, interface: &str, packet: &Packet) -> Verdict {
        let sight = Sight {
            established: false,
            later_fragment: true,
        };
        self.filter(interface, true, packet, sight)
    }

    /// No list, an undefined list and a list without entries permit everything. Else the first entry that
    /// matches decides, then IPv6 neighbour discovery is permitted, then everything is denied.
    fn filter(&self, interface: &str, inbound: bool, packet: &Packet, sight: Sight) -> Verdict {
        let v6 = packet.source.is_ipv6();
        let list = self
            .interfaces
            .get(interface)
            .and_then(|interface| interface.bound.get(&(v6, inbound)))
            .and_then(|name| self.lists.get(&(v6, name.clone())));
        let Some(list) = list else {
            return Verdict::Permit;
        };
        if list.entries.is_empty() {
            return Verdict::Permit;
        }
        for entry in list.entries.values() {
            if entry.matches(packet, sight, &self.groups) {
                return if entry.permit {
                    Verdict::Permit
                } else {
                    Verdict::Deny
                };
            }
        }
        let neighbour_discovery =
            v6 && !sight.later_fragment && packet.protocol == 58 && matches!(packet.first, 135 | 136);
        if neighbour_discovery {
            Verdict::Permit
        } else {
            Verdict::Deny
        }
    }

    fn line(&mut self, line: &str, mode: &mut Mode) -> Result<(), String> {
        if line.is_empty() || line.starts_with('!') {
            return Ok(());
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        if let Some(next) = self.global(&words)? {
            *mode = next;
            return Ok(());
        }
        match mode.clone() {
            Mode::Global => Err(format!("`{line}` is not understood")),
            Mode::List(v6, name) => self.list_line(v6, &name, &words),
            Mode::Interface(name) => self.interface_line(&name, &words),
            Mode::NetworkGroup(name) => self.network_group_line(&name, &words),
            Mode::ServiceGroup(name) => self.service_group_line(&name, &words),
        }
    }

    /// Commands of global configuration, which also leave any mode below it.
    fn global(&mut self, words: &[&str]) -> Result<Option<Mode>, String> {
        Ok(Some(match words {
            ["end" | "exit"] | ["hostname" | "version", _] | ["configure", "terminal"] => Mode::Global,
            ["ip", "access-list", "extended", name] => {
                check_list_name(name)?;
                self.lists.entry((false, (*name).to_owned())).or_default();
                Mode::List(false, (*name).to_owned())
            }
            ["ipv6", "access-list", name] => {
                check_list_name(name)?;
                self.lists.entry((true, (*name).to_owned())).or_default();
                Mode::List(true, (*name).to_owned())
            }
            ["no", "ip", "access-list", "extended", name] => {
                self.lists.remove(&(false, (*name).to_owned()));
                Mode::Global
            }
            ["no", "ipv6", "access-list", name] => {
                self.lists.remove(&(true, (*name).to_owned()));
                Mode::Global
            }
            ["interface", "range", ..] => return Err("`interface range` is not understood".to_owned()),
            ["interface", name] => self.enter_interface((*name).to_owned()),
            ["interface", kind, number] => self.enter_interface(format!("{kind}{number}")),
            ["object-group", "network", name] => {
                if self.groups.services.contains_key(*name) {
                    return Err(format!("`{name}` is a service group"));
                }
                self.groups.networks.entry((*name).to_owned()).or_default();
                Mode::NetworkGroup((*name).to_owned())
            }
            ["object-group", "service", name] => {
                if self.groups.networks.contains_key(*name) {
                    return Err(format!("`{name}` is a network group"));
                }
                self.groups.services.entry((*name).to_owned()).or_default();
                Mode::ServiceGroup((*name).to_owned())
            }
            ["no", "object-group", "network", name] => {
                self.refuse_if_used(name)?;
                self.groups.networks.remove(*name);
                Mode::Global
            }
            ["no", "object-group", "service", name] => {
                self.refuse_if_used(name)?;
                self.groups.services.remove(*name);
                Mode::Global
            }
            _ => return Ok(None),
        }))
    }

    fn enter_interface(&mut self, name: String) -> Mode {
        self.interfaces.entry(name.clone()).or_default();
        Mode::Interface(name)
    }

    fn list_line(&mut self, v6: bool, list: &str, words: &[&str]) -> Result<(), String> {
        let (number, rest) = match words {
            ["sequence", number, rest @ ..] if v6 => (Some(read_sequence(number, v6)?), rest),
            [number, rest @ ..] if !v6 && number.starts_with(|c: char| c.is_ascii_digit()) => {
                (Some(read_sequence(number, v6)?), rest)
            }
            _ => (None, words),
        };
        let key = (v6, list.to_owned());
        match rest {
            ["remark", text @ ..] => {
                let length = text.join(" ").len();
                return if (1..=100).contains(&length) {
                    Ok(())
                } else {
                    Err("a remark holds 1 to 100 characters".to_owned())
                };
            }
            ["no", "sequence", old] if v6 => return self.remove_entry(&key, read_sequence(old, v6)?),
            ["no", old] if !v6 => return self.remove_entry(&key, read_sequence(old, v6)?),
            _ => {}
        }
        let mut words = Words::of(rest);
        let (entry, suffix) = read_entry(&mut words, v6)?;
        self.check_groups(&entry)?;
        let list = self.lists.entry(key).or_default();
        let number = match (number, suffix) {
            (Some(_), Some(_)) => return Err("two sequence numbers".to_owned()),
            (Some(number), None) | (None, Some(number)) => number,
            (None, None) => {
                let last = list.entries.keys().next_back().copied().unwrap_or(0);
                last.checked_add(10).ok_or("no sequence number is left")?
            }
        };
        if list.entries.contains_key(&number) {
            return Err(format!("duplicate sequence number {number}"));
        }
        // An entry that is there already under another number is silently left out.
        if !list.entries.values().any(|other| *other == entry) {
            list.entries.insert(number, entry);
        }
        Ok(())
    }

    fn remove_entry(&mut self, list: &(bool, String), number: u32) -> Result<(), String> {
        let removed = self
            .lists
            .get_mut(list)
            .and_then(|list| list.entries.remove(&number));
        removed.map(|_| ()).ok_or_else(|| format!("no entry {number}"))
    }

    fn interface_line(&mut self, interface: &str, words: &[&str]) -> Result<(), String> {
        let bound = &mut self.interfaces.entry(interface.to_owned()).or_default().bound;
        let direction = |word: &str| match word {
            "in" => Ok(true),
            "out" => Ok(false),
            other => Err(format!("`{other}` is neither `in` nor `out`")),
        };
        match words {
            ["ip", "access-group", name, way] => {
                bound.insert((false, direction(way)?), (*name).to_owned());
            }
            ["ipv6", "traffic-filter", name, way] => {
                bound.insert((true, direction(way)?), (*name).to_owned());
            }
            ["no", "ip", "access-group", name, way] => {
                let key = (false, direction(way)?);
                if bound.get(&key).is_some_and(|current| current == name) {
                    bound.remove(&key);
                }
            }
            ["no", "ip", "access-group", way] => {
                bound.remove(&(false, direction(way)?));
            }
            ["no", "ipv6", "traffic-filter", name, way] => {
                let key = (true, direction(way)?);
                if bound.get(&key).is_some_and(|current| current == name) {
                    bound.remove(&key);
                }
            }
            ["no", "ipv6", "traffic-filter", way] => {
                bound.remove(&(true, direction(way)?));
            }
            ["description", _, ..] | ["no", "shutdown"] | ["no", "switchport"] | ["ipv6", "enable"] => {}
            ["ip", "address", address, mask] | ["ip", "address", address, mask, "secondary"] => {
                let ok = address.parse::<std::net::Ipv4Addr>().is_ok()
                    && mask.parse::<std::net::Ipv4Addr>().is_ok();
                return ok
                    .then_some(())
                    .ok_or_else(|| "not an address and a mask".to_owned());
            }
            ["ipv6", "address", prefix] => {
                let range = super::address::AddressRange::parse_prefix(prefix);
                let ok = range.is_some_and(|range| matches!(range.first, IpAddr::V6(_)));
                return ok.then_some(()).ok_or_else(|| "not an IPv6 prefix".to_owned());
            }
            _ => return Err(format!("`{}` is not understood on an interface", words.join(" "))),
        }
        Ok(())
    }

    fn network_group_line(&mut self, group: &str, words: &[&str]) -> Result<(), String> {
        if let ["description", _, ..] = words {
            return Ok(());
        }
        let (remove, words) = match words {
            ["no", rest @ ..] => (true, rest),
            _ => (false, words),
        };
        let member = read_network(&mut Words::of(words))?;
        if let Network::Group(inner) = &member {
            if !self.groups.networks.contains_key(inner) {
                return Err(format!("there is no network group `{inner}`"));
            }
            if !remove && self.groups.network_reaches(inner, group) {
                return Err(format!("`{inner}` holds `{group}`"));
            }
        }
        let used = self.is_used(group);
        let members = self.groups.networks.entry(group.to_owned()).or_default();
        change_members(members, member, remove, used)
    }

    fn service_group_line(&mut self, group: &str, words: &[&str]) -> Result<(), String> {
        if let ["description", _, ..] = words {
            return Ok(());
        }
        let (remove, words) = match words {
            ["no", rest @ ..] => (true, rest),
            _ => (false, words),
        };
        let member = read_service(&mut Words::of(words))?;
        if let Service::Group(inner) = &member {
            if !self.groups.services.contains_key(inner) {
                return Err(format!("there is no service group `{inner}`"));
            }
            if !remove && self.groups.service_reaches(inner, group) {
                return Err(format!("`{inner}` holds `{group}`"));
            }
        }
        let used = self.is_used(group);
        let members = self.groups.services.entry(group.to_owned()).or_default();
        change_members(members, member, remove, used)
    }

    /// Groups that an entry names must be there and hold something.
    fn check_groups(&self, entry: &Entry) -> Result<(), String> {
        for place in [&entry.source, &entry.destination] {
            if let Place::Group(name) = place
                && self.groups.networks.get(name).is_none_or(Vec::is_empty)
            {
                return Err(format!("network group `{name}` is undefined or empty"));
            }
        }
        if let Protocol::Group(name) = &entry.protocol
            && self.groups.services.get(name).is_none_or(Vec::is_empty)
        {
            return Err(format!("service group `{name}` is undefined or empty"));
        }
        Ok(())
    }

    /// True where an entry or another group names the group.
    fn is_used(&self, group: &str) -> bool {
        let place = Place::Group(group.to_owned());
        let protocol = Protocol::Group(group.to_owned());
        let by_entry =
            |entry: &Entry| entry.source == place || entry.destination == place || entry.protocol == protocol;
        self.lists
            .values()
            .any(|list| list.entries.values().any(by_entry))
            || self.groups.network_is_member(group)
            || self.groups.service_is_member(group)
    }

    fn refuse_if_used(&self, group: &str) -> Result<(), String> {
        if self.is_used(group) {
            return Err(format!("object group `{group}` is in use"));
        }
        Ok(())
    }
}

/// Adds or takes away one member; a group in use never becomes empty.
fn change_members<T: PartialEq>(
    members: &mut Vec<T>,
    member: T,
    remove: bool,
    used: bool,
) -> Result<(), String> {
    if !remove {
        if !members.contains(&member) {
            members.push(member);
        }
        return Ok(());
    }
    let place = members.iter().position(|other| *other == member);
    let Some(place) = place else {
        return Err("the group has no such member".to_owned());
    };
    if used && members.len() == 1 {
        return Err("a group in use cannot be emptied".to_owned());
    }
    members.remove(place);
    Ok(())
}

/// A name begins with a letter, or is the number of an extended list. Portable names hold at most 64 characters.
fn check_list_name(name: &str) -> Result<(), String> {
    let by_number =
        super::address::decimal::<u16>(name).is_some_and(|number| matches!(number, 100..=199 | 2000..=2699));
    let by_name = name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_graphic() && !b"\"'?".contains(&b));
    if by_number || by_name {
        Ok(())
    } else {
        Err(format!("`{name}` is not the name of a list"))
    }
}
