//! What the plan says of a place: what must pass, and what may.

use std::borrow::Cow;
use std::sync::Arc;

use super::needs;
use crate::packet::{AddressSet, FlowSet, IntervalSet, Narrowing, PacketRule, ServiceSet};
use crate::plan::{
    DevicePlan, Forwarding, HostPlan, PlanRule, RunProtocol, Side, companion_flows, opened_service,
    run_flows, run_service,
};
use crate::syntax::tree::Action;

/// What is said of one place.
#[derive(Default)]
pub(super) struct Bounds<'a> {
    /// First-match lists: the union of what they permit must pass.
    pub lists: Vec<Cow<'a, [PlanRule]>>,
    /// Must pass as well, but by no word of the policy: it is stated.
    pub needed: Vec<FlowSet>,
    /// May pass beyond that, and is stated.
    pub may: Vec<FlowSet>,
    /// True where the place sees packets of TCP alone.
    pub tcp_only: bool,
}

impl<'a> Bounds<'a> {
    /// Nothing may pass.
    pub(super) fn nothing() -> Self {
        Self::default()
    }

    /// What the list permits, and nothing else.
    pub(super) fn exactly(rules: &'a [PlanRule]) -> Self {
        Self {
            lists: vec![rules.into()],
            ..Self::default()
        }
    }

    /// The one list, where equality with it is all there is to say.
    pub(super) fn single(&self) -> Option<&[PlanRule]> {
        if !self.needed.is_empty() || !self.may.is_empty() || self.tcp_only {
            return None;
        }
        match self.lists.as_slice() {
            [] => Some(&[]),
            [list] => Some(list),
            _ => None,
        }
    }
}

/// Plan rules as a first-match list.
pub(super) fn packet_rules(rules: &[PlanRule]) -> Vec<PacketRule> {
    rules
        .iter()
        .map(|rule| PacketRule {
            permit: rule.said.action == Action::Allow,
            flow: rule.flow.clone(),
        })
        .collect()
}

/// Packets that come in by a side of a device without state: what may open a flow, management from behind the side,
/// replies, and what the device and its neighbours live on.
pub(super) fn inbound<'a>(
    plan: &'a DevicePlan,
    forwarding: &'a Forwarding,
    side: usize,
    established: bool,
) -> Bounds<'a> {
    let pairs = || forwarding.pairs.iter().filter(|pair| pair.from == side);
    let mut lists: Vec<Cow<'a, [PlanRule]>> = pairs().map(|pair| pair.rules.as_slice().into()).collect();
    let behind = forwarding.sides.get(side).map(|side| &side.behind);
    lists.push(manage_from(&plan.local.manage, behind).into());
    let mut needed = needs::of_side(plan, forwarding, side, established);
    if established {
        lists.extend(pairs().map(|pair| pair.replies.as_slice().into()));
    } else {
        // Replies of TCP are told from new flows by their flags; those of other protocols are not.
        let mut others = Narrowing::to(ServiceSet::without_tcp);
        let replies = pairs().flat_map(|pair| &pair.replies);
        needed.extend(replies.filter_map(|rule| others.flow(&rule.flow)));
    }
    let mut may = run_flows(
        &plan.local,
        plan.local.run_on(forwarding.sides.get(side)).map(run_service),
    );
    may.extend(companion_flows());
    Bounds {
        lists,
        needed,
        may,
        tcp_only: established,
    }
}

/// Management by those who live behind a side. Nobody else can come in there.
fn manage_from(rules: &[PlanRule], behind: Option<&Arc<AddressSet>>) -> Vec<PlanRule> {
    let from = |rule: &PlanRule| {
        let mut rule = rule.clone();
        rule.flow.source = Arc::new(rule.flow.source.intersection(behind?));
        Some(rule)
    };
    rules.iter().filter_map(from).collect()
}

/// What others open for protocols that a device with state runs. What meets its input filter is for the device itself,
/// whatever address it has there: that of an interface the policy does not know, or the broadcast address of a link.
fn received(plan: &DevicePlan, run: impl IntoIterator<Item = RunProtocol>) -> Vec<FlowSet> {
    let everywhere = Arc::new(AddressSet::full());
    let flows = run_flows(&plan.local, run.into_iter().map(opened_service)).into_iter();
    flows
        .map(|flow| FlowSet {
            destination: Arc::clone(&everywhere),
            ..flow
        })
        .collect()
}

