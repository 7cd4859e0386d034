//! The same packets in fewer products: the way in which a list was split up leaves it, and most lists that mean the
//! same become the same.
//!
//! A configuration says line by line, host by host and family by family what a rule says at once. Within a run of
//! one action the order is free, so products that share two of source, destination and service are joined in the
//! third. What comes out holds the same packets, whatever the order of the lines.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::budget::Allowance;
use super::{AddressSet, Family, FlowSet, PacketRule, ServiceSet};

/// The number of a set among those met.
pub(crate) type Number = u32;

/// Source, destination and service, of one family.
pub(crate) type Product = [Number; 3];

/// How many ranges of ports may be looked at to join services. Products whose services take more stay apart.
const JOINED: usize = 1_000_000;

/// Merges lists over one table of sets, so that equal products have equal numbers.
#[derive(Default)]
pub(crate) struct Merger {
    addresses: Table<AddressSet>,
    services: Table<ServiceSet>,
}

/// A list in runs of one action, merged. Products of a run ascend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Merged {
    runs: Vec<(bool, Vec<Product>)>,
}

impl Merged {
    /// What each of two lists of permits alone has beside the products of the other; none where one denies.
    ///
    /// Where these leave the same packets the lists mean the same. The other way round that need not be so.
    pub(crate) fn apart(&self, other: &Self) -> Option<(Self, Self)> {
        let [a, b] = [self, other].map(Self::permits);
        let (a, b) = (a?, b?);
        let without = |all: &[Product], taken: &[Product]| Self {
            runs: vec![(true, beside(all, taken).copied().collect())],
        };
        Some((without(a, b), without(b, a)))
    }

    /// The runs, first things first.
    pub(crate) fn runs(&self) -> impl Iterator<Item = (bool, &[Product])> {
        self.runs
            .iter()
            .map(|(permit, products)| (*permit, products.as_slice()))
    }

    /// How many products it has.
    pub(crate) fn len(&self) -> usize {
        self.runs.iter().map(|(_, products)| products.len()).sum()
    }

    fn permits(&self) -> Option<&[Product]> {
        match self.runs.as_slice() {
            [] => Some(&[]),
            [(true, products)] => Some(products),
            _ => None,
        }
    }
}

impl Merger {
    /// A list, merged.
    pub(crate) fn merged(&mut self, rules: &[PacketRule]) -> Merged {
        let mut runs: Vec<(bool, Vec<Product>)> = Vec::new();
        for run in rules.chunk_by(|a, b| a.permit == b.permit) {
            let mut products: Vec<Product> = Vec::with_capacity(run.len());
            for rule in run {
                products.extend(self.products(&rule.flow));
            }
            products = self.union(products);
            match (runs.last_mut(), run.first()) {
                // What holds nothing separates nothing.
                (_, _) if products.is_empty() => {}
                (Some((permit, last)), Some(rule)) if *permit == rule.permit => {
                    last.extend(products);
                    last.sort_unstable();
                    last.dedup();
                }
                (_, Some(rule)) => runs.push((rule.permit, products)),
                (_, None) => {}
            }
        }
        // What no rule matches is denied.
        while matches!(runs.last(), Some((false, _))) {
            runs.pop();
        }
        Merged { runs }
    }

    /// The rules of a merged list.
    pub(crate) fn rules(&self, merged: &Merged) -> Vec<PacketRule> {
        let rule = |permit: bool, product: &Product| {
            let flow = self.flow(product)?;
            Some(PacketRule { permit, flow })
        };
        let runs = merged.runs.iter();
        runs.flat_map(|(permit, products)| products.iter().filter_map(move |p| rule(*permit, p)))
            .collect()
    }

    /// What a product holds.
    pub(crate) fn flow(&self, [source, destination, service]: &Product) -> Option<FlowSet> {
        Some(FlowSet {
            source: self.addresses.get(*source)?,
            destination: self.addresses.get(*destination)?,
            service: self.services.get(*service)?,
        })
    }

    /// The set of addresses with a number.
    pub(crate) fn address(&self, number: Number) -> Option<Arc<AddressSet>> {
        self.addresses.get(number)
    }

    /// True where each set of `outer` holds all of that of `inner`.
    pub(crate) fn covers(&self, outer: &Product, inner: &Product) -> bool {
        let (Some(larger), Some(smaller)) = (self.flow(outer), self.flow(inner)) else {
            return false;
        };
        let [source, destination, service] = [0, 1, 2].map(|place| outer.get(place) == inner.get(place));
        (source || smaller.source.is_subset(&larger.source))
            && (destination || smaller.destination.is_subset(&larger.destination))
            && (service || smaller.service.is_subset(&larger.service))
    }

    /// The same packets in fewer products, which ascend.
    pub(crate) fn union(&mut self, mut products: Vec<Product>) -> Vec<Product> {
        for place in [2, 1, 0] {
            products = self.joined(products, place);
        }
        products.sort_unstable();
        products
    }

