//! Elements of a set, or those of a verdict map that lead to one place, in fewer products: what was a product before
//! its elements were listed becomes one again.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHashMap;

use super::elements::Elements;
use super::sets::{SetNumber, Sets};

/// Keys of more fields than this are left as they are.
const FIELDS: usize = 6;

/// Elements that lead to one place: the product of values of each field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block<'b> {
    pub values: &'b [SetNumber],
    /// The place of its verdict among those of the elements.
    pub verdict: Option<u32>,
    /// The line of the first.
    pub line: usize,
}

/// Every block of some elements.
#[derive(Debug)]
pub(super) struct Blocks {
    /// Of each block the values of all fields.
    values: Vec<SetNumber>,
    fields: usize,
    /// Of each block its verdict and its line.
    heads: Vec<(Option<u32>, usize)>,
}

impl Blocks {
    fn new(fields: usize, count: usize) -> Self {
        Self {
            values: Vec::with_capacity(fields.saturating_mul(count)),
            fields,
            heads: Vec::with_capacity(count),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Block<'_>> {
        let values = self.values.chunks_exact(self.fields.max(1));
        values.zip(&self.heads).map(|(values, (verdict, line))| Block {
            values,
            verdict: *verdict,
            line: *line,
        })
    }
}

/// Each element as a block of its own.
pub(super) fn each(elements: &Elements, sets: &mut Sets) -> Blocks {
    let mut blocks = Blocks::new(elements.fields(), elements.len());
    for element in elements.iter() {
        blocks
            .values
            .extend(element.ranges().map(|range| sets.single(range)));
        blocks.heads.push((element.verdict_place(), element.line));
    }
    blocks
}

/// The elements in blocks, by the places of their first ones. Those that differ in one field alone become one, field
/// by field.
pub(super) fn merged(elements: &Elements, sets: &mut Sets) -> Blocks {
    let fields = elements.fields();
    if elements.has_interfaces() || fields > FIELDS || elements.len() < 2 {
        return each(elements, sets);
    }
    let mut products = products(elements, sets);
    for field in 0..fields {
        products = joined(products, field, sets);
    }
    let mut blocks = Blocks::new(fields, products.len());
    for product in products {
        blocks.values.extend(product.says.values.iter().take(fields));
        blocks.heads.push((product.says.verdict, product.line));
    }
    blocks
}

/// What a product says: sets of values of each field, and its verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Says {
    values: [SetNumber; FIELDS],
    verdict: Option<u32>,
}

impl Hash for Says {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let [a, b, c, d, e, f] = self.values.map(u64::from);
        state.write_u64(a << 32 | b);
        state.write_u64(c << 32 | d);
        state.write_u64(e << 32 | f);
        state.write_u64(self.verdict.map_or(u64::MAX, u64::from));
    }
}

/// What the elements of a product say, with the line of the first.
#[derive(Clone, Copy, Debug)]
struct Product {
    says: Says,
    line: usize,
}

fn products(elements: &Elements, sets: &mut Sets) -> Vec<Product> {
    // Of neighbours most fields are the same.
    let mut last = [None; FIELDS];
    let product = |element: super::elements::Element<'_>| {
        let mut values = [0; FIELDS];
        for ((value, range), last) in values.iter_mut().zip(element.ranges()).zip(&mut last) {
            *value = match *last {
                Some((same, number)) if same == range => number,
                _ => sets.single(range),
            };
            *last = Some((range, *value));
        }
        Product {
            says: Says {
                values,
                verdict: element.verdict_place(),
            },
            line: element.line,
        }
    };
    elements.iter().map(product).collect()
}

/// Products that differ in one field alone, as one.
fn joined(products: Vec<Product>, field: usize, sets: &mut Sets) -> Vec<Product> {
    let mut places: FxHashMap<Says, usize> = FxHashMap::default();
    places.reserve(products.len());
    // Of each group how many products it has, and of each product its group.
    let mut sizes: Vec<usize> = Vec::with_capacity(products.len());
    let mut group_of: Vec<usize> = Vec::with_capacity(products.len());
    let mut last = None;
    for product in &products {
        let mut others = product.says;
        if let Some(own) = others.values.get_mut(field) {
            *own = 0;
        }
        let place = match last {
            Some((same, place)) if same == others => place,
            _ => *places.entry(others).or_insert(sizes.len()),
        };
        last = Some((others, place));
        group_of.push(place);
        match sizes.get_mut(place) {
            Some(size) => *size += 1,
            None => sizes.push(1),
        }
    }
    if sizes.len() == products.len() {
        return products;
    }
    let mut groups: Vec<Group> = Vec::with_capacity(sizes.len());
    for (product, place) in products.into_iter().zip(group_of) {
        let own = product.says.values.get(field).copied().unwrap_or_default();
        match groups.get_mut(place) {
            Some(group) => group.values.push(own),
            None => {
                let size = sizes.get(place).copied().unwrap_or_default();
                let mut values = Vec::with_capacity(if size > 1 { size } else { 0 });
                if size > 1 {
                    values.push(own);
                }
                groups.push(Group {
                    first: product,
                    values,
                });
            }
        }
    }
    let joined = groups.into_iter().map(|mut group| {
        if !group.values.is_empty()
            && let Some(value) = group.first.says.values.get_mut(field)
        {
            *value = sets.union(&mut group.values);
        }
        group.first
    });
    joined.collect()
}

/// Products that differ in one field alone.
struct Group {
    first: Product,
    /// The sets of values of the field, where there is more than one product.
    values: Vec<SetNumber>,
}
