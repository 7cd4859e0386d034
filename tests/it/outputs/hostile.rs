//! Strings that mean something to one of the formats stay strings.

use septum::diagnostic::Diagnostic;

use super::{one_file, rendered, report, span};

const EVIL: &str = "\"'<a b=\"c\">&amp;]]>%0A::error::x,y\r\n::warning::z\u{1b}[31m\u{0}\u{FFFE}\\ü😀{0}";

#[test]
fn every_field_comes_back_from_json_as_it_was() {
    let sources = one_file(EVIL, EVIL);
    let place = span(&sources, "ü");
    let findings = [Diagnostic::error("dead-rule", place, EVIL)
        .at(place, EVIL)
        .with(place, EVIL)
        .note("example", EVIL)
        .help(EVIL)
        .edit(place, EVIL)];
    let rendered = rendered(&report(&findings, &sources));
    let finding = &rendered.json["findings"][0];
    assert_eq!(finding["file"], format!("policies/clinic/{EVIL}"));
    for path in [
        "/message",
        "/label",
        "/related/0/message",
        "/notes/0/text",
        "/help",
        "/edit/replacement",
    ] {
        assert_eq!(finding.pointer(path).unwrap(), EVIL, "{path}");
    }
    let result = &rendered.sarif["runs"][0]["results"][0];
    assert!(result["message"]["text"].as_str().unwrap().starts_with(EVIL));
    let replacement = "/fixes/0/artifactChanges/0/replacements/0/insertedContent/text";
    assert_eq!(result.pointer(replacement).unwrap(), EVIL);
}

#[test]
fn an_annotation_is_one_line_whatever_it_says() {
    let sources = one_file(EVIL, "x");
    let findings = [Diagnostic::error("dead-rule", span(&sources, "x"), EVIL).help("a\nb")];
    let path = "\"'<a b=\"c\">&amp;]]>%250A%3A%3Aerror%3A%3Ax%2Cy%0D%0A%3A%3Awarning%3A%3Az\u{FFFD}[31m\u{FFFD}\u{FFFE}\\ü😀{0}";
    let said =
        "\"'<a b=\"c\">&amp;]]>%250A::error::x,y%0D%0A::warning::z\u{FFFD}[31m\u{FFFD}\u{FFFE}\\ü😀{0}";
    assert_eq!(
        rendered(&report(&findings, &sources)).github,
        format!(
            "::error file=policies/clinic/{path},line=1,endLine=1,col=1,endColumn=2,title=dead-rule::{said}%0Ahelp: a%0Ab\n"
        )
    );
}

#[test]
fn an_xml_reader_gets_back_what_xml_can_say() {
    let sources = one_file(EVIL, EVIL);
    let findings = [Diagnostic::error("dead-rule", span(&sources, "ü"), EVIL)];
    let rendered = rendered(&report(&findings, &sources));
    let tree = roxmltree::Document::parse(&rendered.junit).unwrap();
    let failure = tree.descendants().find(|n| n.has_tag_name("failure")).unwrap();
    let said: String = EVIL
        .chars()
        .map(|c| match c {
            '\u{1b}' | '\u{0}' | '\u{FFFE}' => '\u{FFFD}',
            c => c,
        })
        .collect();
    assert_eq!(failure.attribute("message"), Some(&*said));
}

#[test]
fn columns_count_what_each_format_counts() {
    let sources = one_file("a.sept", "allow \"😀é\" -> x\r\nallow y");
    let findings = [
        Diagnostic::error("dead-rule", span(&sources, "x"), "m"),
        Diagnostic::error("dead-rule", span(&sources, "😀"), "m"),
        Diagnostic::error("dead-rule", span(&sources, "y"), "m"),
    ];
    let rendered = rendered(&report(&findings, &sources));
    let characters = |i: usize| {
        let finding = &rendered.json["findings"][i];
        [&finding["line"], &finding["column"], &finding["end_column"]].map(|n| n.as_u64().unwrap())
    };
    assert_eq!(characters(0), [1, 15, 16]);
    assert_eq!(characters(1), [1, 8, 9]);
    assert_eq!(characters(2), [2, 7, 8]);
    let units = |i: usize| {
        let result = &rendered.sarif["runs"][0]["results"][i];
        let region = &result["locations"][0]["physicalLocation"]["region"];
        [&region["startLine"], &region["startColumn"], &region["endColumn"]].map(|n| n.as_u64().unwrap())
    };
    assert_eq!(units(0), [1, 16, 17], "an emoji is two UTF-16 code units");
    assert_eq!(units(1), [1, 8, 10]);
    assert_eq!(units(2), [2, 7, 8]);
}

#[test]
fn a_path_is_a_valid_address() {
    for (path, uri) in [
        ("a b/ü.sept", "policies/clinic/a%20b/%C3%BC.sept"),
        ("100%25.sept", "policies/clinic/100%2525.sept"),
        ("a?b#c:d", "policies/clinic/a%3Fb%23c%3Ad"),
    ] {
        let sources = one_file(path, "x");
        let findings = [Diagnostic::error("dead-rule", span(&sources, "x"), "m")];
        let rendered = rendered(&report(&findings, &sources));
        let result = &rendered.sarif["runs"][0]["results"][0];
        let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
        assert_eq!(artifact["uri"], uri);
    }
}
