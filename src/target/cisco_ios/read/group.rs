//! Object groups of addresses and services (Cisco IOS Security Configuration Guide, Object Groups for ACLs).

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::{IpNet, Ipv6Net};

use super::entry::read_message;
use super::keyword::{Words, abbreviates, choose, number};
use super::{names, ports};
use crate::packet::{AddressSet, Family, IntervalSet, ServiceSet, protocol};

/// How deep groups may stand in each other.
const DEEPEST: usize = 64;

/// What a group holds of one kind.
pub trait Contents: Clone + Default + PartialEq {
    /// None where that is too large to work with.
    fn joined(parts: &[&Self]) -> Option<Self>;
}

impl Contents for AddressSet {
    fn joined(parts: &[&Self]) -> Option<Self> {
        Some(Self::union_of(parts.iter().copied()))
    }
}

impl Contents for ServiceSet {
    fn joined(parts: &[&Self]) -> Option<Self> {
        Self::union_of_some(parts)
    }
}

/// A member.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Member<T> {
    /// By itself.
    Own(Arc<T>),
    /// `group-object`
    Group(String),
}

impl<T> Member<T> {
    fn own(contents: T) -> Self {
        Self::Own(Arc::new(contents))
    }
}

/// All groups of one kind, by name.
#[derive(Clone, Debug, Default)]
pub struct Groups<T> {
    members: BTreeMap<String, Arc<Vec<Member<T>>>>,
    /// What was worked out already.
    known: BTreeMap<String, Result<Arc<T>, String>>,
}

impl<T: Contents> Groups<T> {
    /// Opens a group.
    pub fn open(&mut self, name: &str) {
        self.members.entry(name.to_owned()).or_default();
    }

    /// Removes a group.
    pub fn remove(&mut self, name: &str) {
        self.members.remove(name);
    }

    /// Adds a member.
    pub fn add(&mut self, name: &str, member: Member<T>) {
        self.of(name).push(member);
    }

    /// Takes a member away.
    ///
    /// # Errors
    /// When there is none, or several hold the same: they may be written in other ways.
    pub fn take(&mut self, name: &str, member: &Member<T>) -> Result<(), String> {
        let members = self.of(name);
        match members.iter().filter(|other| *other == member).count() {
            0 => return Err("there is no such member".to_owned()),
            1 => members.retain(|other| other != member),
            _ => return Err("several members hold the same".to_owned()),
        }
        Ok(())
    }

    /// True where the group is open.
    pub fn has(&self, name: &str) -> bool {
        self.members.contains_key(name)
    }

    fn of(&mut self, name: &str) -> &mut Vec<Member<T>> {
        Arc::make_mut(self.members.entry(name.to_owned()).or_default())
    }

    /// What a group holds.
    ///
    /// # Errors
    /// When it is undefined or empty, or holds itself.
    pub fn contents(&mut self, name: &str) -> Result<Arc<T>, String> {
        self.contents_at(name, 0)
    }

    fn contents_at(&mut self, name: &str, depth: usize) -> Result<Arc<T>, String> {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        if depth >= DEEPEST {
            return Err("object groups that stand in each other too deep".to_owned());
        }
        let members = self.members.get(name).cloned().unwrap_or_default();
        // Stands while the members are looked at: a group that comes back to itself finds it.
        let looping = Err(format!("object group `{name}` holds itself"));
        self.known.insert(name.to_owned(), looping);
        let contents = self.union(name, &members, depth);
        self.known.insert(name.to_owned(), contents.clone());
        contents
    }

    fn union(&mut self, name: &str, members: &[Member<T>], depth: usize) -> Result<Arc<T>, String> {
        if members.is_empty() {
            return Err(format!("object group `{name}` is undefined or empty"));
        }
        let mut parts: Vec<Arc<T>> = Vec::with_capacity(members.len());
        for member in members {
            parts.push(match member {
                Member::Own(own) => Arc::clone(own),
                Member::Group(inner) => self.contents_at(inner, depth.saturating_add(1))?,
            });
        }
        Ok(match parts.as_slice() {
            [only] => Arc::clone(only),
            _ => {
                let each: Vec<&T> = parts.iter().map(|part| &**part).collect();
                let joined = T::joined(&each);
                Arc::new(joined.ok_or_else(|| format!("object group `{name}` has too many pairs of ports"))?)
            }
        })
    }
}

