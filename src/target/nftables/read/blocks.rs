//! Elements of a verdict map that lead to one place, in fewer products: what was a product before its elements were
//! listed becomes one again.

use rustc_hash::FxHashMap;

use super::rule::{Key, Verdict};
use super::value::Value;
use crate::packet::IntervalSet;

type Numbers = IntervalSet<u128>;

/// Products that differ in one field alone: what they share, and the ranges that they have of that field.
type Group = (Vec<Numbers>, Vec<(u128, u128)>);

/// Keys of elements.
#[derive(Debug)]
pub(super) enum Keys<'e> {
    One(&'e Key),
    /// The product of values of each field.
    Many(Vec<Numbers>),
}

/// Elements that lead to one place.
#[derive(Debug)]
pub(super) struct Block<'e> {
    pub values: Keys<'e>,
    pub verdict: &'e Verdict,
    /// The line of the first.
    pub line: usize,
}

/// The elements of a map in blocks, by the places of their first ones.
pub(super) fn of<'e>(elements: &[(&'e Key, &'e Verdict, usize)]) -> Vec<Block<'e>> {
    let mut places: FxHashMap<&Verdict, usize> = FxHashMap::default();
    let mut alike: Vec<Vec<(&'e Key, &'e Verdict, usize)>> = Vec::new();
    for element in elements {
        let place = *places.entry(element.1).or_insert_with(|| {
            alike.push(Vec::new());
            alike.len() - 1
        });
        if let Some(list) = alike.get_mut(place) {
            list.push(*element);
        }
    }
    alike.into_iter().flat_map(merged).collect()
}

/// Elements of one verdict, merged field by field: those that differ in one field alone become one.
fn merged<'e>(elements: Vec<(&'e Key, &'e Verdict, usize)>) -> Vec<Block<'e>> {
    let single = |(key, verdict, line): &(&'e Key, &'e Verdict, usize)| Block {
        values: Keys::One(key),
        verdict,
        line: *line,
    };
    let numbers = |value: &Value| match value {
        Value::Numbers(first, last) => Some(Numbers::from_ranges([(*first, *last)])),
        Value::Name(_) => None,
    };
    let whole: Option<Vec<Vec<Numbers>>> = elements
        .iter()
        .map(|(key, ..)| key.iter().map(numbers).collect())
        .collect();
    let (Some(mut products), true) = (whole, elements.len() > 1) else {
        return elements.iter().map(single).collect();
    };
    let Some((_, verdict, line)) = elements.first() else {
        return Vec::new();
    };
    for field in 0..products.first().map_or(0, Vec::len) {
        let mut order: FxHashMap<Vec<Numbers>, usize> = FxHashMap::default();
        let mut groups: Vec<Group> = Vec::new();
        for mut product in products {
            let own = product
                .get_mut(field)
                .map(|set| std::mem::replace(set, Numbers::empty()));
            let place = *order.entry(product.clone()).or_insert(groups.len());
            if place == groups.len() {
                groups.push((product, Vec::new()));
            }
            if let (Some((_, ranges)), Some(own)) = (groups.get_mut(place), own) {
                ranges.extend_from_slice(own.ranges());
            }
        }
        products = groups
            .into_iter()
            .map(|(mut product, ranges)| {
                if let Some(set) = product.get_mut(field) {
                    *set = Numbers::from_ranges(ranges);
                }
                product
            })
            .collect();
    }
    let block = |values| Block {
        values: Keys::Many(values),
        verdict,
        line: *line,
    };
    products.into_iter().map(block).collect()
}
