//! Locustfiles, by the Python of this machine.

use std::cell::RefCell;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use mayfly_core::http::transport::Transport;
use mayfly_core::plan::{Draft, Plan};
use mayfly_core::run_state::ShardId;
use mayfly_core::running::script::heads::{Hello, Log};
use mayfly_core::running::script::{Interpreter, InterpreterGone, load};
use mayfly_core::simulate::SimulatedApi;
use mayfly_core::testing::{ManualClock, in_virtual_time, run_script_to_end, scripted_shard};
use mayfly_engine::protocol::encode;

use crate::target::{Target, demo_api};
use crate::{Ended, PlanFile, mayfly};

/// A file with one class, whose only task has these lines.
fn file(lines: &str) -> PlanFile {
    let lines: String = lines.lines().map(|it| format!("        {it}\n")).collect();
    let text = format!(
        "import os, time\nfrom locust import HttpUser, task, constant\n\n\
         class User(HttpUser):\n    wait_time = constant(0.1)\n\n    @task\n    def work(self):\n{lines}"
    );
    PlanFile::new(&text, "py")
}

/// Runs a file headless, with two users.
fn run(file: &PlanFile, host: &str, more: &[&str]) -> Ended {
    let args = [
        "-f",
        file.path(),
        "--headless",
        "--only-summary",
        "-u",
        "2",
        "-r",
        "10",
        "-t",
        "3s",
    ];
    mayfly(&[&args[..], &["-H", host], more].concat())
}

#[test]
fn the_file_of_the_article_loads_the_target() {
    let text = "from locust import HttpUser, between, task\n\n\n\
                class Visitor(HttpUser):\n    wait_time = between(0.05, 0.2)\n\n    \
                @task\n    def index(self):\n        self.client.get('/')\n\n    \
                @task\n    def square(self):\n        self.client.get('/square')\n\n    \
                @task\n    def cube(self):\n        self.client.get('/cube')\n";
    let target = Target::quick();
    let file = PlanFile::new(text, "py");
    let ended = mayfly(&[
        "-f",
        file.path(),
        "--headless",
        "--only-summary",
        "-u",
        "10",
        "-r",
        "10",
        "-t",
        "3s",
        "-H",
        &target.url,
    ]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let n_counted = ended.n_requests("Aggregated");
    assert!(50 < n_counted, "{}", ended.stdout);
    // A few may have been given up at the end, when the target had them.
    assert!(n_counted <= target.n_requests());
    assert!(target.n_requests() <= n_counted + 10, "{}", ended.stdout);
    assert_eq!(
        target.arrivals().keys().collect::<Vec<_>>(),
        ["/", "/cube", "/square"]
    );
}

#[test]
fn a_file_that_ends_python_ends_the_run_with_its_numbers() {
    let (host, _) = demo_api();
    let ended = run(
        &file("self.client.get('/')\nself.client.get('/cube')\nos._exit(3)"),
        &host,
        &[],
    );
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("Python ended with exit code 3"),
        "{}",
        ended.stdout
    );
    assert!(1 <= ended.n_requests("/cube"));
}

#[test]
fn a_loop_without_an_end_is_an_exception_with_its_line() {
    let (host, _) = demo_api();
    let ended = run(&file("self.client.get('/')\nwhile True: pass"), &host, &[]);
    assert_eq!(ended.code, 1);
    assert!(ended.stdout.contains("TimeLimit"), "{}", ended.stdout);
    assert!(ended.stdout.contains("(line 10)"), "{}", ended.stdout);
    assert!(1 <= ended.n_requests("/"));
}

#[test]
fn a_call_that_cannot_be_interrupted_is_ended_with_its_line() {
    let (host, _) = demo_api();
    let file = file("self.client.get('/')\nsum(range(10 ** 12))");
    let args = [
        "-f",
        file.path(),
        "--headless",
        "--only-summary",
        "-t",
        "60s",
    ];
    let ended = mayfly(&[&args[..], &["-H", &host]].concat());
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("more than 5 s in"),
        "{}",
        ended.stdout
    );
    assert!(ended.stdout.contains("line 10 in work"), "{}", ended.stdout);
}

