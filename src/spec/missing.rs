//! What to do where a spec is expected and there is none: a path with a typing error, a folder, or a first step.

use std::path::Path;

use super::FOUR_LINES;
use crate::outside::{Outside, Text};
use crate::text;

/// The spec where none is named.
const DEFAULT: &str = "konnect.toml";
/// The most names that are shown.
const MOST: usize = 5;
/// The most entries of a folder that are looked at.
const MOST_ENTRIES: usize = 1000;

/// What to do about a path at which nothing is.
pub(super) fn hint(path: &Outside) -> Text {
    let path = Path::new(path.expose());
    if path == Path::new(DEFAULT) {
        return text!("name the spec with -f SPEC, or save these four lines as {}:\n{}", DEFAULT, FOUR_LINES.trim_end());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return text!("check the path: there is no folder {}", Outside::from(folder));
    }
    let there = specs(folder.unwrap_or(Path::new(".")));
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let names: Vec<&str> = there.iter().map(String::as_str).collect();
    match similar::get_close_matches(name.as_str(), &names, 1, 0.6).first() {
        Some(close) => text!("did you mean {}?", Outside::from(path.with_file_name(close).as_path())),
        None => text!("check the path{}", listed(&there)),
    }
}

/// What to do about a folder.
pub(super) fn in_folder(folder: &Outside) -> Text {
    let folder = Path::new(folder.expose());
    let there = specs(folder);
    let shown = |name: &str| Outside::from(folder.join(name).as_path());
    match there.as_slice() {
        [only] => text!("name the file: -f {}", Text::shell_path(&shown(only))),
        _ if there.iter().any(|name| name == DEFAULT) => text!("name the file: -f {}", Text::shell_path(&shown(DEFAULT))),
        _ => text!("name a file with -f{}", listed(&there)),
    }
}

/// The TOML files of a folder, in order.
fn specs(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().take(MOST_ENTRIES).flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.retain(|name| Path::new(name).extension().is_some_and(|extension| extension == "toml"));
    names.sort_unstable();
    names
}

fn listed(names: &[String]) -> Text {
    if names.is_empty() {
        return Text::default();
    }
    let rest = names.len().saturating_sub(MOST);
    let shown = Text::join(names.iter().take(MOST).map(|name| Outside::from(name.as_str()).into()), ", ");
    if rest > 0 { text!("; its folder has {} and {} more", shown, rest) } else { text!("; its folder has {}", shown) }
}
