//! `septum reach`

use std::io::Write as _;

use clap::ValueEnum;
use rayon::prelude::*;
use serde::Serialize;

use super::answer::json;
use super::workspace::Workspace;
use super::{CliError, Outcome, Situation, lookup, matrix, report, table};
use crate::diagnostic::Diagnostic;
use crate::model::{Describer, DeviceId, Examples, ModeId, Rule};
use crate::network::Network;
use crate::packet::{Budget, Packet, ServiceSet, protocol};
use crate::reach::{Conduits, Hosts, Passage, Reached, Step, Stream, Transitive, View};

/// Arguments of `reach`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Who opens flows: a zone, device, group, label, address or any set of them
    #[arg(value_name = "FROM")]
    from: String,
    /// To whom [default: everybody]
    #[arg(value_name = "TO")]
    to: Option<String>,
    /// Through any chain of hosts, each of which may be used to go on
    #[arg(long)]
    transitive: bool,
    #[command(flatten)]
    situation: Situation,
    /// Output format
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    /// Zones against zones
    Matrix,
    Json,
}

/// An answer, ready to be shown.
#[derive(Debug, Serialize)]
struct Answer {
    from: String,
    to: String,
    mode: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    direct: Option<Vec<Pair>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transitive: Option<Vec<Far>>,
}

/// What passes from one zone to another.
#[derive(Debug, Serialize)]
struct Pair {
    from: String,
    to: String,
    flows: Vec<Flow>,
}

#[derive(Debug, Serialize)]
struct Flow {
    from: String,
    to: String,
    services: String,
    /// False where no rule decides: nothing filters there, or a host firewall's own statements do.
    by_rule: bool,
    by: Vec<String>,
    /// What denies take away of it, where that is too much to list what is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    less: Option<Taken>,
    example: String,
}

/// Denies.
#[derive(Debug, Serialize)]
struct Taken {
    count: usize,
    /// The first of them.
    by: Vec<String>,
}

/// A zone that chains from another reach.
#[derive(Debug, Serialize)]
struct Far {
    from: String,
    to: String,
    /// The fewest steps.
    steps: usize,
    #[serde(skip)]
    reached: usize,
    /// Their names, where these are shown.
    devices: Vec<String>,
    /// The steps, where these are shown.
    chain: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct Link {
    from: String,
    to: String,
    #[serde(skip)]
    service: String,
    packet: String,
    by: String,
}

/// Answers who reaches whom.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let Some(mut workspace) = arguments.situation.load()? else {
        return Ok(Outcome::BadInput);
    };
    let asked = match question(&mut workspace, &arguments.from, arguments.to.as_deref()) {
        Ok(asked) => asked,
        Err(found) => {
            report::diagnostics(&found, &workspace.sources);
            return Ok(Outcome::BadInput);
        }
    };
    let mode = lookup::mode(&workspace.policy, arguments.situation.mode.as_deref())?;
    let today = arguments.situation.today();
    let question = Question {
        workspace: &workspace,
        network: Network::new(&workspace.policy),
        asked: &asked,
        today,
        mode,
    };
    let (direct, transitive) = if arguments.transitive {
        (None, Some(question.transitive(arguments.format)))
    } else {
        (Some(question.direct(arguments.format)?), None)
    };
    let answer = Answer {
        from: asked.source.text.to_string(),
        to: asked.destination.text.to_string(),
        mode: arguments.situation.mode.clone(),
        direct,
        transitive,
    };
    let text = match arguments.format {
        Format::Json => json(&answer)?,
        Format::Table => answer.table(),
        Format::Matrix => answer.matrix(&workspace),
    };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(Outcome::Clean)
}

/// The two sides as a rule of the policy's language.
fn question(workspace: &mut Workspace, from: &str, to: Option<&str>) -> Result<Rule, Vec<Diagnostic>> {
    let asked = workspace.ask_one(&format!("allow {from} -> {}", to.unwrap_or("any")))?;
    if asked.service.span != asked.span {
        return Err(vec![
            Diagnostic::error("syntax", asked.service.span, "a service does not belong here")
                .help("`reach` is about every service; `septum trace` takes one"),
        ]);
    }
    Ok(asked)
}

struct Question<'a> {
    workspace: &'a Workspace,
    network: Network,
    asked: &'a Rule,
    today: jiff::civil::Date,
    mode: Option<ModeId>,
}

