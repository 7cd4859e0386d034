//! Two lists held against each other one destination at a time.
//!
//! What a list does at one destination is a function from sources to services, and such functions have one form:
//! ascending ranges of sources, neighbours with different services. Most lists of firewalls say little about each
//! destination, so this takes little more than reading them. Lists that say much about many destinations are left to
//! diagrams.

mod numbers;
mod places;

use std::sync::Arc;

use super::budget::Allowance;
use super::{AddressSet, Family, FlowSet, Ordinal, PacketRule, ServiceSet};
use numbers::{NOTHING, Number, Services, Sources};
use places::{Here, apart, covered, cuts, split_at_place, spread};

/// How much is looked at for each range of addresses in the lists, before it is too much.
const PER_RANGE: usize = 32;
/// How much may always be looked at.
const ALWAYS: usize = 10_000;
/// How much beyond reading all ranges twice may be looked at in any case: it takes memory.
const AT_MOST: usize = 10_000_000;
/// How many ranges of ports may be looked at to tell what lines permit together.
const SERVICES: usize = 4_000_000;

/// Holds lists against each other, and keeps the services that it met.
#[derive(Default)]
pub struct ByDestination {
    services: [Services; 2],
}

impl ByDestination {
    /// True where both first-match lists permit the same packets, false where they do not. None where it would take long
    /// to tell. Lists are of permits and denies of products.
    pub fn same<'r>(
        &mut self,
        a: impl Iterator<Item = (bool, &'r FlowSet)> + Clone,
        b: impl Iterator<Item = (bool, &'r FlowSet)> + Clone,
    ) -> Option<bool> {
        let [v4, v6] = &mut self.services;
        let v4 = same_in(v4, Family::V4, a.clone(), b.clone(), |set| set.v4.ranges())?;
        Some(v4 && same_in(v6, Family::V6, a, b, |set| set.v6.ranges())?)
    }
}

/// The verdicts and products of a list.
pub(super) fn flows(rules: &[PacketRule]) -> impl Iterator<Item = (bool, &FlowSet)> + Clone {
    rules.iter().map(|rule| (rule.permit, &rule.flow))
}

fn same_in<'r, T: Ordinal + 'r>(
    services: &mut Services,
    family: Family,
    a: impl Iterator<Item = (bool, &'r FlowSet)>,
    b: impl Iterator<Item = (bool, &'r FlowSet)>,
    ranges: fn(&AddressSet) -> &[(T, T)],
) -> Option<bool> {
    let mut sources = Sources::default();
    let mut number = |set: &Arc<ServiceSet>| services.number(set, family);
    let a = lines(a, ranges, &mut sources, &mut number);
    let b = lines(b, ranges, &mut sources, &mut number);
    let ranges_of = |lines: &[Line<'r, T>]| -> usize {
        let each = lines.iter();
        each.map(|line| line.sources.len() + line.destinations.len())
            .sum()
    };
    let count = ranges_of(&a) + ranges_of(&b);
    let enough = count.saturating_mul(PER_RANGE).saturating_add(ALWAYS);
    let mut left = Allowance::of(enough.min(count.saturating_mul(2).saturating_add(AT_MOST)));
    services.allow(SERVICES);
    // A list mostly ends with a deny of every destination.
    let [a, b] = [&a, &b].map(|lines| deciding(lines, |line| line.permit));
    let all = || a.iter().chain(b);
    let [a_everywhere, b_everywhere] = match apart(a, b) {
        Some(both) => {
            left.spend(both.iter().map(Vec::len).sum())?;
            both
        }
        None => {
            let cuts = cuts(all().flat_map(|line| line.destinations.iter().copied()));
            [spread(a, &cuts, &mut left)?, spread(b, &cuts, &mut left)?]
        }
    };
    let (mut a_rest, mut b_rest) = (a_everywhere.as_slice(), b_everywhere.as_slice());
    while let Some(place) = [a_rest, b_rest]
        .iter()
        .filter_map(|rest| Some(rest.first()?.0))
        .min()
    {
        let (a_here, b_here);
        (a_here, a_rest) = split_at_place(a_rest, place);
        (b_here, b_rest) = split_at_place(b_rest, place);
        let [a_here, b_here] = [a_here, b_here].map(|here| deciding(here, |(_, line)| line.permit));
        if !alike(a_here, b_here, services)?
            && function(a_here, services, &mut left)? != function(b_here, services, &mut left)?
        {
            return Some(false);
        }
    }
    Some(true)
}

/// A rule, as far as one family goes. It holds something.
#[derive(Clone, Copy, Debug)]
struct Line<'r, T> {
    permit: bool,
    sources: &'r [(T, T)],
    /// Equal sources have one number.
    source: Number,
    destinations: &'r [(T, T)],
    service: Number,
}

impl<T: Ordinal> Line<'_, T> {
    /// True where both do the same with packets to a destination that both hold.
    fn acts_as(&self, other: &Self) -> bool {
        self.permit == other.permit && self.service == other.service && self.source == other.source
    }
}

fn lines<'r, T: Ordinal>(
    rules: impl Iterator<Item = (bool, &'r FlowSet)>,
    ranges: fn(&AddressSet) -> &[(T, T)],
    met: &mut Sources<'r, T>,
    number: &mut impl FnMut(&Arc<ServiceSet>) -> Number,
) -> Vec<Line<'r, T>> {
    let line = |(permit, flow): (bool, &'r FlowSet)| {
        let (sources, destinations) = (ranges(&flow.source), ranges(&flow.destination));
        if sources.is_empty() || destinations.is_empty() {
            return None;
        }
        let service = number(&flow.service);
        (service != NOTHING).then(|| Line {
            permit,
            sources,
            source: met.number(sources),
            destinations,
            service,
        })
    };
    rules.filter_map(line).collect()
}

