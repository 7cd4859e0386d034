//! Sets of pairs of header numbers: (source port, destination port), or (icmp type, icmp code).

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;

use super::IntervalSet;
use super::budget::Allowance;

type Numbers = IntervalSet<u16>;

/// The most ranges of a region that somebody wrote. Every other port alone makes 32 768.
pub(super) const LARGEST: usize = 1 << 17;
/// What may be looked at to make one out of its parts.
pub(super) const WORK: usize = 64 * LARGEST;

/// A set of pairs. Canonical: rows have disjoint keys and distinct non-empty values, ascending by key,
/// so that two regions are equal exactly when they hold the same pairs.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Region {
    rows: Vec<(Numbers, Numbers)>,
}

impl Region {
    /// No pair.
    pub fn empty() -> Self {
        Self::default()
    }

    /// All pairs of one of `first` with one of `second`.
    pub fn product(first: Numbers, second: Numbers) -> Self {
        if first.is_empty() || second.is_empty() {
            Self::empty()
        } else {
            Self {
                rows: vec![(first, second)],
            }
        }
    }

    /// Rectangles (first numbers, second numbers), disjoint in the first.
    pub fn rows(&self) -> &[(Numbers, Numbers)] {
        &self.rows
    }

    /// True where it holds no pair.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// True where it holds the pair.
    pub fn contains(&self, first: u16, second: u16) -> bool {
        self.rows
            .iter()
            .any(|(keys, values)| keys.contains(first) && values.contains(second))
    }

    /// The region with the numbers of each pair swapped.
    #[must_use]
    pub fn swapped(&self) -> Self {
        let rows = self.rows.iter();
        let swapped: Vec<Self> = rows
            .map(|(keys, values)| Self::product(values.clone(), keys.clone()))
            .collect();
        Self::union_of(&swapped)
    }

    /// How many ranges it is written in: the room it takes.
    pub fn size(&self) -> usize {
        let rows = self.rows.iter();
        rows.map(|(keys, values)| keys.ranges().len() + values.ranges().len())
            .sum()
    }

