//! Sets of numbers as sorted, disjoint, non-adjacent closed intervals. The form is canonical: two sets
//! are equal exactly when their intervals are.

/// A number with neighbours: the values of one packet field.
pub trait Ordinal: Copy + Ord + std::fmt::Debug + std::hash::Hash {
    /// Smallest value.
    const MIN: Self;
    /// Largest value.
    const MAX: Self;
    /// The next larger value, none after the largest.
    fn next(self) -> Option<Self>;
    /// The next smaller value, none before the smallest.
    fn previous(self) -> Option<Self>;
    /// As the widest number.
    fn wide(self) -> u128;
}

macro_rules! ordinal {
    ($($number:ty),*) => {$(
        impl Ordinal for $number {
            const MIN: Self = <$number>::MIN;
            const MAX: Self = <$number>::MAX;
            fn next(self) -> Option<Self> { self.checked_add(1) }
            fn previous(self) -> Option<Self> { self.checked_sub(1) }
            fn wide(self) -> u128 { u128::from(self) }
        }
    )*};
}
ordinal!(u8, u16, u32, u128);

/// A set of numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IntervalSet<T> {
    ranges: Vec<(T, T)>,
}

impl<T> Default for IntervalSet<T> {
    fn default() -> Self {
        Self { ranges: Vec::new() }
    }
}

impl<T: Ordinal> IntervalSet<T> {
    /// Nothing.
    pub const fn empty() -> Self {
        Self { ranges: Vec::new() }
    }

    /// Every value.
    pub fn full() -> Self {
        Self {
            ranges: vec![(T::MIN, T::MAX)],
        }
    }

    /// One value.
    pub fn single(value: T) -> Self {
        Self {
            ranges: vec![(value, value)],
        }
    }

    /// All values from `first` to `last`, both included; nothing where `first > last`.
    pub fn range(first: T, last: T) -> Self {
        if first > last {
            Self::empty()
        } else {
            Self {
                ranges: vec![(first, last)],
            }
        }
    }

    /// The union of closed ranges in any order; those with `first > last` hold nothing.
    pub fn from_ranges(ranges: impl IntoIterator<Item = (T, T)>) -> Self {
        let ranges = ranges.into_iter();
        let mut sorted: Vec<(T, T)> = Vec::with_capacity(ranges.size_hint().0);
        sorted.extend(ranges.filter(|(first, last)| first <= last));
        sorted.sort_unstable();
        sorted.dedup_by(|range, top| {
            let joined = top.1.next().is_none_or(|after| range.0 <= after);
            if joined {
                top.1 = top.1.max(range.1);
            }
            joined
        });
        Self { ranges: sorted }
    }

    /// The closed intervals: ascending, disjoint, not adjacent.
    pub fn ranges(&self) -> &[(T, T)] {
        &self.ranges
    }

    /// True where it holds nothing.
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// True where it holds every value.
    pub fn is_full(&self) -> bool {
        self.ranges == [(T::MIN, T::MAX)]
    }

    /// True where it holds `value`.
    pub fn contains(&self, value: T) -> bool {
        let after = self.ranges.partition_point(|(first, _)| *first <= value);
        after
            .checked_sub(1)
            .and_then(|i| self.ranges.get(i))
            .is_some_and(|(_, last)| value <= *last)
    }

    /// The smallest value.
    pub fn first(&self) -> Option<T> {
        self.ranges.first().map(|(first, _)| *first)
    }

    /// The largest value.
    pub fn last(&self) -> Option<T> {
        self.ranges.last().map(|(_, last)| *last)
    }

    /// How many values it holds, at most `u128::MAX`.
    pub fn count(&self) -> u128 {
        self.ranges.iter().fold(0, |sum: u128, (first, last)| {
            sum.saturating_add((last.wide() - first.wide()).saturating_add(1))
        })
    }

    /// What either holds.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.is_empty() {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        Self::from_ranges(self.ranges.iter().chain(&other.ranges).copied())
    }

    /// What both hold.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        self.each_overlap(other, |range| {
            ranges.push(range);
            true
        });
        Self { ranges }
    }

    /// What this holds and `other` does not.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let mut ranges = Vec::new();
        let mut j = 0;
        for &(first, last) in &self.ranges {
            let mut from = Some(first);
            while let Some(&(_, other_last)) = other.ranges.get(j) {
                if other_last >= first {
                    break;
                }
                j += 1;
            }
            for &(other_first, other_last) in other.ranges.get(j..).unwrap_or_default() {
                let Some(start) = from else { break };
                if other_first > last {
                    break;
                }
                if let Some(before) = other_first.previous().filter(|before| start <= *before) {
                    ranges.push((start, before));
                }
                from = other_last.next().filter(|after| *after <= last);
            }
            if let Some(start) = from {
                ranges.push((start, last));
            }
        }
        Self { ranges }
    }

    /// Every value this does not hold.
    #[must_use]
    pub fn complement(&self) -> Self {
        Self::full().difference(self)
    }

    /// True where `other` holds all of this.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.ranges.iter().all(|&(first, last)| {
            let after = other.ranges.partition_point(|(start, _)| *start <= first);
            after
                .checked_sub(1)
                .and_then(|i| other.ranges.get(i))
                .is_some_and(|(_, end)| last <= *end)
        })
    }

    /// True where both hold some value.
    pub fn overlaps(&self, other: &Self) -> bool {
        // Most sets are one range.
        if let ([(first, last)], [(start, end)]) = (&*self.ranges, &*other.ranges) {
            return first <= end && start <= last;
        }
        let mut found = false;
        self.each_overlap(other, |_| {
            found = true;
            false
        });
        found
    }

    /// True where both hold some value other than `except`.
    pub(super) fn overlaps_beside(&self, other: &Self, except: T) -> bool {
        let mut found = false;
        self.each_overlap(other, |range| {
            found = range != (except, except);
            !found
        });
        found
    }

    /// Calls `visit` with each piece that both hold, ascending, until it returns false.
    fn each_overlap(&self, other: &Self, mut visit: impl FnMut((T, T)) -> bool) {
        let (small, large) = if self.ranges.len() <= other.ranges.len() {
            (self, other)
        } else {
            (other, self)
        };
        let mut from = 0;
        for &(first, last) in &small.ranges {
            let rest = large.ranges.get(from..).unwrap_or_default();
            from += rest.partition_point(|(_, end)| *end < first);
            for &(start, end) in large.ranges.get(from..).unwrap_or_default() {
                if start > last {
                    break;
                }
                if !visit((first.max(start), last.min(end))) {
                    return;
                }
            }
        }
    }
}

impl<T: Ordinal> FromIterator<(T, T)> for IntervalSet<T> {
    fn from_iter<I: IntoIterator<Item = (T, T)>>(ranges: I) -> Self {
        Self::from_ranges(ranges)
    }
}
