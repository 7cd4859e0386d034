//! Lines of a configuration, without comments and the text of banners.

use std::iter::Enumerate;
use std::str::Lines;

/// A line that says something.
#[derive(Clone, Copy, Debug)]
pub struct Line<'t> {
    /// From 1.
    pub number: usize,
    /// True where it begins with a space: it belongs to the section above.
    pub indented: bool,
    /// Without the spaces around it. Never empty.
    pub text: &'t str,
}

/// The lines of a text.
pub struct Script<'t> {
    lines: Enumerate<Lines<'t>>,
    open: Option<Line<'t>>,
}

impl<'t> Script<'t> {
    /// Ends of lines may be LF or CRLF.
    pub fn of(text: &'t str) -> Self {
        Self {
            lines: text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate(),
            open: None,
        }
    }

    /// The banner that had no end, where there was one.
    pub fn unterminated(&self) -> Option<Line<'t>> {
        self.open
    }
}

impl<'t> Iterator for Script<'t> {
    type Item = Line<'t>;

    fn next(&mut self) -> Option<Line<'t>> {
        loop {
            let (index, raw) = self.lines.next()?;
            let text = raw.trim();
            if text.is_empty() || text.starts_with('!') {
                continue;
            }
            let line = Line {
                number: index.saturating_add(1),
                indented: raw.starts_with([' ', '\t']),
                text,
            };
            let Some((delimiter, rest)) = banner(text) else {
                return Some(line);
            };
            if !rest.contains(delimiter) && !self.lines.any(|(_, raw)| raw.contains(delimiter)) {
                self.open = Some(line);
                return None;
            }
        }
    }
}

/// The delimiter of a banner and what follows it: any character, or `^C` as the configuration prints Ctrl-C (Cisco
/// IOS Configuration Fundamentals Command Reference, `banner motd`).
fn banner(text: &str) -> Option<(&str, &str)> {
    const KINDS: [&str; 7] = [
        "motd",
        "login",
        "exec",
        "incoming",
        "slip-ppp",
        "prompt-timeout",
        "config-save",
    ];
    let rest = strip_word(text, "banner")?;
    let rest = KINDS.iter().find_map(|kind| strip_word(rest, kind))?;
    let length = if rest.starts_with("^C") {
        2
    } else {
        rest.chars().next()?.len_utf8()
    };
    rest.split_at_checked(length)
}

fn strip_word<'t>(text: &'t str, word: &str) -> Option<&'t str> {
    let (head, rest) = text.split_at_checked(word.len())?;
    let whole = rest.starts_with(|c: char| c.is_whitespace());
    (whole && head.eq_ignore_ascii_case(word)).then(|| rest.trim_start())
}
