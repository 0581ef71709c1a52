//! Options from a file: a key in TOML for each long option.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory, FromArgMatches};
use mayfly_core::plan::Draft;
use serde_json::Value;

use super::Cli;
use super::elsewhere::not_here;

/// Reads the arguments of the command, and the file that `--config` names.
///
/// # Errors
///
/// Fails if they make no sense, and if help is asked for.
pub(crate) fn read(args: &[OsString]) -> Result<Cli, clap::Error> {
    let texts = args.iter().map(|it| it.to_string_lossy().into_owned());
    if let Some(problem) = not_here(texts) {
        return Err(failed(&problem));
    }
    // What is missing in the arguments may be in the file.
    let lenient = Cli::command().ignore_errors(true);
    let matches = lenient.try_get_matches_from(args)?;
    let file = matches.try_get_one::<PathBuf>("config");
    let Some(path) = file.ok().flatten() else {
        return Cli::from_arg_matches(&Cli::command().try_get_matches_from(args)?);
    };
    let text = fs::read_to_string(path)
        .map_err(|error| failed(&format!("cannot read {}: {error}", path.display())))?;
    let more = options(path, &text, &matches).map_err(|problem| failed(&problem))?;
    Cli::from_arg_matches(&Cli::command().try_get_matches_from(with(args, more))?)
}

/// The arguments, with those of a file in front: the last one may be an option that takes many values.
fn with(args: &[OsString], more: Vec<OsString>) -> impl Iterator<Item = OsString> {
    let (program, args) = args.split_at(1.min(args.len()));
    program
        .iter()
        .cloned()
        .chain(more)
        .chain(args.iter().cloned())
}

fn failed(problem: &str) -> clap::Error {
    Cli::command().error(clap::error::ErrorKind::InvalidValue, problem)
}

/// The options of the file that neither an argument nor the environment gives, as arguments.
fn options(path: &Path, text: &str, matches: &ArgMatches) -> Result<Vec<OsString>, String> {
    let keys = Draft::from_toml(text).map_err(|errors| {
        format!(
            "{} is not in TOML, where texts are in quotes (host = \"http://localhost:5000\"):\n{errors}",
            path.display()
        )
    })?;
    let mut options = Vec::new();
    for (key, value) in &keys.keys {
        let name = key.replace('_', "-");
        if let Some(problem) = not_here([format!("--{name}")]) {
            return Err(format!("{}: {problem}", path.display()));
        }
        let command = Cli::command();
        let mut known = command.get_arguments();
        let arg = known.find(|it| is_called(it, &name)).ok_or_else(|| {
            format!(
                "{} has an option “{key}”, which is not one; see --help",
                path.display()
            )
        })?;
        if is_given(matches, arg) {
            continue;
        }
        let bad = |expected: &str| {
            format!(
                "{}, option {key}: expected {expected}, found {value}",
                path.display()
            )
        };
        options.extend(as_arguments(arg, &name, value).map_err(bad)?);
    }
    Ok(options)
}

/// By its long name, or by what its values are if it has none.
fn is_called(arg: &Arg, name: &str) -> bool {
    let mut names = arg.get_all_aliases().into_iter().flatten();
    let is_option = arg.get_long() == Some(name) || names.any(|it| it == name);
    is_option && name != "config" || arg.is_positional() && arg.get_id() == name
}

/// Whether an argument or the environment says it.
fn is_given(matches: &ArgMatches, arg: &Arg) -> bool {
    let source = matches.value_source(arg.get_id().as_str());
    matches!(
        source,
        Some(ValueSource::CommandLine | ValueSource::EnvVariable)
    )
}