#[test]
fn mistakes_in_a_file_have_their_lines_and_nothing_runs() {
    let target = Target::quick();
    for (text, expected) in [
        (
            "from locust import HttpUser\nclass U(HttpUser)\n    pass\n",
            "line 2: SyntaxError",
        ),
        (
            "import os\nimport no_such_module\nfrom locust import HttpUser\n",
            "line 2: ModuleNotFoundError: No module named 'no_such_module'",
        ),
    ] {
        let ended = run(&PlanFile::new(text, "py"), &target.url, &[]);
        assert_eq!(ended.code, 2);
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
        assert!(ended.stderr.contains("cannot run"), "{}", ended.stderr);
    }
    assert_eq!(target.n_requests(), 0);
}

#[test]
fn an_exception_in_a_task_is_counted_and_its_user_goes_on() {
    let (host, _) = demo_api();
    let ended = run(
        &file("self.client.get('/')\nraise KeyError('id')"),
        &host,
        &[],
    );
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("KeyError: 'id' (line 10)"),
        "{}",
        ended.stdout
    );
    assert!(2 < ended.n_requests("/"), "{}", ended.stdout);
}

#[test]
fn what_a_file_prints_is_in_the_log_and_breaks_nothing() {
    let (host, _) = demo_api();
    let lines = "self.client.get('/')\nprint('one line')\nfor n in range(500): print('many', n)";
    let ended = run(&file(lines), &host, &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(ended.stderr.contains("INFO: one line"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("more lines were printed"),
        "{}",
        ended.stderr
    );
}

#[cfg(unix)]
#[test]
fn what_a_file_has_forked_ends_with_the_run() {
    let (host, _) = demo_api();
    let pids = PlanFile::new("", "pids");
    let lines = format!(
        "self.client.get('/')\npid = os.fork()\nif pid == 0:\n    time.sleep(1000)\n\
         open({:?}, 'a').write('%d\\n' % pid)\ntime.sleep(100)",
        pids.path()
    );
    let ended = run(&file(&lines), &host, &[]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let pids = std::fs::read_to_string(pids.path()).unwrap();
    assert!(!pids.is_empty());
    for pid in pids.lines() {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let is_gone = state.is_empty() || state.contains(") Z ");
        assert!(is_gone, "{state}");
    }
}

#[test]
fn who_has_no_python_is_told_what_to_do() {
    let ended = run(
        &file("pass"),
        "http://127.0.0.1:9",
        &["--python", "/nonexistent/python3"],
    );
    assert_eq!(ended.code, 2);
    assert!(
        ended.stderr.contains("Python 3.9 or newer"),
        "{}",
        ended.stderr
    );
    assert!(
        ended.stderr.contains("/nonexistent/python3"),
        "{}",
        ended.stderr
    );
}

const TWO_CLASSES: &str = "from locust import HttpUser, task, tag, constant, events, LoadTestShape\n\
    @events.init_command_line_parser.add_listener\n\
    def _(parser):\n    parser.add_argument('--path', default='/')\n\
    class A(HttpUser):\n    wait_time = constant(0.1)\n    @tag('x')\n    @task\n    def a(self):\n        \
    self.client.get(self.environment.parsed_options.path)\n\
    class B(HttpUser):\n    weight = 3\n    wait_time = constant(0.1)\n    @tag('y')\n    @task\n    \
    def b(self):\n        self.client.get('/square')\n";

#[test]
fn classes_tags_and_options_of_a_file_are_chosen_by_the_command() {
    let file = PlanFile::new(TWO_CLASSES, "py");
    let target = Target::quick();
    let ended = run(&file, &target.url, &["--set", "path=/chosen", "A"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(target.arrivals().keys().collect::<Vec<_>>(), ["/chosen"]);

    let listed = mayfly(&["-f", file.path(), "-l"]);
    assert_eq!(listed.stdout, "Available Users:\n    A\n    B\n");
    let ratios = mayfly(&["-f", file.path(), "--show-task-ratio"]);
    assert!(ratios.stdout.contains("75.0% B"), "{}", ratios.stdout);
    let unknown = run(&file, &target.url, &["C"]);
    assert!(
        unknown.stderr.contains("no user class “C”"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn a_shape_of_a_file_is_the_load() {
    let shape = "class S(LoadTestShape):\n    def tick(self):\n        \
                 return (4, 10) if self.get_run_time() < 2 else None\n";
    let file = PlanFile::new(&format!("{TWO_CLASSES}{shape}"), "py");
    let (host, _) = demo_api();
    let ended = mayfly(&[
        "-f",
        file.path(),
        "--headless",
        "--only-summary",
        "-H",
        &host,
    ]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(
        ended.stderr.contains("4 users until 2s"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_plan_can_name_a_locustfile() {
    let file = PlanFile::new(TWO_CLASSES, "py");
    let name = Path::new(file.path())
        .file_name()
        .unwrap()
        .to_str()
        .unwrap();
    let (host, _) = demo_api();
    let toml = format!(
        "version = 1\nhost = '{host}'\nlocustfile = '{name}'\nthresholds = ['p95 < 10s']\n\
         load = {{ users = 2, spawn_rate = 9, run_time = 2 }}\n"
    );
    let plan = PlanFile::new(&toml, "toml");
    let ended = mayfly(&["-f", plan.path(), "--headless", "--only-summary", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    // Who has the report has the file.
    assert!(
        ended.stdout.contains("init_command_line_parser"),
        "{}",
        ended.stdout
    );
}

#[test]
fn a_file_says_with_which_number_the_command_ends() {
    let quitting = "@events.quitting.add_listener\ndef _(environment, **_):\n    \
                    environment.process_exit_code = 42\n";
    let file = PlanFile::new(&format!("{TWO_CLASSES}{quitting}"), "py");
    let (host, _) = demo_api();
    assert_eq!(run(&file, &host, &[]).code, 42);
}

/// Python at the ends of two pipes, for which a test waits: no other time passes than that of its clock.
struct Blocking {
    child: RefCell<Child>,
    pipes: RefCell<(ChildStdin, ChildStdout)>,
}

impl Blocking {
    fn start() -> Self {
        let entry = Path::new(env!("CARGO_MANIFEST_DIR")).join("../python/mayfly_python/child.py");
        let mut child = Command::new("python3")
            .args(["-u", "-X", "utf8"])
            .arg(entry)
            .envs([("PYTHONHASHSEED", "0"), ("PYTHONSAFEPATH", "1")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let pipes = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self {
            child: RefCell::new(child),
            pipes: RefCell::new(pipes),
        }
    }
}

impl Interpreter for Blocking {
    async fn exchange(&self, frame: Vec<u8>) -> Result<Vec<u8>, InterpreterGone> {
        let (input, output) = &mut *self.pipes.borrow_mut();
        let length = u32::try_from(frame.len()).unwrap();
        input.write_all(&length.to_le_bytes()).unwrap();
        input.write_all(&frame).unwrap();
        let mut length = [0; 4];
        output.read_exact(&mut length).unwrap();
        let mut answer = vec![0; u32::from_le_bytes(length).try_into().unwrap()];
        output.read_exact(&mut answer).unwrap();
        Ok(answer)
    }

    fn say(&self, _: Log) {}
}

impl Drop for Blocking {
    fn drop(&mut self) {
        let child = self.child.get_mut();
        child.kill().unwrap();
        child.wait().unwrap();
    }
}

/// All that is measured in a run of a file on the simulated API, in no time.
fn simulated(seed: u64) -> Vec<u8> {
    let text = "import random\nfrom locust import HttpUser, between, task\n\
                class A(HttpUser):\n    wait_time = between(0.5, 2)\n    \
                def on_start(self):\n        self.client.post('/login', json={'email': 'a', 'password': 'b'})\n    \
                @task(3)\n    def item(self):\n        \
                self.client.get('/item/%d' % random.randint(1, 500), name='/item/[id]')\n    \
                @task\n    def flaky(self):\n        \
                with self.client.get('/flaky/30', catch_response=True) as r:\n            \
                if r.status_code == 500 and random.random() < 0.5: r.success()\n";
    let mut draft = Draft::of_python("a.py", text);
    for setting in [
        "load.users=20",
        "load.spawn_rate=5",
        "load.run_time=60",
        "simulated.error_rate=0.01",
    ] {
        draft.set(setting).unwrap();
    }
    let plan = Plan::from_json(&draft.to_json()).unwrap();
    let clock = ManualClock::default();
    let python = Blocking::start();
    let hello = Hello::new(&plan, None, seed, Duration::from_secs(1_767_225_600));
    let loading = in_virtual_time(&clock, load(&python, &hello, text, &[]));
    let loaded = loading.result.unwrap();
    let api = SimulatedApi::new(clock.clone(), seed);
    assert!(0 < api.max_in_flight());
    let shard = scripted_shard(&plan, &loaded, None, ShardId::ONLY);
    encode(&run_script_to_end(
        shard,
        Some(&python),
        &api,
        &clock,
        Vec::new(),
    ))
}

#[test]
fn a_run_of_a_file_is_the_same_twice_to_the_byte() {
    let first = simulated(7);
    assert!(10_000 < first.len());
    assert!(first == simulated(7), "two runs with one seed differ");
    assert!(first != simulated(8), "the seed changes nothing");
}

#[test]
fn a_locustfile_of_the_folder_runs_if_nothing_is_named() {
    let folder =
        PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("folder-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("helper.py"), "PATH = '/cube'\n").unwrap();
    let text = "from locust import HttpUser, task, constant\nfrom helper import PATH\n\
                class A(HttpUser):\n    wait_time = constant(0.1)\n    @task\n    def a(self):\n        \
                self.client.get(PATH)\n";
    std::fs::write(folder.join("locustfile.py"), text).unwrap();
    let target = Target::quick();
    let output = Command::new(env!("CARGO_BIN_EXE_mayfly"))
        .current_dir(&folder)
        .args([
            "--headless",
            "--only-summary",
            "-t",
            "1s",
            "-H",
            &target.url,
        ])
        .output();
    let ended = Ended::from(output.unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(target.arrivals().keys().collect::<Vec<_>>(), ["/cube"]);
}

/// A file whose users count together, in a variable of the file, and what else they do. The first part of each
/// path is the process.
fn counting(lines: &str) -> PlanFile {
    let lines: String = lines.lines().map(|it| format!("        {it}\n")).collect();
    let text = format!(
        "import os\nfrom locust import HttpUser, task, constant, events\n\nN = 0\n\n\
         class User(HttpUser):\n    wait_time = constant(0.01)\n\n    @task\n    def work(self):\n        \
         global N\n        N += 1\n        index = self.environment.runner.worker_index\n        \
         self.client.get('/%d/%d' % (index, N), name='/%d' % index)\n{lines}\n\
         @events.test_stop.add_listener\ndef _(environment, **_):\n    \
         print('process', environment.runner.worker_index, 'of', environment.parsed_options.processes, 'did', N)\n"
    );
    PlanFile::new(&text, "py")
}

/// Lines by which the second process does something, once the first one has an answer, which `flag` says.
fn after_the_first(flag: &PlanFile, what: &str) -> String {
    let flag = flag.path();
    format!(
        "if index == 0: open({flag:?}, 'w').close()\nif index == 1 and os.path.exists({flag:?}): {what}"
    )
}

/// Runs a file with four users in two processes, to an end of its own.
fn run_in_two(file: &PlanFile, host: &str, more: &[&str]) -> Ended {
    let args = [
        "-f",
        file.path(),
        "--headless",
        "--only-summary",
        "--processes",
        "2",
        "-u",
        "4",
        "-r",
        "1000",
        "-H",
        host,
    ];
    mayfly(&[&args[..], more].concat())
}

#[test]
fn each_of_two_processes_has_its_own_variables_and_its_part_of_the_users() {
    let target = Target::quick();
    let ended = run_in_two(&counting(""), &target.url, &["-i", "40"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(ended.n_requests("Aggregated"), 40);
    assert_eq!((ended.n_requests("/0"), ended.n_requests("/1")), (20, 20));
    let paths = target.arrivals().into_iter();
    let paths: Vec<(String, usize)> = paths.map(|(path, times)| (path, times.len())).collect();
    let mut expected: Vec<(String, usize)> = (0..2)
        .flat_map(|index| (1..=20).map(move |n| (format!("/{index}/{n}"), 1)))
        .collect();
    expected.sort();
    assert_eq!(paths, expected);
    for index in 0..2 {
        // Tasks may have begun whose requests are too many.
        let said = format!("INFO: process {index} of 2 did 2");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    }
}

#[test]
fn a_process_of_two_that_ends_ends_the_run_with_all_numbers() {
    let target = Target::quick();
    let flag = PlanFile::missing("flag");
    let file = counting(&after_the_first(&flag, "os._exit(3)"));
    let ended = run_in_two(&file, &target.url, &["-t", "60s"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stdout.contains("Python ended with exit code 3"),
        "{}",
        ended.stdout
    );
    assert!(1 <= ended.n_requests("/0") && 1 <= ended.n_requests("/1"));
    // The other one came to its end.
    let said = "INFO: process 0 of 2 did ";
    assert!(ended.stderr.contains(said), "{}", ended.stderr);
}

#[test]
fn a_file_that_ends_the_run_in_one_process_ends_it_in_all() {
    let target = Target::quick();
    let flag = PlanFile::missing("flag");
    let file = counting(&after_the_first(&flag, "self.environment.runner.quit()"));
    let ended = run_in_two(&file, &target.url, &["-t", "60s"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert!(1 <= ended.n_requests("/0") && 1 <= ended.n_requests("/1"));
    for index in 0..2 {
        let said = format!("INFO: process {index} of 2 did ");
        assert!(ended.stderr.contains(&said), "{}", ended.stderr);
    }
}

#[test]
fn of_the_numbers_that_two_processes_end_with_the_command_takes_the_largest() {
    let (host, _) = demo_api();
    let text = "import os\nfrom locust import HttpUser, task, events\n\nclass A(HttpUser):\n    @task\n    \
                def work(self): self.client.get('/')\n\n@events.quitting.add_listener\n\
                def _(environment, **_):\n    environment.process_exit_code = 42 - environment.runner.worker_index\n";
    let ended = run_in_two(&PlanFile::new(text, "py"), &host, &["-i", "4"]);
    assert_eq!(ended.code, 42, "{}", ended.stderr);
}

#[test]
fn a_shape_that_is_asked_does_not_run_in_several_processes() {
    let target = Target::quick();
    let shape = "class Steps(LoadTestShape):\n    def tick(self):\n        \
                 return (self.runner.user_count + 1, 1) if self.get_run_time() < 9 else None\n";
    let ended = run_in_two(
        &PlanFile::new(&format!("{TWO_CLASSES}{shape}"), "py"),
        &target.url,
        &[],
    );
    assert_eq!(ended.code, 2, "{}", ended.stderr);
    for expected in ["the load shape Steps", "without --processes"] {
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
    assert_eq!(target.n_requests(), 0);
}
