//! What a run may send in all, as far as its plan says it: for a person who is asked whether it may start.

use serde::{Deserialize, Serialize};

use crate::plan::wait::{WaitRule, WaitTime};
use crate::plan::{Plan, Step, Task, TaskSet, UserClass, Work};
use crate::schedule::class_mix::ClassMix;
use crate::schedule::load_line::{LoadLine, LoadUnit};

/// The load of a run before it starts.
///
/// Of the closed model it is what comes if every answer comes at once, so a run sends no more; of the
/// open one it is the mean. Tasks that Python does have requests that only Python knows.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Forecast {
    /// The most there is at once.
    pub peak: Peak,
    /// Requests per second at the peak; `None` if nothing limits them but the answers.
    pub rate: Option<f64>,
    /// Requests in all; `None` if nothing limits them but the answers, or the run has no end.
    pub requests: Option<f64>,
}

/// The most load at once.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Peak {
    /// Of what.
    pub unit: LoadUnit,
    /// How much.
    pub level: f64,
}

impl Peak {
    /// The most of a line.
    pub fn of(line: &LoadLine) -> Self {
        let levels = line.points.iter().map(|it| it.1);
        Self {
            unit: line.unit,
            level: levels.fold(0.0, f64::max),
        }
    }
}

impl Forecast {
    /// The load of `plan`, whose line is `line`.
    pub fn new(plan: &Plan, line: &LoadLine) -> Self {
        let peak = Peak::of(line);
        let class = of_classes(plan, peak);
        let per_level = class.map(|it| match line.unit {
            LoadUnit::TasksPerSecond => it.per_task,
            LoadUnit::Users => it.per_second,
        });
        let at_start = match line.unit {
            LoadUnit::TasksPerSecond => 0.0,
            // Before its first wait, each user does a task.
            LoadUnit::Users => class.map_or(0.0, |it| it.per_user + it.per_task) * peak.level,
        };
        let in_time = |per_level: f64| (line.has_end).then(|| per_level * area(line) + at_start);
        let finite = per_level.filter(|it| it.is_finite());
        let most = plan.load.max_requests.map(|it| it.get() as f64);
        let requests = finite.and_then(in_time).into_iter().chain(most);
        Self {
            peak,
            rate: finite.map(|it| it * peak.level),
            requests: requests.min_by(f64::total_cmp),
        }
    }
}

/// Users, or tasks, and seconds: what lies below the line.
fn area(line: &LoadLine) -> f64 {
    let pieces = line.points.windows(2);
    pieces
        .map(|it| (it[0].1 + it[1].1) / 2.0 * it[1].0.since(it[0].0).as_secs_f64())
        .sum()
}

/// How many requests come of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Requests {
    per_task: f64,
    /// Infinite where nothing waits.
    per_second: f64,
    /// Before the first task, and after the last.
    per_user: f64,
}

/// Of the mean user at the peak; `None` where only Python knows.
fn of_classes(plan: &Plan, peak: Peak) -> Option<Requests> {
    let classes = plan.user_classes.as_slice();
    if plan.locustfile.is_some() || classes.is_empty() {
        return None;
    }
    let of_class = |class: &UserClass| {
        let cycle = of_set(plan, &class.set, WaitTime::ZERO, &[]).unwrap_or_default();
        Requests {
            per_task: cycle.requests,
            per_second: cycle.requests / cycle.secs,
            per_user: (requests(&class.set.on_start) + requests(&class.set.on_stop)) as f64,
        }
    };
    let each = Vec::from_iter(classes.iter().map(of_class));
    let mut mix = ClassMix::new(classes);
    // More of them change the mean by less than it is known anyway.
    let n_users = (peak.level.ceil() as u32).clamp(1, MAX_USERS);
    let picks = Vec::from_iter((0..n_users).map_while(|_| mix.pick()));
    let mean = |of: fn(&Requests) -> f64| {
        let sum: f64 = picks.iter().map(|&it| of(&each[it])).sum();
        sum / picks.len().max(1) as f64
    };
    Some(Requests {
        per_task: mean(|it| it.per_task),
        per_second: mean(|it| it.per_second),
        per_user: mean(|it| it.per_user),
    })
}

