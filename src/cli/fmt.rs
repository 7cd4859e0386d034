//! `septum fmt`

use std::path::PathBuf;

use super::write;
use super::{CliError, Outcome, Repository, report, workspace};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, SourceFile, SourceMap};
use crate::syntax;

/// Arguments of `fmt`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Policy files, or a policy repository [default: .]
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Policy repository
    #[arg(short, long = "policy", value_name = "DIR", conflicts_with = "paths")]
    policy: Option<PathBuf>,
    /// Change nothing; name the files that would change, and exit with 1 if there are any
    #[arg(long)]
    check: bool,
}

/// Lays files out in the canonical style.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let mut paths = arguments.paths.clone();
    paths.extend(arguments.policy.clone());
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    let mut files: Vec<PathBuf> = Vec::new();
    for path in paths {
        if path.is_dir() {
            let repository = Repository {
                operand: Some(path),
                policy: None,
                as_of: None,
            };
            let workspace = workspace::load(&repository.directory())?;
            let of_repository = workspace
                .files
                .iter()
                .filter_map(|(file, _)| workspace.sources.file(*file));
            files.extend(of_repository.map(|file| workspace.directory.join(file.path())));
        } else {
            files.push(path);
        }
    }
    let mut sources = SourceMap::default();
    let mut broken: Vec<Diagnostic> = Vec::new();
    let mut changes = Vec::new();
    for path in files {
        let text = workspace::read_text(&path)?;
        let file: FileId = sources.add(SourceFile::new(path.display().to_string(), text.clone()));
        let parsed = syntax::parse(file, &text);
        match syntax::format(&text, &parsed) {
            Some(formatted) if formatted != text => changes.push((path, formatted)),
            Some(_) => {}
            None => broken.extend(parsed.diagnostics),
        }
    }
    if !broken.is_empty() {
        report::diagnostics(&broken, &sources);
        return Ok(Outcome::BadInput);
    }
    let names: Vec<String> = changes
        .iter()
        .map(|(path, _)| path.display().to_string())
        .collect();
    let say = |what: &str| {
        names
            .iter()
            .for_each(|name| report::status(&format!("{what} {name}")))
    };
    if arguments.check {
        say("would format");
        return Ok(if names.is_empty() {
            Outcome::Clean
        } else {
            Outcome::Findings
        });
    }
    write::files(changes)?;
    say("formatted");
    Ok(Outcome::Clean)
}
