//! The places between the cuts of all destinations, and the lines at each of them.

use super::Line;
use crate::packet::Ordinal;
use crate::packet::budget::Allowance;

/// A line at one of the places between the cuts of destinations.
pub(super) type Here<'l, 'r, T> = (usize, &'l Line<'r, T>);

/// The lines at each place, in order, where any two destinations are the same or have nothing in common. Mostly they
/// are single addresses.
pub(super) fn apart<'l, 'r, T: Ordinal>(
    a: &'l [Line<'r, T>],
    b: &'l [Line<'r, T>],
) -> Option<[Vec<Here<'l, 'r, T>>; 2]> {
    let sorted = [a, b].map(destinations);
    let mut found = [a, b].map(|lines| Vec::with_capacity(lines.len()));
    let [mut a_rest, mut b_rest] = sorted.each_ref().map(Vec::as_slice);
    let mut end: Option<T> = None;
    for place in 0.. {
        let firsts = [a_rest, b_rest].into_iter().filter_map(|rest| rest.first());
        let Some((first, last)) = firsts.map(|(first, last, _)| (*first, *last)).min() else {
            break;
        };
        if end.is_some_and(|end| first <= end) {
            return None;
        }
        end = Some(last);
        let [a_found, b_found] = &mut found;
        for (rest, lines, found) in [(&mut a_rest, a, a_found), (&mut b_rest, b, b_found)] {
            while let Some(((from, to, number), after)) = rest.split_first()
                && (*from, *to) == (first, last)
            {
                found.extend(lines.get(*number).map(|line| (place, line)));
                *rest = after;
            }
        }
    }
    Some(found)
}

/// Every destination with the number of its line, ascending.
fn destinations<T: Ordinal>(lines: &[Line<'_, T>]) -> Vec<(T, T, usize)> {
    let mut all = Vec::with_capacity(lines.len());
    for (number, line) in lines.iter().enumerate() {
        all.extend(
            line.destinations
                .iter()
                .map(|(first, last)| (*first, *last, number)),
        );
    }
    all.sort_unstable();
    all
}

/// The values at which some range starts, or has just ended.
pub(super) fn cuts<T: Ordinal>(ranges: impl Iterator<Item = (T, T)>) -> Vec<T> {
    let mut cuts: Vec<T> = ranges
        .flat_map(|(first, last)| [Some(first), last.next()])
        .flatten()
        .collect();
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// Which places a range covers.
pub(super) fn covered<T: Ordinal>((first, last): (T, T), cuts: &[T]) -> std::ops::Range<usize> {
    let from = cuts.partition_point(|cut| *cut < first);
    let rest = cuts.get(from..).unwrap_or_default();
    // Mostly one.
    let more = match rest.get(1) {
        Some(next) if *next <= last => rest.partition_point(|cut| *cut <= last),
        _ => 1,
    };
    from..from + more
}

/// The lines at each place, in order.
pub(super) fn spread<'l, 'r, T: Ordinal>(
    lines: &'l [Line<'r, T>],
    cuts: &[T],
    left: &mut Allowance,
) -> Option<Vec<Here<'l, 'r, T>>> {
    let mut found = Vec::with_capacity(lines.len());
    for line in lines {
        for range in line.destinations {
            let places = covered(*range, cuts);
            left.spend(places.len())?;
            found.extend(places.map(|place| (place, line)));
        }
    }
    found.sort_by_key(|(place, _)| *place);
    Some(found)
}

pub(super) fn split_at_place<'s, 'l, 'r, T>(
    all: &'s [Here<'l, 'r, T>],
    place: usize,
) -> (&'s [Here<'l, 'r, T>], &'s [Here<'l, 'r, T>]) {
    let length = all.iter().take_while(|(here, _)| *here == place).count();
    all.split_at(length)
}
