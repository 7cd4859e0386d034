//! What a share of a rule asks of tables of exact keys.

use std::collections::{BTreeMap, BTreeSet};

use crate::packet::{AddressSet, Family};

use super::atom::{self, Part};
use super::prefix::{self, Prefix, Prefixes};
use super::section::Share;

/// The lines of a chain with one rule, and of a set beside its elements: declarations, heads and ends.
pub(super) const FRAME: usize = 5;

/// What a set of addresses without a name costs a packet, in tests of one value.
const GROUP: usize = 4;

/// Up to so many sources may be written wherever they are tested.
const FEW: usize = 4;

/// A share with its addresses as prefixes.
#[derive(Debug)]
pub(super) struct Keys<'s, 'r> {
    /// The share, by its place in the section.
    pub number: usize,
    /// The share.
    pub share: &'s Share<'r>,
    /// Sources.
    pub sources: Prefixes,
    /// Destinations.
    pub destinations: Prefixes,
}

impl<'s, 'r> Keys<'s, 'r> {
    /// The keys of numbered shares.
    pub fn of(shares: impl Iterator<Item = (usize, &'s Share<'r>)>) -> Vec<Self>
    where
        'r: 's,
    {
        let mut all: Vec<Self> = Vec::new();
        for (number, share) in shares {
            // Shares of one rule have the same addresses.
            let before = all
                .last()
                .filter(|keys| std::ptr::eq(keys.share.rule, share.rule));
            let ends = match before {
                Some(keys) => [&keys.sources, &keys.destinations].map(Prefixes::clone),
                None => [&share.rule.flow.source, &share.rule.flow.destination]
                    .map(|end| prefix::prefixes(end, share.family)),
            };
            let [sources, destinations] = ends;
            all.push(Self {
                number,
                share,
                sources,
                destinations,
            });
        }
        all
    }

    /// Destination ports, each by itself. Empty where these are too many, or the share has none.
    pub fn ports(&self) -> &'s [u16] {
        &self.share.test.ports
    }

    /// TCP, UDP or SCTP; 0 for all else.
    pub fn protocol(&self) -> u8 {
        self.share.test.protocol
    }

    /// The length of every source, where they have one length and a mask is for it.
    pub fn length_of_sources(&self) -> Option<u8> {
        let length = self.sources.first()?.length;
        let one = self.sources.iter().all(|prefix| prefix.length == length);
        (one && length > 0).then_some(length)
    }

    /// How many flows from a prefix to a prefix and a port it has.
    pub fn flows(&self) -> usize {
        let ends = self.sources.len().saturating_mul(self.destinations.len());
        ends.saturating_mul(self.ports().len())
    }

    /// True where its sources are so few that they may be written wherever they are tested.
    pub fn has_few_sources(&self) -> bool {
        self.sources.len() <= FEW
    }

    /// True where it holds the prefix of all addresses, which no mask is for.
    pub fn is_anywhere(&self) -> bool {
        let mut all = self.sources.iter().chain(self.destinations.iter());
        all.any(|prefix| prefix.length == 0)
    }

    /// What it costs a packet as a plain rule, in tests of one value.
    pub fn weight(&self) -> usize {
        let Share {
            family, rule, test, ..
        } = self.share;
        let several = |end: &AddressSet| atom::in_family(end, *family).ranges().len() > 1;
        let groups = usize::from(several(&rule.flow.source)) + usize::from(several(&rule.flow.destination));
        let ports = matches!(&test.part, Part::Ports { destination, .. } if destination.ranges().len() > 1);
        1 + GROUP * groups + usize::from(ports)
    }

    /// How many lines it takes as a chain that its destinations lead to.
    pub fn lines_of_chain(&self) -> usize {
        let sources = match self.sources.len() {
            1 => 0,
            several => several + FRAME,
        };
        let keys = self.destinations.len().saturating_mul(self.ports().len());
        keys.saturating_add(FRAME + sources)
    }
}

/// The keys that occur most often, up to a number of them, and each more often than some times.
pub(super) fn most_used<K: Ord + Copy>(
    uses: impl Iterator<Item = K>,
    most: usize,
    more_than: usize,
) -> BTreeSet<K> {
    let mut counts: BTreeMap<K, usize> = BTreeMap::new();
    for key in uses {
        *counts.entry(key).or_default() += 1;
    }
    let mut ranked: Vec<(usize, K)> = counts
        .into_iter()
        .map(|(key, count)| (count, key))
        .filter(|(count, _)| *count > more_than)
        .collect();
    ranked.sort_unstable();
    ranked.into_iter().rev().take(most).map(|(_, key)| key).collect()
}

/// The same addresses in prefixes of certain lengths. None where that would take far more of them.
pub(super) fn at_lengths(prefixes: &[Prefix], lengths: &BTreeSet<u8>, family: Family) -> Option<Vec<Prefix>> {
    /// How many bits a prefix may be short of the next length.
    const SHORT: u8 = 4;
    let mut found = Vec::with_capacity(prefixes.len());
    for prefix in prefixes {
        let length = *lengths.range(prefix.length..).next()?;
        if length - prefix.length > SHORT {
            return None;
        }
        found.extend(prefix.at(length, family));
    }
    Some(found)
}
