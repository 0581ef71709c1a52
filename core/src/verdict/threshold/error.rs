/// Why a condition was rejected: what was expected, and what was found.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ThresholdError {
    /// No operator, or one that is not known.
    #[error(
        "expected a metric, one of < <= > >= == != and a value, such as “p95 < 500ms”, found “{got}”"
    )]
    Comparison {
        /// What was given.
        got: String,
    },
    /// A count is a whole number.
    #[error("expected a whole number such as 0, found “{got}”")]
    Count {
        /// What was given.
        got: String,
    },
    /// No such metric.
    #[error(
        "expected p50, p99.9 or another percentile, median, mean, min, max, fail_ratio, rps, \
         requests, failures, exceptions or dropped, found “{got}”"
    )]
    Metric {
        /// What was given.
        got: String,
    },
    /// These are counted for all rows together.
    #[error("expected no row for exceptions or dropped, such as “dropped == 0”, found one")]
    NoRow,
    /// These are counted over the whole run.
    #[error("expected no window for exceptions, such as “exceptions == 0”, found one")]
    NoWindow,
    /// Not a rate.
    #[error("expected requests per second such as 100, found “{got}”")]
    Rate {
        /// What was given.
        got: String,
    },
    /// Not a share.
    #[error("expected a share from 0% to 100% such as 1% or 0.01, found “{got}”")]
    Ratio {
        /// What was given.
        got: String,
    },
    /// There is a colon and no name before it.
    #[error("expected a row before the colon, such as “GET /cube: p99 < 1s”, found none")]
    Row,
    /// Not a length of time.
    #[error(
        "expected a time up to an hour with its unit (us, ms, s, m) such as 500ms or 1.5s, found “{got}”"
    )]
    Time {
        /// What was given.
        got: String,
    },
    /// A bare number could be milliseconds or seconds.
    #[error("expected a time with its unit such as 500ms or 1.5s, found “{got}”: write a unit")]
    Unit {
        /// What was given.
        got: String,
    },
    /// Not a number of whole seconds, or too long.
    #[error("expected whole seconds from 1s to 1h after “over”, such as 30s or 1m, found “{got}”")]
    Window {
        /// What was given.
        got: String,
    },
}
