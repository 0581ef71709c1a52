//! A plan whose tasks are a file in Python.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::file::is_json;
use super::{BaseUrl, Draft, Plan};

/// A file in Python that says what users do. What is in it, only Python knows: the user classes of its
/// plan are there once it was loaded.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Locustfile {
    /// The name of the file, as `locust.py`.
    pub name: String,
    /// What is in it; `None` if a host still has to read it.
    pub text: Option<Arc<str>>,
    /// Other files that it may import or read, which are in no folder.
    pub files: Vec<FileBeside>,
    /// Only users of these classes run. Empty for all.
    pub classes: Vec<String>,
    /// Hosts that it loads besides that of the plan and those of its classes. In a page its requests go
    /// to no others, unless they are of this machine or network.
    pub hosts: Vec<BaseUrl>,
    /// Values of the options that the file adds to the command.
    pub options: BTreeMap<String, String>,
}

/// A file beside a locustfile.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FileBeside {
    /// Its name, below the folder of the locustfile.
    pub name: String,
    /// What is in it.
    pub bytes: Arc<[u8]>,
}

/// Whether a file is a locustfile rather than a plan, by its name or by what is in it.
pub fn is_python(name: &str, text: &str) -> bool {
    let is_named = name.len() > 3 && name.ends_with(".py");
    is_named || !is_json(text) && imports_locust(text)
}

/// Whether a line imports from Locust, as no line of a plan does.
fn imports_locust(text: &str) -> bool {
    text.lines().any(|line| {
        let mut words = line.split(|it: char| it.is_whitespace() || ",.".contains(it));
        matches!(words.next(), Some("from" | "import")) && words.next() == Some("locust")
    })
}

impl Plan {
    /// The keys of a plan that can be beside its locustfile.
    pub const KEYS_BESIDE_LOCUSTFILE: [&str; 10] = [
        "exclude_tags",
        "host",
        "load",
        "locustfile",
        "request",
        "simulated",
        "tags",
        "thresholds",
        "tls",
        "version",
    ];
}

impl Draft {
    /// The plan of a locustfile as Locust runs it if nothing else is said: one user.
    pub fn of_python(name: &str, text: &str) -> Self {
        let plan = json!({
            "version": 1,
            "load": { "users": 1, "spawn_rate": 1 },
            "locustfile": { "name": name, "text": text },
        });
        match plan {
            Value::Object(keys) => Self { keys },
            _ => Self::default(),
        }
    }

