use super::*;
use crate::plan::Plan;
use crate::schedule::class_mix::ClassMix;

/// One line for each class and task: how deep it is, its part in percent, and of everything.
#[track_caller]
fn check(toml: &str, expected: &[&str]) {
    let mut lines = Vec::new();
    describe(&ratios(&Draft::from_toml(toml).unwrap()), 0, &mut lines);
    assert_eq!(lines, expected);
}

fn describe(ratios: &[Ratio], depth: usize, lines: &mut Vec<String>) {
    for it in ratios {
        let (ratio, total) = (it.ratio * 100.0, it.total * 100.0);
        let indent = "  ".repeat(depth);
        lines.push(format!("{indent}{ratio:.1} {total:.1} {}", it.name));
        describe(&it.tasks, depth + 1, lines);
    }
}

#[test]
fn weights_share_users_and_tasks() {
    check(
        r#"load = { users = 10 }
        [[user_class]]
        name = "Visitor"
        weight = 3
        task = [
          { get = "/", weight = 3 },
          { name = "browse", task = [ { get = "/a" }, { steps = [ { wait = 1 }, { post = "/b" } ] } ] },
        ]
        [[user_class]]
        name = "Buyer"
        task = [ { steps = [ { wait = 1 } ] }, { task = [ { put = "/c" } ] } ]"#,
        &[
            "75.0 75.0 Visitor",
            "  75.0 56.2 GET /",
            "  25.0 18.8 browse",
            "    50.0 9.4 GET /a",
            "    50.0 9.4 POST /b",
            "25.0 25.0 Buyer",
            "  50.0 12.5 (wait)",
            "  50.0 12.5 (task set)",
            "    100.0 12.5 PUT /c",
        ],
    );
}

#[test]
fn fixed_counts_are_parts_of_the_peak() {
    let classes = r#"
        [[user_class]]
        name = "A"
        fixed_count = 3
        task = [ { get = "/" } ]
        [[user_class]]
        name = "B"
        weight = 0.5
        task = [ { get = "/" } ]"#;
    let check = |load: &str, expected: [&str; 4]| {
        check(&format!("load = {{ {load} }}{classes}"), &expected);
    };
    let with = |a, b| [a, "  100.0 30.0 GET /", b, "  100.0 70.0 GET /"];
    check("users = 10", with("30.0 30.0 A", "70.0 70.0 B"));
    let stages = "stages = [ { users = 10 }, { users = 1 } ]";
    check(stages, with("30.0 30.0 A", "70.0 70.0 B"));
    let arrivals = [
        "85.7 85.7 A",
        "  100.0 85.7 GET /",
        "14.3 14.3 B",
        "  100.0 14.3 GET /",
    ];
    check("arrivals = [ { rate = 5 } ]", arrivals);
}

#[test]
fn where_fixed_counts_take_all_users_nobody_else_has_a_part() {
    let classes = r#"
        [[user_class]]
        name = "A"
        fixed_count = 3
        task = [ { get = "/" } ]
        [[user_class]]
        name = "B"
        fixed_count = 1
        task = [ { get = "/" } ]
        [[user_class]]
        name = "C"
        task = [ { get = "/" } ]"#;
    let expected = [
        "75.0 75.0 A",
        "  100.0 75.0 GET /",
        "25.0 25.0 B",
        "  100.0 25.0 GET /",
    ];
    check(&format!("load = {{ users = 2 }}{classes}"), &expected);
}

#[test]
fn what_the_tags_leave_out_has_no_part() {
    check(
        r#"tags = ["fast"]
        exclude_tags = ["beta"]
        [[user_class]]
        name = "A"
        task = [
          { get = "/untagged" },
          { get = "/fast", tags = ["fast"] },
          { get = "/beta", tags = ["fast", "beta"] },
          { get = "/never", tags = ["fast"], weight = 0 },
          { name = "set", tags = ["fast"], task = [ { get = "/in" }, { get = "/out", tags = ["beta"] } ] },
          { name = "empty", task = [ { get = "/slow" } ] },
        ]
        [[user_class]]
        name = "B"
        task = [ { get = "/slow" } ]"#,
        &[
            "100.0 100.0 A",
            "  50.0 50.0 GET /fast",
            "  50.0 50.0 set",
            "    100.0 50.0 GET /in",
        ],
    );
}

#[test]
fn what_makes_no_sense_is_passed_over() {
    check("user_class = 7", &[]);
    check(
        r#"load = "much"
        user_class = [ { weight = -2, task = [ 7, { get = 8 }, { get = "/", weight = "a" } ] }, 7 ]"#,
        &["100.0 100.0 ", "  50.0 50.0 (wait)", "  50.0 50.0 GET /"],
    );
}

/// The definition: which classes a thousand users have.
#[test]
fn shares_are_those_of_the_mix() {
    let toml = include_str!("../../../../examples/user-classes.toml");
    let plan = Plan::from_toml(toml).unwrap();
    let mut draft = Draft::from_toml(toml).unwrap();
    draft.keys["load"] = serde_json::json!({ "users": 1000 });

    let classes = plan.user_classes.as_slice();
    let mut mix = ClassMix::new(classes);
    let mut counts = vec![0_u32; classes.len()];
    for user in 0..1000 {
        counts[mix.class_of(user).unwrap()] += 1;
    }
    let found = ratios(&draft);
    assert_eq!(found.len(), classes.len());
    for ((ratio, class), count) in found.iter().zip(classes).zip(counts) {
        assert_eq!(ratio.name, class.name);
        let off = (ratio.ratio * 1000.0 - f64::from(count)).abs();
        assert!(off <= 1.0, "{}: {} and {count}", ratio.name, ratio.ratio);
    }
}
