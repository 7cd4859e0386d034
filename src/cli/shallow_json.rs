//! JSON that is laid out line by line down to a depth, and written tightly below it: a line an entry, so that files
//! stay small and a change of one entry is a change of one line.

use std::io::{self, BufWriter, Write};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;

/// Writes a value as it stands in a file. What nests deeper than `depth` stands on one line.
///
/// # Errors
/// Those of the writer.
pub(super) fn shallow_json(writer: impl Write, value: &impl Serialize, depth: usize) -> io::Result<()> {
    let mut writer = BufWriter::new(writer);
    let formatter = Shallow {
        depth,
        level: 0,
        filled: false,
    };
    value.serialize(&mut Serializer::with_formatter(&mut writer, formatter))?;
    writer.write_all(b"\n")?;
    writer.flush()
}

struct Shallow {
    depth: usize,
    /// How many lists and maps are open.
    level: usize,
    /// True where the one that closes next holds something.
    filled: bool,
}

impl Shallow {
    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.level += 1;
        self.filled = false;
        writer.write_all(bracket)
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        let opened = self.level <= self.depth && self.filled;
        self.level = self.level.saturating_sub(1);
        self.filled = true;
        if opened {
            self.line(writer)?;
        }
        writer.write_all(bracket)
    }

    fn item<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        if self.level <= self.depth {
            self.line(writer)?;
        }
        Ok(())
    }

    fn line<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b"\n")?;
        (0..self.level).try_for_each(|_| writer.write_all(b"  "))
    }
}

impl Formatter for Shallow {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }

    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }

    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first)
    }

    fn end_array_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }

    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }

    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }

    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.item(writer, first)
    }

    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(if self.level <= self.depth { b": " } else { b":" })
    }

    fn end_object_value<W: ?Sized + Write>(&mut self, _: &mut W) -> io::Result<()> {
        self.filled = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::shallow_json;

    #[test]
    fn entries_stand_on_a_line_each() {
        let value = serde_json::json!({
            "list": [{"a": 1, "b": [1, 2]}, {}],
            "empty": [],
            "text": "x",
        });
        let written = |depth: usize| {
            let mut bytes = Vec::new();
            shallow_json(&mut bytes, &value, depth).unwrap();
            String::from_utf8(bytes).unwrap()
        };
        let text = written(2);
        assert_eq!(
            text,
            "{\n  \"list\": [\n    {\"a\":1,\"b\":[1,2]},\n    {}\n  ],\n  \"empty\": [],\n  \"text\": \"x\"\n}\n"
        );
        let deep = written(usize::MAX);
        assert_eq!(deep, serde_json::to_string_pretty(&value).unwrap() + "\n");
    }
}
