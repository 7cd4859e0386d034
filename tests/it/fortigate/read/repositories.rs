//! The policies that ship with Septum: what is written for their gateways is proven.

use septum::plan::Role;
use septum::target::fortigate::FortiGate;
use septum::target::{Owned, Platform};

use super::assert_proven;
use super::show::Memory;
use crate::sample;

#[test]
fn every_gateway_that_ships_is_proven() {
    let (mut native, mut foreign) = (0, 0);
    for plan in sample::example_plans() {
        if !matches!(plan.role, Role::Router(_)) {
            continue;
        }
        let emitted = FortiGate.emit(&plan, &FortiGate.assets(), &Owned::new());
        let own = plan.platform == "fortigate";
        // Plans of other platforms name interfaces that FortiOS may refuse.
        let emitted = match emitted {
            Ok(emitted) => emitted,
            Err(error) if own => panic!("{}: {error:?}", plan.device),
            Err(_) => continue,
        };
        *(if own { &mut native } else { &mut foreign }) += 1;
        assert_proven(&plan, &emitted.text);
        assert_proven(&plan, &Memory::typed(&emitted.text).backup());
    }
    assert!(native >= 3, "{native}");
    assert!(foreign >= 1, "{foreign}");
}
