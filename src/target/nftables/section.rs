//! Lowers one list of rules to the rules of a chain and the sets they look into.
//!
//! Denies stand before allows, and within each the order decides nothing, so flows may be gathered into sets:
//! exact ones into a hash set, many others into an interval set, the rest stays rules.

use std::collections::BTreeSet;

use crate::packet::Family;
use crate::plan::PlanRule;
use crate::syntax::tree::{Action, Rate, RateUnit};
use crate::target::Inexpressible;

use super::atom::{self, Part};
use super::capability::Capability;
use super::elements::Writer;
use super::name;
use super::product::{self, Product};
use super::quote;
use super::ruleset::{Chain, Object, Rule, Ruleset};
use super::trace::Trace;

/// The kinds of set that a section may have, with their types. The kind opens the set's name, so that a set that
/// exists never has another type.
pub const SET_KINDS: [(&str, &str); 4] = [
    (
        "x4",
        "type ipv4_addr . ipv4_addr . inet_proto . inet_service; counter;",
    ),
    (
        "x6",
        "type ipv6_addr . ipv6_addr . inet_proto . inet_service; counter;",
    ),
    (
        "r4",
        "type ipv4_addr . ipv4_addr . inet_proto . inet_service; flags interval; counter;",
    ),
    (
        "r6",
        "type ipv6_addr . ipv6_addr . inet_proto . inet_service; flags interval; counter;",
    ),
];

/// Every set name that a section of this name may use, with its type.
pub fn set_names(section: &str) -> impl Iterator<Item = (String, &'static str)> + '_ {
    SET_KINDS.into_iter().flat_map(move |(kind, body)| {
        ["allow", "deny"].map(|action| (format!("{kind}_{action}_{section}"), body))
    })
}

/// A list of rules to be lowered.
#[derive(Debug)]
pub struct Section<'a> {
    /// Part of the names of its sets.
    pub name: &'a str,
    /// The direction, as logs show it: `guest>clinical`.
    pub label: &'a str,
    /// A test before all others, such as `iifname "eth0" `; empty or with a space at its end. Sets are only used
    /// without one.
    pub guard: &'a str,
    /// First match, denies first.
    pub rules: &'a [PlanRule],
}

/// A share of a rule that is matched on its own.
struct Share<'a> {
    rule: &'a PlanRule,
    family: Family,
    part: Part,
    /// Where a set could hold it.
    product: Option<Product>,
}

/// What sections add to.
#[derive(Debug)]
pub struct Lowering<'a> {
    /// Limits and thresholds.
    pub capability: &'a Capability,
    /// The file so far.
    pub ruleset: Ruleset,
    /// Where its statements come from.
    pub trace: Trace,
    /// What cannot be written.
    pub faults: Vec<Inexpressible>,
}

