//! Devices from YAML.
//!
//! ```yaml
//! devices:
//!   - name: pump-gateway
//!     zone: servers.biomed
//!     address: [10.30.1.10, "2001:db8:30:1::10"]
//!     labels: pump-server
//!     vendor: BD
//! ```

use super::draft::{Draft, Intake, nameless, unknown_key};
use super::{Field, InventoryDevice};
use crate::diagnostic::Diagnostic;
use crate::source::{FileId, Span};
use crate::yaml::tree::{Entry, Node, Value};
use crate::yaml::{self, Limits};

/// Reads an inventory. A device with a mistake is kept without what is wrong; only one without a name is not.
pub fn read(file: FileId, text: &str) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
    let (root, mut diagnostics) = yaml::read(file, text, Limits::INVENTORY);
    let Some(root) = root else {
        return (Vec::new(), diagnostics);
    };
    let Value::Map(entries) = &root.value else {
        diagnostics.push(
            yaml::expected("a map with `devices`", root.span, &root.value)
                .help("begin with `devices:`, and a list of devices below it"),
        );
        return (Vec::new(), diagnostics);
    };
    yaml::known_keys(entries, &["devices"], &mut diagnostics);
    let devices = entries.iter().find(|entry| entry.key == "devices");
    if devices.is_none() && diagnostics.is_empty() {
        diagnostics.push(yaml::missing("`devices`", root.span));
    }
    let mut reader = Reader {
        text,
        intake: Intake::new(file, diagnostics),
    };
    if let Some(devices) = devices {
        reader.devices(devices);
    }
    reader.intake.finish()
}

struct Reader<'t> {
    text: &'t str,
    intake: Intake,
}

impl Reader<'_> {
    fn devices(&mut self, entry: &Entry<'_>) {
        let items = match &entry.value.value {
            Value::List(items) => items,
            Value::Null => return,
            other => {
                self.intake
                    .report(yaml::expected("a list of devices", entry.place(), other));
                return;
            }
        };
        for item in items {
            let Value::Map(fields) = &item.value else {
                let place = if item.span.start < item.span.end {
                    item.span
                } else {
                    entry.key_span
                };
                self.intake
                    .report(yaml::expected("a device", place, &item.value).help("write it as `- name: …`"));
                continue;
            };
            let draft = self.device(fields, item.span);
            let head = fields.first().map_or(item.span, |first| first.key_span);
            if !self.intake.accept(draft, || nameless(head, "device")) {
                return;
            }
        }
    }

    fn device(&mut self, fields: &[Entry<'_>], span: Span) -> Draft {
        let mut draft = Draft::new(span);
        for entry in fields {
            let known = match entry.key.as_ref() {
                "addresses" => Some(Field::Address),
                key => Field::named(key),
            };
            match known {
                None => self.intake.report(unknown_key(&entry.key, entry.key_span)),
                Some(field) if field.is_list() => self.list(field, entry, &mut draft),
                Some(field) => self.single(field, entry, &mut draft),
            }
        }
        draft
    }

    fn single(&mut self, field: Field, entry: &Entry<'_>, draft: &mut Draft) {
        match &entry.value.value {
            Value::Text(text) if !text.trim().is_empty() => {
                draft.set(field, text.trim(), entry.value.span, &mut self.intake);
            }
            Value::Text(_) | Value::Null => {}
            other => {
                let fault = yaml::expected("text", entry.place(), other);
                draft.refuse(field, fault, &mut self.intake);
            }
        }
    }

    fn list(&mut self, field: Field, entry: &Entry<'_>, draft: &mut Draft) {
        match &entry.value.value {
            Value::Null => {}
            Value::Text(_) => self.parts(field, &entry.value, draft),
            Value::List(items) => {
                for item in items {
                    match &item.value {
                        Value::Text(text) if !text.trim().is_empty() => {
                            draft.set(field, text.trim(), item.span, &mut self.intake);
                        }
                        Value::Text(_) => {}
                        other => {
                            let place = if item.span.start < item.span.end {
                                item.span
                            } else {
                                entry.place()
                            };
                            self.intake.report(yaml::expected("text", place, other));
                        }
                    }
                }
            }
            other => self
                .intake
                .report(yaml::expected("text or a list", entry.place(), other)),
        }
    }

    /// The parts of a scalar, each with its own place where the scalar stands in the file as it is.
    fn parts(&mut self, field: Field, node: &Node<'_>, draft: &mut Draft) {
        let Value::Text(text) = &node.value else { return };
        let written = self.text.get(node.span.range()).unwrap_or_default();
        let inside = match written.strip_prefix(['"', '\'']) {
            Some(rest) if rest.len() > text.len() => (rest, 1),
            _ => (written, 0),
        };
        let verbatim = inside.0.starts_with(text.as_ref());
        let (file, base) = (node.span.file, node.span.start as usize + inside.1);
        let places = |range: std::ops::Range<usize>| {
            if verbatim {
                Span::new(file, base + range.start, base + range.end)
            } else {
                node.span
            }
        };
        draft.set_parts(field, text, places, &mut self.intake);
    }
}
