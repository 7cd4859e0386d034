//! Elements of a set, or those of a verdict map that lead to one place, in fewer products: what was a product before
//! its elements were listed becomes one again.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::elements::{Element, Elements, Range};
use super::rule::Verdict;
use crate::packet::IntervalSet;

/// Values of one field.
pub(super) type Numbers = IntervalSet<u128>;

/// Keys of more fields than this are left as they are.
const FIELDS: usize = 6;

/// Sets of values of each field by their numbers, and the number of a verdict.
type Product = ([u32; FIELDS], Option<u32>);

/// Elements that lead to one place: the product of values of each field.
#[derive(Debug)]
pub(super) struct Block<'e> {
    pub values: Vec<Arc<Numbers>>,
    pub verdict: Option<&'e Verdict>,
    /// The line of the first.
    pub line: usize,
}

/// Each element as a block of its own.
pub(super) fn each(elements: &Elements) -> Vec<Block<'_>> {
    let mut sets = Sets::default();
    let mut block = |element: Element<'_>| {
        let numbers = element.ranges().map(|range| sets.single(range));
        let numbers: Vec<u32> = numbers.collect();
        numbers
            .into_iter()
            .filter_map(|number| sets.get(number))
            .collect()
    };
    let blocks = elements.iter().map(|element| Block {
        values: block(element),
        verdict: element.verdict(),
        line: element.line,
    });
    blocks.collect()
}

/// The elements in blocks, by the places of their first ones. Those that differ in one field alone become one, field
/// by field.
pub(super) fn merged(elements: &Elements) -> Vec<Block<'_>> {
    let fields = elements.fields();
    if elements.has_interfaces() || fields > FIELDS || elements.len() < 2 {
        return each(elements);
    }
    let mut sets = Sets::default();
    let product = |element: Element<'_>| {
        let mut values = [0; FIELDS];
        for (value, range) in values.iter_mut().zip(element.ranges()) {
            *value = sets.single(range);
        }
        ((values, element.verdict_place()), element.line)
    };
    let mut products: Vec<(Product, usize)> = elements.iter().map(product).collect();
    for field in 0..fields {
        products = joined(products, field, &mut sets);
    }
    let block = |((values, verdict), line): (Product, usize)| Block {
        values: values
            .iter()
            .take(fields)
            .filter_map(|set| sets.get(*set))
            .collect(),
        verdict: verdict.and_then(|place| elements.verdict(place)),
        line,
    };
    products.into_iter().map(block).collect()
}

/// Products that differ in one field alone, as one.
fn joined(products: Vec<(Product, usize)>, field: usize, sets: &mut Sets) -> Vec<(Product, usize)> {
    let mut places: FxHashMap<Product, usize> = FxHashMap::default();
    places.reserve(products.len());
    let mut groups: Vec<Group> = Vec::with_capacity(products.len());
    for ((mut key, verdict), line) in products {
        let own = key.get_mut(field).map(std::mem::take).unwrap_or_default();
        let key = (key, verdict);
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.more.push(own),
            None => groups.push(Group {
                key,
                line,
                first: own,
                more: Vec::new(),
            }),
        }
    }
    let groups = groups.into_iter().map(|group| {
        let (mut key, verdict) = group.key;
        if let Some(value) = key.get_mut(field) {
            *value = match group.more.as_slice() {
                [] => group.first,
                _ => sets.union([vec![group.first], group.more].concat()),
            };
        }
        ((key, verdict), group.line)
    });
    groups.collect()
}

/// Products that differ in one field alone. Mostly there is one.
struct Group {
    /// The others.
    key: Product,
    line: usize,
    /// The first one's set of values of the field.
    first: u32,
    /// Those of the rest.
    more: Vec<u32>,
}

/// Sets of values by number. Equal ones may have several.
#[derive(Default)]
struct Sets {
    all: Vec<Arc<Numbers>>,
    singles: FxHashMap<Range, u32>,
    unions: FxHashMap<Vec<u32>, u32>,
}

impl Sets {
    fn get(&self, number: u32) -> Option<Arc<Numbers>> {
        self.all.get(usize::try_from(number).ok()?).cloned()
    }

    fn push(&mut self, set: Numbers) -> u32 {
        self.all.push(Arc::new(set));
        u32::try_from(self.all.len() - 1).unwrap_or(u32::MAX)
    }

    fn single(&mut self, range: Range) -> u32 {
        if let Some(number) = self.singles.get(&range) {
            return *number;
        }
        let number = self.push(Numbers::range(range.0, range.1));
        self.singles.insert(range, number);
        number
    }

    fn union(&mut self, mut parts: Vec<u32>) -> u32 {
        parts.sort_unstable();
        parts.dedup();
        if let [one] = parts.as_slice() {
            return *one;
        }
        if let Some(number) = self.unions.get(&parts) {
            return *number;
        }
        let sets: Vec<Arc<Numbers>> = parts.iter().filter_map(|part| self.get(*part)).collect();
        let number = self.push(sets.iter().flat_map(|set| set.ranges()).copied().collect());
        self.unions.insert(parts, number);
        number
    }
}
