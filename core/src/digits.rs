//! Numbers in text.

pub mod exact;

/// The finite number that `text` is in decimal notation; `None` if it is none, such as `inf`, or too large.
///
/// Takes what `str::parse` takes: `+1`, `.5`, `1.`, `007` and `1e3` too, and no space. It does not use it,
/// because a table of 10 KB comes with it, and what reads JSON is in every program already.
pub fn read_float(text: &str) -> Option<f64> {
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let (digits, exponent) = number.split_at(number.find(['e', 'E']).unwrap_or(number.len()));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |text: &str| text.bytes().all(|it| it.is_ascii_digit());
    let is_number = !(whole.is_empty() && fraction.is_empty())
        && are_digits(whole)
        && are_digits(fraction)
        // Behind a number JSON may have spaces.
        && !exponent.ends_with(char::is_whitespace);
    if !is_number {
        return None;
    }
    // JSON has a digit on both sides of a point, and no zeros in front.
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let fraction = if fraction.is_empty() { "0" } else { fraction };
    serde_json::from_str(&[sign, whole, ".", fraction, exponent].concat()).ok()
}

/// The digits of `number` in groups of three, with `separator` between them.
pub(crate) fn grouped(number: u64, separator: char) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            text.push(separator);
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// By the definition.
    #[track_caller]
    fn check(text: &str) {
        let expected = text.parse().ok().filter(|it: &f64| it.is_finite());
        let bits = |it: f64| it.to_bits();
        assert_eq!(read_float(text).map(bits), expected.map(bits), "{text:?}");
    }

    #[test]
    fn numbers_are_read_as_rust_reads_them() {
        for text in [
            "0",
            "-0",
            "+0",
            "7",
            "+1",
            "-1",
            ".5",
            "-.5",
            "+.5",
            "1.",
            "1.e3",
            ".5e1",
            "007",
            "00.50",
            "0.1",
            "1e3",
            "1E3",
            "1e+3",
            "1e-3",
            "1e007",
            "1e22",
            "9007199254740993",
            "1.7976931348623157e308",
            "1.7976931348623159e308",
            "5e-324",
            "2e-324",
            "1e-400",
            "-1e-400",
            "1e400",
            "-1e400",
            "0e999",
            "1e99999999999999999999",
            "1e-99999999999999999999",
            "18446744073709551616",
            "123456789012345678901234567890.125",
            "0.00000000000000000000000000000000000001",
        ] {
            check(text);
        }
    }

    #[test]
    fn what_rust_takes_for_no_number_is_none() {
        for text in [
            "", ".", "+", "-", "e", "e5", ".e5", "1e", "1e+", "1e1.5", "1e5e5", "+-1", "-+1",
            "--1", "++1", "1.2.3", "1 ", " 1", "1e5 ", "1e5\n", "1 e5", "1e 5", "- 1", "1_000",
            "1,5", "0x10", "1f", "١", "inf", "-inf", "infinity", "nan", "NaN", "null", "true",
            "\"1\"", "[1]", "1\0", "1e5]", "½",
        ] {
            check(text);
            assert_eq!(read_float(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_of_the_signs_of_numbers_is_read_as_rust_reads_it(text in "[-+.eE0-9 ]{0,12}") {
            check(&text);
        }

        #[test]
        fn any_number_is_read_as_rust_reads_it(
            text in "[-+]?0{0,3}[0-9]{0,25}\\.?[0-9]{0,25}([eE][-+]?[0-9]{1,3})?"
        ) {
            check(&text);
        }

        #[test]
        fn a_number_that_was_written_is_read_again(number in any::<f64>()) {
            check(&number.to_string());
            check(&format!("{number:e}"));
        }
    }

    #[test]
    fn digits_come_in_groups_of_three() {
        for (number, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number, ','), expected);
        }
    }
}
