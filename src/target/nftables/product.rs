//! Products of addresses and ports, and how they become elements of one set: concatenated interval sets refuse
//! elements that overlap, so what an earlier product holds is cut away from a later one.

use crate::packet::{IntervalSet, Ordinal};

use super::atom::{Addresses, Numbers};
use super::capability::Capability;

/// Flows of one protocol with ports, in one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// Sources.
    pub source: Addresses,
    /// Destinations.
    pub destination: Addresses,
    /// TCP, UDP or SCTP.
    pub protocol: u8,
    /// Destination ports.
    pub ports: Numbers,
}

impl Product {
    /// How many elements it takes as it is.
    pub fn size(&self) -> usize {
        self.source
            .ranges()
            .len()
            .saturating_mul(self.destination.ranges().len())
            .saturating_mul(self.ports.ranges().len())
    }

    /// True where every element is one address to one address on one port: what a hash set can hold.
    pub fn is_exact(&self) -> bool {
        fn singles<T: Ordinal>(set: &IntervalSet<T>) -> bool {
            set.ranges().iter().all(|(first, last)| first == last)
        }
        singles(&self.source) && singles(&self.destination) && singles(&self.ports)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.protocol == other.protocol
            && self.ports.overlaps(&other.ports)
            && self.source.overlaps(&other.source)
            && self.destination.overlaps(&other.destination)
    }

    /// What this holds and `other` does not, as at most three disjoint products.
    fn without(self, other: &Self) -> Vec<Self> {
        if !self.overlaps(other) {
            return vec![self];
        }
        let common_source = self.source.intersection(&other.source);
        let common_destination = self.destination.intersection(&other.destination);
        let pieces = [
            Self {
                source: self.source.difference(&other.source),
                ..self.clone()
            },
            Self {
                source: common_source.clone(),
                destination: self.destination.difference(&other.destination),
                ..self.clone()
            },
            Self {
                source: common_source,
                destination: common_destination,
                ports: self.ports.difference(&other.ports),
                ..self
            },
        ];
        pieces.into_iter().filter(|piece| piece.size() > 0).collect()
    }
}

/// Products that no longer overlap each other, in order.
#[derive(Debug, Default)]
pub struct Disjoint {
    /// For each product taken, its index in the input and the pieces of it that no earlier one holds.
    pub taken: Vec<(usize, Vec<Product>)>,
}

/// Takes what fits into one set within the bounds. What is not taken must be matched some other way.
pub fn disjoint(products: &[&Product], bounds: &Capability) -> Disjoint {
    let mut result = Disjoint::default();
    let mut elements = 0usize;
    for (index, product) in products.iter().enumerate() {
        let Some(pieces) = cut(product, &result.taken, bounds) else {
            continue;
        };
        let size: usize = pieces.iter().map(Product::size).sum();
        if size > bounds.rule_elements || elements.saturating_add(size) > bounds.set_elements {
            continue;
        }
        elements += size;
        result.taken.push((index, pieces));
    }
    result
}

/// The pieces of a product outside all that is taken, unless they are too many.
fn cut(product: &Product, taken: &[(usize, Vec<Product>)], bounds: &Capability) -> Option<Vec<Product>> {
    if product.size() > bounds.rule_elements {
        return None;
    }
    let mut pieces = vec![product.clone()];
    for hole in taken.iter().flat_map(|(_, pieces)| pieces) {
        pieces = pieces.into_iter().flat_map(|piece| piece.without(hole)).collect();
        if pieces.len() > bounds.rule_pieces {
            return None;
        }
    }
    Some(pieces)
}
