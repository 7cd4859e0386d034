//! Addresses as prefixes. A table of exact keys holds a prefix by its first address, and is asked with the last bits
//! of a packet's address masked away: one table for each length.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::Deref;
use std::rc::Rc;

use crate::packet::{AddressSet, Family, IntervalSet, Ordinal};

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

impl Prefixes {
    fn of(mut prefixes: impl ExactSizeIterator<Item = Prefix>) -> Self {
        match (prefixes.len(), prefixes.next()) {
            (1, Some(one)) => Self::One([one]),
            (_, first) => Self::Several(first.into_iter().chain(prefixes).collect()),
        }
    }
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
    let single = match family {
        Family::V4 => singles(&set.v4, family),
        Family::V6 => singles(&set.v6, family),
    };
    single.unwrap_or_else(|| {
        let blocks = set.blocks(family);
        let mut prefixes: Vec<Prefix> = blocks.map(|(first, length)| Prefix { length, first }).collect();
        prefixes.sort_unstable();
        Prefixes::of(prefixes.into_iter())
    })
}

/// The same of a set of single addresses, as most sets are.
fn singles<T: Ordinal>(set: &IntervalSet<T>, family: Family) -> Option<Prefixes> {
    let ranges = set.ranges();
    let length = width(family);
    let prefix = |(first, _): &(T, T)| Prefix {
        length,
        first: first.wide(),
    };
    let single = ranges.iter().all(|(first, last)| first == last);
    single.then(|| Prefixes::of(ranges.iter().map(prefix)))
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
