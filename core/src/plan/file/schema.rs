//! The JSON Schema of plan files, for editors.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use serde_json::Value;

use crate::plan::format::PlanFile;

/// The JSON Schema of plan files. It accepts all that can be read, and a little more.
pub fn schema() -> String {
    let settings = SchemaSettings::draft2020_12().with_transform(Plain);
    let schema = settings.into_generator().into_root_schema_for::<PlanFile>();
    format!("{:#}\n", schema.to_value())
}

/// Puts right what schemars makes of Rust: a key that may be left out may not be `null`, which it
/// takes an `Option` for, and a doc comment is one line.
#[derive(Clone)]
struct Plain;

impl Transform for Plain {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        if let Some(Value::String(description)) = schema.get_mut("description") {
            *description = description.replace('\n', " ");
        }
        if let Some(Value::Array(types)) = schema.get_mut("type") {
            types.retain(|it| it != "null");
            if let [only] = types.as_slice() {
                let only = only.clone();
                schema.insert("type".to_owned(), only);
            }
        }
        if let Some(Value::Array(options)) = schema.get_mut("anyOf") {
            options.retain(|it| it.get("type").is_none_or(|it| it != "null"));
            if let [Value::Object(only)] = options.as_slice() {
                let only = only.clone();
                schema.remove("anyOf");
                let entries = only.into_iter();
                entries.for_each(|(key, value)| {
                    schema.insert(key, value);
                });
            }
        }
    }
}
