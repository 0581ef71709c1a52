//! The locustfile of a plan that is being written, and the files beside it.

use mayfly_core::plan::is_python;
use serde_json::{Map, Value, json};

use super::keys::Path;

/// The key of a plan that has its locustfile.
pub(crate) const KEY: &str = "locustfile";

/// Where a plan has its locustfile.
pub(crate) fn path() -> Path {
    Path::of(KEY)
}

fn part<'a>(keys: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    keys.get(KEY)?.get(name)
}

/// The text of the locustfile; `None` if the plan has none.
pub(crate) fn text(keys: &Map<String, Value>) -> Option<&str> {
    part(keys, "text")?.as_str()
}

/// What the locustfile is called.
pub(crate) fn name(keys: &Map<String, Value>) -> &str {
    part(keys, "name").and_then(Value::as_str).unwrap_or(NAME)
}

/// What a locustfile is called that was pasted.
pub(crate) const NAME: &str = "locustfile.py";

/// A plan with a locustfile. What is loaded, and with whom, is left as it is in `before`, but for the host: it
/// is that of another plan.
pub(crate) fn plan(before: &Map<String, Value>, name: &str, text: &str) -> Map<String, Value> {
    let load = before.get("load").filter(|it| it.get("users").is_some());
    let load = load.cloned();
    let load = load.unwrap_or_else(|| json!({ "users": 1, "spawn_rate": 1 }));
    Map::from_iter([
        ("version".to_owned(), 1.into()),
        ("load".to_owned(), load),
        (KEY.to_owned(), json!({ "name": name, "text": text })),
    ])
}

/// Puts another text in place of that of the locustfile.
pub(crate) fn set_text(keys: &mut Map<String, Value>, text: String) {
    if let Some(place) = path().key("text").get_or_insert(keys) {
        *place = text.into();
    }
}

/// The names of the files beside the locustfile.
pub(crate) fn files(keys: &Map<String, Value>) -> Vec<&str> {
    let files = part(keys, "files").and_then(Value::as_array);
    let names = files.into_iter().flatten().map(|it| it.get("name"));
    names
        .map(|it| it.and_then(Value::as_str).unwrap_or_default())
        .collect()
}

/// Puts a file beside the locustfile, in place of one that is called the same. False if the plan has no
/// locustfile.
pub(crate) fn add_file(keys: &mut Map<String, Value>, name: &str, base64: &str) -> bool {
    let file = json!({ "name": name, "base64": base64 });
    let nth = files(keys).iter().position(|it| *it == name);
    let Some(Value::Object(script)) = keys.get_mut(KEY) else {
        return false;
    };
    let files = script.entry("files").or_insert_with(|| json!([]));
    let Value::Array(files) = files else {
        return false;
    };
    match nth.and_then(|nth| files.get_mut(nth)) {
        Some(place) => *place = file,
        None => files.push(file),
    }
    true
}

/// What becomes of a file that is opened.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Role {
    /// It goes beside the locustfile.
    Beside,
    /// It is the locustfile.
    Main,
    /// It is a plan by itself.
    Plan,
}

/// What becomes of files that are opened together, each a name and, of Python, a text, while a locustfile with
/// this name and text is in the form.
pub(crate) fn roles(files: &[(String, String)], open: Option<(&str, &str)>) -> Vec<Role> {
    let is_beside = |name: &str| open.is_some_and(|(own, text)| belongs(text, own, name));
    let mut roles = vec![Role::Beside; files.len()];
    let others = files.iter().enumerate().filter(|(_, it)| !is_beside(&it.0));
    let others: Vec<usize> = others.map(|it| it.0).collect();
    let candidates: Vec<_> = others.iter().map(|&nth| files[nth].clone()).collect();
    if let Some(main) = main_of(&candidates) {
        roles[others[main]] = Role::Main;
    } else {
        let plan = others.iter().find(|nth| is_plan(&files[**nth].0));
        if let Some(&plan) = plan.or_else(|| others.first()) {
            roles[plan] = Role::Plan;
        }
    }
    roles
}

/// Whether a file is called as plans are.
fn is_plan(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    lower.ends_with(".toml") || lower.ends_with(".json")
}

/// Whether a file that is opened belongs beside the locustfile with this text, and does not take its place.
fn belongs(text: &str, own_name: &str, name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let (stem, ending) = lower.rsplit_once('.').unwrap_or((&lower, ""));
    match ending {
        "py" => name != own_name && text.lines().any(|it| imports(it, stem)),
        // Data, or another plan.
        "json" | "toml" => text.contains(name),
        _ => true,
    }
}

