//! Splits the page's program in two: what draws the form, and what is loaded once the form is drawn.
//! `web/src/shell/later.rs` has the other side.
//!
//! Both halves share their memory and are compiled as one program, which is cut by what the function
//! `split_off` in `web/src/bin/page.rs` reaches: whatever `app.rs` reaches by itself stays in the
//! first half. If the form names something of the second half, the first grows by a third at once,
//! and `cargo xtask dist` fails. Quick builds and tests of modules have all in one piece. Two
//! programs that each have a state would have to agree about it, and each would bring Yew.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha384};
use wasm_split_cli_support::{Options, transform};

use crate::command::{command, run};
use crate::shrink::{self, target};
use crate::styles::Later;

/// The feature of `mayfly-web` that marks where the program is split.
pub(crate) const FEATURE: &str = "split";

/// Puts the two halves in place of the program that trunk has put into `staging`, and returns the
/// page with the hashes of the new files. With the second half come the `styles` of what it draws: nothing
/// is drawn without them.
///
/// Trunk knows nothing of this, so what it made of the program is thrown away. Its name stays: the
/// hash in it says what the program was made of. All files have it, so that an old page can never get
/// half of a new program.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn split(staging: &Path, page: &str, styles: &Later) -> anyhow::Result<String> {
    let names = Names::of(staging)?;
    let folder = target().join("split");
    let _ = fs::remove_dir_all(&folder); // Of another build.
    fs::create_dir_all(&folder)?;
    let later = cut(&folder, &names)?;
    bind(&folder, &names)?;
    println!("▸ shrinking the page");
    shrink::program(&folder, &names.stem)?;
    shrink::optimize(&later)?;

    let link = fs::read_to_string(folder.join(&names.link))?;
    let cut_name = later.file_name().unwrap_or_default().to_string_lossy();
    for place in [&*cut_name, WAITS_FOR] {
        ensure!(
            link.matches(place).count() == 1,
            "expected {place:?} once in {}",
            names.link
        );
    }
    let link = link.replace(&*cut_name, &names.later);
    let link = link.replace(WAITS_FOR, ", [addStyles]));") + &styles.script();
    fs::write(staging.join(&names.link), link)?;
    shrink::text(&staging.join(&names.link))?;
    fs::copy(&later, staging.join(&names.later))?;
    let mut page = page.to_owned();
    for name in [&names.glue, &names.wasm] {
        let (new, old) = (fs::read(folder.join(name))?, fs::read(staging.join(name))?);
        let place = integrity(&old);
        ensure!(
            page.contains(&place),
            "expected {place} of {name} in index.html"
        );
        page = page.replace(&place, &integrity(&new));
        fs::write(staging.join(name), new)?;
    }
    ensure!(page.contains("</head>"), "expected a head in index.html");
    // Or it would be asked for only once the glue is there.
    let preload = format!(
        "<link rel=\"modulepreload\" href=\"./{}\"></head>",
        names.link
    );
    Ok(page.replacen("</head>", &preload, 1))
}

/// What the files are called.
struct Names {
    /// What begins the names that trunk gave.
    stem: String,
    glue: String,
    wasm: String,
    /// The script that loads what is split off.
    link: String,
    /// What is split off.
    later: String,
}

impl Names {
    fn of(staging: &Path) -> anyhow::Result<Self> {
        const START: &str = "mayfly-page-";
        for entry in fs::read_dir(staging)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let stem = name.strip_suffix(".js");
            let Some((stem, hash)) = stem.and_then(|it| Some((it, it.strip_prefix(START)?))) else {
                continue;
            };
            return Ok(Self {
                stem: stem.to_owned(),
                glue: name.clone(),
                wasm: format!("{stem}_bg.wasm"),
                link: format!("mayfly-link-{hash}.js"),
                later: format!("mayfly-later-{hash}.wasm"),
            });
        }
        bail!("the page has no JavaScript of its own")
    }
}

/// Cuts the program as Cargo made it: afterwards it is not known any more what belongs to what. Gives
/// the path of what is cut off.
fn cut(folder: &Path, names: &Names) -> anyhow::Result<PathBuf> {
    let path = target().join("wasm32-unknown-unknown/page/mayfly-page.wasm");
    let program = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let (main, link) = (folder.join(MAIN), format!("./{}", names.link));
    let glue = format!("./{}", names.glue);
    let mut options = Options::new(&program);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = &link;
    options.main_module = &glue;
    let done = transform(options).map_err(|error| anyhow!("cannot split the page: {error:#}"))?;
    match <[PathBuf; 1]>::try_from(done.split_modules) {
        Ok([later]) if later.is_absolute() => Ok(later),
        Ok([later]) => Ok(folder.join(later)),
        Err(parts) => bail!("expected one part that is split off, found {parts:?}"),
    }
}

const MAIN: &str = "main.wasm";

/// How the script that loads the second half ends the list of what must be there before it is started.
const WAITS_FOR: &str = ", []));";

/// Makes the JavaScript of the program. The other half needs the table of functions, which is not
/// among what is kept by itself.
fn bind(folder: &Path, names: &Names) -> anyhow::Result<()> {
    let mut bindgen = command("wasm-bindgen");
    bindgen
        .args([
            "--target",
            "web",
            "--keep-lld-exports",
            "--no-demangle",
            "--no-typescript",
        ])
        .args(["--out-name", &names.stem, "--out-dir"])
        .arg(folder)
        .arg(folder.join(MAIN));
    run("binding the page", &mut bindgen)
}

/// As the page has it, so that a browser takes no other file.
pub(crate) fn integrity(bytes: &[u8]) -> String {
    format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(bytes)))
}

#[cfg(test)]
mod tests {
    use std::env;

    use super::*;

    #[test]
    fn all_files_have_the_hash_of_the_page() {
        let folder = env::temp_dir().join(format!("mayfly-split-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(Names::of(&folder).is_err());
        for name in [
            "mayfly-engine.js",
            "mayfly-page-12ab.js",
            "mayfly-page-12ab_bg.wasm",
        ] {
            fs::write(folder.join(name), "").unwrap();
        }
        let names = Names::of(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        assert_eq!(
            (&*names.stem, &*names.glue),
            ("mayfly-page-12ab", "mayfly-page-12ab.js")
        );
        assert_eq!(names.wasm, "mayfly-page-12ab_bg.wasm");
        assert_eq!(
            (&*names.link, &*names.later),
            ("mayfly-link-12ab.js", "mayfly-later-12ab.wasm")
        );
    }

    #[test]
    fn a_file_is_told_from_others_by_its_hash() {
        // printf x | openssl dgst -sha384 -binary | base64
        assert_eq!(
            integrity(b"x"),
            "sha384-11LCxR+6DimqGQVwqdQlPkQHegWNMpf6OlYw1b0BJiL5fCisrtMTtcg7uZDKp9qF"
        );
    }
}
