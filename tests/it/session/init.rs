//! `septum init`.

use super::{clinic, septum, tree};

#[test]
fn a_new_repository_checks_clean_is_laid_out_and_builds() {
    let directory = clinic();
    let here = directory.path();
    let checked = septum(here, &["check", "clinic"]).ends(0);
    assert!(
        !checked.err.contains("warning") && !checked.err.contains("error"),
        "{}",
        checked.err
    );
    septum(here, &["fmt", "clinic", "--check"]).ends(0);
    septum(here, &["build", "clinic"])
        .ends(0)
        .says("clinic/build/gateway.nft");
    assert!(here.join("clinic/build/gateway.nft").is_file());
    assert!(here.join("clinic/build/manifest.json").is_file());
    // What is built is no input of the next build.
    septum(here, &["build", "clinic", "--check"]).ends(0);
}

#[test]
fn every_command_takes_the_repository_as_operand_and_as_option() {
    let directory = clinic();
    let here = directory.path();
    let inside = here.join("clinic");
    for subcommand in ["check", "build", "graph", "fmt"] {
        septum(here, &[subcommand, "clinic"]).ends(0);
        septum(here, &[subcommand, "-p", "clinic"]).ends(0);
        septum(here, &[subcommand, "--policy", "clinic"]).ends(0);
        septum(&inside, &[subcommand]).ends(0);
    }
}

#[test]
fn nothing_that_is_there_is_touched() {
    let directory = clinic();
    let before = tree(directory.path());
    septum(directory.path(), &["init", "clinic"])
        .ends(2)
        .says("septum.yaml` is there already");
    assert_eq!(tree(directory.path()), before);

    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("devices.csv"), "mine").unwrap();
    let before = tree(directory.path());
    septum(directory.path(), &["init"]).ends(2).says("devices.csv");
    assert_eq!(tree(directory.path()), before);
}
