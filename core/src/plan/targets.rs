//! What a plan loads: the hosts that its requests really go to.

mod near;

use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use self::near::is_near;
use super::{BaseUrl, Draft, Plan, RequestStep, Target, UrlTemplate, is_absolute, origin};
use crate::http::origin::Origin;

/// The hosts that the requests of a plan go to.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Targets {
    /// Base URLs as the plan has them, and the origins of URLs that name a host of their own, each
    /// once, in the order in which requests come up. Where an answer or data say where a request
    /// goes, it is the placeholder. Empty if nothing leaves this machine.
    pub hosts: Vec<String>,
}

impl Targets {
    /// What `plan` loads, whatever the weights are: an edit of a run may change these.
    ///
    /// A plan that names no host loads the simulated API with all its requests, whatever their URLs
    /// say.
    pub fn of(plan: &Plan) -> Self {
        let mut targets = Self::default();
        let classes = plan.user_classes.as_slice();
        if let Some(file) = &plan.locustfile {
            // Only the file knows its requests.
            let of_plan = match &plan.target {
                Some(Target::BaseUrl(host)) => Some(host),
                _ => None,
            };
            let hosts = classes.iter().filter_map(|it| plan.base_url(it));
            for host in of_plan.into_iter().chain(hosts) {
                targets.add(host.to_string());
            }
            if !targets.is_simulated() {
                for host in &file.hosts {
                    targets.add(host.to_string());
                }
            }
            return targets;
        }
        if classes.iter().all(|it| plan.base_url(it).is_none()) {
            return targets;
        }
        for (class, request) in plan.requests() {
            targets.add_request(request, plan.base_url(class));
        }
        targets
    }

    /// What the plan of a report loads. Of one that this version cannot run, it is what its hosts say.
    pub fn of_draft(draft: &Draft) -> Self {
        if let Ok(plan) = Plan::from_json(&draft.to_json()) {
            return Self::of(&plan);
        }
        let host = |table: &Value| table.get("host")?.as_str().map(str::to_owned);
        let of_plan = draft.keys.get("host").and_then(Value::as_str);
        let classes = draft.keys.get("user_class").and_then(Value::as_array);
        let mut targets = Self::default();
        let of_classes = classes.into_iter().flatten().filter_map(host);
        for host in of_plan.map(str::to_owned).into_iter().chain(of_classes) {
            targets.add(host);
        }
        targets
    }

    /// Whether all requests go to the simulated API.
    pub fn is_simulated(&self) -> bool {
        self.hosts.is_empty()
    }

    /// All hosts, in words; `None` is the simulated API.
    pub fn label(&self) -> Option<String> {
        (!self.is_simulated()).then(|| self.hosts.join(", "))
    }

    /// The hosts that are not of this machine or network, or may not be.
    pub fn foreign(&self) -> impl Iterator<Item = &str> {
        let is_foreign = |it: &&str| !Origin::of(it).is_some_and(|it| is_near(&it));
        self.hosts.iter().map(String::as_str).filter(is_foreign)
    }

    /// Whether a person who knows these hosts knows that `origin` is loaded: it is one of them, or of this
    /// machine or network.
    pub fn cover(&self, origin: &Origin) -> bool {
        let is_it = |host: &String| Origin::of(host).as_ref() == Some(origin);
        is_near(origin) || self.hosts.iter().any(is_it)
    }

    fn add_request(&mut self, request: &RequestStep, base_url: Option<&BaseUrl>) {
        let own = own_host(&request.url);
        let base_url = base_url.filter(|it| match &own {
            Some(host) => lower_origin(it.as_str()) == *host,
            None => true,
        });
        if let Some(host) = base_url.map(ToString::to_string).or(own) {
            self.add(host);
        }
    }

    fn add(&mut self, host: String) {
        if !self.hosts.contains(&host) {
            self.hosts.push(host);
        }
    }
}

/// The host that a URL names itself; `None` for a path. A URL that begins with a placeholder may go
/// anywhere.
fn own_host(url: &UrlTemplate) -> Option<String> {
    let url = url.as_str();
    if is_absolute(url) {
        return Some(lower_origin(url));
    }
    let (placeholder, _) = url.strip_prefix("{{")?.split_once("}}")?;
    Some(format!("{{{{{}}}}}", placeholder.trim()))
}

