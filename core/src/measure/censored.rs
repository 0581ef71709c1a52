//! Quantiles of everything that was due, also of what was given up before it had an answer.
//!
//! A request that had waited for 3 s when it was given up would have taken longer than that, and nobody
//! knows how much longer: it is *censored*. To leave it out makes percentiles too low, and the more so the
//! worse the target was; to take its age for its time does so, too. The estimate of Kaplan and Meier
//! (Nonparametric Estimation from Incomplete Observations, 1958) uses what is known: each request counts
//! among those that could have been answered until it was given up, and its part of the distribution goes
//! to those that took longer. Where nothing took longer, what is left is a lower bound.

use std::time::Duration;

use crate::measure::times::TimeTotals;

/// A quantile of times of which some are only known to be longer than something.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Quantile {
    /// The time.
    pub time: Duration,
    /// Whether it may be longer: all that would say how long was given up.
    pub is_at_least: bool,
}

/// The smallest time that at least the fraction `quantile` of all do not exceed, where `given_up` has how
/// long requests without an answer had waited; `None` if there are neither.
///
/// `quantile` is in `[0, 1]`. Without requests that were given up, it is
/// [`TimeTotals::quantile`] of `answered`.
pub fn quantile(answered: &TimeTotals, given_up: &TimeTotals, quantile: f64) -> Option<Quantile> {
    let exact = |time| Quantile {
        time,
        is_at_least: false,
    };
    let mut n_left = answered.buckets.count() + given_up.buckets.count();
    if given_up.buckets.count() == 0 {
        return answered.quantile(quantile).map(exact);
    }
    let mut ages = given_up.buckets.iter().peekable();
    // The part of all that takes longer than what was looked at so far.
    let mut longer = 1.0;
    for (time, count) in answered.buckets.iter() {
        while let Some((_, n_given_up)) = ages.next_if(|it| it.0 < time) {
            n_left -= n_given_up;
        }
        longer *= (n_left - count) as f64 / n_left as f64;
        n_left -= count;
        if quantile <= 1.0 - longer + ROUNDING {
            let (min, max) = (answered.min?, answered.max?);
            return Some(exact(time.clamp(min, max)));
        }
    }
    let longest = given_up.max.max(answered.max)?;
    Some(Quantile {
        time: longest,
        is_at_least: true,
    })
}

/// What a product of fractions may be wrong by.
const ROUNDING: f64 = 1e-9;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::times;

    fn of(millis: impl IntoIterator<Item = u64>) -> TimeTotals {
        times(millis.into_iter().map(Duration::from_millis))
    }

    #[track_caller]
    fn check(
        answered: &TimeTotals,
        given_up: &TimeTotals,
        at: f64,
        millis: u64,
        is_at_least: bool,
    ) {
        let found = quantile(answered, given_up, at).unwrap();
        let expected = Duration::from_millis(millis);
        let difference = found.time.abs_diff(expected);
        assert!(difference <= expected / 1000, "{found:?}, {expected:?}");
        assert_eq!(found.is_at_least, is_at_least, "{found:?}");
    }

    #[test]
    fn requests_that_hang_are_above_all_that_were_answered() {
        let answered = of([3; 750]);
        let hung = of((1..=250).map(|it| it * 10));
        check(&answered, &hung, 0.5, 3, false);
        check(&answered, &hung, 0.75, 3, false);
        check(&answered, &hung, 0.95, 2500, true);
    }

    #[test]
    fn requests_that_the_end_cut_off_change_nothing() {
        // Each would have taken a second, like the others.
        let (answered, cut_off) = (of([1000; 50]), of((1..=10).map(|it| it * 90)));
        for at in [0.1, 0.5, 0.99] {
            check(&answered, &cut_off, at, 1000, false);
        }
    }

    #[test]
    fn where_nothing_was_answered_the_longest_wait_is_the_least() {
        check(&of([]), &of([100, 2000]), 0.5, 2000, true);
        assert_eq!(quantile(&of([]), &of([]), 0.5), None);
    }

    proptest! {
        /// It is between the two numbers that are wrong for sure: without those that were given up, and as
        /// if they had never been answered.
        #[test]
        fn an_estimate_lies_between_the_bounds(
            answered in prop::collection::vec(1_u64..5000, 1..60),
            given_up in prop::collection::vec(1_u64..5000, 0..60),
            at in 0.01_f64..1.0,
        ) {
            let (answered, given_up) = (of(answered), of(given_up));
            let found = quantile(&answered, &given_up, at).unwrap();
            let n_answered = answered.buckets.count() as f64;
            let n_all = n_answered + given_up.buckets.count() as f64;
            let part = at * n_all / n_answered;
            if part <= 1.0 {
                prop_assert!(!found.is_at_least);
                prop_assert!(found.time <= answered.quantile(part).unwrap());
            }
            prop_assert!(answered.quantile(at).unwrap() <= found.time);
        }
    }
}