/// Reads a line of an `object-group network`. Masks are netmasks there.
///
/// # Errors
/// When it is no member.
pub fn network(words: &mut Words<'_>) -> Result<Member<AddressSet>, String> {
    let word = words.next()?;
    let address = |word: &str| -> Result<u32, String> {
        let parsed: Ipv4Addr = word.parse().map_err(|_| format!("`{word}` is not an address"))?;
        Ok(parsed.to_bits())
    };
    let (first, last) = if abbreviates(word, "group-object") {
        return Ok(Member::Group(words.next()?.to_owned()));
    } else if word.eq_ignore_ascii_case("any") {
        (0, u32::MAX)
    } else if abbreviates(word, "host") {
        let host = address(words.next()?)?;
        (host, host)
    } else if abbreviates(word, "range") {
        (address(words.next()?)?, address(words.next()?)?)
    } else {
        let base = address(word)?;
        let word = words.next()?;
        let mask = match word.strip_prefix('/') {
            Some(length) => {
                let length: u32 = number(length)
                    .filter(|length| *length <= u32::BITS)
                    .ok_or("not a prefix length")?;
                u32::MAX
                    .checked_shl(u32::BITS.saturating_sub(length))
                    .unwrap_or(0)
            }
            None => address(word)?,
        };
        if mask.leading_ones() != mask.count_ones() {
            return Err(format!("`{word}` is not a netmask"));
        }
        (base & mask, base | !mask)
    };
    if first > last {
        return Err("the range is upside down".to_owned());
    }
    Ok(Member::own(AddressSet {
        v4: IntervalSet::range(first, last),
        v6: IntervalSet::empty(),
    }))
}

/// Reads a line of an `object-group v6-network`: a host, a prefix, another group.
///
/// # Errors
/// When it is no member.
pub fn network6(words: &mut Words<'_>) -> Result<Member<AddressSet>, String> {
    let word = words.next()?;
    if abbreviates(word, "group-object") {
        return Ok(Member::Group(words.next()?.to_owned()));
    }
    let prefix = if abbreviates(word, "host") {
        let word = words.next()?;
        let address: Ipv6Addr = word.parse().map_err(|_| format!("`{word}` is not an address"))?;
        Ipv6Net::from(address)
    } else {
        let net: Ipv6Net = word.parse().map_err(|_| format!("`{word}` is not a prefix"))?;
        net.trunc()
    };
    Ok(Member::own(AddressSet::from_prefixes([&IpNet::V6(prefix)])))
}

/// Reads a line of an `object-group service`.
///
/// # Errors
/// When it is no member.
pub fn service(words: &mut Words<'_>) -> Result<Member<ServiceSet>, String> {
    let word = words.next()?;
    if abbreviates(word, "group-object") {
        return Ok(Member::Group(words.next()?.to_owned()));
    }
    if word.eq_ignore_ascii_case("ip") {
        return Ok(Member::own(ServiceSet::full()));
    }
    if word.eq_ignore_ascii_case("tcp-udp") {
        // Names that mean one port in both alone: each protocol reads the words for itself.
        let mut again = *words;
        let tcp = with_ports(words, protocol::TCP)?;
        let udp = with_ports(&mut again, protocol::UDP)?;
        if tcp.tcp != udp.udp {
            return Err("a port name that tcp and udp understand differently".to_owned());
        }
        return Ok(Member::own(tcp.union(&udp)));
    }
    let protocol = match names::protocol(Family::V4, word) {
        Some(number @ (protocol::TCP | protocol::UDP)) => {
            return Ok(Member::own(with_ports(words, number)?));
        }
        Some(protocol::ICMP) => {
            return Ok(Member::own(icmp(read_message(words, Family::V4)?)));
        }
        Some(number) => number,
        None => number(word)
            .filter(|number| *number != 0)
            .ok_or_else(|| format!("`{word}` is not a known protocol"))?,
    };
    Ok(Member::own(ServiceSet::protocols(&IntervalSet::single(protocol))))
}

/// ICMP of one message, or all of it.
pub fn icmp(message: Option<names::Message>) -> ServiceSet {
    let byte = IntervalSet::range(0, 255);
    match message {
        None => ServiceSet::protocols(&IntervalSet::single(protocol::ICMP)),
        Some((kind, code)) => ServiceSet::icmp(
            &IntervalSet::single(kind.into()),
            &code.map_or(byte, |code| IntervalSet::single(code.into())),
        ),
    }
}

/// `[source [OP] PORT] [[OP] PORT]`, where no operator means `eq`.
fn with_ports(words: &mut Words<'_>, protocol: u8) -> Result<ServiceSet, String> {
    let every = IntervalSet::full;
    let source = if words.take("source") {
        one_operator(words, protocol)?
    } else {
        every()
    };
    let destination = match words.peek() {
        Some(_) => one_operator(words, protocol)?,
        None => every(),
    };
    Ok(match protocol {
        protocol::TCP => ServiceSet::tcp(source, destination),
        _ => ServiceSet::udp(source, destination),
    })
}

fn one_operator(words: &mut Words<'_>, protocol: u8) -> Result<IntervalSet<u16>, String> {
    let word = words.next()?;
    let mut one = || ports::port(words.next()?, protocol);
    match choose(word, &["eq", "gt", "lt", "range"]) {
        Some("eq") => one().map(IntervalSet::single),
        Some("gt") => ports::above(one()?),
        Some("lt") => ports::below(one()?),
        Some(_) => ports::between(one()?, one()?),
        None => ports::port(word, protocol).map(IntervalSet::single),
    }
}
