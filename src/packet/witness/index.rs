//! Which rules overlap a rule, in one family: found through the address sets that rules share.

use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use crate::packet::budget::{Budget, GaveUp, Meter};
use crate::packet::space::{Axis, Side, Space};
use crate::packet::{AddressSet, Family, IntervalSet, PacketRule, ServiceSet};

use super::cut::Region;

/// Rules with overlapping destinations up to which each is asked whether its sources overlap as well.
const FEW_RULES: usize = 128;
/// Intervals of a source up to which it is asked of each rule by itself.
const FEW_INTERVALS: usize = 64;

/// For each address set of one side the others that overlap it, and itself, ascending.
type Overlapping = Vec<Box<[u32]>>;

/// What finds the sources that overlap one, where too many rules have one destination to ask each of them.
struct Sources {
    overlapping: Overlapping,
    /// Rules by destination and source.
    by_pair: FxHashMap<(usize, usize), Vec<usize>>,
}

/// A rule's three sides, by number.
#[derive(Clone, Copy)]
struct Sides {
    source: usize,
    destination: usize,
    service: usize,
}

/// The index of one family. Rules without packets of the family are absent.
pub(super) struct FamilyIndex<'a> {
    pub(super) family: Family,
    rules: &'a [PacketRule],
    sides: Vec<Option<Sides>>,
    /// The different address sets of each side, in ranks.
    source_sets: Vec<IntervalSet<u32>>,
    destination_sets: Vec<IntervalSet<u32>>,
    services: Vec<ServiceSet>,
    overlapping_destinations: Overlapping,
    by_destination: Vec<Vec<usize>>,
    /// Many policies do without.
    sources: OnceLock<Result<Sources, GaveUp>>,
    budget: Budget,
}

impl<'a> FamilyIndex<'a> {
    pub(super) fn new(
        rules: &'a [PacketRule],
        space: &Space,
        family: Family,
        budget: Budget,
    ) -> Result<Self, GaveUp> {
        let axis = |side| Axis { family, side };
        let sources = rules.iter().map(|rule| &*rule.flow.source);
        let (source_of, source_sets) = objects(space, axis(Side::Source), sources);
        let destinations = rules.iter().map(|rule| &*rule.flow.destination);
        let (destination_of, destination_sets) = objects(space, axis(Side::Destination), destinations);
        let (service_of, services) = services(family, rules);
        let mut index = Self {
            family,
            rules,
            sides: Vec::with_capacity(rules.len()),
            by_destination: vec![Vec::new(); destination_sets.len()],
            overlapping_destinations: overlaps(&destination_sets, &mut Meter::new(budget))?,
            source_sets,
            destination_sets,
            services,
            sources: OnceLock::new(),
            budget,
        };
        let sides = source_of.into_iter().zip(destination_of).zip(service_of);
        for (place, ((source, destination), service)) in sides.enumerate() {
            let sides = match (source, destination, service) {
                (Some(source), Some(destination), Some(service)) => Sides {
                    source,
                    destination,
                    service,
                },
                _ => {
                    index.sides.push(None);
                    continue;
                }
            };
            index.sides.push(Some(sides));
            index.by_destination[sides.destination].push(place);
        }
        Ok(index)
    }

    fn sides(&self, rule: usize) -> Option<Sides> {
        self.sides.get(rule).copied().flatten()
    }

    pub(super) fn source(&self, rule: usize) -> Option<&IntervalSet<u32>> {
        self.source_sets.get(self.sides(rule)?.source)
    }

    pub(super) fn destination(&self, rule: usize) -> Option<&IntervalSet<u32>> {
        self.destination_sets.get(self.sides(rule)?.destination)
    }

    pub(super) fn service(&self, rule: usize) -> Option<&ServiceSet> {
        self.services.get(self.sides(rule)?.service)
    }

    /// What a rule holds; none where that is nothing.
    pub(super) fn region(&self, rule: usize) -> Option<Region> {
        let region = Region {
            source: self.source(rule)?.clone(),
            destination: self.destination(rule)?.clone(),
            service: self.service(rule)?.clone(),
        };
        (!region.is_empty()).then_some(region)
    }

    fn sources(&self) -> Result<&Sources, GaveUp> {
        let made = self.sources.get_or_init(|| {
            let mut by_pair: FxHashMap<(usize, usize), Vec<usize>> = FxHashMap::default();
            for (place, sides) in self.sides.iter().enumerate() {
                if let Some(sides) = sides {
                    let pair = (sides.destination, sides.source);
                    by_pair.entry(pair).or_default().push(place);
                }
            }
            Ok(Sources {
                overlapping: overlaps(&self.source_sets, &mut Meter::new(self.budget))?,
                by_pair,
            })
        });
        made.as_ref().map_err(|gave_up| *gave_up)
    }

    /// The rules whose destinations overlap those of a rule. None where they are too many to ask each.
    pub(super) fn few_near(&self, rule: usize) -> Option<impl Iterator<Item = usize>> {
        let destinations = &self.overlapping_destinations[self.sides(rule)?.destination];
        let near = || {
            destinations
                .iter()
                .map(|destination| &self.by_destination[*destination as usize])
        };
        let few = near().map(Vec::len).sum::<usize>() <= FEW_RULES;
        few.then(|| near().flatten().copied())
    }

