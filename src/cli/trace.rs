//! `septum trace`

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

use clap::ValueEnum;
use serde::Serialize;

use super::compile::{self, Built};
use super::proof_report::emitted_line;
use super::workspace::Workspace;
use super::{CliError, Outcome, report, workspace};
use crate::model::{Describer, Placement, Point, PointId, Policy, Rule, ZoneId};
use crate::network::{Hop, Network};
use crate::packet::{Budget, FlowSet, Packet, PacketSet, protocol};
use crate::plan::{self, PlanRule, Role, decide};
use crate::syntax::tree::Action;
use crate::target::readback::{Hook, ReadBack};

/// Arguments of `trace`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Who opens the flow: a device, zone, group, address or any set
    #[arg(value_name = "SRC")]
    source: String,
    /// To whom
    #[arg(value_name = "DST")]
    destination: String,
    /// With what: a service, or `tcp 443`
    #[arg(value_name = "SERVICE")]
    service: String,
    /// Policy repository [default: .]
    #[arg(short, long = "policy", value_name = "DIR")]
    policy: Option<PathBuf>,
    /// In an emergency mode
    #[arg(long, value_name = "MODE")]
    mode: Option<String>,
    /// The day to look at, YYYY-MM-DD [default: today]
    #[arg(long, value_name = "DATE")]
    as_of: Option<jiff::civil::Date>,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// What happens to one packet.
#[derive(Debug, Serialize)]
struct Trace {
    packet: String,
    permitted: bool,
    /// The rule of the policy that decides, none where no rule matches.
    rule: Option<Decider>,
    from: String,
    to: String,
    /// True where there is a way at all.
    connected: bool,
    hops: Vec<TracedHop>,
    /// Managed devices on other ways between the two zones.
    elsewhere: Vec<String>,
}

/// A rule of the policy.
#[derive(Debug, Serialize)]
struct Decider {
    id: String,
    location: String,
    text: String,
}

/// What one device does with the packet and its reply.
#[derive(Debug, Serialize)]
struct TracedHop {
    device: String,
    platform: String,
    by: String,
    permitted: bool,
    rule: Option<String>,
    location: Option<String>,
    line: Option<String>,
    reply: String,
    reply_permitted: bool,
}

/// Follows one packet through the network.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let directory = arguments.policy.clone().unwrap_or_else(|| PathBuf::from("."));
    let mut workspace = workspace::load(&directory)?;
    if workspace.broken() {
        report::diagnostics(&workspace.diagnostics, &workspace.sources);
        return Ok(Outcome::BadInput);
    }
    let question = format!(
        "allow {} -> {} : {}",
        arguments.source,
        arguments.destination,
        spelled(&arguments.service)
    );
    let asked = match workspace.ask("<command line>", &question) {
        Ok(rules) => rules,
        Err(found) => {
            report::diagnostics(&found, &workspace.sources);
            return Ok(Outcome::BadInput);
        }
    };
    let mode = super::build::find_mode(&workspace.policy, arguments.mode.as_deref())?;
    let today = arguments.as_of.unwrap_or_else(|| jiff::Zoned::now().date());
    let describer = Describer::new(&workspace.policy);
    let Some(packet) = asked
        .first()
        .and_then(|rule| example(&workspace.policy, rule, &describer))
    else {
        return Err(CliError::Other(
            "no packet fits: the two sides have no address of one family".to_owned(),
        ));
    };
    let network = Network::new(&workspace.policy);
    let plans = compile::plans(&workspace, &network, today, mode);
    let mut findings = Vec::new();
    let built = compile::compile(&workspace, plans, None, &mut findings)?;
    let rules: Vec<&Rule> = workspace.policy.active_rules(today, mode).collect();
    let trace = Tracer {
        workspace: &workspace,
        network: &network,
        built: &built,
        describer: &describer,
    }
    .trace(&packet, &rules)
    .ok_or_else(|| CliError::Other(format!("no zone owns one of the addresses of {packet}")))?;
    let mut out = std::io::stdout().lock();
    match arguments.format {
        Format::Json => writeln!(
            out,
            "{}",
            serde_json::to_string_pretty(&trace).unwrap_or_default()
        )?,
        Format::Text => write!(out, "{}", text(&trace))?,
    }
    let passes = trace.permitted
        && trace.connected
        && trace.hops.iter().all(|hop| hop.permitted && hop.reply_permitted);
    Ok(if passes { Outcome::Clean } else { Outcome::Findings })
}

