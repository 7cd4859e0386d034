//! Policies for tests, from a directory or a text, with what becomes of them: plans and configurations.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use septum::check::{self, Context, Finding, Input, KnownExploited, Settings};
use septum::diagnostic::{Diagnostic, Severity, in_reading_order, text};
use septum::inventory::{self, InventoryDevice};
use septum::manifest::{self, Manifest};
use septum::model::{self, ModeId, Policy};
use septum::network::Network;
use septum::plan::{self, DevicePlan};
use septum::source::{FileId, SourceFile, SourceMap, Span};
use septum::standard;
use septum::syntax;
use septum::syntax::tree::File;
use septum::target::{self, EmitError, Emitted, Owned, PLATFORMS, Platform};

/// A policy with everything that was found out about it.
pub struct Loaded {
    pub policy: Policy,
    pub network: Network,
    pub sources: SourceMap,
    pub diagnostics: Vec<Diagnostic>,
    /// The files of the policy, without the standard library.
    pub trees: Vec<File>,
    pub inventory: Vec<InventoryDevice>,
    pub manifest: Manifest,
}

impl Loaded {
    /// Fails the test where the policy has an error.
    pub fn sound(self) -> Self {
        let errors = self.errors();
        assert!(errors.is_empty(), "{errors}");
        self
    }

    /// The errors as users see them.
    pub fn errors(&self) -> String {
        let errors = self
            .diagnostics
            .iter()
            .filter(|found| found.severity == Severity::Error);
        let shown: Vec<String> = errors
            .map(|found| text::render(found, &self.sources, false))
            .collect();
        shown.join("\n")
    }

    /// All diagnostics as users see them.
    pub fn rendered(&self) -> String {
        let all: Vec<String> = self
            .diagnostics
            .iter()
            .map(|found| text::render(found, &self.sources, false))
            .collect();
        all.join("\n")
    }

    /// The codes of all diagnostics, in reading order.
    pub fn codes(&self) -> Vec<&'static str> {
        self.diagnostics.iter().map(|found| found.code).collect()
    }
}

/// The directory of an example policy.
pub fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("policies").join(name)
}

/// The example that is wrong on purpose: checks find fault with it, and it is never built.
pub const FAULTY_EXAMPLE: &str = "flat-hospital";

