//! No text makes the parser panic, or point outside of it.

use arbtest::arbtest;
use septum::source::{FileId, Span};
use septum::syntax::{MAX_DIAGNOSTICS, format, parse};

use super::{EXAMPLE, accepted, messages, shape};

/// What holds for any text.
#[track_caller]
pub fn check(text: &str) {
    let parsed = parse(FileId(0), text);
    let inside = |span: Span| text.get(span.range()).is_some();
    for diagnostic in &parsed.diagnostics {
        let labels = diagnostic.primary.iter().chain(&diagnostic.secondary);
        for label in labels {
            assert!(inside(label.span), "{diagnostic:?} in {text:?}");
        }
        if let Some(edit) = &diagnostic.edit {
            assert!(inside(edit.span), "{diagnostic:?} in {text:?}");
        }
    }
    assert!(parsed.tree.comments.iter().all(|span| inside(*span)));
    assert!(parsed.diagnostics.len() <= MAX_DIAGNOSTICS + 1);
    let shown = messages(text);
    assert!(
        !shown.contains(|c: char| c.is_control() && c != '\n'),
        "{shown:?}"
    );
    match format(text, &parsed) {
        None => assert!(parsed.has_errors(), "{text:?}"),
        Some(formatted) => {
            let again = accepted(&formatted);
            assert_eq!(shape(&parsed), shape(&again), "{text}\n{formatted}");
            assert_eq!(
                parsed.tree.comments.len(),
                again.tree.comments.len(),
                "{text}\n{formatted}"
            );
            assert_eq!(
                format(&formatted, &again).as_deref(),
                Some(formatted.as_str()),
                "from {text:?}"
            );
        }
    }
}

const SOUP: &[&str] = &[
    "zone",
    "device",
    "group",
    "service",
    "policy",
    "allow",
    "deny",
    "require",
    "forbid",
    "limit",
    "mode",
    "firewall",
    "router",
    "waive",
    "subnet",
    "label",
    "label:",
    "label:x",
    "interface",
    "address",
    "in",
    "unless",
    "via",
    "from",
    "tcp",
    "icmp",
    "any",
    "a",
    "b.c",
    "10.0.0.0/8",
    "2001:db8::1",
    "443",
    "1-2",
    "2027-06-30",
    "\"t\"",
    "\"",
    "{",
    "}",
    "(",
    ")",
    ",",
    ";",
    ":",
    "=",
    "|",
    "&",
    "-",
    "->",
    "~>",
    "<=",
    "# c\n",
    "\n",
    "\r\n",
    "\r",
    "\0",
    "\u{FEFF}",
    "→",
    "“",
    "”",
    "–",
    "'",
    "@",
    "//",
    "ä",
    "\\",
    "\u{202E}",
];

#[test]
fn any_soup_of_tokens() {
    arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=60)? {
            text.push_str(u.choose(SOUP)?);
            if u.ratio(2, 3)? {
                text.push(' ');
            }
        }
        check(&text);
        Ok(())
    });
}

#[test]
fn any_damage_to_a_good_policy() {
    arbtest(|u| {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        for _ in 0..u.int_in_range(1..=6)? {
            let at = u.choose_index(bytes.len())?;
            match u.int_in_range(0..=3)? {
                0 => bytes[at] = u.arbitrary()?,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, *u.choose(b"{}();,\"\n#-:|\0")?),
                _ => bytes.truncate(at.max(1)),
            }
        }
        check(&String::from_utf8_lossy(&bytes));
        Ok(())
    });
}
