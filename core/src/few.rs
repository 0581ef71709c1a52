//! Sorting of few values. The sort of the standard library is made for millions, and each type that it sorts adds
//! some 4 kB of code, before it is packed, to what the page loads before a run can start; so does each `BTreeMap`
//! that is collected, where one that is extended adds nothing.

use std::cmp::Ordering;

/// Sorts by `compare`, and leaves equal values in their order. Takes time by the square of their number, unless
/// they are nearly in order.
pub(crate) fn sort_by<T>(values: &mut [T], compare: impl Fn(&T, &T) -> Ordering) {
    for end in 1..values.len() {
        let mut place = end;
        while 0 < place && compare(&values[place], &values[place - 1]).is_lt() {
            values.swap(place, place - 1);
            place -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn values_are_sorted_as_by_the_standard_library(
            values in proptest::collection::vec((0_u8..8, any::<u8>()), 0..40),
        ) {
            let (mut ours, mut theirs) = (values.clone(), values);
            sort_by(&mut ours, |a, b| a.0.cmp(&b.0));
            theirs.sort_by_key(|it| it.0);
            prop_assert_eq!(ours, theirs);
        }
    }
}
