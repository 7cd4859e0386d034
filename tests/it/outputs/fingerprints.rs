//! A fingerprint is the name under which a service remembers a finding from one commit to the next.

use septum::diagnostic::Diagnostic;

use super::{one_file, rendered, report, span};

/// The fingerprints of one finding on each of `needles` in a file of this text.
fn fingerprints(text: &str, needles: &[&str], message: &str) -> Vec<String> {
    let sources = one_file("a.sept", text);
    let findings: Vec<Diagnostic> = needles
        .iter()
        .map(|needle| Diagnostic::error("dead-rule", span(&sources, needle), message))
        .collect();
    let rendered = rendered(&report(&findings, &sources));
    let json = rendered.json["findings"].as_array().unwrap();
    let results = rendered.sarif["runs"][0]["results"].as_array().unwrap();
    json.iter()
        .zip(results)
        .map(|(finding, result)| {
            assert_eq!(finding["fingerprint"], result["partialFingerprints"]["septum/v1"]);
            finding["fingerprint"].as_str().unwrap().to_owned()
        })
        .collect()
}

const RULE: &str = "allow a -> b : c";

#[test]
fn it_is_pinned() {
    assert_eq!(
        fingerprints(RULE, &[RULE], "m"),
        ["e56ef28abf09d2817c3b4b24c55f9f31"]
    );
}

#[test]
fn it_stays_while_other_things_change() {
    let before = fingerprints(RULE, &[RULE], "m");
    let moved = format!("# a comment\nzone x {{}}\n\n      {RULE}");
    assert_eq!(fingerprints(&moved, &[RULE], "another wording"), before);
    let laid_out = "allow a ->\n    b : c";
    assert_eq!(fingerprints(laid_out, &[laid_out], "m"), before);
    let documented = "allow a -> b : c { owner lab }";
    assert_eq!(fingerprints(documented, &[documented], "m"), before);
}

#[test]
fn it_differs_where_the_finding_does() {
    let other = "allow a -> b : d";
    let both = format!("{RULE}\n{other}");
    let [first, second] = &fingerprints(&both, &[RULE, other], "m")[..] else {
        panic!()
    };
    assert_ne!(first, second);
    let [first, repeated] = &fingerprints(RULE, &[RULE, RULE], "m")[..] else {
        panic!()
    };
    assert_ne!(first, repeated, "repetitions are numbered");
}
