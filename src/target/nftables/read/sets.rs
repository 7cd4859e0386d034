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
    all: Vec<Numbers>,
    singles: FxHashMap<Range, SetNumber>,
    unions: FxHashMap<Vec<SetNumber>, SetNumber>,
    /// Sets that were met as such.
    whole: FxHashMap<Numbers, SetNumber>,
}

impl Sets {
    pub(super) fn get(&self, number: SetNumber) -> Option<&Numbers> {
        self.all.get(usize::try_from(number).ok()?)
    }

    fn push(&mut self, set: Numbers) -> SetNumber {
        self.all.push(set);
        SetNumber::try_from(self.all.len() - 1).unwrap_or(SetNumber::MAX)
    }

    /// The values of one range.
    pub(super) fn single(&mut self, range: Range) -> SetNumber {
        if let Some(number) = self.singles.get(&range) {
            return *number;
        }
        let number = self.push(Numbers::range(range.0, range.1));
        self.singles.insert(range, number);
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
        let number = self.push(set.clone());
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
        let sets = parts.iter().filter_map(|part| self.get(*part));
        let union = sets.flat_map(|set| set.ranges()).copied().collect();
        let number = self.push(union);
        self.unions.insert(parts.clone(), number);
        number
    }
}
