//! docs/checks.md and README.md show what the binary prints.

use std::path::Path;

use super::septum;

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn the_list_of_checks_is_that_of_the_binary() {
    let list = septum(Path::new("."), &["explain"]).out;
    let shown = format!("```console\n$ septum explain\n{list}```\n");
    assert!(
        document("docs/checks.md").contains(&shown),
        "docs/checks.md must hold:\n{shown}"
    );
}

#[test]
fn the_tour_shows_a_refuted_path_as_it_is_printed() {
    let readme = document("README.md");
    let block = |start: &str| {
        let (_, rest) = readme
            .split_once(start)
            .unwrap_or_else(|| panic!("README.md has no {start:?}"));
        rest.split_once("```").unwrap().0
    };
    let rule = block("```diff\n+");
    let directory = tempfile::tempdir().unwrap();
    let init = septum(directory.path(), &["init", "clinic"]);
    assert_eq!(block("$ septum init clinic\n"), init.err);
    let policy = directory.path().join("clinic/clinic.sept");
    let text = std::fs::read_to_string(&policy).unwrap();
    std::fs::write(&policy, text + rule).unwrap();
    let run = septum(directory.path(), &["check", "clinic", "--only", "forbid-path"]);
    assert_eq!(run.code, 1);
    let shown = block("$ septum check clinic --only forbid-path\n? 1\n");
    assert_eq!(shown, run.err);
}
