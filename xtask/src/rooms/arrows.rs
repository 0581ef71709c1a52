//! Who uses whom: arrows between rooms and between files, and circles of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::package::Package;
use super::resolve::resolve;

/// A line of a file.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Place {
    /// Below the top of the repository.
    pub(crate) file: String,
    pub(crate) line: usize,
}

/// Which names use which others, and where.
pub(crate) type Arrows = BTreeMap<(String, String), BTreeSet<Place>>;

/// What a room uses that is in no room.
pub(crate) const ROOT: &str = "the root";

/// The arrows of a package.
pub(crate) struct PackageArrows {
    /// Between rooms, and from rooms to the [`ROOT`], which is above them all.
    pub(crate) rooms: Arrows,
    /// Between files. A module, its parents and what is in it are one thing, so they have none.
    pub(crate) files: Arrows,
}

impl PackageArrows {
    /// Finds them.
    pub(crate) fn of(package: &Package) -> Self {
        let mut arrows = Self {
            rooms: Arrows::new(),
            files: Arrows::new(),
        };
        for (from, module) in package.modules.iter().enumerate() {
            for (names, line) in &module.found.references {
                if let Some(to) = resolve(package, from, names) {
                    arrows.add(package, (from, to), *line);
                }
            }
        }
        arrows
    }

    fn add(&mut self, package: &Package, (from, to): (usize, usize), line: usize) {
        let (from, to) = (&package.modules[from], &package.modules[to]);
        let below = |file: &str| format!("{}/{file}", package.folder);
        let place = Place {
            file: below(&from.file),
            line,
        };
        if let Some(room) = from.room()
            && from.room() != to.room()
        {
            let arrow = (room.to_owned(), to.room().unwrap_or(ROOT).to_owned());
            self.rooms.entry(arrow).or_default().insert(place.clone());
        }
        let are_one = from.path.starts_with(&to.path) || to.path.starts_with(&from.path);
        if !are_one && from.file != to.file {
            let arrow = (place.file.clone(), below(&to.file));
            self.files.entry(arrow).or_default().insert(place);
        }
    }
}

/// Groups of names that all use each other, directly or through others; the largest first.
pub(crate) fn circles(arrows: &Arrows) -> Vec<BTreeSet<&str>> {
    let names: BTreeSet<&str> = arrows.keys().map(|(from, _)| from.as_str()).collect();
    let reached: BTreeMap<&str, BTreeSet<&str>> = names
        .iter()
        .map(|name| (*name, reached_from(arrows, name)))
        .collect();
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for name in names {
        let is_mutual = |other: &&str| reached.get(other).is_some_and(|it| it.contains(name));
        let circle: BTreeSet<&str> = reached[name].iter().copied().filter(is_mutual).collect();
        if !circle.is_empty() && !circles.contains(&circle) {
            circles.push(circle);
        }
    }
    circles.sort_by_key(|it| std::cmp::Reverse(it.len()));
    circles
}

/// The shortest way from a name of a circle back to it, as arrows.
pub(crate) fn shortest_round<'a>(
    arrows: &'a Arrows,
    circle: &BTreeSet<&'a str>,
) -> Vec<(&'a str, &'a str)> {
    let rounds = circle.iter().filter_map(|name| round(arrows, name));
    rounds.min_by_key(Vec::len).unwrap_or_default()
}

fn round<'a>(arrows: &'a Arrows, name: &'a str) -> Option<Vec<(&'a str, &'a str)>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([name]);
    while let Some(at) = queue.pop_front() {
        for next in used_by(arrows, at) {
            if next == name {
                return Some(way(&came_from, at, name));
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, at);
                queue.push_back(next);
            }
        }
    }
    None
}

/// The arrows from `name` to `last`, and back to `name`.
fn way<'a>(
    came_from: &BTreeMap<&'a str, &'a str>,
    last: &'a str,
    name: &'a str,
) -> Vec<(&'a str, &'a str)> {
    let mut way = vec![(last, name)];
    let mut at = last;
    while at != name {
        let before = came_from[at];
        way.push((before, at));
        at = before;
    }
    way.reverse();
    way
}

fn used_by<'a>(arrows: &'a Arrows, name: &str) -> impl Iterator<Item = &'a str> {
    // Not a range: its ends would have to be owned.
    let own = arrows.keys().filter(move |(from, _)| from == name);
    own.map(|(_, to)| to.as_str())
}

fn reached_from<'a>(arrows: &'a Arrows, name: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = used_by(arrows, name).collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(used_by(arrows, next));
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::testing::package;

    #[track_caller]
    fn check(sources: &[(&str, &str)], rooms: &[&str], files: &[&str]) {
        let arrows = PackageArrows::of(&package(sources));
        let drawn = |arrows: Arrows| -> Vec<String> {
            let places = arrows.into_iter().flat_map(|((from, to), places)| {
                let arrow =
                    move |place: Place| format!("{from} → {to} at {}:{}", place.file, place.line);
                places.into_iter().map(arrow)
            });
            places.collect()
        };
        assert_eq!(drawn(arrows.rooms), rooms);
        assert_eq!(drawn(arrows.files), files);
    }

    #[test]
    fn an_arrow_has_its_place() {
        check(
            &[
                ("src/lib.rs", "mod a; mod b;"),
                ("src/a.rs", "\nuse crate::b::B;"),
                ("src/b.rs", "pub struct B;"),
            ],
            &["a → b at core/src/a.rs:2"],
            &["core/src/a.rs → core/src/b.rs at core/src/a.rs:2"],
        );
    }

    #[test]
    fn html_has_arrows_too() {
        check(
            &[
                ("src/lib.rs", "mod a; mod b;"),
                (
                    "src/a.rs",
                    "fn f() -> Html { html! { <p>{ crate::b::text() }</p> } }",
                ),
                ("src/b.rs", "pub fn text() {}"),
            ],
            &["a → b at core/src/a.rs:1"],
            &["core/src/a.rs → core/src/b.rs at core/src/a.rs:1"],
        );
    }

    #[test]
    fn within_a_room_there_are_arrows_between_sisters_only() {
        check(
            &[
                ("src/lib.rs", "mod a; use a::b::B;"),
                ("src/a.rs", "mod b; mod c; use b::B;"),
                ("src/a/b.rs", "use super::c::C; use super::A; pub struct B;"),
                ("src/a/c.rs", "pub struct C;"),
            ],
            &[],
            &["core/src/a/b.rs → core/src/a/c.rs at core/src/a/b.rs:1"],
        );
    }

    #[test]
    fn what_a_room_uses_of_the_root_is_an_arrow() {
        check(
            &[
                ("src/lib.rs", "mod a; pub struct Root;"),
                ("src/a.rs", "use crate::Root;"),
            ],
            &["a → the root at core/src/a.rs:1"],
            &[],
        );
    }

    #[test]
    fn a_circle_has_all_that_use_each_other_and_a_shortest_round() {
        let arrows: Arrows = ["ab", "bc", "ca", "cb", "cd", "de"]
            .map(|it| {
                let (from, to) = it.split_at(1);
                ((from.to_owned(), to.to_owned()), BTreeSet::new())
            })
            .into();
        let circles = circles(&arrows);
        assert_eq!(circles, [BTreeSet::from(["a", "b", "c"])]);
        let round = shortest_round(&arrows, &circles[0]);
        assert_eq!(round, [("b", "c"), ("c", "b")]);
    }
}
