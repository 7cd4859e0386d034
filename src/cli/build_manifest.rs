//! `manifest.json` of a build: what went in, what came out, and what earlier builds left on the devices.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::CliError;
use crate::model::Describer;
use crate::plan::{self, DevicePlan};
use crate::proof::Proof;
use crate::target::{Owned, Usage};

/// Version of this file's shape.
pub(super) const FORMAT: u32 = 1;
/// Its name in the output directory.
pub(super) const NAME: &str = "manifest.json";
/// The map from emitted lines to policy rules, beside it.
pub(super) const SOURCE_MAP: &str = "source-map.json";

/// The plans that the configurations were proven against, beside it.
pub(super) const PLANS: &str = "plans.json";

/// The result of a proof that holds.
const EQUAL: &str = "equal";

/// A build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BuildManifest {
    /// [`FORMAT`].
    pub format: u32,
    /// Version of the tool.
    pub septum: String,
    /// The policy's name.
    pub policy: String,
    /// SHA-256 of each input file, by path in the repository.
    pub inputs: BTreeMap<String, String>,
    /// SHA-256 of the plans.
    pub plans: String,
    /// The devices, by name.
    pub devices: BTreeMap<String, BuiltDevice>,
}

impl BuildManifest {
    /// The manifest that a text holds.
    ///
    /// # Errors
    /// Where it holds none, or one of another version of the tool.
    pub(super) fn from_text(path: &Path, text: &str) -> Result<Self, CliError> {
        #[derive(Deserialize)]
        struct Versioned {
            format: u32,
            septum: String,
        }
        let not_one = |error: serde_json::Error| {
            CliError::Other(format!("`{}` is no manifest of a build: {error}", path.display()))
        };
        let versioned: Versioned = serde_json::from_str(text).map_err(not_one)?;
        if versioned.format != FORMAT {
            return Err(CliError::Other(format!(
                "`{}` has format {} (septum {}), this version reads format {FORMAT}: use that version, or build again",
                path.display(),
                versioned.format,
                versioned.septum
            )));
        }
        serde_json::from_str(text).map_err(not_one)
    }
}

/// One device of a build.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct BuiltDevice {
    /// The platform.
    pub platform: String,
    /// The mode it was built for; none for normal times. A partial build leaves other devices as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<String>,
    /// The configuration file, in the output directory.
    pub file: String,
    /// SHA-256 of the configuration.
    pub sha256: String,
    /// How much of what it holds.
    pub counts: BTreeMap<String, usize>,
    /// How full it makes the device, place by place, by the capability file.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub usage: Vec<Usage>,
    /// What the platform cannot do exactly.
    pub residual: Vec<String>,
    /// How the configuration, read back, compares with its plan.
    pub proof: ProofRecord,
    /// What this and earlier builds own on the device, by kind.
    pub owned: Owned,
}

/// The result of a proof. Only configurations that hold are ever written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ProofRecord {
    /// `equal`
    pub result: String,
    /// How many places were compared: pairs of interfaces, interfaces, or directions.
    pub places: usize,
    /// What was proven of what, as a hash: see [`subject`]. A later build of the same takes this record over.
    #[serde(default)]
    pub subject: String,
    /// What passes beyond the policy because the platform cannot do without it, by place.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub beyond: BTreeMap<String, Vec<String>>,
}

impl ProofRecord {
    /// The record of a proof, which does not say yet what it is [about](subject).
    pub(super) fn new(proof: &Proof) -> Self {
        let describer = Describer::default();
        let result = if proof.holds() { EQUAL } else { "not proven" };
        let beyond = proof
            .residuals
            .iter()
            .map(|residual| {
                let mut flows: Vec<String> = residual
                    .products
                    .flows
                    .iter()
                    .map(|flow| describer.flow(flow))
                    .collect();
                if !residual.products.complete {
                    flows.push("and more".to_owned());
                }
                (residual.place.clone(), flows)
            })
            .collect();
        Self {
            result: result.to_owned(),
            places: proof.places,
            subject: String::new(),
            beyond,
        }
    }

    /// True where it says that this very subject was proven.
    pub(super) fn covers(&self, subject: &str) -> bool {
        self.result == EQUAL && self.subject == subject
    }
}

/// All that a proof depends on, as one hash: the version of the tool, the plan, and the SHA-256 of the configuration
/// as emitted.
pub(super) fn subject(plan: &DevicePlan, hashes: &plan::Hashes<'_>, configuration: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let plan = hexadecimal(&plan::digest(plan, hashes));
    sha256(format!("septum {version}\n{configuration}\n{plan}\n").as_bytes())
}

/// The SHA-256 of what is written somewhere.
#[derive(Default)]
pub(super) struct Hashing(Sha256);

impl Hashing {
    /// Passes bytes on, and hashes them.
    pub(super) fn tee<W: io::Write>(&mut self, writer: W) -> Tee<'_, W> {
        Tee { hash: self, writer }
    }

    /// The hash.
    pub(super) fn hexadecimal(self) -> String {
        hexadecimal(&self.0.finalize())
    }
}

/// A writer whose bytes are hashed.
pub(super) struct Tee<'h, W> {
    hash: &'h mut Hashing,
    writer: W,
}

impl<W: io::Write> io::Write for Tee<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.writer.write(bytes)?;
        self.hash.0.update(bytes.get(..written).unwrap_or(bytes));
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

/// The SHA-256 of some bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hexadecimal(&Sha256::digest(bytes))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
