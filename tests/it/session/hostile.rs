//! Inputs that nobody means well, through the real binary: an error that names the file, never a crash.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use super::{Ran, command, repository, septum};

/// `check` of a policy that cannot be used.
#[track_caller]
fn refused(policy: impl AsRef<[u8]>) -> Ran {
    let directory = repository(policy);
    let ran = septum(directory.path(), &["check"]).ends(2).says("clinic.sept");
    assert!(ran.err.len() < 1 << 19, "{} bytes of messages", ran.err.len());
    ran
}

#[test]
fn bytes_that_are_no_text() {
    refused(b"zone ward { subnet 10.0.0.0/24 }\n# \xff\xfe\n").says("not UTF-8 text (line 2)");
    refused(b"zone ward\0 { subnet 10.0.0.0/24 }\n").says("clinic.sept:1:10");
    refused([0; 4096]);
    for name in ["septum.yaml", "devices.csv", "devices.yaml"] {
        for bytes in [&b"\xff\xfe"[..], b"name\0: x\n"] {
            let directory = repository("");
            let here = directory.path();
            fs::write(here.join("septum.yaml"), format!("inventory: [{name}]\n")).unwrap();
            fs::write(here.join(name), bytes).unwrap();
            septum(here, &["check"]).ends(2).says(name);
        }
    }
}

#[test]
fn a_megabyte_on_one_line() {
    refused("a".repeat(1 << 20));
    refused("zone a{subnet 10.0.0.0/24}".repeat((1 << 20) / 26));
    refused(format!("allow {} : https", "a -> ".repeat(1 << 18)));
    refused(format!("zone a \"{}", "x".repeat(1 << 20)));
    let comment = repository(format!("# {}\n", "x".repeat(1 << 20)));
    septum(comment.path(), &["check"]).ends(0);
}

#[test]
fn a_hundred_thousand_braces() {
    for open in ["{", "(", "[", "zone a {", "policy a {", "group a = (", "allow ("] {
        refused(open.repeat(100_000));
    }
    refused("}".repeat(100_000));
    let directory = repository("");
    let here = directory.path();
    for open in ["[", "{", "{ a: ", "- "] {
        fs::write(here.join("septum.yaml"), open.repeat(100_000)).unwrap();
        septum(here, &["check"]).ends(2).says("septum.yaml");
    }
}

#[test]
fn numbers_that_fit_nowhere() {
    let huge = "9".repeat(400);
    for policy in [
        format!("zone a {{ subnet 10.0.0.0/{huge} }}"),
        format!("zone a {{ subnet {huge}.0.0.0/8 }}"),
        format!("zone a {{ subnet 10.0.0.0/8; trust {huge} }}"),
        format!("service s = tcp {huge}"),
        "service s = tcp 65536".to_owned(),
        "service s = tcp 20-10".to_owned(),
        "service s = proto 256".to_owned(),
        "service s = icmp 256".to_owned(),
        "zone a { subnet 2001:db8::/129 }".to_owned(),
        "zone a { subnet 10.0.0.0/24; trust 101 }".to_owned(),
        format!("zone a {{ subnet 10.0.0.0/8 }}\nlimit a ~> a <= {huge}"),
        format!("zone a {{ subnet 10.0.0.0/8 }}\nallow a -> a {{ rate {huge}/second }}"),
        "zone a { subnet 10.0.0.0/8 }\nallow a -> a { expires 2027-13-45 }".to_owned(),
        format!("zone a {{ subnet 10.0.0.0/8 }}\nallow a -> a {{ expires {huge}-01-01 }}"),
    ] {
        refused(policy).says("clinic.sept:");
    }
}

