//! Cisco IOS: what is written, read back by a naive first-match evaluation.

#![allow(clippy::unwrap_used, clippy::panic)]

mod hostile;
mod joined;
mod local;
mod plans;
mod property;
mod read;
mod reader;
mod shape;
mod succession;
mod too_long;
mod uplinks;
mod usage;

use septum::plan::DevicePlan;
use septum::target::cisco_ios::CiscoIos;
use septum::target::{EmitError, Emitted, Inexpressible, Owned, Platform};

fn emit(plan: &DevicePlan) -> Emitted {
    CiscoIos.emit(plan, &CiscoIos.assets(), &Owned::new()).unwrap()
}

fn refused(plan: &DevicePlan) -> Vec<Inexpressible> {
    match CiscoIos.emit(plan, &CiscoIos.assets(), &Owned::new()) {
        Err(EmitError::Inexpressible(failures)) => failures,
        other => panic!("{other:?}"),
    }
}