    /// Puts the text of the locustfile that the plan names into the plan, so that whoever has the plan
    /// has the file. `read` gives the text of a file.
    ///
    /// # Errors
    ///
    /// Fails if the file cannot be read: its name, and why.
    pub fn inline_locustfile(
        &mut self,
        read: impl FnOnce(&str) -> Result<String, String>,
    ) -> Result<(), String> {
        let Some(locustfile) = self.keys.get_mut("locustfile") else {
            return Ok(());
        };
        let is_there = |table: &Value| table.get("text").is_some();
        let name = match &*locustfile {
            Value::String(name) => name.clone(),
            table if is_there(table) => return Ok(()),
            table => match table.get("name").and_then(Value::as_str) {
                Some(name) => name.to_owned(),
                // What is wrong is said when it is read as a plan.
                None => return Ok(()),
            },
        };
        let text = read(&name).map_err(|problem| format!("cannot read {name}: {problem}"))?;
        match locustfile {
            Value::Object(table) => {
                table.insert("text".to_owned(), text.into());
            }
            other => *other = json!({ "name": name, "text": text }),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locustfile_is_known_by_its_name_or_its_imports() {
        for (name, text, expected) in [
            ("a.py", "", true),
            ("plan", "from locust import HttpUser", true),
            (
                "plan",
                "\"\"\"Docs.\"\"\"\nimport os\nimport locust\n",
                true,
            ),
            (
                "plan",
                "from locust.contrib.fasthttp import FastHttpUser",
                true,
            ),
            ("plan", "import locustfile_helpers", false),
            (
                "plan.toml",
                "version = 1\n# from locust import HttpUser",
                false,
            ),
            ("plan", "{ \"a\": \"\nimport locust\n\" }", false),
            (".py", "version = 1", false),
        ] {
            assert_eq!(is_python(name, text), expected, "{name}: {text}");
        }
    }

    #[test]
    fn the_plan_of_a_locustfile_has_its_text() {
        let draft = Draft::of_python("a.py", "import locust\n");
        let plan = Plan::from_json(&draft.to_json()).unwrap();
        let locustfile = plan.locustfile.as_ref().unwrap();
        assert_eq!(locustfile.text.as_deref(), Some("import locust\n"));
        assert_eq!(Plan::from_toml(&plan.to_toml()), Ok(plan.clone()));
        assert_eq!(Plan::from_json(&plan.to_json()), Ok(plan));
    }

    #[test]
    fn a_plan_that_names_a_locustfile_gets_its_text() {
        let toml = "version = 1\nlocustfile = 'a.py'\nload = { users = 2, spawn_rate = 1 }\n";
        let plan = Plan::from_toml(toml).unwrap();
        assert_eq!(plan.locustfile.unwrap().text, None);
        let mut draft = Draft::from_toml(toml).unwrap();
        let read = |name: &str| Ok(format!("# {name}"));
        draft.inline_locustfile(read).unwrap();
        let plan = Plan::from_json(&draft.to_json()).unwrap();
        assert_eq!(plan.locustfile.unwrap().text.as_deref(), Some("# a.py"));

        let mut draft = Draft::from_toml(toml).unwrap();
        let problem = draft.inline_locustfile(|_| Err("no such file".to_owned()));
        assert_eq!(problem.unwrap_err(), "cannot read a.py: no such file");
    }

    #[test]
    fn the_keys_beside_a_locustfile_are_those_of_a_plan_but_its_tasks() {
        let errors = Plan::from_toml("version = 1\ncolour = 1\n").unwrap_err();
        let errors = errors.to_string();
        // As “a”, “b” or “c”.
        let (_, expected) = errors.split_once("expected “").unwrap_or_default();
        let keys = expected
            .split(['“', '”'])
            .filter(|it| it.starts_with(char::is_alphabetic));
        let mut keys: Vec<_> = keys
            .filter(|it| !["data", "user_class"].contains(it))
            .collect();
        keys.sort_unstable();
        assert_eq!(keys, Plan::KEYS_BESIDE_LOCUSTFILE, "{errors}");
    }

    #[test]
    fn what_python_says_is_not_said_beside_it() {
        for (line, expected) in [
            (
                "user_class = [ { name = 'A', task = [ { get = '/' } ] } ]",
                "expected “locustfile” or “user_class”, found both",
            ),
            (
                "data = { a = { csv = 'a.csv' } }",
                "expected “data” only beside user_class; a locustfile reads files by itself",
            ),
            (
                "request = { headers = { accept = 'a' } }",
                "expected “headers” only beside user_class; users of a locustfile set it by themselves",
            ),
            (
                "request = { follow_redirects = false }",
                "expected “follow_redirects” only beside user_class; a request of a locustfile says it",
            ),
        ] {
            let toml = format!(
                "version = 1\nlocustfile = 'a.py'\nload = {{ users = 2, spawn_rate = 1 }}\n{line}"
            );
            let errors = Plan::from_toml(&toml).unwrap_err().to_string();
            assert!(errors.contains(expected), "{errors}");
        }
        let request =
            "request = { timeout = '5s', cookies = false, http_version = '1.1', headers = {} }";
        let toml = format!(
            "version = 1\nlocustfile = 'a.py'\nload = {{ users = 2, spawn_rate = 1 }}\n{request}"
        );
        assert!(Plan::from_toml(&toml).is_ok());
        let arrivals = "version = 1\nlocustfile = 'a.py'\nload = { arrivals = [ { duration = 1, rate = 1 } ] }";
        let errors = Plan::from_toml(arrivals).unwrap_err().to_string();
        assert!(errors.contains("users or stages"), "{errors}");
    }
}
