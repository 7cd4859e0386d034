//! What crosses an enforcement point from one of its sides to another.

use rustc_hash::FxHashMap;

use super::placement::Placement;
use super::walk::Walk;
use super::whereabouts::{MembersOf, ZonesBehind};
use crate::model::ZoneId;

/// What crosses a point from one side to another.
#[derive(Debug)]
pub struct Crossing<'a> {
    placement: &'a Placement<'a>,
    entered: usize,
    left: usize,
    walk: Option<Walk<'a>>,
    /// Used again and again.
    all: ZoneProduct,
}

/// Zones that cross together: every one of the first with every one of the second.
pub type ZoneProduct = (Vec<ZoneId>, Vec<ZoneId>);

impl<'a> Crossing<'a> {
    /// From the block that is entered to the one that is left. Where they are one, the walk tells what crosses it.
    pub(super) fn new(
        placement: &'a Placement<'a>,
        (entered, left): (usize, usize),
        walk: Option<Walk<'a>>,
    ) -> Self {
        Self {
            placement,
            entered,
            left,
            walk,
            all: ZoneProduct::default(),
        }
    }

    /// Of the pairs of a source and a destination zone those that cross, as disjoint products, in the order of the
    /// first source. Both lists are ascending.
    pub fn products(&mut self, sources: &[ZoneId], destinations: &[ZoneId]) -> Vec<ZoneProduct> {
        let from = self.placement.behind_block(self.entered, sources);
        let to = self.placement.behind_block(self.left, destinations);
        let mut products = Vec::new();
        self.each(
            ZonesBehind::of(&from),
            ZonesBehind::of(&to),
            |sources, destinations| products.push((sources.to_vec(), destinations.to_vec())),
        );
        products
    }

    /// The same for zones that are known to lie behind the side that is entered, and behind the one that is left.
    pub fn each(
        &mut self,
        from: ZonesBehind<'_>,
        to: ZonesBehind<'_>,
        mut product: impl FnMut(&[ZoneId], &[ZoneId]),
    ) {
        // Behind different blocks, so that no zone is among both.
        if self.walk.is_none() && from.once && to.once {
            let (sources, destinations) = &mut self.all;
            sources.clear();
            destinations.clear();
            sources.extend(from.zones());
            destinations.extend(to.zones());
            product(sources, destinations);
            return;
        }
        for (sources, destinations) in self.combined(from, to) {
            product(&sources, &destinations);
        }
    }

    fn combined(&mut self, from: ZonesBehind<'_>, to: ZonesBehind<'_>) -> Vec<ZoneProduct> {
        let mut products: Vec<ZoneProduct> = Vec::new();
        let mut places: FxHashMap<Vec<ZoneId>, usize> = FxHashMap::default();
        // Where the zone before hangs, unless it lies on both sides, and the product that it is of.
        let mut last: Option<MembersOf<'_>> = None;
        let mut place: Option<usize> = None;
        let mut reached: Vec<ZoneId> = Vec::new();
        for (zone, entered) in from.each() {
            let on_both_sides = to.holds(zone);
            let as_before =
                last.is_some_and(|before| !on_both_sides && (self.walk.is_none() || before.same(entered)));
            if !as_before {
                reached.clear();
                let crosses = |left: MembersOf<'_>| {
                    self.walk.as_mut().is_none_or(|walk| {
                        let mut pairs = entered.iter().flat_map(|p| left.iter().map(move |q| (p, q)));
                        pairs.any(|(p, q)| walk.disjoint(p, q))
                    })
                };
                reached.extend(reachable(zone, to, crosses));
                last = (!on_both_sides).then_some(entered);
                let same = |at: &usize| products.get(*at).is_some_and(|(_, zones)| *zones == reached);
                if !place.as_ref().is_some_and(same) {
                    place = places.get(&reached).copied();
                }
                if place.is_none() && !reached.is_empty() {
                    place = Some(products.len());
                    places.insert(reached.clone(), products.len());
                    products.push((Vec::new(), reached.clone()));
                }
            }
            if let Some((zones, _)) = place.and_then(|at| products.get_mut(at)) {
                zones.push(zone);
            }
        }
        products
    }
}

/// Of the zones on the other side those that a zone reaches. Traffic inside a zone crosses nothing.
fn reachable(
    from: ZoneId,
    to: ZonesBehind<'_>,
    mut crosses: impl FnMut(MembersOf<'_>) -> bool,
) -> impl Iterator<Item = ZoneId> {
    let others = to.each().filter(move |(zone, _)| *zone != from);
    others
        .filter(move |(_, left)| crosses(*left))
        .map(|(zone, _)| zone)
}
