//! Set expressions: from what is written to addresses.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::names::Scope;
use super::text;
use crate::diagnostic::Diagnostic;
use crate::model::{Endpoint, Group};
use crate::packet::AddressSet;
use crate::syntax::tree::{self, Item, Name, Set};

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
        Set::Label(label, span) => match scope.labels.get(&label.text) {
            Some(members) => Some(Arc::clone(members)),
            None => {
                diagnostics.push(
                    Diagnostic::error(
                        "unknown-label",
                        *span,
                        format!("no zone or device has the label `{}`", label.text),
                    )
                    .at(label.span, "")
                    .did_you_mean(&label.text, scope.labels.keys().map(String::as_str)),
                );
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
        Set::Union(a, b, _) => combine(a, b, scope, diagnostics, AddressSet::union),
        Set::Intersection(a, b, _) => combine(a, b, scope, diagnostics, AddressSet::intersection),
        Set::Difference(a, b, _) => combine(a, b, scope, diagnostics, AddressSet::difference),
        Set::Group(inner, _) => evaluate(inner, scope, diagnostics),
        Set::Error(_) => None,
    }
}

fn combine(
    a: &Set,
    b: &Set,
    scope: &Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
    join: impl Fn(&AddressSet, &AddressSet) -> AddressSet,
) -> Option<Arc<AddressSet>> {
    let (a, b) = (evaluate(a, scope, diagnostics), evaluate(b, scope, diagnostics));
    Some(Arc::new(join(&*a?, &*b?)))
}

fn unknown(name: &Name, scope: &Scope<'_>) -> Diagnostic {
    if scope.labels.contains_key(&name.text) {
        return Diagnostic::error(
            "unknown-name",
            name.span,
            format!("`{}` is a label, not a zone, device or group", name.text),
        )
        .help(format!("write `label:{}`", name.text))
        .edit(name.span, format!("label:{}", name.text));
    }
    Diagnostic::error(
        "unknown-name",
        name.span,
        format!("there is no zone, device or group `{}`", name.text),
    )
    .did_you_mean(&name.text, scope.set_names())
}

/// One side of a statement.
pub(super) fn endpoint(set: &Set, scope: &Scope<'_>, diagnostics: &mut Vec<Diagnostic>) -> Option<Endpoint> {
    let addresses = evaluate(set, scope, diagnostics)?;
    Some(Endpoint {
        text: text::of_set(set).into(),
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
    let mut by_name: BTreeMap<&str, &tree::Group> = BTreeMap::new();
    for item in items {
        let Item::Group(group) = item else { continue };
        if scope.set(&group.name.text).is_none() && !by_name.contains_key(group.name.text.as_str()) {
            by_name.insert(&group.name.text, group);
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
                name: group.name.text.clone(),
                span: group.name.span,
                addresses,
            })
        })
        .collect();
    (groups, scope)
}

fn resolve_group<'t>(
    group: &'t tree::Group,
    by_name: &BTreeMap<&'t str, &'t tree::Group>,
    path: &mut Vec<&'t str>,
    scope: &mut Scope<'_>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = group.name.text.as_str();
    if scope.set(name).is_some() {
        return;
    }
    path.push(name);
    let mut names = Vec::new();
    names_in(&group.set, &mut names);
    let mut broken = false;
    for used in names {
        let Some(other) = by_name.get(used.text.as_str()) else {
            continue;
        };
        if let Some(at) = path.iter().position(|open| *open == used.text) {
            let cycle: Vec<&str> = path
                .iter()
                .skip(at)
                .copied()
                .chain([used.text.as_str()])
                .collect();
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

/// Every name in a set, left to right.
pub(super) fn names_in<'t>(set: &'t Set, names: &mut Vec<&'t Name>) {
    match set {
        Set::Name(name) => names.push(name),
        Set::Union(a, b, _) | Set::Intersection(a, b, _) | Set::Difference(a, b, _) => {
            names_in(a, names);
            names_in(b, names);
        }
        Set::Group(inner, _) => names_in(inner, names),
        Set::Label(..) | Set::Prefix(_) | Set::Any(_) | Set::Error(_) => {}
    }
}
