//! Where zones lie, as seen from one enforcement point.

use std::ops::Range;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use super::placement::Placement;
use crate::model::ZoneId;

/// Where zones lie from a point: each zone is looked for once.
#[derive(Debug)]
pub struct Whereabouts<'p> {
    placement: &'p Placement<'p>,
    /// Of each zone that was asked about, where its places stand.
    known: Vec<Option<Range<usize>>>,
    /// The block by which a zone lies, and the vertex of it at which the zone hangs.
    places: Vec<(usize, usize)>,
    /// Used again and again: the block, the zone and the vertex of each place.
    placed: Vec<(usize, ZoneId, usize)>,
    /// The answers about one zone alone.
    alone: FxHashMap<ZoneId, Rc<Apart<'p>>>,
}

impl<'p> Whereabouts<'p> {
    pub(super) fn new(placement: &'p Placement<'p>, zones: usize) -> Self {
        Self {
            placement,
            known: vec![None; zones],
            places: Vec::new(),
            placed: Vec::new(),
            alone: FxHashMap::default(),
        }
    }

    fn places(&mut self, zone: ZoneId) -> &[(usize, usize)] {
        let Some(known) = self.known.get_mut(zone.index()) else {
            return &[];
        };
        let range = known.get_or_insert_with(|| {
            let start = self.places.len();
            self.places.extend(self.placement.places(zone));
            start..self.places.len()
        });
        self.places.get(range.clone()).unwrap_or_default()
    }

    /// Zones, which are given ascending, by the way they lie.
    pub fn apart(&mut self, zones: &[ZoneId]) -> Rc<Apart<'p>> {
        let [zone] = zones else {
            return Rc::new(self.placed_apart(zones));
        };
        if let Some(known) = self.alone.get(zone) {
            return Rc::clone(known);
        }
        let apart = Rc::new(self.placed_apart(zones));
        self.alone.insert(*zone, Rc::clone(&apart));
        apart
    }

    fn placed_apart(&mut self, zones: &[ZoneId]) -> Apart<'p> {
        let mut placed = std::mem::take(&mut self.placed);
        placed.clear();
        for zone in zones {
            let places = self.places(*zone).iter();
            placed.extend(places.map(|(block, vertex)| (*block, *zone, *vertex)));
        }
        placed.sort_by_key(|(block, ..)| *block);
        let mut apart = Apart {
            zones: placed.iter().map(|(_, zone, _)| *zone).collect(),
            vertices: placed.iter().map(|(.., vertex)| *vertex).collect(),
            ways: Vec::new(),
        };
        let mut start = 0;
        for way in placed.chunk_by(|a, b| a.0 == b.0) {
            let end = start + way.len();
            let sides = way.first().map(|(block, ..)| self.placement.sides_into(*block));
            apart.ways.extend(sides.map(|sides| (sides, start..end)));
            start = end;
        }
        self.placed = placed;
        apart
    }
}

/// Zones by the way they lie from a point.
#[derive(Debug)]
pub struct Apart<'p> {
    /// A zone that hangs at several vertices stands there several times, one after the other.
    zones: Vec<ZoneId>,
    /// Where each hangs.
    vertices: Vec<usize>,
    /// Of each way the sides that lead there, and which zones lie there.
    ways: Vec<(&'p [usize], Range<usize>)>,
}

impl Apart<'_> {
    /// Those behind each set of sides that share a block.
    pub fn iter(&self) -> impl Iterator<Item = ZonesBehind<'_>> {
        self.ways.iter().map(|(sides, range)| ZonesBehind {
            sides,
            zones: self.zones.get(range.clone()).unwrap_or_default(),
            vertices: self.vertices.get(range.clone()).unwrap_or_default(),
        })
    }
}

/// Zones that lie the same way from a point, and the sides that lead there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ZonesBehind<'a> {
    /// Indices into [`Placement::sides`], ascending.
    pub sides: &'a [usize],
    /// Ascending. One that hangs at several vertices stands there several times.
    pub(super) zones: &'a [ZoneId],
    /// The vertices of the block at which they hang.
    pub(super) vertices: &'a [usize],
}

impl<'a> ZonesBehind<'a> {
    /// Each zone with all that it hangs at.
    pub(super) fn each(self) -> impl Iterator<Item = (ZoneId, &'a [usize])> {
        let mut vertices = self.vertices;
        self.zones.chunk_by(|a, b| a == b).filter_map(move |zone| {
            let (own, rest) = vertices.split_at_checked(zone.len())?;
            vertices = rest;
            Some((*zone.first()?, own))
        })
    }

    /// True where each zone hangs at one vertex.
    pub(super) fn hang_once(self) -> bool {
        self.zones.is_sorted_by(|a, b| a < b)
    }

    pub(super) fn holds(self, zone: ZoneId) -> bool {
        self.zones.binary_search(&zone).is_ok()
    }
}
