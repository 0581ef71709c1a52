//! What is wrong with the rooms of a package, and what to do about it.

use std::collections::{BTreeMap, BTreeSet};

use super::arrows::{Arrows, PackageArrows, Place, ROOT, circles, shortest_round};
use super::package::Package;
use super::table::Floors;

/// All that is wrong, in sentences.
pub(crate) fn find(package: &Package, arrows: &PackageArrows, floors: &Floors) -> Vec<String> {
    let mut findings = table_findings(package, floors);
    findings.extend(direction_findings(arrows, floors));
    findings.extend(exception_findings(package, arrows, floors));
    findings.extend(circle_findings(
        &arrows.rooms,
        "rooms",
        "move what one of them needs of the next to a room below both, or make them one room",
    ));
    findings.extend(circle_findings(
        &arrows.files,
        "files",
        "move what one of them needs of the next to a file that uses neither",
    ));
    findings
}

/// Whether an arrow is neither to a lower floor nor to a room that the table does not have.
pub(crate) fn is_upward(floors: &Floors, from: &str, to: &str) -> bool {
    if to == ROOT {
        return true;
    }
    let heights = floors.height(from).zip(floors.height(to));
    heights.is_some_and(|(from, to)| from <= to)
}

fn table_findings(package: &Package, floors: &Floors) -> Vec<String> {
    let folder = &package.folder;
    let rooms = package.rooms();
    let mut findings = Vec::new();
    for module in package.modules.iter().filter(|it| it.path.len() == 1) {
        let room = &module.path[0];
        if floors.height(room).is_none() {
            findings.push(format!(
                "{folder}/{}:1: the room {room} is on no floor; put it into rooms.toml, below all \
                 that use it and above all that it uses",
                module.file
            ));
        }
    }
    let mut seen = BTreeSet::new();
    for room in floors.rooms() {
        if !rooms.contains(room) {
            findings.push(format!(
                "rooms.toml: {folder} has no room {room}; take it from its floor"
            ));
        }
        if !seen.insert(room) {
            findings.push(format!(
                "rooms.toml: {folder} has the room {room} twice; take it from one of its floors"
            ));
        }
    }
    findings
}

fn direction_findings(arrows: &PackageArrows, floors: &Floors) -> Vec<String> {
    let mut findings = Vec::new();
    for ((from, to), places) in &arrows.rooms {
        let is_allowed = floors
            .upward
            .iter()
            .any(|it| it.from == *from && it.to == *to);
        if !is_upward(floors, from, to) || is_allowed {
            continue;
        }
        let runs = if to == ROOT {
            "uses the root, which is above all rooms; move what it uses to a room below it"
        } else if floors.height(from) == floors.height(to) {
            "is an arrow along a floor, whose rooms do not know each other; \
             put one of them on another floor, or move what both need to a lower one"
        } else {
            "is an arrow upward; move what is needed to a lower room, or hand it over from above"
        };
        findings.push(format!("{}: {from} → {to} {runs}", listed(places)));
    }
    findings
}

fn exception_findings(package: &Package, arrows: &PackageArrows, floors: &Floors) -> Vec<String> {
    let is_stale = |from: &str, to: &str| {
        let arrow = (from.to_owned(), to.to_owned());
        !arrows.rooms.contains_key(&arrow) || !is_upward(floors, from, to)
    };
    let stale = floors.upward.iter().filter(|it| is_stale(&it.from, &it.to));
    let finding = |it: &super::table::Exception| {
        format!(
            "rooms.toml: {} has no arrow {} → {} upward; take it from its exceptions",
            package.folder, it.from, it.to
        )
    };
    stale.map(finding).collect()
}

fn circle_findings(arrows: &Arrows, of: &str, remedy: &str) -> Vec<String> {
    let finding = |circle: BTreeSet<&str>| {
        let steps: Vec<String> = shortest_round(arrows, &circle)
            .into_iter()
            .map(|(from, to)| {
                let places = &arrows[&(from.to_owned(), to.to_owned())];
                format!("{}: {from} → {to}", listed(places))
            })
            .collect();
        let names: Vec<&str> = circle.into_iter().collect();
        format!(
            "{} {of} are a circle: {}; {remedy}. The shortest round:\n    {}",
            names.len(),
            names.join(", "),
            steps.join("\n    ")
        )
    };
    circles(arrows).into_iter().map(finding).collect()
}

