//! The dependency order of ARCHITECTURE.md, held against the `use crate::` paths of every file.

use std::collections::BTreeMap;
use std::path::Path;

/// Each module with those it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("source", &[]),
    ("diagnostic", &["source"]),
    ("packet", &[]),
    ("yaml", &["source", "diagnostic", "syntax"]),
    ("syntax", &["source", "diagnostic"]),
    ("inventory", &["source", "diagnostic", "syntax", "yaml"]),
    (
        "manifest",
        &["source", "diagnostic", "syntax", "inventory", "yaml"],
    ),
    (
        "model",
        &["source", "diagnostic", "packet", "syntax", "inventory"],
    ),
    ("network", &["source", "packet", "syntax", "model"]),
    ("plan", &["source", "packet", "syntax", "model", "network"]),
    (
        "reach",
        &["source", "packet", "syntax", "model", "network", "plan"],
    ),
    ("diff", &["packet", "syntax", "model", "network", "plan", "reach"]),
    (
        "check",
        &[
            "source",
            "diagnostic",
            "packet",
            "syntax",
            "manifest",
            "model",
            "network",
            "plan",
            "reach",
        ],
    ),
    ("target", &["source", "packet", "syntax", "plan", "yaml"]),
    ("proof", &["source", "packet", "syntax", "plan", "target"]),
    (
        "trace",
        &["packet", "syntax", "model", "network", "plan", "target"],
    ),
];

fn rust_files(directory: &Path, files: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

#[test]
fn modules_use_only_what_stands_before_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let allowed: BTreeMap<&str, &[&str]> = LAYERS.iter().copied().collect();
    let mut files = Vec::new();
    rust_files(&root, &mut files);
    let mut wrong = Vec::new();
    for file in files {
        let relative = file.strip_prefix(&root).unwrap();
        let module = relative
            .iter()
            .next()
            .unwrap()
            .to_str()
            .unwrap()
            .trim_end_matches(".rs");
        if matches!(module, "cli" | "lib" | "main" | "standard") {
            continue;
        }
        let known = allowed
            .get(module)
            .unwrap_or_else(|| panic!("{} is in no layer", relative.display()));
        let text = std::fs::read_to_string(&file).unwrap();
        for (at, _) in text.match_indices("crate::") {
            let line = text[..at]
                .rfind('\n')
                .map_or(&text[..at], |start| &text[start + 1..at]);
            if line.trim_start().starts_with("//") {
                continue;
            }
            let used: String = text[at + 7..]
                .chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect();
            if used != module && !used.is_empty() && !known.contains(&used.as_str()) {
                wrong.push(format!("{} uses {used}", relative.display()));
            }
        }
        // A platform knows nothing of the others.
        let mut parts = relative.iter().map(|part| part.to_str().unwrap());
        if parts.next() == Some("target")
            && let Some(platform) = parts.next().filter(|part| !part.ends_with(".rs"))
        {
            for other in ["nftables", "cisco_ios", "fortigate"]
                .iter()
                .filter(|other| **other != platform)
            {
                if text.contains(&format!("target::{other}")) || text.contains(&format!("super::{other}")) {
                    wrong.push(format!("{} uses the platform {other}", relative.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
