//! The table of `docs/inventory.md` about capability files is that of the shipped files.

use std::collections::BTreeMap;

use serde_json::Value;

const PAGE: &str = include_str!("../../../docs/inventory.md");

/// Keys with the platform in front and `limits.` where they are nested, and their values.
fn shipped() -> BTreeMap<(String, String), String> {
    let mut all = BTreeMap::new();
    for (platform, text) in [
        (
            "cisco-ios",
            include_str!("../../../targets/cisco-ios/capability.yaml"),
        ),
        (
            "fortigate",
            include_str!("../../../targets/fortigate/capability.yaml"),
        ),
        (
            "nftables",
            include_str!("../../../targets/nftables/capability.yaml"),
        ),
    ] {
        let value: Value = serde_yaml::from_str(text).unwrap();
        let mut left = vec![(String::new(), value)];
        while let Some((key, value)) = left.pop() {
            match value {
                Value::Object(map) => left.extend(map.into_iter().map(|(inner, value)| {
                    let dot = if key.is_empty() { "" } else { "." };
                    (format!("{key}{dot}{inner}"), value)
                })),
                Value::String(text) => {
                    all.insert((platform.to_owned(), key), text);
                }
                other => {
                    all.insert((platform.to_owned(), key), other.to_string());
                }
            }
        }
    }
    all
}

#[test]
fn the_table_of_capabilities_names_every_key_and_what_is_shipped() {
    let mut named = BTreeMap::new();
    let rows = PAGE.lines().skip_while(|line| !line.starts_with("| platform "));
    for line in rows.skip(2).take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = line
            .split('|')
            .map(|cell| cell.trim().trim_matches('`'))
            .collect();
        let [_, platform, key, default, meaning, _] = cells[..] else {
            panic!("{line}");
        };
        assert!(!meaning.is_empty(), "{line}");
        let before = named.insert((platform.to_owned(), key.to_owned()), default.to_owned());
        assert_eq!(before, None, "{line}");
    }
    assert_eq!(named, shipped());
}
