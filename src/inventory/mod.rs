//! Devices from inventories: YAML that people write, CSV that other systems export.
//!
//! An inventory only says what exists. Whether two devices share a name, and which zone an address is in,
//! is for the model to say; no device is dropped here for it.

pub mod csv;
mod draft;
mod facts;
mod field;
mod value;
pub mod yaml;

use std::net::IpAddr;
use std::sync::Arc;

pub use facts::Facts;
pub use field::Field;

use crate::diagnostic::Diagnostic;
use crate::diagnostic::quote::quoted;
use crate::source::{FileId, Span};
use crate::syntax::tree::Spanned;

/// A device as an inventory describes it. What many devices have in common they share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InventoryDevice {
    /// Its name.
    pub name: Spanned<Arc<str>>,
    /// The zone it is said to be in. Without one, its addresses decide.
    pub zone: Option<Spanned<Arc<str>>>,
    /// Its addresses, in order.
    pub addresses: Vec<Spanned<IpAddr>>,
    /// Its labels, in order.
    pub labels: Vec<Spanned<Arc<str>>>,
    /// What else is known: vendor, model, operating system, …
    pub facts: Facts<Spanned<Arc<str>>>,
    /// Known vulnerabilities, as `CVE-2024-1234`.
    pub cves: Vec<Spanned<String>>,
    /// The whole item or row.
    pub span: Span,
}

/// Reads an inventory in the format that the extension of `path` names.
pub fn read(path: &str, file: FileId, text: &str) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
    read_with(path, file, text, &csv::Columns::default())
}

/// As [`read`], with columns that the manifest names. They mean nothing to YAML.
pub fn read_with(
    path: &str,
    file: FileId,
    text: &str,
    columns: &csv::Columns,
) -> (Vec<InventoryDevice>, Vec<Diagnostic>) {
    let extension = path
        .rsplit('/')
        .next()
        .and_then(|name| name.rsplit_once('.'))
        .map(|(_, extension)| extension.to_ascii_lowercase());
    match extension.as_deref() {
        Some("yaml" | "yml") => yaml::read(file, text),
        Some("csv") => csv::read_with(file, text, columns),
        _ => {
            let message = format!("{} is no inventory that can be read", quoted(path));
            let diagnostic = Diagnostic::error("unknown-format", Span::new(file, 0, 0), message)
                .help("an inventory ends in `.yaml`, `.yml` or `.csv`");
            (Vec::new(), vec![diagnostic])
        }
    }
}
