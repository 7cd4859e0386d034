//! Revisions of a policy repository, taken out of Git.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fs, io};

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
    if !directory.is_dir() {
        let shown = directory.display();
        return Err(CliError::Other(format!("there is no directory `{shown}`")));
    }
    let top = PathBuf::from(top(directory)?);
    let prefix = git(directory, &["rev-parse", "--show-prefix"], &[])?;
    let check_out = |revision: &str, name: &str| -> Result<PathBuf, CliError> {
        if revision.is_empty() || revision.starts_with('-') {
            return Err(CliError::Other(format!("`{revision}` is no revision")));
        }
        exists(&top, revision, &prefix)?;
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

/// The top of the repository that a directory is in.
fn top(directory: &Path) -> Result<String, CliError> {
    let output = run(directory, &["rev-parse", "--show-toplevel"], &[])?;
    if output.status.success() {
        return Ok(text(&output.stdout));
    }
    let (shown, why) = (directory.display(), text(&output.stderr));
    Err(CliError::Other(if why.contains("not a git repository") {
        format!(
            "`{shown}` is in no Git repository, from which `--git` takes an older policy; name two directories \
             instead: `septum diff OLD NEW`"
        )
    } else {
        let why = why.strip_prefix("fatal: ").unwrap_or(&why);
        format!("Git gives no work tree for `{shown}`: {why}")
    }))
}

/// That a revision is there, and has the policy repository below a directory.
fn exists(top: &Path, revision: &str, prefix: &str) -> Result<(), CliError> {
    let known = |what: &str| -> Result<bool, CliError> {
        let output = run(top, &["rev-parse", "--verify", "--quiet", what], &[])?;
        Ok(output.status.success())
    };
    let shown = top.display();
    if !known(&format!("{revision}^{{tree}}"))? {
        return Err(CliError::Other(format!(
            "there is no revision `{revision}` in `{shown}`: expected a commit, a branch or a tag; what a shallow \
             clone lacks, `git fetch --unshallow` gets"
        )));
    }
    if !known(&format!("{revision}:{prefix}septum.yaml"))? {
        return Err(CliError::Other(format!(
            "revision `{revision}` has no `{prefix}septum.yaml`: name one in which the policy is there already"
        )));
    }
    Ok(())
}

fn git(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<String, CliError> {
    let output = run(directory, arguments, environment)?;
    if !output.status.success() {
        let command = arguments.first().unwrap_or(&"");
        let why = text(&output.stderr);
        return Err(CliError::Other(format!("git {command}: {why}")));
    }
    Ok(text(&output.stdout))
}

fn run(directory: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Result<Output, CliError> {
    let output = Command::new("git")
        .arg("-C")
        .arg(directory)
        .args(arguments)
        // What it says is read.
        .env("LC_ALL", "C")
        .envs(environment.iter().copied())
        .output();
    output.map_err(|error| {
        CliError::Other(if error.kind() == io::ErrorKind::NotFound {
            "`--git` needs the program `git`, which is not on the path: install it, or name two directories instead: \
             `septum diff OLD NEW`"
                .to_owned()
        } else {
            format!("cannot run git: {error}")
        })
    })
}

fn text(output: &[u8]) -> String {
    String::from_utf8_lossy(output).trim().to_owned()
}
