//! What the reader says about mistakes.

use super::*;

/// What is wrong with a plan in TOML, whole.
#[track_caller]
fn check(toml: &str, expected: &str) {
    compare(Plan::from_toml(toml), expected, toml);
}

#[track_caller]
fn check_json(json: &str, expected: &str) {
    compare(Plan::from_json(json), expected, json);
}

#[track_caller]
fn compare(found: Result<Plan, PlanErrors>, expected: &str, text: &str) {
    let Err(errors) = found else {
        panic!("was accepted:\n{text}");
    };
    assert_eq!(errors.to_string(), expected, "\n\nin:\n{text}");
}

/// A plan whose only task has one step.
fn with_step(step: &str) -> String {
    with_task(&format!("steps = [{{ {step} }}]"))
}

#[test]
fn unknown_keys_are_told_with_what_may_have_been_meant() {
    check(
        &with_lines("hots = 'http://a'"),
        "line 2: unknown key “hots”; did you mean “host”?",
    );
    check(
        &with_lines("colour = 'red'"),
        "line 2: unknown key “colour”; expected “version”, “load”, “host”, “thresholds”, \
         “tags”, “exclude_tags”, “request”, “tls”, “simulated”, “data”, “locustfile” or “user_class”",
    );
    check(
        &with_load("user = 1\nusers = 1\nspawn_rate = 1"),
        "line 6: load: unknown key “user”; did you mean “users”?",
    );
    check(
        &with_load("users = 1\nsapwn_rate = 1"),
        "line 7: load: unknown key “sapwn_rate”; did you mean “spawn_rate”?",
    );
    check(
        &with_class("wieght = 1\ntask = [{ get = '/' }]"),
        "line 7: user_class[0]: unknown key “wieght”; did you mean “weight”?",
    );
    check(
        &with_task("get = '/'\ntag = ['a']"),
        "line 9: user_class[0].task[0]: unknown key “tag”; did you mean “tags”?",
    );
    check(
        &with_task("fetch = '/'"),
        "line 8: user_class[0].task[0]: unknown key “fetch”; expected “name”, “weight”, \
         “tags”, “steps”, “order”, “runs”, “wait”, “on_start”, “on_stop”, “task”, “get”, \
         “post”, “put”, “patch”, “delete”, “head”, “options”, “headers”, “json”, “form”, \
         “body”, “timeout”, “follow_redirects”, “check” or “extract”",
    );
}