    /// The chosen rules that have a packet in common with a rule, ascending.
    pub(super) fn overlapping(&self, rule: usize, by: &dyn Fn(usize) -> bool) -> Result<Vec<usize>, GaveUp> {
        let Some(own) = self.sides(rule) else {
            return Ok(Vec::new());
        };
        let source = &self.source_sets[own.source];
        let mut found = Vec::new();
        let destinations = &self.overlapping_destinations[own.destination];
        let few = self.few_near(rule).is_some() && source.ranges().len() <= FEW_INTERVALS;
        for destination in destinations {
            let destination = *destination as usize;
            let here = &self.by_destination[destination];
            if few {
                let near = |place: &usize| {
                    self.sides(*place).is_some_and(|sides| {
                        sides.source == own.source || self.source_sets[sides.source].overlaps(source)
                    })
                };
                found.extend(here.iter().copied().filter(|place| by(*place)).filter(near));
                continue;
            }
            let Sources { overlapping, by_pair } = self.sources()?;
            let sources = &overlapping[own.source];
            if here.len() <= sources.len() {
                let near = |place: &usize| {
                    self.sides(*place)
                        .is_some_and(|sides| sources.binary_search(&(sides.source as u32)).is_ok())
                };
                found.extend(here.iter().copied().filter(near).filter(|place| by(*place)));
            } else {
                let pairs = sources
                    .iter()
                    .filter_map(|source| by_pair.get(&(destination, *source as usize)));
                found.extend(pairs.flatten().copied().filter(|place| by(*place)));
            }
        }
        let service = &self.services[own.service];
        found.retain(|place| {
            self.sides(*place).is_some_and(|sides| {
                sides.service == own.service || self.services[sides.service].overlaps_in(service, self.family)
            })
        });
        found.sort_unstable();
        Ok(found)
    }

    pub(super) fn rules(&self) -> &'a [PacketRule] {
        self.rules
    }
}

/// Numbers the different address sets of an axis; none for empty ones.
fn objects<'a>(
    space: &Space,
    axis: Axis,
    sets: impl Iterator<Item = &'a AddressSet>,
) -> (Vec<Option<usize>>, Vec<IntervalSet<u32>>) {
    // By place first: most rules share their sets, and large sets take long to hash.
    let mut by_place: FxHashMap<usize, Option<usize>> = FxHashMap::default();
    let mut by_ranks: FxHashMap<IntervalSet<u32>, usize> = FxHashMap::default();
    let mut numbers = Vec::new();
    for set in sets {
        let number = *by_place.entry(std::ptr::from_ref(set).addr()).or_insert_with(|| {
            let ranks = space.ranks(axis, set);
            if ranks.is_empty() {
                return None;
            }
            let next = by_ranks.len();
            Some(*by_ranks.entry(ranks).or_insert(next))
        });
        numbers.push(number);
    }
    let mut sets = vec![IntervalSet::empty(); by_ranks.len()];
    for (ranks, number) in by_ranks {
        sets[number] = ranks;
    }
    (numbers, sets)
}

/// For each set, all that overlap it, itself among them: one sweep over all intervals.
fn overlaps(sets: &[IntervalSet<u32>], meter: &mut Meter) -> Result<Overlapping, GaveUp> {
    let mut starts: Vec<(u32, u32, u32)> = Vec::new();
    for (number, set) in (0..).zip(sets) {
        starts.extend(set.ranges().iter().map(|(first, last)| (*first, *last, number)));
    }
    starts.sort_unstable();
    let mut found: Vec<Vec<u32>> = (0..).zip(sets).map(|(number, _)| vec![number]).collect();
    let mut open: Vec<(u32, u32)> = Vec::new();
    for (first, last, number) in starts {
        open.retain(|(end, _)| *end >= first);
        meter.spend(open.len(), 0)?;
        for (_, other) in &open {
            // Sets of many intervals meet again and again.
            if found[number as usize].last() != Some(other) {
                found[number as usize].push(*other);
                found[*other as usize].push(number);
            }
        }
        open.push((last, number));
    }
    let lists = found.into_iter().map(|mut list| {
        list.sort_unstable();
        list.dedup();
        list.into_boxed_slice()
    });
    Ok(lists.collect())
}

/// Numbers the different services as packets of a family can have them; none for empty ones.
fn services(family: Family, rules: &[PacketRule]) -> (Vec<Option<usize>>, Vec<ServiceSet>) {
    let mut by_place: FxHashMap<usize, Option<usize>> = FxHashMap::default();
    let mut services: Vec<ServiceSet> = Vec::new();
    let mut known: FxHashMap<ServiceSet, usize> = FxHashMap::default();
    let numbers = rules.iter().map(|rule| {
        let set = &*rule.flow.service;
        *by_place.entry(std::ptr::from_ref(set).addr()).or_insert_with(|| {
            let service = set.possible_in(family);
            if service.is_empty() {
                return None;
            }
            Some(*known.entry(service).or_insert_with_key(|service| {
                services.push(service.clone());
                services.len() - 1
            }))
        })
    });
    let numbers = numbers.collect();
    (numbers, services)
}
