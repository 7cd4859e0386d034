//! Sets of services and of sources by number.

use std::hash::Hasher;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHasher};

use crate::packet::budget::Allowance;
use crate::packet::{Family, IntervalSet, Ordinal, ServiceSet};

/// The number of a set of services among those met.
pub(super) type Number = u32;

/// The number of no service at all.
pub(super) const NOTHING: Number = 0;

/// Sets of services of one family. Equal sets have one number.
pub(super) struct Services {
    sets: Vec<ServiceSet>,
    /// By their fingerprints, which different sets may share.
    numbers: FxHashMap<u64, Vec<Number>>,
    /// By the place in memory of the set of both families, which is held, so that its place stays its own.
    met: FxHashMap<*const ServiceSet, (Arc<ServiceSet>, Number)>,
    matched: FxHashMap<Vec<(bool, Number)>, Number>,
    /// Room for lines that are looked up, and for what two lists say by source.
    lines: Vec<(bool, Number)>,
    pub(super) by_source: [Vec<(Number, Number)>; 2],
    left: Allowance,
}

impl Default for Services {
    fn default() -> Self {
        let nothing = ServiceSet::empty();
        Self {
            sets: vec![nothing.clone()],
            numbers: FxHashMap::from_iter([(fingerprint(&nothing), vec![NOTHING])]),
            met: FxHashMap::default(),
            matched: FxHashMap::default(),
            lines: Vec::new(),
            by_source: Default::default(),
            left: Allowance::of(0),
        }
    }
}

impl Services {
    /// Sets how much may be looked at from now on.
    pub(super) fn allow(&mut self, work: usize) {
        self.left = Allowance::of(work);
    }

    pub(super) fn number(&mut self, set: &Arc<ServiceSet>, family: Family) -> Number {
        let place = Arc::as_ptr(set);
        if let Some((_, number)) = self.met.get(&place) {
            return *number;
        }
        let known = set.has_ports_alone().then(|| self.known(set));
        let number = match known.flatten() {
            Some(number) => number,
            None => self.insert(set.possible_in(family)),
        };
        self.met.insert(place, (Arc::clone(set), number));
        number
    }

    fn known(&self, set: &ServiceSet) -> Option<Number> {
        let alike = self.numbers.get(&fingerprint(set))?;
        alike
            .iter()
            .copied()
            .find(|number| self.set(*number) == Some(set))
    }

    fn set(&self, number: Number) -> Option<&ServiceSet> {
        self.sets.get(usize::try_from(number).ok()?)
    }

    fn insert(&mut self, set: ServiceSet) -> Number {
        if let Some(number) = self.known(&set) {
            return number;
        }
        let number = Number::try_from(self.sets.len()).unwrap_or(Number::MAX);
        self.numbers.entry(fingerprint(&set)).or_default().push(number);
        self.sets.push(set);
        number
    }

    /// What lines of these verdicts and services permit together, the first one that holds a service deciding. None
    /// where it takes long to tell.
    pub(super) fn first_match(&mut self, lines: impl Iterator<Item = (bool, Number)>) -> Option<Number> {
        let mut all = std::mem::take(&mut self.lines);
        all.clear();
        all.extend(lines);
        let number = self.match_of(&mut all);
        self.lines = all;
        number
    }

    fn match_of(&mut self, lines: &mut Vec<(bool, Number)>) -> Option<Number> {
        if lines.iter().all(|(permit, _)| *permit) {
            lines.sort_unstable();
            lines.dedup();
        }
        match lines.as_slice() {
            [] | [(false, _)] => return Some(NOTHING),
            [(true, service)] => return Some(*service),
            _ => {}
        }
        if let Some(number) = self.matched.get(lines) {
            return Some(*number);
        }
        let mut left = self.left;
        let permitted = self.permitted(lines, &mut left);
        self.left = left;
        let number = self.insert(permitted?);
        self.matched.insert(lines.clone(), number);
        Some(number)
    }

    /// Run by run, the last one first.
    fn permitted(&self, lines: &[(bool, Number)], left: &mut Allowance) -> Option<ServiceSet> {
        let mut permitted = ServiceSet::empty();
        for run in lines.chunk_by(|a, b| a.0 == b.0).rev() {
            let sets: Vec<&ServiceSet> = run.iter().filter_map(|(_, number)| self.set(*number)).collect();
            let together = ServiceSet::union_of_within(&sets, left)?;
            permitted = match run {
                [(true, _), ..] => permitted.union_within(&together, left)?,
                _ => permitted.difference_within(&together, left)?,
            };
        }
        Some(permitted)
    }
}

/// A number that equal sets share, and different ones hardly ever.
fn fingerprint(set: &ServiceSet) -> u64 {
    let mut hasher = FxHasher::default();
    for region in [&set.tcp, &set.udp, &set.sctp, &set.icmp, &set.icmpv6] {
        hasher.write_usize(region.rows().len());
        for (first, second) in region.rows() {
            add(&mut hasher, first);
            add(&mut hasher, second);
        }
    }
    add(&mut hasher, &set.other);
    hasher.finish()
}

fn add<T: Ordinal + Into<u64>>(hasher: &mut FxHasher, numbers: &IntervalSet<T>) {
    hasher.write_usize(numbers.ranges().len());
    for (first, last) in numbers.ranges() {
        hasher.write_u64((*first).into() << 32 | (*last).into());
    }
}

/// Sources by number. Equal ones have one number.
pub(super) struct Sources<'r, T> {
    /// Mostly there is one range.
    ranges: FxHashMap<(T, T), Number>,
    sets: FxHashMap<&'r [(T, T)], Number>,
    next: Number,
}

impl<T> Default for Sources<'_, T> {
    fn default() -> Self {
        Self {
            ranges: FxHashMap::default(),
            sets: FxHashMap::default(),
            next: 0,
        }
    }
}

impl<'r, T: Ordinal> Sources<'r, T> {
    pub(super) fn number(&mut self, sources: &'r [(T, T)]) -> Number {
        let number = match sources {
            [range] => *self.ranges.entry(*range).or_insert(self.next),
            _ => *self.sets.entry(sources).or_insert(self.next),
        };
        if number == self.next {
            self.next = self.next.saturating_add(1);
        }
        number
    }
}
