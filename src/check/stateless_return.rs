//! A router without state tells replies from new connections by their header alone.
//!
//! # Why it matters
//! For every permitted flow the way back must be open all the time. Of TCP only packets with ACK or RST pass, so
//! nobody can open a connection, though somebody can scan. Of UDP whoever sends from the server's port passes: to
//! any port of the client.
//!
//! # Example
//! `allow wards -> dns-1 : dns` on a Cisco IOS router also lets `udp dns-1:53 -> wards:*` through.
//!
//! # Fix
//! Put a firewall with state on the path, or accept what is open and waive the finding.
//!
//! # Supports
//! NIST SP 800-41 section 2.1.2; IEC 62443-3-3 SR 5.2.

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::model::Point;
use crate::packet::{FlowSet, Narrowing, ServiceSet};
use crate::plan::{self, DevicePlan, Role};

/// The check.
pub const CHECK: Check = Check {
    name: "stateless-return",
    severity: Severity::Warning,
    enabled: true,
    summary: "a router without state lets replies in by header alone",
    explain: include_str!("stateless_return.rs"),
    options: &[],
    run,
};

fn run(context: &Context<'_>) -> Vec<Finding> {
    let stateless = |point: &&Point| context.is_stateless(point) && !point.interfaces().is_empty();
    let points: Vec<&Point> = context.policy.points.iter().filter(stateless).collect();
    if points.is_empty() {
        return Vec::new();
    }
    let options = plan::Options {
        today: context.today,
        mode: None,
        stateless: context.stateless,
        cited: plan::Cited::default(),
    };
    let plans = plan::plans_of(
        context.policy,
        context.network,
        context.sources,
        options,
        |point| stateless(&point),
    );
    points
        .into_iter()
        .filter_map(|point| {
            of_point(
                context,
                point,
                plans.iter().find(|plan| plan.device == point.name)?,
            )
        })
        .collect()
}

fn of_point(context: &Context<'_>, point: &Point, plan: &DevicePlan) -> Option<Finding> {
    let Role::Router(forwarding) = &plan.role else {
        return None;
    };
    // What is not TCP has no flag that tells a reply.
    let mut others = Narrowing::to(ServiceSet::without_tcp);
    let replies = forwarding.pairs.iter().flat_map(|pair| &pair.replies);
    let open: Vec<FlowSet> = replies
        .filter_map(|reply| others.flow(&reply.flow))
        .filter(|flow| !flow.is_empty())
        .collect();
    if open.is_empty() {
        return None;
    }
    let message = format!(
        "`{}` keeps no state: what looks like a reply passes at any time",
        point.name
    );
    let mut diagnostic = Diagnostic::warning(CHECK.name, point.span, message);
    if let Some(packet) = context.packet_of(&open) {
        diagnostic = diagnostic.note("example", packet.to_string());
    }
    let open = match open.len() {
        1 => "one kind of reply that is not TCP".to_owned(),
        count => format!("{count} kinds of replies that are not TCP"),
    };
    diagnostic = diagnostic.note("open", open);
    let help = "put a firewall with state on the path, or accept it with a waiver";
    Some(Finding::new(diagnostic.help(help), [point.name.as_str()]))
}
