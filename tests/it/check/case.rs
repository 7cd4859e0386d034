//! A case: a policy in a file of its own, `cases/CHECK/KIND-about.sept`, about one check.
//!
//! Lines that begin with `#:` are its `septum.yaml`; a line `# as of 2027-02-01` sets the day.

use std::path::{Path, PathBuf};

use septum::check::{Check, Finding, KnownExploited, find};
use septum::diagnostic::{Severity, in_reading_order, text};

use crate::sample::{self, Loaded};

/// What a case shows, as the first word of its file name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Something that the check finds.
    Finds,
    /// Something that looks like it and is no finding.
    Misses,
    /// A finding that a waiver silences.
    Waived,
    /// A finding that no waiver silences.
    Unwaivable,
    /// What an option changes.
    Option,
}

/// One file.
pub struct Case {
    pub path: PathBuf,
    pub check: &'static Check,
    pub kind: Kind,
    pub text: String,
}

/// What the checks say about a text.
pub struct Outcome {
    /// What the check of the case finds.
    pub found: Vec<Finding>,
    /// What is said about the waivers of the case.
    pub about_waivers: Vec<Finding>,
    /// Errors of the policy that belong to no check, as users see them.
    pub broken: Vec<String>,
    loaded: Loaded,
}

impl Case {
    /// Every case on disk, in the order of their paths.
    pub fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/check/cases");
        sample::policy_files(&root).into_iter().map(Self::read).collect()
    }

    fn read(path: PathBuf) -> Self {
        let directory = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let check = find(directory).unwrap_or_else(|| panic!("{}: there is no such check", path.display()));
        let kind = match path.file_stem().unwrap().to_str().unwrap().split('-').next() {
            Some("finds") => Kind::Finds,
            Some("misses") => Kind::Misses,
            Some("waived") => Kind::Waived,
            Some("unwaivable") => Kind::Unwaivable,
            Some("option") => Kind::Option,
            _ => panic!("{}: begin with what the case shows", path.display()),
        };
        let text = std::fs::read_to_string(&path).unwrap();
        Self {
            path,
            check,
            kind,
            text,
        }
    }

    pub fn stem(&self) -> &str {
        self.path.file_stem().unwrap().to_str().unwrap()
    }

    /// The `septum.yaml` of the case.
    pub fn manifest(&self) -> String {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix("#:"));
        lines
            .map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(line)))
            .collect()
    }

    /// The options of its check that the case sets.
    pub fn options(&self) -> Vec<String> {
        let loaded = sample::policy_under(&self.manifest(), "septum.sept", "");
        let settings = loaded.manifest.checks.iter();
        let own = settings.filter(|setting| setting.name.value == self.check.name);
        own.flat_map(|setting| &setting.value.options)
            .map(|option| option.name.value.clone())
            .collect()
    }

    /// What the checks say about the case.
    pub fn outcome(&self) -> Outcome {
        self.outcome_of(&self.manifest(), &self.text)
    }

    /// The same without what its `septum.yaml` says.
    pub fn with_defaults(&self) -> Outcome {
        self.outcome_of("", &self.text)
    }

    /// The same without its waivers, but for those that are the subject of the case, which are indented.
    pub fn without_waivers(&self) -> Outcome {
        let kept = self.text.lines().map(|line| match line.starts_with("waive ") {
            true => "\n".to_owned(),
            false => format!("{line}\n"),
        });
        self.outcome_of(&self.manifest(), &kept.collect::<String>())
    }

    fn outcome_of(&self, manifest: &str, text: &str) -> Outcome {
        let name = self.path.file_name().unwrap().to_str().unwrap();
        let loaded = sample::policy_under(manifest, name, text);
        let mut settings = sample::settings(&loaded);
        settings.insist(self.check);
        let kev = self.known_exploited(&settings);
        let findings = sample::findings_on(&loaded, &settings, kev.as_ref(), self.today());
        let of = |codes: &[&str]| -> Vec<Finding> {
            let codes = findings
                .iter()
                .filter(|found| codes.contains(&found.diagnostic.code));
            codes.cloned().collect()
        };
        let broken = loaded
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error && found.code != self.check.name);
        Outcome {
            found: of(&[self.check.name]),
            about_waivers: of(&["useless-waiver", "expired-waiver"]),
            broken: broken
                .map(|found| text::render(found, &loaded.sources, false))
                .collect(),
            loaded,
        }
    }

    /// The list that the option `file` names, beside the case.
    fn known_exploited(&self, settings: &septum::check::Settings) -> Option<KnownExploited> {
        let check = find("exploited-exposed").unwrap();
        let file = Some(settings.text(check, "file")).filter(|file| !file.is_empty())?;
        let text = std::fs::read_to_string(self.path.with_file_name(file)).unwrap();
        Some(KnownExploited::read(&text).unwrap())
    }

    fn today(&self) -> jiff::civil::Date {
        let mut said = self.text.lines().filter_map(|line| line.strip_prefix("# as of "));
        said.next()
            .map_or_else(sample::today, |date| date.parse().unwrap())
    }
}

impl Outcome {
    /// The findings as users read them.
    pub fn rendered(&self) -> String {
        let found = self.found.iter().map(|found| found.diagnostic.clone());
        let found = in_reading_order(found.collect());
        let found = found
            .iter()
            .map(|found| text::render(found, &self.loaded.sources, false));
        found.collect::<Vec<_>>().join("\n")
    }
}
