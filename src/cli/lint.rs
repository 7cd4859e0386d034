//! Runs the checks over a loaded repository, for `check` and `build` alike.

use std::path::Path;

use super::CliError;
use super::workspace::{self, Workspace};
use crate::check::{self, CHECKS, Check, Context, Finding, Input, KnownExploited, Settings};
use crate::diagnostic::{Diagnostic, Severity, in_reading_order, suggest};
use crate::network::Network;
use crate::target;

/// The check that reads a catalogue of known exploited vulnerabilities.
const OF_CATALOGUE: &str = "exploited-exposed";
/// The check that only `build` makes.
const OF_BUILD: &str = "target-limit";
/// The check that has to know what every other one finds.
const OF_ALL: &str = "useless-waiver";

/// The checks that a run makes, and how.
#[derive(Debug)]
pub(super) struct Checks {
    settings: Settings,
    only: Vec<&'static Check>,
    /// What is known to be exploited, if a catalogue was given.
    pub kev: Option<KnownExploited>,
}

impl Checks {
    /// The checks that `septum.yaml` wants.
    pub(super) fn of(workspace: &Workspace) -> Result<Self, CliError> {
        Self::chosen(workspace, &[], None)
    }

    /// Of these only those named, if any are: they run whatever the file says. A catalogue that is named here counts
    /// instead of the one in the file.
    pub(super) fn chosen(
        workspace: &Workspace,
        only: &[String],
        kev: Option<&Path>,
    ) -> Result<Self, CliError> {
        let mut settings = workspace.settings.clone();
        let only: Vec<&'static Check> = only.iter().map(|name| named(name)).collect::<Result<_, _>>()?;
        let kev = catalogue(workspace, &settings, kev)?;
        for check in &only {
            settings.insist(check);
            let missing = match check.name {
                OF_CATALOGUE if kev.is_none() => {
                    "needs a catalogue of vulnerabilities: give one with --kev, or as its option `file`"
                }
                OF_BUILD => "is found by `septum build` only",
                _ => continue,
            };
            return Err(CliError::Other(format!("`{}` {missing}", check.name)));
        }
        let wanted = |check: &Check| {
            only.iter()
                .any(|one| one.name == check.name || one.name == OF_ALL)
        };
        if !only.is_empty() {
            for check in CHECKS.iter().filter(|check| !wanted(check)) {
                settings.silence(check);
            }
        }
        Ok(Self { settings, only, kev })
    }

    /// Everything there is to say about a repository that loads, in reading order.
    pub(super) fn findings(
        &self,
        workspace: &Workspace,
        network: &Network,
        today: jiff::civil::Date,
    ) -> Vec<Diagnostic> {
        let found = self.found(workspace, network, today).into_iter();
        in_reading_order(found.map(|finding| finding.diagnostic).collect())
    }

    /// The same with what each is about: what reading the repository found, then what the checks find.
    pub(super) fn found(
        &self,
        workspace: &Workspace,
        network: &Network,
        today: jiff::civil::Date,
    ) -> Vec<Finding> {
        let stateless = target::platforms(|platform| platform.stateless());
        let guarding = target::platforms(|platform| platform.guards_itself());
        let trees: Vec<_> = workspace.files.iter().map(|(_, parsed)| &parsed.tree).collect();
        let context = Context::new(Input {
            policy: &workspace.policy,
            network,
            sources: &workspace.sources,
            trees: &trees,
            settings: &self.settings,
            stateless: &stateless,
            guarding: &guarding,
            kev: self.kev.as_ref(),
            today,
        });
        let mut found = check::run(&context, &workspace.diagnostics);
        found.retain(|finding| self.wants(&finding.diagnostic));
        found
    }

    /// True for what was asked for, for mistakes in the input, and for what says that there may be more.
    fn wants(&self, diagnostic: &Diagnostic) -> bool {
        match check::find(diagnostic.code) {
            Some(check) => self.only.is_empty() || self.only.iter().any(|one| one.name == check.name),
            None => {
                self.only.is_empty()
                    || diagnostic.severity == Severity::Error
                    || diagnostic.code == check::UNDECIDED
            }
        }
    }
}

/// The check of a name.
///
/// # Errors
/// When there is none.
pub(super) fn named(name: &str) -> Result<&'static Check, CliError> {
    check::find(name).ok_or_else(|| {
        let next = match suggest::nearest(name, CHECKS.iter().map(|check| check.name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "`septum explain` lists all".to_owned(),
        };
        CliError::Other(format!(
            "there is no check {}; {next}",
            crate::diagnostic::quote::quoted(name)
        ))
    })
}

/// The catalogue that the command line names, else the one that `septum.yaml` does.
fn catalogue(
    workspace: &Workspace,
    settings: &Settings,
    given: Option<&Path>,
) -> Result<Option<KnownExploited>, CliError> {
    let set = check::find(OF_CATALOGUE).map_or("", |check| settings.text(check, "file"));
    let path = match given {
        Some(path) => path.to_owned(),
        None if set.is_empty() => return Ok(None),
        None => workspace.directory.join(set),
    };
    let text = workspace::read_text(&path)?;
    KnownExploited::read(&text)
        .map(Some)
        .map_err(|error| CliError::Other(format!("`{}` is {error}", path.display())))
}
