//! The rooms of a package as a drawing in text, with how many there are.

use super::arrows::{PackageArrows, circles};
use super::findings::is_upward;
use super::package::Package;
use super::table::Floors;

/// Draws a package: its counts, its floors from top to bottom, a line each, and its exceptions.
pub(crate) fn draw(package: &Package, arrows: &PackageArrows, floors: &Floors) -> String {
    let mut drawing = format!("{}: {}\n", package.folder, counts(package, arrows, floors));
    for floor in &floors.floors {
        drawing += &format!("│ {}\n", floor.join("   "));
    }
    for exception in &floors.upward {
        drawing += &format!(
            "↑ {} → {}: {}\n",
            exception.from, exception.to, exception.reason
        );
    }
    drawing
}

fn counts(package: &Package, arrows: &PackageArrows, floors: &Floors) -> String {
    let upward = arrows.rooms.keys();
    let n_upward = upward
        .filter(|(from, to)| is_upward(floors, from, to))
        .count();
    let circles = circles(&arrows.files);
    let largest = match circles.first() {
        Some(circle) => format!(", the largest of {}", circle.len()),
        None => String::new(),
    };
    format!(
        "{} rooms, {} arrows, {n_upward} of them upward; circles of files: {}{largest}",
        package.rooms().len(),
        arrows.rooms.len(),
        circles.len(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rooms::table;
    use crate::rooms::testing::package;

    #[test]
    fn floors_are_drawn_from_top_to_bottom() {
        let package = package(&[
            ("src/lib.rs", "mod plan; mod time; mod rng;"),
            ("src/plan.rs", "use crate::time::T; use crate::rng::R;"),
            ("src/time.rs", "use crate::plan::P;"),
            ("src/rng.rs", ""),
        ]);
        let table = "[core]
            floors = [[\"plan\"], [\"time\", \"rng\"]]
            upward = [{ from = \"time\", to = \"plan\", reason = \"it is a test\" }]";
        let table = table::parse(table).unwrap();
        let drawing = draw(&package, &PackageArrows::of(&package), &table["core"]);
        let expected = "\
core: 3 rooms, 3 arrows, 1 of them upward; circles of files: 1, the largest of 2
│ plan
│ time   rng
↑ time → plan: it is a test
";
        assert_eq!(drawing, expected);
    }
}
