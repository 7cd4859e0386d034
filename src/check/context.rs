//! What checks look at, and what several of them ask of it.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::permitted::Permitted;
use super::roles::{ROLES, Role};
use super::{Finding, KnownExploited, Settings};
use crate::diagnostic::Diagnostic;
use crate::model::{
    DeviceId, Endpoint, Examples, Placement, Point, Policy, Rule, Service, ServiceId, Zone, ZoneId,
};
use crate::network::Network;
use crate::packet::AddressSet;
use crate::reach::Hosts;
use crate::source::SourceMap;
use crate::syntax::tree::{self, Action};

/// Said where a question had no answer.
pub const UNDECIDED: &str = "undecided";

/// What a context is made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its network.
    pub network: &'a Network,
    /// Where everything is written.
    pub sources: &'a SourceMap,
    /// Its files, without the standard library.
    pub trees: &'a [&'a tree::File],
    /// Levels, options, roles.
    pub settings: &'a Settings,
    /// Platforms that keep no state.
    pub stateless: &'a [&'a str],
    /// Platforms whose configuration alone decides what the device itself receives.
    pub guarding: &'a [&'a str],
    /// What is known to be exploited, if a list was given.
    pub kev: Option<&'a KnownExploited>,
    /// The day for which to check.
    pub today: jiff::civil::Date,
}

/// What checks look at.
#[derive(Debug)]
pub struct Context<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// Its network.
    pub network: &'a Network,
    /// Where everything is written.
    pub sources: &'a SourceMap,
    /// Its files, without the standard library.
    pub trees: &'a [&'a tree::File],
    /// Levels, options, roles.
    pub settings: &'a Settings,
    /// Platforms that keep no state.
    pub stateless: &'a [&'a str],
    /// Platforms whose configuration alone decides what the device itself receives.
    pub guarding: &'a [&'a str],
    /// What is known to be exploited, if a list was given.
    pub kev: Option<&'a KnownExploited>,
    /// The day for which to check.
    pub today: jiff::civil::Date,
    /// What active rules permit.
    pub(super) permitted: Permitted<'a>,
    roles: BTreeMap<Role, AddressSet>,
    zones_of_set: FxHashMap<usize, Vec<ZoneId>>,
    by_address: Vec<(IpAddr, DeviceId)>,
    pub(super) examples: Examples,
    /// Only worked out where a check asks for them.
    hosts: OnceLock<Hosts>,
}

impl<'a> Context<'a> {
    /// The context of a policy.
    pub fn new(input: Input<'a>) -> Self {
        let Input {
            policy,
            network,
            sources,
            trees,
            settings,
            stateless,
            guarding,
            kev,
            today,
        } = input;
        let mut by_address: Vec<(IpAddr, DeviceId)> = Vec::new();
        for (index, device) in policy.devices.iter().enumerate() {
            let id = DeviceId::from_index(index);
            by_address.extend(device.addresses.iter().map(|(address, _)| (*address, id)));
        }
        by_address.sort_unstable();
        let mut zones_of_set: FxHashMap<usize, Vec<ZoneId>> = FxHashMap::default();
        for rule in policy.active_rules(today, None) {
            for set in [&rule.source.addresses, &rule.destination.addresses] {
                zones_of_set
                    .entry(place_of(set))
                    .or_insert_with(|| policy.zone_map.zones_of(set));
            }
        }
        Self {
            policy,
            network,
            sources,
            trees,
            settings,
            stateless,
            guarding,
            kev,
            today,
            permitted: Permitted::new(policy, today),
            roles: addresses_of_roles(policy, settings),
            zones_of_set,
            by_address,
            examples: Examples::new(policy),
            hosts: OnceLock::new(),
        }
    }

    /// The hosts of the policy, in classes that no rule and no assertion tells apart. Working them out starts no
    /// parallel work: a thread that waits for such work may be given another check, which would wait for this one.
    pub(super) fn hosts(&self) -> &Hosts {
        self.hosts.get_or_init(|| Hosts::new(self.policy))
    }

    /// Notes that a question had no answer within its budget.
    pub(super) fn give_up(&self) {
        self.permitted.give_up();
    }

    /// Says so where some question had no answer: what was not decided is never passed over in silence.
    pub(super) fn undecided(&self) -> Option<Finding> {
        self.permitted.undecided().then(|| {
            let message = "some rules are too entangled with denies to be checked within the bound on work";
            let diagnostic = Diagnostic::new(crate::diagnostic::Severity::Warning, UNDECIDED, message)
                .help("state the denies over whole zones where that is possible");
            Finding::from(diagnostic)
        })
    }

