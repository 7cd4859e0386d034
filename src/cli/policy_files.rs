//! The files that the patterns of `septum.yaml` name.
//!
//! A pattern goes through links to directories, but into no directory twice: links can lead in circles, and two of them
//! in ways without number. A file that has several names is read once.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs::{self, FileType};
use std::io;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern, PatternError};

use super::CliError;
use crate::diagnostic::Diagnostic;
use crate::manifest::Manifest;

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// One part of a pattern.
enum Part {
    /// `**`: any number of directories.
    Directories,
    /// Exactly this.
    Name(String),
    /// Whatever looks so.
    Like(Pattern),
}

/// A directory, and where in the pattern its entries are.
struct Step {
    /// As the user sees it, from the repository on.
    shown: String,
    /// Without links.
    real: PathBuf,
    part: usize,
}

/// The files of a repository, relative to it, each once, by path. What is wrong with a pattern is a diagnostic.
pub(super) fn policy_files(
    directory: &Path,
    manifest: &Manifest,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Vec<String>, CliError> {
    let here = Path::new(".");
    let directory = if directory.as_os_str().is_empty() {
        here
    } else {
        directory
    };
    let failed = |path: &Path, source| CliError::Read {
        path: path.display().to_string(),
        source,
    };
    let root = fs::canonicalize(directory).map_err(|error| failed(directory, error))?;
    let mut names: BTreeMap<PathBuf, String> = BTreeMap::new();
    for pattern in &manifest.policies {
        let parts = match parts(&pattern.value) {
            Ok(parts) => parts,
            Err(error) => {
                let message = format!("`{}` is no file pattern: {}", pattern.value, error.msg);
                diagnostics.push(Diagnostic::error("policy-files", pattern.span, message));
                continue;
            }
        };
        let found = matching(&root, &parts).map_err(|(path, error)| failed(&directory.join(path), error))?;
        if found.is_empty() {
            let message = format!("no file matches `{}`", pattern.value);
            diagnostics.push(Diagnostic::warning("policy-files", pattern.span, message));
        }
        for (real, name) in found {
            // The name without links is the one to tell; of others the first.
            let rank = |name: &str| (real != root.join(name), name.to_owned());
            let better = names.get(&real).is_none_or(|known| rank(&name) < rank(known));
            if better {
                names.insert(real, name);
            }
        }
    }
    let mut names: Vec<String> = names.into_values().collect();
    names.sort();
    Ok(names)
}

fn parts(pattern: &str) -> Result<Vec<Part>, PatternError> {
    Pattern::new(pattern)?;
    let parts = pattern.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts
        .map(|part| {
            Ok(if part == "**" {
                Part::Directories
            } else if part.contains(['*', '?', '[']) {
                Part::Like(Pattern::new(part)?)
            } else {
                Part::Name(part.to_owned())
            })
        })
        .collect()
}

/// The files that a pattern names: each without links, and as the pattern came to it. An error comes with what could
/// not be read.
fn matching(root: &Path, parts: &[Part]) -> Result<Vec<(PathBuf, String)>, (String, io::Error)> {
    let mut found = Vec::new();
    let mut steps = VecDeque::from([Step {
        shown: String::new(),
        real: root.to_owned(),
        part: 0,
    }]);
    // What can be reached without links is, and so keeps its own name.
    let mut through_links = VecDeque::new();
    let mut seen = BTreeSet::new();
    while let Some(step) = steps.pop_front().or_else(|| through_links.pop_front()) {
        let Some(part) = parts.get(step.part) else {
            continue;
        };
        if !seen.insert((step.real.clone(), step.part)) {
            continue;
        }
        let (next, is_last) = (step.part + 1, step.part + 1 == parts.len());
        let entries = match part {
            Part::Name(name) => vec![name.clone()],
            _ => names(&step.real).map_err(|error| (step.shown.clone(), error))?,
        };
        for name in entries {
            let (matches, next) = match part {
                Part::Directories => (!name.starts_with('.'), step.part),
                Part::Name(_) => (true, next),
                Part::Like(pattern) => (pattern.matches_with(&name, OPTIONS), next),
            };
            if !matches {
                continue;
            }
            let path = step.real.join(&name);
            let kind = fs::symlink_metadata(&path).map(|there| there.file_type());
            if kind.is_err() && matches!(part, Part::Name(_)) {
                continue;
            }
            let shown = match step.shown.as_str() {
                "" => name,
                above => format!("{above}/{name}"),
            };
            // What leads nowhere is a file that cannot be read.
            let is_link = kind.as_ref().is_ok_and(FileType::is_symlink);
            let real = if is_link {
                fs::canonicalize(&path).unwrap_or(path)
            } else {
                path
            };
            let is_directory = if is_link {
                real.is_dir()
            } else {
                kind.is_ok_and(|kind| kind.is_dir())
            };
            if is_directory {
                let to = if is_link { &mut through_links } else { &mut steps };
                to.push_back(Step {
                    shown,
                    real,
                    part: next,
                });
            } else if is_last && !matches!(part, Part::Directories) {
                found.push((real, shown));
            }
        }
        if matches!(part, Part::Directories) {
            steps.push_front(Step { part: next, ..step });
        }
    }
    Ok(found)
}

/// The names in a directory, sorted. One that is no text is matched as far as it is, and then cannot be read.
fn names(directory: &Path) -> io::Result<Vec<String>> {
    let entries = fs::read_dir(directory)?;
    let names: io::Result<Vec<String>> = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect();
    let mut names = names?;
    names.sort();
    Ok(names)
}
