use proptest::prelude::*;
use serde_json::json;

use super::*;

#[track_caller]
fn check_csv(text: &str, expected: Result<Value, &str>) {
    check(Table::from_csv(text), expected);
}

#[track_caller]
fn check_rows(rows: Value, expected: Result<Value, &str>) {
    let rows: Vec<Map<String, Value>> = serde_json::from_value(rows).unwrap();
    check(Table::from_rows(rows), expected);
}

/// A table is compared as its columns and rows.
#[track_caller]
fn check(table: Result<Table, DataError>, expected: Result<Value, &str>) {
    let found = table.map(|it| json!([it.columns, it.rows]));
    let found = found.map_err(|error| error.to_string());
    assert_eq!(found, expected.map_err(str::to_owned));
}

#[test]
fn csv_is_read_as_texts() {
    let expected = json!([["email", "age"], [["a@b.c", "7"], ["d@e.f", ""]]]);
    for text in [
        "email,age\na@b.c,7\nd@e.f,\n",
        "\u{feff}email, age \r\na@b.c,7\r\nd@e.f,",
        "\"email\",age\n\n\"a@b.c\",7\n\nd@e.f,\n\n",
        "email;age\na@b.c;7\nd@e.f;\n",
        "email\tage\r\n\"a@b.c\"\t7\r\nd@e.f\t\r\n",
        "email|age\na@b.c|7\nd@e.f|\n",
    ] {
        check_csv(text, Ok(expected.clone()));
    }
    check_csv(
        "a\n\"x\ny, \"\"z\"\"\"\n",
        Ok(json!([["a"], [["x\ny, \"z\""]]])),
    );
}

#[test]
fn what_is_wrong_with_csv_is_said() {
    for (text, expected) in [
        ("", "expected the names of the columns, found none"),
        (
            "\u{feff}\n\n",
            "expected the names of the columns, found none",
        ),
        ("a,b", "expected at least one row, found none"),
        (
            "a,b,a\n1,2,3",
            "expected columns of different names, found “a” twice",
        ),
        (
            "a,b\n1,2\n3\n",
            "line 3: expected 2 fields as in the header, found 1",
        ),
        (
            "a,b\n\"1\n1\",2\n3,4,5\n",
            "line 4: expected 2 fields as in the header, found 3",
        ),
    ] {
        check_csv(text, Err(expected));
    }
    for (text, found) in [
        ("a,\n1,2", ""),
        ("1a\n1", "1a"),
        ("e-mail\n1", "e-mail"),
        ("a.b\n1", "a.b"),
        ("a:b\n1:2", "a:b"),
        ("größe\n1", "größe"),
    ] {
        let expected = format!(
            "line 1: expected the name of a column, of letters, digits and _, not starting with a \
             digit, found “{found}”; names are separated by commas, semicolons, tabs or |"
        );
        check_csv(text, Err(&expected));
    }
}

#[test]
fn a_quote_that_nothing_closes_is_told_where_it_begins() {
    check_csv(
        "a,b\n1,2\n\"3,4\n5,6\n",
        Err("line 3: expected a closing quote, found none up to the end of the file"),
    );
}

#[test]
fn rows_keep_their_types() {
    check_rows(
        json!([{"a": 1, "b": "x"}, {"b": null, "a": true}]),
        Ok(json!([["a", "b"], [[1, "x"], [true, null]]])),
    );
}

#[test]
fn what_is_wrong_with_rows_is_said() {
    for (rows, expected) in [
        (json!([]), "expected at least one row, found none"),
        (json!([{}]), "expected the names of the columns, found none"),
        (
            json!([{"a": 1, "b": 2}, {"a": 1, "c": 2}]),
            "row 2: expected the columns a, b, found a, c",
        ),
        (
            json!([{"a": 1}, {"a": 1, "b": 2}]),
            "row 2: expected the columns a, found a, b",
        ),
        (
            json!([{"a": 1}, {"a": [2]}]),
            "row 2: expected text, a number, true, false or null for “a”, found [2]",
        ),
    ] {
        check_rows(rows, Err(expected));
    }
}

#[test]
fn values_are_found_by_row_and_column() {
    let table = Table::from_csv("a,b\n1,2\n3,4\n").unwrap();
    assert_eq!(table.n_rows(), 2);
    assert_eq!(table.columns(), ["a", "b"]);
    assert_eq!(table.value(1, "b"), Some(&json!("4")));
    assert_eq!(table.value(2, "b"), None);
    assert_eq!(table.value(0, "c"), None);
}

#[test]
fn tables_of_a_million_rows_are_the_largest() {
    let table = |n_rows| Table::new(Vec::new(), vec![Vec::new(); n_rows]);
    assert!(table(Table::MAX_ROWS).is_ok());
    let error = table(Table::MAX_ROWS + 1).unwrap_err();
    assert_eq!(
        error.to_string(),
        "expected at most 1000000 rows, found more"
    );
}

#[test]
fn picks_are_named_in_lower_case() {
    for (pick, name) in [
        (Pick::Random, "random"),
        (Pick::Sequential, "sequential"),
        (Pick::default(), "user"),
    ] {
        assert_eq!(serde_json::to_value(pick).unwrap(), name);
    }
}

/// The rows of the first four tasks.
fn rows(pick: Pick, n_rows: usize, user: u32) -> [usize; 4] {
    [0, 1, 2, 3].map(|nth_task| row_of(pick, n_rows, 42, user, nth_task))
}

#[test]
fn users_go_through_the_rows_as_they_are_told() {
    assert_eq!(rows(Pick::User, 3, 1), [1, 1, 1, 1]);
    assert_eq!(rows(Pick::User, 3, 5), [2, 2, 2, 2]);
    assert_eq!(rows(Pick::Sequential, 3, 1), [1, 2, 0, 1]);
    assert_eq!(rows(Pick::Sequential, 3, 5), [2, 0, 1, 2]);
}

/// A change of these numbers is a change of every run that is repeated by its seed.
#[test]
fn random_rows_are_the_same_on_every_target() {
    assert_eq!(rows(Pick::Random, 1000, 0), [522, 828, 164, 354]);
    assert_eq!(rows(Pick::Random, 1000, 1), [856, 908, 577, 627]);
}

#[test]
fn random_rows_are_level() {
    let mut n_picked = [0_u32; 10];
    for user in 0..1000 {
        for nth_task in 0..10 {
            n_picked[row_of(Pick::Random, 10, 7, user, nth_task)] += 1;
        }
    }
    // Each is 1000 on average, with a standard deviation of 30.
    assert!(
        n_picked.iter().all(|n| (850..1150).contains(n)),
        "{n_picked:?}"
    );
}

proptest! {
    #[test]
    fn a_row_is_always_one_that_is_there(
        n_rows in 0_usize..=Table::MAX_ROWS,
        seed: u64,
        user: u32,
        nth_task: u64,
    ) {
        for pick in [Pick::Random, Pick::Sequential, Pick::User] {
            let row = row_of(pick, n_rows, seed, user, nth_task);
            prop_assert!(row < n_rows.max(1));
            prop_assert_eq!(row, row_of(pick, n_rows, seed, user, nth_task));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text: String) {
        let _ = Table::from_csv(&text);
        let _ = Table::from_csv(&format!("a,b\n{text}"));
    }
}
