//! Mechanical remedies: statements that do nothing are taken out, and files are laid out in the canonical style.
//!
//! What is written has been held against what was read: both permit the same packets, on every day and in every mode.

use std::collections::{BTreeMap, BTreeSet};

use super::lint::Checks;
use super::workspace::Workspace;
use super::write;
use super::{CliError, report};
use crate::diagnostic::quote::quoted;
use crate::diagnostic::{Diagnostic, without};
use crate::diff::{Version, diff};
use crate::model::{Describer, ModeId, Policy};
use crate::network::Network;
use crate::packet::Budget;
use crate::source::FileId;
use crate::syntax;

/// Checks whose findings are remedied by taking out what they are about.
const REMOVED: [&str; 4] = [
    "dead-rule",
    "expired-waiver",
    "unused-definition",
    "useless-waiver",
];

/// A repository after its remedies, and what is left to say about it.
pub(super) struct Fixed {
    pub workspace: Workspace,
    pub findings: Vec<Diagnostic>,
}

/// Remedies what can be, and writes it. Removing one thing can leave another without use, so this goes on until
/// nothing is left to remove.
pub(super) fn fix(
    original: Workspace,
    mut findings: Vec<Diagnostic>,
    checks: &Checks,
    today: jiff::civil::Date,
) -> Result<Fixed, CliError> {
    let mut texts: BTreeMap<FileId, String> = BTreeMap::new();
    let mut said = Vec::new();
    let mut workspace = original.with_texts(&texts);
    loop {
        let edited = removals(&workspace, &findings, &mut said);
        if edited.is_empty() {
            break;
        }
        texts.extend(edited);
        workspace = usable(original.with_texts(&texts))?;
        findings = found(checks, &workspace, today);
    }
    for (file, parsed) in &workspace.files {
        let Some(source) = workspace.sources.file(*file) else {
            continue;
        };
        if let Some(formatted) = syntax::format(source.text(), parsed).filter(|text| text != source.text()) {
            said.push(format!("formatted {}", shown(&workspace, *file)));
            texts.insert(*file, formatted);
        }
    }
    if texts.is_empty() {
        return Ok(Fixed { workspace, findings });
    }
    workspace = usable(original.with_texts(&texts))?;
    same_packets(&original.policy, &workspace.policy, today)?;
    let path = |file: &FileId| {
        let source = workspace.sources.file(*file)?;
        Some(workspace.directory.join(source.path()))
    };
    write::files(
        texts
            .iter()
            .filter_map(|(file, text)| Some((path(file)?, text.as_bytes()))),
    )?;
    for line in said {
        report::status(&line);
    }
    let findings = found(checks, &workspace, today);
    Ok(Fixed { workspace, findings })
}

fn found(checks: &Checks, workspace: &Workspace, today: jiff::civil::Date) -> Vec<Diagnostic> {
    checks.findings(workspace, &Network::new(&workspace.policy), today)
}

/// The files that lose something, without it.
fn removals(
    workspace: &Workspace,
    findings: &[Diagnostic],
    said: &mut Vec<String>,
) -> BTreeMap<FileId, String> {
    let mut statements: BTreeMap<FileId, Vec<std::ops::Range<usize>>> = BTreeMap::new();
    for finding in findings.iter().filter(|finding| REMOVED.contains(&finding.code)) {
        let Some(edit) = finding.edit.as_ref().filter(|edit| edit.replacement.is_empty()) else {
            continue;
        };
        let file = edit.span.file;
        // Only files of the repository, never the standard library or the inventory.
        if !workspace.files.iter().any(|(known, _)| *known == file) {
            continue;
        }
        let text = workspace.sources.text(edit.span);
        let words: Vec<&str> = text.split_whitespace().collect();
        said.push(format!(
            "removed from {}: {} ({})",
            shown(workspace, file),
            quoted(&words.join(" ")),
            finding.code
        ));
        statements.entry(file).or_default().push(edit.span.range());
    }
    statements
        .into_iter()
        .filter_map(|(file, ranges)| {
            let text = workspace.sources.file(file)?.text();
            let left = without(text, ranges);
            (left != text).then_some((file, left))
        })
        .collect()
}

fn shown(workspace: &Workspace, file: FileId) -> String {
    let path = workspace.sources.file(file).map_or("", |source| source.path());
    workspace.directory.join(path).display().to_string()
}

