//! The schema in `docs`, and that it says the same as the reader.

use serde_json::json;

use super::*;
use crate::plan::notation::messages::keys;

#[test]
fn the_schema_in_docs_is_up_to_date() {
    let kept = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../docs/plan.schema.json"
    ));
    assert!(
        kept == super::super::schema(),
        "docs/plan.schema.json is out of date; make it again by\n\
         cargo run -p mayfly-core --features schema --example plan-schema > docs/plan.schema.json"
    );
}

/// Every table that the schema describes, and a place where it stands.
const PLACES: [(&str, &str); 20] = [
    ("ArrivalTable", "load.arrivals[0]"),
    ("CheckTable", "user_class[0].task[0].check[0]"),
    ("DataTable", "data.a"),
    ("ExtractTable", "user_class[0].task[0].extract.a"),
    ("FileTable", "locustfile.files[0]"),
    ("LoadTable", "load"),
    ("LocustfileTable", "locustfile"),
    ("LogNormalTable", "simulated.service_time.log_normal"),
    ("PlanFile", ""),
    ("RequestTable", "request"),
    ("ServiceTimeTable", "simulated.service_time"),
    ("SimulatedTable", "simulated"),
    ("StageTable", "load.stages[0]"),
    ("StallTable", "simulated.stalls[0]"),
    ("StepTable", "user_class[0].task[0].steps[0]"),
    ("TaskTable", "user_class[0].task[0]"),
    ("ThresholdTable", "thresholds[0]"),
    ("TlsTable", "tls"),
    ("UserClassTable", "user_class[0]"),
    ("WaitTable", "user_class[0].wait"),
];

/// The tables of the schema by name.
fn tables() -> Vec<(String, Value)> {
    let mut root: Value = serde_json::from_str(&super::super::schema()).unwrap();
    let Value::Object(defs) = root["$defs"].take() else {
        panic!("definitions");
    };
    let root = ("PlanFile".to_owned(), root);
    let all = defs.into_iter().chain([root]);
    let mut tables: Vec<_> = all.filter(|it| it.1.get("properties").is_some()).collect();
    tables.sort_by(|left, right| left.0.cmp(&right.0));
    tables
}

/// The keys that the schema describes, by table.
pub(super) fn keys_by_table() -> Vec<(String, Vec<String>)> {
    let tables = tables().into_iter().map(|(name, schema)| {
        let properties = schema["properties"].as_object().unwrap();
        (name, properties.keys().cloned().collect())
    });
    tables.collect()
}

/// What the reader says about a file with nothing but `table` at `place`.
fn message(place: &str, table: Value) -> String {
    let parts = place.split('.').filter(|it| !it.is_empty());
    let file = parts
        .rev()
        .fold(table, |inner, part| match part.strip_suffix("[0]") {
            Some(key) => json!({ key: [inner] }),
            None => json!({ part: inner }),
        });
    let errors = Plan::from_json(&file.to_string()).unwrap_err();
    let problem = errors.as_slice().iter().find(|it| it.path == place);
    problem.map_or_else(|| format!("{errors}"), |it| it.message.clone())
}

#[test]
fn every_table_of_the_schema_has_a_place() {
    let names: Vec<String> = tables().into_iter().map(|it| it.0).collect();
    assert_eq!(names, PLACES.map(|it| it.0));
}

#[test]
fn the_reader_takes_the_keys_of_the_schema_and_no_others() {
    for ((name, schema), (_, place)) in tables().iter().zip(PLACES) {
        assert_eq!(schema["additionalProperties"], json!(false), "{name}");
        let properties = schema["properties"].as_object().unwrap();
        let properties: Vec<&str> = properties.keys().map(String::as_str).collect();
        let expected = keys(&properties, "or");
        assert_eq!(
            message(place, json!({ "unheard_of_so_far": 1 })),
            format!("unknown key “unheard_of_so_far”; expected {expected}"),
            "{name}"
        );
    }
}

#[test]
fn the_reader_wants_the_keys_that_the_schema_wants() {
    for ((name, schema), (_, place)) in tables().iter().zip(PLACES) {
        let message = message(place, json!({}));
        let first = schema.get("required").and_then(|it| it[0].as_str());
        match first {
            Some(key) => assert_eq!(message, format!("expected the key “{key}”, found none")),
            None => assert!(
                !message.starts_with("expected the key"),
                "{name}: {message}"
            ),
        }
    }
}
