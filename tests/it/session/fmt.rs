//! `septum fmt`.

use std::fs;

use super::{repository, septum, tree};

const UNTIDY: &str = "# top\n\n\nzone   ward{subnet 10.0.0.0/24# first\n,10.0.1.0/24 ;trust 4 # second\n}\n# third\n\
                      zone lab { subnet 10.1.0.0/24 }\nallow ward->lab:https # fourth\n# last";

#[test]
fn check_names_the_files_and_changes_nothing() {
    let directory = repository(UNTIDY);
    let before = tree(directory.path());
    septum(directory.path(), &["fmt", "--check"])
        .ends(1)
        .says("clinic.sept");
    assert_eq!(tree(directory.path()), before);
}

#[test]
fn the_second_time_there_is_nothing_to_do_and_every_comment_is_kept() {
    let directory = repository(UNTIDY);
    let path = directory.path().join("clinic.sept");
    septum(directory.path(), &["fmt"]).ends(0).says("clinic.sept");
    let once = fs::read_to_string(&path).unwrap();
    for comment in ["# top", "# first", "# second", "# third", "# fourth", "# last"] {
        assert_eq!(once.matches(comment).count(), 1, "{comment}\n{once}");
    }
    assert_ne!(once, UNTIDY);
    septum(directory.path(), &["fmt", "--check"]).ends(0);
    let again = septum(directory.path(), &["fmt"]).ends(0);
    assert_eq!(again.err, "");
    assert_eq!(fs::read_to_string(&path).unwrap(), once);
}

#[test]
fn a_file_with_a_mistake_stays_as_it_is_and_so_do_the_others() {
    let directory = repository(UNTIDY);
    fs::write(directory.path().join("broken.sept"), "zone { subnet }\n").unwrap();
    let before = tree(directory.path());
    septum(directory.path(), &["fmt"]).ends(2).says("broken.sept:1");
    assert_eq!(tree(directory.path()), before);
}

#[test]
fn single_files_need_no_repository() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("a.sept"), UNTIDY).unwrap();
    septum(directory.path(), &["fmt", "a.sept"]).ends(0);
    septum(directory.path(), &["fmt", "--check", "a.sept"]).ends(0);
    septum(directory.path(), &["fmt", "b.sept"])
        .ends(2)
        .says("b.sept");
}

#[test]
fn nothing_is_said_to_be_formatted_that_could_not_be_written() {
    let directory = repository(UNTIDY);
    fs::write(directory.path().join(".septum-work"), "in the way").unwrap();
    let ran = septum(directory.path(), &["fmt"]).ends(2);
    assert!(!ran.err.contains("formatted"), "{}", ran.err);
}
