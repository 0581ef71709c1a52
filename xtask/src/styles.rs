//! Packs the styles in two files: what is drawn at first has the first, and what is drawn later the second.

use std::fs;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::split::integrity;
use crate::{hashes, shrink};

/// The styles of what is not drawn at first. Any others are loaded at first.
const LATER: [&str; 4] = ["charts", "history", "run", "tables"];

/// The file that is loaded with the part of the page's program that draws what it is for.
pub(crate) struct Later {
    name: String,
    integrity: String,
}

/// Puts two files in place of those that `page` refers to, and returns the page that refers to the first.
///
/// # Errors
///
/// Fails if esbuild does, or if a file is missing.
pub(crate) fn pack(staging: &Path, page: &str) -> anyhow::Result<(String, Later)> {
    let (mut first, mut later) = (String::new(), String::new());
    let (mut rest, mut packed) = (page, String::new());
    while let Some((before, name, after)) = link(rest) {
        let path = staging.join(name);
        let styles = fs::read_to_string(&path).with_context(|| format!("cannot read {name}"))?;
        fs::remove_file(&path)?;
        let is_later = LATER.iter().any(|it| name.starts_with(&format!("{it}-")));
        *(if is_later { &mut later } else { &mut first }) += &styles;
        packed += before;
        rest = after;
    }
    packed += rest;
    ensure!(
        !first.is_empty() && !later.is_empty(),
        "expected styles of both kinds in index.html"
    );
    let first = write(staging, "form", &first)?;
    let link = format!(
        "<link rel=\"stylesheet\" href=\"./{}\" integrity=\"{}\"></head>",
        first.name, first.integrity
    );
    let page = packed.replacen("</head>", &link, 1);
    Ok((page, write(staging, "later", &later)?))
}

impl Later {
    /// A function of JavaScript, `addStyles`, that is done once they are there.
    pub(crate) fn script(&self) -> String {
        let Self { name, integrity } = self;
        format!(
            "
function addStyles() {{
    return new Promise((resolve, reject) => {{
        const link = document.createElement(\"link\");
        link.rel = \"stylesheet\";
        link.href = new URL(\"./{name}\", import.meta.url).href;
        link.integrity = \"{integrity}\";
        link.onload = resolve;
        link.onerror = () => {{
            link.remove();
            reject(new Error(`cannot load ${{link.href}}`));
        }};
        document.head.append(link);
    }});
}}
"
        )
    }
}

/// What stands before the first link to styles, the name of their file, and what stands after the link.
fn link(page: &str) -> Option<(&str, &str, &str)> {
    let (before, link) = page.split_once("<link rel=\"stylesheet\" href=\"./")?;
    let (link, after) = link.split_once('>')?;
    Some((before, link.split('"').next()?, after))
}

/// Writes styles without spaces, into a file whose name says what is in it.
fn write(staging: &Path, kind: &str, styles: &str) -> anyhow::Result<Later> {
    let name = format!("mayfly-{kind}-{}.css", hashes::of_file(styles.as_bytes()));
    let path = staging.join(&name);
    fs::write(&path, styles)?;
    shrink::text(&path)?;
    let integrity = integrity(&fs::read(&path)?);
    Ok(Later { name, integrity })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_styles_is_found_among_others() {
        let page = "<link rel=\"icon\" href=\"a\"><link rel=\"stylesheet\" href=\"./run-1.css\" integrity=\"x\"/></head>";
        assert_eq!(
            link(page),
            Some(("<link rel=\"icon\" href=\"a\">", "run-1.css", "</head>"))
        );
        assert_eq!(link("</head>"), None);
    }

    #[test]
    fn the_page_has_the_styles_that_come_later() {
        let page = fs::read_to_string(crate::command::root().join("index.html")).unwrap();
        for name in LATER {
            assert!(page.contains(&format!("web/styles/{name}.css")), "{name}");
        }
    }
}
