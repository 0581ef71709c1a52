//! Splits the two programs of the page, so that what is wanted first is loaded first. The page: what
//! draws the form, what starts runs, and what draws all else; `web/src/shell/later.rs` has the other side.
//! The engine: what a run needs, and all else; `engine/src/session/rest.rs` has the other side.
//!
//! The parts of a program share their memory and are compiled as one, which is cut by what the functions
//! `split_off` in `web/src/bin` reach: whatever the rest reaches by itself stays in the first part. If
//! the form names something of the second part, the first grows by a third at once,
//! and `cargo xtask dist` fails. Quick builds and tests of modules have all in one piece. Programs
//! that each have a state would have to agree about it, and each would bring Yew, or the reader of plans.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail, ensure};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use sha2::{Digest, Sha256, Sha384};
use wasm_split_cli_support::{Options, transform};

use crate::command::{command, run};
use crate::shrink::{self, target};
use crate::styles::Later;

/// The feature of `mayfly-web` that marks where the programs are split.
pub(crate) const FEATURE: &str = "split";

/// Puts the parts of the page's program in place of what trunk has put into `staging`, and returns the
/// page with the hashes of the new files. With what is loaded later come the `styles` of what it draws:
/// nothing is drawn without them.
///
/// Trunk knows nothing of this, so what it made of the program is thrown away. Its name stays: the
/// hash in it says what the program was made of. All files have it, so that an old page can never get
/// a part of a new program.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn page(staging: &Path, page: &str, styles: &Later) -> anyhow::Result<String> {
    let names = Names::of_page(staging)?;
    let parts = Parts::new("page", &names)?;
    let link = with_styles(&parts.link, &names.of_part("split_later.wasm")?)?;
    let link = link + &styles.script();
    let mut page = page.to_owned();
    for name in [&names.glue, &names.wasm] {
        let (new, old) = (
            fs::read(parts.folder.join(name))?,
            fs::read(staging.join(name))?,
        );
        let place = integrity(&old);
        ensure!(
            page.contains(&place),
            "expected {place} of {name} in index.html"
        );
        page = page.replace(&place, &integrity(&new));
    }
    parts.put(staging, &names, &link)?;
    ensure!(page.contains("</head>"), "expected a head in index.html");
    // Or it would be asked for only once the glue is there.
    let preload = format!(
        "<link rel=\"modulepreload\" href=\"./{}\"></head>",
        names.link
    );
    Ok(page.replacen("</head>", &preload, 1))
}

/// Puts the parts of the engine in place of what trunk has put into `staging`, under names with a hash
/// of the program, and has its `worker.js` load them.
///
/// # Errors
///
/// Fails with the step that failed.
pub(crate) fn engine(staging: &Path) -> anyhow::Result<()> {
    let hash = Sha256::digest(program("engine")?);
    let names = Names::of_engine(&hash[..8]);
    let path = staging.join("worker.js");
    let mut worker = fs::read_to_string(&path)?;
    for (old, new) in [
        ("mayfly-engine.js", &names.glue),
        ("mayfly-engine_bg.wasm", &names.wasm),
    ] {
        // Whoever loads a file by its hash needs no other name for it.
        let place = format!("{old}${{search}}");
        ensure!(
            worker.matches(&place).count() == 1,
            "expected {place} once in worker.js"
        );
        worker = worker.replace(&place, new);
        fs::remove_file(staging.join(old))?;
    }
    fs::write(&path, worker)?;
    let parts = Parts::new("engine", &names)?;
    parts.put(staging, &names, &parts.link)
}

/// What the files of a program are called.
struct Names {
    /// What begins the names of the first part.
    stem: String,
    hash: String,
    glue: String,
    wasm: String,
    /// The script that loads what is split off.
    link: String,
}

impl Names {
    fn new(stem: String, hash: &str, link: &str) -> Self {
        Self {
            glue: format!("{stem}.js"),
            wasm: format!("{stem}_bg.wasm"),
            link: format!("{link}-{hash}.js"),
            hash: hash.to_owned(),
            stem,
        }
    }

    /// Those that trunk gave to the page's program.
    fn of_page(staging: &Path) -> anyhow::Result<Self> {
        const START: &str = "mayfly-page-";
        for entry in fs::read_dir(staging)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let stem = name.strip_suffix(".js");
            if let Some((stem, hash)) = stem.and_then(|it| Some((it, it.strip_prefix(START)?))) {
                return Ok(Self::new(stem.to_owned(), hash, "mayfly-link"));
            }
        }
        bail!("the page has no JavaScript of its own")
    }

    fn of_engine(hash: &[u8]) -> Self {
        let hash: String = hash.iter().map(|it| format!("{it:02x}")).collect();
        Self::new(format!("mayfly-engine-{hash}"), &hash, "mayfly-engine-link")
    }

    /// The name of a file that is split off, which the cutter calls `split_` and what the function
    /// `split_off` says. What two parts have in common is in a file of its own, a `chunk_`.
    fn of_part(&self, cut_name: &str) -> anyhow::Result<String> {
        let name = cut_name.strip_suffix(".wasm");
        let part = name.and_then(|it| match it.split_once('_')? {
            ("split", part) => Some(part),
            ("chunk", _) => Some("shared"),
            _ => None,
        });
        let part = part.with_context(|| format!("expected a part, found {cut_name}"))?;
        Ok(format!("mayfly-{part}-{}.wasm", self.hash))
    }
}

