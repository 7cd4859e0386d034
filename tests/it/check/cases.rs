//! Runs the cases, and holds that there is one of every kind.

use std::collections::BTreeSet;

use septum::check::CHECKS;

use super::case::{Case, Kind, Outcome};

/// Found by `septum build`, where a configuration is written; `target_limit.rs` has its cases.
const FOUND_ELSEWHERE: [&str; 1] = ["target-limit"];

#[test]
fn every_case_shows_what_its_name_says() {
    let mut wrong = Vec::new();
    for case in Case::all() {
        let outcome = case.outcome();
        let rendered = outcome.rendered();
        if let Some(fault) = fault(&case, &outcome) {
            wrong.push(format!(
                "{}/{}: {fault}\n{rendered}",
                case.check.name,
                case.stem()
            ));
        }
        let pinned = matches!(case.kind, Kind::Finds | Kind::Unwaivable | Kind::Option);
        if pinned && !rendered.is_empty() {
            snapshots_beside(&case).bind(|| insta::assert_snapshot!(case.stem(), rendered));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What keeps a case from showing what its name says.
fn fault(case: &Case, outcome: &Outcome) -> Option<String> {
    if !outcome.broken.is_empty() {
        return Some(format!("does not resolve\n{}", outcome.broken.join("\n")));
    }
    let found = outcome.found.len();
    let said = match case.kind {
        Kind::Finds if found == 0 => "finds nothing",
        Kind::Misses | Kind::Waived if found > 0 => "finds something",
        Kind::Waived if !outcome.about_waivers.is_empty() => "has a waiver that silences nothing",
        Kind::Waived if case.without_waivers().found.is_empty() => "has nothing to waive",
        Kind::Unwaivable if found == 0 => "finds nothing",
        Kind::Unwaivable if case.without_waivers().found.len() > found => "is waived",
        Kind::Option if outcome.rendered() == case.with_defaults().rendered() => {
            "finds the same without the option"
        }
        _ => return None,
    };
    Some(said.to_owned())
}

fn snapshots_beside(case: &Case) -> insta::Settings {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(case.path.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn every_check_has_a_case_of_each_kind() {
    let cases = Case::all();
    let mut missing = Vec::new();
    for check in CHECKS
        .iter()
        .filter(|check| !FOUND_ELSEWHERE.contains(&check.name))
    {
        let has = |kind| {
            cases
                .iter()
                .any(|case| case.check.name == check.name && case.kind == kind)
        };
        for kind in [Kind::Finds, Kind::Misses] {
            if !has(kind) {
                missing.push(format!("{}: {kind:?}", check.name));
            }
        }
        if has(Kind::Waived) == has(Kind::Unwaivable) {
            missing.push(format!("{}: either waived or unwaivable", check.name));
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

#[test]
fn every_option_has_a_case() {
    let set: BTreeSet<(&str, String)> = Case::all()
        .iter()
        .filter(|case| case.kind == Kind::Option)
        .flat_map(|case| case.options().into_iter().map(|option| (case.check.name, option)))
        .collect();
    let options = CHECKS.iter().flat_map(|check| {
        check
            .options
            .iter()
            .map(|option| (check.name, option.name.to_owned()))
    });
    let missing: Vec<_> = options.filter(|option| !set.contains(option)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn no_snapshot_is_left_behind() {
    let cases = Case::all();
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/check/cases");
    for directory in std::fs::read_dir(root).unwrap() {
        for file in std::fs::read_dir(directory.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "snap") {
                let case = path.with_extension("sept");
                assert!(
                    cases.iter().any(|known| known.path == case),
                    "{} has no case",
                    path.display()
                );
            }
        }
    }
}
