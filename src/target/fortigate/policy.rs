//! The firewall policies: one for each rule and pair of zones, for both address families where that says the same.

use super::capability::Capability;
use super::lowering::Lowering;
use super::owned::{POLICY, Part};
use super::table::{Frame, Policy, Row, Table};
use super::text::{comments, short_name};
use super::zone::Zone;
use crate::packet::Family;
use crate::plan::{PairPlan, PlanRule};
use crate::syntax::tree::Action;
use crate::target::{Inexpressible, Owned};

/// Old allows go before old denies: a packet that an old deny keeps out must not meet an old allow alone.
const REMOVAL: [Part; 4] = [Part::Accept, Part::Deny, Part::Anchor, Part::Rest];

/// The policy table.
pub fn table(
    pairs: &[PairPlan],
    zones: &[Zone],
    lowering: &mut Lowering,
    capability: &Capability,
    previous: &Owned,
) -> Option<Table> {
    let mut rows = Vec::new();
    for pair in pairs {
        let (Some(from), Some(to)) = (zones.get(pair.from), zones.get(pair.to)) else {
            lowering.refuse(None, "a pair of sides that the device does not have".to_owned());
            continue;
        };
        for rule in &pair.rules {
            rows.extend(rule_rows(rule, &from.name, &to.name, lowering, capability));
        }
    }
    let anchor = "septum: the policies of septum begin here. Do not move or delete";
    let rest = "septum: what no policy above lets through. Do not move or delete";
    let frame = Frame {
        anchor: Policy {
            enabled: false,
            logtraffic: "disable",
            ..whole(lowering, "septum_first", anchor)
        },
        rest: whole(lowering, "septum_last", rest),
        rest_first: true,
    };
    match Table::new(
        POLICY,
        Some(frame),
        rows,
        capability.policy_ids,
        previous,
        REMOVAL,
    ) {
        Ok(table) => Some(table),
        Err(Inexpressible { rule, what }) => {
            lowering.refuse(rule, what);
            None
        }
    }
}

/// A deny of everything between any two interfaces. `any` stands alone: FortiOS does not mix it with others.
fn whole(lowering: &mut Lowering, name: &str, comments: &str) -> Policy {
    let (v4, v6) = (lowering.everything(Family::V4), lowering.everything(Family::V6));
    Policy {
        name: name.to_owned(),
        from: "any".to_owned(),
        to: "any".to_owned(),
        source: v4.clone(),
        destination: v4,
        source6: v6.clone(),
        destination6: v6,
        services: lowering.every_service(),
        logtraffic: "all",
        comments: comments.to_owned(),
        enabled: true,
        ..Policy::default()
    }
}

/// One policy for both families, or one for each that the rule has packets of.
fn rule_rows(
    rule: &PlanRule,
    from: &str,
    to: &str,
    lowering: &mut Lowering,
    capability: &Capability,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for families in lowering.families(rule) {
        let Some(matched) = lowering.matched(rule, &families) else {
            continue;
        };
        let accept = rule.said.action == Action::Allow;
        let action = if accept { "accept" } else { "deny" };
        let identity = format!(
            "{}\n{from}\n{to}\n{action}\n{}",
            rule.said.origin.id, matched.content
        );
        let limits = &capability.limits;
        let policy = Policy {
            name: short_name("", &rule.said.origin.id, &identity, limits.policy_name),
            from: from.to_owned(),
            to: to.to_owned(),
            accept,
            logtraffic: match (rule.said.log, accept) {
                (true, _) => "all",
                (false, true) => capability.logtraffic.word(),
                (false, false) => "disable",
            },
            comments: comments(&rule.said.origin, limits.comments),
            enabled: true,
            ..matched.policy
        };
        rows.push(Row {
            policy,
            part: if accept { Part::Accept } else { Part::Deny },
            origin: Some(rule.said.origin.clone()),
        });
    }
    rows
}