/// A program that is cut and shrunk.
struct Parts {
    /// Where its files are.
    folder: PathBuf,
    /// The files that are split off, and what they are to be called.
    split_off: Vec<(PathBuf, String)>,
    /// The script that loads them.
    link: String,
}

impl Parts {
    fn new(kind: &str, names: &Names) -> anyhow::Result<Self> {
        let folder = target().join("split").join(kind);
        let _ = fs::remove_dir_all(&folder); // Of another build.
        fs::create_dir_all(&folder)?;
        let split_off = cut(&folder, kind, names)?;
        println!("▸ binding and shrinking the {kind}");
        bind(&folder, kind, names)?;
        shrink::program(&folder, &names.stem)?;
        let mut parts = Self {
            link: fs::read_to_string(folder.join(&names.link))?,
            split_off: Vec::new(),
            folder,
        };
        for path in split_off {
            shrink::optimize(&path)?;
            let cut_name = path.file_name().unwrap_or_default().to_string_lossy();
            let name = names.of_part(&cut_name)?;
            ensure!(
                parts.link.matches(&*cut_name).count() == 1,
                "expected {cut_name} once in {}",
                names.link
            );
            parts.link = parts.link.replace(&*cut_name, &name);
            parts.split_off.push((path, name));
        }
        Ok(parts)
    }

    /// Puts the files where they are published.
    fn put(&self, staging: &Path, names: &Names, link: &str) -> anyhow::Result<()> {
        for name in [&names.glue, &names.wasm] {
            fs::copy(self.folder.join(name), staging.join(name))?;
        }
        for (path, name) in &self.split_off {
            fs::copy(path, staging.join(name))?;
        }
        let path = staging.join(&names.link);
        fs::write(&path, link)?;
        shrink::text(&path)
    }
}

/// The program as Cargo made it.
fn program(kind: &str) -> anyhow::Result<Vec<u8>> {
    let path = target().join(format!("wasm32-unknown-unknown/page/mayfly-{kind}.wasm"));
    fs::read(&path).with_context(|| format!("cannot read {}", path.display()))
}

/// Cuts a program as Cargo made it: afterwards it is not known any more what belongs to what. Gives the
/// paths of what is cut off.
fn cut(folder: &Path, kind: &str, names: &Names) -> anyhow::Result<Vec<PathBuf>> {
    let program = program(kind)?;
    let (main, link) = (folder.join(MAIN), format!("./{}", names.link));
    let glue = format!("./{}", names.glue);
    let mut options = Options::new(&program);
    options.output_dir = folder;
    options.main_out_path = &main;
    options.link_name = &link;
    options.main_module = &glue;
    let done = transform(options).map_err(|error| anyhow!("cannot split the {kind}: {error:#}"))?;
    let parts = done.split_modules.into_iter();
    // It is as it is where that is absolute.
    Ok(parts.map(|it| folder.join(it)).collect())
}

const MAIN: &str = "main.wasm";

/// The script `link` with a part that is there only once `addStyles` is done.
fn with_styles(link: &str, part: &str) -> anyhow::Result<String> {
    // How the list ends of what must be there before a part is started.
    const END: &str = "]));";
    let place = link
        .find(part)
        .and_then(|it| Some(it + link[it..].find(END)?));
    let place = place.with_context(|| format!("expected {part} and then {END:?} in {link}"))?;
    let (before, after) = link.split_at(place);
    let comma = if before.ends_with('[') { "" } else { ", " };
    Ok(format!("{before}{comma}addStyles{after}"))
}

/// Makes the JavaScript of a program. The other parts need the table of functions, which is not
/// among what is kept by itself.
fn bind(folder: &Path, kind: &str, names: &Names) -> anyhow::Result<()> {
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
    run(&format!("binding the {kind}"), &mut bindgen)
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
    fn all_files_have_the_hash_of_their_program() {
        let folder = env::temp_dir().join(format!("mayfly-split-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        assert!(Names::of_page(&folder).is_err());
        for name in [
            "mayfly-engine.js",
            "mayfly-page-12ab.js",
            "mayfly-page-12ab_bg.wasm",
        ] {
            fs::write(folder.join(name), "").unwrap();
        }
        let names = Names::of_page(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        check(&names, ["mayfly-page-12ab", "mayfly-link-12ab.js"]);
        let later = names.of_part("split_later.wasm").unwrap();
        assert_eq!(later, "mayfly-later-12ab.wasm");

        let names = Names::of_engine(&[0x12, 0xab]);
        check(&names, ["mayfly-engine-12ab", "mayfly-engine-link-12ab.js"]);
        let shared = names.of_part("chunk_1.wasm").unwrap();
        assert_eq!(shared, "mayfly-shared-12ab.wasm");
        assert!(names.of_part("main.wasm").is_err());
    }

    #[test]
    fn a_part_waits_for_its_styles_and_for_what_it_has_in_common_with_others() {
        let script =
            |a: &str, b: &str| format!("wrap(load(\"a\", [{a}]));\nwrap(load(\"b\", [{b}]));");
        let added = with_styles(&script("x", "x"), "\"b\"").unwrap();
        assert_eq!(added, script("x", "x, addStyles"));
        let added = with_styles(&script("", ""), "\"a\"").unwrap();
        assert_eq!(added, script("addStyles", ""));
        assert!(with_styles(&script("", ""), "\"c\"").is_err());
    }

    #[track_caller]
    fn check(names: &Names, [stem, link]: [&str; 2]) {
        assert_eq!((&*names.stem, &*names.link), (stem, link));
        assert_eq!(names.glue, format!("{stem}.js"));
        assert_eq!(names.wasm, format!("{stem}_bg.wasm"));
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
