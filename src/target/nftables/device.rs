//! Lowers a device's plan to a ruleset: its base chains, the chains of its pairs, and how packets get to them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use crate::plan::{DevicePlan, Forwarding, HostPlan, PairPlan, PlanRule, Role, Side};
use crate::target::{EmitError, Inexpressible, Owned};

use super::capability::Capability;
use super::elements::Elements;
use super::obsolete::DISPATCH;
use super::paired::PortChains;
use super::ruleset::{Chain, Rule, Ruleset, Set};
use super::section::{Lowering, Section};
use super::services::Services;
use super::shared::Shared;
use super::trace::Trace;
use super::uses::Uses;
use super::{TABLE, local, name, obsolete, quote};

/// The whole file, and where its statements come from.
///
/// # Errors
/// When something cannot be written for nft.
pub fn lower(
    plan: &DevicePlan,
    capability: &Capability,
    previous: &Owned,
) -> Result<(Ruleset, Trace), EmitError> {
    let mut lowering = Lowering {
        capability,
        ruleset: Ruleset::new(quote::plain(&plan.device, 64), TABLE),
        trace: Trace::new(capability.comment_bytes),
        services: Services::new(capability.port_values),
        uses: uses(&plan.role),
        port_chains: PortChains::default(),
        own_names: 0,
        faults: Vec::new(),
    };
    match &plan.role {
        Role::Router(forwarding) => {
            let names = name::sides(&forwarding.sides, capability.name_bytes);
            lowering.router(forwarding, &names, plan);
        }
        Role::Host(host) => lowering.host(host, plan),
    }
    if !lowering.faults.is_empty() {
        return Err(EmitError::Inexpressible(lowering.faults));
    }
    let Lowering {
        mut ruleset, trace, ..
    } = lowering;
    ruleset.obsolete = obsolete::objects(previous, &obsolete::owned(&ruleset));
    Ok((ruleset, trace))
}

/// What the ruleset cannot do exactly.
pub fn residual(plan: &DevicePlan) -> Vec<String> {
    let rules: Vec<&PlanRule> = match &plan.role {
        Role::Router(forwarding) => forwarding.pairs.iter().flat_map(|pair| &pair.rules).collect(),
        Role::Host(host) => host.inbound.iter().chain(&host.outbound).collect(),
    };
    let mut residual = vec![
        "a flow that is established when its rule is removed goes on until it ends or conntrack is flushed \
         (`conntrack -F`)"
            .to_owned(),
        "a TCP packet in the middle of an unknown connection opens it like a SYN where the rules permit that flow, \
         unless net.netfilter.nf_conntrack_tcp_loose is 0"
            .to_owned(),
        "errors about a permitted flow, and data connections that a conntrack helper expects, pass as related"
            .to_owned(),
        "an ICMP message that opens no flow by itself (a reply, an error) passes only in a known flow, even where a \
         rule permits it: connection tracking calls it invalid"
            .to_owned(),
        "fragments are judged once reassembled, which connection tracking does before the rules see them".to_owned(),
    ];
    if rules.iter().any(|rule| rule.said.rate.is_some()) {
        residual.push(
            "a rate is a token bucket: at most 5 flows more than the rate pass within one unit of time"
                .to_owned(),
        );
    }
    if matches!(plan.role, Role::Host(_)) {
        residual.push(
            "packets that the device forwards for others (containers, say) are not filtered".to_owned(),
        );
    } else if !filters_itself(plan) {
        residual.push(
            "traffic to the device itself is not filtered: it has neither `manage` nor `run`".to_owned(),
        );
    }
    residual
}

fn filters_itself(plan: &DevicePlan) -> bool {
    !plan.local.manage.is_empty() || !plan.local.run.is_empty()
}

fn uses(role: &Role) -> Uses {
    match role {
        Role::Router(forwarding) => Uses::of(forwarding.pairs.iter().flat_map(|pair| &pair.rules)),
        Role::Host(host) => Uses::of(host.inbound.iter().chain(&host.outbound)),
    }
}

/// A pair of sides that some flow uses.
pub(super) struct Between<'p> {
    /// Part of the names of its chain and sets.
    name: String,
    /// The direction, as logs show it.
    label: String,
    /// The interfaces by which its packets come in.
    pub incoming: &'p [String],
    /// The interfaces by which they leave.
    pub outgoing: &'p [String],
    /// First match, denies first.
    pub rules: &'p [PlanRule],
}

impl Between<'_> {
    fn section<'s>(&'s self, rules: &'s [PlanRule]) -> Section<'s> {
        Section {
            name: &self.name,
            label: &self.label,
            guard: "",
            rules,
        }
    }
}

