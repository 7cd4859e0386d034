//! `septum trace`

use std::io::Write as _;
use std::net::IpAddr;
use std::sync::Arc;

use super::answer::{Format, json};
use super::trace_report::shown;
use super::{CliError, Outcome, Situation, compile, lookup, report};
use crate::model::{Examples, Interface, Placement, Point, Policy, Rule};
use crate::network::Network;
use crate::packet::{AddressSet, FlowSet, Packet};
use crate::target;
use crate::trace::{Enforcer, Tracer};

/// Arguments of `trace`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Who opens the flow: a device, zone, group, address or any set
    #[arg(value_name = "SRC")]
    source: String,
    /// To whom; also a firewall or router, or an address of one
    #[arg(value_name = "DST")]
    destination: String,
    /// With what: a service, or `tcp 443`
    #[arg(value_name = "SERVICE")]
    service: String,
    #[command(flatten)]
    situation: Situation,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Follows one packet through the network.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let Some(mut workspace) = arguments.situation.load()? else {
        return Ok(Outcome::BadInput);
    };
    let named = device_of_ours(&workspace.policy, &arguments.destination);
    let destination = match named {
        Some(point) => own_set(&workspace.policy, point)?,
        None => arguments.destination.clone(),
    };
    let (source, service) = (&arguments.source, spelled(&arguments.service));
    let asked = match workspace.ask_one(&format!("allow {source} -> {destination} : {service}")) {
        Ok(asked) => asked,
        Err(found) => {
            report::diagnostics(&found, &workspace.sources);
            return Ok(Outcome::BadInput);
        }
    };
    let policy = &workspace.policy;
    let mode = lookup::mode(policy, arguments.situation.mode.as_deref())?;
    let today = arguments.situation.today();
    let network = Network::new(policy);
    let plans = compile::plans(&workspace, &network, today, mode);
    let mut findings = Vec::new();
    let built = compile::compile(&workspace, &plans, None, &mut findings)?;
    if !findings.is_empty() {
        report::diagnostics(&findings, &workspace.sources);
        report::status("note: the trace goes by the policy; `septum build` writes none of this");
    }
    let enforcers: Vec<Enforcer<'_>> = plans
        .iter()
        .filter_map(|plan| {
            let text = built.iter().find(|built| built.plan.device == plan.device);
            let text = text.map(|built| built.emitted.text.as_str());
            Some(Enforcer::new(plan, target::platform(&plan.platform)?, text))
        })
        .collect();
    let rules: Vec<_> = policy.active_rules_with_ids(today, mode).collect();
    let tracer = Tracer {
        policy,
        network: &network,
        enforcers: &enforcers,
        rules: &rules,
    };
    let packets = packets(policy, &asked);
    let arriving = packets.iter().find(|packet| tracer.arrives_there(packet));
    let Some(packet) = arriving.or(packets.first()) else {
        return Err(CliError::Other(
            "no packet fits: the two sides have no address of one family with this service".to_owned(),
        ));
    };
    let trace = tracer
        .trace(packet)
        .map_err(|error| CliError::Other(error.to_string()))?;
    let shown = shown(&workspace, &built, &trace);
    let text = match arguments.format {
        Format::Json => json(&shown)?,
        Format::Text => shown.text(),
    };
    if let [_, _, ..] = packets.as_slice() {
        let addresses: Vec<String> = own(policy)
            .filter(|(_, address)| asked.destination.addresses.contains(*address))
            .map(|(interface, address)| format!("{address} ({})", interface.name))
            .collect();
        report::status(&format!(
            "note: `{}` has the addresses {}; this is about {}",
            arguments.destination,
            addresses.join(", "),
            packet.destination
        ));
    }
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(match trace.arrives() {
        Some(true) => Outcome::Clean,
        Some(false) => Outcome::Findings,
        None => Outcome::BadInput,
    })
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

/// The firewall or router of a name that no zone or group has. A device of its name is its entry in the inventory.
fn device_of_ours<'p>(policy: &'p Policy, name: &str) -> Option<&'p Point> {
    let below = |zone: &str| zone.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    let known = policy
        .zones
        .iter()
        .any(|zone| zone.name == name || below(&zone.name))
        || policy.groups.iter().any(|group| group.name == name);
    policy.points.iter().find(|point| !known && point.name == name)
}

/// The addresses of a firewall or router, as a set of the language.
fn own_set(policy: &Policy, point: &Point) -> Result<String, CliError> {
    if let Placement::On(device) = &point.placement {
        let device = policy.devices.get(device.index());
        return Ok(device.map(|device| device.name.clone()).unwrap_or_default());
    }
    let interfaces = point.interfaces().iter();
    let addresses: Vec<String> = interfaces
        .flat_map(|interface| &interface.addresses)
        .map(|(address, _)| address.to_string())
        .collect();
    if addresses.is_empty() {
        if let Some(entry) = policy.devices.iter().find(|device| device.name == point.name) {
            return Ok(entry.name.clone());
        }
        return Err(CliError::Other(format!(
            "no address of `{}` is known: write them at its interfaces, as in `interface NAME = ZONE {{ address 10.20.0.1 }}`",
            point.name
        )));
    }
    Ok(addresses.join(" | "))
}

/// The addresses of firewalls and routers.
fn own(policy: &Policy) -> impl Iterator<Item = (&Interface, IpAddr)> {
    let interfaces = policy.points.iter().flat_map(Point::interfaces);
    interfaces.flat_map(|interface| {
        let addresses = interface.addresses.iter();
        addresses.map(move |(address, _)| (interface, *address))
    })
}

/// Packets that answer a question: one between hosts where both sides have some, else one for each address of a firewall
/// or router that is asked about.
fn packets(policy: &Policy, asked: &Rule) -> Vec<Packet> {
    let own_addresses = || own(policy).map(|(_, address)| address);
    let own = AddressSet::from_addresses(own_addresses());
    let examples = Examples::new(policy).without(&own);
    let hosts = |side: &Arc<AddressSet>, example: IpAddr| match side.difference(&own) {
        hosts if own.contains(example) && !hosts.is_empty() => Arc::new(hosts),
        _ => Arc::clone(side),
    };
    let between_hosts = |flow: &FlowSet| {
        let packet = examples.packet(flow)?;
        let flow = FlowSet {
            source: hosts(&flow.source, packet.source),
            destination: hosts(&flow.destination, packet.destination),
            service: Arc::clone(&flow.service),
        };
        examples.packet(&flow).or(Some(packet))
    };
    let flow = asked.flow();
    if !flow.destination.is_subset(&own) {
        return between_hosts(&flow).into_iter().collect();
    }
    let asked = own_addresses().filter(|address| flow.destination.contains(*address));
    let to = |address| FlowSet {
        destination: Arc::new(AddressSet::from_addresses([address])),
        ..flow.clone()
    };
    asked.filter_map(|address| between_hosts(&to(address))).collect()
}
