//! Sets of values by number. Elements name the same addresses and ports over and over.

use rustc_hash::FxHashMap;

use super::elements::Range;
use crate::packet::IntervalSet;

/// Values of one field.
pub(super) type Numbers = IntervalSet<u128>;

/// The number of a set.
pub(super) type SetNumber = u32;

/// Every set that was met. Equal ones may have several numbers, one number is always one set.
#[derive(Debug, Default)]
pub(super) struct Sets {
    all: Vec<Entry>,
    /// Single small values, which are most.
    values: FxHashMap<u64, SetNumber>,
    ranges: FxHashMap<Range, SetNumber>,
    unions: FxHashMap<Vec<SetNumber>, SetNumber>,
    /// Sets that were met as such.
    whole: FxHashMap<Numbers, SetNumber>,
}

#[derive(Debug)]
enum Entry {
    Range(Range),
    Set(Numbers),
}

impl Sets {
    /// The ranges of a set, which ascend and do not touch.
    pub(super) fn ranges(&self, number: SetNumber) -> Option<&[Range]> {
        match self.all.get(usize::try_from(number).ok()?)? {
            Entry::Range(range) => Some(std::slice::from_ref(range)),
            Entry::Set(set) => Some(set.ranges()),
        }
    }

    fn push(&mut self, set: Entry) -> SetNumber {
        self.all.push(set);
        SetNumber::try_from(self.all.len() - 1).unwrap_or(SetNumber::MAX)
    }

    /// The values of one range, which holds some.
    pub(super) fn single(&mut self, range: Range) -> SetNumber {
        let small = u64::try_from(range.0).ok().filter(|_| range.0 == range.1);
        let known = match &small {
            Some(value) => self.values.get(value),
            None => self.ranges.get(&range),
        };
        if let Some(number) = known {
            return *number;
        }
        let number = self.push(Entry::Range(range));
        match small {
            Some(value) => self.values.insert(value, number),
            None => self.ranges.insert(range, number),
        };
        number
    }

    /// A set as it is.
    pub(super) fn whole(&mut self, set: &Numbers) -> SetNumber {
        if let [range] = set.ranges() {
            return self.single(*range);
        }
        if let Some(number) = self.whole.get(set) {
            return *number;
        }
        let number = self.push(Entry::Set(set.clone()));
        self.whole.insert(set.clone(), number);
        number
    }

    /// What any of some sets holds. Their order is lost.
    pub(super) fn union(&mut self, parts: &mut Vec<SetNumber>) -> SetNumber {
        parts.sort_unstable();
        parts.dedup();
        if let [one] = parts.as_slice() {
            return *one;
        }
        if let Some(number) = self.unions.get(parts) {
            return *number;
        }
        let sets = parts.iter().filter_map(|part| self.ranges(*part));
        let mut ranges = Vec::with_capacity(parts.len());
        sets.for_each(|set| ranges.extend_from_slice(set));
        let union = Numbers::from_ranges(ranges);
        let number = self.push(Entry::Set(union));
        self.unions.insert(parts.clone(), number);
        number
    }
}
