//! Findings: as text on standard error for people, as data on standard output for programs.

use std::collections::BTreeSet;
use std::io::{IsTerminal, Write};
use std::path::{Component, Path};

use super::workspace::Workspace;
use super::{CliError, Outcome};
use crate::check::CHECKS;
use crate::diagnostic::report::{Report, Rule};
use crate::diagnostic::{Diagnostic, Severity, github, json, junit, sarif, text, worst};
use crate::source::SourceMap;
use crate::standard;

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For people, on standard error
    Text,
    /// One document, described by docs/findings.schema.json
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of a GitHub workflow run
    Github,
    /// Test results, for GitLab, Jenkins and Azure
    Junit,
}

/// Choice of the format of findings, for every command that has them.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Output {
    /// How findings are written; all but text go to standard output
    #[arg(long, value_name = "FORMAT", value_enum, default_value_t = Format::Text, hide_default_value = true)]
    format: Format,
}

impl Output {
    /// Prints the findings of a policy repository that are not `known` by their fingerprints.
    pub(super) fn print(
        self,
        findings: &[Diagnostic],
        workspace: &Workspace,
        known: &BTreeSet<String>,
    ) -> Result<(), CliError> {
        let render = match self.format {
            Format::Text => {
                diagnostics(findings, &workspace.sources);
                return Ok(());
            }
            Format::Json => json::render,
            Format::Sarif => sarif::render,
            Format::Github => github::render,
            Format::Junit => junit::render,
        };
        let documentation: Vec<String> = CHECKS.iter().map(|check| check.documentation()).collect();
        let rules: Vec<Rule<'_>> = CHECKS
            .iter()
            .zip(&documentation)
            .map(|(check, help)| Rule {
                id: check.name,
                severity: check.severity,
                summary: check.summary,
                help,
            })
            .collect();
        let builtin = standard::FILES.map(|(path, _)| path);
        let rendered = render(&Report {
            findings,
            known,
            sources: &workspace.sources,
            rules: &rules,
            version: env!("CARGO_PKG_VERSION"),
            root: &from_here(&workspace.directory),
            builtin: &builtin,
        });
        let mut stdout = std::io::stdout().lock();
        stdout.write_all(rendered.as_bytes())?;
        stdout.flush()?;
        if !findings.is_empty() {
            status(&text::summary(findings));
        }
        Ok(())
    }
}

/// A directory as seen from the working directory, with `/` between its parts; empty for that one.
fn from_here(directory: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let inside = directory.strip_prefix(here).unwrap_or(directory);
    let mut seen = String::new();
    for part in inside.components() {
        match part {
            Component::CurDir => {}
            Component::RootDir => seen.push('/'),
            Component::Prefix(_) | Component::ParentDir | Component::Normal(_) => {
                if !seen.is_empty() && !seen.ends_with('/') {
                    seen.push('/');
                }
                seen.push_str(&part.as_os_str().to_string_lossy());
            }
        }
    }
    seen
}

/// True where standard error takes colour: a terminal, unless NO_COLOR and its kin say otherwise.
fn colour() -> bool {
    !matches!(
        anstream::AutoStream::choice(&std::io::stderr()),
        anstream::ColorChoice::Never
    )
}

/// How many findings are printed as text. Nobody reads more, and a damaged file can have a hundred thousand.
const SHOWN: usize = 1_000;

/// Prints diagnostics and their count to standard error.
pub(super) fn diagnostics(all: &[Diagnostic], sources: &SourceMap) {
    let colour = colour();
    let mut stderr = std::io::stderr().lock();
    for diagnostic in all.iter().take(SHOWN) {
        let _ = writeln!(stderr, "{}", text::render(diagnostic, sources, colour));
    }
    if let Some(more) = all.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(
            stderr,
            "{more} more are not shown: `check --format json` has them all\n"
        );
    }
    if !all.is_empty() {
        let _ = writeln!(stderr, "{}", text::summary(all));
    }
}

/// What a list of findings means for the exit code.
pub(super) fn outcome(findings: &[Diagnostic]) -> Outcome {
    match worst(findings) {
        Some(Severity::Error) => Outcome::Findings,
        _ => Outcome::Clean,
    }
}

/// Prints why a command failed.
pub(super) fn failure(error: &CliError) {
    let (start, end) = if colour() {
        ("\x1b[1;31m", "\x1b[0m")
    } else {
        ("", "")
    };
    let _ = writeln!(std::io::stderr(), "{start}error{end}: {error}");
}

/// One line about what was done, on standard error.
pub(super) fn status(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// True where a person watches.
pub(super) fn terminal() -> bool {
    std::io::stderr().is_terminal()
}
