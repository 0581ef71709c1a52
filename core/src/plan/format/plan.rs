//! How a whole plan is written.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::check::ThresholdForm;
use super::load::LoadTable;
use super::request::RequestTable;
use super::simulated::SimulatedTable;
use super::tls::TlsTable;
use super::user_class::ClassList;
use super::values::{Entries, Identifier, Scalar, Text, Whole};
use super::{As, Form, Mistake, models, only, some_forms, table};
use crate::plan::data::Pick;
use crate::plan::tls::Tls;
use crate::plan::{BaseUrl, DataSet, DataSource, Plan, RequestDefaults, Tags, Target};

table! {
    /// The description of a run: what is loaded, by how many users, and what they do.
    #[cfg_attr(feature = "schema", schemars(title = "Mayfly plan"))]
    struct PlanFile {
        required {
            /// The version of the format: 1.
            version: Whole<1, 1>,
            /// How much load there is, and until when.
            load: As<LoadTable>,
        }
        optional {
            /// What is loaded, such as "http://127.0.0.1:5000". It may be left out and given when
            /// the run is started.
            host: Text<BaseUrl>,
            /// Conditions on the report that decide whether the run passed.
            thresholds: Vec<As<ThresholdForm>>,
            /// Only tasks with one of these tags run; all if it is left out.
            tags: Vec<String>,
            /// Tasks with one of these tags do not run.
            exclude_tags: Vec<String>,
            /// What all requests have in common.
            request: As<RequestTable>,
            /// How connections to `https://` are made. The command only: on a page, its browser
            /// decides.
            tls: As<TlsTable>,
            /// A simulated API in place of a host.
            simulated: As<SimulatedTable>,
            /// Rows that requests can use, by name: `{{name.column}}`.
            data: As<DataSets>,
        }
        required {
            /// The kinds of users.
            user_class: As<ClassList>,
        }
    }
}

impl Form for PlanFile {
    type Model = Plan;

    fn read(self) -> Result<Plan, Mistake> {
        let target = match (self.host, self.simulated) {
            (Some(_), Some(_)) => return Err(Mistake::BothTargets),
            (Some(host), None) => Some(Target::BaseUrl(host.0)),
            (None, Some(model)) => Some(Target::Simulated(model.0)),
            (None, None) => None,
        };
        Ok(Plan {
            target,
            thresholds: models(self.thresholds),
            tags: Tags {
                include: self.tags.unwrap_or_default(),
                exclude: self.exclude_tags.unwrap_or_default(),
            },
            load: self.load.0,
            request: self
                .request
                .map_or_else(RequestDefaults::default, |it| it.0),
            tls: self.tls.map_or_else(Tls::default, |it| it.0),
            data: self.data.map_or_else(BTreeMap::new, |it| it.0),
            user_classes: self.user_class.0,
        })
    }

    fn write(plan: &Plan) -> Self {
        let (host, simulated) = match &plan.target {
            Some(Target::BaseUrl(url)) => (Some(Text(url.clone())), None),
            Some(Target::Simulated(model)) => (None, Some(As(model.clone()))),
            None => (None, None),
        };
        let tags = |tags: &[String]| (!tags.is_empty()).then(|| tags.to_vec());
        let has_request = plan.request != RequestDefaults::default();
        Self {
            version: Whole::new(1_u64),
            load: As(plan.load.clone()),
            user_class: As(plan.user_classes.clone()),
            host,
            thresholds: some_forms(&plan.thresholds),
            tags: tags(&plan.tags.include),
            exclude_tags: tags(&plan.tags.exclude),
            request: has_request.then(|| As(plan.request.clone())),
            tls: (plan.tls != Tls::default()).then(|| As(plan.tls.clone())),
            simulated,
            data: (!plan.data.is_empty()).then(|| As(plan.data.clone())),
        }
    }
}

/// Sets of rows by name.
type DataSets = Entries<Text<Identifier>, As<DataTable>>;

impl Form for DataSets {
    type Model = BTreeMap<String, DataSet>;

    fn read(self) -> Result<Self::Model, Mistake> {
        let sets = self.0.into_iter();
        Ok(sets.map(|(name, set)| (name.0.0, set.0)).collect())
    }

    fn write(sets: &Self::Model) -> Self {
        let sets = sets.iter();
        let entries = sets.map(|(name, set)| (Text(Identifier(name.clone())), As(set.clone())));
        Self(entries.collect())
    }
}

table! {
    /// Rows that requests can use: `csv` or `rows`.
    struct DataTable {
        required {}
        optional {
            /// The name of a CSV file, whose first line names the columns.
            csv: String,
            /// The rows themselves, all with the same keys.
            rows: Vec<RowForm>,
            /// Which row a user gets: "user", one of its own for good; "random", a new one for every
            /// task, drawn; "sequential", the next one for every task. "user" if it is left out.
            #[cfg_attr(feature = "schema", schemars(with = "Option<crate::plan::format::schema::PickSchema>"))]
            pick: Pick,
        }
    }
}

impl Form for DataTable {
    type Model = DataSet;

    fn read(self) -> Result<DataSet, Mistake> {
        let (_, source) = only(vec![
            ("csv", self.csv.map(DataSource::Csv)),
            (
                "rows",
                self.rows.map(|rows| DataSource::Rows(rows_of(rows))),
            ),
        ])?;
        if let DataSource::Rows(rows) = &source {
            check_rows(rows)?;
        }
        Ok(DataSet {
            source,
            pick: self.pick.unwrap_or_default(),
        })
    }

    fn write(set: &DataSet) -> Self {
        let (csv, rows) = match &set.source {
            DataSource::Csv(name) => (Some(name.clone()), None),
            DataSource::Rows(rows) => (None, Some(rows.iter().map(row_form).collect())),
        };
        Self {
            csv,
            rows,
            pick: (set.pick != Pick::default()).then_some(set.pick),
        }
    }
}

type RowForm = Entries<Text<Identifier>, Scalar>;

fn rows_of(rows: Vec<RowForm>) -> Vec<Map<String, Value>> {
    let row = |row: RowForm| {
        row.0
            .into_iter()
            .map(|(key, value)| (key.0.0, value.0))
            .collect()
    };
    rows.into_iter().map(row).collect()
}

fn row_form(row: &Map<String, Value>) -> RowForm {
    let entries = row.iter();
    let entries =
        entries.map(|(key, value)| (Text(Identifier(key.clone())), Scalar(value.clone())));
    Entries(entries.collect())
}

fn check_rows(rows: &[Map<String, Value>]) -> Result<(), Mistake> {
    let first = rows.first().ok_or(Mistake::NoRow)?;
    let differs = |row: &Map<String, Value>| {
        row.len() != first.len() || row.keys().any(|key| !first.contains_key(key))
    };
    let Some(index) = rows.iter().position(differs) else {
        return Ok(());
    };
    let keys = |row: &Map<String, Value>| row.keys().cloned().collect();
    Err(Mistake::RowKeys {
        index,
        expected: keys(first),
        found: keys(&rows[index]),
    })
}