    /// Pairs of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.union_within(other, &mut Allowance::endless())
            .unwrap_or_default()
    }

    /// As [`Region::union`]; none where that takes more than is allowed.
    pub(crate) fn union_within(&self, other: &Self, allowance: &mut Allowance) -> Option<Self> {
        if other.is_empty() || self == other {
            return Some(self.clone());
        }
        if self.is_empty() {
            return Some(other.clone());
        }
        self.combine(other, Numbers::union, allowance)
    }

    /// The union of many: in halves, so that each is copied few times.
    pub fn union_of(regions: &[Self]) -> Self {
        Self::union_of_within(regions, &mut Allowance::endless()).unwrap_or_default()
    }

    /// As [`Region::union_of`]; none where the union is too large to work with.
    pub fn union_of_some(regions: &[Self]) -> Option<Self> {
        let union = Self::union_of_within(regions, &mut Allowance::of(WORK))?;
        (union.size() <= LARGEST).then_some(union)
    }

    /// As [`Region::union_of`]; none where that takes more than is allowed.
    pub(crate) fn union_of_within(regions: &[Self], allowance: &mut Allowance) -> Option<Self> {
        match regions {
            [] => Some(Self::empty()),
            [one] => Some(one.clone()),
            _ => {
                let (left, right) = regions.split_at(regions.len() / 2);
                let left = Self::union_of_within(left, allowance)?;
                left.union_within(&Self::union_of_within(right, allowance)?, allowance)
            }
        }
    }

    /// Pairs of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return Self::empty();
        }
        self.combine(other, Numbers::intersection, &mut Allowance::endless())
            .unwrap_or_default()
    }

    /// Pairs of this and not of `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        self.difference_within(other, &mut Allowance::endless())
            .unwrap_or_default()
    }

    /// As [`Region::difference`]; none where that takes more than is allowed.
    pub(crate) fn difference_within(&self, other: &Self, allowance: &mut Allowance) -> Option<Self> {
        if self.is_empty() || other.is_empty() {
            return Some(self.clone());
        }
        self.combine(other, Numbers::difference, allowance)
    }

    /// True where `other` holds every pair of this.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// True where some pair is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        if self.rows.len() * other.rows.len() > FEW {
            let (mine, theirs) = (self.columns(), other.columns());
            return overlay(&mine, &theirs).any(|(_, mine, theirs)| mine.overlaps(theirs));
        }
        self.rows.iter().any(|(keys, values)| {
            let mut others = other.rows.iter();
            others.any(|(k, v)| keys.overlaps(k) && values.overlaps(v))
        })
    }

    /// Overlays the rows of both and joins the values of each common piece of the keys. None where that takes more
    /// than is allowed.
    fn combine(
        &self,
        other: &Self,
        join: impl Fn(&Numbers, &Numbers) -> Numbers,
        allowance: &mut Allowance,
    ) -> Option<Self> {
        // Mostly both are of every source port.
        if let ([(keys, values)], [(other_keys, other_values)]) = (&*self.rows, &*other.rows)
            && keys == other_keys
        {
            return Some(Self::product(keys.clone(), join(values, other_values)));
        }
        let (mine, theirs) = (self.columns(), other.columns());
        let mut met: FxHashMap<(*const Numbers, *const Numbers), usize> = FxHashMap::default();
        let mut joined: Vec<(Numbers, Vec<(u16, u16)>)> = Vec::new();
        for (keys, mine, theirs) in overlay(&mine, &theirs) {
            allowance.spend(1)?;
            let place = match met.entry((std::ptr::from_ref(mine), std::ptr::from_ref(theirs))) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => {
                    allowance.spend(mine.ranges().len() + theirs.ranges().len())?;
                    joined.push((join(mine, theirs), Vec::new()));
                    *new.insert(joined.len() - 1)
                }
            };
            if let Some((_, ranges)) = joined.get_mut(place) {
                ranges.push(keys);
            }
        }
        Some(Self::from_pieces(joined))
    }

    /// The ranges of all keys, ascending, each with its values.
    fn columns(&self) -> Vec<Column<'_>> {
        let mut columns = Vec::with_capacity(self.rows.len());
        for (keys, values) in &self.rows {
            columns.extend(keys.ranges().iter().map(|range| (*range, values)));
        }
        columns.sort_unstable_by_key(|(range, _)| *range);
        columns
    }

    /// From values and ranges of keys, all of which are disjoint: joins the keys of equal values and orders the rows.
    pub(super) fn from_pieces(pieces: Vec<(Numbers, Vec<(u16, u16)>)>) -> Self {
        let mut keys_of: FxHashMap<Numbers, Vec<(u16, u16)>> = FxHashMap::default();
        for (values, ranges) in pieces.into_iter().filter(|(values, _)| !values.is_empty()) {
            match keys_of.entry(values) {
                Entry::Occupied(mut known) => known.get_mut().extend(ranges),
                Entry::Vacant(new) => {
                    new.insert(ranges);
                }
            }
        }
        let rows = keys_of.into_iter();
        let mut rows: Vec<(Numbers, Numbers)> = rows
            .map(|(values, ranges)| (Numbers::from_ranges(ranges), values))
            .filter(|(keys, _)| !keys.is_empty())
            .collect();
        // Keys are disjoint, so that their first range tells them apart.
        rows.sort_unstable();
        Self { rows }
    }
}

/// So many pairs of rows are looked at one by one.
const FEW: usize = 64;

/// A range of keys and its values.
type Column<'r> = ((u16, u16), &'r Numbers);

/// Each piece of the keys of either, ascending, with the values that each has there.
fn overlay<'c>(
    mine: &'c [Column<'c>],
    theirs: &'c [Column<'c>],
) -> impl Iterator<Item = ((u16, u16), &'c Numbers, &'c Numbers)> {
    static NONE: Numbers = Numbers::empty();
    let mut rest = [mine, theirs];
    let mut from = Some(0);
    std::iter::from_fn(move || {
        let start = from?;
        for columns in &mut rest {
            while let Some((((_, last), _), after)) = columns.split_first()
                && *last < start
            {
                *columns = after;
            }
        }
        let heads = rest.map(|columns| columns.first());
        let start = heads
            .iter()
            .flatten()
            .map(|((first, _), _)| start.max(*first))
            .min()?;
        let mut end = u16::MAX;
        let [mine, theirs] = heads.map(|head| match head {
            Some(((first, last), values)) if *first <= start => {
                end = end.min(*last);
                *values
            }
            Some(((first, _), _)) => {
                end = end.min(first - 1);
                &NONE
            }
            None => &NONE,
        });
        from = end.checked_add(1);
        Some(((start, end), mine, theirs))
    })
}