/// What a host firewall lets in.
pub(super) fn host_input<'a>(plan: &'a DevicePlan, host: &'a HostPlan) -> Bounds<'a> {
    let mut may = received(plan, plan.local.run_on(None));
    may.extend(companion_flows());
    Bounds {
        lists: vec![
            host.inbound.as_slice().into(),
            plan.local.manage.as_slice().into(),
        ],
        needed: needs::of_host(plan),
        may,
        ..Bounds::default()
    }
}

/// What a host firewall lets out: the protocols it runs are two-way.
pub(super) fn host_output<'a>(plan: &'a DevicePlan, host: &'a HostPlan) -> Bounds<'a> {
    let mut may: Vec<FlowSet> = run_flows(&plan.local, plan.local.run_on(None).map(run_service))
        .into_iter()
        .map(|flow| {
            let service = flow.service.union(&ServiceSet {
                tcp: flow.service.tcp.swapped(),
                udp: flow.service.udp.swapped(),
                sctp: flow.service.sctp.swapped(),
                ..ServiceSet::empty()
            });
            FlowSet {
                source: Arc::new(AddressSet::full()),
                destination: Arc::new(AddressSet::full()),
                service: Arc::new(service),
            }
        })
        .collect();
    if plan
        .local
        .run_on(None)
        .any(|protocol| protocol == RunProtocol::Syslog)
    {
        // Messages that nobody answers (RFC 5426), so that none of the received flows is their reverse.
        may.push(FlowSet {
            source: Arc::new(AddressSet::full()),
            destination: Arc::new(AddressSet::full()),
            service: Arc::new(ServiceSet::udp(IntervalSet::full(), IntervalSet::single(514))),
        });
    }
    may.extend(companion_flows());
    Bounds {
        lists: vec![host.outbound.as_slice().into()],
        may,
        ..Bounds::default()
    }
}

/// What a forwarding device itself receives, where other settings decide about everything but the services of
/// management, and no interfaces are told apart.
pub(super) fn managed_input(plan: &DevicePlan) -> Bounds<'_> {
    let mut may = received(plan, plan.local.run.iter().map(|run| run.protocol));
    may.extend(companion_flows());
    let managed = plan
        .local
        .manage
        .iter()
        .fold(ServiceSet::empty(), |all, rule| all.union(&rule.flow.service));
    may.push(FlowSet {
        source: Arc::new(AddressSet::full()),
        destination: Arc::new(AddressSet::full()),
        service: Arc::new(ServiceSet::full().difference(&managed)),
    });
    Bounds {
        lists: vec![plan.local.manage.as_slice().into()],
        may,
        ..Bounds::default()
    }
}

/// All that [`input_by`] says of a side hangs on this.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Received {
    /// Who may manage the device from behind the side, by rule.
    managers: Vec<AddressSet>,
    run: Vec<RunProtocol>,
    needed: Vec<FlowSet>,
}

impl Received {
    /// By the interfaces of a side, or by one that the plan does not name.
    pub(super) fn by(plan: &DevicePlan, side: Option<&Side>) -> Self {
        let rules = plan.local.manage.iter();
        let behind = |rule: &PlanRule| match side {
            Some(side) => rule.flow.source.intersection(&side.behind),
            None => AddressSet::empty(),
        };
        let needed = side.map(|side| needs::of_itself(plan, side));
        Self {
            managers: rules.map(behind).collect(),
            run: plan.local.run_on(side).collect(),
            needed: needed.unwrap_or_default(),
        }
    }
}

/// What a forwarding device receives by one interface, none where the plan does not name it: a manager's address is
/// believed only where it lives.
pub(super) fn input_by<'a>(
    plan: &'a DevicePlan,
    side: Option<&Side>,
    received_there: &Received,
) -> Bounds<'a> {
    let nobody = Arc::new(AddressSet::empty());
    let behind = side.map_or(&nobody, |side| &side.behind);
    let mut may = received(plan, received_there.run.iter().copied());
    may.extend(companion_flows());
    Bounds {
        lists: vec![manage_from(&plan.local.manage, Some(behind)).into()],
        needed: received_there.needed.clone(),
        may,
        ..Bounds::default()
    }
}
