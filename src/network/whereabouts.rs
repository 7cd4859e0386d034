//! Where zones lie, as seen from one enforcement point.

use std::ops::Range;

use super::placement::Placement;
use crate::model::ZoneId;

/// Where zones lie from a point: each zone is looked for once.
#[derive(Debug)]
pub struct Whereabouts<'p> {
    placement: &'p Placement<'p>,
    known: Vec<Lies>,
    /// The places of zones that lie at several, one zone after the other.
    places: Vec<Place>,
}

/// The block by which a zone lies, and which of the members of the block it hangs at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) block: usize,
    pub(super) member: usize,
}

/// What is known of a zone.
#[derive(Clone, Debug)]
enum Lies {
    NotAsked,
    At(Place),
    /// Where its places stand; none where nothing leads there.
    AtAll(Range<usize>),
}

impl<'p> Whereabouts<'p> {
    pub(super) fn new(placement: &'p Placement<'p>, zones: usize) -> Self {
        Self {
            placement,
            known: vec![Lies::NotAsked; zones],
            places: Vec::new(),
        }
    }

    /// Looks for a zone.
    fn locate(&mut self, zone: ZoneId) {
        let mut places = self.placement.places(zone);
        let lies = match (places.next(), places.next()) {
            (Some(only), None) => Lies::At(only),
            (first, second) => {
                let start = self.places.len();
                let all = first.into_iter().chain(second).chain(places);
                self.places.extend(all);
                Lies::AtAll(start..self.places.len())
            }
        };
        if let Some(known) = self.known.get_mut(zone.index()) {
            *known = lies;
        }
    }

    /// Zones, which are given ascending, by the way they lie.
    pub fn apart(&mut self, zones: &[ZoneId]) -> Apart<'p> {
        let mut apart = Apart::default();
        self.put_apart(zones, &mut apart);
        apart
    }

    /// The same in place of what another answer holds, whose memory is used again.
    pub fn put_apart(&mut self, zones: &[ZoneId], apart: &mut Apart<'p>) {
        let Apart { placed, ways, once } = apart;
        placed.clear();
        ways.clear();
        *once = true;
        for zone in zones {
            if let Some(Lies::NotAsked) = self.known.get(zone.index()) {
                self.locate(*zone);
            }
            match self.known.get(zone.index()) {
                Some(Lies::At(place)) => placed.push((*place, *zone)),
                Some(Lies::AtAll(range)) => {
                    *once = false;
                    let places = self.places.get(range.clone()).unwrap_or_default();
                    placed.extend(places.iter().map(|place| (*place, *zone)));
                }
                Some(Lies::NotAsked) | None => {}
            }
        }
        placed.sort_by_key(|(place, _)| place.block);
        let mut start = 0;
        for way in placed.chunk_by(|(a, _), (b, _)| a.block == b.block) {
            let end = start + way.len();
            let sides = way
                .first()
                .map(|(place, _)| self.placement.sides_into(place.block));
            ways.extend(sides.map(|sides| (sides, start..end)));
            start = end;
        }
    }
}

/// Zones by the way they lie from a point.
#[derive(Debug, Default)]
pub struct Apart<'p> {
    /// By block. A zone that hangs at several vertices stands there several times, one after the other.
    placed: Vec<(Place, ZoneId)>,
    /// Of each way the sides that lead there, and which zones lie there.
    ways: Vec<(&'p [usize], Range<usize>)>,
    /// True where each zone hangs at one vertex of one block.
    once: bool,
}

impl Apart<'_> {
    /// Those behind each set of sides that share a block.
    pub fn iter(&self) -> impl Iterator<Item = ZonesBehind<'_>> {
        self.ways.iter().map(|(sides, range)| ZonesBehind {
            sides,
            placed: self.placed.get(range.clone()).unwrap_or_default(),
            once: self.once,
        })
    }
}

/// Zones that lie the same way from a point, and the sides that lead there.
#[derive(Clone, Copy, Debug)]
pub struct ZonesBehind<'a> {
    /// Indices into [`Placement::sides`], ascending.
    pub sides: &'a [usize],
    /// By zone, ascending. One that hangs at several vertices stands there several times.
    placed: &'a [(Place, ZoneId)],
    /// True where each is known to hang at one vertex, and behind no other block.
    pub(super) once: bool,
}

impl<'a> ZonesBehind<'a> {
    /// Zones behind one block, of which more may lie elsewhere.
    pub(super) fn of(placed: &'a [(Place, ZoneId)]) -> Self {
        Self {
            sides: &[],
            placed,
            once: false,
        }
    }

    /// Each place of each zone.
    pub(super) fn zones(self) -> impl Iterator<Item = ZoneId> {
        self.placed.iter().map(|(_, zone)| *zone)
    }

    /// Each zone with the members of the block at which it hangs.
    pub(super) fn each(self) -> impl Iterator<Item = (ZoneId, MembersOf<'a>)> {
        let zones = self.placed.chunk_by(|(_, a), (_, b)| a == b);
        zones.filter_map(|placed| Some((placed.first()?.1, MembersOf(placed))))
    }

    pub(super) fn holds(self, zone: ZoneId) -> bool {
        self.placed.binary_search_by_key(&zone, |(_, zone)| *zone).is_ok()
    }
}

/// The members of a block at which one zone hangs.
#[derive(Clone, Copy, Debug)]
pub(super) struct MembersOf<'a>(&'a [(Place, ZoneId)]);

impl MembersOf<'_> {
    pub(super) fn iter(self) -> impl Iterator<Item = usize> + Clone {
        self.0.iter().map(|(place, _)| place.member)
    }

    pub(super) fn same(self, other: MembersOf<'_>) -> bool {
        self.iter().eq(other.iter())
    }
}