/// The lines without the denies at the end: what no line matches is denied.
pub(super) fn deciding<L>(lines: &[L], permits: impl Fn(&L) -> bool) -> &[L] {
    let last = lines.iter().rposition(permits);
    lines.get(..last.map_or(0, |last| last + 1)).unwrap_or(lines)
}

/// True where two lists at one place are seen to do the same without a look at their sources.
fn alike<T: Ordinal>(a: &[Here<'_, '_, T>], b: &[Here<'_, '_, T>], services: &mut Services) -> Option<bool> {
    if a.len() == b.len() && a.iter().zip(b).all(|((_, a), (_, b))| a.acts_as(b)) {
        return Some(true);
    }
    // The order of permits decides nothing.
    let permits = |lines: &[Here<'_, '_, T>]| lines.iter().all(|(_, line)| line.permit);
    if !permits(a) || !permits(b) {
        return Some(false);
    }
    let [mut of_a, mut of_b] = std::mem::take(&mut services.by_source);
    by_source(a, services, &mut of_a)?;
    by_source(b, services, &mut of_b)?;
    let alike = of_a == of_b;
    services.by_source = [of_a, of_b];
    Some(alike)
}

/// What permits let each set of sources reach: sources and services, ascending.
fn by_source<T: Ordinal>(
    permits: &[Here<'_, '_, T>],
    services: &mut Services,
    found: &mut Vec<(Number, Number)>,
) -> Option<()> {
    found.clear();
    found.extend(permits.iter().map(|(_, line)| (line.source, line.service)));
    found.sort_unstable();
    if found.is_sorted_by(|a, b| a.0 < b.0) {
        return Some(());
    }
    let mut kept = 0;
    let mut from = 0;
    while let Some(&(source, _)) = found.get(from) {
        let rest = found.get(from..).unwrap_or_default();
        let of_one_source = rest.iter().take_while(|(other, _)| *other == source);
        let service = services.first_match(of_one_source.clone().map(|(_, service)| (true, *service)))?;
        from += of_one_source.count();
        if let Some(slot) = found.get_mut(kept) {
            *slot = (source, service);
        }
        kept += 1;
    }
    found.truncate(kept);
    Some(())
}