/// Whether a line imports a module: `import a, b`, `from a import b`, `from .a import b`.
fn imports(line: &str, module: &str) -> bool {
    let line = line.trim_start();
    if !line.starts_with("import ") && !line.starts_with("from ") {
        return false;
    }
    let mut words = line.split(|it: char| !it.is_alphanumeric() && it != '_');
    words.any(|it| it.eq_ignore_ascii_case(module))
}

/// Which of the files that are opened together is the locustfile: one that imports Locust, and that no other
/// one imports. Each is a name and a text.
fn main_of(files: &[(String, String)]) -> Option<usize> {
    let python = |it: &&(String, String)| is_python(&it.0, &it.1);
    let is_imported = |name: &str| {
        let stem = name.trim_end_matches(".py");
        let mut others = files.iter().filter(python).filter(|it| it.0 != name);
        others.any(|it| it.1.lines().any(|line| imports(line, stem)))
    };
    let imports_locust = |it: &(String, String)| it.1.lines().any(|line| imports(line, "locust"));
    let candidates = files.iter().enumerate().filter(|it| python(&it.1));
    candidates
        .max_by_key(|(nth, it)| {
            let first = std::cmp::Reverse(*nth);
            (!is_imported(&it.0), imports_locust(it), first)
        })
        .map(|it| it.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locustfile_keeps_the_load_and_not_the_host_of_what_was_there() {
        let before = json!({ "host": "http://a.test", "load": { "users": 7, "spawn_rate": 2 } });
        let before = before.as_object().unwrap();
        let keys = plan(before, "a.py", "x");
        assert_eq!(keys["load"]["users"], 7);
        assert_eq!(keys.get("host"), None);
        assert_eq!((name(&keys), text(&keys)), ("a.py", Some("x")));
        let keys = plan(&Map::new(), "a.py", "x");
        assert_eq!(keys["load"], json!({ "users": 1, "spawn_rate": 1 }));
    }

    #[test]
    fn a_file_takes_the_place_of_one_of_its_name() {
        let mut keys = plan(&Map::new(), "a.py", "x");
        for (name, base64) in [("b.csv", "1"), ("c.whl", "2"), ("b.csv", "3")] {
            assert!(add_file(&mut keys, name, base64));
        }
        assert_eq!(files(&keys), ["b.csv", "c.whl"]);
        assert_eq!(keys["locustfile"]["files"][0]["base64"], "3");
        assert!(!add_file(&mut Map::new(), "b.csv", "1"));
    }

    #[test]
    fn what_a_locustfile_imports_or_names_belongs_beside_it() {
        let text = "import json, utils\nfrom .common import a\nopen('users.json')\n";
        let belongs = |name: &str| belongs(text, "locust.py", name);
        for name in [
            "utils.py",
            "common.py",
            "users.json",
            "rows.csv",
            "faker.whl",
        ] {
            assert!(belongs(name), "{name}");
        }
        for name in ["locust.py", "other.py", "plan.toml", "plan.json"] {
            assert!(!belongs(name), "{name}");
        }
    }

    #[test]
    fn of_files_that_come_together_the_one_with_the_users_is_the_locustfile() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let utils = file("utils.py", "from locust import task\n");
        let main = file("test.py", "from locust import HttpUser\nimport utils\n");
        let data = file("a.csv", "a\n1\n");
        assert_eq!(main_of(&[data.clone(), utils.clone(), main]), Some(2));
        assert_eq!(main_of(&[utils]), Some(0));
        assert_eq!(main_of(&[data]), None);
    }

    #[test]
    fn files_go_beside_the_locustfile_that_comes_with_them_or_is_open() {
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let main = file("test.py", "from locust import HttpUser\n");
        let (data, plan) = (file("a.csv", ""), file("plan.toml", ""));
        let both = [data.clone(), main.clone()];
        assert_eq!(roles(&both, None), [Role::Beside, Role::Main]);
        let open = Some(("locust.py", "import test"));
        assert_eq!(roles(&both, open), [Role::Beside, Role::Beside]);
        assert_eq!(roles(std::slice::from_ref(&plan), open), [Role::Plan]);
        let mixed = [data.clone(), plan.clone()];
        assert_eq!(roles(&mixed, None), [Role::Beside, Role::Plan]);
        assert_eq!(roles(&[plan], None), [Role::Plan]);
        assert_eq!(roles(&[data], None), [Role::Plan]);
        let open = Some(("locust.py", ""));
        assert_eq!(roles(&[main], open), [Role::Main]);
    }
}