    /// A product in each family in which it holds something.
    pub(crate) fn products(&mut self, flow: &FlowSet) -> impl Iterator<Item = Product> + use<> {
        let whole = [
            self.addresses.of_families(&flow.source, AddressSet::only),
            self.addresses.of_families(&flow.destination, AddressSet::only),
            self.services.of_families(&flow.service, ServiceSet::possible_in),
        ];
        [0, 1].into_iter().filter_map(move |family| {
            let [source, destination, service] = whole.map(|parts| parts.get(family).copied().flatten());
            Some([source?, destination?, service?])
        })
    }

    /// The products of several flows.
    pub(crate) fn products_of(&mut self, flows: &[FlowSet]) -> Vec<Product> {
        flows.iter().flat_map(|flow| self.products(flow)).collect()
    }

    /// The products of flows, one for each pair of sources and destinations where services are joined, ascending.
    pub(crate) fn by_ends<'f>(&mut self, flows: impl Iterator<Item = &'f FlowSet>) -> Vec<Product> {
        let products = flows.flat_map(|flow| self.products(flow)).collect();
        let mut joined = self.joined(products, 2);
        joined.sort_unstable();
        joined
    }

    /// What those of some products hold that are not among others, which ascend.
    pub(crate) fn flows_beside(&self, products: &[Product], others: &[Product]) -> Vec<FlowSet> {
        beside(products, others)
            .filter_map(|product| self.flow(product))
            .collect()
    }

    /// Products that differ in one place alone, as one.
    fn joined(&mut self, products: Vec<Product>, place: usize) -> Vec<Product> {
        let mut index: FxHashMap<Product, usize> = FxHashMap::default();
        let mut groups: Vec<(Product, Vec<Number>)> = Vec::with_capacity(products.len());
        for product in products {
            let (mut key, mut part) = (product, 0);
            if let Some(slot) = key.get_mut(place) {
                part = std::mem::replace(slot, Number::MAX);
            }
            let at = *index.entry(key).or_insert(groups.len());
            match groups.get_mut(at) {
                Some((_, parts)) => parts.push(part),
                None => groups.push((key, vec![part])),
            }
        }
        let mut joined = Vec::with_capacity(groups.len());
        for (key, mut parts) in groups {
            parts.sort_unstable();
            parts.dedup();
            let whole = match (parts.as_slice(), place) {
                ([_], _) => None,
                (_, 2) => self.services.union(&parts, |sets| {
                    ServiceSet::union_of_within(&each(&sets), &mut Allowance::of(JOINED))
                }),
                _ => self
                    .addresses
                    .union(&parts, |sets| Some(AddressSet::union_of(each(&sets)))),
            };
            if let Some(whole) = whole {
                parts = vec![whole];
            }
            joined.extend(parts.into_iter().map(|part| {
                let mut product = key;
                if let Some(slot) = product.get_mut(place) {
                    *slot = part;
                }
                product
            }));
        }
        joined
    }
}

/// Products that are not among others, which ascend.
fn beside<'p>(products: &'p [Product], others: &'p [Product]) -> impl Iterator<Item = &'p Product> {
    products
        .iter()
        .filter(|product| others.binary_search(product).is_err())
}

fn each<T>(sets: &[Arc<T>]) -> Vec<&T> {
    sets.iter().map(|set| &**set).collect()
}

/// Sets by number. Equal sets have one number.
struct Table<T> {
    sets: Vec<Arc<T>>,
    numbers: FxHashMap<Arc<T>, Number>,
    /// The parts of a set that was met, by its place in memory. The set is held, so that the place stays its own.
    met: FxHashMap<*const T, (Arc<T>, [Option<Number>; 2])>,
    /// None for those that are not joined.
    unions: FxHashMap<Vec<Number>, Option<Number>>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self {
            sets: Vec::new(),
            numbers: FxHashMap::default(),
            met: FxHashMap::default(),
            unions: FxHashMap::default(),
        }
    }
}

impl<T: Hash + Eq + Empty> Table<T> {
    fn get(&self, number: Number) -> Option<Arc<T>> {
        self.sets.get(usize::try_from(number).ok()?).cloned()
    }

    fn number(&mut self, set: T) -> Number {
        if let Some(number) = self.numbers.get(&set) {
            return *number;
        }
        let number = Number::try_from(self.sets.len()).unwrap_or(Number::MAX);
        let set = Arc::new(set);
        self.sets.push(Arc::clone(&set));
        self.numbers.insert(set, number);
        number
    }