impl Question<'_> {
    fn direct(&self, format: Format) -> Result<Vec<Pair>, CliError> {
        let policy = &self.workspace.policy;
        let conduits = Conduits::new(policy, &self.network, self.today, self.mode)
            .between(
                &self.asked.source.addresses,
                &self.asked.destination.addresses,
                Budget::default(),
            )
            .map_err(|error| CliError::Other(error.to_string()))?;
        let (describer, examples) = (Describer::new(policy), Examples::new(policy));
        let describer = match format {
            Format::Json => describer.in_full(),
            Format::Table | Format::Matrix => describer,
        };
        let pairs = conduits.iter().map(|conduit| {
            let (from, to) = (policy.zone_name(conduit.from), policy.zone_name(conduit.to));
            let zones = policy.zone(conduit.from).zip(policy.zone(conduit.to));
            let flows = conduit.streams.iter().filter_map(|stream| {
                let example = match &stream.less {
                    Some(less) => less.example,
                    None => examples.packet(&stream.flow)?,
                };
                let (from, to) = describer.between(zones?, &stream.flow);
                Some(Flow {
                    from,
                    to,
                    services: self.services(&describer, stream, format),
                    by_rule: stream.by.iter().all(|by| matches!(by, Passage::Rule(_))),
                    by: stream.by.iter().map(|by| self.passage(*by)).collect(),
                    less: stream.less.as_ref().map(|less| Taken {
                        count: less.count,
                        by: less
                            .denies
                            .iter()
                            .map(|id| self.passage(Passage::Rule(*id)))
                            .collect(),
                    }),
                    example: describer.packet(policy, &example),
                })
            });
            Pair {
                flows: flows.collect(),
                from: from.to_owned(),
                to: to.to_owned(),
            }
        });
        Ok(pairs.collect())
    }

    fn transitive(&self, format: Format) -> Vec<Far> {
        let policy = &self.workspace.policy;
        let (from, to) = (&self.asked.source.addresses, &self.asked.destination.addresses);
        let hosts = Hosts::told_apart_by(policy, &[from.clone(), to.clone()]);
        let view = View::new(policy, &self.network, &hosts, self.today, self.mode);
        let chains = Transitive::new(&view, from, to);
        let far = |zone| {
            let reached = chains.from_zone(zone);
            reached
                .iter()
                .map(|one| self.far(&view, one, format))
                .collect::<Vec<Far>>()
        };
        chains.starts().into_par_iter().flat_map_iter(far).collect()
    }

    /// What a format shows of a zone that is reached: there may be very many.
    fn far(&self, view: &View<'_>, reached: &Reached, format: Format) -> Far {
        let policy = &self.workspace.policy;
        let mut devices: Vec<DeviceId> = view.hosts.devices_of(reached.classes.iter().copied()).collect();
        let count = devices.len();
        let names = match format {
            Format::Json => {
                devices.sort_unstable();
                let devices = devices.iter().filter_map(|id| policy.devices.get(id.index()));
                devices.map(|device| device.name.clone()).collect()
            }
            Format::Table | Format::Matrix => Vec::new(),
        };
        let steps = match format {
            Format::Json | Format::Table => view.example_chain(&reached.chain, &ServiceSet::full()),
            Format::Matrix => None,
        };
        let steps = steps.unwrap_or_default();
        Far {
            from: policy.zone_name(reached.from).to_owned(),
            to: policy.zone_name(reached.to).to_owned(),
            steps: reached.chain.steps.len(),
            reached: count,
            devices: names,
            chain: steps.iter().map(|step| self.link(view, step)).collect(),
        }
    }

    fn link(&self, view: &View<'_>, step: &Step) -> Link {
        Link {
            from: view.host_name(step.from),
            to: view.host_name(step.to),
            service: port(&step.packet),
            packet: step.packet.to_string(),
            by: self.passage(step.by),
        }
    }

    /// In the words of the rule where they say exactly what passes.
    fn services(&self, describer: &Describer, stream: &Stream, format: Format) -> String {
        if let [Passage::Rule(id)] = stream.by.as_slice()
            && let Some(rule) = self.workspace.policy.rules.get(id.index())
            && rule.service.set == stream.flow.service
        {
            return rule.service.text.to_string();
        }
        let services = describer.services(&stream.flow.service);
        match format {
            Format::Json => services.join(", "),
            Format::Table | Format::Matrix => few(&services),
        }
    }

    /// What lets packets through: the line of a rule, or why no rule is asked.
    fn passage(&self, by: Passage) -> String {
        let policy = &self.workspace.policy;
        match by {
            Passage::Rule(id) => match policy.rules.get(id.index()) {
                Some(rule) => self.workspace.sources.line_of(rule.span),
                None => String::new(),
            },
            Passage::Neighbours => "no filter inside the zone".to_owned(),
            Passage::Unenforced => "no managed device between".to_owned(),
            Passage::HostFirewall(id) => match policy.points.get(id.index()) {
                Some(point) => format!("manage, run of {}", point.name),
                None => String::new(),
            },
        }
    }
}

