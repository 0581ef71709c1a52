//! The files that a run writes: CSV, JSON, HTML and logs of histograms. They are written while it goes
//! on, so that a run that is killed leaves what it had measured, and once more at its end.

mod hdr_log;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use mayfly_core::plan::Plan;
use mayfly_core::report::html::{self, Look};
use mayfly_core::report::{Report, csv};

use crate::whole_file;

/// Which files are written.
#[derive(Clone, Debug, Default)]
pub struct Files {
    /// How the names of four CSV files begin.
    pub csv: Option<PathBuf>,
    /// Whether the CSV file over time has all rows.
    pub full_history: bool,
    /// A page. `{u}`, `{r}` and `{t}` in its name are users, spawn rate and run time.
    pub html: Option<PathBuf>,
    /// Whether the page has what looks like a credential.
    pub html_credentials: bool,
    /// The report, which the page can import.
    pub json: Option<PathBuf>,
    /// How the names of logs begin that HdrHistogram's tools read, one for each row.
    pub hdr_log: Option<PathBuf>,
}

/// A file could not be written.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {}: {error}", path.display())]
pub struct FileError {
    /// Its name.
    pub path: PathBuf,
    /// Why.
    pub error: io::Error,
}

impl Files {
    /// Whether there are any.
    pub fn is_empty(&self) -> bool {
        let Self {
            csv,
            full_history: _,
            html,
            html_credentials: _,
            json,
            hdr_log,
        } = self;
        [csv, html, json, hdr_log].iter().all(|it| it.is_none())
    }

    /// Fills in what the names leave to `plan`, makes the folders that are missing, and looks whether
    /// the files can be written. What is there stays until a run has something to put in its place.
    ///
    /// # Errors
    ///
    /// Fails if one of them could not be written.
    pub fn prepare(mut self, plan: &Plan) -> Result<Self, FileError> {
        self.html = self.html.map(|it| filled_in(&it, plan));
        let files = [&self.html, &self.json].into_iter().flatten().cloned();
        let csv = self
            .csv
            .iter()
            .flat_map(|it| CSV_FILES.map(|end| with_end(it, end)));
        let hdr = self.hdr_log.iter().map(|it| with_end(it, ".hlog"));
        for path in files.chain(csv).chain(hdr) {
            check_writable(&path).map_err(|error| FileError { path, error })?;
        }
        Ok(self)
    }

    /// Writes what is known of a run that goes on: the CSV files.
    ///
    /// # Errors
    ///
    /// Fails if one of them cannot be written. The others are.
    pub fn write_so_far(&self, report: &Report) -> Result<(), FileError> {
        let Some(prefix) = &self.csv else {
            return Ok(());
        };
        let started = SystemTime::UNIX_EPOCH + report.started;
        let board = &report.board;
        let history = match self.full_history {
            true => csv::history(board, started),
            false => csv::total_history(board, started),
        };
        let texts = [
            csv::requests(board, report.validity().map(|it| it.verdict)),
            history,
            csv::failures(board, started),
            csv::exceptions(board),
        ];
        let files = CSV_FILES.into_iter().zip(texts);
        all(files.map(|(end, text)| write(&with_end(prefix, end), text.as_bytes())))
    }

    /// Writes all files of a run that has ended.
    ///
    /// # Errors
    ///
    /// Fails if one of them cannot be written. The others are.
    pub fn write(&self, report: &Report) -> Result<(), FileError> {
        let csv = self.write_so_far(report);
        let json = self
            .json
            .iter()
            .map(|it| write(it, report.to_json().as_bytes()));
        let html = self.html.iter().map(|it| {
            let page = match self.html_credentials {
                true => html::page(report, Look::default()),
                false => html::page(&report.without_credentials(), Look::default()),
            };
            write(it, page.as_bytes())
        });
        let logs = self.hdr_log.iter().flat_map(|prefix| {
            let logs = hdr_log::logs(report).into_iter();
            logs.map(|it| write(&with_end(prefix, &it.end), &it.text))
        });
        all([csv].into_iter().chain(json).chain(html).chain(logs))
    }
}

const CSV_FILES: [&str; 4] = [
    "_stats.csv",
    "_stats_history.csv",
    "_failures.csv",
    "_exceptions.csv",
];

/// The first error, after all has been tried.
fn all(results: impl Iterator<Item = Result<(), FileError>>) -> Result<(), FileError> {
    let results: Vec<_> = results.collect();
    results.into_iter().collect()
}

fn with_end(prefix: &Path, end: &str) -> PathBuf {
    let mut name = prefix.as_os_str().to_owned();
    name.push(end);
    name.into()
}

/// The name of the page, with Locust's placeholders filled in.
fn filled_in(path: &Path, plan: &Plan) -> PathBuf {
    let Some(text) = path.to_str() else {
        return path.to_owned();
    };
    let shape = &plan.load.shape;
    let rate = match shape {
        mayfly_core::plan::Shape::Users(users) => users.spawn_rate.get().to_string(),
        _ => String::new(),
    };
    let end = plan.load.end();
    let end = end
        .map(|it| format!("{}s", it.as_secs_f64()))
        .unwrap_or_default();
    text.replace("{u}", &shape.max_users().to_string())
        .replace("{r}", &rate)
        .replace("{t}", &end)
        .into()
}

