//! What the page weighs, as gzip -9 packs it: before its form is drawn, until a click on Start can
//! start a run, and in all.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::python;

/// A file of the site.
pub(crate) struct File {
    pub(crate) name: String,
    pub(crate) bytes: usize,
    pub(crate) gzip_bytes: usize,
}

/// When a file is loaded. The order is that of time.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
enum When {
    /// Before the form is drawn.
    Form,
    /// Right after it, because a run cannot start without it.
    Start,
    /// When somebody wants what it is for.
    Later,
    /// For a plan that is a locustfile, and never else.
    Python,
}

impl File {
    /// A file that nobody has thought of counts as the dearest kind.
    fn when(&self) -> When {
        // What a run needs of the engine, and the part of the page's program that handles the click.
        const START: [&str; 4] = [
            "mayfly-control",
            "mayfly-engine",
            "mayfly-shared",
            "worker.js",
        ];
        const LATER: [&str; 5] = [
            "manifest.webmanifest",
            "mayfly-later",
            "mayfly-rest",
            "sw",
            "uPlot",
        ];
        let is_one_of = |starts: &[&str]| starts.iter().any(|it| self.name.starts_with(it));
        if self.name.starts_with(python::START) {
            When::Python
        } else if is_one_of(&START) {
            When::Start
        } else if is_one_of(&LATER) {
            When::Later
        } else {
            When::Form
        }
    }
}

/// What all files together weigh that are loaded up to some time.
struct Weight {
    name: &'static str,
    until: When,
    /// In bytes. More fails: what it was on 2026-11-27, and about a hundredth more.
    limit: usize,
    /// In bytes. It is told, and fails nothing.
    aim: usize,
    /// What to do where it is over its limit.
    remedy: &'static str,
}

const WEIGHTS: [Weight; 4] = [
    Weight {
        name: "before the form is drawn",
        until: When::Form,
        limit: 194_500,
        aim: 200_000,
        // Something that was loaded later and is named by what draws the form makes it a third more.
        remedy: "the first part of the page's program may name nothing of the others",
    },
    Weight {
        name: "until a click on Start can start a run",
        until: When::Start,
        // 28,000 more than before locustfiles: users whose tasks are in Python, and opening files of it;
        // 10,000 for the question before a swarm, 9,000 for when it ends by itself and how it is watched, 1,500
        // for users that wait as the target asks for.
        limit: 730_500,
        aim: 550_000,
        remedy: "what a run does not need may be loaded after it",
    },
    Weight {
        name: "in all, without a locustfile",
        until: When::Later,
        // With what the pieces cost that are loaded after a start: 28,000, for 385,000 less until it.
        // 4,000 of it are for keeping all digits of numbers, 78,000 for locustfiles, without Python, 30,000
        // for what asks, ends and watches, 4,000 for phases.
        limit: 1_280_000,
        aim: 900_000,
        remedy: "look at what came with the newest dependency",
    },
    Weight {
        name: "for a plan that is a locustfile, once",
        until: When::Python,
        limit: 4_780_000,
        aim: 4_700_000,
        remedy: "look at what is new in Pyodide, or trim its standard library in xtask/src/python/trim.mjs",
    },
];

impl Weight {
    /// In bytes.
    fn of(&self, files: &[File]) -> usize {
        let counts = |it: &&File| match self.until {
            When::Python => it.when() == When::Python,
            until => it.when() <= until,
        };
        files.iter().filter(counts).map(|it| it.gzip_bytes).sum()
    }
}

/// Weighs all files of a folder and of those in it; the heaviest comes first.
///
/// # Errors
///
/// Fails if one cannot be read.
pub(crate) fn weigh(folder: &Path) -> anyhow::Result<Vec<File>> {
    let mut files = Vec::new();
    add(folder, "", &mut files)?;
    files.sort_by_key(|it| std::cmp::Reverse(it.gzip_bytes));
    Ok(files)
}

fn add(folder: &Path, start: &str, files: &mut Vec<File>) -> anyhow::Result<()> {
    let entries = fs::read_dir(folder);
    let entries = entries.with_context(|| format!("cannot read {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{start}{name}");
        if path.is_dir() {
            add(&path, &format!("{name}/"), files)?;
            continue;
        }
        let bytes = fs::read(&path)?;
        files.push(File {
            name,
            bytes: bytes.len(),
            gzip_bytes: gzip_bytes(&bytes)?,
        });
    }
    Ok(())
}