fn usable(workspace: Workspace) -> Result<Workspace, CliError> {
    if workspace.broken() {
        report::diagnostics(&workspace.diagnostics, &workspace.sources);
        return Err(CliError::Other(
            "the remedies would leave a policy that cannot be read; nothing was written".to_owned(),
        ));
    }
    Ok(workspace)
}

/// Holds two policies against each other: on this day and on each on which a rule has just ended, in every mode, with
/// all rules and with those alone that let any number of flows through.
fn same_packets(old: &Policy, new: &Policy, today: jiff::civil::Date) -> Result<(), CliError> {
    let refused = |why: String| CliError::Other(format!("{why}; nothing was written"));
    if old.modes.len() != new.modes.len() || old.assertions.len() != new.assertions.len() {
        return Err(refused(
            "the remedies would take away a mode or an assertion".to_owned(),
        ));
    }
    let ends = old
        .rules
        .iter()
        .filter_map(|rule| rule.meta.expires?.0.tomorrow().ok());
    let days: BTreeSet<jiff::civil::Date> = ends.filter(|day| *day > today).chain([today]).collect();
    let modes: Vec<Option<ModeId>> = std::iter::once(None)
        .chain((0..old.modes.len()).map(|index| Some(ModeId::from_index(index))))
        .collect();
    let hints = Describer::new(old).hints().clone();
    for (old, new) in [(old, new), (&unlimited(old), &unlimited(new))] {
        for today in &days {
            for mode in &modes {
                let version = |policy| Version {
                    policy,
                    today: *today,
                    mode: *mode,
                };
                let changes =
                    diff(version(old), version(new), &hints, Budget::default()).map_err(|error| {
                        refused(format!("that the remedies change nothing is not proven: {error}"))
                    })?;
                if let Some(change) = changes.opened.iter().chain(&changes.closed).next() {
                    let packet = change.witness;
                    return Err(refused(format!(
                        "the remedies would change what is permitted: {packet}"
                    )));
                }
            }
        }
    }
    Ok(())
}

/// The policy without rules that count flows.
fn unlimited(policy: &Policy) -> Policy {
    let rules = policy.rules.iter().filter(|rule| rule.meta.rate.is_none());
    Policy {
        rules: rules.cloned().collect(),
        ..policy.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::{Checks, fix};
    use crate::cli::workspace;
    use crate::diagnostic::Diagnostic;

    const POLICY: &str = "zone ward { subnet 10.1.0.0/24 }
zone lab { subnet 10.2.0.0/24 }
allow ward -> lab : https
allow lab -> ward : https { expires 2026-12-31 }
allow lab -> ward : tcp 443
mode quiet {
    deny ward -> lab
}
";

    /// What comes of a remedy that removes a statement, rightly or not.
    fn removing(statement: &str) -> Result<(), String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.sept");
        std::fs::write(directory.path().join("septum.yaml"), "name: a\n").unwrap();
        std::fs::write(&path, POLICY).unwrap();
        let workspace = workspace::load(directory.path()).unwrap();
        let file = workspace.files.first().unwrap().0;
        let start = POLICY.find(statement).unwrap();
        let span = crate::source::Span::new(file, start, start + statement.len());
        let finding = Diagnostic::warning("dead-rule", span, "wrong").edit(span, "");
        let only = ["forbid-path".to_owned()];
        let checks = Checks::chosen(&workspace, &only, None).unwrap();
        let day = jiff::civil::date(2026, 6, 1);
        let result = fix(workspace, vec![finding], &checks, day);
        let written = std::fs::read_to_string(&path).unwrap() != POLICY;
        assert_eq!(written, result.is_ok(), "{statement}");
        result.map(|_| ()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_remedy_that_would_change_what_is_permitted_is_not_written() {
        removing("allow lab -> ward : https { expires 2026-12-31 }").unwrap();
        let cases = [
            (
                "allow ward -> lab : https",
                "change what is permitted: tcp 10.1.0.",
            ),
            // Only from 2027 on.
            (
                "allow lab -> ward : tcp 443",
                "change what is permitted: tcp 10.2.0.",
            ),
            // Only in the mode.
            ("deny ward -> lab", "change what is permitted: tcp 10.1.0."),
            // What is left is no policy.
            (
                "zone ward { subnet 10.1.0.0/24 }",
                "cannot be read; nothing was written",
            ),
        ];
        for (statement, why) in cases {
            let error = removing(statement).unwrap_err();
            assert!(error.contains(why), "{statement}: {error}");
            assert!(error.ends_with("nothing was written"), "{error}");
        }
    }
}
