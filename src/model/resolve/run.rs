//! What devices speak themselves, and on which of their interfaces.

use std::collections::{BTreeMap, BTreeSet};

use super::names;
use crate::diagnostic::Diagnostic;
use crate::model::{Run, RunProtocol, ZoneId};
use crate::syntax::tree::{Name, Point, PointStatement};

/// The protocols of a point, each once: on all interfaces, if one statement says so.
pub(super) fn resolve(
    point: &Point,
    zone_ids: &BTreeMap<&str, ZoneId>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Run> {
    let interfaces = point.body.iter().filter_map(|statement| match statement {
        PointStatement::Interface(interface) => Some(&*interface.zone.text),
        _ => None,
    });
    let interfaces: BTreeSet<&str> = interfaces.collect();
    let mut spoken: BTreeMap<RunProtocol, Option<BTreeSet<ZoneId>>> = BTreeMap::new();
    for statement in &point.body {
        let PointStatement::Run { protocols, on } = statement else {
            continue;
        };
        let joined = on
            .iter()
            .filter_map(|zone| joined(point, &interfaces, zone, zone_ids, diagnostics));
        let joined: BTreeSet<ZoneId> = joined.collect();
        for name in protocols {
            let Some(protocol) = protocol(name, diagnostics) else {
                continue;
            };
            let zones = spoken.entry(protocol).or_insert_with(|| Some(BTreeSet::new()));
            match zones {
                Some(zones) if !on.is_empty() => zones.extend(&joined),
                _ => *zones = None,
            }
        }
    }
    let runs = spoken.into_iter();
    runs.map(|(protocol, on)| Run { protocol, on }).collect()
}

/// A zone that an interface of the point leads into; `interfaces` are all of these.
fn joined(
    point: &Point,
    interfaces: &BTreeSet<&str>,
    zone: &Name,
    zone_ids: &BTreeMap<&str, ZoneId>,
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<ZoneId> {
    if interfaces.contains(&*zone.text) {
        // One that is unknown has been reported at its interface.
        return zone_ids.get(&*zone.text).copied();
    }
    let diagnostic = match zone_ids.contains_key(&*zone.text) {
        true => {
            let message = format!("`{}` has no interface into `{}`", point.name.text, zone.text);
            Diagnostic::error("run-on", zone.span, message)
        }
        false => {
            let message = format!("there is no zone `{}`", zone.text);
            Diagnostic::error("unknown-name", zone.span, message)
        }
    };
    let diagnostic = names::did_you_mean(diagnostic, &zone.text, interfaces.iter().copied());
    diagnostics.push(match (&diagnostic.help, interfaces.is_empty()) {
        (Some(_), _) => diagnostic,
        (None, true) => diagnostic.help("it has no interfaces; leave `on` out"),
        (None, false) => {
            let zones: Vec<String> = interfaces.iter().map(|zone| format!("`{zone}`")).collect();
            diagnostic.help(format!("its interfaces lead into {}", zones.join(", ")))
        }
    });
    None
}

fn protocol(name: &Name, diagnostics: &mut Vec<Diagnostic>) -> Option<RunProtocol> {
    let found = RunProtocol::of_word(&name.text);
    if found.is_none() {
        let words = RunProtocol::ALL.iter().map(|(word, _)| *word);
        let diagnostic = Diagnostic::error(
            "unknown-protocol",
            name.span,
            format!("a device cannot `run {}`", name.text),
        )
        .did_you_mean(&name.text, words.clone());
        let all: Vec<&str> = words.collect();
        diagnostics.push(match diagnostic.help {
            Some(_) => diagnostic,
            None => diagnostic.help(format!("it can run {}", all.join(", "))),
        });
    }
    found
}
