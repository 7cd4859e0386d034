//! What `septum check` finds: one file a check, one table of them all.
//!
//! A check looks at a [`Context`] and returns [`Finding`]s. How loud it is and which of its findings are waived is
//! settled afterwards, in one place, by [`run`].

mod asymmetric_return;
mod blast_radius;
mod broad_rule;
mod broadcast_split;
mod clear_text_phi;
mod context;
mod crossing;
mod dead_rule;
mod device_internet;
mod dhcp_unrelayed;
mod example;
mod expired_rule;
mod expiring_soon;
mod exploited_exposed;
mod finding;
mod forbid_path;
mod forbid_reachable;
mod half_association;
mod host_transit;
mod isolate_unenforced;
mod kev;
mod lateral_port;
mod legacy_exposed;
mod manage_unmet;
mod management;
mod mixed_zone;
mod mode_widens;
mod no_manage;
mod only_violated;
mod option;
mod partly_denied;
mod peer_traffic;
mod permitted;
mod refutation;
mod reported_elsewhere;
mod require_unmet;
mod restricted;
mod roles;
mod settings;
mod single_conduit;
mod stateless_return;
mod undocumented_rule;
mod unenforceable_rule;
mod unenforced_path;
mod unreachable_zone;
mod untrusted_to_patient;
mod unused_definition;
mod vendor_direct;
mod waiver;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::Span;

pub use context::{Context, Input, UNDECIDED};
pub use finding::Finding;
pub use kev::{KevError, KnownExploited};
pub use option::{OptionDefault, OptionSpec};
pub use roles::{ROLES, Role, RoleSpec};
pub use settings::Settings;

/// One entry of the table.
#[derive(Clone, Copy, Debug)]
pub struct Check {
    /// Kebab-case name, the code of its diagnostics.
    pub name: &'static str,
    /// How much its findings matter unless `septum.yaml` says otherwise.
    pub severity: Severity,
    /// False where it runs only when `septum.yaml` gives it a level.
    pub enabled: bool,
    /// One line for lists.
    pub summary: &'static str,
    /// The text of its file, whose module documentation is what `septum explain` prints; or that documentation.
    pub explain: &'static str,
    /// What `septum.yaml` can set.
    pub options: &'static [OptionSpec],
    /// Finds.
    pub run: fn(&Context<'_>) -> Vec<Finding>,
}

impl Check {
    /// The documentation, as Markdown: what it finds, why that matters, an example and its fix.
    pub fn documentation(&self) -> String {
        let lines: Vec<&str> = self
            .explain
            .lines()
            .map_while(|line| line.strip_prefix("//!"))
            .map(|line| line.strip_prefix(' ').unwrap_or(line))
            .collect();
        match lines.is_empty() {
            true => self.explain.trim().to_owned(),
            false => lines.join("\n"),
        }
    }
}

/// Every check, by name.
pub const CHECKS: &[Check] = &[
    asymmetric_return::CHECK,
    blast_radius::CHECK,
    broad_rule::CHECK,
    broadcast_split::CHECK,
    clear_text_phi::CHECK,
    dead_rule::CHECK,
    device_internet::CHECK,
    reported_elsewhere::DEVICE_OUTSIDE_ZONE,
    dhcp_unrelayed::CHECK,
    reported_elsewhere::DUPLICATE_ADDRESS,
    reported_elsewhere::EMPTY_RULE,
    expired_rule::CHECK,
    waiver::EXPIRED,
    expiring_soon::CHECK,
    exploited_exposed::CHECK,
    forbid_path::CHECK,
    forbid_reachable::CHECK,
    half_association::CHECK,
    host_transit::CHECK,
    isolate_unenforced::CHECK,
    lateral_port::CHECK,
    legacy_exposed::CHECK,
    manage_unmet::CHECK,
    mixed_zone::CHECK,
    mode_widens::CHECK,
    no_manage::CHECK,
    only_violated::CHECK,
    reported_elsewhere::OVERLAPPING_ZONES,
    partly_denied::CHECK,
    peer_traffic::CHECK,
    require_unmet::CHECK,
    single_conduit::CHECK,
    stateless_return::CHECK,
    reported_elsewhere::TARGET_LIMIT,
    undocumented_rule::CHECK,
    unenforceable_rule::CHECK,
    unenforced_path::CHECK,
    unreachable_zone::CHECK,
    untrusted_to_patient::CHECK,
    unused_definition::CHECK,
    waiver::USELESS,
    vendor_direct::CHECK,
];

/// True where an error keeps a build from being written, that of a mode if one is named. A rule that has expired is left
/// out, so what is written is right. A mode only denies and is built in an emergency: what stops it is that the policy
/// contradicts itself, or that this mode opens something or cuts what must arrive.
pub fn stops_build(finding: &Finding, mode: Option<&str>) -> bool {
    let contradictions = [
        reported_elsewhere::DEVICE_OUTSIDE_ZONE.name,
        reported_elsewhere::DUPLICATE_ADDRESS.name,
        reported_elsewhere::EMPTY_RULE.name,
        reported_elsewhere::OVERLAPPING_ZONES.name,
        reported_elsewhere::TARGET_LIMIT.name,
    ];
    let about_modes = [mode_widens::CHECK.name, require_unmet::CHECK.name];
    match (find(finding.diagnostic.code), mode) {
        (Some(check), Some(mode)) => {
            let of_mode =
                about_modes.contains(&check.name) && finding.subjects.iter().any(|name| name == mode);
            of_mode || contradictions.contains(&check.name)
        }
        (Some(check), None) => check.name != expired_rule::CHECK.name,
        (None, _) => true,
    }
}

/// The check of a name.
pub fn find(name: &str) -> Option<&'static Check> {
    CHECKS.iter().find(|check| check.name == name)
}

/// Runs every check that its settings let run. `earlier` is what reading the repository found: all of it is among
/// the findings, at the level that `septum.yaml` gives it where it is in the table.
pub fn run(context: &Context<'_>, earlier: &[Diagnostic]) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for diagnostic in earlier {
        findings.extend(releveled(context, diagnostic.clone()));
    }
    let found: Vec<Vec<Finding>> = CHECKS
        .par_iter()
        .map(|check| match context.settings.severity(check) {
            Some(severity) => (check.run)(context)
                .into_iter()
                .map(|finding| finding.at(severity))
                .collect(),
            None => Vec::new(),
        })
        .collect();
    findings.extend(found.into_iter().flatten());
    findings.extend(exploited_exposed::old_list(context));
    findings.extend(context.undecided());
    waiver::apply(context, findings)
}

/// What resolving names found, at the level that the repository wants. A contradiction stays an error.
fn releveled(context: &Context<'_>, diagnostic: Diagnostic) -> Option<Finding> {
    let check = CHECKS
        .iter()
        .find(|check| check.name == diagnostic.code && diagnostic.severity != Severity::Error);
    let Some(check) = check else {
        return Some(Finding::from(diagnostic));
    };
    let severity = context.settings.severity(check)?;
    let place = diagnostic.primary.as_ref().map(|label| label.span);
    let rule = context
        .policy
        .rules
        .iter()
        .find(|rule| place.is_some_and(|place| holds(rule.span, place)));
    Some(match rule {
        Some(rule) => Finding::of_rule(diagnostic, rule).at(severity),
        None => Finding::from(diagnostic).at(severity),
    })
}

fn holds(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}
