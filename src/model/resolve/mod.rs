//! From trees and inventories to a [`Policy`]: every name looked up, every contradiction found and located.
//!
//! Each pass takes what the passes before it returned. An unknown name is reported once and stays silent
//! afterwards: whatever it stands in is left out of the policy, which then has an error and is never built.

mod assertions;
mod devices;
mod emptiness;
mod names;
mod nesting;
mod points;
mod rules;
mod run;
mod services;
mod sets;
mod text;
mod zones;

use crate::diagnostic::{Diagnostic, in_reading_order};
use crate::inventory::InventoryDevice;
use crate::syntax::tree;

use super::{Policy, ZoneMap};

/// What a policy is made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The standard library.
    pub standard: &'a [&'a tree::File],
    /// The files of the policy.
    pub files: &'a [&'a tree::File],
    /// The devices of the inventory.
    pub inventory: &'a [InventoryDevice],
    /// Names of the platforms that there are.
    pub platforms: &'a [&'a str],
}

/// A policy and what is to be said about it.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// The policy. Incomplete where there are errors.
    pub policy: Policy,
    /// In reading order.
    pub diagnostics: Vec<Diagnostic>,
}

/// Resolves a policy.
pub fn resolve(input: Input<'_>) -> Resolved {
    let mut diagnostics = Vec::new();
    let items: Vec<&tree::Item> = input.files.iter().flat_map(|file| &file.items).collect();

    let zones = zones::resolve(&items, &mut diagnostics);
    let zone_map = ZoneMap::new(&zones);
    let devices::Resolved { devices, broken } =
        devices::resolve(&items, input.inventory, &zones, &zone_map, &mut diagnostics);
    let services = services::resolve(input.standard, &items, &mut diagnostics);
    let defined = names::Defined {
        zones: &zones,
        devices: &devices,
        broken: &broken,
        services: &services,
    };
    let scope = names::Scope::new(&items, defined, &mut diagnostics);
    let (groups, scope) = sets::resolve_groups(&items, scope, &mut diagnostics);
    let (rules, modes) = rules::resolve(&items, &scope, &mut diagnostics);
    let assertions = assertions::resolve(&items, &scope, &mut diagnostics);
    let waivers = assertions::waivers(&items);
    let points = points::resolve(
        &items,
        &scope,
        &zones,
        &devices,
        input.platforms,
        &mut diagnostics,
    );

    let policy = Policy {
        zones,
        devices,
        groups,
        services,
        rules,
        assertions,
        modes,
        points,
        waivers,
        zone_map,
    };
    Resolved {
        policy,
        diagnostics: in_reading_order(diagnostics),
    }
}