fn as_arguments(arg: &Arg, name: &str, value: &Value) -> Result<Vec<OsString>, &'static str> {
    let takes_value = arg.get_action().takes_values();
    let values = match value {
        Value::Bool(is) if !takes_value => {
            return Ok(is.then(|| format!("--{name}").into()).into_iter().collect());
        }
        _ if !takes_value => return Err("true or false"),
        Value::Array(items) => items.iter().map(text).collect(),
        value => vec![text(value)],
    };
    let values: Option<Vec<String>> = values.into_iter().collect();
    let values = values.ok_or("a text or a number, or a list of them")?;
    let argument = |it: String| match arg.is_positional() {
        true => it.into(),
        false => format!("--{name}={it}").into(),
    };
    Ok(values.into_iter().map(argument).collect())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use mayfly_core::plan::UserCount;

    use super::*;

    fn cli(args: &str, file: &str) -> Result<Cli, String> {
        let args = ["mayfly"].into_iter().chain(args.split_whitespace());
        let args: Vec<OsString> = args.map(OsString::from).collect();
        let matches = Cli::command().try_get_matches_from(&args).unwrap();
        let more = options(Path::new("mayfly.toml"), file, &matches)?;
        let cli = Cli::try_parse_from(with(&args, more));
        cli.map_err(|error| error.to_string())
    }

    fn users(cli: &Cli) -> Option<u32> {
        cli.run.overrides(Vec::new()).users.map(UserCount::get)
    }

    #[test]
    fn a_file_gives_what_no_argument_does() {
        let file = "users = 50\nspawn-rate = 2.5\nheadless = true\ninsecure = false\n\
                    host = \"http://a.test\"\ntags = [\"a\", \"b\"]\nuser_classes = [\"A\", \"B\"]\n\
                    locustfile = \"plan.toml\"\nset = [\"request.timeout=5s\"]\n";
        let read = cli("-u 7", file).unwrap();
        assert_eq!(users(&read), Some(7));
        let run = read.run;
        assert!(run.headless && !run.connection.insecure);
        assert_eq!(run.plan.as_deref(), Some(Path::new("plan.toml")));
        assert_eq!(run.subjects, ["A", "B"]);
        assert_eq!(run.settings(), ["request.timeout=5s"]);
        let overrides = run.overrides(Vec::new());
        assert_eq!(overrides.spawn_rate.map(|it| it.get()), Some(2.5));
        assert_eq!(overrides.host.unwrap().to_string(), "http://a.test");
        assert_eq!(overrides.tags.unwrap(), ["a", "b"]);
    }

    #[test]
    fn an_argument_may_need_what_is_in_the_file() {
        let path = std::env::temp_dir().join(format!("mayfly-config-{}", std::process::id()));
        fs::write(&path, "csv = \"out\"\n").unwrap();
        let path_text = path.to_str().unwrap();
        let args = [
            "mayfly",
            "--config",
            path_text,
            "--csv-full-history",
            "-u",
            "5",
        ];
        let read = read(&args.map(OsString::from));
        fs::remove_file(&path).unwrap();
        let run = read.unwrap_or_else(|error| panic!("{error}")).run;
        assert_eq!(run.files.csv.as_deref(), Some(Path::new("out")));
        assert!(run.files.csv_full_history);
        let help = super::read(&["mayfly", "--help"].map(OsString::from));
        let help = help.err().map(|it| it.kind());
        assert_eq!(help, Some(clap::error::ErrorKind::DisplayHelp));
    }

    #[test]
    fn what_a_file_names_is_no_value_of_the_last_argument() {
        let run = cli("-T checkout", "user-classes = [\"Buyer\"]")
            .unwrap()
            .run;
        assert_eq!(run.subjects, ["Buyer"]);
        assert_eq!(run.overrides(Vec::new()).tags.unwrap(), ["checkout"]);
    }

    #[track_caller]
    fn check_error(file: &str, expected: &str) {
        let error = cli("", file).err().unwrap_or_default();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn what_is_wrong_with_a_file_is_said_with_its_option() {
        check_error("user = 5", "an option “user”");
        check_error("config = \"a\"", "an option “config”");
        check_error(
            "headless = \"yes\"",
            "option headless: expected true or false, found \"yes\"",
        );
        check_error(
            "host = { a = 1 }",
            "option host: expected a text or a number",
        );
        check_error("users = 0", "invalid value '0' for '--users");
        check_error("host = http://a.test", "where texts are in quotes");
        check_error("master = true", "--master is an option of Locust");
    }
}
