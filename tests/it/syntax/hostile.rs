//! Input that is meant to hurt: long, deep, or nothing but mistakes.

use septum::diagnostic::Severity;
use septum::source::FileId;
use septum::syntax::tree::{Item, Set};
use septum::syntax::{MAX_DIAGNOSTICS, MAX_FILE_BYTES, format, parse};

use super::messages;

/// Anything quadratic takes hours at this size.
const MEGABYTE: usize = 1 << 20;

fn errors(text: &str) -> usize {
    let parsed = parse(FileId(0), text);
    assert!(parsed.diagnostics.len() <= MAX_DIAGNOSTICS + 1);
    parsed.diagnostics.len()
}

#[test]
fn much_of_one_thing() {
    let things = [
        "a",
        "1",
        "{",
        "}",
        "(",
        ")",
        "|",
        "&",
        "-",
        "->",
        "=",
        ":",
        "::",
        ";",
        ",",
        "\"",
        "\\",
        "'",
        "#",
        "\n",
        "\r",
        "\0",
        " ",
        "@",
        "/",
        ".",
        "é",
        "→",
        "“",
        "a:",
        "a-",
        "a/",
        "zone ",
        "zone\n",
        "zone a {\n",
        "zone a {",
        "zone a { zone ",
        "allow ",
        "a->",
        "label:",
        "label: ",
        "tcp 1,",
        "\"\n",
        "# c\n",
        "// c\n",
        "'a\n",
        "policy p {\nallow a -> b {\n",
        "service s = tcp\n",
        "group g = (\n",
        "icmp 1/",
        "\u{202E}",
        "; # c\n",
    ];
    for thing in things {
        let text = thing.repeat(MEGABYTE / 4 / thing.len());
        let parsed = parse(FileId(0), &text);
        assert!(parsed.diagnostics.len() <= MAX_DIAGNOSTICS + 1, "{thing:?}");
        let _ = format(&text, &parsed);
    }
}

#[test]
fn a_megabyte_on_one_line_after_a_good_start() {
    for (start, thing, end) in [
        ("group g = a", " | a", ""),
        ("group g = a", " & a", ""),
        ("zone a { subnet 10.0.0.0/8", ", 10.0.0.0/8", "}"),
        ("service s = tcp 1", ", 1", ""),
        ("zone a \"", "x", "\" {}"),
        ("zone a { ", "isolate; ", "}"),
        ("", "allow a -> b { log } ", ""),
    ] {
        let text = format!("{start}{}{end}", thing.repeat(MEGABYTE / thing.len()));
        let parsed = parse(FileId(0), &text);
        assert!(parsed.diagnostics.is_empty(), "{start}");
        let formatted = format(&text, &parsed).expect("no errors");
        assert_eq!(errors(&formatted), 0, "{start}");
        // Comparing and copying walk the tree by recursion, on the small stack of a test.
        assert_eq!(parsed.tree.clone(), parsed.tree);
    }
}

#[test]
fn a_chain_of_unions_is_a_shallow_tree() {
    fn depth(set: &Set) -> usize {
        match set {
            Set::Union(operands) | Set::Intersection(operands) => {
                1 + operands.iter().map(depth).max().unwrap_or(0)
            }
            Set::Difference(operands) => 1 + operands.iter().map(depth).max().unwrap_or(0),
            Set::Group(inner, _) => 1 + depth(inner),
            _ => 1,
        }
    }
    let parsed = parse(FileId(0), &format!("group g = a{}", " | b".repeat(100_000)));
    let [Item::Group(group)] = parsed.tree.items.as_slice() else {
        panic!()
    };
    assert_eq!(depth(&group.set), 2);
    let mixed = parse(FileId(0), &format!("group g = a{}", " | b - c".repeat(100_000)));
    let [Item::Group(group)] = mixed.tree.items.as_slice() else {
        panic!()
    };
    assert!(depth(&group.set) < 200);
    assert!(mixed.has_errors());
}

#[test]
fn parentheses_nest_to_a_depth_that_people_write() {
    let nested = |depth: usize| {
        format!(
            "group g = {}a{}\nzone z {{}}",
            "(".repeat(depth),
            ")".repeat(depth)
        )
    };
    assert_eq!(messages(&nested(64)), "");
    let parsed = parse(FileId(0), &nested(100_000));
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.diagnostics[0].message, "this set is nested too deeply");
    assert_eq!(parsed.tree.items.len(), 2, "what follows is read");
}

#[test]
fn braces_nest_without_recursion() {
    let text = format!(
        "zone a {{ {} trust 5 {} }}\nzone b {{}}",
        "x {".repeat(100_000),
        "}".repeat(100_000)
    );
    let parsed = parse(FileId(0), &text);
    assert_eq!(parsed.diagnostics.len(), 1);
    assert_eq!(parsed.tree.items.len(), 2);
}

#[test]
fn many_errors_are_counted_and_not_shown() {
    let text = "trsut 5\n".repeat(100_000);
    let parsed = parse(FileId(0), &text);
    assert_eq!(parsed.diagnostics.len(), MAX_DIAGNOSTICS + 1);
    let last = parsed.diagnostics.last().unwrap();
    assert_eq!(last.severity, Severity::Note);
    assert!(
        last.message.ends_with("more syntax errors are not shown"),
        "{}",
        last.message
    );
}

#[test]
fn a_file_that_is_too_large_is_refused() {
    let parsed = parse(FileId(0), &" ".repeat(MAX_FILE_BYTES + 1));
    assert_eq!(parsed.diagnostics[0].message, "the file is too large to be read");
}
