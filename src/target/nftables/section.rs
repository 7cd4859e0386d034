//! Lowers one list of rules to the rules of a chain and the sets they look into.
//!
//! Denies stand before allows, and within each the order decides nothing, so flows may be gathered into tables: few
//! elements each into sets, products of many into maps to chains, and what is left stays rules.

use std::cmp::Reverse;
use std::rc::Rc;

use crate::packet::Family;
use crate::plan::PlanRule;
use crate::syntax::tree::{Action, Rate};
use crate::target::Inexpressible;
use crate::target::name::digest;

use super::atom;
use super::capability::Capability;
use super::elements::Elements;
use super::keys::Keys;
use super::kind::Kind;
use super::name;
use super::paired::PortChains;
use super::quote;
use super::ruleset::{Chain, Object, Rule, Ruleset};
use super::services::{Service, Services, Test};
use super::trace::Trace;
use super::uses::Uses;

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

/// True where every deny stands before every allow, so that within each the order decides nothing.
pub(super) fn allows_come_last(rules: &[PlanRule]) -> bool {
    rules.is_sorted_by_key(|rule| rule.said.action == Action::Allow)
}

/// True for a rule that lets through, and neither logs nor limits.
pub(super) fn only_allows(rule: &PlanRule) -> bool {
    let said = &rule.said;
    said.action == Action::Allow && !said.log && said.rate.is_none()
}

/// A share of a rule that is matched on its own.
#[derive(Debug)]
pub(super) struct Share<'a> {
    pub rule: &'a PlanRule,
    pub family: Family,
    /// The rule's whole service in the family.
    pub service: Rc<Service>,
    /// What the share holds of it.
    pub test: Rc<Test>,
}

/// Rules of one action and family, whose order decides nothing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'a> {
    pub section: &'a Section<'a>,
    pub family: Family,
    pub denies: bool,
}

impl Group<'_> {
    /// The action, as names and comments say it.
    pub fn action(self) -> &'static str {
        if self.denies { "deny" } else { "allow" }
    }

    /// The action, as nft says it.
    pub fn verdict(self) -> &'static str {
        if self.denies { "drop" } else { "accept" }
    }

    /// What its rule says of a table of single IPv4 addresses that permits.
    pub fn own_table(self, kind: Kind, lengths: (u8, u8), name: &str) -> Option<(Kind, String)> {
        let single = !self.denies && self.family == Family::V4 && lengths == (32, 32);
        single.then(|| (kind, name.to_owned()))
    }

    /// The name of a table. Lengths of prefixes come with a `_` after each.
    pub fn name(self, kind: Kind, lengths: &str) -> String {
        let prefix = kind.prefix(self.family);
        format!("{prefix}_{lengths}{}_{}", self.action(), self.section.name)
    }
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
    /// The services of its rules.
    pub services: Services,
    /// How often each of them is used.
    pub uses: Uses,
    /// The chains that decide about ports, which all sections share.
    pub port_chains: PortChains,
    /// How often something was written that names its section.
    pub own_names: usize,
    /// What cannot be written.
    pub faults: Vec<Inexpressible>,
}

