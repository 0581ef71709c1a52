//! The schemas of values whose types are outside of the format.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! described {
    ($($name:ident: $schema:expr;)*) => {
        $(
            pub(super) struct $name;

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    $schema
                }
            }
        )*
    };
}

described! {
    PickSchema: json_schema!({ "enum": ["user", "random", "sequential"] });
    StatusSchema: {
        let number = serde_json::json!({ "type": "integer", "minimum": 100, "maximum": 599 });
        let class = serde_json::json!({ "enum": ["1xx", "2xx", "3xx", "4xx", "5xx"] });
        let one = serde_json::json!([number, class]);
        json_schema!({ "anyOf": [number, class, { "type": "array", "items": { "anyOf": one } }] })
    };
}