/// Makes the folder of a file, and looks whether the file can be written.
fn check_writable(path: &Path) -> io::Result<()> {
    // To open a pipe and close it again would end its reader.
    if is_no_file(path) {
        return Ok(());
    }
    let path = &target_of(path);
    if let Some(folder) = path.parent().filter(|it| !it.as_os_str().is_empty()) {
        fs::create_dir_all(folder)?;
    }
    if path.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder",
        ));
    }
    let draft = draft_of(path);
    File::create(&draft)?;
    fs::remove_file(&draft)
}

/// Writes all or nothing: what was written before stays if this cannot be.
fn write(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let written = if is_no_file(path) {
        let opened = File::options().append(true).open(path);
        opened.and_then(|mut it| it.write_all(bytes))
    } else {
        let target = target_of(path);
        whole_file::replace(&target, &draft_of(&target), bytes)
    };
    written.map_err(|error| FileError {
        path: path.to_owned(),
        error,
    })
}

/// Whether there is something that is written to and not replaced: a pipe, a terminal, or a name of the
/// system for what is open already, such as `/dev/stdout`.
fn is_no_file(path: &Path) -> bool {
    let is_of_system = ["/dev", "/proc"].iter().any(|it| path.starts_with(it));
    is_of_system || fs::metadata(path).is_ok_and(|it| !it.is_file() && !it.is_dir())
}

/// The file that is replaced: a link stays one, and what it leads to is new.
fn target_of(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// Where a file is written before it takes the place of the one before.
fn draft_of(path: &Path) -> PathBuf {
    with_end(path, ".part")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of its own for a test, removed when dropped.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("mayfly-files-{name}-{}", std::process::id());
            let path = std::env::temp_dir().join(name);
            fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            // What is left is in a folder for that.
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn plan(load: &str) -> Plan {
        let text = format!(
            "version = 1\nload = {{ {load} }}\n[[user_class]]\nname = 'A'\ntask = [{{ get = '/' }}]\n"
        );
        Plan::from_toml(&text).unwrap()
    }

    #[test]
    fn names_are_filled_in_as_locust_does() {
        let path = Path::new("out/{u}u-{r}-{t}.html");
        let users = plan("users = 50, spawn_rate = 2, run_time = '1m'");
        assert_eq!(filled_in(path, &users), Path::new("out/50u-2-60s.html"));
        let endless = plan("users = 5, spawn_rate = 0.5");
        assert_eq!(filled_in(path, &endless), Path::new("out/5u-0.5-.html"));
    }

    #[test]
    fn folders_are_made_and_files_that_are_there_stay_until_there_are_new_ones() {
        let folder = Folder::new("made");
        let path = folder.0.join("a/b/c.json");
        let files = Files {
            json: Some(path.clone()),
            csv: Some(folder.0.join("x/y")),
            ..Files::default()
        };
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "before").unwrap();
        files.prepare(&plan("users = 1, spawn_rate = 1")).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert!(folder.0.join("x").is_dir());
        write(&path, b"after").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "after");
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn what_cannot_be_written_is_said_before_the_run() {
        let folder = Folder::new("refused");
        let in_the_way = folder.0.join("file");
        fs::write(&in_the_way, "").unwrap();
        for path in [folder.0.clone(), in_the_way.join("a.json")] {
            let files = Files {
                json: Some(path.clone()),
                ..Files::default()
            };
            let error = files
                .prepare(&plan("users = 1, spawn_rate = 1"))
                .unwrap_err();
            let expected = format!("cannot write {}: ", path.display());
            assert!(error.to_string().starts_with(&expected), "{error}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_written_to() {
        assert!(is_no_file(Path::new("/dev/null")));
        check_writable(Path::new("/dev/null")).unwrap();
        write(Path::new("/dev/null"), b"x").unwrap();
        assert!(is_no_file(Path::new("/dev/stdout")));
        let full = write(Path::new("/dev/full"), b"x");
        assert!(full.is_err() || !Path::new("/dev/full").exists());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_to_what_is_new() {
        let folder = Folder::new("link");
        let (link, file) = (folder.0.join("latest.json"), folder.0.join("1.json"));
        fs::write(&file, "before").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        check_writable(&link).unwrap();
        write(&link, b"after").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "after");
    }

    #[cfg(unix)]
    #[test]
    fn the_reader_of_a_pipe_gets_all_of_it() {
        let folder = Folder::new("pipe");
        let pipe = folder.0.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        let reader = {
            let pipe = pipe.clone();
            std::thread::spawn(move || fs::read_to_string(pipe).unwrap())
        };
        check_writable(&pipe).unwrap();
        write(&pipe, b"numbers").unwrap();
        assert_eq!(reader.join().unwrap(), "numbers");
    }
}
