//! What many requests have in common, numbered, so that none of them needs to look it up: the origin
//! that it goes to, and its row of the statistics.

use crate::http::origin::Origin;
use crate::http::request::RequestName;

/// The place of an origin among those of a program or a shard.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct OriginIdx(u32);

impl OriginIdx {
    /// The place of [`Origin::OTHER`].
    pub(crate) const OTHER: Self = Self(0);

    pub(crate) fn new(index: usize) -> Self {
        Self(super::index(index))
    }

    pub(crate) fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// The place of a request name among those of a program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct NameIdx(u32);

impl NameIdx {
    pub(crate) fn as_usize(self) -> usize {
        self.0 as usize
    }
}

/// What is known of a request before its placeholders are filled.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Route {
    /// Where it goes; `None` if a placeholder says so.
    pub(crate) origin: Option<OriginIdx>,
    /// Its row of the statistics; `None` if a placeholder is in the name.
    pub(crate) name: Option<NameIdx>,
}

/// All origins and request names of a program that are known before the run.
#[derive(Debug)]
pub(crate) struct Routes {
    is_simulated: bool,
    // The first is `Origin::OTHER`.
    origins: Vec<Origin>,
    // In the order in which they come up in the plan.
    names: Vec<RequestName>,
}

impl Routes {
    /// `is_simulated` says that all requests go to the simulated API, whatever their URLs say.
    pub(crate) fn new(is_simulated: bool) -> Self {
        Self {
            is_simulated,
            origins: vec![Origin::OTHER],
            names: Vec::new(),
        }
    }

    /// The route of a request to `origin` that is counted as `name`, as far as these are known. What is
    /// new of it gets a number.
    pub(crate) fn add(&mut self, origin: Option<Origin>, name: Option<RequestName>) -> Route {
        let origin = if self.is_simulated {
            Some(Origin::OTHER)
        } else {
            origin
        };
        let origin_idx = |origin| OriginIdx::new(place(&mut self.origins, origin));
        Route {
            origin: origin.map(origin_idx),
            name: name.map(|it| NameIdx(super::index(place(&mut self.names, it)))),
        }
    }

    pub(crate) fn origins(&self) -> &[Origin] {
        &self.origins
    }

    pub(crate) fn names(&self) -> &[RequestName] {
        &self.names
    }
}

/// The index of `item`, which is added if it is not there.
fn place<T: PartialEq>(items: &mut Vec<T>, item: T) -> usize {
    let known = items.iter().position(|it| *it == item);
    known.unwrap_or_else(|| {
        items.push(item);
        items.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use crate::plan::Plan;
    use crate::running::program::Program;

    /// The origins that a program knows, after that of all others.
    #[track_caller]
    fn check(host: &str, expected: &[&str]) {
        let class = "[[user_class]]\nname = 'A'\ntask = [{ get = '/a' }, { get = '/{{uuid()}}' }, \
                     { get = 'http://A.test:80/{{uuid()}}' }, { get = 'https://a.test' }, \
                     { get = 'http://{{uuid()}}.test/' }, { get = '{{uuid()}}' }]";
        let plan = format!("version = 1\nload = {{ users = 1, spawn_rate = 1 }}\n{host}\n{class}");
        let plan = Plan::from_toml(&plan).unwrap();
        let program = Program::new(&plan, |_| Err("no files".to_owned())).unwrap();
        let origins = program.routes.origins().iter().map(ToString::to_string);
        assert_eq!(origins.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn origins_without_a_placeholder_are_numbered() {
        check(
            "host = 'http://a.test/api'",
            &["", "http://a.test:80", "https://a.test:443"],
        );
        check("", &[""]);
    }
}
