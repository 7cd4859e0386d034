//! `septum init`: what it starts is in order.

use super::septum;

#[test]
fn the_starter_checks_clean_and_builds() {
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    assert_eq!(septum(here, &["init", "clinic"]).code, 0);
    let check = septum(here, &["check", "clinic", "--deny", "warnings"]);
    assert_eq!(check.code, 0, "{}", check.err);
    let fmt = septum(here, &["fmt", "--check", "clinic"]);
    assert_eq!(fmt.code, 0, "{}", fmt.err);
    let build = septum(here, &["build", "clinic"]);
    assert_eq!(build.code, 0, "{}", build.err);
    assert!(here.join("clinic/build/gateway.nft").exists());
}
