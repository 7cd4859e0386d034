//! Writing outputs: all files of a run, or none.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::draft::{Draft, Written};
use super::interrupt::Interrupts;
use super::workshop::Workshop;
use super::{CliError, report};

fn failed(path: &Path) -> impl FnOnce(io::Error) -> CliError + '_ {
    move |source| CliError::Write {
        path: path.display().to_string(),
        source,
    }
}

/// Where changes are made ready. When it is dropped, or the program interrupted, what was not [applied](Self::apply)
/// leaves nothing behind.
#[derive(Debug)]
pub(super) struct Stage {
    /// None where the changes are only to be named.
    held: Option<Arc<Mutex<Held>>>,
    interrupts: Option<Interrupts>,
}

/// What is there for a time. Who makes something, moves it or clears up holds the lock.
#[derive(Debug, Default)]
struct Held {
    workshops: Vec<Workshop>,
    /// Which of them belongs to a directory, by the names it was called.
    of: BTreeMap<PathBuf, usize>,
    /// Directories that were made for outputs, each after those that it stands in.
    made: Vec<PathBuf>,
    /// True once all changes are made.
    applied: bool,
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
    Replaced(PathBuf),
    /// It will be gone.
    Removed,
    /// It would be replaced or gone.
    Named,
}

impl Change {
    /// True where another file is there now.
    pub(super) fn replaces(&self) -> bool {
        self.existed
    }

    /// True where the file will be gone.
    pub(super) fn removes(&self) -> bool {
        matches!(self.fate, Fate::Removed)
    }
}

impl Stage {
    /// Of changes that will be made.
    pub(super) fn new() -> Result<Self, CliError> {
        let held = Arc::new(Mutex::new(Held::default()));
        let at_end = Arc::clone(&held);
        let interrupts = Interrupts::after(move || {
            let mut held = lock(&at_end);
            held.clear();
            report::status(if held.applied {
                "interrupted, after everything was written"
            } else {
                "interrupted; nothing was written"
            });
            // Nobody makes anything any more.
            std::mem::forget(held);
        })
        .map_err(|error| CliError::Other(format!("cannot listen for signals: {error}")))?;
        Ok(Self {
            held: Some(held),
            interrupts: Some(interrupts),
        })
    }

    /// Of changes that will only be named.
    pub(super) fn dry() -> Self {
        Self {
            held: None,
            interrupts: None,
        }
    }

    /// Keeps other runs from writing into a directory.
    pub(super) fn hold(&self, directory: &Path) -> Result<(), CliError> {
        if let Some(held) = &self.held {
            lock(held).workshop(directory).map_err(failed(directory))?;
        }
        Ok(())
    }

    /// Writes and syncs a new file in a workshop beside its place, piece by piece as `content` does. None where what is
    /// there has these bytes already.
    pub(super) fn write(
        &self,
        path: PathBuf,
        content: impl FnOnce(&mut dyn io::Write) -> io::Result<()>,
    ) -> Result<Option<Change>, CliError> {
        let old = match File::open(&path) {
            Ok(file) => Some(file),
            Err(error) if self.held.is_none() || error.kind() == io::ErrorKind::NotFound => None,
            Err(source) => return Err(failed(&path)(source)),
        };
        let existed = old.is_some();
        let held = self.held.as_deref();
        let create = held.map(|held| || lock(held).create(parent(&path)));
        let mut draft = Draft::new(&path, old, create.as_ref().map(|create| create as _));
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
            fate: match self.held {
                Some(_) => Fate::Removed,
                None => Fate::Named,
            },
        })
    }

    /// Makes all changes, or none: every new file is written before the first is moved into its place, an interrupt
    /// waits until all are there, and a failure while moving puts back what was there.
    pub(super) fn apply(&self, changes: Vec<Change>) -> Result<(), CliError> {
        let Some(held) = &self.held else {
            return Ok(());
        };
        let mut held = lock(held);
        let mut done: Vec<(PathBuf, Option<PathBuf>)> = Vec::new();
        for Change { path, existed, fate } in changes {
            match held.change(&path, existed, &fate) {
                Ok(old) => done.push((path, old)),
                Err(source) => {
                    for (path, old) in done {
                        let _ = match old {
                            Some(old) => fs::rename(&old, &path).or_else(|_| fs::copy(&old, &path).map(drop)),
                            None => fs::remove_file(&path),
                        };
                    }
                    return Err(failed(&path)(source));
                }
            }
        }
        held.applied = true;
        drop(held);
        self.interrupts.iter().for_each(Interrupts::give_way);
        Ok(())
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(held) = &self.held {
            lock(held).clear();
        }
    }
}

impl Held {
    /// The workshop of a directory, which is made where it is missing.
    fn workshop(&mut self, directory: &Path) -> io::Result<&mut Workshop> {
        let index = match self.of.get(directory) {
            Some(index) => *index,
            None => self.enter(directory)?,
        };
        self.workshops
            .get_mut(index)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn enter(&mut self, directory: &Path) -> io::Result<usize> {
        self.make(directory)?;
        // A directory may have been called by another name before.
        let real = fs::canonicalize(directory)?;
        let index = match self.of.get(&real) {
            Some(index) => *index,
            None => {
                self.workshops.push(Workshop::enter(directory)?);
                self.workshops.len() - 1
            }
        };
        self.of.extend([(real, index), (directory.to_owned(), index)]);
        Ok(index)
    }

    /// Makes a directory, and remembers what was made for it.
    fn make(&mut self, directory: &Path) -> io::Result<()> {
        let missing = directory.ancestors().take_while(|above| {
            let here = above.as_os_str().is_empty();
            !here && !above.exists()
        });
        let mut missing: Vec<PathBuf> = missing.map(Path::to_owned).collect();
        // The system would say that it exists.
        if directory.is_file() {
            return Err(io::Error::new(
                io::ErrorKind::NotADirectory,
                "it is a file, and outputs need a directory",
            ));
        }
        fs::create_dir_all(directory)?;
        missing.reverse();
        self.made.extend(missing);
        Ok(())
    }

    /// A new file for a directory.
    fn create(&mut self, directory: &Path) -> io::Result<(PathBuf, File)> {
        let path = self.workshop(directory)?.name();
        let file = File::create_new(&path)?;
        Ok((path, file))
    }

    /// Makes a change. What was there is kept by a second name, which takes no copy.
    fn change(&mut self, path: &Path, existed: bool, fate: &Fate) -> io::Result<Option<PathBuf>> {
        let old = if existed {
            let old = self.workshop(parent(path))?.name();
            keep(path, &old)?;
            Some(old)
        } else {
            None
        };
        match fate {
            Fate::Replaced(file) => fs::rename(file, path)?,
            Fate::Removed => fs::remove_file(path)?,
            Fate::Named => {}
        }
        Ok(old)
    }

    /// Removes what was to be there for a time only, and the directories that hold nothing.
    fn clear(&mut self) {
        self.of.clear();
        self.workshops.clear();
        for directory in self.made.drain(..).rev() {
            let _ = fs::remove_dir(directory);
        }
    }
}

fn lock(held: &Mutex<Held>) -> MutexGuard<'_, Held> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes all files have these bytes, or none.
pub(super) fn files(files: impl IntoIterator<Item = (PathBuf, impl AsRef<[u8]>)>) -> Result<(), CliError> {
    let stage = Stage::new()?;
    let mut changes = Vec::new();
    for (path, bytes) in files {
        changes.extend(stage.write_bytes(path, bytes.as_ref())?);
    }
    stage.apply(changes)
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