#[test]
fn an_unknown_key_deep_inside_is_told_as_well() {
    check(
        &with_step("get = '/', header = { a = '1' }"),
        "line 8: user_class[0].task[0].steps[0]: unknown key “header”; did you mean \
         “headers”?",
    );
    check(
        &with_step("get = '/', check = [{ stats = 200 }]"),
        "line 8: user_class[0].task[0].steps[0].check[0]: unknown key “stats”; did you mean \
         “status”?",
    );
    check(
        &with_step("get = '/', extract = { a = { jsn = '$' } }"),
        "line 8: user_class[0].task[0].steps[0].extract.a: unknown key “jsn”; did you mean \
         “json”?",
    );
    check(
        &with_lines("[request]\nretries = 2"),
        "line 3: request: unknown key “retries”; expected “timeout”, “headers”, \
         “follow_redirects”, “cookies” or “http_version”",
    );
    check(
        &with_lines("[tls]\nkey = 'me.key'"),
        "line 2: tls: expected “key” only beside “cert”",
    );
    check(
        &with_lines("[data.a]\nrow = []"),
        "line 3: data.a: unknown key “row”; did you mean “rows”?",
    );
    check(
        &with_lines("[simulated]\nworker = 2"),
        "line 3: simulated: unknown key “worker”; did you mean “workers”?",
    );
    check(
        &with_class("wait = { betwen = [1, 2] }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait: unknown key “betwen”; did you mean “between”?",
    );
    check(
        &with_lines("thresholds = [{ check = 'p95 < 1s', abrt = true }]"),
        "line 2: thresholds[0]: unknown key “abrt”; did you mean “abort”?",
    );
}

#[test]
fn a_wrong_type_is_told_with_the_right_one() {
    check(
        &with_lines("host = 5000"),
        "line 2: host: expected a text, found the number 5000",
    );
    check(
        &with_lines("thresholds = 'p95 < 1s'"),
        "line 2: thresholds: expected a list, found the text “p95 < 1s”",
    );
    check(
        &with_lines("tags = 'smoke'"),
        "line 2: tags: expected a list, found the text “smoke”",
    );
    check(
        &with_lines("tags = [1]"),
        "line 2: tags[0]: expected a text, found the number 1",
    );
}

#[test]
fn a_wrong_type_in_the_load_is_told() {
    check(
        &with_load("users = '50'\nspawn_rate = 1"),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the text “50”",
    );
    check(
        &with_load("users = 1\nspawn_rate = '1/s'"),
        "line 7: load.spawn_rate: expected users started per second, a number above 0 and up \
         to 1,000,000, found the text “1/s”",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nrun_time = true"),
        "line 8: load.run_time: expected a length of time such as “1.5s”, or a number of \
         seconds, found true",
    );
    check(
        &with_load("stages = { duration = 1, users = 1, spawn_rate = 1 }"),
        "line 6: load.stages: expected a list, found a table; write [ ] around it, or [[ ]] \
         around its heading",
    );
    check(
        &with_load("arrivals = [{ duration = 1, rate = '5' }]"),
        "line 6: load.arrivals[0].rate: expected tasks started per second, a number or a \
         list of two, found the text “5”",
    );
    check(
        &with_load("arrivals = [{ duration = 1, rate = [1, 2, 3] }]"),
        "line 6: load.arrivals[0].rate: expected tasks started per second, a number or a \
         list of two, found a list of 3",
    );
    check(
        &format!("version = 1\nload = 5\n{CLASS}"),
        "line 2: load: expected a table, found the number 5",
    );
    check(
        &format!("version = 1\n{LOAD}[user_class]\nname = 'A'\n"),
        "line 5: user_class: expected a list, found a table; write [ ] around it, or [[ ]] \
         around its heading",
    );
}

#[test]
fn a_wrong_type_in_a_class_is_told() {
    check(
        &with_lines("request = 'fast'"),
        "line 2: request: expected a table, found the text “fast”",
    );
    check(
        &with_lines("data = [1]"),
        "line 2: data: expected a table, found a list",
    );
    check(
        &with_lines("[data]\na = 'accounts.csv'"),
        "line 3: data.a: expected a table, found the text “accounts.csv”",
    );
    check(
        &with_class("task = { get = '/' }"),
        "line 7: user_class[0].task: expected a list, found a table; write [ ] around it, or \
         [[ ]] around its heading",
    );
    check(
        &with_class("task = ['/']"),
        "line 7: user_class[0].task[0]: expected a table, found the text “/”",
    );
    check(
        &with_class("order = 1\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].order: expected “sequential” or “weighted”, found the number 1",
    );
    check(
        &with_class("wait = ['1s', '2s']\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait: expected a length of time such as “1.5s”, a number of \
         seconds, or a table with a rule such as “between”, found a list",
    );
    check(
        &with_class("wait = { between = '1s' }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait.between: expected a list of 2, found the text “1s”",
    );
    check(
        &with_class("wait = { between = ['1s'] }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait.between: expected a list of 2, found a list of 1",
    );
    check(
        &with_class("wait = { throughput = '1s' }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait.throughput: expected tasks per second, a number above 0 \
         and up to 1,000,000, found the text “1s”",
    );
}

#[test]
fn a_wrong_type_in_a_task_is_told() {
    check(
        &with_task("get = 1"),
        "line 8: user_class[0].task[0].get: expected a text, found the number 1",
    );
    check(
        &with_task("get = '/'\nfollow_redirects = 'no'"),
        "line 9: user_class[0].task[0].follow_redirects: expected true or false, found the \
         text “no”",
    );
    check(
        &with_task("get = '/'\nheaders = 'Accept: a'"),
        "line 9: user_class[0].task[0].headers: expected a table, or a list of pairs, found \
         the text “Accept: a”",
    );
    check(
        &with_task("get = '/'\nheaders = { a = 1 }"),
        "line 9: user_class[0].task[0].headers.a: expected a text, found the number 1",
    );
    check(
        &with_task("get = '/'\nheaders = [['a']]"),
        "line 9: user_class[0].task[0].headers[0]: expected a list of 2, found a list of 1",
    );
    check(
        &with_task("post = '/'\nform = { a = 1 }"),
        "line 9: user_class[0].task[0].form.a: expected a text, found the number 1",
    );
    check(
        &with_task("post = '/'\nbody = { a = 1 }"),
        "line 9: user_class[0].task[0].body: expected a text, found a table",
    );
    check(
        &with_task("get = '/'\ncheck = { status = 200 }"),
        "line 9: user_class[0].task[0].check: expected a list, found a table; write [ ] \
         around it, or [[ ]] around its heading",
    );
    check(
        &with_task("get = '/'\nextract = ['a']"),
        "line 9: user_class[0].task[0].extract: expected a table, found a list",
    );
    check(
        &with_task("get = '/'\nextract = { a = '$.a' }"),
        "line 9: user_class[0].task[0].extract.a: expected a table, found the text “$.a”",
    );
}

#[test]
fn a_wrong_type_in_other_places_is_told() {
    check(
        &with_lines("thresholds = [5]"),
        "line 2: thresholds[0]: expected a text, found the number 5",
    );
    check(
        &with_lines("[simulated]\nservice_time = 5"),
        "line 3: simulated.service_time: expected “path” or a table, found the number 5",
    );
    check(
        &with_lines("[simulated]\nservice_time = 'fast'"),
        "line 3: simulated.service_time: expected “path”, found the text “fast”",
    );
    check(
        &with_lines("host = 2026-01-01"),
        "line 2: host: expected a text, a number, true or false, a list or a table, found \
         the date 2026-01-01; a text is in quotes",
    );
    check(
        "version = '1'\nload = { users = 1, spawn_rate = 1 }\nuser_class = 'A'",
        "line 1: version: expected 1, found the text “1”\n\
         line 3: user_class: expected a list, found the text “A”",
    );
}

#[test]
fn a_number_out_of_range_is_told_with_the_range() {
    check(
        &format!("version = 2\n{LOAD}{CLASS}"),
        "line 1: version: expected 1, found the number 2",
    );
    check(
        &with_load("users = 0\nspawn_rate = 1"),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the number 0",
    );
    check(
        &with_load("users = -1\nspawn_rate = 1"),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the number -1",
    );
    check(
        &with_load("users = 1.5\nspawn_rate = 1"),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the number \
         1.5",
    );
    check(
        &with_load("users = 1000001\nspawn_rate = 1"),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the number \
         1000001",
    );
    check(
        &with_load("users = 1\nspawn_rate = 0"),
        "line 7: load.spawn_rate: expected users started per second, a number above 0 and up \
         to 1,000,000, found the number 0",
    );
    check(
        &with_load("users = 1\nspawn_rate = -0.5"),
        "line 7: load.spawn_rate: expected users started per second, a number above 0 and up \
         to 1,000,000, found the number -0.5",
    );
    check(
        &with_load("users = 1\nspawn_rate = inf"),
        "line 7: load.spawn_rate: expected a finite number, found inf",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nmax_requests = 0"),
        "line 8: load.max_requests: expected a whole number of at least 1, found the number 0",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nseed = -1"),
        "line 8: load.seed: expected a whole number of at least 0, found the number -1",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nseed = 99999999999999999999"),
        "line 8: load.seed: expected a number of at most 64 bits, found 99999999999999999999; \
         only a text can have more digits",
    );
}

#[test]
fn a_number_out_of_range_in_a_list_is_told() {
    check(
        &with_load("arrivals = [{ duration = 1, rate = -1 }]"),
        "line 6: load.arrivals[0].rate: expected tasks started per second, a number from 0 \
         to 1,000,000, found the number -1",
    );
    check(
        &with_load("arrivals = [{ duration = 1, rate = [0, 2e6] }]"),
        "line 6: load.arrivals[0].rate[1]: expected tasks started per second, a number from \
         0 to 1,000,000, found the number 2000000",
    );
    check(
        &with_load("stages = [{ duration = 1, users = -1, spawn_rate = 1 }]"),
        "line 6: load.stages[0].users: expected a whole number from 0 to 1,000,000, found \
         the number -1",
    );
    check(
        &with_class("weight = -1\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].weight: expected a weight, a number from 0 to 1,000,000, found \
         the number -1",
    );
    // Beyond 2^53 it would count as nothing: one more pick makes no difference to it.
    check(
        &with_class("weight = 1e16\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].weight: expected a weight, a number from 0 to 1,000,000, found \
         the number 1e16",
    );
    check(
        &with_class("fixed_count = 0\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].fixed_count: expected a whole number from 1 to 1,000,000, \
         found the number 0",
    );
    check(
        &with_task("get = '/'\nweight = 0.5"),
        "line 9: user_class[0].task[0].weight: expected a whole number from 0 to 1,000,000, \
         found the number 0.5",
    );
    check(
        &with_class("wait = { poisson = 0 }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait.poisson: expected tasks per second, a number above 0 and \
         up to 1,000,000, found the number 0",
    );
    check(
        &with_lines("[simulated]\nerror_rate = 1.5"),
        "line 3: simulated.error_rate: expected a number from 0 to 1, found the number 1.5",
    );
    check(
        &with_lines("[simulated]\nworkers = 0"),
        "line 3: simulated.workers: expected a whole number from 1 to 10,000, found the \
         number 0",
    );
}

#[test]
fn a_list_in_the_place_of_a_table_is_told() {
    check(
        &with_load("stages = [[10, 5, 1]]"),
        "line 6: load.stages[0]: expected a table, found a list",
    );
    check(
        &with_load("arrivals = [[10, 5]]"),
        "line 6: load.arrivals[0]: expected a table, found a list",
    );
    check(
        &with_lines("[simulated]\nstalls = [[1, 1]]"),
        "line 3: simulated.stalls[0]: expected a table, found a list",
    );
    check_json("[1, 2]", "line 1: expected a table, found a list");
}

#[test]
fn no_number_loses_digits_in_silence() {
    let task = |id: &str| with_task(&format!("post = '/'\njson = {{ id = {id} }}"));
    for (id, problem) in [
        ("12345678901234567890123", "12345678901234567890123"),
        (
            "0.1234567890123456789",
            "0.1234567890123456789, which would become 0.12345678901234568",
        ),
    ] {
        check(
            &task(id),
            &format!(
                "line 9: user_class[0].task[0].json.id: expected a number of at most 64 bits, \
                 found {problem}; only a text can have more digits"
            ),
        );
    }
}

#[test]
fn a_number_with_hundreds_of_digits_is_told_in_short() {
    for number in ["1e300", "-1e-300"] {
        check(
            &with_load(&format!("users = 1\nspawn_rate = {number}")),
            &format!(
                "line 7: load.spawn_rate: expected users started per second, a number above 0 \
                 and up to 1,000,000, found the number {number}"
            ),
        );
    }
}

#[test]
fn a_status_that_is_none_is_told() {
    check(
        &with_task("get = '/'\ncheck = [{ status = 42 }]"),
        "line 9: user_class[0].task[0].check[0].status: expected a status such as 200, a \
         class such as “2xx”, or a list of them, found 42",
    );
    check(
        &with_task("get = '/'\ncheck = [{ status = '6xx' }]"),
        "line 9: user_class[0].task[0].check[0].status: expected a status such as 200, a \
         class such as “2xx”, or a list of them, found \"6xx\"",
    );
    check(
        &with_task("get = '/'\ncheck = [{ status = [] }]"),
        "line 9: user_class[0].task[0].check[0].status: expected a status such as 200, a \
         class such as “2xx”, or a list of them, found []",
    );
    check(
        &with_task("get = '/'\ncheck = [{ status = [200, 'ok'] }]"),
        "line 9: user_class[0].task[0].check[0].status: expected a status such as 200, a \
         class such as “2xx”, or a list of them, found [200,\"ok\"]",
    );
}

#[test]
fn a_missing_key_is_named() {
    check("", "line 1: expected the key “version”, found none");
    check(
        "\n# Nothing but a comment.\n",
        "line 1: expected the key “version”, found none",
    );
    check(
        &format!("{LOAD}{CLASS}"),
        "line 1: expected the key “version”, found none",
    );
    check(
        &format!("version = 1\n{CLASS}"),
        "line 1: expected the key “load”, found none",
    );
    check(
        &format!("version = 1\n{LOAD}"),
        "line 1: expected the key “user_class”, or else “locustfile”, found none",
    );
    check(
        &format!("version = 1\nuser_class = []\n{LOAD}"),
        "line 2: user_class: expected at least one user class with a weight above 0",
    );
    check(
        &with_class(""),
        "line 5: user_class[0]: expected the key “task”, found none",
    );
    check(
        &with_class("task = []"),
        "line 7: user_class[0].task: expected at least one task with a weight above 0",
    );
    check(
        &with_class("task = [{ get = '/', weight = 0 }]"),
        "line 7: user_class[0].task: expected at least one task with a weight above 0",
    );
    check(
        &format!("version = 1\n{LOAD}[[user_class]]\ntask = [{{ get = '/' }}]\n"),
        "line 5: user_class[0]: expected the key “name”, found none",
    );
}

#[test]
fn a_missing_choice_is_told_with_what_there_is() {
    check(
        &with_task(""),
        "line 7: user_class[0].task[0]: expected one of “get”, “post”, “put”, “patch”, \
         “delete”, “head”, “options”, “steps” or “task”, found none of them",
    );
    check(
        &with_task("steps = []"),
        "line 7: user_class[0].task[0]: expected at least one step",
    );
    check(
        &with_task("steps = [{}]"),
        "line 8: user_class[0].task[0].steps[0]: expected one of “get”, “post”, “put”, \
         “patch”, “delete”, “head”, “options” or “wait”, found none of them",
    );
    check(
        &with_load(""),
        "line 5: load: expected one of “users”, “stages” or “arrivals”, found none of them",
    );
    check(
        &with_load("spawn_rate = 1"),
        "line 5: load: expected one of “users”, “stages” or “arrivals”, found none of them",
    );
    check(
        &with_load("users = 1"),
        "line 5: load: expected “spawn_rate” beside “users”, found none",
    );
    check(
        &with_load("stages = []"),
        "line 5: load: expected at least one stage",
    );
    check(
        &with_load("arrivals = []"),
        "line 5: load: expected at least one stage",
    );
    check(
        &with_load("stages = [{ duration = '1s', users = 1 }]"),
        "line 6: load.stages[0]: expected the key “spawn_rate”, found none",
    );
}

#[test]
fn a_missing_choice_deep_inside_is_told() {
    check(
        &with_class("wait = {}\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait: expected one of “between”, “constant”, “pacing”, \
         “poisson” or “throughput”, found none of them",
    );
    check(
        &with_step("get = '/', check = [{}]"),
        "line 8: user_class[0].task[0].steps[0].check[0]: expected one of “status”, “under”, \
         “contains”, “regex”, “json” or “header”, found none of them",
    );
    check(
        &with_step("get = '/', check = [{ equals = 1 }]"),
        "line 8: user_class[0].task[0].steps[0].check[0]: expected one of “status”, “under”, \
         “contains”, “regex”, “json” or “header”, found none of them",
    );
    check(
        &with_step("get = '/', extract = { a = {} }"),
        "line 8: user_class[0].task[0].steps[0].extract.a: expected one of “json”, “regex” \
         or “header”, found none of them",
    );
    check(
        &with_lines("[data.a]"),
        "line 2: data.a: expected one of “csv” or “rows”, found none of them",
    );
    check(
        &with_lines("[data.a]\nrows = []"),
        "line 2: data.a: expected at least one row",
    );
    check(
        &with_lines("[simulated]\nservice_time = { log_normal = { median = 1 } }"),
        "line 3: simulated.service_time.log_normal: expected the key “spread”, found none",
    );
}

#[test]
fn keys_that_exclude_each_other_are_named() {
    check(
        &with_class("weight = 1\nfixed_count = 1\ntask = [{ get = '/' }]"),
        "line 5: user_class[0]: expected “fixed_count” or “weight”, found both",
    );
    check(
        &with_lines("host = 'http://a'\n[simulated]"),
        "line 1: expected “host” or “simulated”, found both",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\narrivals = [{ duration = 1, rate = 1 }]"),
        "line 5: load: expected one of “users”, “stages” or “arrivals”, found “users” and \
         “arrivals”",
    );
    check(
        &with_load("spawn_rate = 1\nstages = [{ duration = 1, users = 1, spawn_rate = 1 }]"),
        "line 5: load: expected “spawn_rate” only beside “users”",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nmax_users = 1"),
        "line 5: load: expected “max_users” only beside “arrivals”",
    );
    check(
        &with_task("get = '/'\npost = '/'"),
        "line 7: user_class[0].task[0]: expected one of “get”, “post”, “put”, “patch”, \
         “delete”, “head”, “options”, “steps” or “task”, found “get” and “post”",
    );
    check(
        &with_task("get = '/'\nsteps = [{ get = '/' }]"),
        "line 7: user_class[0].task[0]: expected one of “get”, “post”, “put”, “patch”, \
         “delete”, “head”, “options”, “steps” or “task”, found “get” and “steps”",
    );
    check(
        &with_task("get = '/'\nwait = '1s'"),
        "line 7: user_class[0].task[0]: expected “wait” only beside “task”",
    );
    check(
        &with_task("get = '/'\nruns = 2"),
        "line 7: user_class[0].task[0]: expected “runs” only beside “task”",
    );
    check(
        &with_task("steps = [{ get = '/' }]\ntimeout = '1s'"),
        "line 7: user_class[0].task[0]: expected “timeout” only beside a method such as “get”",
    );
}

#[test]
fn keys_of_a_step_that_exclude_each_other_are_named() {
    check(
        &with_step("get = '/', wait = '1s'"),
        "line 8: user_class[0].task[0].steps[0]: expected one of “get”, “post”, “put”, \
         “patch”, “delete”, “head”, “options” or “wait”, found “get” and “wait”",
    );
    check(
        &with_step("wait = '1s', name = 'pause'"),
        "line 8: user_class[0].task[0].steps[0]: expected “name” only beside a method such \
         as “get”",
    );
    check(
        &with_step("wait = { pacing = '1s' }"),
        "line 8: user_class[0].task[0].steps[0]: expected a wait that does not depend on the \
         task, such as “between”, found one that paces tasks",
    );
    check(
        &with_step("post = '/', json = {}, form = {}"),
        "line 8: user_class[0].task[0].steps[0]: expected one of “json”, “form” or “body”, \
         found “json” and “form”",
    );
    check(
        &with_step("get = '/', check = [{ status = 200, contains = 'ok' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0]: expected one of “status”, “under”, \
         “contains”, “regex”, “json” or “header”, found “status” and “contains”",
    );
    check(
        &with_step("get = '/', check = [{ status = 200, equals = 200 }]"),
        "line 8: user_class[0].task[0].steps[0].check[0]: expected “equals” only beside \
         “json” or “header”",
    );
    check(
        &with_step("get = '/', check = [{ header = 'a', equals = 1 }]"),
        "line 8: user_class[0].task[0].steps[0].check[0]: expected a text for “equals” \
         beside “header”, found 1",
    );
    check(
        &with_step("get = '/', extract = { a = { json = '$', regex = 'a' } }"),
        "line 8: user_class[0].task[0].steps[0].extract.a: expected one of “json”, “regex” \
         or “header”, found “json” and “regex”",
    );
}

#[test]
fn values_that_exclude_each_other_are_named() {
    check(
        &with_lines("[data.a]\ncsv = 'a.csv'\nrows = [{ a = 1 }]"),
        "line 2: data.a: expected one of “csv” or “rows”, found “csv” and “rows”",
    );
    check(
        &with_lines("[data.a]\nrows = [{ a = 1 }, { b = 1 }]"),
        "line 2: data.a: expected the keys of the first row, “a”, in row 2, found “b”",
    );
    check(
        &with_class("wait = { constant = 1, pacing = 1 }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait: expected one of “between”, “constant”, “pacing”, \
         “poisson” or “throughput”, found “constant” and “pacing”",
    );
    check(
        &with_class("wait = { between = ['5s', '1s'] }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait: expected a wait that does not end before it starts, \
         found 5 s to 1 s",
    );
    check(
        &with_lines("[simulated]\nservice_time = { uniform = ['2s', '1s'] }"),
        "line 3: simulated.service_time: expected a length that is not above the other, \
         found 2s to 1s",
    );
    check(
        &format!("version = 1\n{LOAD}{CLASS}{CLASS}"),
        "line 5: user_class: expected a different name for each user class, found “A” twice",
    );
    check(
        &with_task("get = '/'\nheaders = { Accept = 'a', accept = 'b' }"),
        "line 9: user_class[0].task[0].headers: expected each header once, found “accept” \
         again; a list of pairs may repeat it",
    );
}

#[test]
fn a_bad_template_is_told_with_its_column() {
    check(
        &with_task("get = '/{{'"),
        "line 8: user_class[0].task[0].get: column 2: expected }} after this {{, found the \
         end of the text",
    );
    check(
        &with_task("get = '/{{id'"),
        "line 8: user_class[0].task[0].get: column 2: expected }} after this {{, found the \
         end of the text",
    );
    check(
        &with_task("get = '/{{}}'"),
        "line 8: user_class[0].task[0].get: column 2: expected a variable or a function \
         between {{ and }}, found nothing",
    );
    check(
        &with_task("get = '/{{random()}}'"),
        "line 8: user_class[0].task[0].get: column 4: expected one of the functions choice, \
         now, randfloat, randint, seq, user, uuid, found “random”",
    );
    check(
        &with_task("get = '/{{randint(5, 1)}}'"),
        "line 8: user_class[0].task[0].get: column 4: expected randint(a, b) with two whole \
         numbers, a not above b, found randint(5, 1)",
    );
    check(
        &with_task("post = '/'\nbody = 'ä {{a b}}'"),
        "line 9: user_class[0].task[0].body: column 7: expected }} or ( after the name, \
         found “b”",
    );
}

/// In this form the page writes what is in the field for a body and is not JSON yet.
#[test]
fn a_text_that_should_be_json_is_told_without_its_key() {
    check(
        &with_task("post = '/'\njson = { '$json' = '{\"a\":' }"),
        "line 9: user_class[0].task[0].json: not JSON: found its end too early",
    );
}

#[test]
fn a_bad_template_inside_of_a_request_is_told() {
    check(
        &with_task("post = '/'\njson = { user = { id = '{{1}}' } }"),
        "line 9: user_class[0].task[0].json: /user/id: column 3: expected a variable or a \
         function, found “1”",
    );
    check(
        &with_task("post = '/'\nform = { a = '{{seq(1)}}' }"),
        "line 9: user_class[0].task[0].form.a: column 3: expected seq() without arguments, \
         found seq(1)",
    );
    check(
        &with_task("get = '/'\nheaders = { a = '{{' }"),
        "line 9: user_class[0].task[0].headers.a: column 1: expected }} after this {{, found \
         the end of the text",
    );
    check(
        &with_step("get = '/', name = '{{'"),
        "line 8: user_class[0].task[0].steps[0].name: column 1: expected }} after this {{, \
         found the end of the text",
    );
    check(
        &with_step("get = '/', check = [{ contains = '{{' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].contains: column 1: expected }} \
         after this {{, found the end of the text",
    );
    check(
        &with_step("get = '/', check = [{ json = '$', equals = '{{' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].equals: column 1: expected }} after \
         this {{, found the end of the text",
    );
    check(
        &with_step("get = '/', check = [{ header = 'a', equals = '{{' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].equals: column 1: expected }} after \
         this {{, found the end of the text",
    );
}

#[test]
fn a_bad_expression_is_told_with_what_is_wrong() {
    check(
        &with_step("get = '/', check = [{ regex = '(' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].regex: expected a regular \
         expression, found “(”: found open group without closing ')'",
    );
    check(
        &with_step("get = '/', check = [{ regex = '[a' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].regex: expected a regular \
         expression, found “[a”: non-empty character class has no closing bracket",
    );
    check(
        &with_step("get = '/', check = [{ json = 'id' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].json: expected a JSONPath such as \
         $.id, found “id”: it must start with $",
    );
    check(
        &with_step("get = '/', check = [{ json = '$.' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].json: expected a JSONPath such as \
         $.id, found “$.”: in dot member name, must start with lowercase alpha or '_' at \
         column 3",
    );
    check(
        &with_step("get = '/', extract = { a = { json = '$[' } }"),
        "line 8: user_class[0].task[0].steps[0].extract.a.json: expected a JSONPath such as \
         $.id, found “$[”: it makes no sense from column 2 on",
    );
    check(
        &with_step("get = '/', extract = { a = { regex = '*' } }"),
        "line 8: user_class[0].task[0].steps[0].extract.a.regex: expected a regular \
         expression, found “*”: uncounted repetition operator must be applied to a \
         sub-expression",
    );
}

#[test]
fn a_bad_name_is_told_with_what_names_are_made_of() {
    check(
        &with_step("get = '/', extract = { 1a = { json = '$' } }"),
        "line 8: user_class[0].task[0].steps[0].extract: expected a name of letters, digits \
         and _ that does not start with a digit, found “1a”",
    );
    check(
        &with_step("get = '/', check = [{ header = 'a b' }]"),
        "line 8: user_class[0].task[0].steps[0].check[0].header: expected a header name such \
         as accept, found “a b”",
    );
    check(
        &with_task("get = '/'\nheaders = { 'a b' = '1' }"),
        "line 9: user_class[0].task[0].headers: expected a header name such as accept, found \
         “a b”",
    );
    check(
        &with_task("get = '/'\nheaders = { a = \"1\\n2\" }"),
        "line 9: user_class[0].task[0].headers.a: expected a header value without control \
         characters, found “1\\n2”",
    );
    check(
        &with_lines("[data.a-b]\nrows = [{ a = 1 }]"),
        "line 2: data: expected a name of letters, digits and _ that does not start with a \
         digit, found “a-b”",
    );
    check(
        &with_lines("[data.a]\nrows = [{ 'a b' = 1 }]"),
        "line 3: data.a.rows[0]: expected a name of letters, digits and _ that does not \
         start with a digit, found “a b”",
    );
    check(
        &with_lines("[data.a]\nrows = [{ a = [1] }]"),
        "line 3: data.a.rows[0].a: expected a text, a number, true or false, found a list",
    );
    check(
        &with_lines("[data.a]\ncsv = 'a.csv'\npick = 'first'"),
        "line 4: data.a.pick: expected “random”, “sequential” or “user”, found the text \
         “first”",
    );
    check(
        &with_class("order = 'random'\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].order: expected “sequential” or “weighted”, found the text \
         “random”",
    );
}

#[test]
fn a_bad_threshold_is_told_with_what_is_wrong() {
    check(
        &with_lines("thresholds = ['p95']"),
        "line 2: thresholds[0]: expected a metric, one of < <= > >= == != and a value, such \
         as “p95 < 500ms”, found “p95”",
    );
    check(
        &with_lines("thresholds = ['p95 < 500']"),
        "line 2: thresholds[0]: expected a time with its unit such as 500ms or 1.5s, found \
         “500”: write a unit",
    );
    check(
        &with_lines("thresholds = ['p101 < 1s']"),
        "line 2: thresholds[0]: expected p50, p99.9 or another percentile, median, mean, \
         min, max, fail_ratio, rps, requests, failures, exceptions or dropped, found “p101”",
    );
    check(
        &with_lines("thresholds = ['speed < 1s']"),
        "line 2: thresholds[0]: expected p50, p99.9 or another percentile, median, mean, \
         min, max, fail_ratio, rps, requests, failures, exceptions or dropped, found “speed”",
    );
    check(
        &with_lines("thresholds = ['fail_ratio < 2']"),
        "line 2: thresholds[0]: expected a share from 0% to 100% such as 1% or 0.01, found \
         “2”",
    );
    check(
        &with_lines("thresholds = ['rps > many']"),
        "line 2: thresholds[0]: expected requests per second such as 100, found “many”",
    );
    check(
        &with_lines("thresholds = ['failures < 1.5']"),
        "line 2: thresholds[0]: expected a whole number such as 0, found “1.5”",
    );
    check(
        &with_lines("thresholds = ['p95 < 1s over 1ms']"),
        "line 2: thresholds[0]: expected whole seconds from 1s to 1h after “over”, such as \
         30s or 1m, found “1ms”",
    );
    check(
        &with_lines("thresholds = ['GET /: dropped == 0']"),
        "line 2: thresholds[0]: expected no row for exceptions or dropped, such as “dropped \
         == 0”, found one",
    );
    check(
        &with_lines("thresholds = [\n'p95 < 1s',\n{ check = 'p95' }]"),
        "line 4: thresholds[1].check: expected a metric, one of < <= > >= == != and a value, \
         such as “p95 < 500ms”, found “p95”",
    );
}

#[test]
fn a_bad_length_is_told_with_examples() {
    check(
        &with_load("users = 1\nspawn_rate = 1\nrun_time = '1 minute'"),
        "line 8: load.run_time: expected a run time above 0 such as 20, 20s, 3m, 2h or \
         1h20m, found “1 minute”",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nrun_time = 0"),
        "line 8: load.run_time: expected a run time above 0 such as 20, 20s, 3m, 2h or \
         1h20m, found “0 s”",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nrun_time = -1"),
        "line 8: load.run_time: expected a length of time such as “1.5s”, or a number of \
         seconds, found the number -1",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nstop_timeout = '2d'"),
        "line 8: load.stop_timeout: expected a length of time such as 500ms, 1.5s, 3m or \
         1h20m, up to 24h, found “2d”",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nstop_timeout = '25h'"),
        "line 8: load.stop_timeout: expected a length of time such as 500ms, 1.5s, 3m or \
         1h20m, up to 24h, found “25h”",
    );
    check(
        &with_load("users = 1\nspawn_rate = 1\nstop_timeout = 86401"),
        "line 8: load.stop_timeout: expected a length of time such as 500ms, 1.5s, 3m or \
         1h20m, up to 24h, found “24h1s”",
    );
    check(
        &with_load("stages = [{ duration = '0s', users = 1, spawn_rate = 1 }]"),
        "line 6: load.stages[0].duration: expected a run time above 0 such as 20, 20s, 3m, \
         2h or 1h20m, found “0s”",
    );
}

#[test]
fn a_bad_pause_or_timeout_is_told() {
    check(
        &with_task("get = '/'\ntimeout = '0s'"),
        "line 9: user_class[0].task[0].timeout: expected a length of time above 0, found 0",
    );
    check(
        &with_lines("[request]\ntimeout = 0"),
        "line 3: request.timeout: expected a length of time above 0, found 0",
    );
    check(
        &with_class("wait = '-1s'\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait: expected a length of time such as 500ms, 1.5s, 3m or \
         1h20m, up to 24h, found “-1s”",
    );
    check(
        &with_class("wait = -1\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait: expected a length of time such as “1.5s”, a number of \
         seconds, or a table with a rule such as “between”, found the number -1",
    );
    check(
        &with_class("wait = { between = ['1s', 'soon'] }\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].wait.between[1]: expected a length of time such as 500ms, \
         1.5s, 3m or 1h20m, up to 24h, found “soon”",
    );
    check(
        &with_step("get = '/', check = [{ under = '1' }, { under = 'fast' }]"),
        "line 8: user_class[0].task[0].steps[0].check[1].under: expected a length of time \
         such as 500ms, 1.5s, 3m or 1h20m, up to 24h, found “fast”",
    );
}

#[test]
fn a_bad_url_is_told_with_what_is_wrong() {
    check(
        &with_lines("host = 'localhost:5000'"),
        "line 2: host: expected a URL such as http://127.0.0.1:5000, found “localhost:5000”: \
         it must start with http:// or https://",
    );
    check(
        &with_lines("host = 'http://a:99999'"),
        "line 2: host: expected a URL such as http://127.0.0.1:5000, found “http://a:99999”: \
         the port must be a number from 1 to 65535",
    );
    check(
        &with_lines("host = ''"),
        "line 2: host: expected a URL such as http://127.0.0.1:5000, found “”: it must start \
         with http:// or https://",
    );
    check(
        &with_class("host = 'http://a/?q'\ntask = [{ get = '/' }]"),
        "line 7: user_class[0].host: expected a URL such as http://127.0.0.1:5000, found \
         “http://a/?q”: it must not have a query or a fragment; those belong to a task’s path",
    );
    check(
        &with_task("get = 'cube'"),
        "line 8: user_class[0].task[0].get: expected a path such as /cube, found “cube”: it \
         must start with a slash, or with http:// or https://",
    );
    check(
        &with_task("get = '/a b'"),
        "line 8: user_class[0].task[0].get: expected a path such as /cube, found “/a b”: it \
         must not contain spaces; write %20",
    );
    check(
        &with_task("get = ''"),
        "line 8: user_class[0].task[0].get: expected a path such as /cube, found “”: it must \
         start with a slash, or with http:// or https://",
    );
}

#[test]
fn several_mistakes_are_told_in_the_order_of_lines() {
    check(
        "version = 2
colour = 'red'
host = 'a'
[load]
users = 0
run_time = 'x'
[[user_class]]
name = 5
wieght = 1
[[user_class.task]]
get = 'a'
weight = -1
[[user_class.task]]
[[user_class.task]]
steps = [{ wait = 'x' }, { get = '/', check = [{ status = 1 }, { under = 'x' }] }]
[[user_class]]
fixed_count = 1
",
        "line 1: version: expected 1, found the number 2\n\
         line 2: unknown key “colour”; expected “version”, “load”, “host”, “thresholds”, \
         “tags”, “exclude_tags”, “request”, “tls”, “simulated”, “data”, “locustfile” or “user_class”\n\
         line 3: host: expected a URL such as http://127.0.0.1:5000, found “a”: it must \
         start with http:// or https://\n\
         line 5: load.users: expected a whole number from 1 to 1,000,000, found the number 0\n\
         line 6: load.run_time: expected a run time above 0 such as 20, 20s, 3m, 2h or \
         1h20m, found “x”\n\
         line 8: user_class[0].name: expected a text, found the number 5\n\
         line 9: user_class[0]: unknown key “wieght”; did you mean “weight”?\n\
         line 11: user_class[0].task[0].get: expected a path such as /cube, found “a”: it \
         must start with a slash, or with http:// or https://\n\
         line 12: user_class[0].task[0].weight: expected a whole number from 0 to 1,000,000, \
         found the number -1\n\
         line 13: user_class[0].task[1]: expected one of “get”, “post”, “put”, “patch”, \
         “delete”, “head”, “options”, “steps” or “task”, found none of them\n\
         line 15: user_class[0].task[2].steps[0].wait: expected a length of time such as \
         500ms, 1.5s, 3m or 1h20m, up to 24h, found “x”\n\
         line 15: user_class[0].task[2].steps[1].check[0].status: expected a status such as \
         200, a class such as “2xx”, or a list of them, found 1\n\
         line 15: user_class[0].task[2].steps[1].check[1].under: expected a length of time \
         such as 500ms, 1.5s, 3m or 1h20m, up to 24h, found “x”\n\
         line 16: user_class[1]: expected the key “name”, found none",
    );
}

#[test]
fn of_very_many_mistakes_the_first_are_told() {
    let tasks = "[[user_class.task]]\nget = 'a'\n".repeat(25);
    let errors = Plan::from_toml(&with_class(&tasks)).unwrap_err();
    assert_eq!((errors.as_slice().len(), errors.n_more()), (20, 5));
    assert_eq!(errors.as_slice()[0].line, Some(8));
    assert_eq!(errors.as_slice()[19].path, "user_class[0].task[19].get");
}

#[test]
fn a_mistake_does_not_hide_those_beside_it() {
    check(
        &with_load("users = 'x'\narrivals = 'y'\nseed = 'z'"),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the text “x”\n\
         line 7: load.arrivals: expected a list, found the text “y”\n\
         line 8: load.seed: expected a whole number of at least 0, found the text “z”",
    );
    check(
        &with_load("users = 'x'"),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the text “x”",
    );
    check(
        &with_task("get = 'a'\nruns = 'b'"),
        "line 8: user_class[0].task[0].get: expected a path such as /cube, found “a”: it \
         must start with a slash, or with http:// or https://\n\
         line 9: user_class[0].task[0].runs: expected a whole number from 1 to 1,000,000, \
         found the text “b”",
    );
}

#[test]
fn broken_toml_is_told_with_its_line() {
    check(
        "version = 1\nload = {",
        "line 2: not TOML: unclosed inline table, expected `}`",
    );
    check(
        "version = 1\nhost = 'http://a\n[load]\n",
        "line 2: not TOML: invalid literal string, expected `'`",
    );
    check(
        "version = 1\nhost http://a\n",
        "line 2: not TOML: key with no value, expected `=`",
    );
    check(
        "version = 1\nversion = 1\n",
        "line 2: not TOML: duplicate key",
    );
    check(
        "version = 1\n[load]\nusers = 1\n[load]\nusers = 2\n",
        "line 4: not TOML: duplicate key\n\
         line 5: not TOML: duplicate key",
    );
    check(
        "version = 1\n[load\nusers = 1\n",
        "line 2: not TOML: unclosed table, expected `]`",
    );
    check(
        "version = 1\nhost = a\n",
        "line 2: not TOML: string values must be quoted, expected literal string",
    );
    check(
        "version = 1\nhost = \"\\q\"\n",
        "line 2: not TOML: missing escaped value, expected `b`, `e`, `f`, `n`, `r`, `\\`, \
         `\"`, `x`, `u`, `U`",
    );
    check(
        "version = 1\ntags = ['a' 'b']\n",
        "line 2: not TOML: missing comma between array elements, expected `,`",
    );
    check(
        "{\"version\": 1}",
        "line 1: not TOML: invalid key-value pair, expected key",
    );
    check(
        "version = 1\n\u{7}\n",
        "line 2: not TOML: key with no value, expected `=`",
    );
}

#[test]
fn broken_json_is_told_with_its_line() {
    check_json("", "line 1: not JSON: found its end too early");
    check_json("{", "line 1: not JSON: found its end too early");
    check_json(
        "{\n  \"version\": 1,\n}",
        "line 3: not JSON: key must be a string",
    );
    check_json(
        "{\n  \"version\": 1\n  \"load\": {}\n}",
        "line 3: not JSON: expected `,` or `}`",
    );
    check_json(
        "{\n  'version': 1\n}",
        "line 2: not JSON: key must be a string",
    );
    check_json(
        "{\n  \"version\": 01\n}",
        "line 2: not JSON: invalid number",
    );
    check_json(
        "{\"version\": 1}\n}",
        "line 2: not JSON: trailing characters",
    );
    check_json(
        "{\n  \"host\": \"\\q\"\n}",
        "line 2: not JSON: invalid escape",
    );
    check_json("version = 1", "line 1: not JSON: expected value");
    check_json("[]", "line 1: expected a table, found a list");
    check_json("null", "line 1: expected a table, found null");
}

const JSON: &str = r#"{
  "version": 1,
  "load": { "users": 1, "spawn_rate": 1 },
  "user_class": [
    { "name": "A", "task": [{ "get": "/" }] }
  ]
}"#;

#[test]
fn in_json_the_same_is_said() {
    check_json(
        &JSON.replace("\"users\": 1", "\"users\": 0"),
        "line 3: load.users: expected a whole number from 1 to 1,000,000, found the number 0",
    );
    check_json(
        &JSON.replace("\"users\": 1", "\"usres\": 1"),
        "line 3: load: unknown key “usres”; did you mean “users”?",
    );
    check_json(
        &JSON.replace("\"users\": 1", "\"users\": null"),
        "line 3: load.users: expected a whole number from 1 to 1,000,000, found null",
    );
    check_json(
        &JSON.replace("\"users\": 1", "\"users\": 1, \"seed\": 1e400"),
        "line 3: load.seed: expected a finite number, found 1e400",
    );
    check_json(
        &JSON.replace("\"get\": \"/\"", "\n\"get\": \"a\""),
        "line 6: user_class[0].task[0].get: expected a path such as /cube, found “a”: it \
         must start with a slash, or with http:// or https://",
    );
    check_json(
        &JSON.replace(
            "\"get\": \"/\"",
            "\"get\": \"/\", \"headers\": { \"a\": null }",
        ),
        "line 5: user_class[0].task[0].headers.a: expected a text, found null",
    );
    check_json(
        &JSON.replace("\"version\": 1,", ""),
        "line 1: expected the key “version”, found none",
    );
    check_json(
        &JSON.replace("\"users\": 1", "\"users\": 1, \"users\": 2"),
        "line 3: load.users: expected each key once, found it again",
    );
    check_json(
        &JSON.replace("\"name\": \"A\"", "\"name\": \"\\ud800\""),
        "line 5: user_class[0].name: not JSON: unexpected end of hex escape",
    );
}

#[test]
fn a_key_that_is_there_twice_in_json_is_told() {
    check_json(
        "{\n\"version\": 1,\n\"load\": 1,\n\"load\": 2\n}",
        "line 3: load: expected a table, found the number 1\n\
         line 4: load: expected each key once, found it again",
    );
}

#[test]
fn nesting_has_an_end() {
    const EXPECTED: &str = "expected lists and tables at most 64 deep in each other, found more";
    let deep = |n: usize| format!("{}{}", "[".repeat(n), "]".repeat(n));
    let index = |n: usize| "[0]".repeat(n);
    check(
        &with_task(&format!("post = '/'\njson = {}", deep(70))),
        &format!(
            "line 9: user_class[0].task[0].json{}[…: {EXPECTED}",
            index(31)
        ),
    );
    check_json(&deep(70), &format!("line 1: {}…: {EXPECTED}", index(40)));
    check_json(&deep(1000), &format!("line 1: {}…: {EXPECTED}", index(40)));
    check(
        &format!("a = {}", deep(1000)),
        "line 1: not TOML: cannot recurse further; max recursion depth met",
    );
}

#[test]
fn a_text_has_an_end() {
    let long = format!("#{}", "x".repeat(10 << 20));
    check(&long, "expected a text of at most 10 MiB, found more");
    let values = "'',".repeat(100_001);
    check(
        &with_lines(&format!("tags = [{values}]")),
        "line 2: tags[99998]: expected at most 100,000 values, found more",
    );
}

#[test]
fn lines_are_counted_however_they_end() {
    let toml = "version = 1\n# ü, 🦋\nhost = 'ü'\n";
    let expected = "line 3: host: expected a URL such as http://127.0.0.1:5000, found “ü”: it must \
         start with http:// or https://";
    let toml = format!("{toml}{LOAD}{CLASS}");
    check(&toml, expected);
    check(&toml.replace('\n', "\r\n"), expected);
    check(&format!("\u{feff}{toml}"), expected);
    let toml = "version = 1\nhost = 'ü' 🦋\n";
    check(
        toml,
        "line 2: not TOML: unexpected key or value, expected newline, `#`",
    );
    check(
        &format!("\u{feff}{}", toml.replace('\n', "\r\n")),
        "line 2: not TOML: unexpected key or value, expected newline, `#`",
    );
    let json = JSON
        .replace("\"users\": 1", "\"ü🦋\": \"🦋\"")
        .replace('\n', "\r\n");
    check_json(
        &format!("\u{feff}{json}"),
        "line 3: load: unknown key “ü🦋”; expected “users”, “spawn_rate”, “stages”, \
         “arrivals”, “max_users”, “run_time”, “max_requests”, “stop_timeout”, “seed” or \
         “autostop”",
    );
}

#[test]
fn what_was_found_is_shown_on_one_line_and_cut() {
    check(
        &with_lines("\"a\\nb\" = 1"),
        "line 2: unknown key “a\\nb”; expected “version”, “load”, “host”, “thresholds”, \
         “tags”, “exclude_tags”, “request”, “tls”, “simulated”, “data”, “locustfile” or “user_class”",
    );
    check(
        &with_lines(&format!("host = '{}'", "x".repeat(10_000))),
        "line 2: host: expected a URL such as http://127.0.0.1:5000, found \
         “xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…”: \
         it must start with http:// or https://",
    );
    check(
        &with_load(&format!("users = '{}'", "x".repeat(10_000))),
        "line 6: load.users: expected a whole number from 1 to 1,000,000, found the text \
         “xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…”",
    );
    check(
        &with_lines(&format!("{} = 1", "x".repeat(10_000))),
        "line 2: unknown key \
         “xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…”; expected \
         “version”, “load”, “host”, “thresholds”, “tags”, “exclude_tags”, “request”, \
         “tls”, “simulated”, “data”, “locustfile” or “user_class”",
    );
}

#[test]
fn a_header_that_the_client_owns_is_told_at_its_line() {
    check(
        &with_task(
            "post = '/'\nbody = 'a'\n[user_class.task.headers]\nAccept = '*/*'\nContent-Length = '7'\nTransfer-Encoding = 'chunked'\nX-Y = 1",
        ),
        "line 12: user_class[0].task[0].headers.Content-Length: expected no header \
         content-length: the length of the body is always sent; leave it out\n\
         line 13: user_class[0].task[0].headers.Transfer-Encoding: expected no header \
         transfer-encoding: a body is sent with its length; leave it out\n\
         line 14: user_class[0].task[0].headers.X-Y: expected a text, found the number 1",
    );
    check(
        &with_task("get = '/'\nheaders = [['a', '1'], ['TE', 'trailers']]"),
        "line 9: user_class[0].task[0].headers[1]: expected no header te: no trailers are read; \
         leave it out",
    );
    check(
        &with_lines("request = { headers = { Connection = 'keep-alive' } }"),
        "line 2: request.headers.Connection: expected no header connection: connections are \
         kept by themselves; leave it out, or write “close” for a connection per request",
    );
}

#[test]
fn a_header_of_the_client_that_says_what_is_so_is_taken() {
    let plan = with_task("post = '/'\nheaders = { Connection = 'Close', Content-Length = '0' }");
    assert!(Plan::from_toml(&plan).is_ok());
    for name in ["Cookie", "Host", "Accept-Encoding", "Proxy-Authorization"] {
        let plan = with_task(&format!("get = '/'\nheaders = {{ {name} = 'a' }}"));
        assert!(Plan::from_toml(&plan).is_ok(), "{name}");
    }
}
