//! Loads a policy repository: manifest, policy files, inventories, the standard library.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::CliError;
use super::consequence::Unread;
use super::policy_files::policy_files;
use crate::check::Settings;
use crate::diagnostic::{Diagnostic, Severity, in_reading_order, worst};
use crate::inventory::csv::Columns;
use crate::inventory::{self, InventoryDevice};
use crate::manifest::{self, Manifest};
use crate::model::{self, Policy, Rule};
use crate::source::{FileId, SourceFile, SourceMap};
use crate::standard;
use crate::syntax::{self, Parsed};
use crate::target;

/// The largest input file, in bytes.
const FILE_LIMIT: u64 = 256 << 20;

/// A loaded policy repository.
#[derive(Debug)]
pub(super) struct Workspace {
    /// Its directory.
    pub directory: PathBuf,
    /// Every file that was read.
    pub sources: SourceMap,
    /// `septum.yaml`.
    pub manifest: Manifest,
    /// What the manifest says about checks. What is wrong with it is among the diagnostics.
    pub settings: Settings,
    /// The parsed policy files.
    pub files: Vec<(FileId, Parsed)>,
    /// The parsed standard library.
    standard: Vec<Parsed>,
    /// The files of the inventory that could be read, and how their columns are called.
    inventories: Vec<(FileId, Columns)>,
    /// The resolved policy.
    pub policy: Policy,
    /// What manifest and inventories have to say.
    around: Vec<Diagnostic>,
    /// What manifest, its settings of checks, inventories, syntax and names have to say, in reading order.
    pub diagnostics: Vec<Diagnostic>,
}

impl Workspace {
    /// True where the policy cannot be used.
    pub(super) fn broken(&self) -> bool {
        worst(&self.diagnostics) == Some(Severity::Error)
    }

    /// Lets go of what only reading and checking need: the trees.
    pub(super) fn forget_trees(&mut self) {
        self.files = Vec::new();
        self.standard = Vec::new();
    }

    /// The same repository with other texts of some of its policy files, as if they had been read from there.
    pub(super) fn with_texts(&self, texts: &BTreeMap<FileId, String>) -> Self {
        let mut sources = SourceMap::default();
        for (id, file) in self.sources.files() {
            let text = texts.get(&id).map_or(file.text(), String::as_str);
            sources.add(SourceFile::new(file.path(), text));
        }
        let files = self.files.iter().map(|(id, parsed)| match texts.get(id) {
            Some(text) => (*id, syntax::parse(*id, text)),
            None => (*id, parsed.clone()),
        });
        self.resolved(sources, files.collect())
    }

    /// The same repository with one more policy file.
    pub(super) fn with_file(&self, path: &str, text: &str) -> Self {
        let mut sources = self.sources.clone();
        let file = sources.add(SourceFile::new(path, text));
        let mut files = self.files.clone();
        files.push((file, syntax::parse(file, text)));
        self.resolved(sources, files)
    }

    fn resolved(&self, sources: SourceMap, files: Vec<(FileId, Parsed)>) -> Self {
        let inventory = self.inventory();
        let unresolved = Unresolved {
            directory: self.directory.clone(),
            sources,
            manifest: self.manifest.clone(),
            files,
            standard: self.standard.clone(),
            inventories: self.inventories.clone(),
            around: self.around.clone(),
        };
        unresolved.resolved(&inventory)
    }

    /// The devices of the inventory. They take much memory, and are read anew where they are needed again.
    fn inventory(&self) -> Vec<InventoryDevice> {
        let read = self
            .inventories
            .iter()
            .flat_map(|(file, columns)| read_inventory(&self.sources, *file, columns).0);
        read.collect()
    }

