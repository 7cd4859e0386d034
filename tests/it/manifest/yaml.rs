//! YAML itself: what is refused, what stays text, what is bounded.

use insta::assert_snapshot;
use septum::source::FileId;
use septum::yaml::tree::{Node, Value};
use septum::yaml::{self, Limits};

use super::{messages, read, rendered};

#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
fn tree(text: &str) -> Node<'_> {
    let (root, diagnostics) = yaml::read(FileId(0), text, Limits::SETTINGS);
    assert_eq!(diagnostics, []);
    root.unwrap()
}

fn told(text: &str) -> String {
    rendered(text, &yaml::read(FileId(0), text, Limits::SETTINGS).1)
}

/// `[a, b]` for a list, `{k: v}` for a map, the text for text.
fn shown(node: &Node<'_>) -> String {
    match &node.value {
        Value::Null => "-".to_owned(),
        Value::Text(text) => format!("{text:?}"),
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Map(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|entry| format!("{}: {}", entry.key, shown(&entry.value)))
                .collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

#[test]
fn scalars_stay_as_they_are_spelled() {
    let text = "[no, on, 1.10, 0755, 1e3, 2026-01-01, 12:30:45, '~', 2001:db8::/32, ::1, '', ~, null]";
    assert_snapshot!(shown(&tree(text)), @r#"["no", "on", "1.10", "0755", "1e3", "2026-01-01", "12:30:45", "~", "2001:db8::/32", "::1", "", -, -]"#);
}

#[test]
fn every_scalar_stands_where_its_span_says() {
    let text = "\u{feff}a: ä b\r\n'k' : \"q\"   # comment\r\nlist: [ x , 2001:db8::/32 ]\r\n";
    let Value::Map(entries) = tree(text).value else {
        panic!("a map")
    };
    let at = |node: &Node<'_>| text[node.span.range()].to_owned();
    assert_eq!(at(&entries[0].value), "ä b");
    assert_eq!(&text[entries[1].key_span.range()], "'k'");
    assert_eq!(at(&entries[1].value), "\"q\"");
    assert_eq!(at(&entries[2].value), "[ x , 2001:db8::/32 ]");
    let Value::List(items) = &entries[2].value.value else {
        panic!("a list")
    };
    assert_eq!(items.iter().map(at).collect::<Vec<_>>(), ["x", "2001:db8::/32"]);
}

#[test]
fn a_block_ends_with_its_last_value() {
    let text = "a:\n  - x: 1\n    y: 2\n\n# end\nb: 3\n";
    let Value::Map(entries) = tree(text).value else {
        panic!("a map")
    };
    assert_eq!(&text[entries[0].value.span.range()], "- x: 1\n    y: 2");
}

#[test]
fn aliases_and_merges_are_carried_out() {
    let text = "base: &b { vendor: BD, os: RTOS }\none: { <<: *b, os: Linux }\ntwo: *b\nall: { <<: [{a: 1}, {a: 2, c: 3}] }\n";
    assert_snapshot!(shown(&tree(text)), @r#"{base: {vendor: "BD", os: "RTOS"}, one: {os: "Linux", vendor: "BD"}, two: {vendor: "BD", os: "RTOS"}, all: {a: "1", c: "3"}}"#);
}

#[test]
fn syntax_errors_point_at_their_place() {
    assert_snapshot!(messages("name: \"a\npolicies: b\n"), @r#"
    error[yaml-syntax]: a quote is never closed
     --> septum.yaml:1:7
      |
    1 | name: "a
      |       ^
    "#);
    assert_snapshot!(messages("policies: [a, b\noutput: c\n"), @r"
    error[yaml-syntax]: a `:` cannot stand inside these brackets
     --> septum.yaml:2:7
      |
    1 | policies: [a, b
      |           - opened here
    2 | output: c
      |       ^
    ");
    assert_snapshot!(messages("policies: [a, b}\n"), @r"
    error[yaml-syntax]: the bracket `[` is closed by `}`
     --> septum.yaml:1:11
      |
    1 | policies: [a, b}
      |           ^
    ");
    assert_snapshot!(messages("name: a\n\toutput: b\n"), @r"
    error[yaml-syntax]: a tab cannot indent, and the lines of this text go on past it
     --> septum.yaml:1:7
      |
    1 | name: a
      |       ^
      |
      = help: indent with spaces
    ");
    assert_snapshot!(messages("name: a: b\n"), @r"
    error[yaml-syntax]: a `:` cannot stand here
     --> septum.yaml:1:8
      |
    1 | name: a: b
      |        ^
      |
      = help: put text that holds `: ` in quotes; keys of one map begin in the same column
    ");
    assert_snapshot!(messages("name: a\n  output: b\n"), @r"
    error[yaml-syntax]: a `:` cannot stand here
     --> septum.yaml:2:9
      |
    2 |   output: b
      |         ^
      |
      = help: put text that holds `: ` in quotes; keys of one map begin in the same column
    ");
    assert_snapshot!(messages("name: *base\n"), @r"
    error[yaml-syntax]: no anchor of this name stands above
     --> septum.yaml:1:7
      |
    1 | name: *base
      |       ^
    ");
    assert_snapshot!(messages("name: @a\n"), @r"
    error[yaml-syntax]: the character `@` cannot begin a value
     --> septum.yaml:1:7
      |
    1 | name: @a
      |       ^
      |
      = help: put the value in quotes
    ");
    assert_snapshot!(messages("name: a\npolicies\n"), @r"
    error[yaml-syntax]: expected a key and `:`
     --> septum.yaml:2:1
      |
    2 | policies
      | ^
      |
      = help: keys of one map begin in the same column
    ");
}

#[test]
fn what_yaml_allows_and_nobody_needs_is_refused() {
    assert_snapshot!(told("a: 1\n---\nb: 2\n"), @r"
    error[yaml-syntax]: a second document begins here
     --> septum.yaml:2:1
      |
    2 | ---
      | ^^^
      |
      = help: a file holds one document; remove this `---`
    ");
    assert_snapshot!(told("[a]: 1\n{b: c}: 2\n~: 3\n"), @r"
    error[yaml-syntax]: a key must be text, this is a list
     --> septum.yaml:1:1
      |
    1 | [a]: 1
      | ^^^
    error[yaml-syntax]: a key must be text, this is a map
     --> septum.yaml:2:1
      |
    2 | {b: c}: 2
      | ^^^^^^
    error[yaml-syntax]: a key must be text, this is nothing
     --> septum.yaml:3:1
      |
    3 | ~: 3
      | ^
    ");
    assert_snapshot!(told("a: !include b.yaml\nb: !!str no\n"), @r"
    error[yaml-syntax]: the tag `!include` is not supported
     --> septum.yaml:1:4
      |
    1 | a: !include b.yaml
      |    ^^^^^^^^
      |
      = help: remove it
    ");
    assert_snapshot!(told("a: &a [*a]\n"), @r"
    error[yaml-syntax]: this alias stands inside the value that it names
     --> septum.yaml:1:8
      |
    1 | a: &a [*a]
      |        ^^
    ");
    assert_snapshot!(told("a: { <<: text }\n"), @r"
    error[wrong-value]: `<<` takes maps, this is text
     --> septum.yaml:1:10
      |
    1 | a: { <<: text }
      |          ^^^^
    ");
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..10 {
        let names = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{names}]\n"));
    }
    let told = told(&text);
    assert!(
        told.starts_with("error[yaml-limit]: anchors and aliases repeat too much of the file"),
        "{told}"
    );
}

#[test]
fn ten_thousand_levels_are_refused() {
    let flow = "[".repeat(10_000);
    let maps = "{a: ".repeat(10_000);
    let block: String = (0..10_000)
        .map(|level| format!("{}a:\n", " ".repeat(level)))
        .collect();
    let dashes = "- ".repeat(10_000);
    for text in [flow, maps, block, dashes] {
        let (_, diagnostics) = read(&text);
        assert_eq!(diagnostics.len(), 1);
        assert_eq!(diagnostics[0].message, "values nest more than 64 levels deep");
    }
}

#[test]
fn a_manifest_has_a_bounded_size() {
    let text = format!("policies: [{}]\n", "a,".repeat(30_000));
    let (_, diagnostics) = read(&text);
    assert_eq!(diagnostics[0].message, "the file holds more than 20000 values");
}

#[test]
fn a_repeated_key_is_found_among_many() {
    let mut text: String = (0..5_000).map(|n| format!("k{n}: v\n")).collect();
    text.push_str("k77: w\n");
    let (root, diagnostics) = yaml::read(FileId(0), &text, Limits::SETTINGS);
    assert_eq!(diagnostics.len(), 1);
    assert_eq!(diagnostics[0].message, "the key `k77` is given twice");
    let Value::Map(entries) = root.unwrap().value else {
        panic!("a map")
    };
    assert_eq!(entries.len(), 5_000);
}

#[test]
fn any_text_is_read_without_panic_and_with_spans_inside_it() {
    arbtest::arbtest(|u| {
        let mut text = String::new();
        for _ in 0..u.int_in_range(0..=30)? {
            text.push_str(u.choose(&[
                "a", "ä", ": ", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "\"", "'", "&a ", "*a", "<<",
                "#", "|\n", "!!str ", "\t", "~", "\0", "\r\n", "? ", "---\n", "name",
            ])?);
        }
        let (root, diagnostics) = yaml::read(FileId(0), &text, Limits::SETTINGS);
        assert!(root.is_some() || !diagnostics.is_empty());
        for diagnostic in diagnostics.iter().chain(&read(&text).1) {
            let span = diagnostic.primary.as_ref().unwrap().span;
            assert!(text.get(span.range()).is_some(), "{text:?}: {diagnostic:?}");
        }
        Ok(())
    });
}

#[test]
fn shipped_yaml_has_short_errors_with_a_position() {
    #[derive(Debug, serde::Deserialize)]
    struct Shape {
        #[expect(dead_code)]
        limit: u32,
    }
    let error = yaml::from_str::<Shape>("a: b\nlimit: many\n").unwrap_err();
    assert_snapshot!(error, @"invalid u32");
    assert_eq!((error.line, error.column), (Some(2), Some(8)));
    let error = yaml::from_str::<Shape>("limit: 1\nlimit: 2\n").unwrap_err();
    assert_snapshot!(error, @"duplicate mapping key `limit` is not allowed here");
}
