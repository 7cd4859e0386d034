//! `septum init`

use std::path::PathBuf;

use super::write;
use super::{CliError, Outcome, report};

/// The files of a new policy repository.
const FILES: [(&str, &str); 4] = [
    ("septum.yaml", include_str!("starter/septum.yaml")),
    ("clinic.sept", include_str!("starter/clinic.sept")),
    ("devices.csv", include_str!("starter/devices.csv")),
    (".gitattributes", "build/** linguist-generated\n"),
];

/// Arguments of `init`.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to start it [default: .]
    #[arg(value_name = "DIR")]
    directory: Option<PathBuf>,
    /// The same as DIR
    #[arg(short, long = "policy", value_name = "DIR", conflicts_with = "directory")]
    policy: Option<PathBuf>,
}

/// Writes a small policy repository. Never touches a file that is there already.
pub(super) fn run(arguments: &Arguments) -> Result<Outcome, CliError> {
    let directory = arguments
        .directory
        .clone()
        .or_else(|| arguments.policy.clone())
        .unwrap_or_else(|| ".".into());
    if let Some((name, _)) = FILES.iter().find(|(name, _)| directory.join(name).exists()) {
        let message = format!(
            "`{}` is there already; nothing was written",
            directory.join(name).display()
        );
        return Err(CliError::Other(message));
    }
    write::files(
        FILES
            .iter()
            .map(|(name, text)| (directory.join(name), text.as_bytes())),
    )?;
    report::status(&format!("started a policy repository in {}", directory.display()));
    report::status(&format!(
        "next: septum check {0} && septum build {0}",
        directory.display()
    ));
    Ok(Outcome::Clean)
}