/// How many bytes these are as gzip -9 packs them.
///
/// # Errors
///
/// Fails only as memory does.
pub(crate) fn gzip_bytes(bytes: &[u8]) -> io::Result<usize> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok(gzip.finish()?.len())
}

/// Checks that no weight is over its limit.
///
/// # Errors
///
/// Fails with the first that is.
pub(crate) fn check(files: &[File]) -> anyhow::Result<()> {
    for weight in &WEIGHTS {
        let (found, limit) = (weight.of(files), weight.limit);
        ensure!(
            found <= limit,
            "expected at most {limit} bytes {}, found {found}; {}, or raise the limit in \
             xtask/src/weights.rs and say why",
            weight.name,
            weight.remedy
        );
    }
    Ok(())
}

/// All files and weights, for a person.
pub(crate) fn listing(files: &[File]) -> String {
    let mut listing = "    bytes   gzip -9\n".to_owned();
    for when in [When::Form, When::Start, When::Later, When::Python] {
        for file in files.iter().filter(|it| it.when() == when) {
            listing += &format!("{:>9} {:>9}  {}\n", file.bytes, file.gzip_bytes, file.name);
        }
        for weight in WEIGHTS.iter().filter(|it| it.until == when) {
            listing += &format!(
                "{:>9} {:>9}  {} (limit {}, aim {})\n",
                "",
                weight.of(files),
                weight.name,
                weight.limit,
                weight.aim
            );
        }
    }
    listing
}

/// The weights and the heavy files as tables of Markdown.
pub(crate) fn tables(files: &[File]) -> String {
    let mut tables = "| loaded | bytes | limit | aim |\n|---|---|---|---|\n".to_owned();
    for weight in &WEIGHTS {
        tables += &format!(
            "| {} | **{}** | {} | {} |\n",
            weight.name,
            grouped(weight.of(files)),
            grouped(weight.limit),
            grouped(weight.aim)
        );
    }
    tables += "\n| file | bytes | loaded |\n|---|---|---|\n";
    for file in files.iter().filter(|it| HEAVY <= it.gzip_bytes) {
        let when = match file.when() {
            When::Form => "for the form",
            When::Start => "for Start",
            When::Later => "later",
            When::Python => "for a locustfile",
        };
        let name = without_hash(&file.name);
        tables += &format!("| `{name}` | {} | {when} |\n", grouped(file.gzip_bytes));
    }
    tables
}

/// A number with a comma before each three digits.
pub(crate) fn grouped(number: impl ToString) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index != 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// From how many bytes on a file is told by itself.
const HEAVY: usize = 5_000;