/// `tcp/443` and `tcp:443` mean `tcp 443`.
fn spelled(service: &str) -> String {
    ["tcp", "udp", "sctp"]
        .iter()
        .find_map(|word| {
            let port = service.strip_prefix(word)?.strip_prefix(['/', ':'])?;
            Some(format!("{word} {port}"))
        })
        .unwrap_or_else(|| service.to_owned())
}

/// A believable packet of what was asked about, of devices of the policy where there are any.
fn example(policy: &Policy, asked: &Rule, describer: &Describer) -> Option<Packet> {
    let flow = asked.flow();
    let of_devices = |set: &crate::packet::AddressSet| {
        let devices = policy.devices.iter().map(|device| &*device.set);
        Arc::new(crate::packet::AddressSet::union_of(devices).intersection(set))
    };
    let (source, destination) = (of_devices(&flow.source), of_devices(&flow.destination));
    let narrowed = [
        FlowSet {
            source: Arc::clone(&source),
            destination: Arc::clone(&destination),
            service: Arc::clone(&flow.service),
        },
        FlowSet {
            source,
            ..flow.clone()
        },
        FlowSet {
            destination,
            ..flow.clone()
        },
        flow,
    ];
    narrowed.iter().filter(|flow| !flow.is_empty()).find_map(|flow| {
        PacketSet::from_flow(flow, Budget::default())
            .ok()?
            .witness(describer.hints())
    })
}

struct Tracer<'a> {
    workspace: &'a Workspace,
    network: &'a Network,
    built: &'a [Built],
    describer: &'a Describer,
}

