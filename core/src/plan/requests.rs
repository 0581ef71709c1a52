//! Which requests the users of a plan may send.

use super::{Plan, RequestStep, Step, TaskSet, UserClass, Work};

impl Plan {
    /// The requests that users may send, with their classes, in the order in which they come up,
    /// whatever the shares of the classes are.
    ///
    /// They are those of tasks that the tags choose. A set of which no task is left that has a weight
    /// is never begun, so it has none.
    pub(crate) fn requests(&self) -> Vec<(&UserClass, &RequestStep)> {
        let of_class = |class| {
            let mut requests = Vec::new();
            self.add_set(&mut requests, class, &[]);
            requests
        };
        let classes = self.user_classes.as_slice().iter();
        classes
            .flat_map(|class| of_class(&class.set).into_iter().map(move |it| (class, it)))
            .collect()
    }

    /// Adds the requests of a set below these tags, and returns whether it has a task left.
    fn add_set<'p>(
        &self,
        requests: &mut Vec<&'p RequestStep>,
        set: &'p TaskSet,
        tags: &[&str],
    ) -> bool {
        let n_before = requests.len();
        let mut can_run = false;
        add_steps(requests, &set.on_start);
        for task in set.tasks.as_slice() {
            let own = task.tags.iter().map(String::as_str);
            let tags: Vec<&str> = tags.iter().copied().chain(own).collect();
            let is_left = match &task.work {
                Work::Set(set, _) => self.add_set(requests, set, &tags),
                Work::Steps(_) if !self.tags.choose(&tags) => false,
                Work::Steps(steps) => {
                    add_steps(requests, steps);
                    true
                }
            };
            can_run |= is_left && 0 < task.weight;
        }
        add_steps(requests, &set.on_stop);
        if !can_run {
            requests.truncate(n_before);
        }
        can_run
    }
}

fn add_steps<'p>(requests: &mut Vec<&'p RequestStep>, steps: &'p [Step]) {
    requests.extend(steps.iter().filter_map(|step| match step {
        Step::Request(request) => Some(&**request),
        Step::Wait(_) => None,
    }));
}
