//! Lists of rules at random, for the tests of laws.

use std::sync::Arc;

use arbtest::arbitrary::{Result, Unstructured};

use super::{AddressSet, FlowSet, PacketRule, ServiceSet};

/// Up to so many rules, three permits for each deny.
pub(super) fn rules(
    u: &mut Unstructured<'_>,
    most: usize,
    addresses: fn(&mut Unstructured<'_>) -> Result<Arc<AddressSet>>,
    service: fn(&mut Unstructured<'_>) -> Result<ServiceSet>,
) -> Result<Vec<PacketRule>> {
    (0..u.int_in_range(0..=most)?)
        .map(|_| {
            let service = Arc::new(service(u)?);
            Ok(PacketRule {
                permit: u.ratio(3, 4)?,
                flow: FlowSet {
                    source: addresses(u)?,
                    destination: addresses(u)?,
                    service,
                },
            })
        })
        .collect()
}