impl Tracer<'_> {
    fn trace(&self, packet: &Packet, rules: &[&Rule]) -> Option<Trace> {
        let policy = &self.workspace.policy;
        let (from, to) = (
            policy.zone_map.zone_of(packet.source)?,
            policy.zone_map.zone_of(packet.destination)?,
        );
        let matching = |action: Action| {
            rules
                .iter()
                .find(|rule| rule.action == action && rule.flow().contains(packet))
        };
        let denied = matching(Action::Deny);
        let decider = denied.or_else(|| matching(Action::Allow));
        let way = if from == to {
            Some(Vec::new())
        } else {
            self.network.shortest_way(policy, from, to)
        };
        let mut hops = Vec::new();
        hops.extend(self.host(packet, packet.source, false));
        for hop in way.iter().flatten() {
            hops.extend(self.hop(packet, hop));
        }
        hops.extend(self.host(packet, packet.destination, true));
        let on_way: Vec<&str> = hops.iter().map(|hop| hop.device.as_str()).collect();
        let elsewhere = self
            .crossing(from, to)
            .into_iter()
            .filter(|name| !on_way.contains(&name.as_str()))
            .collect();
        Some(Trace {
            packet: self.describer.packet(policy, packet),
            permitted: denied.is_none() && decider.is_some(),
            rule: decider.map(|rule| Decider {
                id: rule.id.clone(),
                location: self.workspace.sources.line_of(rule.span),
                text: self
                    .workspace
                    .sources
                    .text(rule.span)
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" "),
            }),
            from: policy.zone_name(from).to_owned(),
            to: policy.zone_name(to).to_owned(),
            connected: way.is_some(),
            hops,
            elsewhere,
        })
    }

    /// Managed devices that some way between two zones crosses.
    fn crossing(&self, from: ZoneId, to: ZoneId) -> Vec<String> {
        let policy = &self.workspace.policy;
        let crosses = |index: usize| {
            let placement = crate::network::Placement::new(self.network, policy, PointId::from_index(index))?;
            let sides = 0..placement.sides.len();
            let pairs = sides.clone().flat_map(|i| sides.clone().map(move |j| (i, j)));
            let used = pairs.into_iter().any(|(i, j)| {
                placement
                    .crossing(i, j)
                    .is_some_and(|mut crossing| !crossing.products(&[from], &[to]).is_empty())
            });
            used.then_some(())
        };
        let points = policy
            .points
            .iter()
            .enumerate()
            .filter(|(_, point)| point.platform.is_some());
        points
            .filter(|(index, _)| crosses(*index).is_some())
            .map(|(_, point)| point.name.clone())
            .collect()
    }

    fn hop(&self, packet: &Packet, hop: &Hop) -> Option<TracedHop> {
        let policy = &self.workspace.policy;
        let point = policy.points.get(hop.point.index())?;
        let Some(built) = self.built.iter().find(|built| built.plan.device == point.name) else {
            return Some(unmanaged(policy, point, hop));
        };
        let Role::Router(forwarding) = &built.plan.role else {
            return None;
        };
        let side = |zone: ZoneId| {
            forwarding
                .sides
                .iter()
                .position(|side| side.zone == policy.zone_name(zone))
        };
        let (from, to) = (side(hop.from)?, side(hop.to)?);
        let interface = |side: usize| {
            forwarding
                .sides
                .get(side)
                .and_then(|s| s.interfaces.first())
                .map(|i| i.name.clone())
        };
        let (entered, left) = (interface(from)?, interface(to)?);
        let pair = |from: usize, to: usize| {
            forwarding
                .pairs
                .iter()
                .find(|pair| (pair.from, pair.to) == (from, to))
        };
        let rules = pair(from, to).map_or(&[][..], |pair| &pair.rules);
        let read = built.platform.read(&built.emitted.text);
        let stateless = built.platform.stateless();
        let hook = if stateless {
            Hook::Inbound {
                interface: Some(entered.clone()),
                established: false,
            }
        } else {
            Hook::Forward {
                from: Some(entered.clone()),
                to: Some(left.clone()),
            }
        };
        let mut traced = self.decided(built, rules, packet, &read, &hook, format!("{entered} -> {left}"));
        if stateless {
            let back = reply_packet(packet);
            let replies = pair(to, from).map_or(&[][..], |pair| &pair.replies);
            let hook = Hook::Inbound {
                interface: Some(left.clone()),
                established: packet.protocol == protocol::TCP,
            };
            traced.reply_permitted = back.is_none_or(|back| decide(replies, &back) == Action::Allow);
            let line = back
                .and_then(|back| line_of(&read, &hook, &back))
                .and_then(|n| emitted_line(&built.emitted.text, n));
            traced.reply = match line {
                Some(line) => format!("by header, {}:{line}", built.file()),
                None => "by header".to_owned(),
            };
        }
        Some(traced)
    }

    /// The host firewall of a device, where it has one.
    fn host(&self, packet: &Packet, address: std::net::IpAddr, inbound: bool) -> Option<TracedHop> {
        let policy = &self.workspace.policy;
        let protected = |point: &&Point| match point.placement {
            Placement::On(device) => policy
                .devices
                .get(device.index())
                .is_some_and(|d| d.set.contains(address)),
            Placement::Between(_) => false,
        };
        let point = policy.points.iter().find(protected)?;
        let built = self.built.iter().find(|built| built.plan.device == point.name)?;
        let Role::Host(host) = &built.plan.role else {
            return None;
        };
        let (rules, hook, by) = if inbound {
            (&host.inbound, Hook::Input { interface: None }, "input")
        } else {
            (&host.outbound, Hook::Output { interface: None }, "output")
        };
        let read = built.platform.read(&built.emitted.text);
        Some(self.decided(built, rules, packet, &read, &hook, by.to_owned()))
    }

    fn decided(
        &self,
        built: &Built,
        rules: &[PlanRule],
        packet: &Packet,
        read: &ReadBack,
        hook: &Hook,
        by: String,
    ) -> TracedHop {
        let rule = rules.iter().find(|rule| rule.flow.contains(packet));
        let line = line_of(read, hook, packet).and_then(|line| emitted_line(&built.emitted.text, line));
        TracedHop {
            device: built.plan.device.clone(),
            platform: built.plan.platform.clone(),
            by,
            permitted: rule.is_some_and(|rule| rule.action == Action::Allow),
            rule: rule.map(|rule| rule.origin.id.clone()),
            location: rule.map(|rule| rule.origin.location.clone()),
            line: line.map(|line| format!("{}:{line}", built.file())),
            reply: "by state".to_owned(),
            reply_permitted: true,
        }
    }
}