/// `tcp 443`
fn port(packet: &Packet) -> String {
    let text = packet.to_string();
    let name = text.split(' ').next().unwrap_or_default();
    match packet.protocol {
        protocol::TCP | protocol::UDP | protocol::SCTP => format!("{name} {}", packet.second),
        _ => name.to_owned(),
    }
}

/// How many names a cell lists.
const LISTED: usize = 4;

/// The first few of a list, and how many more there are.
fn few(list: &[String]) -> String {
    few_of(list, list.len())
}

/// The same for a list of which only the first are known.
fn few_of(list: &[String], count: usize) -> String {
    match count.saturating_sub(LISTED) {
        0 | 1 => list.join(", "),
        more => {
            let first: Vec<&str> = list.iter().take(LISTED).map(String::as_str).collect();
            format!("{} and {more} more", first.join(", "))
        }
    }
}

impl Flow {
    /// The rules that permit it, and those that take some of it away.
    fn decided_by(&self) -> String {
        match &self.less {
            None => few(&self.by),
            Some(less) => format!("{} less {}", few(&self.by), few_of(&less.by, less.count)),
        }
    }
}

impl Answer {
    fn nothing(&self) -> String {
        format!("{} reaches nothing of {}\n", self.from, self.to)
    }

    fn table(&self) -> String {
        let mut rows = Vec::new();
        for pair in self.direct.iter().flatten() {
            rows.extend(pair.flows.iter().map(|flow| {
                vec![
                    flow.from.clone(),
                    flow.to.clone(),
                    flow.services.clone(),
                    flow.decided_by(),
                    flow.example.clone(),
                ]
            }));
        }
        for far in self.transitive.iter().flatten() {
            let start = far.chain.first().map(|link| link.from.clone());
            let links = far
                .chain
                .iter()
                .map(|link| format!("{} ({}, {})", link.to, link.service, link.by));
            let chain: Vec<String> = start.into_iter().chain(links).collect();
            rows.push(vec![
                far.from.clone(),
                far.to.clone(),
                far.steps.to_string(),
                far.reached.to_string(),
                chain.join(" -> "),
            ]);
        }
        let header = match self.direct {
            Some(_) => ["FROM", "TO", "SERVICES", "BY", "EXAMPLE"],
            None => ["FROM", "TO", "STEPS", "DEVICES", "SHORTEST CHAIN"],
        };
        if rows.is_empty() {
            return self.nothing();
        }
        table::aligned(&header, &rows)
    }

    fn matrix(&self, workspace: &Workspace) -> String {
        let direct = self.direct.iter().flatten().map(|pair| {
            let filtered = pair.flows.iter().all(|flow| flow.by_rule);
            let whole = |flow: &Flow| flow.from == pair.from && flow.to == pair.to && flow.less.is_none();
            let any = pair
                .flows
                .iter()
                .any(|flow| whole(flow) && flow.services == "any");
            let mark = match (filtered, any) {
                (false, _) => "=",
                (true, true) => "#",
                (true, false) => "+",
            };
            (pair.from.as_str(), pair.to.as_str(), mark.to_owned())
        });
        let far = self
            .transitive
            .iter()
            .flatten()
            .map(|far| (far.from.as_str(), far.to.as_str(), far.steps.to_string()));
        let cells: Vec<(&str, &str, String)> = direct.chain(far).collect();
        if cells.is_empty() {
            return self.nothing();
        }
        let legend = match self.direct {
            Some(_) => ". nothing   + some flows   # every flow   = not all of it is filtered by rules",
            None => ". nothing   1, 2, … the fewest steps of a chain",
        };
        let zones: Vec<&str> = workspace
            .policy
            .zones
            .iter()
            .map(|zone| zone.name.as_str())
            .collect();
        matrix::matrix(&zones, &cells, legend)
    }
}
