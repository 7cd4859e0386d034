//! Restrictions that were made before. Elements of sets name the same addresses and ports over and over: each value
//! is cut out of the same part of a cube once, and shared from then on.

use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cube::{Cube, Values};
use super::field::{End, Field};
use crate::packet::{AddressSet, IntervalSet, ServiceSet};

type Range = (u128, u128);

/// What came of restricting a part, by the place of the part in memory. The part is held, so that its place stays
/// its own.
type Known<T> = FxHashMap<(*const T, Field, Range), (Arc<T>, Arc<T>)>;

#[derive(Debug, Default)]
pub(super) struct Memo {
    addresses: Known<AddressSet>,
    services: Known<ServiceSet>,
}

impl Memo {
    /// Keeps the packets that have the field, within a range.
    pub(super) fn restrict(&mut self, cube: &mut Cube, field: Field, range: Range) -> Result<(), String> {
        match field {
            Field::V4(End::Source) | Field::V6(End::Source) | Field::Masked(End::Source, ..) => {
                known(&mut self.addresses, cube, field, range, |cube| {
                    &mut cube.flow.source
                })
            }
            Field::V4(End::Destination)
            | Field::V6(End::Destination)
            | Field::Masked(End::Destination, ..) => known(&mut self.addresses, cube, field, range, |cube| {
                &mut cube.flow.destination
            }),
            // These two look at nothing but the service.
            Field::Protocol | Field::Port(..) => known(&mut self.services, cube, field, range, |cube| {
                &mut cube.flow.service
            }),
            _ => cut(cube, field, range),
        }
    }
}

fn cut(cube: &mut Cube, field: Field, range: Range) -> Result<(), String> {
    cube.restrict(field, &Values::Numbers(IntervalSet::from_ranges([range])))
}

fn known<T: Hash>(
    known: &mut Known<T>,
    cube: &mut Cube,
    field: Field,
    range: Range,
    part: impl Fn(&mut Cube) -> &mut Arc<T>,
) -> Result<(), String> {
    let before = Arc::clone(part(cube));
    let key = (Arc::as_ptr(&before), field, range);
    if let Some((_, after)) = known.get(&key) {
        *part(cube) = Arc::clone(after);
        return Ok(());
    }
    cut(cube, field, range)?;
    known.insert(key, (before, Arc::clone(part(cube))));
    Ok(())
}