impl Lowering<'_> {
    /// Adds a section's rules to a chain, and its sets to the file.
    pub fn section(&mut self, section: &Section<'_>, chain: &mut Chain) {
        if !section.guard.is_empty() || !allows_come_last(section.rules) {
            // Sets would change the order of what comes ordered.
            for share in self.shares(section.rules) {
                self.rule(section, &share, chain);
            }
            return;
        }
        let first_allow = section
            .rules
            .partition_point(|rule| rule.said.action == Action::Deny);
        let (denies, allows) = section.rules.split_at(first_allow);
        self.gather(section, denies, chain);
        self.gather(section, allows, chain);
    }

    /// Adds rules of one action, whose order decides nothing.
    fn gather(&mut self, section: &Section<'_>, rules: &[PlanRule], chain: &mut Chain) {
        let (special, rest): (Vec<Share>, Vec<Share>) = self
            .shares(rules)
            .into_iter()
            .partition(|share| share.rule.said.log || share.rule.said.rate.is_some());
        // First, so that what is to be logged is logged, whatever else permits it.
        for share in &special {
            self.rule(section, share, chain);
        }
        let mut taken = vec![false; rest.len()];
        for family in Family::BOTH {
            let group = Group {
                section,
                family,
                denies: rules.first().is_some_and(|rule| rule.said.action == Action::Deny),
            };
            self.tables(group, &rest, &mut taken, chain);
        }
        for (share, taken) in rest.iter().zip(taken) {
            if !taken {
                self.rule(section, share, chain);
            }
        }
    }

    /// Moves shares of a family into tables, where they are many, and marks those that it moves as taken.
    fn tables(&mut self, group: Group<'_>, shares: &[Share<'_>], taken: &mut [bool], chain: &mut Chain) {
        let mine = || {
            (0..)
                .zip(shares)
                .filter(|(_, share)| share.family == group.family)
        };
        if mine().count() <= self.capability.plain_rules {
            return;
        }
        let mut left = Keys::of(mine());
        // How many shares each kind of table takes, with the rules that look into it.
        let mut looks: Vec<(usize, Vec<Rule>)> = Vec::new();
        for kind in [Kind::ByEnds, Kind::Exact, Kind::ByPort, Kind::ByDestination] {
            let before = chain.rules.len();
            let numbers = match kind {
                Kind::ByEnds => self.paired(group, &left, chain),
                Kind::Exact => self.exact(group, &left, chain),
                _ => {
                    let fits = |keys: &&Keys<'_, '_>| kind == Kind::ByDestination || !keys.ports().is_empty();
                    let candidates: Vec<&Keys<'_, '_>> = left.iter().filter(fits).collect();
                    self.keyed(group, kind, &candidates, chain)
                }
            };
            for number in &numbers {
                if let Some(taken) = taken.get_mut(*number) {
                    *taken = true;
                }
            }
            left.retain(|keys| taken.get(keys.number) == Some(&false));
            looks.push((numbers.len(), chain.rules.split_off(before)));
        }
        // The order decides nothing, and most packets are of rules in the table of most rules.
        looks.sort_by_key(|(shares, _)| Reverse(*shares));
        chain.rules.extend(looks.into_iter().flat_map(|(_, rules)| rules));
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
        let service = self.service(share);
        let space = if service.is_empty() { "" } else { " " };
        let mark = self.trace.mark(&rule.said.origin);
        let tests = format!("{}{}{addresses}{space}{service}", mark.text, section.guard);
        let log = rule
            .said
            .log
            .then(|| self.log(&[section.label, &rule.said.origin.id]));
        self.own_names += usize::from(log.is_some());
        let comment = mark.comment.clone();
        let statement = match (rule.said.action, rule.said.rate) {
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
                    chain.add(format!("{tests} {limit} {prefix}"), comment.clone());
                }
                let verdict = match action {
                    Action::Allow => "accept",
                    Action::Deny => "drop",
                };
                format!("{tests} counter {verdict}")
            }
        };
        chain.add(statement, comment);
    }

    /// The test of a share's service. A list of ports that many rules have is a set with a name.
    fn service(&mut self, share: &Share<'_>) -> String {
        let Test {
            part,
            ports,
            protocol,
        } = &*share.test;
        let listed = match part {
            atom::Part::Ports { destination, .. } => destination.ranges().len(),
            atom::Part::Test(_) => 0,
        };
        let uses = self.uses.of_service(&share.rule.flow.service);
        if listed < 2 || listed != ports.len() || uses.rules <= self.capability.inline_ports {
            return part.text();
        }
        let mut name = Kind::Ports.prefix(share.family);
        let mut elements = Elements::default();
        for port in ports {
            name.push('_');
            atom::push_number(&mut name, *port);
            elements.port(*port);
        }
        if name.len() > self.capability.name_bytes {
            name = format!("{}_{}", Kind::Ports.prefix(share.family), digest(&name, 16));
        }
        let name = self.ruleset.hold(name, Kind::Ports, share.family, elements);
        format!("{} dport @{name}", atom::with_ports(*protocol))
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
                rule: Some(rule.said.origin.id.clone()),
                what: "a rate of 0 cannot be written: nft takes rates of 1 and more".to_owned(),
            });
            return None;
        }
        // nft's usual burst, but never more at once than the author wants in the whole unit of time.
        let body = format!("rate {rate} burst {} packets;", rate.count.min(5));
        let name = name::limit(&rule.said.origin.id, &body);
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

    /// What each rule holds of each family, split where one nft rule cannot test it. Nothing for an empty share.
    fn shares<'a>(&mut self, rules: &'a [PlanRule]) -> Vec<Share<'a>> {
        let mut shares = Vec::with_capacity(rules.len());
        for rule in rules {
            for family in Family::BOTH {
                if rule.flow.source.is_empty_in(family) || rule.flow.destination.is_empty_in(family) {
                    continue;
                }
                let service = self.services.of(&rule.flow.service, family);
                shares.extend(service.tests.iter().map(|test| Share {
                    rule,
                    family,
                    service: Rc::clone(&service),
                    test: Rc::clone(test),
                }));
            }
        }
        shares
    }
}
