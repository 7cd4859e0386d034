//! A repository, and the stages of a build that start from it, each as `septum build` makes it.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use septum::check::{Context, Input, Settings};
use septum::inventory::{self, InventoryDevice};
use septum::manifest::{self, Manifest};
use septum::model::{self, Policy, Resolved};
use septum::network::Network;
use septum::plan::{self, DevicePlan};
use septum::source::{FileId, SourceFile, SourceMap};
use septum::standard;
use septum::syntax::{self, Parsed, tree::File};
use septum::target::{self, Assets, PLATFORMS, Platform};

/// The texts of a repository.
pub struct Repository {
    directory: PathBuf,
    pub sources: SourceMap,
    standard: Vec<FileId>,
    policies: Vec<FileId>,
    inventories: Vec<FileId>,
    manifest: Manifest,
}

impl Repository {
    pub fn read(directory: &Path) -> Self {
        let text = |path: &Path| std::fs::read_to_string(path).unwrap();
        let mut sources = SourceMap::default();
        let standard = standard::FILES.map(|(path, text)| sources.add(SourceFile::new(path, text)));
        let manifest_text = text(&directory.join("septum.yaml"));
        let (manifest, _) = manifest::read(
            sources.add(SourceFile::new("septum.yaml", &*manifest_text)),
            &manifest_text,
        );
        let mut paths: Vec<PathBuf> = std::fs::read_dir(directory)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "sept"))
            .collect();
        paths.sort();
        let policies = paths
            .iter()
            .map(|path| sources.add(SourceFile::new(path.to_string_lossy(), text(path))))
            .collect();
        let inventories = manifest.inventory.iter().map(|entry| {
            let path = entry.path.value.as_str();
            sources.add(SourceFile::new(path, text(&directory.join(path))))
        });
        let inventories = inventories.collect();
        Self {
            directory: directory.to_owned(),
            sources,
            standard: standard.to_vec(),
            policies,
            inventories,
            manifest,
        }
    }

    fn text(&self, file: FileId) -> &str {
        self.sources.file(file).unwrap().text()
    }

    fn parse_all(&self, files: &[FileId]) -> Vec<Parsed> {
        let parse = |file: &FileId| syntax::parse(*file, self.text(*file));
        files.iter().map(parse).collect()
    }

    /// The standard library and the policy.
    pub fn parse(&self) -> (Vec<Parsed>, Vec<Parsed>) {
        (self.parse_all(&self.standard), self.parse_all(&self.policies))
    }

    pub fn inventory(&self) -> Vec<InventoryDevice> {
        let both = self.manifest.inventory.iter().zip(&self.inventories);
        both.flat_map(|(entry, file)| {
            let path = entry.path.value.as_str();
            inventory::read_with(path, *file, self.text(*file), &entry.columns).0
        })
        .collect()
    }

    pub fn resolve(
        &self,
        standard: &[Parsed],
        policies: &[Parsed],
        inventory: &[InventoryDevice],
    ) -> Resolved {
        model::resolve(model::Input {
            standard: &standard.iter().map(|parsed| &parsed.tree).collect::<Vec<_>>(),
            files: &policies.iter().map(|parsed| &parsed.tree).collect::<Vec<_>>(),
            inventory,
            platforms: &PLATFORMS.map(|platform| platform.name()),
        })
    }

    pub fn plan(&self, policy: &Policy, network: &Network) -> Vec<DevicePlan> {
        let options = plan::Options {
            today: today(),
            mode: None,
            stateless: &target::platforms(|platform| platform.stateless()),
            cited: plan::Cited::default(),
        };
        plan::plans(policy, network, &self.sources, options)
    }

    /// What each platform is given, as `septum.yaml` says.
    pub fn assets(&self) -> HashMap<&'static str, Assets> {
        let of = |platform: &'static dyn Platform| {
            let mut assets = platform.assets();
            if let Some(path) = manifest::find(&self.manifest.templates, platform.name()) {
                assets.template = std::fs::read_to_string(self.directory.join(&path.value)).unwrap();
            }
            if let Some(path) = manifest::find(&self.manifest.capabilities, platform.name()) {
                assets.capability = std::fs::read_to_string(self.directory.join(&path.value)).unwrap();
            }
            (platform.name(), assets)
        };
        PLATFORMS.map(of).into()
    }

    /// Calls `run` with what checks look at.
    pub fn with_context<T>(
        &self,
        policies: &[Parsed],
        policy: &Policy,
        network: &Network,
        run: impl FnOnce(&Context<'_>) -> T,
    ) -> T {
        let (settings, _) = Settings::new(&self.manifest);
        let trees: Vec<&File> = policies.iter().map(|parsed| &parsed.tree).collect();
        let stateless = target::platforms(|platform| platform.stateless());
        let guarding = target::platforms(|platform| platform.guards_itself());
        let context = Context::new(Input {
            policy,
            network,
            sources: &self.sources,
            trees: &trees,
            settings: &settings,
            stateless: &stateless,
            guarding: &guarding,
            kev: None,
            today: today(),
        });
        run(&context)
    }
}

fn today() -> jiff::civil::Date {
    jiff::civil::date(2027, 1, 15)
}
