//! What the configuration of a device does with a packet, and the line that says so.

use super::reply::reply_to;
use super::{Enforcer, Passage, Reply, TracedHop, Verdict};
use crate::packet::{Packet, protocol};
use crate::plan::{PlanRule, decide};
use crate::syntax::tree::Action;
use crate::target::readback::Hook;

/// What a configuration says of a packet.
struct Said {
    verdict: Verdict,
    /// None where no line matches, and so the packet is dropped.
    line: Option<usize>,
}

impl Said {
    fn without_line(verdict: Verdict) -> Self {
        Self { verdict, line: None }
    }
}

impl Enforcer<'_> {
    /// What the device does with a packet at a place. The configuration decides; where there is none, the plan does.
    pub(super) fn decided<'r>(
        &self,
        rules: impl IntoIterator<Item = &'r PlanRule>,
        planned: Verdict,
        packet: &Packet,
        hook: &Hook,
        passage: Passage,
    ) -> TracedHop {
        let said = self
            .said(hook, packet)
            .unwrap_or_else(|| Said::without_line(planned));
        let permits = match said.verdict {
            Verdict::Permits => Some(Action::Allow),
            Verdict::Denies => Some(Action::Deny),
            _ => None,
        };
        let mut rules = rules.into_iter();
        let rule = rules.find(|rule| Some(rule.said.action) == permits && rule.flow.contains(packet));
        TracedHop {
            device: self.plan.device.clone(),
            platform: Some(self.platform.name()),
            passage,
            verdict: said.verdict,
            origin: rule.map(|rule| (*rule.said.origin).clone()),
            line: said.line,
            reply: Reply::ByState,
        }
    }

    /// What a device without state does with the answer, which comes in where the packet went out.
    pub(super) fn replied(&self, replies: &[PlanRule], packet: &Packet, left: String) -> Reply {
        let Some(back) = reply_to(packet) else {
            return Reply::ByHeader {
                permitted: true,
                line: None,
            };
        };
        let hook = Hook::Inbound {
            interface: Some(left),
            established: packet.protocol == protocol::TCP,
        };
        let planned = || Said::without_line(Verdict::of(decide(replies, &back)));
        let said = self.said(&hook, &back).unwrap_or_else(planned);
        Reply::ByHeader {
            permitted: said.verdict.passes(),
            line: said.line,
        }
    }

    /// What the configuration says of a packet at a place; none where there is none, or it does not say.
    fn said(&self, hook: &Hook, packet: &Packet) -> Option<Said> {
        let text = self.text?;
        let read = self.read.get_or_init(|| self.platform.read_line_by_line(text));
        if !read.not_understood.is_empty() {
            return None;
        }
        let rules = &read.seen_by(hook)?.rules;
        let Some(at) = rules.iter().position(|rule| rule.rule.flow.contains(packet)) else {
            return Some(Said::without_line(Verdict::Denies));
        };
        // What no statement about the device itself matches is left to settings outside the configuration.
        let left =
            matches!(hook, Hook::Input { .. }) && !self.platform.guards_itself() && at + 1 == rules.len();
        if left {
            return Some(Said::without_line(Verdict::OtherSettings));
        }
        let rule = rules.get(at)?;
        let verdict = if rule.rule.permit {
            Verdict::Permits
        } else {
            Verdict::Denies
        };
        Some(Said {
            verdict,
            line: Some(rule.line),
        })
    }
}
