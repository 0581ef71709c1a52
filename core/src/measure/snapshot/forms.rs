//! How parts of a snapshot are written where the usual way of serde will not do.

/// Failures by cause. The keys of JSON are texts, so formats of text have a list.
pub(super) mod failures {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::measure::sample::Failure;
    use crate::measure::snapshot::FailureTotals;

    #[derive(Serialize)]
    struct Written<'a> {
        cause: &'a Failure,
        totals: &'a FailureTotals,
    }

    #[derive(Deserialize)]
    struct Read {
        cause: Failure,
        totals: FailureTotals,
    }

    pub(in crate::measure::snapshot) fn serialize<S: Serializer>(
        failures: &BTreeMap<Failure, FailureTotals>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return failures.serialize(serializer);
        }
        let entries = failures.iter();
        serializer.collect_seq(entries.map(|(cause, totals)| Written { cause, totals }))
    }

    pub(in crate::measure::snapshot) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<Failure, FailureTotals>, D::Error> {
        if !deserializer.is_human_readable() {
            return BTreeMap::deserialize(deserializer);
        }
        let entries = Vec::<Read>::deserialize(deserializer)?;
        Ok(entries
            .into_iter()
            .map(|it| (it.cause, it.totals))
            .collect())
    }
}
