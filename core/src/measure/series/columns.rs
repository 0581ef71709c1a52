//! A series as a table of columns, in formats of text: the names of the columns are there once, and
//! not once for each of thousands of slots. In bytes, names take no room, and slots are as they are.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::Slot;
use crate::measure::histogram::Buckets;

/// One entry of each column for each slot.
#[derive(Default, Deserialize, Serialize)]
struct Columns {
    start: Vec<u32>,
    secs: Vec<u32>,
    n_requests: Vec<u64>,
    n_failures: Vec<u64>,
    n_arrivals: Vec<u64>,
    n_dropped: Vec<u64>,
    n_users: Vec<u32>,
    sum_micros: Vec<u64>,
    // Files of before have none: then nothing is known of waits.
    #[serde(default)]
    service_micros: Option<Vec<u64>>,
    response_times: Vec<Buckets>,
}

impl Columns {
    fn new(slots: &[Slot]) -> Self {
        let mut columns = Self::default();
        let mut service_micros = Vec::with_capacity(slots.len());
        for slot in slots {
            columns.start.push(slot.start);
            columns.secs.push(slot.secs);
            columns.n_requests.push(slot.n_requests);
            columns.n_failures.push(slot.n_failures);
            columns.n_arrivals.push(slot.n_arrivals);
            columns.n_dropped.push(slot.n_dropped);
            columns.n_users.push(slot.n_users);
            columns.sum_micros.push(slot.sum_micros);
            service_micros.push(slot.service_micros);
            columns.response_times.push(slot.response_times.clone());
        }
        columns.service_micros = Some(service_micros);
        columns
    }

    /// The slots; `None` unless all columns have the same length.
    fn slots(self) -> Option<Vec<Slot>> {
        let n_slots = self.start.len();
        let service_micros = self.service_micros.as_ref().unwrap_or(&self.sum_micros);
        let lengths = [
            self.secs.len(),
            self.n_requests.len(),
            self.n_failures.len(),
            self.n_arrivals.len(),
            self.n_dropped.len(),
            self.n_users.len(),
            self.sum_micros.len(),
            service_micros.len(),
            self.response_times.len(),
        ];
        if lengths.iter().any(|&it| it != n_slots) {
            return None;
        }
        let times = self.response_times.into_iter().enumerate();
        let slots = times.map(|(index, response_times)| Slot {
            start: self.start[index],
            secs: self.secs[index],
            n_requests: self.n_requests[index],
            n_failures: self.n_failures[index],
            n_arrivals: self.n_arrivals[index],
            n_dropped: self.n_dropped[index],
            n_users: self.n_users[index],
            sum_micros: self.sum_micros[index],
            service_micros: service_micros[index],
            response_times,
        });
        Some(slots.collect())
    }

    fn read<E: Error>(self) -> Result<Vec<Slot>, E> {
        let message = "expected columns of a series that have the same length";
        self.slots().ok_or_else(|| E::custom(message))
    }
}

pub(crate) fn serialize<S: Serializer>(slots: &[Slot], serializer: S) -> Result<S::Ok, S::Error> {
    if serializer.is_human_readable() {
        Columns::new(slots).serialize(serializer)
    } else {
        slots.serialize(serializer)
    }
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<Slot>, D::Error> {
    if deserializer.is_human_readable() {
        Columns::deserialize(deserializer)?.read()
    } else {
        Vec::deserialize(deserializer)
    }
}

/// A series that may not be there.
pub(crate) mod optional {
    use super::*;

    #[expect(
        clippy::ref_option,
        reason = "serde hands over a reference to the field"
    )]
    pub(crate) fn serialize<S: Serializer>(
        slots: &Option<Vec<Slot>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            slots.as_deref().map(Columns::new).serialize(serializer)
        } else {
            slots.serialize(serializer)
        }
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Vec<Slot>>, D::Error> {
        if deserializer.is_human_readable() {
            let columns = Option::<Columns>::deserialize(deserializer)?;
            columns.map(Columns::read).transpose()
        } else {
            Option::deserialize(deserializer)
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[derive(Debug, Deserialize, PartialEq, Serialize)]
    struct Holder {
        #[serde(with = "super")]
        series: Vec<Slot>,
        #[serde(with = "super::optional")]
        row: Option<Vec<Slot>>,
    }

    fn holder() -> Holder {
        let slot = |start| Slot {
            start,
            secs: 2,
            n_users: 3,
            ..Slot::default()
        };
        Holder {
            series: vec![slot(0), slot(2)],
            row: None,
        }
    }

    #[test]
    fn text_has_columns_and_bytes_have_slots() {
        let text = serde_json::to_value(holder()).unwrap();
        assert_eq!(text["series"]["start"], json!([0, 2]));
        assert_eq!(text["series"]["response_times"], json!(["", ""]));
        assert_eq!(text["row"], Value::Null);
        assert_eq!(serde_json::from_value::<Holder>(text).unwrap(), holder());

        let bytes = postcard::to_stdvec(&holder()).unwrap();
        assert_eq!(bytes.len(), 1 + 2 * 10 + 1);
        assert_eq!(postcard::from_bytes::<Holder>(&bytes).unwrap(), holder());
    }

    #[test]
    fn columns_must_have_the_same_length() {
        for column in ["secs", "service_micros"] {
            let mut text = serde_json::to_value(holder()).unwrap();
            text["series"][column] = json!([2]);
            let error = serde_json::from_value::<Holder>(text).unwrap_err();
            assert_eq!(
                error.to_string(),
                "expected columns of a series that have the same length"
            );
        }
    }

    #[test]
    fn of_a_file_of_before_no_wait_is_known() {
        let mut text = serde_json::to_value(holder()).unwrap();
        text["series"]["sum_micros"] = json!([7, 8]);
        text["series"]
            .as_object_mut()
            .unwrap()
            .remove("service_micros");
        let holder = serde_json::from_value::<Holder>(text).unwrap();
        let services = holder.series.iter().map(|it| it.service_micros);
        assert_eq!(Vec::from_iter(services), [7, 8]);
    }
}