    /// Every `allow` that holds today, outside modes.
    pub(super) fn allows(&self) -> impl Iterator<Item = &'a Rule> {
        let rules = self.policy.active_rules(self.today, None);
        rules.filter(|rule| rule.action == Action::Allow)
    }

    /// The addresses of all zones and devices that play a role.
    pub(super) fn role(&self, role: Role) -> AddressSet {
        self.roles.get(&role).cloned().unwrap_or_default()
    }

    /// The addresses of all that play one of the roles.
    pub(super) fn any_role(&self, roles: &[Role]) -> AddressSet {
        AddressSet::union_of(roles.iter().filter_map(|role| self.roles.get(role)))
    }

    /// The zones of one side of a rule, ascending.
    pub(super) fn zones_of(&self, side: &Endpoint) -> Vec<ZoneId> {
        match self.zones_of_set.get(&place_of(&side.addresses)) {
            Some(zones) => zones.clone(),
            None => self.policy.zone_map.zones_of(&side.addresses),
        }
    }

    /// The zone of a set that lies in one zone.
    pub(super) fn only_zone(&self, set: &AddressSet) -> Option<&'a str> {
        match self.policy.zone_map.zones_of(set).as_slice() {
            [zone] => Some(self.policy.zone_name(*zone)),
            _ => None,
        }
    }

    /// How far a zone is trusted: 0 to 100. The external zone has 0 unless it says otherwise.
    pub(super) fn trust(&self, zone: &Zone) -> Option<u32> {
        zone.trust.or(zone.external.then_some(0))
    }

    /// The named services of a rule that `wanted` chooses, also those that others of them are made of. What a chosen
    /// one is made of is not looked at.
    pub(super) fn services_of(&self, rule: &Rule, wanted: impl Fn(&Service) -> bool) -> Vec<&'a Service> {
        let mut next: Vec<ServiceId> = rule.service.named.iter().rev().copied().collect();
        let mut seen = BTreeSet::new();
        let mut chosen = Vec::new();
        while let Some(id) = next.pop() {
            let Some(service) = self.policy.services.get(id.index()) else {
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            if wanted(service) {
                chosen.push(service);
            } else {
                next.extend(service.parts.iter().rev());
            }
        }
        chosen
    }

    /// True where the platform of a point keeps no state.
    pub(super) fn is_stateless(&self, point: &Point) -> bool {
        let platform = point.platform.as_deref();
        platform.is_some_and(|platform| self.stateless.contains(&platform))
    }

    /// True where the configuration of a point decides what the point itself receives. A router with state that has
    /// neither `manage` nor `run` is left alone.
    pub(super) fn filters_itself(&self, point: &Point) -> bool {
        let platform = point.platform.as_deref();
        let guards = platform.is_some_and(|platform| self.guarding.contains(&platform));
        let has_local = !point.manage.is_empty() || !point.run.is_empty();
        guards && (self.is_stateless(point) || matches!(point.placement, Placement::On(_)) || has_local)
    }

    /// The devices with a host firewall that Septum writes for.
    pub(super) fn guarded(&self) -> BTreeSet<DeviceId> {
        let firewalls = self.policy.host_firewalls();
        firewalls.map(|firewall| firewall.device_id).collect()
    }

    /// The addresses of known devices inside a set, ascending.
    pub(super) fn known_addresses<'s>(
        &'s self,
        set: &'s AddressSet,
    ) -> impl Iterator<Item = (IpAddr, DeviceId)> + 's {
        let v4 = set
            .v4
            .ranges()
            .iter()
            .map(|(a, b)| (IpAddr::from(a.to_be_bytes()), IpAddr::from(b.to_be_bytes())));
        let v6 = set
            .v6
            .ranges()
            .iter()
            .map(|(a, b)| (IpAddr::from(a.to_be_bytes()), IpAddr::from(b.to_be_bytes())));
        v4.chain(v6).flat_map(|(first, last)| {
            let from = self.by_address.partition_point(|(known, _)| *known < first);
            let rest = self.by_address.get(from..).unwrap_or_default();
            rest.iter().copied().take_while(move |(known, _)| *known <= last)
        })
    }

    /// The known devices with an address in a set, by id.
    pub(super) fn devices_in(&self, set: &AddressSet) -> Vec<DeviceId> {
        let mut devices: Vec<DeviceId> = self.known_addresses(set).map(|(_, id)| id).collect();
        devices.sort_unstable();
        devices.dedup();
        devices
    }

    /// `12 (ct-01, ct-02, mri-01, …)`; none where no device is known.
    pub(super) fn device_list(&self, devices: &[DeviceId]) -> Option<String> {
        let names = devices
            .iter()
            .filter_map(|id| self.policy.devices.get(id.index()));
        let shown: Vec<&str> = names.take(3).map(|device| device.name.as_str()).collect();
        let more = if devices.len() > shown.len() { ", …" } else { "" };
        (!shown.is_empty()).then(|| format!("{} ({}{more})", devices.len(), shown.join(", ")))
    }
}

/// Sets are shared: the place of one stands for it.
fn place_of(set: &std::sync::Arc<AddressSet>) -> usize {
    std::ptr::from_ref(&**set).addr()
}

/// The addresses of all zones and devices that play each role. Labels are looked up, since devices are many.
fn addresses_of_roles(policy: &Policy, settings: &Settings) -> BTreeMap<Role, AddressSet> {
    let mut roles_of: FxHashMap<&str, Vec<Role>> = FxHashMap::default();
    for spec in &ROLES {
        for label in settings.labels(spec.role) {
            roles_of.entry(label).or_default().push(spec.role);
        }
    }
    let zones = policy.zones.iter().map(|zone| (&zone.labels, &*zone.addresses));
    let devices = policy
        .devices
        .iter()
        .map(|device| (&*device.labels, &*device.set));
    let mut sets: BTreeMap<Role, Vec<&AddressSet>> = BTreeMap::new();
    for (labels, addresses) in zones.chain(devices) {
        let played = labels.iter().filter_map(|label| roles_of.get(label.as_str()));
        for role in played.flatten() {
            sets.entry(*role).or_default().push(addresses);
        }
    }
    let united = sets.into_iter();
    united
        .map(|(role, sets)| (role, AddressSet::union_of(sets)))
        .collect()
}
