//! How the trace of a packet is shown.

use std::fmt::Write as _;

use serde::Serialize;

use super::compile::Built;
use super::proof_report::Lines;
use super::workspace::Workspace;
use crate::model::{Describer, PointId};
use crate::source::Span;
use crate::trace::{self, Beyond, Inside, Passage, Reply, Trace, TracedHop, Unknown, Verdict};

/// A trace, ready to be shown.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    packet: String,
    /// True where the packet arrives, whether or not the policy permits it, and its reply comes back; none where that is
    /// not known.
    arrives: Option<bool>,
    /// True where the policy permits it.
    permitted: bool,
    /// Why it gets there although the policy does not permit it.
    beyond: Option<String>,
    /// What of the policy decides, none where nothing is said of the packet.
    rule: Option<Decider>,
    from: String,
    to: String,
    /// The firewall or router that sends the packet itself.
    sender: Option<String>,
    /// The firewall or router that the packet is for.
    device: Option<String>,
    /// True where there is a way at all.
    connected: bool,
    hops: Vec<ShownHop>,
    /// A router that the packet may cross.
    perhaps: Option<Perhaps>,
    /// Managed devices on other ways between the two zones.
    elsewhere: Vec<String>,
    #[serde(skip)]
    stopped: Option<String>,
}

#[derive(Debug, Serialize)]
struct Perhaps {
    #[serde(flatten)]
    hop: ShownHop,
    /// In which case the packet crosses it.
    only: String,
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
    verdict: &'static str,
    by: String,
    permitted: bool,
    rule: Option<String>,
    location: Option<String>,
    line: Option<String>,
    reply: String,
    reply_permitted: bool,
    /// True where there is a reply, and the device has a say in it.
    #[serde(skip)]
    replies: bool,
}