/// The names of the example policies that are sound: every directory of `policies` that has a `septum.yaml`, but for
/// [`FAULTY_EXAMPLE`].
pub fn examples() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(example(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("septum.yaml").exists() && !path.ends_with(FAULTY_EXAMPLE))
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

/// The `.sept` files of a directory and those below it, by path.
pub fn policy_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(policy_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "sept") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// A policy directory: its manifest, every `.sept` file, and the inventories that the manifest names.
pub fn load(directory: &Path) -> Loaded {
    load_edited(directory, &[])
}

/// The same with some texts of its policy files replaced, each of which must be there exactly once.
pub fn load_edited(directory: &Path, changes: &[(&str, &str)]) -> Loaded {
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    let mut builder = Builder::default();
    let manifest_text = read(&directory.join("septum.yaml"));
    let file = builder
        .sources
        .add(SourceFile::new("septum.yaml", manifest_text.clone()));
    let (manifest, found) = manifest::read(file, &manifest_text);
    builder.diagnostics.extend(found);
    let mut changed = vec![0; changes.len()];
    for path in policy_files(directory) {
        let shown = path.strip_prefix(directory).unwrap().to_str().unwrap();
        let mut text = read(&path);
        for ((from, to), count) in changes.iter().zip(&mut changed) {
            *count += text.matches(from).count();
            text = text.replace(from, to);
        }
        builder.policy_file(shown, &text);
    }
    assert!(
        changed.iter().all(|count| *count == 1),
        "{changes:?}: {changed:?}"
    );
    for entry in &manifest.inventory {
        let path = entry.path.value.as_str();
        let text = read(&directory.join(path));
        let file = builder.sources.add(SourceFile::new(path, text.clone()));
        let (devices, found) = inventory::read_with(path, file, &text, &entry.columns);
        builder.inventory.extend(devices);
        builder.diagnostics.extend(found);
    }
    builder.manifest = Some(manifest);
    builder.finish()
}

/// A policy of one file, `policy.sept`, over the standard library.
pub fn policy(text: &str) -> Loaded {
    policy_of(&[("policy.sept", text)])
}

/// A policy of several files over the standard library.
pub fn policy_of(files: &[(&str, &str)]) -> Loaded {
    let mut builder = Builder::default();
    for (path, text) in files {
        builder.policy_file(path, text);
    }
    builder.finish()
}

/// A policy of one file under the text of a `septum.yaml`.
pub fn policy_under(manifest: &str, path: &str, text: &str) -> Loaded {
    let mut builder = Builder::default();
    let file = builder.sources.add(SourceFile::new("septum.yaml", manifest));
    let (read, found) = manifest::read(file, manifest);
    builder.diagnostics.extend(found);
    builder.policy_file(path, text);
    builder.manifest = Some(read);
    builder.finish()
}

#[derive(Default)]
struct Builder {
    sources: SourceMap,
    files: Vec<syntax::Parsed>,
    inventory: Vec<InventoryDevice>,
    diagnostics: Vec<Diagnostic>,
    manifest: Option<Manifest>,
}

impl Builder {
    fn policy_file(&mut self, path: &str, text: &str) {
        let file = self.sources.add(SourceFile::new(path, text));
        self.files.push(syntax::parse(file, text));
    }

    fn finish(mut self) -> Loaded {
        let parsed = self.files.into_iter();
        let trees = parsed.map(|parsed| {
            self.diagnostics.extend(parsed.diagnostics);
            parsed.tree
        });
        let trees = trees.collect();
        let loaded = resolve(self.sources, trees, self.inventory, self.diagnostics);
        match self.manifest {
            Some(manifest) => Loaded { manifest, ..loaded },
            None => loaded,
        }
    }
}

/// What files of statements and an inventory mean, over the standard library.
pub fn resolve(
    mut sources: SourceMap,
    trees: Vec<File>,
    inventory: Vec<InventoryDevice>,
    mut diagnostics: Vec<Diagnostic>,
) -> Loaded {
    let mut standard = Vec::new();
    for (path, text) in standard::FILES {
        let parsed = syntax::parse(sources.add(SourceFile::new(path, text)), text);
        diagnostics.extend(parsed.diagnostics);
        standard.push(parsed.tree);
    }
    let platforms: Vec<&str> = PLATFORMS.iter().map(|platform| platform.name()).collect();
    let resolved = model::resolve(model::Input {
        standard: &standard.iter().collect::<Vec<_>>(),
        files: &trees.iter().collect::<Vec<_>>(),
        inventory: &inventory,
        platforms: &platforms,
    });
    diagnostics.extend(resolved.diagnostics);
    Loaded {
        network: Network::new(&resolved.policy),
        policy: resolved.policy,
        sources,
        diagnostics: in_reading_order(diagnostics),
        trees,
        inventory,
        manifest: Manifest::empty(Span::new(FileId(0), 0, 0)),
    }
}

/// What the checks find, on [`today`], as its `septum.yaml` wants them.
pub fn findings(loaded: &Loaded) -> Vec<Finding> {
    findings_on(loaded, &settings(loaded), None, today())
}

/// What its `septum.yaml` says about checks. Fails the test where that is wrong.
pub fn settings(loaded: &Loaded) -> Settings {
    let (settings, wrong) = Settings::new(&loaded.manifest);
    assert!(wrong.is_empty(), "{wrong:?}");
    settings
}

/// What the checks find under some settings, with a list of exploited vulnerabilities, on a day.
pub fn findings_on(
    loaded: &Loaded,
    settings: &Settings,
    kev: Option<&KnownExploited>,
    today: jiff::civil::Date,
) -> Vec<Finding> {
    let trees: Vec<&File> = loaded.trees.iter().collect();
    let stateless = target::platforms(|platform| platform.stateless());
    let guarding = target::platforms(|platform| platform.guards_itself());
    let context = Context::new(Input {
        policy: &loaded.policy,
        network: &loaded.network,
        sources: &loaded.sources,
        trees: &trees,
        settings,
        stateless: &stateless,
        guarding: &guarding,
        kev,
        today,
    });
    check::run(&context, &loaded.diagnostics)
}

/// The day for which samples are planned.
pub fn today() -> jiff::civil::Date {
    jiff::civil::date(2027, 1, 15)
}

/// The mode of a name.
pub fn mode(loaded: &Loaded, name: &str) -> ModeId {
    let index = loaded.policy.modes.iter().position(|mode| mode.name == name);
    ModeId::from_index(index.unwrap_or_else(|| panic!("there is no mode {name}")))
}

/// The plan of every managed device, on [`today`], in normal times or in a mode.
pub fn plans(loaded: &Loaded, mode_name: Option<&str>) -> Vec<DevicePlan> {
    let options = plan::Options {
        today: today(),
        mode: mode_name.map(|name| mode(loaded, name)),
        stateless: &target::platforms(|platform| platform.stateless()),
        cited: plan::Cited::default(),
    };
    plan::plans(&loaded.policy, &loaded.network, &loaded.sources, options)
}

/// The plans of every managed device of every example, in normal times.
pub fn example_plans() -> Vec<DevicePlan> {
    let loaded = examples().into_iter().map(|name| load(&example(&name)).sound());
    loaded.flat_map(|loaded| plans(&loaded, None)).collect()
}

/// The platform of a plan.
pub fn platform(plan: &DevicePlan) -> &'static dyn Platform {
    let found = PLATFORMS.iter().find(|platform| platform.name() == plan.platform);
    *found.unwrap_or_else(|| panic!("there is no platform {}", plan.platform))
}

/// A first configuration, or why there is none.
pub fn try_emit(plan: &DevicePlan) -> Result<Emitted, EmitError> {
    let platform = platform(plan);
    platform.emit(plan, &platform.assets(), &Owned::new())
}

/// The first configuration of every device, by name. Fails the test where a platform refuses.
pub fn emit(plans: &[DevicePlan]) -> BTreeMap<String, Emitted> {
    let emitted = |plan: &DevicePlan| {
        let emitted = try_emit(plan).unwrap_or_else(|error| panic!("{}: {error:?}", plan.device));
        (plan.device.clone(), emitted)
    };
    plans.iter().map(emitted).collect()
}