/// The origin of a URL in lower case, but for placeholders.
fn lower_origin(url: &str) -> String {
    let origin = origin(url);
    if !origin.contains("{{") {
        return origin.to_ascii_lowercase();
    }
    let (scheme, authority) = origin.split_once("://").unwrap_or_default();
    format!("{}://{authority}", scheme.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(lines: &str, expected: &[&str]) {
        let toml = format!("version = 1\nload = {{ users = 1, spawn_rate = 1 }}\n{lines}");
        let plan = Plan::from_toml(&toml).unwrap_or_else(|errors| panic!("{errors}\n\n{toml}"));
        assert_eq!(Targets::of(&plan).hosts, expected, "{toml}");
        assert_eq!(
            Targets::of_draft(&Draft::from_toml(&toml).unwrap()).hosts,
            expected
        );
    }

    fn class(name: &str, lines: &str) -> String {
        format!("[[user_class]]\nname = '{name}'\n{lines}\n")
    }

    #[test]
    fn paths_go_to_the_host_of_the_plan_or_of_the_class() {
        let of_plan = class("A", "task = [{ get = '/' }]");
        let own = class("B", "host = 'http://b.test/api'\ntask = [{ get = '/' }]");
        check(&of_plan, &[]);
        check(&format!("simulated = {{}}\n{of_plan}"), &[]);
        check(
            &format!("host = 'http://a.test'\n{of_plan}"),
            &["http://a.test"],
        );
        check(
            &format!("host = 'http://a.test'\n{of_plan}{own}"),
            &["http://a.test", "http://b.test/api"],
        );
        // Nothing goes to a host that every class has its own in place of.
        check(
            &format!("host = 'http://a.test'\n{own}"),
            &["http://b.test/api"],
        );
    }

    #[test]
    fn whole_urls_go_where_they_say() {
        let lines = "on_start = [{ get = 'HTTPS://Login.test:8443/in?a=b' }]\n\
                     on_stop = [{ get = 'http://{{data.host}}:81/x' }]\n\
                     task = [{ steps = [{ get = '{{ data.next }}?x=1' }, { get = 'http://a.test/y' }] }]";
        check(
            &format!("host = 'http://a.test/api'\n{}", class("A", lines)),
            &[
                "https://login.test:8443",
                "{{data.next}}",
                "http://a.test/api",
                "http://{{data.host}}:81",
            ],
        );
        // The simulated API answers whatever is asked for.
        check(&class("A", "task = [{ get = 'http://b.test/' }]"), &[]);
    }

    #[test]
    fn hosts_that_data_name_are_foreign() {
        let lines = "task = [{ get = '{{ data.next }}' }, { get = 'http://{{data.host}}/' }]";
        let plan = format!(
            "version = 1\nload = {{ users = 1, spawn_rate = 1 }}\nhost = 'http://localhost:81/api'\n{}{}",
            class("A", "task = [{ get = '/' }, { get = 'https://a.test' }]"),
            class("B", lines)
        );
        let targets = Targets::of(&Plan::from_toml(&plan).unwrap());
        let foreign: Vec<&str> = targets.foreign().collect();
        let expected = ["https://a.test", "{{data.next}}", "http://{{data.host}}"];
        assert_eq!(foreign, expected);
        assert_eq!(Targets::default().foreign().count(), 0);
    }

    #[test]
    fn tasks_that_the_tags_leave_out_load_nothing() {
        let lines = "task = [{ get = 'http://b.test/', tags = ['x'] },\n\
                     { tags = ['y'], task = [{ get = '/' }, { get = 'http://c.test' }] }]";
        let host = "host = 'http://a.test'";
        let class = class("A", lines);
        check(
            &format!("{host}\ntags = ['y']\n{class}"),
            &["http://a.test", "http://c.test"],
        );
        check(
            &format!("{host}\ntags = ['x']\n{class}"),
            &["http://b.test"],
        );
        // A set of which no task is left is never begun.
        let on_start = class.replace("tags = ['y']", "on_start = [{ get = '/' }], tags = ['y']");
        check(
            &format!("{host}\ntags = ['x']\n{on_start}"),
            &["http://b.test"],
        );
    }

    #[test]
    fn the_hosts_of_a_plan_that_cannot_run_are_those_it_names() {
        let draft = "host = 'http://a.test'\nuser_class = [{}, { host = 'http://b.test' }, 7]";
        let targets = Targets::of_draft(&Draft::from_toml(draft).unwrap());
        assert_eq!(targets.label().unwrap(), "http://a.test, http://b.test");
        assert_eq!(Targets::of_draft(&Draft::default()).label(), None);
    }
}
