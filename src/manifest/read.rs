//! From YAML to a [`Manifest`]. Every mistake gives one diagnostic, and the rest of the file is still read.

use super::{CheckSetting, Comments, InventoryFile, Level, Manifest, OptionValue, Setting, path};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote::quoted;
use crate::inventory::Field;
use crate::inventory::csv::Columns;
use crate::source::{FileId, Span};
use crate::syntax::tree::Spanned;
use crate::yaml::tree::{Entry, Node, Value};
use crate::yaml::{self, Limits};

const KEYS: [&str; 9] = [
    "name",
    "policies",
    "inventory",
    "templates",
    "capabilities",
    "checks",
    "labels",
    "comments",
    "output",
];

/// Reads a `septum.yaml`. What is wrong keeps its default.
pub fn read(file: FileId, text: &str) -> (Manifest, Vec<Diagnostic>) {
    let manifest = Manifest::empty(Span::new(file, 0, 0));
    let (root, diagnostics) = yaml::read(file, text, Limits::SETTINGS);
    let mut reader = Reader {
        manifest,
        diagnostics,
    };
    match root.map(|node| (node.span, node.value)) {
        Some((_, Value::Map(entries))) => reader.entries(&entries),
        Some((span, other)) if other != Value::Null => {
            reader
                .diagnostics
                .push(yaml::expected("a map of settings", span, &other).help("begin with `name: …`"));
        }
        _ => {}
    }
    (reader.manifest, reader.diagnostics)
}

struct Reader {
    manifest: Manifest,
    diagnostics: Vec<Diagnostic>,
}

