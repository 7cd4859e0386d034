//! `septum explain`.

use std::path::Path;

use septum::check::{CHECKS, Settings};
use septum::manifest;
use septum::source::FileId;

use super::{Run, septum};

fn explain(arguments: &[&str]) -> Run {
    let arguments: Vec<&str> = ["explain"].into_iter().chain(arguments.iter().copied()).collect();
    septum(Path::new("."), &arguments)
}

#[test]
fn without_a_name_every_check_is_listed() {
    let run = explain(&[]);
    assert_eq!((run.code, run.err.as_str()), (0, ""));
    assert_eq!(run.out.lines().count(), CHECKS.len());
    for (line, check) in run.out.lines().zip(CHECKS) {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some(check.name));
        assert!(matches!(words.next(), Some("allow" | "warn" | "error")), "{line}");
        assert!(line.ends_with(check.summary), "{line}");
    }
}

#[test]
fn a_check_is_documented_with_its_options() {
    let run = explain(&["dead-rule"]);
    assert_eq!(run.code, 0);
    insta::assert_snapshot!(run.out);
    let run = explain(&["exploited-exposed"]);
    insta::assert_snapshot!("options", run.out);
}

#[test]
fn what_is_said_of_septum_yaml_is_what_it_reads() {
    for check in CHECKS {
        let run = explain(&[check.name]);
        assert_eq!(run.code, 0, "{}", check.name);
        assert!(!check.documentation().trim().is_empty(), "{}", check.name);
        let (_, yaml) = run.out.split_once("```yaml\nchecks:").unwrap();
        let yaml = format!("name: clinic\nchecks:{}", yaml.split("```").next().unwrap());
        let (manifest, found) = manifest::read(FileId(0), &yaml);
        assert!(found.is_empty(), "{yaml}\n{found:?}");
        let (settings, wrong) = Settings::new(&manifest);
        assert!(wrong.is_empty(), "{yaml}\n{wrong:?}");
        let (defaults, _) = Settings::new(&manifest::read(FileId(0), "name: clinic\n").0);
        assert_eq!(settings.severity(check), defaults.severity(check), "{yaml}");
        for option in check.options {
            let name = option.name;
            assert_eq!(
                settings.number(check, name),
                defaults.number(check, name),
                "{yaml}"
            );
            assert_eq!(settings.text(check, name), defaults.text(check, name), "{yaml}");
            assert_eq!(settings.list(check, name), defaults.list(check, name), "{yaml}");
        }
    }
}

#[test]
fn an_unknown_name_is_wrong_usage() {
    let run = explain(&["dead-rules"]);
    assert_eq!((run.code, run.out.as_str()), (2, ""));
    assert_eq!(
        run.err,
        "error: there is no check `dead-rules`; did you mean `dead-rule`?\n"
    );
}
