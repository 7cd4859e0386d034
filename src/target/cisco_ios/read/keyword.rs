//! Words of the command line. IOS takes any unambiguous beginning of a keyword, in any case.

/// The shortest beginning that is taken for a keyword. IOS takes shorter ones where they are unambiguous among all
/// keywords of a release, which nobody knows here: those are reported.
const SHORTEST: usize = 3;

/// True where the word is the keyword or a beginning of it.
pub fn abbreviates(word: &str, keyword: &str) -> bool {
    let head = keyword.get(..word.len());
    word.len() >= SHORTEST.min(keyword.len()) && head.is_some_and(|head| head.eq_ignore_ascii_case(word))
}

/// The keyword that the word stands for: itself, or the only one that begins like it.
pub fn choose<'k>(word: &str, keywords: &[&'k str]) -> Option<&'k str> {
    if let Some(exact) = keywords.iter().find(|keyword| keyword.eq_ignore_ascii_case(word)) {
        return Some(exact);
    }
    let mut found = keywords.iter().filter(|keyword| abbreviates(word, keyword));
    match (found.next(), found.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

/// True where the words begin like the keywords.
pub fn begins(words: &[&str], keywords: &[&str]) -> bool {
    words.len() >= keywords.len()
        && words
            .iter()
            .zip(keywords)
            .all(|(word, keyword)| abbreviates(word, keyword))
}

/// A decimal number of digits alone.
pub fn number<T: std::str::FromStr>(word: &str) -> Option<T> {
    let digits = !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| word.parse().ok()).flatten()
}

/// The words of a line, read from the left.
#[derive(Clone, Copy, Debug)]
pub struct Words<'t> {
    rest: &'t [&'t str],
}

impl<'t> Words<'t> {
    /// All of them.
    pub fn of(words: &'t [&'t str]) -> Self {
        Self { rest: words }
    }

    /// The next word.
    pub fn peek(&self) -> Option<&'t str> {
        self.rest.first().copied()
    }

    /// Takes the next word.
    ///
    /// # Errors
    /// When there is none.
    pub fn next(&mut self) -> Result<&'t str, String> {
        let (first, rest) = self.rest.split_first().ok_or("the line ends too early")?;
        self.rest = rest;
        Ok(first)
    }

    /// Takes the next word where it is this keyword.
    pub fn take(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_some_and(|word| abbreviates(word, keyword));
        if found {
            self.rest = self.rest.get(1..).unwrap_or_default();
        }
        found
    }

    /// # Errors
    /// When words are left.
    pub fn end(&self) -> Result<(), String> {
        match self.peek() {
            None => Ok(()),
            Some(word) => Err(format!("`{word}` is not understood here")),
        }
    }
}
