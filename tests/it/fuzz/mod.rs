//! Anything that people or devices send is bytes, and no bytes may make a reader panic or hang.
//!
//! Every target is tried on its corpus, `tests/corpus/NAME/`, and then for SEPTUM_FUZZ_SECONDS (2) on damaged and
//! spliced pieces of it. What fails is cut down and kept in the build directory; the fix moves it into the corpus.

mod mutate;
mod shrink;
mod targets;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use arbtest::arbtest;
use targets::TARGETS;

/// What a reader may take for an input of some kilobytes, on a machine with much else to do.
const PATIENCE: Duration = Duration::from_secs(20);

type Target = fn(&[u8]);

/// The files of a target's corpus, by name.
fn corpus(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/corpus")
        .join(name);
    let mut files: Vec<(PathBuf, Vec<u8>)> = fs::read_dir(&directory)
        .unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    assert!(!files.is_empty(), "{} is empty", directory.display());
    files
}

/// True where the target takes `input` without a panic and in time.
fn survives(target: Target, input: &[u8]) -> bool {
    let start = Instant::now();
    catch_unwind(AssertUnwindSafe(|| target(input))).is_ok() && start.elapsed() < PATIENCE
}

#[test]
fn every_corpus_is_replayed() {
    for (name, target) in TARGETS {
        for (path, input) in corpus(name) {
            assert!(survives(*target, &input), "{name} fails on {}", path.display());
        }
    }
}

/// Feeds a target damaged and spliced pieces of its corpus, for as long as asked.
fn survives_damage(name: &str) {
    let seconds = std::env::var("SEPTUM_FUZZ_SECONDS").map_or(2, |text| text.parse().expect("a number"));
    let target = TARGETS.iter().find(|(other, _)| *other == name).expect(name).1;
    let seeds: Vec<Vec<u8>> = corpus(name).into_iter().map(|(_, input)| input).collect();
    let words = mutate::words(&seeds);
    arbtest(|u| {
        let input = mutate::damaged(u, &seeds, &words)?;
        if !survives(target, &input) {
            let small = shrink::smallest(&input, |input| !survives(target, input));
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("fuzz-{name}"));
            fs::write(&kept, &small).unwrap();
            panic!(
                "{name} fails on {}: {:?}",
                kept.display(),
                String::from_utf8_lossy(&small)
            );
        }
        Ok(())
    })
    .budget(Duration::from_secs(seconds))
    .size_max(1 << 12);
}

/// One test for each target, so that they run side by side.
macro_rules! damage {
    ($($test:ident: $name:literal),* $(,)?) => {
        $(
            #[test]
            fn $test() {
                survives_damage($name);
            }
        )*

        #[test]
        fn no_target_is_forgotten() {
            let names: Vec<&str> = TARGETS.iter().map(|(name, _)| *name).collect();
            assert_eq!(names, [$($name),*]);
        }
    };
}

damage! {
    policies: "policy",
    manifests: "manifest",
    inventories_in_yaml: "inventory-yaml",
    inventories_in_csv: "inventory-csv",
    configurations_of_ios: "cisco-ios",
    configurations_of_fortios: "fortigate",
    configurations_of_nftables: "nftables",
    lists_of_packets: "packet",
}
