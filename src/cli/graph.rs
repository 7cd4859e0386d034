//! `septum graph`

use std::fmt::Write as _;
use std::io::Write as _;

use clap::ValueEnum;

use super::{CliError, Outcome, Repository, report, workspace};
use crate::model::{Placement, Point, Policy, Zone};

/// Arguments of `graph`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    repository: Repository,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Dot)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Graphviz
    Dot,
    /// Mermaid, as Git forges show it
    Mermaid,
    Json,
}

/// Prints the network as a graph.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let workspace = workspace::load(&arguments.repository.directory())?;
    report::diagnostics(&workspace.diagnostics, &workspace.sources);
    if workspace.broken() {
        return Ok(Outcome::BadInput);
    }
    let policy = &workspace.policy;
    let text = match arguments.format {
        Format::Dot => dot(policy),
        Format::Mermaid => mermaid(policy),
        Format::Json => json(policy),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}

fn platform(point: &Point) -> &str {
    point.platform.as_deref().unwrap_or("unmanaged")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// False for a zone that is only the name above others, which nothing leads into.
fn drawn(policy: &Policy, index: usize, zone: &Zone) -> bool {
    let leads_here = |point: &Point| {
        let mut interfaces = point.interfaces().iter();
        interfaces.any(|interface| interface.zone.index() == index)
    };
    zone.external || !zone.subnets.is_empty() || policy.points.iter().any(leads_here)
}

fn dot(policy: &Policy) -> String {
    let mut out = String::from("graph network {\n    node [fontname=\"sans-serif\"];\n");
    for (index, zone) in policy.zones.iter().enumerate() {
        if drawn(policy, index, zone) {
            let _ = writeln!(out, "    {} [shape=ellipse];", quoted(&zone.name));
        }
    }
    for point in &policy.points {
        let style = if point.platform.is_some() {
            "solid"
        } else {
            "dashed"
        };
        let label = quoted(&format!("{}\n{}", point.name, platform(point))).replace('\n', "\\n");
        let node = quoted(&format!("point {}", point.name));
        let _ = writeln!(out, "    {node} [shape=box, style={style}, label={label}];");
        for interface in point.interfaces() {
            let zone = quoted(policy.zone_name(interface.zone));
            let _ = writeln!(out, "    {node} -- {zone} [label={}];", quoted(&interface.name));
        }
        if let Some(device) = protected(policy, point) {
            let zone = quoted(policy.zone_name(device.zone));
            let _ = writeln!(
                out,
                "    {node} -- {zone} [style=dotted, label={}];",
                quoted(&device.name)
            );
        }
    }
    out.push_str("}\n");
    out
}

fn mermaid(policy: &Policy) -> String {
    let text = |text: &str| text.replace('"', "#quot;").replace(['\n', '`'], " ");
    let mut out = String::from("graph LR\n");
    for (index, zone) in policy.zones.iter().enumerate() {
        if drawn(policy, index, zone) {
            let _ = writeln!(out, "    z{index}([\"{}\"])", text(&zone.name));
        }
    }
    for (index, point) in policy.points.iter().enumerate() {
        let _ = writeln!(
            out,
            "    p{index}[\"{}<br>{}\"]",
            text(&point.name),
            text(platform(point))
        );
        for interface in point.interfaces() {
            let _ = writeln!(
                out,
                "    p{index} ---|\"{}\"| z{}",
                text(&interface.name),
                interface.zone.index()
            );
        }
        if let Some(device) = protected(policy, point) {
            let _ = writeln!(
                out,
                "    p{index} -.-|\"{}\"| z{}",
                text(&device.name),
                device.zone.index()
            );
        }
    }
    out
}

fn json(policy: &Policy) -> String {
    let zones: Vec<_> = policy
        .zones
        .iter()
        .map(|zone| {
            let subnets: Vec<String> = zone.subnets.iter().map(|(net, _)| net.to_string()).collect();
            serde_json::json!({ "name": zone.name, "external": zone.external, "stub": zone.stub, "trust": zone.trust, "subnets": subnets })
        })
        .collect();
    let points: Vec<_> = policy
        .points
        .iter()
        .map(|point| {
            let interfaces: Vec<_> = point
                .interfaces()
                .iter()
                .map(|i| serde_json::json!({ "name": i.name, "zone": policy.zone_name(i.zone) }))
                .collect();
            serde_json::json!({
                "name": point.name,
                "platform": point.platform,
                "interfaces": interfaces,
                "protects": protected(policy, point).map(|device| device.name.as_str()),
            })
        })
        .collect();
    format!("{:#}\n", serde_json::json!({ "zones": zones, "points": points }))
}

fn protected<'a>(policy: &'a Policy, point: &Point) -> Option<&'a crate::model::Device> {
    match point.placement {
        Placement::On(device) => policy.devices.get(device.index()),
        Placement::Between(_) => None,
    }
}
