//! Revisions of a policy repository, taken out of Git.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::CliError;

/// The directories of two revisions: checked out below `into`, or the work tree itself.
pub(super) fn revisions(
    range: &str,
    policy: Option<&Path>,
    into: &Path,
) -> Result<(PathBuf, PathBuf), CliError> {
    let directory = policy.unwrap_or(Path::new("."));
    if range.contains("...") {
        return Err(CliError::Other(format!(
            "`{range}`: three dots mean the common ancestor to Git; name it, as in `$(git merge-base A B)..B`"
        )));
    }
    let (old, new) = match range.split_once("..") {
        Some((old, new)) => (old, Some(new)),
        None => (range, None),
    };
    let prefix = git(directory, &["rev-parse", "--show-prefix"], &[])?;
    let top = PathBuf::from(git(directory, &["rev-parse", "--show-toplevel"], &[])?);
    let check_out = |revision: &str, name: &str| -> Result<PathBuf, CliError> {
        if revision.is_empty() || revision.starts_with('-') {
            return Err(CliError::Other(format!("`{revision}` is no revision")));
        }
        let target = into.join(name);
        fs::create_dir_all(&target)?;
        let index = into.join(format!("{name}.index")).to_string_lossy().into_owned();
        let tree = format!("{revision}:{prefix}");
        git(&top, &["read-tree", &tree], &[("GIT_INDEX_FILE", &index)])?;
        let to = format!("--prefix={}/", target.to_string_lossy());
        // At the top: below it, only what lies under the present directory would be written.
        git(
            &top,
            &["checkout-index", "--all", &to],
            &[("GIT_INDEX_FILE", &index)],
        )?;
        Ok(target)
    };
    let old = check_out(old, "old")?;
    let new = match new {
        Some(new) => check_out(if new.is_empty() { "HEAD" } else { new }, "new")?,
        None => directory.to_owned(),
    };
    Ok((old, new))
}

fn git(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<String, CliError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(arguments)
        .envs(environment.iter().copied())
        .output()
        .map_err(|error| CliError::Other(format!("cannot run git: {error}")))?;
    if !output.status.success() {
        let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(CliError::Other(format!(
            "git {}: {why}",
            arguments.first().unwrap_or(&"")
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
