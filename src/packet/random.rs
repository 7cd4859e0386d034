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

/// Some of eight neighbouring addresses of each family.
pub(crate) fn neighbours(u: &mut Unstructured<'_>) -> Result<Arc<AddressSet>> {
    let (v4, v6): (u8, u8) = (u.arbitrary()?, u.arbitrary()?);
    let chosen = |bits: u8| (0..8).filter(move |bit| bits & (1 << bit) != 0);
    Ok(Arc::new(AddressSet {
        v4: chosen(v4).map(|n| (0x0a00_0000 + n, 0x0a00_0000 + n)).collect(),
        v6: chosen(v6).map(|n| (u128::from(n), u128::from(n))).collect(),
    }))
}