    /// The one rule of a question on the command line.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn ask_one(&mut self, question: &str) -> Result<Rule, Vec<Diagnostic>> {
        let mut rules = self.ask("<command line>", question)?;
        match (rules.pop(), rules.pop()) {
            (Some(rule), None) => Ok(rule),
            (Some(second), Some(_)) => Err(vec![
                Diagnostic::error("syntax", second.span, "this is a second question")
                    .help("ask about one pair of sets at a time"),
            ]),
            (None, _) => Err(vec![Diagnostic::new(
                Severity::Error,
                "syntax",
                format!("`{question}` asks nothing"),
            )]),
        }
    }

    /// The rules of a text in the policy's language, its names those of the policy. The text is shown as `path`.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub(super) fn ask(&mut self, path: &str, text: &str) -> Result<Vec<Rule>, Vec<Diagnostic>> {
        let file = self.sources.add(SourceFile::new(path, text));
        let parsed = syntax::parse(file, text);
        let resolved = resolve(
            &self.standard,
            self.files.iter().map(|(_, p)| p).chain([&parsed]),
            &self.inventory(),
        );
        let of_text = |diagnostic: &Diagnostic| {
            diagnostic
                .primary
                .as_ref()
                .is_some_and(|label| label.span.file == file)
        };
        let mut found = parsed.diagnostics;
        found.extend(resolved.diagnostics.into_iter().filter(of_text));
        if worst(&found) == Some(Severity::Error) {
            return Err(found);
        }
        Ok(resolved
            .policy
            .rules
            .into_iter()
            .filter(|rule| rule.span.file == file)
            .collect())
    }
}

/// A repository of which everything has been read, and no name resolved.
struct Unresolved {
    directory: PathBuf,
    sources: SourceMap,
    manifest: Manifest,
    files: Vec<(FileId, Parsed)>,
    standard: Vec<Parsed>,
    inventories: Vec<(FileId, Columns)>,
    around: Vec<Diagnostic>,
}

impl Unresolved {
    fn resolved(self, inventory: &[InventoryDevice]) -> Workspace {
        let resolved = resolve(
            &self.standard,
            self.files.iter().map(|(_, parsed)| parsed),
            inventory,
        );
        let parsed = self
            .standard
            .iter()
            .chain(self.files.iter().map(|(_, parsed)| parsed));
        let mut diagnostics = self.around.clone();
        diagnostics.extend(parsed.flat_map(|parsed| parsed.diagnostics.clone()));
        let inventories: Vec<FileId> = self.inventories.iter().map(|(file, _)| *file).collect();
        let unread = Unread {
            said: &diagnostics,
            inventories: &inventories,
        };
        let certain = unread.spare(resolved.diagnostics);
        diagnostics.extend(certain);
        let policy = &resolved.policy;
        let (settings, wrong) = Settings::new(&self.manifest);
        // A service whose definition is broken is there all the same.
        if worst(&diagnostics) != Some(Severity::Error) {
            diagnostics.extend(settings.unknown_services(&policy.services));
        }
        diagnostics.extend(wrong);
        diagnostics.extend(Settings::unknown_waivers(&policy.waivers));
        Workspace {
            directory: self.directory,
            sources: self.sources,
            manifest: self.manifest,
            settings,
            files: self.files,
            standard: self.standard,
            inventories: self.inventories,
            around: self.around,
            policy: resolved.policy,
            diagnostics: in_reading_order(diagnostics),
        }
    }
}

fn resolve<'a>(
    standard: &'a [Parsed],
    files: impl IntoIterator<Item = &'a Parsed>,
    inventory: &[InventoryDevice],
) -> model::Resolved {
    let standard: Vec<&syntax::tree::File> = standard.iter().map(|parsed| &parsed.tree).collect();
    let files: Vec<&syntax::tree::File> = files.into_iter().map(|parsed| &parsed.tree).collect();
    let platforms: Vec<&str> = target::PLATFORMS.iter().map(|platform| platform.name()).collect();
    model::resolve(model::Input {
        standard: &standard,
        files: &files,
        inventory,
        platforms: &platforms,
    })
}

/// Reads a text file, refusing what is no text.
pub(super) fn read_text(path: &Path) -> Result<String, CliError> {
    let failed = |source| CliError::Read {
        path: path.display().to_string(),
        source,
    };
    let metadata = fs::metadata(path).map_err(failed)?;
    let refuse = |why: String| {
        Err(CliError::Other(format!(
            "cannot read `{}`: {why}",
            path.display()
        )))
    };
    if metadata.is_dir() {
        return refuse("it is a directory".to_owned());
    }
    if metadata.len() > FILE_LIMIT {
        return refuse(format!("it is larger than {} MB", FILE_LIMIT >> 20));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).map_or(0, |length| length + 1));
    fs::File::open(path)
        .map_err(failed)?
        .take(FILE_LIMIT + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > FILE_LIMIT {
        return refuse(format!("it is larger than {} MB", FILE_LIMIT >> 20));
    }
    String::from_utf8(bytes).or_else(|error| {
        let at = error.utf8_error().valid_up_to();
        let line = error
            .as_bytes()
            .iter()
            .take(at)
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        refuse(format!("it is not UTF-8 text (line {line}); save it as UTF-8"))
    })
}

