//! Pages and their fenced blocks.

use std::path::{Path, PathBuf};

/// A page with its blocks.
pub struct Page {
    /// Its path in the repository.
    pub name: String,
    /// In the order of the page.
    pub blocks: Vec<Block>,
    /// Commands in the running text, `septum check DIR`.
    pub commands: Vec<String>,
}

/// A fenced block.
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// The line of its fence.
    pub line: usize,
    /// What stands behind the fence.
    pub language: String,
    /// What stands between the fences.
    pub text: String,
}

/// Every page at the root of the repository, and in `docs`.
pub fn pages() -> Vec<Page> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = markdown(root, false);
    paths.extend(markdown(&root.join("docs"), true));
    paths.sort();
    let page = |path: PathBuf| {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let blocks = blocks(&text).unwrap_or_else(|why| panic!("{name}: {why}"));
        let commands = commands(&text);
        Page {
            name,
            blocks,
            commands,
        }
    };
    paths.into_iter().map(page).collect()
}

fn markdown(directory: &Path, below: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && below {
            found.extend(markdown(&path, true));
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
    found
}

/// What stands between single backticks and begins with `septum `.
fn commands(page: &str) -> Vec<String> {
    let outside = page.split("```").step_by(2);
    let pieces = outside.flat_map(|text| text.split('`').skip(1).step_by(2));
    pieces
        .filter(|piece| piece.starts_with("septum "))
        .map(|piece| piece.replace('\n', " "))
        .collect()
}

/// The blocks of a page. A fence is three or more backticks or tildes, and closed by as many.
pub fn blocks(page: &str) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize, Block)> = None;
    for (index, line) in page.lines().enumerate() {
        let text = line.trim_start();
        let indent = line.len() - text.len();
        let mark = text.chars().next().filter(|mark| "`~".contains(*mark));
        let fence: String = text.chars().take_while(|c| Some(*c) == mark).collect();
        let rest = text[fence.len()..].trim();
        match &mut open {
            Some((opening, _, _)) if fence.starts_with(opening.as_str()) && rest.is_empty() => {
                blocks.extend(open.take().map(|(_, _, block)| block));
            }
            Some((_, indent, block)) => {
                let cut = line.len() - text.len();
                block.text.push_str(&line[cut.min(*indent)..]);
                block.text.push('\n');
            }
            None if fence.len() >= 3 && !(mark == Some('`') && rest.contains('`')) => {
                let block = Block {
                    line: index + 1,
                    language: rest.to_owned(),
                    text: String::new(),
                };
                open = Some((fence, indent, block));
            }
            None => {}
        }
    }
    match open {
        Some((_, _, block)) => Err(format!("the block of line {} is not closed", block.line)),
        None => Ok(blocks),
    }
}

#[test]
fn fences_are_found_wherever_they_stand() {
    let page =
        "# a\n```sh\nx\n```\n- b\n\n  ~~~ text figure\n    y\n  ```\n  ~~~\n`` ``` ``\n````\n```\n````\n";
    let found = blocks(page).unwrap();
    let shown: Vec<(usize, &str, &str)> = found
        .iter()
        .map(|block| (block.line, block.language.as_str(), block.text.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            (2, "sh", "x\n"),
            (7, "text figure", "  y\n```\n"),
            (12, "", "```\n")
        ]
    );
    assert!(blocks("```sh\nx\n").is_err());
}
