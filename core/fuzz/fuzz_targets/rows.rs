//! Any file is a table of rows or an error, and a table that is written as CSV comes back.

#![no_main]

use libfuzzer_sys::fuzz_target;
use mayfly_core::plan::data::Table;
use mayfly_core::plan::file_text;

fn field(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fuzz_target!(|bytes: &[u8]| {
    let text = match file_text(bytes.to_vec()) {
        Ok(text) => text,
        Err(error) => {
            let before = error.line <= bytes.len() && error.column <= bytes.len() + 1;
            assert!(before, "{error}");
            return;
        }
    };
    let table = match Table::from_csv(&text) {
        Ok(table) => table,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(0 < table.n_rows());
    for delimiter in [",", ";", "\t", "|"] {
        let mut csv = table.columns().join(delimiter);
        for row in 0..table.n_rows() {
            let values = table.columns().iter().map(|column| {
                let value = table.value(row, column).and_then(|it| it.as_str());
                field(value.expect("each row has a text in each column"))
            });
            csv += &format!("\n{}", values.collect::<Vec<_>>().join(delimiter));
        }
        assert_eq!(Table::from_csv(&csv).as_ref(), Ok(&table), "{csv}");
    }
});
