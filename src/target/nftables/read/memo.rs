//! Restrictions that were made before. Elements of sets name the same addresses and ports over and over: each value
//! is cut out of the same part of a cube once, and shared from then on.

use std::sync::Arc;

use rustc_hash::FxHashMap;

use super::cube::Cube;
use super::elements::Range;
use super::field::{End, Field};
use super::sets::SetNumber;
use crate::packet::{AddressSet, ServiceSet};

/// What came of restricting a part to values, by the place of the part in memory. The part is held, so that its place
/// stays its own.
type Known<T> = FxHashMap<(*const T, Field, SetNumber), (Arc<T>, Arc<T>)>;

#[derive(Debug, Default)]
pub(super) struct Memo {
    addresses: Known<AddressSet>,
    services: Known<ServiceSet>,
}

impl Memo {
    /// Keeps the packets that have the field, with one of the values. These have a number of their own. True where that was
    /// known from before.
    pub(super) fn restrict(
        &mut self,
        cube: &mut Cube,
        field: Field,
        number: SetNumber,
        values: &[Range],
    ) -> Result<bool, String> {
        let values = (number, values);
        match field {
            Field::V4(End::Source) | Field::V6(End::Source) | Field::Masked(End::Source, ..) => {
                known(&mut self.addresses, cube, field, values, |cube| {
                    &mut cube.flow.source
                })
            }
            Field::V4(End::Destination)
            | Field::V6(End::Destination)
            | Field::Masked(End::Destination, ..) => {
                known(&mut self.addresses, cube, field, values, |cube| {
                    &mut cube.flow.destination
                })
            }
            // These two look at nothing but the service.
            Field::Protocol | Field::Port(..) => known(&mut self.services, cube, field, values, |cube| {
                &mut cube.flow.service
            }),
            _ => cube.restrict_to_numbers(field, values.1).map(|()| false),
        }
    }
}

fn known<T>(
    known: &mut Known<T>,
    cube: &mut Cube,
    field: Field,
    (number, values): (SetNumber, &[Range]),
    part: impl Fn(&mut Cube) -> &mut Arc<T>,
) -> Result<bool, String> {
    let key = (Arc::as_ptr(part(cube)), field, number);
    if let Some((_, after)) = known.get(&key) {
        *part(cube) = Arc::clone(after);
        return Ok(true);
    }
    let before = Arc::clone(part(cube));
    cube.restrict_to_numbers(field, values)?;
    known.insert(key, (before, Arc::clone(part(cube))));
    Ok(false)
}
