//! A zone, device, group or service that nothing uses.
//!
//! A definition is used when a rule, an assertion, an enforcement point, or another used definition names it, or
//! when a label of it is used. Devices of the inventory need no use.
//!
//! # Why it matters
//! A group that no rule names protects nobody, though its name says so. Often a rule names another one by mistake.
//!
//! # Fix
//! Remove it; `septum check --fix` removes groups and services. Or use it.
//!
//! # Supports
//! NIST SP 800-53 CM-7.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;
use crate::syntax::tree::{
    self, Assertion, AssertionKind, Item, PointStatement, PolicyStatement, Rule, ServiceStatement,
    ServiceTerm, Set, ZoneStatement,
};

/// The check.
pub const CHECK: Check = Check {
    name: "unused-definition",
    severity: Severity::Warning,
    enabled: true,
    summary: "a zone, device, group or service that nothing uses",
    explain: include_str!("unused_definition.rs"),
    options: &[],
    run,
};

/// Names and labels that something uses. Sets and services have names of their own.
#[derive(Default)]
struct Used<'a> {
    sets: BTreeSet<&'a str>,
    labels: BTreeSet<&'a str>,
    services: BTreeSet<&'a str>,
}

impl<'a> Used<'a> {
    fn set(&mut self, set: &'a Set) {
        match set {
            Set::Name(name) => {
                self.sets.insert(&name.text);
            }
            Set::Label(label) => {
                self.labels.insert(&label.name.text);
            }
            Set::Union(operands) | Set::Intersection(operands) => {
                operands.iter().for_each(|set| self.set(set))
            }
            Set::Difference(operands) => operands.iter().for_each(|set| self.set(set)),
            Set::Group(inner, _) => self.set(inner),
            Set::Prefix(_) | Set::Any(_) | Set::Error(_) => {}
        }
    }

    fn terms(&mut self, terms: &'a [ServiceTerm]) {
        for term in terms {
            if let ServiceTerm::Name(name) = term {
                self.services.insert(&name.text);
            }
        }
    }

    fn rule(&mut self, rule: &'a Rule) {
        self.set(&rule.source);
        self.set(&rule.destination);
        self.terms(&rule.services);
    }

    fn assertion(&mut self, assertion: &'a Assertion) {
        self.set(&assertion.source);
        self.set(&assertion.destination);
        self.terms(&assertion.services);
        if let AssertionKind::Forbid(_, Some(via)) = &assertion.kind {
            self.set(via);
        }
    }

    fn item(&mut self, item: &'a Item) {
        match item {
            Item::Rule(rule) => self.rule(rule),
            Item::Assertion(assertion) => self.assertion(assertion),
            Item::Policy(block) => {
                for statement in &block.body {
                    match statement {
                        PolicyStatement::Rule(rule) => self.rule(rule),
                        PolicyStatement::Assertion(assertion) => self.assertion(assertion),
                        PolicyStatement::Meta(_) => {}
                    }
                }
            }
            Item::Mode(mode) => mode.rules.iter().for_each(|rule| self.rule(rule)),
            Item::Point(point) => point.body.iter().for_each(|statement| self.point(statement)),
            Item::Zone(zone) => {
                for statement in &zone.body {
                    if let ZoneStatement::Within(name, _) = statement {
                        self.sets.insert(&name.text);
                    }
                }
            }
            Item::Device(device) => {
                self.sets.insert(&device.zone.text);
            }
            Item::Waiver(_) | Item::Group(_) | Item::Service(_) | Item::Error(_) => {}
        }
    }

    fn point(&mut self, statement: &'a PointStatement) {
        match statement {
            PointStatement::Protects(name, _) => {
                self.sets.insert(&name.text);
            }
            PointStatement::Interface(interface) => {
                self.sets.insert(&interface.zone.text);
            }
            PointStatement::Manage { from, services, .. } => {
                self.set(from);
                self.terms(services);
            }
            PointStatement::Target(..) | PointStatement::Unmanaged(_) | PointStatement::Run(..) => {}
        }
    }
}