/// A trace in the words of the policy and of the configurations.
pub(super) fn shown(workspace: &Workspace, built: &[Built<'_>], trace: &Trace) -> Shown {
    let policy = &workspace.policy;
    let zone = |id| policy.zone_name(id).to_owned();
    let named = |point: Option<PointId>| Some(policy.points.get(point?.index())?.name.clone());
    let stopped = trace.hops.iter().find(|hop| !hop.verdict.passes());
    let reply_stopped = trace.hops.iter().find(|hop| !hop.reply.permitted());
    Shown {
        packet: Describer::new(policy).packet(policy, &trace.packet),
        arrives: trace.arrives(),
        permitted: trace.permitted,
        beyond: trace.beyond(policy).map(|beyond| why(&beyond)),
        rule: trace.decider.and_then(|decider| decided(workspace, decider)),
        from: zone(trace.from),
        to: zone(trace.to),
        sender: named(trace.sender),
        device: named(trace.receiver),
        connected: trace.connected,
        hops: trace.hops.iter().map(|hop| shown_hop(built, hop)).collect(),
        perhaps: trace.perhaps.as_ref().map(|inside| Perhaps {
            hop: shown_hop(built, &inside.hop),
            only: only(inside),
        }),
        elsewhere: trace.elsewhere.clone(),
        stopped: match (stopped, reply_stopped) {
            (Some(hop), _) => Some(format!("the packet goes no further than {}", hop.device)),
            (None, Some(hop)) => Some(format!("the reply goes no further than {}", hop.device)),
            (None, None) if trace.isolated && !trace.permitted => Some(format!(
                "`{}` says `isolate`, and is taken at its word",
                policy.zone_name(trace.from)
            )),
            (None, None) => None,
        },
    }
}

fn decided(workspace: &Workspace, decider: trace::Decider) -> Option<Decider> {
    let policy = &workspace.policy;
    let point = |id: PointId| policy.points.get(id.index());
    let words = |span: Span| {
        let text = workspace.sources.text(span);
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let location = |span: Span| workspace.sources.line_of(span);
    Some(match decider {
        trace::Decider::Rule(id) => {
            let rule = policy.rules.get(id.index())?;
            Decider {
                id: rule.id.clone(),
                location: location(rule.span),
                text: words(rule.span),
            }
        }
        trace::Decider::Manage(id, at) => {
            let manage = point(id)?.manage.get(at)?;
            Decider {
                id: format!("manage of {}", point(id)?.name),
                location: location(manage.span),
                text: words(manage.span),
            }
        }
        trace::Decider::Run(id, protocol) => Decider {
            id: format!("run of {}", point(id)?.name),
            location: location(point(id)?.span),
            text: format!("run {}", protocol.word()),
        },
    })
}

fn why(beyond: &Beyond) -> String {
    let why = match beyond {
        Beyond::Neighbours => "it stays inside its zone, where no device filters it".to_owned(),
        Beyond::Inside(device) => {
            format!("it stays inside its zone, where {device} lets through what no `deny` names")
        }
        Beyond::Unmanaged => "no managed device stands on this way".to_owned(),
        Beyond::Sent(device) => format!("{device} does not filter what it sends itself"),
        Beyond::Received(device) => {
            format!("{device} has neither `manage` nor `run`, and so does not filter what it receives itself")
        }
        Beyond::Platform(device) => format!("{device} cannot do without letting it through"),
        Beyond::OtherSettings(device) => {
            return format!(
                "nothing that Septum writes stops it: other settings of {device} decide what it receives itself"
            );
        }
    };
    format!("it arrives all the same: {why}")
}

/// In which case a packet inside a zone crosses a router.
fn only(inside: &Inside) -> String {
    match &inside.unknown {
        Some(Unknown::Interfaces(names)) => {
            format!(
                "if its ends are behind different ones of the interfaces {}",
                names.join(", ")
            )
        }
        Some(Unknown::Unmanaged(device)) => format!("if it does not go by {device}, which is unmanaged"),
        None => String::new(),
    }
}

fn shown_hop(built: &[Built<'_>], hop: &TracedHop) -> ShownHop {
    let built = built.iter().find(|built| built.plan.device == hop.device);
    let line = |line: Option<usize>| {
        let built = built?;
        let text = Lines::of(&built.emitted.text).numbered(line?)?;
        Some(format!("{}:{text}", built.file()))
    };
    ShownHop {
        device: hop.device.clone(),
        platform: hop.platform.unwrap_or("unmanaged").to_owned(),
        verdict: match (hop.verdict, &hop.passage) {
            (Verdict::Permits, _) => "permits",
            (Verdict::Denies, _) => "denies",
            (Verdict::Unmanaged, Passage::Itself(_)) => "takes everything",
            (Verdict::Unmanaged, _) => "forwards everything",
            (Verdict::Unfiltered, _) => "does not filter what it receives itself",
            (Verdict::OtherSettings, _) => "leaves it to settings that Septum does not write",
        },
        by: match &hop.passage {
            Passage::Through(from, to) => format!("{from} -> {to}"),
            Passage::Into => "input".to_owned(),
            Passage::OutOf => "output".to_owned(),
            Passage::Itself(interface) => format!("{interface} -> itself"),
        },
        permitted: hop.verdict.passes(),
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
        // There is no reply to a packet that goes no further.
        replies: hop.verdict == Verdict::Permits,
    }
}

impl Shown {
    /// A picture of the way, and what comes of the packet.
    pub(super) fn text(&self) -> String {
        let mut out = format!("{}\n{}\n", self.packet, self.judgement());
        let _ = writeln!(out, "\n  {}", self.sender.as_ref().unwrap_or(&self.from));
        if !self.connected {
            let _ = writeln!(out, "  no way leads to {}", self.to);
            return out;
        }
        for hop in &self.hops {
            hop.write(&mut out);
        }
        if let Some(perhaps) = &self.perhaps {
            perhaps.hop.write(&mut out);
            let _ = writeln!(out, "  |    only    {}", perhaps.only);
        }
        let _ = writeln!(out, "  {}", self.device.as_ref().unwrap_or(&self.to));
        if let Some(stopped) = &self.stopped {
            let _ = writeln!(out, "\n{stopped}");
        }
        if !self.elsewhere.is_empty() {
            let others = self.elsewhere.join(", ");
            let _ = writeln!(out, "\nother ways cross {others}, with the same rules");
        }
        out
    }

    /// What the policy says, and whether the network does so.
    fn judgement(&self) -> String {
        let nothing = match &self.device {
            Some(device) => format!("neither a rule nor `manage` or `run` of {device} permits it"),
            None => "no rule permits it".to_owned(),
        };
        let said = match &self.rule {
            Some(rule) if self.permitted => format!("permitted by {}: {}", rule.location, rule.text),
            Some(rule) if self.beyond.is_some() || self.arrives.is_none() => {
                format!("forbidden by {}: {}", rule.location, rule.text)
            }
            Some(rule) => format!("denied by {}: {}", rule.location, rule.text),
            None if self.beyond.is_some() || self.arrives.is_none() => nothing,
            None => format!("denied: {nothing}"),
        };
        match (&self.beyond, &self.rule, self.arrives) {
            (Some(why), None, _) => format!("{said}, and {why}"),
            (Some(why), Some(_), _) => format!("{said}\n{why}"),
            (None, _, None) => format!("{said}\nit is not known whether it arrives"),
            (None, _, Some(_)) => said,
        }
    }
}

impl ShownHop {
    fn write(&self, out: &mut String) {
        let _ = writeln!(
            out,
            "  |  {} ({}) {}, {}",
            self.device, self.platform, self.verdict, self.by
        );
        if let (Some(rule), Some(location)) = (&self.rule, &self.location) {
            let _ = writeln!(out, "  |    policy  {location} ({rule})");
        }
        if let Some(line) = &self.line {
            let _ = writeln!(out, "  |    config  {line}");
        }
        if self.replies {
            let reply = if self.reply_permitted { "permits" } else { "denies" };
            let _ = writeln!(out, "  |    reply   {reply}, {}", self.reply);
        }
    }
}
