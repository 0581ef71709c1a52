//! The examples in `docs/plan.md`.

use super::*;

const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/plan.md"));

/// The examples in a notation, each with the line before its first.
fn blocks(notation: &str) -> Vec<(usize, String)> {
    let start = format!("```{notation}");
    let lines: Vec<&str> = PAGE.lines().collect();
    let starts = (0..lines.len()).filter(|&at| lines[at] == start);
    let blocks = starts.map(|at| {
        let block = lines[at + 1..].iter().take_while(|it| **it != "```");
        let block: String = block.map(|it| format!("{it}\n")).collect();
        (at + 1, block)
    });
    blocks.collect()
}

/// A whole plan as it is; to any other, what it lacks of the three things that every plan has.
fn completed(block: &str) -> String {
    let has = |line: &str| block.lines().any(|it| it == line);
    if has("version = 1") {
        return block.to_owned();
    }
    let load = if has("[load]") { "" } else { LOAD };
    let class = if has("[[user_class]]") { "" } else { CLASS };
    format!("version = 1\n{block}{load}{class}")
}

#[test]
fn every_example_in_toml_is_a_plan() {
    let blocks = blocks("toml");
    assert!(10 < blocks.len());
    for (line, block) in blocks {
        if let Err(errors) = Plan::from_toml(&completed(&block)) {
            panic!("docs/plan.md, after line {line}: {errors}\n\nin:\n{block}");
        }
    }
}

#[test]
fn every_example_in_json_is_a_plan() {
    for (line, block) in blocks("json") {
        if let Err(errors) = Plan::from_json(&block) {
            panic!("docs/plan.md, after line {line}: {errors}\n\nin:\n{block}");
        }
    }
}

/// Every key of the schema is in the page, in quotes of code.
#[test]
fn every_key_is_described() {
    for (table, keys) in super::schema::keys_by_table() {
        for key in keys {
            assert!(PAGE.contains(&format!("`{key}`")), "{table}: {key}");
        }
    }
}
