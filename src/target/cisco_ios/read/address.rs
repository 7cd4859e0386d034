//! Where an entry matches: any address, a wildcard, a prefix, a group.

use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use ipnet::Ipv6Net;

use super::keyword::{Words, abbreviates};
use crate::packet::{Family, IntervalSet};

/// Source or destination of an entry.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// Bits under the ones of the wildcard do not matter, and are zero here.
    V4 {
        /// The bits that must be there.
        base: u32,
        /// An inverted mask. Its ones may stand anywhere.
        wildcard: u32,
    },
    /// A prefix.
    V6(Ipv6Net),
    /// An `object-group network`, or `object-group v6-network` in lists of IPv6.
    Group(Arc<str>),
}

/// Reads a place.
///
/// # Errors
/// When it is none of the family.
pub fn read(words: &mut Words<'_>, family: Family) -> Result<Place, String> {
    let word = words.next()?;
    let bad = |word: &str| format!("`{word}` is not an {} address", family.name());
    if word.eq_ignore_ascii_case("any") {
        return Ok(match family {
            Family::V4 => v4(0, u32::MAX),
            Family::V6 => Place::V6(Ipv6Net::default()),
        });
    }
    if abbreviates(word, "object-group") {
        return Ok(Place::Group(words.next()?.into()));
    }
    let host = abbreviates(word, "host");
    let word = if host { words.next()? } else { word };
    match family {
        Family::V4 => {
            let base: Ipv4Addr = word.parse().map_err(|_| bad(word))?;
            if host {
                return Ok(v4(base.to_bits(), 0));
            }
            let word = words.next()?;
            let wildcard: Ipv4Addr = word.parse().map_err(|_| bad(word))?;
            Ok(v4(base.to_bits(), wildcard.to_bits()))
        }
        Family::V6 if host => {
            let address: Ipv6Addr = word.parse().map_err(|_| bad(word))?;
            Ok(Place::V6(Ipv6Net::from(address)))
        }
        Family::V6 => {
            let prefix: Ipv6Net = word.parse().map_err(|_| bad(word))?;
            Ok(Place::V6(prefix.trunc()))
        }
    }
}

fn v4(base: u32, wildcard: u32) -> Place {
    Place::V4 {
        base: base & !wildcard,
        wildcard,
    }
}

/// Ranges that one wildcard may fall into.
const PIECES: u32 = 12;

/// The addresses that a wildcard matches. Ones at its end make ranges, every other one doubles their number.
///
/// # Errors
/// When that are more than 2^12 ranges.
pub fn expand(base: u32, wildcard: u32) -> Result<IntervalSet<u32>, String> {
    let free = wildcard.trailing_ones();
    let low = u32::MAX.checked_shr(32 - free).unwrap_or(0);
    let high = wildcard & !low;
    if high.count_ones() > PIECES {
        let kind = match wildcard.leading_ones() == wildcard.count_ones() {
            true => "a netmask where a wildcard belongs, with",
            false => "a wildcard with",
        };
        return Err(format!("{kind} more than {PIECES} ones apart from its end"));
    }
    let mut starts = vec![base];
    for bit in (0..u32::BITS)
        .map(|shift| 1_u32 << shift)
        .filter(|bit| high & bit != 0)
    {
        let with: Vec<u32> = starts.iter().map(|start| start | bit).collect();
        starts.extend(with);
    }
    Ok(IntervalSet::from_ranges(
        starts.into_iter().map(|start| (start, start | low)),
    ))
}
