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

use std::collections::{BTreeSet, HashMap, HashSet};

use rustc_hash::FxHashSet;

use super::{Check, Context, Finding};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;
use crate::syntax::tree::{
    self, Assertion, AssertionKind, Item, Name, PointStatement, PolicyStatement, Rule, ServiceStatement,
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
    sets: HashSet<&'a str>,
    labels: HashSet<&'a str>,
    services: HashSet<&'a str>,
    /// Names of sets that were met, by place: a tree keeps each name once.
    met: FxHashSet<*const u8>,
    /// Names of sets and of services that were not followed yet.
    sets_to_follow: Vec<&'a str>,
    services_to_follow: Vec<&'a str>,
}

impl<'a> Used<'a> {
    fn set_name(&mut self, name: &'a Name) {
        if self.met.insert(name.text.as_ptr()) && self.sets.insert(&name.text) {
            self.sets_to_follow.push(&name.text);
        }
    }

    fn service_name(&mut self, name: &'a Name) {
        if self.services.insert(&name.text) {
            self.services_to_follow.push(&name.text);
        }
    }

    fn set(&mut self, set: &'a Set) {
        match set {
            Set::Name(name) => self.set_name(name),
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
                self.service_name(name);
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
                        self.set_name(name);
                    }
                }
            }
            Item::Device(device) => self.set_name(&device.zone),
            Item::Waiver(_) | Item::Group(_) | Item::Service(_) | Item::Error(_) => {}
        }
    }

    fn point(&mut self, statement: &'a PointStatement) {
        match statement {
            PointStatement::Protects(name, _) => self.set_name(name),
            PointStatement::Interface(interface) => self.set_name(&interface.zone),
            PointStatement::Manage { from, services, .. } => {
                self.set(from);
                self.terms(services);
            }
            PointStatement::Target(..) | PointStatement::Unmanaged(_) | PointStatement::Run { .. } => {}
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
    let mut groups: HashMap<&str, &tree::Group> = HashMap::new();
    let mut services: HashMap<&str, &tree::Service> = HashMap::new();
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
    while let Some(name) = used.sets_to_follow.pop() {
        if let Some(group) = groups.get(name) {
            used.set(&group.set);
        }
    }
    while let Some(name) = used.services_to_follow.pop() {
        let Some(service) = services.get(name) else {
            continue;
        };
        used.terms(&service.terms);
        for statement in &service.body {
            if let ServiceStatement::Prefer(name, _) = statement {
                used.service_name(name);
            }
        }
    }
}

/// Uses of zones and devices, by name or by label.
struct Known<'a> {
    used: &'a Used<'a>,
    /// Names with a used one below them.
    above: HashSet<&'a str>,
    labels: HashMap<&'a str, &'a BTreeSet<String>>,
}

impl<'a> Known<'a> {
    fn new(context: &'a Context<'_>, used: &'a Used<'a>) -> Self {
        let items = context.trees.iter().flat_map(|file| &file.items);
        let written: HashSet<&str> = items
            .filter_map(|item| match item {
                Item::Zone(zone) => Some(&*zone.name.text),
                Item::Device(device) => Some(&*device.name.text),
                _ => None,
            })
            .collect();
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
            above: used.sets.iter().copied().flat_map(above).collect(),
            labels: zones
                .chain(devices)
                .filter(|(name, _)| written.contains(name))
                .collect(),
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
        above(name)
            .chain([name])
            .any(|name| self.used.sets.contains(name))
            || self.above.contains(name)
            || self.labelled(name)
    }
}

/// What stands before each dot of a name.
fn above(name: &str) -> impl Iterator<Item = &str> {
    name.match_indices('.').filter_map(|(dot, _)| name.get(..dot))
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