impl Reader {
    fn entries(&mut self, entries: &[Entry<'_>]) {
        yaml::known_keys(entries, &KEYS, &mut self.diagnostics);
        for entry in entries.iter().filter(|entry| entry.value.value != Value::Null) {
            match entry.key.as_ref() {
                "name" => self.manifest.name = self.text(entry, "a name"),
                "policies" => self.policies(entry),
                "inventory" => self.inventory(entry),
                "templates" => self.manifest.templates = self.settings(entry, "platforms", Self::path),
                "capabilities" => self.manifest.capabilities = self.settings(entry, "platforms", Self::path),
                "checks" => self.manifest.checks = self.settings(entry, "checks", Self::check),
                "labels" => self.manifest.labels = self.settings(entry, "roles", Self::label_names),
                "comments" => self.comments(entry),
                "output" => self.output(entry),
                _ => {}
            }
        }
    }

    fn policies(&mut self, entry: &Entry<'_>) {
        let globs = yaml::texts(&entry.value, entry.place(), "a glob", &mut self.diagnostics);
        let mut kept = Vec::with_capacity(globs.len());
        for glob in globs {
            match path::fault(&glob).or_else(|| glob_fault(&glob)) {
                Some(fault) => self.diagnostics.push(fault),
                None => kept.push(glob),
            }
        }
        self.manifest.policies = kept;
    }

    fn inventory(&mut self, entry: &Entry<'_>) {
        let one;
        let items = match &entry.value.value {
            Value::List(items) => items.as_slice(),
            _ => {
                one = [entry.value.clone()];
                &one
            }
        };
        for item in items {
            match &item.value {
                Value::Text(text) => {
                    let path = Spanned {
                        value: text.clone().into_owned(),
                        span: item.span,
                    };
                    self.inventory_file(path, Columns::default());
                }
                Value::Map(entries) => self.described_inventory(entries, item.span),
                other => {
                    let place = if item.span.start < item.span.end {
                        item.span
                    } else {
                        entry.key_span
                    };
                    self.diagnostics
                        .push(yaml::expected("a path or `{ file: … }`", place, other));
                }
            }
        }
    }

    /// `{ file: cmms.csv, columns: { name: Hostname }, ignore: [fda_class] }`
    fn described_inventory(&mut self, entries: &[Entry<'_>], span: Span) {
        yaml::known_keys(entries, &["file", "columns", "ignore"], &mut self.diagnostics);
        let mut file = None;
        let mut columns = Columns::default();
        for entry in entries {
            match entry.key.as_ref() {
                "file" => file = self.text(entry, "a path"),
                "columns" => {
                    for column in
                        self.settings(entry, "fields", |reader, entry| reader.text(entry, "a column"))
                    {
                        match Field::named(&column.name.value) {
                            Some(field) => columns.named.push((field, column.value)),
                            None => self.diagnostics.push(unknown_field(&column.name)),
                        }
                    }
                }
                "ignore" => {
                    columns.ignored =
                        yaml::texts(&entry.value, entry.place(), "a column", &mut self.diagnostics);
                }
                _ => {}
            }
        }
        match file {
            Some(path) => self.inventory_file(path, columns),
            None if entries.iter().any(|entry| entry.key == "file") => {}
            None => self.diagnostics.push(yaml::missing("`file`", span)),
        }
    }

    fn inventory_file(&mut self, path: Spanned<String>, columns: Columns) {
        match path::fault(&path) {
            Some(fault) => self.diagnostics.push(fault),
            None => self.manifest.inventory.push(InventoryFile { path, columns }),
        }
    }

    fn comments(&mut self, entry: &Entry<'_>) {
        let Some(word) = self.text(entry, "`lines` or `files`") else {
            return;
        };
        self.manifest.comments = match word.value.as_str() {
            "lines" => Comments::Lines,
            "files" => Comments::Files,
            other => {
                let message = format!("comments cannot name {}", quoted(other));
                let diagnostic = Diagnostic::error("wrong-value", word.span, message)
                    .help("comments of configurations name the `lines` of rules, or their `files` alone");
                self.diagnostics.push(match other {
                    "line" => diagnostic.edit(word.span, "lines"),
                    "file" => diagnostic.edit(word.span, "files"),
                    _ => diagnostic,
                });
                return;
            }
        };
    }

    fn output(&mut self, entry: &Entry<'_>) {
        let Some(output) = self.path(entry) else { return };
        if output.value.split('/').all(|part| part.is_empty() || part == ".") {
            self.diagnostics.push(
                Diagnostic::error(
                    "wrong-value",
                    output.span,
                    "the output cannot be the repository itself",
                )
                .help("name a folder of its own, such as `build`"),
            );
        } else {
            self.manifest.output = output;
        }
    }

    fn check(&mut self, entry: &Entry<'_>) -> Option<CheckSetting> {
        match &entry.value.value {
            Value::Map(entries) => {
                let mut setting = CheckSetting {
                    level: None,
                    options: Vec::new(),
                };
                for option in entries {
                    if option.key == "level" {
                        setting.level = self.level(option);
                    } else if let Some(value) = self.option(option) {
                        setting.options.push(Setting {
                            name: name_of(option),
                            value,
                        });
                    }
                }
                Some(setting)
            }
            Value::Text(_) => self.level(entry).map(|level| CheckSetting {
                level: Some(level),
                options: Vec::new(),
            }),
            other => {
                self.diagnostics
                    .push(yaml::expected(LEVEL_OR_MAP, entry.place(), other));
                None
            }
        }
    }

    fn level(&mut self, entry: &Entry<'_>) -> Option<Spanned<Level>> {
        let word = self.text(entry, "`allow`, `warn` or `error`")?;
        let value = match word.value.as_str() {
            "allow" => Level::Allow,
            "warn" => Level::Warn,
            "error" => Level::Error,
            other => {
                let message = format!("unknown level {}", quoted(other));
                let mut diagnostic = Diagnostic::error("wrong-value", word.span, message)
                    .help("a check is at `allow`, `warn` or `error`");
                diagnostic = match other {
                    "off" | "ignore" | "none" | "false" | "no" => diagnostic.edit(word.span, "allow"),
                    "warning" | "note" | "info" => diagnostic.edit(word.span, "warn"),
                    "deny" | "forbid" | "true" | "on" => diagnostic.edit(word.span, "error"),
                    _ => diagnostic,
                };
                self.diagnostics.push(diagnostic);
                return None;
            }
        };
        Some(Spanned {
            value,
            span: word.span,
        })
    }

    fn option(&mut self, entry: &Entry<'_>) -> Option<OptionValue> {
        match &entry.value.value {
            Value::List(_) => Some(OptionValue::List(
                yaml::texts(&entry.value, entry.place(), "text", &mut self.diagnostics),
                entry.value.span,
            )),
            _ => self.text(entry, "text or a list of texts").map(OptionValue::Text),
        }
    }

    fn label_names(&mut self, entry: &Entry<'_>) -> Option<Vec<Spanned<String>>> {
        Some(yaml::texts(
            &entry.value,
            entry.place(),
            "a label",
            &mut self.diagnostics,
        ))
    }

    fn path(&mut self, entry: &Entry<'_>) -> Option<Spanned<String>> {
        let path = self.text(entry, "a path")?;
        match path::fault(&path) {
            Some(fault) => {
                self.diagnostics.push(fault);
                None
            }
            None => Some(path),
        }
    }

    fn text(&mut self, entry: &Entry<'_>, what: &str) -> Option<Spanned<String>> {
        match &entry.value {
            Node {
                value: Value::Text(text),
                span,
            } => Some(Spanned {
                value: text.clone().into_owned(),
                span: *span,
            }),
            other => {
                self.diagnostics
                    .push(yaml::expected(what, entry.place(), &other.value));
                None
            }
        }
    }

    /// The entries of a map of names, each read by `value`.
    fn settings<T>(
        &mut self,
        entry: &Entry<'_>,
        of: &str,
        mut value: impl FnMut(&mut Self, &Entry<'_>) -> Option<T>,
    ) -> Vec<Setting<T>> {
        let entries = match &entry.value.value {
            Value::Map(entries) => entries,
            Value::Null => return Vec::new(),
            other => {
                self.diagnostics
                    .push(yaml::expected(&format!("a map of {of}"), entry.place(), other));
                return Vec::new();
            }
        };
        entries
            .iter()
            .filter_map(|entry| {
                value(self, entry).map(|value| Setting {
                    name: name_of(entry),
                    value,
                })
            })
            .collect()
    }
}

const LEVEL_OR_MAP: &str = "`allow`, `warn`, `error` or a map with `level`";

fn name_of(entry: &Entry<'_>) -> Spanned<String> {
    Spanned {
        value: entry.key.clone().into_owned(),
        span: entry.key_span,
    }
}

fn unknown_field(name: &Spanned<String>) -> Diagnostic {
    let message = format!("no field of a device is called {}", quoted(&name.value));
    let diagnostic = Diagnostic::error("unknown-key", name.span, message);
    match Field::meant(&name.value) {
        Some(field) => diagnostic
            .help(format!("did you mean `{}`?", field.name()))
            .edit(name.span, field.name()),
        None => diagnostic.help(format!("the fields are {}", Field::names().join(", "))),
    }
}

fn glob_fault(glob: &Spanned<String>) -> Option<Diagnostic> {
    let error = glob::Pattern::new(&glob.value).err()?;
    let message = format!("{} is no glob: {}", quoted(&glob.value), error.msg);
    Some(Diagnostic::error("wrong-value", glob.span, message))
}
