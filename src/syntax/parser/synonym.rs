//! Words that other firewalls have for statements of the language.

/// Each statement with the words that mean it elsewhere, and nothing else here.
const SYNONYMS: [(&str, &[&str]); 12] = [
    ("allow", &["permit", "accept", "pass"]),
    (
        "deny",
        &["drop", "block", "reject", "refuse", "discard", "disallow"],
    ),
    ("forbid", &["never", "prohibit"]),
    ("require", &["always"]),
    ("zone", &["network", "vlan", "net", "segment"]),
    ("device", &["host", "server"]),
    ("service", &["application", "app"]),
    ("subnet", &["network", "prefix", "cidr", "net", "range"]),
    ("address", &["ip", "ipv4", "ipv6", "host"]),
    ("label", &["tag", "tags"]),
    ("interface", &["port", "nic"]),
    ("target", &["platform"]),
];

/// The statement among `keywords` that a word of other firewalls means.
pub fn meant(word: &str, keywords: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let folded = word.to_lowercase();
    let means = |keyword: &&str| {
        let mut rows = SYNONYMS.iter();
        rows.any(|(statement, words)| statement == keyword && words.contains(&folded.as_str()))
    };
    keywords.into_iter().find(means)
}
