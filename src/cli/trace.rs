//! `septum trace`

use std::fmt::Write as _;
use std::io::Write as _;

use clap::ValueEnum;
use serde::Serialize;

use super::compile::{self, Built};
use super::proof_report::emitted_line;
use super::workspace::Workspace;
use super::{CliError, Outcome, Situation, report};
use crate::model::{Describer, Examples, RuleId};
use crate::network::Network;
use crate::target;
use crate::trace::{Enforcer, Passage, Reply, Trace, TracedHop, Tracer};

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
    #[command(flatten)]
    situation: Situation,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A trace, ready to be shown.
#[derive(Debug, Serialize)]
struct Shown {
    packet: String,
    /// True where the packet arrives and its reply comes back.
    arrives: bool,
    permitted: bool,
    /// The rule of the policy that decides, none where no rule matches.
    rule: Option<Decider>,
    from: String,
    to: String,
    /// True where there is a way at all.
    connected: bool,
    hops: Vec<ShownHop>,
    /// Managed devices on other ways between the two zones.
    elsewhere: Vec<String>,
    #[serde(skip)]
    unfiltered: bool,
}

#[derive(Debug, Serialize)]
struct Decider {
    id: String,
    location: String,
    text: String,
}

#[derive(Debug, Serialize)]
struct ShownHop {
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
    let Some(mut workspace) = arguments.situation.load()? else {
        return Ok(Outcome::BadInput);
    };
    let question = format!(
        "allow {} -> {} : {}",
        arguments.source,
        arguments.destination,
        spelled(&arguments.service)
    );
    let asked = match workspace.ask_one(&question) {
        Ok(asked) => asked,
        Err(found) => {
            report::diagnostics(&found, &workspace.sources);
            return Ok(Outcome::BadInput);
        }
    };
    let policy = &workspace.policy;
    let mode = super::build::find_mode(policy, arguments.situation.mode.as_deref())?;
    let today = arguments.situation.today();
    let Some(packet) = Examples::new(policy).packet(&asked.flow()) else {
        return Err(CliError::Other(
            "no packet fits: the two sides have no address of one family with this service".to_owned(),
        ));
    };
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
            Some(Enforcer {
                plan,
                platform: target::platform(&plan.platform)?,
                text: text.map(|built| built.emitted.text.as_str()),
            })
        })
        .collect();
    let rules: Vec<_> = policy
        .rules
        .iter()
        .enumerate()
        .filter(|(_, rule)| !rule.expired(today) && (rule.mode.is_none() || rule.mode == mode))
        .map(|(index, rule)| (RuleId::from_index(index), rule))
        .collect();
    let trace = Tracer {
        policy,
        network: &network,
        enforcers: &enforcers,
        rules: &rules,
    }
    .trace(&packet)
    .map_err(|error| CliError::Other(error.to_string()))?;
    let shown = shown(&workspace, &built, &trace);
    let text = match arguments.format {
        Format::Json => format!("{}\n", serde_json::to_string_pretty(&shown).unwrap_or_default()),
        Format::Text => text(&shown),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(if shown.arrives {
        Outcome::Clean
    } else {
        Outcome::Findings
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

fn shown(workspace: &Workspace, built: &[Built<'_>], trace: &Trace) -> Shown {
    let policy = &workspace.policy;
    let rule = trace.rule.and_then(|id| policy.rules.get(id.index()));
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    Shown {
        packet: Describer::new(policy).packet(policy, &trace.packet),
        arrives: trace.arrives(),
        permitted: trace.permitted,
        rule: rule.map(|rule| Decider {
            id: rule.id.clone(),
            location: workspace.sources.line_of(rule.span),
            text: words(workspace.sources.text(rule.span)),
        }),
        from: policy.zone_name(trace.from).to_owned(),
        to: policy.zone_name(trace.to).to_owned(),
        connected: trace.connected,
        hops: trace.hops.iter().map(|hop| shown_hop(built, hop)).collect(),
        elsewhere: trace.elsewhere.clone(),
        unfiltered: trace.unfiltered(),
    }
}

fn shown_hop(built: &[Built<'_>], hop: &TracedHop) -> ShownHop {
    let built = built.iter().find(|built| built.plan.device == hop.device);
    let line = |line: Option<usize>| {
        let built = built?;
        let text = emitted_line(&built.emitted.text, line?)?;
        Some(format!("{}:{text}", built.file()))
    };
    ShownHop {
        device: hop.device.clone(),
        platform: hop.platform.unwrap_or("unmanaged").to_owned(),
        by: match &hop.passage {
            Passage::Through(from, to) => format!("{from} -> {to}"),
            Passage::Into => "input".to_owned(),
            Passage::OutOf => "output".to_owned(),
        },
        permitted: hop.permitted,
        rule: hop.origin.as_ref().map(|origin| origin.id.clone()),
        location: hop.origin.as_ref().map(|origin| origin.location.clone()),
        line: line(hop.line),
        reply: match &hop.reply {
            Reply::ByState => "by state".to_owned(),
            Reply::NotFiltered => "not filtered".to_owned(),
            Reply::ByHeader { line: at, .. } => match line(*at) {
                Some(line) => format!("by header, {line}"),
                None => "by header".to_owned(),
            },
        },
        reply_permitted: hop.reply.permitted(),
    }
}

fn text(trace: &Shown) -> String {
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
        let verdict = match (hop.platform.as_str(), hop.permitted) {
            ("unmanaged", _) => "forwards everything",
            (_, true) => "permits",
            (_, false) => "denies",
        };
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
        // There is no reply to a packet that goes no further.
        if hop.permitted && hop.platform != "unmanaged" {
            let reply = if hop.reply_permitted { "permits" } else { "denies" };
            let _ = writeln!(out, "  |    reply   {reply}, {}", hop.reply);
        }
    }
    let _ = writeln!(out, "  {}", trace.to);
    if let Some(hop) = trace.hops.iter().find(|hop| !hop.permitted) {
        let _ = writeln!(out, "\nthe packet goes no further than {}", hop.device);
    } else if let Some(hop) = trace.hops.iter().find(|hop| !hop.reply_permitted) {
        let _ = writeln!(out, "\nthe reply goes no further than {}", hop.device);
    }
    if trace.hops.is_empty() && trace.from == trace.to {
        let _ = writeln!(
            out,
            "\nthe packet stays inside its zone, where no device filters it"
        );
    } else if trace.unfiltered {
        let _ = writeln!(
            out,
            "\nit arrives all the same: no managed device stands on this way"
        );
    }
    if !trace.elsewhere.is_empty() {
        let others = trace.elsewhere.join(", ");
        let _ = writeln!(out, "\nother ways cross {others}, with the same rules");
    }
    out
}
