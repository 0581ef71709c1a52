//! Plans of locustfiles, by the Python of this machine.

use std::collections::BTreeMap;
use std::path::Path;

use crate::target::Recorder;
use crate::{Ended, PlanFile, mayfly};

const SHOP: &str = r#""""A shop."""
import random
import time

from locust import HttpUser, constant, task


class Buyer(HttpUser):
    wait_time = constant(0.001)

    def on_start(self):
        self.client.post("/login", json={"user": "ann", "ids": [1, None, True]})

    @task(3)
    def look(self):
        self.client.get("/items", params={"page": 2, "q": "a b"}, headers={"X-A": "b"})
        self.client.get(f"/item/{random.randint(100, 999)}", name="/item/[id]")

    @task
    def buy(self):
        self.client.post("/cart", {"id": [7, 8], "note": "x & y"}, name="cart")
        time.sleep(0.001)
        self.client.put("/raw", data="text", allow_redirects=False)


if __name__ == "__main__":
    print("not here")
"#;

/// What came, without the numbers that are drawn, and how often.
fn requests(recorder: &Recorder) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for request in recorder.requests() {
        // Forms may have a space either way.
        let request = request.replace("%20", "+");
        let request = match request.split_once("/item/") {
            Some((method, rest)) => format!("{method}/item/#{}", &rest[3..]),
            None => request,
        };
        *counts.entry(request).or_default() += 1;
    }
    counts
}

/// Runs a file with one user until 400 requests are answered.
fn run(path: &str) -> (Ended, BTreeMap<String, usize>) {
    let target = Recorder::start();
    let args = [
        "-f",
        path,
        "--headless",
        "--only-summary",
        "-i",
        "400",
        "--seed",
        "1",
    ];
    let ended = mayfly(&[&args[..], &["-H", &target.url]].concat());
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let requests = requests(&target);
    (ended, requests)
}

#[test]
fn the_plan_of_a_file_sends_what_the_file_does() {
    let file = PlanFile::new(SHOP, "py");
    let plan = PlanFile::missing("toml");
    let made = mayfly(&["import", file.path(), "-o", plan.path()]);
    assert_eq!((made.code, &*made.stderr), (0, ""));
    let ((by_file, from_file), (by_plan, from_plan)) = (run(file.path()), run(plan.path()));
    assert_eq!(
        from_file.keys().collect::<Vec<_>>(),
        from_plan.keys().collect::<Vec<_>>()
    );
    assert_eq!(from_file.len(), 5, "{from_file:#?}");
    for (name, share) in [("/item/[id]", 0.375), ("cart", 0.125), ("/raw", 0.125)] {
        for ended in [&by_file, &by_plan] {
            let found = ended.n_requests(name) as f64 / 400.0;
            assert!((found - share).abs() < 0.06, "{name}: {found}");
        }
    }
    for ended in [&by_file, &by_plan] {
        assert_eq!(ended.n_requests("/login"), 1);
    }
}

#[test]
fn a_plan_is_printed_and_says_what_it_is() {
    let file = PlanFile::new(SHOP, "py");
    let made = mayfly(&["import", file.path()]);
    assert_eq!((made.code, &*made.stderr), (0, ""));
    let first = made.stdout.lines().next().unwrap_or_default();
    assert!(first.starts_with("# A preview of what "), "{first}");
    assert!(first.contains("mayfly -f "), "{first}");
    let plan = mayfly_core::plan::Plan::from_toml(&made.stdout);
    assert_eq!(plan.unwrap().user_classes.as_slice()[0].name, "Buyer");
}

#[track_caller]
fn check_refused(text: &str, extension: &str, expected: &[&str]) {
    let file = PlanFile::new(text, extension);
    let plan = PlanFile::missing("toml");
    let made = mayfly(&["import", file.path(), "-o", plan.path()]);
    assert_eq!((made.code, &*made.stdout), (2, ""), "{}", made.stderr);
    for expected in expected {
        assert!(made.stderr.contains(expected), "{}", made.stderr);
    }
    assert!(!Path::new(plan.path()).exists());
}

#[test]
fn a_file_that_computes_is_refused_with_its_lines() {
    let head = "from locust import HttpUser, task\n";
    let class = "class A(HttpUser):\n    @task\n    def act(self):\n        ";
    check_refused(
        &format!(
            "{head}NAMES = open('no')\n{class}for n in range(3):\n            self.client.get('/')\n"
        ),
        "py",
        &[
            "does more than a plan can say",
            "line 2: this is computed when the file is loaded",
            "line 6: this is computed",
            "The file itself runs as it is: mayfly -f ",
        ],
    );
    // Python is content with it, and a plan is not.
    check_refused(
        &format!("{head}{class}self.client.get('/a b')\n"),
        "py",
        &[
            "does more than a plan can say",
            "user_class[0].task[0]",
            "mayfly -f ",
        ],
    );
}

#[test]
fn what_is_no_locustfile_is_no_plan_of_one() {
    check_refused(
        "version = 1\n",
        "toml",
        &["expected a locustfile, such as locustfile.py"],
    );
    let broken = "from locust import HttpUser\nclass A(HttpUser)\n    pass\n";
    check_refused(
        broken,
        "py",
        &["is no Python that can run", "line 2: SyntaxError"],
    );
    let ended = mayfly(&["import", "/nonexistent/locustfile.py"]);
    assert_eq!(ended.code, 2);
    let expected = "cannot read /nonexistent/locustfile.py";
    assert!(ended.stderr.contains(expected), "{}", ended.stderr);
}

#[test]
fn a_plan_that_is_there_stays_unless_it_is_forced_out() {
    let (file, plan) = (PlanFile::new(SHOP, "py"), PlanFile::new("# mine\n", "toml"));
    let read = || std::fs::read_to_string(plan.path()).unwrap();
    let args = ["import", file.path(), "-o", plan.path()];
    let refused = mayfly(&args);
    assert_eq!(refused.code, 2);
    assert!(refused.stderr.contains("--force"), "{}", refused.stderr);
    assert_eq!(read(), "# mine\n");
    let forced = mayfly(&[&args[..], &["--force"]].concat());
    assert_eq!(forced.code, 0, "{}", forced.stderr);
    assert!(read().contains("Buyer"));

    let itself = mayfly(&["import", file.path(), "-o", file.path(), "--force"]);
    assert_eq!(itself.code, 2);
    assert!(itself.stderr.contains("itself"), "{}", itself.stderr);
    assert_eq!(std::fs::read_to_string(file.path()).unwrap(), SHOP);
}

#[test]
fn who_has_no_python_is_told_what_to_do_about_a_plan_too() {
    let file = PlanFile::new(SHOP, "py");
    let ended = mayfly(&["import", file.path(), "--python", "/nonexistent/python3"]);
    assert_eq!(ended.code, 2);
    for expected in ["Python 3.9 or newer", "/nonexistent/python3"] {
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}
