//! Clients may talk to a DHCP server in another zone, and the router at their zone drops what they broadcast.
//!
//! # Why it matters
//! A client without an address sends to 255.255.255.255, or in IPv6 to a multicast group. A relay at the router takes
//! that to the server. Access lists and nftables filter what the router itself receives: without `run dhcp-relay`
//! the broadcast is dropped. Devices renew their address for as long as they run, and get none after they restart.
//!
//! # Example
//! ```text
//! allow pumps -> dhcp-1 : dhcp
//! router wing-a { target cisco-ios; manage from it : ssh; interface Vlan20 = pumps; interface Vlan90 = infra }
//! ```
//!
//! # Fix
//! Say `run dhcp-relay` in the router, or `run dhcp-server` where it is the server itself. Where a relay beside it serves
//! the zone, waive the finding.
//!
//! A relay asks the server from an address of its own, and is answered at its address beside the clients. Where the two
//! differ, as with relays on Linux, firewalls in between need both rules: `allow 10.255.0.4 -> dhcp-1 : dhcp`, of the
//! address towards the server, and `allow dhcp-1 -> pumps : dhcp`.
//!
//! # Supports
//! Availability of care; IEC 80001-1.

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::{Point, Rule, Run, RunProtocol, ZoneId};
use crate::packet::{IntervalSet, ServiceSet};

/// The check.
pub const CHECK: Check = Check {
    name: "dhcp-unrelayed",
    severity: Severity::Warning,
    enabled: true,
    summary: "clients may reach a DHCP server elsewhere, and the router at their zone drops what they broadcast",
    explain: include_str!("dhcp_unrelayed.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let servers = ServiceSet::udp(
        IntervalSet::full(),
        IntervalSet::from_ranges([(67, 67), (547, 547)]),
    );
    let all_udp = ServiceSet::udp(IntervalSet::full(), IntervalSet::full());
    // A rule for every port was not written for DHCP.
    let about_dhcp = |rule: &&Rule| {
        let set = &rule.service.set;
        !set.intersection(&servers).is_empty() && !all_udp.difference(set).is_empty()
    };
    let rules = context.allows().filter(about_dhcp);
    rules
        .flat_map(|rule| {
            let served = context.zones_of(&rule.destination);
            let clients = context.zones_of(&rule.source).into_iter();
            let apart = clients.filter(move |zone| !served.contains(zone));
            apart.filter_map(|zone| unrelayed(context, rule, zone))
        })
        .collect()
}

/// A zone whose routers all drop broadcasts of clients.
fn unrelayed(context: &Context<'_>, rule: &Rule, zone: ZoneId) -> Option<Finding> {
    let attached: Vec<&Point> = context.policy.points_in(zone).map(|(_, point)| point).collect();
    let drops = |point: &&Point| {
        let takes = [RunProtocol::DhcpRelay, RunProtocol::DhcpServer];
        let relays = |run: &Run| takes.contains(&run.protocol) && run.is_on(zone);
        context.filters_itself(point) && !point.run.iter().any(relays)
    };
    let first = attached.first().filter(|_| attached.iter().all(drops))?;
    let name = context.policy.zone_name(zone);
    let message = format!(
        "`{}` drops what DHCP clients in `{name}` broadcast, though they may reach `{}`",
        first.name, rule.destination.text
    );
    let diagnostic = Diagnostic::warning(CHECK.name, rule.service.span, message)
        .with(first.span, "filters what it receives")
        .help(format!("say `run dhcp-relay` in `{}`", first.name));
    Some(Finding::of_rule(diagnostic, rule).about([name, first.name.as_str()]))
}