/// Reads a file of a repository: a regular one, and not one that a link leads to elsewhere. What a repository says
/// must not depend on the machine, and what lies elsewhere must not turn up in a report.
pub(super) fn read_inside(directory: &Path, path: &str) -> Result<String, CliError> {
    let full = directory.join(path);
    let failed = |source| CliError::Read {
        path: full.display().to_string(),
        source,
    };
    let refuse = |why: &str| {
        Err(CliError::Other(format!(
            "cannot read `{}`: {why}",
            full.display()
        )))
    };
    let real = fs::canonicalize(&full).map_err(failed)?;
    let root = fs::canonicalize(if directory.as_os_str().is_empty() {
        Path::new(".")
    } else {
        directory
    })
    .map_err(failed)?;
    if !real.starts_with(root) {
        return refuse("it is a link that leads out of the repository");
    }
    let kind = fs::metadata(&real).map_err(failed)?.file_type();
    if !kind.is_file() && !kind.is_dir() {
        return refuse("it is no regular file");
    }
    read_text(&full)
}

/// Loads a repository. Everything that is wrong inside its files is a diagnostic; what cannot be read is an error.
pub(super) fn load(directory: &Path) -> Result<Workspace, CliError> {
    let mut sources = SourceMap::default();
    let mut diagnostics = Vec::new();
    let manifest_path = directory.join("septum.yaml");
    if !manifest_path.exists() {
        let hint = if directory.is_dir() {
            format!(
                "`{}` is no policy repository: it has no septum.yaml (`septum init` makes one)",
                directory.display()
            )
        } else if directory.exists() {
            format!(
                "`{}` is a file: name the directory that holds septum.yaml",
                directory.display()
            )
        } else {
            format!("there is no directory `{}`", directory.display())
        };
        return Err(CliError::Other(hint));
    }
    let text = read_inside(directory, "septum.yaml")?;
    let file = sources.add(SourceFile::new("septum.yaml", text));
    let (manifest, found) = manifest::read(file, sources.whole(file));
    diagnostics.extend(found);

    let standard: Vec<Parsed> = standard::FILES
        .iter()
        .map(|(path, text)| {
            let file = sources.add(SourceFile::new(*path, *text));
            syntax::parse(file, text)
        })
        .collect();

    let mut files = Vec::new();
    for path in policy_files(directory, &manifest, &mut diagnostics)? {
        let text = read_inside(directory, &path)?;
        let file = sources.add(SourceFile::new(path, text));
        files.push((file, syntax::parse(file, sources.whole(file))));
    }
    let (mut devices, mut inventories) = (Vec::new(), Vec::new());
    for entry in &manifest.inventory {
        let path = entry.path.value.as_str();
        let text = match read_inside(directory, path) {
            Ok(text) => text,
            Err(error) => {
                diagnostics.push(Diagnostic::error(
                    "inventory-file",
                    entry.path.span,
                    error.to_string(),
                ));
                continue;
            }
        };
        let file = sources.add(SourceFile::new(path, text));
        let (read, found) = read_inventory(&sources, file, &entry.columns);
        if devices.is_empty() {
            devices = read;
        } else {
            devices.extend(read);
        }
        diagnostics.extend(found);
        inventories.push((file, entry.columns.clone()));
    }
    Ok(Unresolved {
        directory: directory.to_owned(),
        sources,
        manifest,
        files,
        standard,
        inventories,
        around: diagnostics,
    }
    .resolved(&devices))
}

fn read_inventory(
    sources: &SourceMap,
    file: FileId,
    columns: &Columns,
) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
    let path = sources.file(file).map_or("", SourceFile::path);
    inventory::read_with(path, file, sources.whole(file), columns)
}