fn run(context: &Context<'_>) -> Vec<Finding> {
    let items = || context.trees.iter().flat_map(|file| &file.items);
    let mut used = Used::default();
    items().for_each(|item| used.item(item));
    follow(items(), &mut used);
    let inhabited: BTreeSet<&str> = context
        .policy
        .devices
        .iter()
        .map(|device| context.policy.zone_name(device.zone))
        .collect();
    let known = Known::new(context, &used);
    items()
        .filter_map(|item| match item {
            Item::Group(group) if !used.sets.contains(&*group.name.text) => {
                Some(removable("group", &group.name, group.span))
            }
            Item::Service(service) if !used.services.contains(&*service.name.text) => {
                Some(removable("service", &service.name, service.span))
            }
            Item::Device(device) if !known.device(&device.name.text) => Some(unused("device", &device.name)),
            Item::Zone(zone) if !known.zone(&zone.name.text) && !inhabited.contains(&*zone.name.text) => {
                Some(unused("zone", &zone.name))
            }
            _ => None,
        })
        .map(|(name, diagnostic)| Finding::new(diagnostic, [name]))
        .collect()
}

/// What used groups and services are made of is used as well.
fn follow<'a>(items: impl Iterator<Item = &'a Item>, used: &mut Used<'a>) {
    let mut groups: BTreeMap<&str, &tree::Group> = BTreeMap::new();
    let mut services: BTreeMap<&str, &tree::Service> = BTreeMap::new();
    for item in items {
        match item {
            Item::Group(group) => {
                groups.insert(&group.name.text, group);
            }
            Item::Service(service) => {
                services.insert(&service.name.text, service);
            }
            _ => {}
        }
    }
    loop {
        let before = (groups.len(), services.len());
        let reached: Vec<&str> = groups
            .keys()
            .copied()
            .filter(|name| used.sets.contains(name))
            .collect();
        for name in reached {
            if let Some(group) = groups.remove(name) {
                used.set(&group.set);
            }
        }
        let reached: Vec<&str> = services
            .keys()
            .copied()
            .filter(|name| used.services.contains(name))
            .collect();
        for name in reached {
            let Some(service) = services.remove(name) else {
                continue;
            };
            used.terms(&service.terms);
            for statement in &service.body {
                if let ServiceStatement::Prefer(name, _) = statement {
                    used.services.insert(&name.text);
                }
            }
        }
        if before == (groups.len(), services.len()) {
            return;
        }
    }
}

/// Uses of zones and devices, by name or by label.
struct Known<'a> {
    used: &'a Used<'a>,
    labels: HashMap<&'a str, &'a BTreeSet<String>>,
}

impl<'a> Known<'a> {
    fn new(context: &'a Context<'_>, used: &'a Used<'a>) -> Self {
        let zones = context
            .policy
            .zones
            .iter()
            .map(|zone| (zone.name.as_str(), &zone.labels));
        let devices = context
            .policy
            .devices
            .iter()
            .map(|device| (device.name.as_str(), &*device.labels));
        Self {
            used,
            labels: zones.chain(devices).collect(),
        }
    }

    fn labelled(&self, name: &str) -> bool {
        let labels = self.labels.get(name);
        labels.is_some_and(|labels| {
            labels
                .iter()
                .any(|label| self.used.labels.contains(label.as_str()))
        })
    }

    fn device(&self, name: &str) -> bool {
        self.used.sets.contains(name) || self.labelled(name)
    }

    /// A zone is named by its own name and by those of the zones above it; naming one below it uses it too.
    fn zone(&self, name: &str) -> bool {
        let above = name.match_indices('.').filter_map(|(dot, _)| name.get(..dot));
        let mut names = above.chain([name]);
        let below = format!("{name}.");
        names.any(|name| self.used.sets.contains(name))
            || self
                .used
                .sets
                .range(below.as_str()..)
                .next()
                .is_some_and(|next| next.starts_with(&below))
            || self.labelled(name)
    }
}

fn unused<'a>(kind: &str, name: &'a tree::Name) -> (&'a str, Diagnostic) {
    let diagnostic = Diagnostic::warning(
        CHECK.name,
        name.span,
        format!("nothing uses {kind} `{}`", name.text),
    )
    .help("remove it, or use it");
    (&name.text, diagnostic)
}

fn removable<'a>(kind: &str, name: &'a tree::Name, statement: Span) -> (&'a str, Diagnostic) {
    let (subject, diagnostic) = unused(kind, name);
    (subject, diagnostic.edit(statement, ""))
}