    /// What a set holds of each family; none where that is nothing.
    fn of_families(&mut self, set: &Arc<T>, only: impl Fn(&T, Family) -> T) -> [Option<Number>; 2] {
        if let Some((_, parts)) = self.met.get(&Arc::as_ptr(set)) {
            return *parts;
        }
        let parts = Family::BOTH.map(|family| {
            let part = only(set, family);
            (!part.is_empty()).then(|| self.number(part))
        });
        self.met.insert(Arc::as_ptr(set), (Arc::clone(set), parts));
        parts
    }

    fn union(&mut self, parts: &[Number], union: impl Fn(Vec<Arc<T>>) -> Option<T>) -> Option<Number> {
        if let Some(number) = self.unions.get(parts) {
            return *number;
        }
        let sets = parts.iter().filter_map(|part| self.get(*part)).collect();
        let number = union(sets).map(|union| self.number(union));
        self.unions.insert(parts.to_vec(), number);
        number
    }
}

/// Sets that may hold nothing.
trait Empty {
    fn is_empty(&self) -> bool;
}

impl Empty for AddressSet {
    fn is_empty(&self) -> bool {
        AddressSet::is_empty(self)
    }
}

impl Empty for ServiceSet {
    fn is_empty(&self) -> bool {
        ServiceSet::is_empty(self)
    }
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;
    use crate::packet::{IntervalSet, Packet, permits, random};

    /// Four addresses of each family.
    fn known() -> Vec<std::net::IpAddr> {
        let v4 = (0..4).map(|last| [10, 0, 0, last].into());
        let v6 = (0..4).map(|last| [0x2001, 0xdb8, 0, 0, 0, 0, 0, last].into());
        v4.chain(v6).collect()
    }

    fn addresses(u: &mut Unstructured<'_>) -> Result<Arc<AddressSet>> {
        let mut list = known();
        let kept: u8 = u.arbitrary()?;
        let mut bits = (0..8).map(|bit| kept & (1 << bit) != 0);
        list.retain(|_| bits.next() == Some(true));
        Ok(Arc::new(AddressSet::from_addresses(list)))
    }

    fn service(u: &mut Unstructured<'_>) -> Result<ServiceSet> {
        let (first, width) = (u.int_in_range(1..=4)?, u.int_in_range(0..=2)?);
        let ports = IntervalSet::range(first, first + width);
        Ok(match u.int_in_range(0..=3)? {
            0 => ServiceSet::udp(IntervalSet::full(), ports),
            1 => ServiceSet::icmp(&ports, &IntervalSet::single(0)),
            _ => ServiceSet::tcp(IntervalSet::full(), ports),
        })
    }

    fn rules(u: &mut Unstructured<'_>) -> Result<Vec<PacketRule>> {
        random::rules(u, 12, addresses, service)
    }

    #[test]
    fn a_merged_list_means_the_same() {
        arbtest::arbtest(|u| {
            let rules = rules(u)?;
            let mut merger = Merger::default();
            let merged = merger.merged(&rules);
            let shorter = merger.rules(&merged);
            for a in 0..4 {
                for b in 0..4 {
                    for (protocol, first, second) in [(6, 9, 1), (6, 9, 3), (6, 9, 6), (17, 9, 2), (1, 3, 0)]
                    {
                        let packet = Packet {
                            source: [10, 0, 0, a].into(),
                            destination: [10, 0, 0, b].into(),
                            protocol,
                            first,
                            second,
                        };
                        assert_eq!(permits(&shorter, &packet), permits(&rules, &packet), "{packet}");
                    }
                }
            }
            Ok(())
        });
    }

    #[test]
    fn what_was_split_up_comes_together_in_any_order() {
        arbtest::arbtest(|u| {
            let whole = PacketRule::permit(FlowSet {
                source: addresses(u)?,
                destination: addresses(u)?,
                service: Arc::new(ServiceSet::tcp(
                    IntervalSet::full(),
                    IntervalSet::from_ranges([(1, 2), (5, 5)]),
                )),
            });
            let mut pieces: Vec<PacketRule> = Vec::new();
            let one = |address: &std::net::IpAddr| Arc::new(AddressSet::from_addresses([*address]));
            let all = |set: &AddressSet| -> Vec<std::net::IpAddr> {
                known()
                    .into_iter()
                    .filter(|address| set.contains(*address))
                    .collect()
            };
            for source in all(&whole.flow.source) {
                for destination in all(&whole.flow.destination) {
                    for port in [1, 2, 5] {
                        pieces.push(PacketRule::permit(FlowSet {
                            source: one(&source),
                            destination: one(&destination),
                            service: Arc::new(ServiceSet::tcp(
                                IntervalSet::full(),
                                IntervalSet::single(port),
                            )),
                        }));
                    }
                }
            }
            for at in (1..pieces.len()).rev() {
                pieces.swap(at, u.int_in_range(0..=at)?);
            }
            let mut merger = Merger::default();
            assert_eq!(merger.merged(&[whole]), merger.merged(&pieces));
            Ok(())
        });
    }
}
