//! Lines of a configuration, without comments and the text of banners.

use std::iter::Enumerate;
use std::str::Lines;

use super::keyword::abbreviates;

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

/// Commands that a text of several lines follows at once.
const TEXTS: [&[&str]; 4] = [
    &["aaa", "authentication", "banner"],
    &["aaa", "authentication", "fail-message"],
    &["refuse-message"],
    &["vacant-message"],
];

/// What follows the command of a text: its delimiter first. None too where a word after `banner` may be short for a
/// kind of banner as well as the beginning of a text.
fn text_of(line: &str) -> Option<&str> {
    const KINDS: [&str; 7] = [
        "motd",
        "login",
        "exec",
        "incoming",
        "slip-ppp",
        "prompt-timeout",
        "config-save",
    ];
    let short = |rest, keyword: &&str| after(rest, |word| abbreviates(word, keyword));
    let Some(rest) = short(line, &"banner") else {
        let whole = |command: &&[&str]| command.iter().try_fold(line, short);
        return TEXTS.iter().find_map(whole);
    };
    let of_kind = after(rest, |word| {
        KINDS.iter().any(|kind| kind.eq_ignore_ascii_case(word))
    });
    of_kind.or_else(|| (!rest.starts_with(char::is_alphanumeric)).then_some(rest))
}

/// The delimiter of a text and what follows it: any character, or `^C` as the configuration prints Ctrl-C (Cisco
/// IOS Configuration Fundamentals Command Reference, `banner motd`).
fn banner(text: &str) -> Option<(&str, &str)> {
    let rest = text_of(text)?;
    let length = if rest.starts_with("^C") {
        2
    } else {
        rest.chars().next()?.len_utf8()
    };
    rest.split_at_checked(length)
}

/// What follows the first word.
fn after(text: &str, is_word: impl Fn(&str) -> bool) -> Option<&str> {
    let (word, rest) = text.split_once(char::is_whitespace)?;
    is_word(word).then(|| rest.trim_start())
}
