//! Set expressions: from what is written to addresses.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::Arc;

use super::names::{Scope, did_you_mean};
use super::text;
use crate::diagnostic::Diagnostic;
use crate::model::{Endpoint, Group};
use crate::packet::AddressSet;
use crate::syntax::spelled;
use crate::syntax::tree::{self, Item, Name, Point, PointKind, PointStatement, Set};

/// How deep groups may name groups.
const GROUP_DEPTH: usize = 128;

/// The addresses of a set; none where a name in it is unknown (which has then been reported).
pub(super) fn evaluate(
    set: &Set,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Arc<AddressSet>> {
    match set {
        Set::Name(name) => match scope.set(&name.text) {
            Some(known) => known.cloned(),
            None => {
                diagnostics.push(unknown(name, scope));
                None
            }
        },
        Set::Label(label) => match scope.labels.get(&*label.name.text) {
            Some(members) => Some(Arc::clone(members)),
            None => {
                let message = format!("no zone or device has the label `{}`", label.name.text);
                let problem = Diagnostic::error("unknown-label", label.span, message).at(label.name.span, "");
                diagnostics.push(did_you_mean(
                    problem,
                    &label.name.text,
                    scope.labels.keys().copied(),
                ));
                None
            }
        },
        Set::Prefix(prefix) => {
            if prefix.value.trunc() != prefix.value {
                let network = prefix.value.trunc();
                let message = format!("`{}` has bits set behind its prefix length", prefix.value);
                diagnostics.push(
                    Diagnostic::error("host-bits", prefix.span, message)
                        .help(format!("write `{network}` for the network, or the address alone")),
                );
            }
            Some(Arc::new(AddressSet::from_prefixes([&prefix.value])))
        }
        Set::Any(_) => Some(Arc::clone(&scope.any)),
        Set::Union(operands) => {
            let parts = each(operands, scope, diagnostics)?;
            Some(Arc::new(AddressSet::union_of(parts.iter().map(|part| &**part))))
        }
        Set::Intersection(operands) => combine(operands, scope, diagnostics, AddressSet::intersection),
        Set::Difference(operands) => combine(&operands[..], scope, diagnostics, AddressSet::difference),
        Set::Group(inner, _) => evaluate(inner, scope, diagnostics),
        Set::Error(_) => None,
    }
}

/// The addresses of each operand. All are evaluated, so that each unknown name is reported.
fn each(
    operands: &[Set],
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<Vec<Arc<AddressSet>>> {
    let mut all = Some(Vec::with_capacity(operands.len()));
    for operand in operands {
        match evaluate(operand, scope, diagnostics) {
            Some(addresses) => {
                if let Some(all) = &mut all {
                    all.push(addresses);
                }
            }
            None => all = None,
        }
    }
    all
}

/// Joins the operands from left to right.
fn combine(
    operands: &[Set],
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
    join: impl Fn(&AddressSet, &AddressSet) -> AddressSet,
) -> Option<Arc<AddressSet>> {
    let mut parts = each(operands, scope, diagnostics)?.into_iter();
    let first = parts.next()?;
    Some(parts.fold(first, |joined, part| Arc::new(join(&joined, &part))))
}

fn unknown(name: &Name, scope: &Scope<'_>) -> Diagnostic {
    if scope.labels.contains_key(&*name.text) {
        let instead = format!("label:{}", spelled(&name.text));
        return Diagnostic::error(
            "unknown-name",
            name.span,
            format!("`{}` is a label, not a zone, device or group", name.text),
        )
        .help(format!("write `{instead}`"))
        .edit(name.span, instead);
    }
    let problem = Diagnostic::error(
        "unknown-name",
        name.span,
        format!("there is no zone, device or group `{}`", name.text),
    );
    if let Some(point) = scope.points.get(&*name.text) {
        return problem.help(instead_of(point));
    }
    did_you_mean(problem, &name.text, scope.set_names())
}

/// What a set can hold where a firewall or router was named.
fn instead_of(point: &Point) -> String {
    let kind = match point.kind {
        PointKind::Firewall => "firewall",
        PointKind::Router => "router",
    };
    let of_body = |statement: &PointStatement| match statement {
        PointStatement::Interface(interface) => {
            let address = interface.addresses.first()?;
            Some(format!("write an address of it, such as `{}`", address.value))
        }
        PointStatement::Protects(device, _) => Some(format!(
            "name the device that it protects, `{}`",
            spelled(&device.text)
        )),
        _ => None,
    };
    let instead = point.body.iter().find_map(of_body);
    let instead =
        instead.unwrap_or_else(|| "give its interfaces addresses, and name one of those".to_owned());
    format!("`{}` is a {kind}, which no set holds: {instead}", point.name.text)
}

/// One side of a statement.
pub(super) fn endpoint(set: &Set, scope: &Scope<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Endpoint> {
    let addresses = evaluate(set, scope, diagnostics)?;
    Some(Endpoint {
        text: text::of_set(set),
        span: set.span(),
        addresses,
    })
}

/// Resolves the groups in the order in which they need each other, and adds them to the scope.
pub(super) fn resolve_groups<'a>(
    items: &[&'a Item],
    mut scope: Scope<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Vec<Group>, Scope<'a>) {
    let mut written: Vec<&tree::Group> = Vec::new();
    let mut by_name: HashMap<&str, &tree::Group> = HashMap::new();
    for item in items {
        let Item::Group(group) = item else { continue };
        if scope.set(&group.name.text).is_some() {
            continue;
        }
        if let Entry::Vacant(entry) = by_name.entry(&group.name.text) {
            entry.insert(group);
            written.push(group);
        }
    }
    for group in &written {
        resolve_group(group, &by_name, &mut Vec::new(), &mut scope, diagnostics);
    }
    let groups = written
        .iter()
        .filter_map(|group| {
            let addresses = Arc::clone(scope.set(&group.name.text)??);
            Some(Group {
                name: group.name.text.to_string(),
                span: group.name.span,
                addresses,
            })
        })
        .collect();
    (groups, scope)
}

fn resolve_group<'t>(
    group: &'t tree::Group,
    by_name: &HashMap<&'t str, &'t tree::Group>,
    path: &mut Vec<&'t str>,
    scope: &mut Scope<'t>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = &*group.name.text;
    if scope.set(name).is_some() {
        return;
    }
    path.push(name);
    let mut groups = Vec::new();
    groups_in(&group.set, by_name, &mut groups);
    let mut broken = false;
    for (used, other) in groups {
        if let Some(at) = path.iter().position(|open| *open == &*used.text) {
            let cycle: Vec<&str> = path.iter().skip(at).copied().chain([&*used.text]).collect();
            let message = format!("group `{name}` contains itself: {}", cycle.join(" -> "));
            diagnostics.push(Diagnostic::error("group-cycle", used.span, message));
            broken = true;
        } else if path.len() >= GROUP_DEPTH {
            let message = format!("groups name groups more than {GROUP_DEPTH} deep");
            diagnostics.push(Diagnostic::error("group-depth", used.span, message));
            broken = true;
        } else {
            resolve_group(other, by_name, path, scope, diagnostics);
        }
    }
    path.pop();
    let addresses = if broken {
        None
    } else {
        evaluate(&group.set, scope, diagnostics)
    };
    scope.add(name, addresses);
}

/// Every group that a set names, left to right, with its name there.
fn groups_in<'t>(
    set: &'t Set,
    by_name: &HashMap<&'t str, &'t tree::Group>,
    groups: &mut Vec<(&'t Name, &'t tree::Group)>,
) {
    match set {
        Set::Name(name) => groups.extend(by_name.get(&*name.text).map(|group| (name, *group))),
        Set::Union(operands) | Set::Intersection(operands) => {
            operands
                .iter()
                .for_each(|operand| groups_in(operand, by_name, groups));
        }
        Set::Difference(operands) => operands
            .iter()
            .for_each(|operand| groups_in(operand, by_name, groups)),
        Set::Group(inner, _) => groups_in(inner, by_name, groups),
        Set::Label(_) | Set::Prefix(_) | Set::Any(_) | Set::Error(_) => {}
    }
}
