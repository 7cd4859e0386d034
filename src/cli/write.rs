//! Writing outputs: all files of a run, or none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::TempPath;

use super::CliError;
use super::draft::{Draft, Written};

/// How temporary names begin.
pub(super) const PREFIX: &str = ".septum-";

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CliError + '_ {
    move |source| CliError::Write {
        path: path.display().to_string(),
        source,
    }
}

/// Where changes are made ready. What is dropped before it is [applied](apply) leaves nothing behind.
#[derive(Debug)]
pub(super) struct Stage {
    /// True where the changes are only to be named.
    dry: bool,
    /// Directories that were made for them, each after those that it stands in.
    made: Mutex<Vec<PathBuf>>,
}

/// A change that is ready.
#[derive(Debug)]
pub(super) struct Change {
    /// The file.
    pub path: PathBuf,
    existed: bool,
    fate: Fate,
}

#[derive(Debug)]
enum Fate {
    /// This takes its place.
    Replaced(TempPath),
    /// It will be gone.
    Removed,
    /// It would be replaced or gone.
    Named,
}

impl Stage {
    /// Of changes that will be made.
    pub(super) fn new() -> Self {
        Self {
            dry: false,
            made: Mutex::default(),
        }
    }

    /// Of changes that will only be named.
    pub(super) fn dry() -> Self {
        Self {
            dry: true,
            made: Mutex::default(),
        }
    }

    /// Writes and syncs a new file beside its place, piece by piece as `content` does. None where what is there has
    /// these bytes already.
    pub(super) fn write(
        &self,
        path: PathBuf,
        content: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<Option<Change>, CliError> {
        let old = match fs::File::open(&path) {
            Ok(file) => Some(file),
            Err(error) if self.dry || error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed(&path)(source)),
        };
        let existed = old.is_some();
        if !existed && !self.dry {
            self.make(parent(&path)).map_err(failed(&path))?;
        }
        let beside = (!self.dry).then(|| parent(&path));
        let mut draft = Draft::new(&path, old, beside);
        let written = content(&mut draft).and_then(|()| draft.finish());
        let fate = match written.map_err(failed(&path))? {
            Written::Equal => return Ok(None),
            Written::Beside(file) => Fate::Replaced(file),
            Written::Nowhere => Fate::Named,
        };
        Ok(Some(Change { path, existed, fate }))
    }

    /// The same of bytes that are at hand.
    pub(super) fn write_bytes(&self, path: PathBuf, bytes: &[u8]) -> Result<Option<Change>, CliError> {
        self.write(path, |file| file.write_all(bytes))
    }

    /// The removal of a file; none where there is none.
    pub(super) fn remove(&self, path: PathBuf) -> Option<Change> {
        path.exists().then_some(Change {
            path,
            existed: true,
            fate: if self.dry { Fate::Named } else { Fate::Removed },
        })
    }

    /// Makes a directory, and remembers what was made for it.
    fn make(&self, directory: &Path) -> io::Result<()> {
        let missing = directory.ancestors().take_while(|above| {
            let here = above.as_os_str().is_empty();
            !here && !above.exists()
        });
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        fs::create_dir_all(directory)?;
        missing.reverse();
        self.made
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(missing);
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let made = self.made.get_mut().unwrap_or_else(PoisonError::into_inner);
        // Those that hold something stay.
        for directory in made.iter().rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

/// Makes all changes, or none: every new file is written beside its place before the first is moved into it, and a
/// failure while moving puts back what was there.
pub(super) fn apply(changes: Vec<Change>) -> Result<(), CliError> {
    let Some(Change { path: first, .. }) = changes.first() else {
        return Ok(());
    };
    // What is there is kept by a second name, which takes no copy.
    let saved = tempfile::Builder::new()
        .prefix(PREFIX)
        .tempdir_in(parent(first))
        .map_err(failed(first))?;
    let mut done: Vec<(PathBuf, Option<PathBuf>)> = Vec::new();
    for (number, Change { path, existed, fate }) in changes.into_iter().enumerate() {
        let old = existed.then(|| saved.path().join(number.to_string()));
        let moved = old
            .as_deref()
            .map_or(Ok(()), |old| keep(&path, old))
            .and_then(|()| match fate {
                Fate::Replaced(file) => file.persist(&path).map_err(|error| error.error),
                Fate::Removed => fs::remove_file(&path),
                Fate::Named => Ok(()),
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

/// Makes all files have these bytes, or none.
pub(super) fn files(files: impl IntoIterator<Item = (PathBuf, impl AsRef<[u8]>)>) -> Result<(), CliError> {
    let stage = Stage::new();
    let mut changes = Vec::new();
    for (path, bytes) in files {
        changes.extend(stage.write_bytes(path, bytes.as_ref())?);
    }
    apply(changes)
}

/// Gives a file a second name, by a copy where the file system has no links.
fn keep(path: &Path, old: &Path) -> io::Result<()> {
    fs::hard_link(path, old).or_else(|_| fs::copy(path, old).map(drop))
}

fn parent(path: &Path) -> &Path {
    path.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}