impl Lowering<'_> {
    /// Adds a section's rules to a chain, and its sets to the file.
    pub fn section(&mut self, section: &Section<'_>, chain: &mut Chain) {
        let first_allow = section.rules.iter().position(|rule| rule.action == Action::Allow);
        let (denies, allows) = section.rules.split_at(first_allow.unwrap_or(section.rules.len()));
        if !section.guard.is_empty() || allows.iter().any(|rule| rule.action == Action::Deny) {
            // Sets would change the order of what comes ordered.
            for share in shares(section.rules) {
                self.rule(section, &share, chain);
            }
            return;
        }
        self.gather(section, denies, chain);
        self.gather(section, allows, chain);
    }

    /// Adds rules of one action, whose order decides nothing.
    fn gather(&mut self, section: &Section<'_>, rules: &[PlanRule], chain: &mut Chain) {
        let (special, mut rest): (Vec<Share>, Vec<Share>) = shares(rules)
            .into_iter()
            .partition(|share| share.rule.log || share.rule.rate.is_some());
        // First, so that what is to be logged is logged, whatever else permits it.
        for share in &special {
            self.rule(section, share, chain);
        }
        for family in Family::BOTH {
            rest = self.exact(section, family, rest, chain);
            rest = self.ranges(section, family, rest, chain);
        }
        for share in &rest {
            self.rule(section, share, chain);
        }
    }

    /// Moves exact flows of a family into a hash set, where they are many.
    fn exact<'r>(
        &mut self,
        section: &Section<'_>,
        family: Family,
        shares: Vec<Share<'r>>,
        chain: &mut Chain,
    ) -> Vec<Share<'r>> {
        let bounds = self.capability;
        let mut room = bounds.set_elements;
        let taken: Vec<bool> = shares
            .iter()
            .map(|share| {
                let Some(product) = share.product_in(family).filter(|product| product.is_exact()) else {
                    return false;
                };
                let size = product.size();
                let fits = size <= bounds.rule_elements && size <= room;
                room -= if fits { size } else { 0 };
                fits
            })
            .collect();
        if taken.iter().filter(|taken| **taken).count() < bounds.hash_rules {
            return shares;
        }
        let mut held = Vec::new();
        let mut rest = Vec::new();
        for (share, taken) in shares.into_iter().zip(taken) {
            match share.product {
                Some(product) if taken => held.push((share.rule, product)),
                product => rest.push(Share { product, ..share }),
            }
        }
        self.lookup(section, "x", family, &held, chain);
        rest
    }

    /// Moves the other flows with ports of a family into an interval set, where they are many.
    fn ranges<'r>(
        &mut self,
        section: &Section<'_>,
        family: Family,
        shares: Vec<Share<'r>>,
        chain: &mut Chain,
    ) -> Vec<Share<'r>> {
        let candidates: Vec<usize> = (0..)
            .zip(&shares)
            .filter(|(_, s)| s.product_in(family).is_some())
            .map(|(i, _)| i)
            .collect();
        if candidates.len() <= self.capability.linear_rules {
            return shares;
        }
        let products: Vec<&Product> = shares
            .iter()
            .filter_map(|share| share.product_in(family))
            .collect();
        let taken = product::disjoint(&products, self.capability).taken;
        if taken.len() < self.capability.hash_rules {
            return shares;
        }
        let mut held = Vec::new();
        let mut moved = BTreeSet::new();
        for (candidate, pieces) in &taken {
            let Some(index) = candidates.get(*candidate) else {
                continue;
            };
            let Some(share) = shares.get(*index) else { continue };
            moved.insert(*index);
            held.extend(pieces.iter().map(|piece| (share.rule, piece.clone())));
        }
        self.lookup(section, "r", family, &held, chain);
        (0..)
            .zip(shares)
            .filter(|(i, _)| !moved.contains(i))
            .map(|(_, share)| share)
            .collect()
    }

    /// Adds a set of one action and family, and the rule that looks into it.
    fn lookup(
        &mut self,
        section: &Section<'_>,
        kind: &str,
        family: Family,
        held: &[(&PlanRule, Product)],
        chain: &mut Chain,
    ) {
        let Some((first, _)) = held.first() else { return };
        let digit = match family {
            Family::V4 => '4',
            Family::V6 => '6',
        };
        let (action, verdict) = match first.action {
            Action::Allow => ("allow", "accept"),
            Action::Deny => ("deny", "drop"),
        };
        let wanted = format!("{kind}{digit}_{action}_{}", section.name);
        let Some((name, body)) = set_names(section.name).find(|(name, _)| *name == wanted) else {
            return;
        };
        let mut writer = Writer::new(family);
        for (rule, product) in held {
            let mark = self.trace.mark(&rule.origin);
            let comment = quote::provenance(&rule.origin, self.capability.comment_bytes);
            writer.product(product, &mark, &comment);
        }
        let name = self.ruleset.hold(name, body, writer.elements);
        let header = atom::header(family);
        chain.add(
            format!("{header} saddr . {header} daddr . meta l4proto . th dport @{name} counter {verdict}"),
            format!("{action}: each element names its rule"),
        );
    }

    /// Adds a share as a plain rule.
    fn rule(&mut self, section: &Section<'_>, share: &Share<'_>, chain: &mut Chain) {
        let rule = share.rule;
        let flow = &rule.flow;
        let addresses = atom::addresses(
            share.family,
            &atom::in_family(&flow.source, share.family),
            &atom::in_family(&flow.destination, share.family),
        );
        let service = share.part.text();
        let space = if service.is_empty() { "" } else { " " };
        let tests = format!(
            "{}{}{addresses}{space}{service}",
            self.trace.mark(&rule.origin),
            section.guard
        );
        let log = rule.log.then(|| self.log(&[section.label, &rule.origin.id]));
        let comment = quote::provenance(&rule.origin, self.capability.comment_bytes);
        let statement = match (rule.action, rule.rate) {
            (Action::Allow, Some(rate)) => {
                let Some(limit) = self.limit(rule, rate) else {
                    return;
                };
                // The rate already bounds the log: what exceeds it falls through to later rules.
                let log = log.map(|(prefix, _)| format!(" {prefix}")).unwrap_or_default();
                format!("{tests} limit name \"{limit}\"{log} counter accept")
            }
            (action, _) => {
                if let Some((prefix, limit)) = log {
                    chain.rules.push(Rule {
                        statement: format!("{tests} {limit} {prefix}"),
                        comment: comment.clone(),
                    });
                }
                let verdict = match action {
                    Action::Allow => "accept",
                    Action::Deny => "drop",
                };
                format!("{tests} counter {verdict}")
            }
        };
        chain.rules.push(Rule { statement, comment });
    }

    /// A log statement, and the limit that keeps it from flooding the log.
    fn log(&self, words: &[&str]) -> (String, String) {
        let Capability {
            log_per_second,
            log_burst,
            ..
        } = *self.capability;
        let prefix = quote::log_prefix(words, self.capability.log_prefix_bytes);
        (
            format!("log prefix \"{prefix}\""),
            format!("limit rate {log_per_second}/second burst {log_burst} packets"),
        )
    }

    /// The limit that all lines of a rule share on this device.
    fn limit(&mut self, rule: &PlanRule, rate: Rate) -> Option<String> {
        if rate.count == 0 {
            self.faults.push(Inexpressible {
                rule: Some(rule.origin.id.clone()),
                what: "a rate of 0 cannot be written: nft takes rates of 1 and more".to_owned(),
            });
            return None;
        }
        let unit = match rate.per {
            RateUnit::Second => "second",
            RateUnit::Minute => "minute",
            RateUnit::Hour => "hour",
            RateUnit::Day => "day",
        };
        // nft's usual burst, but never more at once than the author wants in the whole unit of time.
        let body = format!("rate {}/{unit} burst {} packets;", rate.count, rate.count.min(5));
        let name = name::limit(&rule.origin.id, &body);
        let limit = Object {
            kind: "limit",
            name: name.clone(),
            body,
        };
        if !self.ruleset.limits.contains(&limit) {
            self.ruleset.limits.push(limit);
        }
        Some(name)
    }

    /// Ends a chain: what no rule let through is logged, counted and dropped.
    pub fn close(&self, chain: &mut Chain, label: &str) {
        let (prefix, limit) = self.log(&[label]);
        chain.add(format!("{limit} {prefix}"), "no rule permits it");
        chain.add("counter drop", "no rule permits it");
    }
}

impl Share<'_> {
    fn product_in(&self, family: Family) -> Option<&Product> {
        self.product.as_ref().filter(|_| self.family == family)
    }
}

/// What each rule holds of each family, split where one nft rule cannot test it. Nothing for an empty share.
fn shares(rules: &[PlanRule]) -> Vec<Share<'_>> {
    let mut shares = Vec::new();
    for rule in rules {
        for family in Family::BOTH {
            if rule.flow.source.is_empty_in(family) || rule.flow.destination.is_empty_in(family) {
                continue;
            }
            for part in atom::service(&rule.flow.service, family) {
                let product = product_of(rule, family, &part);
                shares.push(Share {
                    rule,
                    family,
                    part,
                    product,
                });
            }
        }
    }
    shares
}

fn product_of(rule: &PlanRule, family: Family, part: &Part) -> Option<Product> {
    let Part::Ports {
        protocol,
        destination,
    } = part
    else {
        return None;
    };
    Some(Product {
        source: atom::in_family(&rule.flow.source, family),
        destination: atom::in_family(&rule.flow.destination, family),
        protocol: *protocol,
        ports: destination.clone(),
    })
}
