//! A file that is written beside its place, from the first byte on in which it differs from what is there.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// What makes a new file to write to.
pub(super) type Create<'a> = &'a dyn Fn() -> io::Result<(PathBuf, File)>;

/// A file on its way.
pub(super) struct Draft<'a> {
    path: &'a Path,
    /// What is there, read as far as what was written equals it; none where they differ.
    old: Option<BufReader<File>>,
    /// How many bytes are equal.
    equal: u64,
    /// Makes what is written to; none where that they differ is all there is to say.
    create: Option<Create<'a>>,
    new: Option<(PathBuf, BufWriter<File>)>,
}

/// What became of a draft.
pub(super) enum Written {
    /// It is what is there.
    Equal,
    /// It is here, synced.
    Beside(PathBuf),
    /// It is something else than what is there, and was not written.
    Nowhere,
}

impl<'a> Draft<'a> {
    /// A draft of the file at `path`, where `old` is, to be written to what `create` makes.
    pub(super) fn new(path: &'a Path, old: Option<File>, create: Option<Create<'a>>) -> Self {
        Self {
            path,
            old: old.map(BufReader::new),
            equal: 0,
            create,
            new: None,
        }
    }

    /// Ends the file.
    pub(super) fn finish(mut self) -> io::Result<Written> {
        if let Some(old) = &mut self.old
            && old.fill_buf()?.is_empty()
        {
            return Ok(Written::Equal);
        }
        if self.new.is_none() {
            // What is there goes on, or nothing is there and nothing was written.
            self.differ()?;
        }
        let Some((path, new)) = self.new else {
            return Ok(Written::Nowhere);
        };
        // There are more devices than files that may be open: it is closed.
        let file = new.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        readable(&file, self.path)?;
        Ok(Written::Beside(path))
    }

    /// Starts the new file with what was equal.
    fn differ(&mut self) -> io::Result<()> {
        self.old = None;
        if let Some(create) = self.create {
            let (path, file) = create()?;
            let mut new = BufWriter::with_capacity(1 << 16, file);
            if self.equal > 0 {
                let equal = io::copy(&mut File::open(self.path)?.take(self.equal), &mut new)?;
                if equal != self.equal {
                    return Err(io::Error::other("it was changed by another program"));
                }
            }
            self.new = Some((path, new));
        }
        Ok(())
    }
}

impl Write for Draft<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(old) = &mut self.old {
            let there = old.fill_buf()?;
            let length = there.len().min(bytes.len());
            if length > 0 && there.get(..length) == bytes.get(..length) {
                old.consume(length);
                self.equal += length as u64;
                return Ok(length);
            }
            if bytes.is_empty() {
                return Ok(0);
            }
            self.differ()?;
        }
        if self.new.is_none() {
            self.differ()?;
        }
        match &mut self.new {
            Some((_, new)) => new.write(bytes),
            None => Ok(bytes.len()),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.new.as_mut().map_or(Ok(()), |(_, new)| new.flush())
    }
}

/// A file keeps its mode; a new one is there to be read.
#[cfg(unix)]
fn readable(file: &File, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_or(0o644, |old| old.permissions().mode());
    file.set_permissions(fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn readable(_: &File, _: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::io::Write;

    use super::{Draft, Written};

    /// What is beside a file of the one text after the other is written for it, in two pieces.
    fn written(there: Option<&str>, text: &str, beside: bool) -> Option<Option<String>> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        if let Some(there) = there {
            fs::write(&path, there).unwrap();
        }
        let create = || {
            let new = directory.path().join("new");
            File::create_new(&new).map(|file| (new, file))
        };
        let old = there.map(|_| File::open(&path).unwrap());
        let mut draft = Draft::new(&path, old, beside.then_some(&create));
        let (first, second) = text.split_at(text.len() / 2);
        draft.write_all(first.as_bytes()).unwrap();
        draft.write_all(second.as_bytes()).unwrap();
        match draft.finish().unwrap() {
            Written::Equal => None,
            Written::Nowhere => Some(None),
            Written::Beside(file) => Some(Some(fs::read_to_string(file).unwrap())),
        }
    }

    #[test]
    fn only_what_differs_is_written_and_then_all_of_it() {
        let texts = [
            "",
            "a",
            "permit",
            "permit all",
            "deny all",
            "permit al",
            "permit all ",
        ];
        for there in texts {
            for text in texts {
                let expected = (there != text).then(|| Some(text.to_owned()));
                assert_eq!(written(Some(there), text, true), expected, "{there:?} {text:?}");
                let named = (there != text).then_some(None);
                assert_eq!(written(Some(there), text, false), named, "{there:?} {text:?}");
            }
            assert_eq!(written(None, there, true), Some(Some(there.to_owned())));
            assert_eq!(written(None, there, false), Some(None));
        }
    }
}