/// What a task sends and how long it takes with the wait after it, on average; without answers, which
/// take no time here.
#[derive(Clone, Copy, Debug, Default)]
struct Cycle {
    requests: f64,
    secs: f64,
}

/// Of the tasks of a set; `None` if the tags leave none.
fn of_set(plan: &Plan, set: &TaskSet, around: WaitTime, tags: &[&str]) -> Option<Cycle> {
    let wait = set.wait.unwrap_or(around);
    let (mut sum, mut weights) = (Cycle::default(), 0.0);
    for task in set.tasks.as_slice().iter().filter(|it| 0 < it.weight) {
        let own = task.tags.iter().map(String::as_str);
        let tags: Vec<&str> = tags.iter().copied().chain(own).collect();
        let Some(cycle) = of_task(plan, task, wait, &tags) else {
            continue;
        };
        let weight = f64::from(task.weight);
        weights += weight;
        sum.requests += weight * cycle.requests;
        sum.secs += weight * after(cycle.secs, wait);
    }
    (0.0 < weights).then(|| Cycle {
        requests: sum.requests / weights,
        secs: sum.secs / weights,
    })
}

/// Of a task, without the wait after it.
fn of_task(plan: &Plan, task: &Task, wait: WaitTime, tags: &[&str]) -> Option<Cycle> {
    match &task.work {
        Work::Steps(steps) => plan.tags.choose(tags).then(|| of_steps(steps)),
        Work::Set(set, runs) => {
            let inner = of_set(plan, set, wait, tags)?;
            let weights = set.tasks.as_slice().iter().map(|it| it.weight);
            let runs = runs.unwrap_or_else(|| weights.fold(0, u32::saturating_add));
            let [start, stop] = [of_steps(&set.on_start), of_steps(&set.on_stop)];
            Some(Cycle {
                requests: inner.requests * f64::from(runs) + start.requests + stop.requests,
                secs: inner.secs * f64::from(runs) + start.secs + stop.secs,
            })
        }
    }
}

fn of_steps(steps: &[Step]) -> Cycle {
    let waits = steps.iter().map(|it| match it {
        Step::Request(_) => 0.0,
        Step::Wait(wait) => after(0.0, *wait),
    });
    Cycle {
        requests: requests(steps) as f64,
        secs: waits.sum(),
    }
}

fn requests(steps: &[Step]) -> usize {
    let is_request = |it: &&Step| matches!(it, Step::Request(_));
    steps.iter().filter(is_request).count()
}

/// The time from the start of a task that takes `secs` to the next one.
fn after(secs: f64, wait: WaitTime) -> f64 {
    match wait.rule() {
        WaitRule::Between(start, end) => secs + (start + end).as_secs_f64() / 2.0,
        WaitRule::Constant(length) => secs + length.as_secs_f64(),
        WaitRule::Pacing(period) => secs.max(period.as_secs_f64()),
        WaitRule::Poisson(rate) => secs + 1.0 / rate,
        WaitRule::Throughput(rate) => secs.max(1.0 / rate),
    }
}