#[test]
fn what_is_no_file() {
    let directory = repository("");
    let here = directory.path();
    fs::create_dir(here.join("folder.sept")).unwrap();
    septum(here, &["check"]).ends(0);
    septum(here, &["fmt", "folder.sept"]).ends(2).says("folder.sept");
    fs::write(here.join("septum.yaml"), "inventory: [folder.sept]\n").unwrap();
    septum(here, &["check"]).ends(2).says("it is a directory");
    fs::remove_file(here.join("septum.yaml")).unwrap();
    fs::create_dir(here.join("septum.yaml")).unwrap();
    septum(here, &["check"]).ends(2).says("it is a directory");

    let directory = repository("");
    let fifo = directory.path().join("pipe.sept");
    assert!(Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    septum(directory.path(), &["check"])
        .ends(2)
        .says("it is no regular file");
}

#[test]
fn nothing_outside_the_repository_is_read() {
    let secret = tempfile::tempdir().unwrap();
    let path = secret.path().join("secret");
    fs::write(&path, "the-secret-words\n").unwrap();
    let quiet = |here: &Path, says: &str| {
        let ran = septum(here, &["check"]).ends(2).says(says);
        assert!(!ran.err.contains("the-secret-words"), "{}", ran.err);
    };
    for name in ["clinic.sept", "septum.yaml"] {
        let directory = repository("");
        fs::remove_file(directory.path().join(name)).unwrap();
        symlink(&path, directory.path().join(name)).unwrap();
        quiet(directory.path(), "leads out of the repository");
    }
    let outside = path.to_str().unwrap();
    for manifest in [
        format!("policies: [\"{outside}\"]\n"),
        "policies: [\"../**/*.sept\"]\n".to_owned(),
        format!("inventory: [\"{outside}\"]\n"),
        "inventory: [\"../devices.csv\"]\n".to_owned(),
        format!("templates: {{ nftables: \"{outside}\" }}\n"),
        "output: ../build\n".to_owned(),
    ] {
        let directory = repository("");
        fs::write(directory.path().join("septum.yaml"), manifest).unwrap();
        quiet(directory.path(), "septum.yaml:1");
    }
    let directory = repository("");
    symlink(&path, directory.path().join("devices.csv")).unwrap();
    fs::write(directory.path().join("septum.yaml"), "inventory: [devices.csv]\n").unwrap();
    quiet(directory.path(), "leads out of the repository");

    // A repository may be reached through a link, and one inside it may lead to another file of it.
    let directory = repository("zone a { subnet 10.0.0.0/24 }\n");
    symlink(directory.path(), secret.path().join("link")).unwrap();
    fs::rename(
        directory.path().join("clinic.sept"),
        directory.path().join("real"),
    )
    .unwrap();
    symlink("real", directory.path().join("clinic.sept")).unwrap();
    septum(&secret.path().join("link"), &["check"]).ends(0);
    septum(secret.path(), &["check", "link"]).ends(0);
}

#[test]
fn links_to_directories_are_followed_and_each_file_is_read_once() {
    let zone = "zone ward { subnet 10.0.0.0/24 }\n";
    let directory = repository(zone);
    let here = directory.path();
    fs::write(here.join("septum.yaml"), "name: a\n").unwrap();
    symlink(".", here.join("self")).unwrap();
    septum(here, &["check"]).ends(0);
    // Two links have names without number for one file.
    symlink(".", here.join("self2")).unwrap();
    symlink("clinic.sept", here.join("another.sept")).unwrap();
    septum(here, &["check"]).ends(0);

    // What another directory shares is read where only the link is of the pattern, and told by its own name.
    let directory = repository(zone);
    let here = directory.path();
    fs::create_dir_all(here.join("shared/deep")).unwrap();
    fs::create_dir(here.join("policy")).unwrap();
    symlink("../shared", here.join("policy/common")).unwrap();
    symlink("..", here.join("shared/deep/up")).unwrap();
    fs::write(
        here.join("shared/deep/a.sept"),
        "zone lab { subnet 10.0.0.0/24 }\n",
    )
    .unwrap();
    let told = |policies: &str| {
        fs::write(here.join("septum.yaml"), format!("policies: {policies}\n")).unwrap();
        septum(here, &["check"]).ends(2).err
    };
    for (policies, name) in [
        (
            r#"["clinic.sept", "policy/**/*.sept"]"#,
            "policy/common/deep/a.sept",
        ),
        (
            r#"["clinic.sept", "**/common/deep/*.sept"]"#,
            "policy/common/deep/a.sept",
        ),
        (
            r#"["clinic.sept", "policy/**/*.sept", "shared/deep/a.sept"]"#,
            "shared/deep/a.sept",
        ),
        (r#"["**/*.sept"]"#, "shared/deep/a.sept"),
    ] {
        let err = told(policies);
        assert!(err.contains(&format!("{name}:1:")), "{policies}: {err}");
        assert!(
            err.contains("overlap") && err.ends_with("1 error\n"),
            "{policies}: {err}"
        );
    }
}

#[test]
fn names_of_files_that_are_hard_to_print() {
    let directory = repository("");
    let name = "a\u{1b}[31m\n`$(x).sept";
    fs::write(directory.path().join(name), "zone").unwrap();
    let ran = Ran::of(command(directory.path(), &["check"]).output().unwrap()).ends(2);
    assert!(!ran.err.contains('\x1b'), "{:?}", ran.err);
    let no_text = std::os::unix::ffi::OsStrExt::from_bytes(b"\xff.sept");
    fs::write(directory.path().join(std::ffi::OsStr::to_owned(no_text)), "").unwrap();
    septum(directory.path(), &["check"])
        .ends(2)
        .says("cannot read `./\u{FFFD}.sept`");
}

#[test]
fn an_inventory_of_nothing_but_mistakes_is_counted() {
    let directory = repository("zone ward { subnet 10.0.0.0/24 }\n");
    let here = directory.path();
    fs::write(here.join("septum.yaml"), "inventory: [devices.csv]\n").unwrap();
    // Each row has three: too few cells, no zone, a name that is taken.
    fs::write(
        here.join("devices.csv"),
        format!("name,zone,address\n{}", "x\n".repeat(5_000)),
    )
    .unwrap();
    let ran = septum(here, &["check"]).ends(2);
    assert!(
        ran.err.ends_with("\n1002 errors, 1000 warnings\n"),
        "{}",
        &ran.err[ran.err.len() - 200..]
    );
    let json = septum(here, &["check", "--format", "json"]).ends(2);
    assert!(json.out.contains("4000 more errors of devices are not shown"));
}

#[test]
fn a_name_longer_than_anybody_reads() {
    let million = format!("{}a", "a.".repeat(500_000));
    refused(format!(
        "zone {million} {{}}\nallow {million} -> {million} : https\n"
    ))
    .says("this name has 1000001 bytes, a name has 255 at most");
    let zone = |bytes: usize| format!("zone {:a<bytes$} {{ subnet 10.0.0.0/24 }}\n", "a.b.");
    septum(repository(zone(255)).path(), &["check"]).ends(0);
    let ran = refused(zone(256)).says("this name has 256 bytes");
    assert!(ran.err.ends_with("\n1 error\n"), "{}", ran.err);
}