/// The places, as `core/src/plan/mod.rs:3,17`, of each file the first lines, which are enough to find
/// the others.
fn listed(places: &BTreeSet<Place>) -> String {
    const MAX: usize = 5;
    let mut lines: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for place in places {
        let lines = lines.entry(&place.file).or_default();
        match lines.len() {
            ..MAX => lines.push(place.line.to_string()),
            MAX => lines.push("…".to_owned()),
            _ => (),
        }
    }
    let listed = lines
        .iter()
        .map(|(file, lines)| format!("{file}:{}", lines.join(",")));
    listed.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::table;
    use crate::rooms::testing::package;

    /// Finds in a library of the rooms `a` and `b`, whose floors are `floors`.
    #[track_caller]
    fn check(a: &str, b: &str, floors: &str, expected: &[&str]) {
        let package = package(&[
            ("src/lib.rs", "mod a; mod b; pub struct Root;"),
            ("src/a.rs", a),
            ("src/b.rs", b),
        ]);
        let table = table::parse(&format!("[core]\n{floors}")).unwrap();
        let findings = find(&package, &PackageArrows::of(&package), &table["core"]);
        assert_eq!(findings, expected);
    }

    const A_ABOVE_B: &str = "floors = [[\"a\"], [\"b\"]]";
    const USE_A: &str = "use crate::a::A;";
    const USE_B: &str = "use crate::b::B;";

    #[test]
    fn an_arrow_downward_is_right() {
        check(USE_B, "", A_ABOVE_B, &[]);
    }

    #[test]
    fn a_room_on_no_floor_is_found() {
        check(
            USE_B,
            "",
            "floors = [[\"a\"]]",
            &[
                "core/src/b.rs:1: the room b is on no floor; put it into rooms.toml, below all \
                that use it and above all that it uses",
            ],
        );
    }

    #[test]
    fn a_room_that_does_not_exist_is_found() {
        check(
            "",
            "",
            "floors = [[\"a\", \"c\"], [\"b\"]]",
            &["rooms.toml: core has no room c; take it from its floor"],
        );
    }

    #[test]
    fn a_room_on_two_floors_is_found() {
        check(
            "",
            "",
            "floors = [[\"a\"], [\"a\", \"b\"]]",
            &["rooms.toml: core has the room a twice; take it from one of its floors"],
        );
    }

    #[test]
    fn an_arrow_upward_is_found() {
        check(
            "",
            "\nuse crate::a::A;\nuse crate::a::C;",
            A_ABOVE_B,
            &[
                "core/src/b.rs:2,3: b → a is an arrow upward; move what is needed to \
                a lower room, or hand it over from above",
            ],
        );
    }

    #[test]
    fn an_arrow_along_a_floor_is_found() {
        check(
            USE_B,
            "",
            "floors = [[\"a\", \"b\"]]",
            &[
                "core/src/a.rs:1: a → b is an arrow along a floor, whose rooms do not know each \
                other; put one of them on another floor, or move what both need to a lower one",
            ],
        );
    }

    #[test]
    fn an_arrow_to_the_root_is_found() {
        check(
            "",
            "use crate::Root;",
            A_ABOVE_B,
            &[
                "core/src/b.rs:1: b → the root uses the root, which is above all rooms; move what it \
                uses to a room below it",
            ],
        );
    }

    const EXCEPTION: &str = "floors = [[\"a\"], [\"b\"]]
        upward = [{ from = \"b\", to = \"a\", reason = \"it is a test\" }]";

    #[test]
    fn a_declared_arrow_may_run_upward() {
        check("", USE_A, EXCEPTION, &[]);
    }

    #[test]
    fn an_exception_that_is_not_needed_is_found() {
        check(
            USE_B,
            "",
            EXCEPTION,
            &["rooms.toml: core has no arrow b → a upward; take it from its exceptions"],
        );
    }

    #[test]
    fn circles_are_found_even_where_an_arrow_may_run_upward() {
        check(
            USE_B,
            USE_A,
            EXCEPTION,
            &[
                "2 rooms are a circle: a, b; move what one of them needs of the next to a room below \
                both, or make them one room. The shortest round:\n    \
                core/src/a.rs:1: a → b\n    core/src/b.rs:1: b → a",
                "2 files are a circle: core/src/a.rs, core/src/b.rs; move what one of them needs of the \
                next to a file that uses neither. The shortest round:\n    \
                core/src/a.rs:1: core/src/a.rs → core/src/b.rs\n    \
                core/src/b.rs:1: core/src/b.rs → core/src/a.rs",
            ],
        );
    }

    #[test]
    fn a_circle_of_files_within_a_room_is_found() {
        let package = package(&[
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod b; mod c;"),
            ("src/a/b.rs", "use super::c::C;"),
            ("src/a/c.rs", "use super::b::B;"),
        ]);
        let table = table::parse("[core]\nfloors = [[\"a\"]]").unwrap();
        let findings = find(&package, &PackageArrows::of(&package), &table["core"]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].starts_with("2 files are a circle"));
    }
}
