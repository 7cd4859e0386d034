//! Writing outputs: all files of a run, or none.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::CliError;

/// A change to a directory.
#[derive(Debug)]
pub(super) enum Change {
    /// The file is to have these bytes.
    Write(PathBuf, Vec<u8>),
    /// The file is to be gone.
    Remove(PathBuf),
}

impl Change {
    fn path(&self) -> &Path {
        match self {
            Self::Write(path, _) | Self::Remove(path) => path,
        }
    }
}

/// How temporary names begin.
const PREFIX: &str = ".septum-";

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> CliError + '_ {
    move |source| CliError::Write {
        path: path.display().to_string(),
        source,
    }
}

/// Makes all changes, or none: every new file is written and synced beside its place before the first is moved into
/// it, and a failure while moving puts back what was there. Files that already have their bytes are left alone.
pub(super) fn apply(changes: Vec<Change>) -> Result<(), CliError> {
    let mut staged = Vec::new();
    for change in changes {
        let path = change.path().to_owned();
        let before = match fs::read(&path) {
            Ok(bytes) => Some(bytes),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed(&path)(source)),
        };
        match change {
            Change::Write(_, bytes) if before.as_ref() == Some(&bytes) => {}
            Change::Write(_, bytes) => {
                let parent = parent(&path);
                fs::create_dir_all(parent).map_err(failed(&path))?;
                let mut file = tempfile::Builder::new()
                    .prefix(PREFIX)
                    .tempfile_in(parent)
                    .map_err(failed(&path))?;
                file.write_all(&bytes)
                    .and_then(|()| file.as_file().sync_all())
                    .map_err(failed(&path))?;
                readable(&file, &path)?;
                staged.push((path, before.is_some(), Some(file)));
            }
            Change::Remove(_) if before.is_none() => {}
            Change::Remove(_) => staged.push((path, true, None)),
        }
    }
    let Some((first, ..)) = staged.first() else {
        return Ok(());
    };
    // What is there is kept by a second name, which takes no copy.
    let saved = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(parent(first))
        .map_err(failed(first))?;
    let mut done: Vec<(PathBuf, Option<PathBuf>)> = Vec::new();
    for (number, (path, existed, file)) in staged.into_iter().enumerate() {
        let old = existed.then(|| saved.path().join(number.to_string()));
        let moved = old
            .as_deref()
            .map_or(Ok(()), |old| keep(&path, old))
            .and_then(|()| match file {
                Some(file) => file.persist(&path).map(|_| ()).map_err(|error| error.error),
                None => fs::remove_file(&path),
            });
        if let Err(source) = moved {
            for (path, old) in done {
                let _ = match old {
                    Some(old) => fs::rename(&old, &path).or_else(|_| fs::copy(&old, &path).map(drop)),
                    None => fs::remove_file(&path),
                };
            }
            return Err(failed(&path)(source));
        }
        done.push((path, old));
    }
    Ok(())
}

/// Gives a file a second name, by a copy where the file system has no links.
fn keep(path: &Path, old: &Path) -> std::io::Result<()> {
    fs::hard_link(path, old).or_else(|_| fs::copy(path, old).map(drop))
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

/// Temporary files are private; outputs have the mode of any other file.
#[cfg(unix)]
fn readable(file: &tempfile::NamedTempFile, path: &Path) -> Result<(), CliError> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
    fs::set_permissions(file.path(), fs::Permissions::from_mode(mode)).map_err(failed(path))
}

#[cfg(not(unix))]
fn readable(_: &tempfile::NamedTempFile, _: &Path) -> Result<(), CliError> {
    Ok(())
}