/// The name of a file without the hash in it, which changes with each build.
pub(crate) fn without_hash(name: &str) -> String {
    const N_DIGITS: usize = 16;
    let is_hash = |it: &&str| it.len() == N_DIGITS && it.chars().all(|it| it.is_ascii_hexdigit());
    let mut dashes = name.match_indices('-').map(|(index, _)| index);
    let hash = dashes.find(|it| {
        name.get(it + 1..it + 1 + N_DIGITS)
            .is_some_and(|it| is_hash(&it))
    });
    match hash {
        Some(dash) => format!("{}{}", &name[..dash], &name[dash + 1 + N_DIGITS..]),
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, gzip_bytes: usize) -> File {
        File {
            name: name.to_owned(),
            bytes: 2 * gzip_bytes,
            gzip_bytes,
        }
    }

    /// A page that a build could have made, the heaviest file first.
    fn files() -> Vec<File> {
        vec![
            file("mayfly-engine-0123456789abcdef_bg.wasm", 350_000),
            file("mayfly-later-0123456789abcdef.wasm", 200_000),
            file("mayfly-page-0123456789abcdef_bg.wasm", 170_000),
            file("mayfly-rest-0123456789abcdef.wasm", 150_000),
            file("mayfly-control-0123456789abcdef.wasm", 70_000),
            file("mayfly-shared-0123456789abcdef.wasm", 30_000),
            file("uPlot.iife.min.js", 22_000),
            file("mayfly-page-0123456789abcdef.js", 12_000),
            file("mayfly-engine-0123456789abcdef.js", 7_000),
            file("mayfly-link-0123456789abcdef.js", 800),
            file("base-0123456789abcdef.css", 700),
            file("python-0123456789abcdef/pyodide.asm.wasm", 3_500_000),
            file("worker.js", 300),
            file("manifest.webmanifest", 200),
            file("sw-engine.js", 100),
        ]
    }

    #[test]
    fn each_weight_has_what_is_loaded_until_then() {
        let weights = WEIGHTS.each_ref().map(|it| it.of(&files()));
        assert_eq!(weights, [183_500, 640_800, 1_013_100, 3_500_000]);
    }

    #[test]
    fn a_file_of_a_new_kind_counts_for_the_form() {
        assert_eq!(file("fonts.woff2", 1).when(), When::Form);
    }

    #[test]
    fn more_than_a_limit_fails() {
        assert!(check(&files()).is_ok());
        let mut files = files();
        files.push(file("fonts.woff2", 30_000));
        let message = check(&files).unwrap_err().to_string();
        assert!(
            message.starts_with(
                "expected at most 194500 bytes before the form is drawn, found 213500"
            ),
            "{message}"
        );
    }

    #[test]
    fn the_docs_get_weights_and_heavy_files() {
        let expected = "\
| loaded | bytes | limit | aim |
|---|---|---|---|
| before the form is drawn | **183,500** | 194,500 | 200,000 |
| until a click on Start can start a run | **640,800** | 730,500 | 550,000 |
| in all, without a locustfile | **1,013,100** | 1,280,000 | 900,000 |
| for a plan that is a locustfile, once | **3,500,000** | 4,780,000 | 4,700,000 |

| file | bytes | loaded |
|---|---|---|
| `mayfly-engine_bg.wasm` | 350,000 | for Start |
| `mayfly-later.wasm` | 200,000 | later |
| `mayfly-page_bg.wasm` | 170,000 | for the form |
| `mayfly-rest.wasm` | 150,000 | later |
| `mayfly-control.wasm` | 70,000 | for Start |
| `mayfly-shared.wasm` | 30,000 | for Start |
| `uPlot.iife.min.js` | 22,000 | later |
| `mayfly-page.js` | 12,000 | for the form |
| `mayfly-engine.js` | 7,000 | for Start |
| `python/pyodide.asm.wasm` | 3,500,000 | for a locustfile |
";
        assert_eq!(tables(&files()), expected);
    }

    #[test]
    fn a_person_gets_every_file_before_the_weight_that_it_is_in() {
        let listing = listing(&files());
        let place = |text: &str| listing.find(text).unwrap();
        assert!(place("base-0123456789abcdef.css") < place("183500  before the form"));
        assert!(place("183500  before the form") < place("worker.js"));
        let until_start = format!("(limit {}, aim {})", WEIGHTS[1].limit, WEIGHTS[1].aim);
        assert!(place(&until_start) < place("uPlot"));
    }

    #[test]
    fn files_are_weighed_and_sorted() {
        let folder = std::env::temp_dir().join(format!("mayfly-weights-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.css"), "a").unwrap();
        fs::create_dir_all(folder.join("b")).unwrap();
        fs::write(folder.join("b/b.js"), "abcdefghij".repeat(100)).unwrap();
        let files = weigh(&folder).unwrap();
        fs::remove_dir_all(&folder).unwrap();
        let names: Vec<&str> = files.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["b/b.js", "a.css"]);
        assert_eq!(files[0].bytes, 1_000);
        assert!(files[0].gzip_bytes < 100);
    }

    #[test]
    fn numbers_are_grouped_by_three_digits() {
        let numbers = [0, 999, 1_000, 1_090_000].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "1,090,000"]);
    }

    #[test]
    fn names_have_no_hash() {
        let names = ["sw-engine.js", "base-0123456789abcdef.css", "a"].map(without_hash);
        assert_eq!(names, ["sw-engine.js", "base.css", "a"]);
    }
}
