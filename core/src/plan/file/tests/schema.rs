//! The schema in `docs`.

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
