//! Diagrams back into products.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::packet::region::Region;
use crate::packet::space::Side;
use crate::packet::{AddressSet, Family, IntervalSet, ServiceSet};

use super::{Diagram, Field, FieldOrder, NodeId, Set, last_number};

/// A product of one family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) family: Family,
    pub(crate) source: AddressSet,
    pub(crate) destination: AddressSet,
    pub(crate) service: ServiceSet,
}

/// Services and the node that each leads to.
type Services = Vec<(ServiceSet, NodeId)>;

impl Diagram<'_> {
    /// Disjoint products that make up the set; false where there are more than `cap`.
    pub(crate) fn pieces(&self, set: Set, cap: usize) -> (Vec<Piece>, bool) {
        let mut reader = Reader {
            diagram: self,
            cap,
            services: FxHashMap::default(),
            pieces: Vec::new(),
        };
        let complete = Family::BOTH.into_iter().all(|family| match self.order {
            FieldOrder::DestinationFirst => {
                reader.addresses_first(family, set.root(family), Side::Destination, Side::Source)
            }
            FieldOrder::SourceFirst => {
                reader.addresses_first(family, set.root(family), Side::Source, Side::Destination)
            }
            FieldOrder::ServiceFirst => reader.service_first(family, set.root(family)),
        });
        (reader.pieces, complete)
    }
}

struct Reader<'d, 'a> {
    diagram: &'d Diagram<'a>,
    cap: usize,
    services: FxHashMap<(Family, NodeId), Services>,
    pieces: Vec<Piece>,
}

impl Reader<'_, '_> {
    fn addresses_first(&mut self, family: Family, root: NodeId, top: Side, below: Side) -> bool {
        for (outer, node) in self.addresses(family, top, root) {
            for (inner, node) in self.addresses(family, below, node) {
                for (service, _) in self.services(family, node) {
                    if !self.add(family, (top, &outer), &inner, service) {
                        return false;
                    }
                }
            }
        }
        true
    }

    fn service_first(&mut self, family: Family, root: NodeId) -> bool {
        let (top, below) = (Side::Destination, Side::Source);
        for (service, node) in self.services(family, root) {
            for (outer, node) in self.addresses(family, top, node) {
                for (inner, _) in self.addresses(family, below, node) {
                    if !self.add(family, (top, &outer), &inner, service.clone()) {
                        return false;
                    }
                }
            }
        }
        true
    }

    /// False where the cap is reached.
    fn add(
        &mut self,
        family: Family,
        (top, outer): (Side, &AddressSet),
        inner: &AddressSet,
        service: ServiceSet,
    ) -> bool {
        if self.pieces.len() >= self.cap {
            return false;
        }
        let (source, destination) = match top {
            Side::Source => (outer.clone(), inner.clone()),
            Side::Destination => (inner.clone(), outer.clone()),
        };
        self.pieces.push(Piece {
            family,
            source,
            destination,
            service,
        });
        true
    }

    /// The addresses that lead to each node below, those that lead to a packet alone; lowest address first.
    fn addresses(&self, family: Family, side: Side, node: NodeId) -> Vec<(AddressSet, NodeId)> {
        let Diagram {
            space, order, store, ..
        } = self.diagram;
        let axis = Diagram::axis(family, side);
        let mut places = FxHashMap::default();
        let mut groups: Vec<(Vec<(u32, u32)>, NodeId)> = Vec::new();
        for (first, last, to) in store.edges_at(node, order.level(Field::Address(side))) {
            if to == NodeId::DENY {
                continue;
            }
            let last = last.min(space.last_rank(axis));
            let place = *places.entry(to).or_insert_with(|| {
                groups.push((Vec::new(), to));
                groups.len() - 1
            });
            if let Some((ranges, _)) = groups.get_mut(place) {
                ranges.push((first, last));
            }
        }
        let groups = groups.into_iter();
        groups
            .map(|(ranges, to)| (space.addresses(axis, &IntervalSet::from_ranges(ranges)), to))
            .collect()
    }

    /// The services that lead to each node below, those that lead to a packet alone.
    fn services(&mut self, family: Family, node: NodeId) -> Services {
        if let Some(known) = self.services.get(&(family, node)) {
            return known.clone();
        }
        let Diagram { order, store, .. } = self.diagram;
        let (top, bottom) = (order.level(Field::Protocol), order.level(Field::Second));
        let mut found: BTreeMap<NodeId, ServiceSet> = BTreeMap::new();
        let mut add = |to: NodeId, service: ServiceSet| {
            let all = found.entry(to).or_default();
            *all = all.union(&service);
        };
        for (first, last, to) in store.edges_at(node, top) {
            let byte = |number: u32| u8::try_from(number).unwrap_or(u8::MAX);
            if to == NodeId::DENY {
                continue;
            }
            if store.level(to) > bottom {
                let numbers = IntervalSet::range(byte(first), byte(last));
                add(to, ServiceSet::protocols(&numbers).in_family(family));
                continue;
            }
            for number in byte(first)..=byte(last) {
                // Other protocols have no header numbers to test, so their edges lead below all number fields.
                if let Some(end) = last_number(family, u32::from(number)) {
                    for (to, region) in self.regions(to, end) {
                        add(to, ServiceSet::of_region(number, region));
                    }
                }
            }
        }
        let services: Services = found.into_iter().map(|(to, service)| (service, to)).collect();
        self.services.insert((family, node), services.clone());
        services
    }

    /// The pairs of header numbers up to `end` that lead to each node below.
    fn regions(&self, node: NodeId, end: u16) -> BTreeMap<NodeId, Region> {
        let Diagram { order, store, .. } = self.diagram;
        let (first_level, second_level) = (order.level(Field::First), order.level(Field::Second));
        let range = |first: u32, last: u32| {
            let first = u16::try_from(first).ok().filter(|first| *first <= end)?;
            Some((first, u16::try_from(last).unwrap_or(end).min(end)))
        };
        type Rectangles = Vec<(IntervalSet<u16>, Vec<(u16, u16)>)>;
        let mut pieces: BTreeMap<NodeId, Rectangles> = BTreeMap::new();
        // Many ranges of first numbers may lead to one column.
        let mut columns: BTreeMap<NodeId, Vec<(u16, u16)>> = BTreeMap::new();
        for (first, last, column) in store.edges_at(node, first_level) {
            if let Some(numbers) = range(first, last) {
                columns.entry(column).or_default().push(numbers);
            }
        }
        for (column, keys) in columns {
            let mut values: BTreeMap<NodeId, Vec<(u16, u16)>> = BTreeMap::new();
            for (from, until, to) in store.edges_at(column, second_level) {
                if let (Some(numbers), true) = (range(from, until), to != NodeId::DENY) {
                    values.entry(to).or_default().push(numbers);
                }
            }
            for (to, ranges) in values {
                let row = (IntervalSet::from_ranges(ranges), keys.clone());
                pieces.entry(to).or_default().push(row);
            }
        }
        let pieces = pieces.into_iter();
        pieces.map(|(to, rows)| (to, Region::from_pieces(rows))).collect()
    }
}
