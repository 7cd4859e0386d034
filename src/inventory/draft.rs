//! A device while its fields come in, whatever the format.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Facts, Field, InventoryDevice, value};
use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote::quoted;
use crate::source::{FileId, Span};
use crate::syntax::tree::Spanned;

/// After so many mistakes nobody reads on; the rest is counted.
const MAX_DIAGNOSTICS: usize = 1_000;
/// More devices than the largest networks have, few enough for memory.
const MAX_DEVICES: usize = 1_000_000;

/// The devices and diagnostics of one file.
pub(super) struct Intake {
    file: FileId,
    devices: Vec<InventoryDevice>,
    diagnostics: Vec<Diagnostic>,
    unshown: usize,
    /// Zones, labels, makers, …: the different ones.
    texts: HashSet<Arc<str>>,
}

impl Intake {
    pub(super) fn new(file: FileId, diagnostics: Vec<Diagnostic>) -> Self {
        Self {
            file,
            devices: Vec::new(),
            diagnostics,
            unshown: 0,
            texts: HashSet::new(),
        }
    }

    /// Makes place for devices: at most so many will come.
    pub(super) fn expect(&mut self, devices: usize) {
        self.devices.reserve_exact(devices.min(MAX_DEVICES));
    }

    /// A text that other devices may have as well.
    fn shared(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.texts.insert(Arc::clone(&text));
        text
    }

    pub(super) fn report(&mut self, diagnostic: Diagnostic) {
        if self.diagnostics.len() < MAX_DIAGNOSTICS {
            self.diagnostics.push(diagnostic);
        } else {
            self.unshown += 1;
        }
    }

    /// Takes a device in; one without a name is reported. False when the file is full.
    pub(super) fn accept(&mut self, mut draft: Draft, nameless: impl FnOnce() -> Diagnostic) -> bool {
        let Some(name) = draft.name else {
            if !draft.name_is_reported {
                self.report(nameless());
            }
            return true;
        };
        if self.devices.len() >= MAX_DEVICES {
            let message = format!("the file holds more than {MAX_DEVICES} devices");
            self.diagnostics
                .push(Diagnostic::error("inventory-limit", draft.span, message));
            return false;
        }
        draft.addresses.shrink_to_fit();
        draft.labels.shrink_to_fit();
        draft.facts.shrink();
        self.devices.push(InventoryDevice {
            name,
            zone: draft.zone,
            addresses: draft.addresses,
            labels: draft.labels,
            facts: draft.facts,
            cves: draft.cves,
            span: draft.span,
        });
        true
    }

    pub(super) fn finish(mut self) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
        if self.unshown > 0 {
            let message = format!("{} more errors are not shown", self.unshown);
            self.diagnostics.push(Diagnostic::error(
                "inventory-limit",
                Span::new(self.file, 0, 0),
                message,
            ));
        }
        (self.devices, self.diagnostics)
    }
}

/// A device whose fields are coming in.
pub(super) struct Draft {
    name: Option<Spanned<Arc<str>>>,
    /// A name was there but wrong: one message is enough.
    name_is_reported: bool,
    zone: Option<Spanned<Arc<str>>>,
    addresses: Vec<Spanned<std::net::IpAddr>>,
    labels: Vec<Spanned<Arc<str>>>,
    facts: Facts<Spanned<Arc<str>>>,
    cves: Vec<Spanned<String>>,
    span: Span,
}

impl Draft {
    pub(super) fn new(span: Span) -> Self {
        Self {
            name: None,
            name_is_reported: false,
            zone: None,
            addresses: Vec::new(),
            labels: Vec::new(),
            facts: Facts::default(),
            cves: Vec::new(),
            span,
        }
    }

    pub(super) fn has_name(&self) -> bool {
        self.name.is_some() || self.name_is_reported
    }

    /// The asset number, for files that name devices by nothing else.
    pub(super) fn asset(&self) -> Option<Spanned<Arc<str>>> {
        self.facts.get(Field::Asset).cloned()
    }

    /// Takes one text of a field: the whole of a single one, one part of a list.
    pub(super) fn set(&mut self, field: Field, text: &str, span: Span, intake: &mut Intake) {
        let fault = match field {
            Field::Address => match value::address(text, span) {
                Ok(address) => {
                    if self.addresses.is_empty() {
                        self.addresses.reserve_exact(1);
                    }
                    self.addresses.push(Spanned { value: address, span });
                    return;
                }
                Err(fault) => Some(*fault),
            },
            Field::Cves => value::cve_fault(text, span),
            Field::Labels => value::label_fault(text, span),
            Field::Name | Field::Zone => value::control_fault(text, span, &[]),
            _ => value::control_fault(text, span, &['\n', '\r', '\t']),
        };
        if let Some(fault) = fault {
            self.refuse(field, fault, intake);
            return;
        }
        match field {
            Field::Name => {
                let value = text.into();
                self.name = Some(Spanned { value, span });
            }
            Field::Cves => {
                let value = text.to_owned();
                self.cves.push(Spanned { value, span });
            }
            _ => {
                let value = intake.shared(text);
                let shared = Spanned { value, span };
                match field {
                    Field::Zone => self.zone = Some(shared),
                    Field::Labels => self.labels.push(shared),
                    _ => self.facts.set(field, shared),
                }
            }
        }
    }

    /// Reports what is wrong with a field.
    pub(super) fn refuse(&mut self, field: Field, fault: Diagnostic, intake: &mut Intake) {
        self.name_is_reported |= field == Field::Name;
        intake.report(fault);
    }

    /// Takes a text that lists several things. `places` says where a range of it was written.
    pub(super) fn set_parts(
        &mut self,
        field: Field,
        text: &str,
        places: impl Fn(std::ops::Range<usize>) -> Span,
        intake: &mut Intake,
    ) {
        for (start, part) in value::parts(text) {
            self.set(field, part, places(start..start + part.len()), intake);
        }
    }
}

/// A device without a name.
pub(super) fn nameless(span: Span, what: &str) -> Diagnostic {
    Diagnostic::error("missing-name", span, format!("this {what} gives no name"))
}

/// A name that no field has.
pub(super) fn unknown_key(key: &str, span: Span) -> Diagnostic {
    let diagnostic = Diagnostic::error("unknown-key", span, format!("unknown key {}", quoted(key)));
    match Field::meant(key) {
        Some(field) => diagnostic
            .help(format!("did you mean `{}`?", field.name()))
            .edit(span, field.name()),
        None => diagnostic.help(format!("a device has {}", Field::names().join(", "))),
    }
}
