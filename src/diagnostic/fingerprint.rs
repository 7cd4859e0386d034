//! Names of findings that stay the same while the rest of the policy changes.

use std::collections::{BTreeSet, HashMap};

use sha2::{Digest, Sha256};

use super::place::clamped;
use super::{Diagnostic, Label};
use crate::source::SourceMap;

/// One fingerprint for each finding: 32 hexadecimal digits.
///
/// It is made of the check, the path in the policy repository and the text that the finding is about, with
/// white space folded and without a block that follows. Neither line numbers nor the message count, so that
/// an edit elsewhere, or a new wording, keeps it. Findings that agree in all of this are numbered in order;
/// numbers whose fingerprints are `known` belong to findings that are left out.
pub fn fingerprints(findings: &[Diagnostic], sources: &SourceMap, known: &BTreeSet<String>) -> Vec<String> {
    let mut seen: HashMap<[String; 3], u32> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let (path, text) = match &finding.primary {
                Some(label) => subject(label, sources),
                None => (String::new(), finding.message.clone()),
            };
            let key = [finding.code.to_owned(), path, text];
            let ordinal = seen.entry(key.clone()).or_default();
            loop {
                *ordinal += 1;
                let name = fingerprint(&key, *ordinal);
                if !known.contains(&name) {
                    return name;
                }
            }
        })
        .collect()
}

fn fingerprint(key: &[String; 3], ordinal: u32) -> String {
    let mut hash = Sha256::new();
    for part in key {
        hash.update(part.as_bytes());
        hash.update([0]);
    }
    hash.update(ordinal.to_be_bytes());
    let digest = hash.finalize();
    digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The path and the folded text of a place.
fn subject(label: &Label, sources: &SourceMap) -> (String, String) {
    let Some(file) = sources.file(label.span.file) else {
        return (String::new(), String::new());
    };
    let whole = file.text().get(clamped(label.span, file.text())).unwrap_or("");
    let head = whole.split('{').next().unwrap_or("");
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let folded = match fold(head) {
        empty if empty.is_empty() => fold(whole),
        head => head,
    };
    (file.path().to_owned(), folded)
}