/// What the lines at one place do: ascending ranges of sources with the services that these may reach. Neighbours
/// differ.
fn function<T: Ordinal>(
    here: &[Here<'_, '_, T>],
    services: &mut Services,
    left: &mut Allowance,
) -> Option<Vec<(T, T, Number)>> {
    let count = here.iter().map(|(_, line)| line.sources.len()).sum();
    let mut pieces: Vec<(T, T, usize)> = Vec::with_capacity(count);
    for (number, (_, line)) in here.iter().enumerate() {
        left.spend(line.sources.len())?;
        pieces.extend(line.sources.iter().map(|(first, last)| (*first, *last, number)));
    }
    pieces.sort_unstable();
    let equal = |a: &(T, T, usize), b: &(T, T, usize)| (a.0, a.1) == (b.0, b.1);
    let overlap = |pair: &[(T, T, usize)]| matches!(pair, [a, b] if b.0 <= a.1 && !equal(a, b));
    if pieces.windows(2).any(overlap) {
        let cuts = cuts(pieces.iter().map(|(first, last, _)| (*first, *last)));
        let mut cut: Vec<(T, T, usize)> = Vec::with_capacity(pieces.len());
        for (first, last, number) in pieces {
            let places = covered((first, last), &cuts);
            left.spend(places.len())?;
            for place in places {
                let start = cuts.get(place).copied().unwrap_or(first);
                let end = cuts
                    .get(place + 1)
                    .and_then(|next| next.previous())
                    .unwrap_or(last);
                cut.push((start, end.min(last), number));
            }
        }
        cut.sort_unstable();
        pieces = cut;
    }
    let mut found: Vec<(T, T, Number)> = Vec::with_capacity(pieces.len());
    for piece in pieces.chunk_by(equal) {
        let Some(&(first, last, _)) = piece.first() else {
            continue;
        };
        let mut lines = piece.iter().filter_map(|(_, _, number)| here.get(*number));
        let service = match (lines.next(), piece.len()) {
            (Some((_, line)), 1) if line.permit => line.service,
            (_, 1) => NOTHING,
            (first, _) => {
                let lines = first.into_iter().chain(lines);
                services.first_match(lines.map(|(_, line)| (line.permit, line.service)))?
            }
        };
        match found.last_mut() {
            _ if service == NOTHING => {}
            Some(before) if before.2 == service && before.1.next() == Some(first) => before.1 = last,
            _ => found.push((first, last, service)),
        }
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use arbtest::arbitrary::{Result, Unstructured};

    use super::*;
    use crate::packet::random::neighbours;
    use crate::packet::{IntervalSet, Packet, permits, random};

    fn service(u: &mut Unstructured<'_>) -> Result<ServiceSet> {
        let first = u.int_in_range(1..=3)?;
        let ports = IntervalSet::range(first, u.int_in_range(first..=3)?);
        Ok(match u.ratio(1, 3)? {
            true => ServiceSet::udp(IntervalSet::full(), ports),
            false => ServiceSet::tcp(IntervalSet::full(), ports),
        })
    }

    fn rules(u: &mut Unstructured<'_>) -> Result<Vec<PacketRule>> {
        random::rules(u, 6, neighbours, service)
    }

    fn same(a: &[PacketRule], b: &[PacketRule]) -> Option<bool> {
        ByDestination::default().same(flows(a), flows(b))
    }

    fn every_packet() -> impl Iterator<Item = Packet> {
        let v4 = |n: u8| std::net::IpAddr::from([10, 0, 0, n]);
        let v6 = |n: u8| std::net::IpAddr::from(u128::from(n).to_be_bytes());
        let ends = (0..64).flat_map(move |n| {
            let (from, to) = (n / 8, n % 8);
            [(v4(from), v4(to)), (v6(from), v6(to))]
        });
        ends.flat_map(|(source, destination)| {
            [(6, 1), (6, 2), (6, 3), (17, 1), (17, 2), (17, 3)].map(|(protocol, second)| Packet {
                source,
                destination,
                protocol,
                first: 40_000,
                second,
            })
        })
    }

    #[test]
    fn lists_are_the_same_where_every_packet_fares_the_same() {
        arbtest::arbtest(|u| {
            let a = rules(u)?;
            // Lists made apart hardly ever mean the same.
            let mut b = a.clone();
            for _ in 0..u.int_in_range(0..=3)? {
                let other = rules(u)?.pop();
                match (u.int_in_range(0..=3)?, other) {
                    (0, Some(rule)) => {
                        let place = u.int_in_range(0..=b.len())?;
                        b.insert(place, rule);
                    }
                    (1, _) if !b.is_empty() => {
                        let place = u.choose_index(b.len())?;
                        b.remove(place);
                    }
                    (_, _) if b.len() > 1 => b.rotate_left(1),
                    _ => {}
                }
            }
            let fares = |list: &[PacketRule]| -> Vec<bool> {
                every_packet().map(|packet| permits(list, &packet)).collect()
            };
            assert_eq!(same(&a, &b), Some(fares(&a) == fares(&b)), "{a:#?} {b:#?}");
            Ok(())
        });
    }

    #[test]
    fn it_does_not_know_where_services_make_too_many_pairs_of_ports() {
        let every = Arc::new(AddressSet::full());
        let steps = (0..20_000).map(|step| {
            let from = IntervalSet::range(step, step + 32_768);
            PacketRule::permit(FlowSet {
                source: Arc::clone(&every),
                destination: Arc::clone(&every),
                service: Arc::new(ServiceSet::tcp(from, IntervalSet::single(2 * step + 1))),
            })
        });
        let steps: Vec<PacketRule> = steps.collect();
        let but_one = steps.get(1..).unwrap_or_default();
        assert_eq!(same(&steps, but_one), None);
    }

    #[test]
    fn a_product_is_the_same_as_its_flows() {
        arbtest::arbtest(|u| {
            let whole = rules(u)?;
            let mut flows = Vec::new();
            for rule in whole.iter().filter(|rule| rule.permit) {
                for packet in every_packet().filter(|packet| rule.flow.contains(packet)) {
                    let one = |address| Arc::new(AddressSet::from_addresses([address]));
                    let service = rule.flow.service.intersection(&match packet.protocol {
                        6 => ServiceSet::tcp(IntervalSet::full(), IntervalSet::single(packet.second)),
                        _ => ServiceSet::udp(IntervalSet::full(), IntervalSet::single(packet.second)),
                    });
                    flows.push(PacketRule::permit(FlowSet {
                        source: one(packet.source),
                        destination: one(packet.destination),
                        service: Arc::new(service),
                    }));
                }
            }
            for at in (1..flows.len()).rev() {
                flows.swap(at, u.int_in_range(0..=at)?);
            }
            let permits: Vec<PacketRule> = whole.into_iter().filter(|rule| rule.permit).collect();
            assert_ne!(same(&permits, &flows), Some(false));
            Ok(())
        });
    }
}
