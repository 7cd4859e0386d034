//! What is only said because something else is wrong: one mistake is one message, not a page of them.

use crate::diagnostic::{Diagnostic, Severity, worst};
use crate::source::FileId;

/// Said of what refers to something else, which may stand where nothing could be read.
const OF_REFERENCES: [&str; 8] = [
    "unknown-name",
    "unknown-label",
    "unknown-service",
    "device-outside-zone",
    "interface-outside-zone",
    "outside-parent",
    "no-target",
    "empty-manage",
];

/// Said of names that an inventory may define.
const OF_DEVICES: [&str; 2] = ["unknown-name", "unknown-label"];

/// Said of what came out empty, as it does where a part is missing.
const OF_EMPTINESS: [&str; 3] = ["empty-rule", "empty-assertion", "no-interface"];

/// Said of what can be read all the same.
const HARMLESS: &str = "unknown-key";

/// What could not be read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unread<'a> {
    /// What manifest, inventories and the syntax of policies have to say.
    pub said: &'a [Diagnostic],
    /// The files that hold inventories.
    pub inventories: &'a [FileId],
}

impl Unread<'_> {
    /// Of what resolving names has to say, what stays true however the files are mended.
    pub(super) fn spare(&self, resolved: Vec<Diagnostic>) -> Vec<Diagnostic> {
        let errors = self.said.iter().filter(|one| one.severity == Severity::Error);
        let broken = worst(self.said).max(worst(&resolved)) == Some(Severity::Error);
        let unread: Vec<&Diagnostic> = errors.filter(|one| one.code != HARMLESS).collect();
        let devices = !unread.is_empty();
        let references = unread.iter().any(|one| !self.of_inventory(one));
        let follows = |one: &Diagnostic| {
            (references && OF_REFERENCES.contains(&one.code))
                || (devices && OF_DEVICES.contains(&one.code) && !self.of_inventory(one))
                || (broken && OF_EMPTINESS.contains(&one.code))
        };
        resolved.into_iter().filter(|one| !follows(one)).collect()
    }

    fn of_inventory(&self, diagnostic: &Diagnostic) -> bool {
        let place = diagnostic.primary.as_ref();
        place.is_some_and(|label| self.inventories.contains(&label.span.file))
    }
}