fn unmanaged(policy: &Policy, point: &Point, hop: &Hop) -> TracedHop {
    TracedHop {
        device: point.name.clone(),
        platform: "unmanaged".to_owned(),
        by: format!("{} -> {}", policy.zone_name(hop.from), policy.zone_name(hop.to)),
        permitted: true,
        rule: None,
        location: None,
        line: None,
        reply: "not filtered".to_owned(),
        reply_permitted: true,
    }
}

fn line_of(read: &ReadBack, hook: &Hook, packet: &Packet) -> Option<usize> {
    let filter = read.filters.iter().find(|filter| filter.hook == *hook)?;
    filter
        .rules
        .iter()
        .find(|rule| rule.rule.flow.contains(packet))
        .map(|rule| rule.line)
}

/// The packet that answers another; none where nothing does.
fn reply_packet(packet: &Packet) -> Option<Packet> {
    let one = |address| Arc::new(crate::packet::AddressSet::from_addresses([address]));
    let number = |n: u16| crate::packet::IntervalSet::single(n);
    let mut service = crate::packet::ServiceSet::empty();
    let region = crate::packet::Region::product(number(packet.first), number(packet.second));
    match packet.protocol {
        protocol::TCP => service.tcp = region,
        protocol::UDP => service.udp = region,
        protocol::SCTP => service.sctp = region,
        protocol::ICMP if packet.source.is_ipv4() => service.icmp = region,
        protocol::ICMPV6 if packet.source.is_ipv6() => service.icmpv6 = region,
        other => service.other = crate::packet::IntervalSet::single(other),
    }
    let flow = FlowSet {
        source: one(packet.source),
        destination: one(packet.destination),
        service: Arc::new(service),
    };
    let back = plan::reply(&flow);
    PacketSet::from_flow(&back, Budget::default())
        .ok()?
        .witness(&crate::packet::Hints::default())
}

fn text(trace: &Trace) -> String {
    let mut out = format!("{}\n", trace.packet);
    let _ = match (&trace.rule, trace.permitted) {
        (Some(rule), true) => writeln!(out, "permitted by {}: {}", rule.location, rule.text),
        (Some(rule), false) => writeln!(out, "denied by {}: {}", rule.location, rule.text),
        (None, _) => writeln!(out, "denied: no rule permits it"),
    };
    let _ = writeln!(out, "\n  {}", trace.from);
    if !trace.connected {
        let _ = writeln!(out, "  no way leads to {}", trace.to);
        return out;
    }
    for hop in &trace.hops {
        let verdict = if hop.permitted { "permits" } else { "denies" };
        let _ = writeln!(
            out,
            "  |  {} ({}) {verdict}, {}",
            hop.device, hop.platform, hop.by
        );
        if let (Some(rule), Some(location)) = (&hop.rule, &hop.location) {
            let _ = writeln!(out, "  |    policy  {location} ({rule})");
        }
        if let Some(line) = &hop.line {
            let _ = writeln!(out, "  |    config  {line}");
        }
        let reply = if hop.reply_permitted { "permits" } else { "denies" };
        let _ = writeln!(out, "  |    reply   {reply}, {}", hop.reply);
    }
    let _ = writeln!(out, "  {}", trace.to);
    if trace.hops.is_empty() && trace.from == trace.to {
        let _ = writeln!(
            out,
            "\nthe packet stays inside its zone, where no device filters it"
        );
    }
    if !trace.elsewhere.is_empty() {
        let _ = writeln!(
            out,
            "\nother ways cross {}, with the same rules",
            trace.elsewhere.join(", ")
        );
    }
    out
}
