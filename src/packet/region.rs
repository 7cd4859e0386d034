//! Sets of pairs of header numbers: (source port, destination port), or (icmp type, icmp code).

use super::IntervalSet;

type Numbers = IntervalSet<u16>;

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
        self.rows
            .iter()
            .map(|(keys, values)| Self::product(values.clone(), keys.clone()))
            .fold(Self::empty(), |all, row| all.union(&row))
    }

    /// Pairs of either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        if other.is_empty() || self == other {
            return self.clone();
        }
        if self.is_empty() {
            return other.clone();
        }
        self.combine(other, Numbers::union)
    }

    /// Pairs of both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return Self::empty();
        }
        self.combine(other, Numbers::intersection)
    }

    /// Pairs of this and not of `other`.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        if self.is_empty() || other.is_empty() {
            return self.clone();
        }
        self.combine(other, Numbers::difference)
    }

    /// True where `other` holds every pair of this.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.difference(other).is_empty()
    }

    /// True where some pair is in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.rows.iter().any(|(keys, values)| {
            other
                .rows
                .iter()
                .any(|(k, v)| keys.overlaps(k) && values.overlaps(v))
        })
    }

    /// Overlays the rows of both and joins the values of each common piece of the keys.
    fn combine(&self, other: &Self, join: impl Fn(&Numbers, &Numbers) -> Numbers) -> Self {
        let none = Numbers::empty();
        let mut pieces: Vec<(Numbers, Numbers)> = Vec::new();
        let mut push = |keys: Numbers, values: Numbers| {
            if !keys.is_empty() && !values.is_empty() {
                pieces.push((values, keys));
            }
        };
        let keys_of = |region: &Self| {
            region
                .rows
                .iter()
                .fold(none.clone(), |all, (keys, _)| all.union(keys))
        };
        let (mine, theirs) = (keys_of(self), keys_of(other));
        for (keys, values) in &self.rows {
            push(keys.difference(&theirs), join(values, &none));
            for (other_keys, other_values) in &other.rows {
                push(keys.intersection(other_keys), join(values, other_values));
            }
        }
        for (keys, values) in &other.rows {
            push(keys.difference(&mine), join(&none, values));
        }
        Self::from_pieces(pieces)
    }

    /// From (values, keys) with disjoint keys: joins keys of equal values and orders the rows.
    pub(super) fn from_pieces(mut pieces: Vec<(Numbers, Numbers)>) -> Self {
        pieces.sort_unstable();
        let mut rows: Vec<(Numbers, Numbers)> = Vec::new();
        for (values, keys) in pieces {
            match rows.last_mut() {
                Some((top_keys, top_values)) if *top_values == values => *top_keys = top_keys.union(&keys),
                _ => rows.push((keys, values)),
            }
        }
        rows.sort_unstable();
        Self { rows }
    }
}
