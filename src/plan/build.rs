//! From policy and network to the plan of each managed device.

use std::collections::BTreeSet;
use std::sync::Arc;

use rayon::prelude::*;
use sha2::{Digest, Sha256};

use super::forwarding::{RulesOfPoints, forwarding, in_order, without_idle_denies};
use super::inside::Inside;
use super::prepared::Prepared;
use super::{Cited, DevicePlan, Forwarding, HostPlan, LocalPlan, Origin, PlanRule, Role, Run, Said};
use crate::model::{self, ModeId, Point, PointId, Policy, ZoneId};
use crate::network::{Network, Placement};
use crate::packet::{AddressSet, FlowSet};
use crate::source::SourceMap;
use crate::syntax::tree::Action;

/// What plans depend on beside policy and network.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Rules past their expiry on this day are left out.
    pub today: jiff::civil::Date,
    /// The mode to plan for; none for normal.
    pub mode: Option<ModeId>,
    /// Platforms that keep no state, and need replies let in by header.
    pub stateless: &'a [&'a str],
    /// What comments say of where a rule is written.
    pub cited: Cited,
}

/// The plan of every managed device, in the order of the policy.
pub fn plans(
    policy: &Policy,
    network: &Network,
    sources: &SourceMap,
    options: Options<'_>,
) -> Vec<DevicePlan> {
    plans_of(policy, network, sources, options, |_| true)
}

/// The plans of the managed devices that are wanted, in the order of the policy.
pub fn plans_of(
    policy: &Policy,
    network: &Network,
    sources: &SourceMap,
    options: Options<'_>,
    wanted: impl Fn(&Point) -> bool + Sync,
) -> Vec<DevicePlan> {
    let rules = Prepared::all(policy, sources, options);
    let planner = Planner {
        policy,
        network,
        sources,
        options,
        placed: RulesOfPoints::new(network, policy.points.len(), &rules),
        rules,
        claimed: Arc::new(policy.claimed()),
    };
    let points = policy.points.par_iter().enumerate();
    points
        .filter(|(_, point)| wanted(point))
        .filter_map(|(index, point)| planner.plan(PointId::from_index(index), point))
        .collect()
}

/// What the plans of all devices are made from.
struct Planner<'p> {
    policy: &'p Policy,
    network: &'p Network,
    sources: &'p SourceMap,
    options: Options<'p>,
    rules: Vec<Prepared<'p>>,
    placed: RulesOfPoints,
    claimed: Arc<AddressSet>,
}

impl Planner<'_> {
    /// None for a device that is not managed, and for one that stands nowhere in the network.
    fn plan(&self, id: PointId, point: &Point) -> Option<DevicePlan> {
        let platform = point.platform.as_ref()?;
        let own = self.policy.own_addresses(point);
        let role = match &point.placement {
            model::Placement::Between(_) => {
                let stateless = self.options.stateless.contains(&platform.as_str());
                Role::Router(self.router(id, point, stateless)?)
            }
            model::Placement::On(_) => Role::Host(host(&own, &self.rules)),
        };
        Some(DevicePlan {
            device: point.name.clone(),
            platform: platform.clone(),
            claimed: Arc::clone(&self.claimed),
            role,
            local: local(self.policy, point, own, self.sources, self.options.cited),
        })
    }

    fn router(&self, id: PointId, point: &Point, stateless: bool) -> Option<Forwarding> {
        let placement = Placement::new(self.network, self.policy, id)?;
        let concerned = self.placed.of(id, &self.rules);
        let inside = Inside {
            policy: self.policy,
            network: self.network,
            placement: &placement,
            sources: self.sources,
            stateless,
            cited: self.options.cited,
        };
        let inside = inside.pairs(&self.rules);
        Some(forwarding(
            self.policy,
            point,
            &placement,
            &concerned,
            inside,
            stateless,
        ))
    }
}

/// What a host firewall lets in and out. Its device's own zone is no exception.
fn host(own: &Arc<AddressSet>, rules: &[Prepared<'_>]) -> HostPlan {
    let (mut inbound, mut outbound) = (Vec::new(), Vec::new());
    for prepared in rules {
        let flow = prepared.flow();
        let into = FlowSet {
            destination: Arc::new(flow.destination.intersection(own)),
            ..flow.clone()
        };
        let out = FlowSet {
            source: Arc::new(flow.source.intersection(own)),
            ..flow
        };
        for (list, flow) in [(&mut inbound, into), (&mut outbound, out)] {
            if !flow.is_empty() {
                list.push(prepared.plan_rule(flow));
            }
        }
    }
    HostPlan {
        addresses: Arc::clone(own),
        inbound: without_idle_denies(inbound),
        outbound: without_idle_denies(outbound),
    }
}

/// Traffic of the device itself.
fn local(
    policy: &Policy,
    point: &model::Point,
    own: Arc<AddressSet>,
    sources: &SourceMap,
    cited: Cited,
) -> LocalPlan {
    let everywhere = if own.is_empty() {
        Arc::new(AddressSet::full())
    } else {
        Arc::clone(&own)
    };
    let mut seen = BTreeSet::new();
    let mut manage: Vec<PlanRule> = point
        .manage
        .iter()
        .map(|manage| {
            let said = format!("{} : {}", manage.from.text, manage.service.text);
            let hex: String = Sha256::digest(said.as_bytes())
                .iter()
                .take(3)
                .map(|byte| format!("{byte:02x}"))
                .collect();
            let location = sources.line_of(manage.span);
            PlanRule {
                flow: FlowSet {
                    source: Arc::clone(&manage.from.addresses),
                    destination: Arc::clone(&everywhere),
                    service: Arc::clone(&manage.service.set),
                },
                said: Arc::new(Said {
                    action: Action::Allow,
                    source: Arc::clone(&manage.from.text),
                    destination: point.name.as_str().into(),
                    service: Arc::clone(&manage.service.text),
                    log: false,
                    rate: None,
                    origin: Arc::new(Origin {
                        id: format!("manage-{hex}"),
                        cited: cited.in_place_of(&location),
                        location,
                        ticket: None,
                        owner: None,
                        title: Some(format!("management of {}", point.name)),
                    }),
                }),
            }
        })
        .filter(|rule| !rule.flow.is_empty() && seen.insert(rule.said.origin.id.clone()))
        .collect();
    in_order(&mut manage);
    let zone = |zone: &ZoneId| policy.zone_name(*zone).to_owned();
    let run = point.run.iter().map(|run| Run {
        protocol: run.protocol,
        on: run.on.as_ref().map(|zones| zones.iter().map(zone).collect()),
    });
    LocalPlan {
        own,
        manage,
        run: run.collect(),
    }
}