impl Lowering<'_> {
    fn router(&mut self, forwarding: &Forwarding, names: &[String], plan: &DevicePlan) {
        let interfaces: Vec<Vec<String>> = forwarding
            .sides
            .iter()
            .map(|side| self.interfaces(side))
            .collect();
        self.refuse_shared(&interfaces);
        let mut dispatch = Set {
            name: DISPATCH.to_owned(),
            body: obsolete::DISPATCH_BODY,
            elements: Elements::default(),
        };
        let between = self.between(forwarding, names, &interfaces);
        let lists = between.iter().map(|pair| pair.rules).collect();
        let shared = Shared::of(lists, self.capability.shared_flows);
        let chains = self.shared(&shared, &between);
        // What stands for lists that are written alike whatever pair they are of.
        let mut written: FxHashMap<usize, Vec<Rule>> = FxHashMap::default();
        let mut pair_chains = Vec::with_capacity(between.len());
        for (number, pair) in between.iter().enumerate() {
            let mut chain = Chain {
                name: name::pair_chain(&pair.name),
                title: name::title(&pair.label),
                ..Chain::default()
            };
            let same = shared.same(number);
            match written.get(&same) {
                Some(rules) => chain.rules.extend_from_slice(rules),
                None => {
                    let before = self.own_names;
                    let (own, common) = shared.list(number);
                    self.section(&pair.section(own), &mut chain);
                    if let Some(name) = common.and_then(|common| chains.get(common)) {
                        chain.add(format!("jump {name}"), "what several pairs of sides permit");
                    }
                    if self.own_names == before {
                        written.insert(same, chain.rules.clone());
                    }
                }
            }
            self.close(&mut chain, &pair.label);
            for incoming in pair.incoming {
                for outgoing in pair.outgoing {
                    let key = format!("\"{incoming}\" . \"{outgoing}\"");
                    dispatch.elements.push(&key, &format!("goto {}", chain.name));
                }
            }
            pair_chains.push((pair, self.ruleset.chains.len()));
            self.ruleset.chains.push(chain);
        }
        self.ruleset.maps.push(dispatch);
        self.forward();
        if filters_itself(plan) {
            self.router_input(forwarding, &interfaces, plan);
        } else {
            self.ruleset.notes.push(
                "Traffic to the device itself is not filtered: the policy has no `manage` and no `run` for it."
                    .to_owned(),
            );
        }
        self.join_tables(&pair_chains);
    }

    /// The planned pairs of sides, in the order of the sides.
    fn between<'p>(
        &mut self,
        forwarding: &'p Forwarding,
        names: &[String],
        interfaces: &'p [Vec<String>],
    ) -> Vec<Between<'p>> {
        let mut pairs: BTreeMap<(usize, usize), &PairPlan> = BTreeMap::new();
        for pair in &forwarding.pairs {
            if pairs.insert((pair.from, pair.to), pair).is_some() {
                self.fault("a pair of sides is planned twice".to_owned());
            }
        }
        let end = |side: usize| {
            let (zone, name) = (&forwarding.sides.get(side)?.zone, names.get(side)?);
            Some((zone, name, interfaces.get(side)?))
        };
        let mut all = Vec::with_capacity(pairs.len());
        for ((from, to), pair) in pairs {
            let (Some((from, from_name, incoming)), Some((to, to_name, outgoing))) = (end(from), end(to))
            else {
                self.fault("a pair is planned between sides that do not exist".to_owned());
                continue;
            };
            all.push(Between {
                name: name::pair(from_name, to_name),
                label: self.label(from, to),
                incoming,
                outgoing,
                rules: &pair.rules,
            });
        }
        all
    }

    /// Adds a chain for what some pairs have in common each time, and returns their names.
    fn shared(&mut self, shared: &Shared<'_>, between: &[Between<'_>]) -> Vec<String> {
        let mut names = Vec::with_capacity(shared.common.len());
        for (number, common) in (1..).zip(&shared.common) {
            let first = common.lists.first().and_then(|list| between.get(*list));
            let first = first.map_or("", |pair| &pair.label);
            let name = format!("shared_{number}");
            let mut chain = Chain {
                name: format!("c_{name}"),
                title: format!(
                    "{}: what it has in common with {} more",
                    name::title(first),
                    common.lists.len() - 1
                ),
                ..Chain::default()
            };
            let section = Section {
                name: &name,
                label: first,
                guard: "",
                rules: &common.rules,
            };
            self.section(&section, &mut chain);
            names.push(chain.name.clone());
            self.ruleset.chains.push(chain);
        }
        names
    }

    fn forward(&mut self) {
        let mut chain = base("forward", "Packets of others");
        chain.add(local::STATE, "replies, and errors about known flows");
        chain.add(
            format!("iifname . oifname vmap @{DISPATCH}"),
            "one chain a pair of sides",
        );
        self.close(&mut chain, "forward");
        self.ruleset.chains.push(chain);
    }

    fn router_input(&mut self, forwarding: &Forwarding, interfaces: &[Vec<String>], plan: &DevicePlan) {
        let mut chain = base("input", "Packets to the device itself");
        local::add_essentials(&mut chain, "iifname");
        for (side, ports) in forwarding.sides.iter().zip(interfaces) {
            // A manager's address is believed only where it lives.
            let rules = behind(&plan.local.manage, side);
            let guard = incoming(ports);
            let label = self.label(&side.zone, "input");
            let section = Section {
                name: "input",
                label: &label,
                guard: &guard,
                rules: &rules,
            };
            self.section(&section, &mut chain);
        }
        for run in &plan.local.run {
            let guard = run.on.as_ref().map(|zones| {
                let sides = forwarding.sides.iter().zip(interfaces);
                let sides = sides.filter(|(side, _)| zones.contains(&side.zone));
                incoming(sides.flat_map(|(_, ports)| ports))
            });
            local::add_received(
                &mut chain,
                run.protocol,
                &guard.unwrap_or_default(),
                &plan.local.own,
            );
        }
        self.close(&mut chain, "input");
        self.ruleset.chains.push(chain);
    }

    fn host(&mut self, host: &HostPlan, plan: &DevicePlan) {
        let mut input = base("input", "Packets to the device");
        local::add_essentials(&mut input, "iifname");
        for protocol in plan.local.run_on(None) {
            local::add_received(&mut input, protocol, "", &plan.local.own);
        }
        // Before the policy's own rules: what keeps the device manageable is never cut.
        let manage = Section {
            name: "manage",
            label: "manage",
            guard: "",
            rules: &plan.local.manage,
        };
        self.section(&manage, &mut input);
        let inbound = Section {
            name: "input",
            label: "input",
            guard: "",
            rules: &host.inbound,
        };
        self.section(&inbound, &mut input);
        self.close(&mut input, "input");

        let mut output = base("output", "Packets of the device");
        local::add_essentials(&mut output, "oifname");
        for protocol in plan.local.run_on(None) {
            local::add_sent(&mut output, protocol);
        }
        let outbound = Section {
            name: "output",
            label: "output",
            guard: "",
            rules: &host.outbound,
        };
        self.section(&outbound, &mut output);
        self.close(&mut output, "output");
        self.ruleset.chains.extend([input, output]);
    }

    /// The names of a side's interfaces, all fit for a quoted string.
    fn interfaces(&mut self, side: &Side) -> Vec<String> {
        let mut names = Vec::new();
        for interface in &side.interfaces {
            match name::interface_fault(&interface.name, self.capability.interface_bytes) {
                None => names.push(interface.name.clone()),
                Some(why) => self.fault(format!("interface `{}` cannot be matched: {why}", interface.name)),
            }
        }
        names
    }

    /// An interface leads into one side: in two, the map would not know where to go.
    fn refuse_shared(&mut self, interfaces: &[Vec<String>]) {
        let mut all: Vec<&String> = interfaces.iter().flatten().collect();
        all.sort_unstable();
        for pair in all.windows(2) {
            if let [a, b] = pair
                && a == b
            {
                self.fault(format!("interface `{a}` is written twice"));
            }
        }
    }

    fn fault(&mut self, what: String) {
        self.faults.push(Inexpressible { rule: None, what });
    }

    /// A direction as logs and titles show it: `guest>clinical.pumps`.
    fn label(&self, from: &str, to: &str) -> String {
        let short = |zone: &str| quote::plain(zone, 30).replace([' ', '>'], "_");
        format!("{}>{}", short(from), short(to))
    }
}

fn base(hook: &'static str, title: &str) -> Chain {
    Chain {
        name: hook.to_owned(),
        title: title.to_owned(),
        hook: Some(hook),
        rules: Vec::new(),
    }
}

/// A test of the interface by which a packet comes in.
fn incoming<'i>(interfaces: impl IntoIterator<Item = &'i String>) -> String {
    let quoted: Vec<String> = interfaces.into_iter().map(|name| format!("\"{name}\"")).collect();
    format!("iifname {{ {} }} ", quoted.join(", "))
}

/// The rules with only those sources that live behind a side.
fn behind(rules: &[PlanRule], side: &Side) -> Vec<PlanRule> {
    rules
        .iter()
        .map(|rule| {
            let mut rule = rule.clone();
            rule.flow.source = rule.flow.source.intersection(&side.behind).into();
            rule
        })
        .filter(|rule| !rule.flow.is_empty())
        .collect()
}