const MAX_USERS: u32 = 1_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn of(load: &str, class: &str) -> Forecast {
        let toml = format!("version = 1\nload = {{ {load} }}\n{class}");
        let plan = Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}\n\n{toml}"));
        Forecast::new(&plan, &LoadLine::of_plan(&plan))
    }

    #[track_caller]
    fn check(load: &str, class: &str, level: f64, rate: Option<f64>, requests: Option<f64>) {
        let found = of(load, class);
        let round = |it: Option<f64>| it.map(|it| (it * 10.0).round() / 10.0);
        let expected = (level, round(rate), round(requests));
        let found = (found.peak.level, round(found.rate), round(found.requests));
        assert_eq!(found, expected, "{load}\n{class}");
    }

    const ONE: &str =
        "[[user_class]]\nname = 'A'\nwait = { constant = 2 }\ntask = [{ get = '/' }]\n";

    #[test]
    fn users_send_at_most_what_their_waits_let_them() {
        let at_once = "users = 10, spawn_rate = 1000000";
        check(at_once, ONE, 10.0, Some(5.0), None);
        let found = of(&format!("{at_once}, run_time = 60"), ONE);
        assert!(
            (309.0..=311.0).contains(&found.requests.unwrap()),
            "{found:?}"
        );
        // A ramp is half as much.
        let found = of("users = 60, spawn_rate = 1, run_time = 60", ONE);
        assert!(
            (910.0..=1010.0).contains(&found.requests.unwrap()),
            "{found:?}"
        );
    }

    #[test]
    fn without_a_wait_only_the_answers_limit_them() {
        let class = "[[user_class]]\nname = 'A'\ntask = [{ get = '/' }]\n";
        let load = "users = 10, spawn_rate = 10, run_time = 60";
        check(load, class, 10.0, None, None);
        check(
            &format!("{load}, max_requests = 7"),
            class,
            10.0,
            None,
            Some(7.0),
        );
    }

    #[test]
    fn arrivals_are_what_lies_below_their_rate() {
        let class = "[[user_class]]\nname = 'A'\n\
                     task = [{ weight = 3, get = '/' }, { steps = [{ get = '/a' }, { wait = 9 }, { post = '/b' }] }]\n";
        let load = "arrivals = [{ rate = [0, 40], duration = 10 }, { rate = 40, duration = 10 }]";
        check(load, class, 40.0, Some(50.0), Some(750.0));
        let few = load.replacen("arrivals", "max_requests = 9, arrivals", 1);
        check(&few, class, 40.0, Some(50.0), Some(9.0));
    }

    #[test]
    fn sets_tags_and_steps_count_as_they_run() {
        let class = "[[user_class]]\nname = 'A'\nwait = { constant = 1 }\n\
                     on_start = [{ get = '/login' }]\n\
                     task = [\n\
                       { get = '/out', tags = ['x'] },\n\
                       { runs = 3, wait = { pacing = 2 }, on_start = [{ get = '/in' }], task = [{ get = '/a' }] },\n\
                     ]\n";
        let toml = format!(
            "version = 1\nexclude_tags = ['x']\nload = {{ users = 1, spawn_rate = 1000000, run_time = 70 }}\n{class}"
        );
        let plan = Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}"));
        let found = Forecast::new(&plan, &LoadLine::of_plan(&plan));
        // Four requests in three paces of 2 s and a wait of 1 s.
        assert!((found.rate.unwrap() - 4.0 / 7.0).abs() < 1e-9, "{found:?}");
        assert!(
            (44.5..=45.5).contains(&found.requests.unwrap()),
            "{found:?}"
        );
    }

    #[test]
    fn classes_count_by_their_share() {
        let class = |name: &str, share: &str, wait: f64| {
            format!(
                "[[user_class]]\nname = '{name}'\n{share}\nwait = {{ constant = {wait} }}\ntask = [{{ get = '/' }}]\n"
            )
        };
        let classes = class("A", "fixed_count = 2", 0.1) + &class("B", "", 1.0);
        check("users = 4, spawn_rate = 1", &classes, 4.0, Some(22.0), None);
    }

    #[test]
    fn of_a_locustfile_only_the_peak_is_known() {
        let mut plan = Plan::from_toml(&format!(
            "version = 1\nload = {{ users = 5, spawn_rate = 5, run_time = 60 }}\n{ONE}"
        ))
        .unwrap();
        plan.locustfile = Some(crate::plan::Locustfile::default());
        let found = Forecast::new(&plan, &LoadLine::of_plan(&plan));
        assert_eq!(
            (found.peak.level, found.rate, found.requests),
            (5.0, None, None)
        );
    }
}
