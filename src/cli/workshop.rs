//! A directory beside outputs for files on their way: on the same file system, so that they can be moved into place,
//! and held by one run, so that the next one knows what a dead one left.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Its name.
const NAME: &str = ".septum-work";

/// The file in it that is locked as long as its run lives.
const LOCK: &str = "lock";

/// Files of a run that ended in the middle are never committed.
const IGNORED: (&str, &[u8]) = (".gitignore", b"*\n");

/// A workshop that this run holds. When it is dropped it is gone, with all that is in it.
#[derive(Debug)]
pub(super) struct Workshop {
    directory: PathBuf,
    /// How many names were given.
    names: usize,
    /// The system lets go of it, however the run ends.
    _lock: File,
}

impl Workshop {
    /// Takes the workshop of a directory, and sweeps what a dead run left in it.
    ///
    /// # Errors
    /// Also where another run holds it.
    pub(super) fn enter(beside: &Path) -> io::Result<Self> {
        let directory = beside.join(NAME);
        loop {
            match fs::create_dir(&directory) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
            let path = directory.join(LOCK);
            plain(&directory, &path)?;
            let lock = match File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)
            {
                Ok(lock) => lock,
                // The run that held it was just leaving.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error),
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    return Err(io::Error::new(
                        io::ErrorKind::ResourceBusy,
                        "another run of septum is writing there; try again when it has ended",
                    ));
                }
                // Where there are no locks, two runs at once are not told apart.
                Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {}
                Err(TryLockError::Error(error)) => return Err(error),
            }
            if !still_there(&lock, &path) {
                continue;
            }
            let workshop = Self {
                directory,
                names: 0,
                _lock: lock,
            };
            workshop.sweep()?;
            let (name, text) = IGNORED;
            File::create_new(workshop.directory.join(name))?.write_all(text)?;
            return Ok(workshop);
        }
    }

    /// A name in it that nothing has.
    pub(super) fn name(&mut self) -> PathBuf {
        self.names += 1;
        self.directory.join(self.names.to_string())
    }

    /// Removes all but the lock.
    fn sweep(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.directory)? {
            let entry = entry?;
            if entry.file_name() == LOCK {
                continue;
            }
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = self.sweep();
        // The lock goes last: who waits for its name finds nothing of ours.
        let _ = fs::remove_file(self.directory.join(LOCK));
        let _ = fs::remove_dir(&self.directory);
    }
}

/// Refuses links, which a repository could lead anywhere: what is in a workshop is removed.
fn plain(directory: &Path, lock: &Path) -> io::Result<()> {
    let in_the_way = |path: &Path| {
        let message = format!("`{}` is in the way; remove it", path.display());
        Err(io::Error::new(io::ErrorKind::AlreadyExists, message))
    };
    match fs::symlink_metadata(directory) {
        Ok(there) if !there.is_dir() => return in_the_way(directory),
        _ => {}
    }
    match fs::symlink_metadata(lock) {
        Ok(there) if !there.is_file() => in_the_way(lock),
        _ => Ok(()),
    }
}

/// False where the run that held the lock removed it before it let go of it.
#[cfg(unix)]
fn still_there(lock: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (lock.metadata(), fs::symlink_metadata(path)) {
        (Ok(ours), Ok(there)) => (ours.dev(), ours.ino()) == (there.dev(), there.ino()),
        _ => false,
    }
}

#[cfg(not(unix))]
fn still_there(_: &File, path: &Path) -> bool {
    path.exists()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::ErrorKind;
    use std::path::Path;

    use super::Workshop;

    #[test]
    fn a_workshop_is_held_by_one_and_leaves_nothing() {
        let directory = tempfile::tempdir().unwrap();
        let mut first = Workshop::enter(directory.path()).unwrap();
        fs::write(first.name(), "a").unwrap();
        let second = Workshop::enter(directory.path()).unwrap_err();
        assert_eq!(second.kind(), ErrorKind::ResourceBusy);
        drop(first);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        Workshop::enter(directory.path()).unwrap();
    }

    #[test]
    fn what_a_dead_run_left_is_swept_and_git_never_sees_it() {
        let directory = tempfile::tempdir().unwrap();
        let left = directory.path().join(".septum-work");
        fs::create_dir_all(left.join("folder")).unwrap();
        for name in ["lock", "1", "folder/2"] {
            fs::write(left.join(name), "old").unwrap();
        }
        let _workshop = Workshop::enter(directory.path()).unwrap();
        let mut names: Vec<_> = fs::read_dir(&left)
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        assert_eq!(names, [".gitignore", "lock"]);
        assert_eq!(fs::read_to_string(left.join(".gitignore")).unwrap(), "*\n");
    }

    #[cfg(unix)]
    #[test]
    fn a_workshop_that_is_a_link_is_refused_and_what_it_leads_to_stays() {
        let directory = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        fs::write(elsewhere.path().join("precious"), "a").unwrap();
        let link = |from: &Path, to: &Path| std::os::unix::fs::symlink(to, from).unwrap();
        let name = directory.path().join(".septum-work");
        link(&name, elsewhere.path());
        assert!(
            Workshop::enter(directory.path())
                .unwrap_err()
                .to_string()
                .contains("is in the way")
        );
        fs::remove_file(&name).unwrap();
        fs::create_dir(&name).unwrap();
        link(&name.join("lock"), &elsewhere.path().join("made"));
        assert!(
            Workshop::enter(directory.path())
                .unwrap_err()
                .to_string()
                .contains("is in the way")
        );
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
    }
}
