//! What each format says of an ordinary report, pinned as a whole.

use septum::diagnostic::{Diagnostic, Severity, github, json, junit, sarif};
use septum::source::SourceMap;

use super::{one_file, rendered, report, span};

const POLICY: &str = "\
policy lab \"Lab\" {
    allow lab -> lis : hl7
    allow lab.ward -> lis : hl7
    allow lis -> pump : https
}
";

fn findings() -> (Vec<Diagnostic>, SourceMap) {
    let sources = one_file("lab.sept", POLICY);
    let at = |needle: &str| span(&sources, needle);
    let dead = Diagnostic::warning(
        "dead-rule",
        at("allow lab.ward -> lis : hl7"),
        "no packet needs this rule",
    )
    .with(at("allow lab -> lis : hl7"), "covers it")
    .note("example", "tcp 10.0.0.1:49152 -> 10.1.0.1:2575")
    .help("remove it")
    .edit(at("    allow lab.ward -> lis : hl7\n"), "");
    let chain = Diagnostic::error(
        "forbid-path",
        at("policy lab \"Lab\" {\n    allow"),
        "`lab` reaches `pump` by 2 steps",
    )
    .with(at("allow lab -> lis : hl7"), "step 1")
    .with(at("allow lis -> pump : https"), "step 2")
    .chain();
    let placeless = Diagnostic::new(Severity::Note, "no-devices", "the inventory is empty");
    (vec![placeless, chain, dead], sources)
}

#[test]
fn json_of_three_findings() {
    let (findings, sources) = findings();
    insta::assert_snapshot!(json::render(&report(&findings, &sources)));
}

#[test]
fn sarif_of_three_findings() {
    let (findings, sources) = findings();
    insta::assert_snapshot!(sarif::render(&report(&findings, &sources)));
}

#[test]
fn annotations_of_three_findings() {
    let (findings, sources) = findings();
    insta::assert_snapshot!(github::render(&report(&findings, &sources)), @r"
    ::notice title=no-devices::the inventory is empty
    ::error file=policies/clinic/lab.sept,line=1,endLine=2,title=forbid-path::`lab` reaches `pump` by 2 steps
    ::warning file=policies/clinic/lab.sept,line=3,endLine=3,col=5,endColumn=32,title=dead-rule::no packet needs this rule%0Aexample: tcp 10.0.0.1:49152 -> 10.1.0.1:2575%0Ahelp: remove it
    ");
}

#[test]
fn junit_of_three_findings() {
    let (findings, sources) = findings();
    insta::assert_snapshot!(junit::render(&report(&findings, &sources)));
}

#[test]
fn three_findings_keep_to_the_schemas() {
    let (findings, sources) = findings();
    rendered(&report(&findings, &sources));
}

#[test]
fn no_findings_are_a_document_too() {
    let rendered = rendered(&report(&[], &SourceMap::default()));
    assert_eq!(rendered.json["findings"], serde_json::json!([]));
    assert_eq!(rendered.sarif["runs"][0]["results"], serde_json::json!([]));
    assert_eq!(rendered.github, "");
    // Readers of test results take a file without tests for a failed run.
    insta::assert_snapshot!(rendered.junit, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites name="septum" tests="2" failures="0" errors="0">
      <testsuite name="septum check" tests="2" failures="0" errors="0" skipped="0">
        <testcase classname="septum" name="dead-rule"/>
        <testcase classname="septum" name="forbid-path"/>
      </testsuite>
    </testsuites>
    "#);
}

#[test]
fn hundreds_of_findings_are_each_there_once() {
    let text: String = (0..700).map(|i| format!("allow a{i} -> b : c\n")).collect();
    let sources = one_file("many.sept", &text);
    let findings: Vec<Diagnostic> = (0..700)
        .map(|i| {
            let place = span(&sources, &format!("allow a{i} -> b : c"));
            Diagnostic::error("dead-rule", place, format!("rule {i}"))
        })
        .collect();
    let rendered = rendered(&report(&findings, &sources));
    let lines: Vec<u64> = rendered.json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["line"].as_u64().unwrap())
        .collect();
    assert_eq!(lines, (1..=700).collect::<Vec<u64>>());
    assert_eq!(
        rendered.sarif["runs"][0]["results"].as_array().unwrap().len(),
        700
    );
}

#[test]
fn paths_are_those_that_the_reader_sees() {
    let sources = one_file("std/services.sept", "service x {}");
    let place = span(&sources, "x");
    let findings = [Diagnostic::error("dead-rule", place, "m")];
    let mut seen = report(&findings, &sources);
    let path = |report: &_| rendered(report).json["findings"][0]["file"].clone();
    assert_eq!(
        path(&seen),
        "std/services.sept",
        "the standard library is in no directory"
    );
    seen.builtin = &[];
    assert_eq!(path(&seen), "policies/clinic/std/services.sept");
    seen.root = "";
    assert_eq!(path(&seen), "std/services.sept");
    seen.root = "/srv/a b";
    let result = &rendered(&seen).sarif["runs"][0]["results"][0];
    let artifact = &result["locations"][0]["physicalLocation"]["artifactLocation"];
    assert_eq!(
        *artifact,
        serde_json::json!({ "uri": "file:///srv/a%20b/std/services.sept" })
    );
}
