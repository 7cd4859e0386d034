//! Addresses as prefixes. A table of exact keys holds a prefix by its first address, and is asked with the last bits
//! of a packet's address masked away: one table for each length.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Deref;
use std::rc::Rc;

use crate::packet::{AddressSet, Family};

/// A prefix of either family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix {
    /// How many bits all its addresses share.
    pub length: u8,
    /// Its first address.
    pub first: u128,
}

impl Prefix {
    /// The prefixes of a longer length that it consists of. Itself, where it is not shorter.
    pub fn at(self, length: u8, family: Family) -> impl Iterator<Item = Self> {
        let bits = length.saturating_sub(self.length).min(16);
        let step = 1_u128 << (width(family).saturating_sub(length)).min(127);
        let length = length.max(self.length);
        (0..1_u128 << bits).map(move |number| Self {
            length,
            first: self.first + number * step,
        })
    }
}

/// Some prefixes: by length, then ascending. Mostly there is one.
#[derive(Clone, Debug)]
pub enum Prefixes {
    /// A single one.
    One([Prefix; 1]),
    /// None, or more.
    Several(Rc<[Prefix]>),
}

impl Deref for Prefixes {
    type Target = [Prefix];

    fn deref(&self) -> &[Prefix] {
        match self {
            Self::One(one) => one,
            Self::Several(several) => several,
        }
    }
}

/// What a set holds of a family.
pub fn prefixes(set: &AddressSet, family: Family) -> Prefixes {
    if let Some(first) = single(set, family) {
        let length = width(family);
        return Prefixes::One([Prefix { length, first }]);
    }
    let prefix = |(first, length)| Prefix { length, first };
    let mut blocks = set.blocks(family).map(prefix);
    match (blocks.next(), blocks.next()) {
        (Some(one), None) => Prefixes::One([one]),
        (first, second) => {
            let first = first.into_iter().chain(second);
            let mut prefixes: Vec<Prefix> = first.chain(blocks).collect();
            prefixes.sort_unstable();
            Prefixes::Several(prefixes.into())
        }
    }
}

/// The one address that a set holds of a family.
fn single(set: &AddressSet, family: Family) -> Option<u128> {
    match family {
        Family::V4 => match set.v4.ranges() {
            [(first, last)] if first == last => Some((*first).into()),
            _ => None,
        },
        Family::V6 => match set.v6.ranges() {
            [(first, last)] if first == last => Some(*first),
            _ => None,
        },
    }
}

/// The prefixes of each length, where they stand by length.
pub fn by_length(prefixes: &[Prefix]) -> impl Iterator<Item = (u8, &[Prefix])> {
    let runs = prefixes.chunk_by(|a, b| a.length == b.length);
    runs.filter_map(|run| Some((run.first()?.length, run)))
}

/// The length of a single address.
pub fn width(family: Family) -> u8 {
    match family {
        Family::V4 => 32,
        Family::V6 => 128,
    }
}

/// An address field with its last bits masked away: `ip daddr & 255.255.255.0`, or `ip daddr` where none are.
pub fn masked(field: &str, family: Family, length: u8) -> String {
    if length >= width(family) {
        return field.to_owned();
    }
    let mask = match family {
        Family::V4 => Ipv4Addr::from(u32::MAX.checked_shl(32 - u32::from(length)).unwrap_or(0)).to_string(),
        Family::V6 => Ipv6Addr::from(u128::MAX.checked_shl(128 - u32::from(length)).unwrap_or(0)).to_string(),
    };
    format!("{field} & {mask}")
}
