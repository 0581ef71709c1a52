//! How a whole plan is written.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use super::check::ThresholdForm;
use super::load::LoadTable;
use super::request::RequestTable;
use super::simulated::SimulatedTable;
use super::tls::TlsTable;
use super::user_class::ClassList;
use super::values::{Entries, Identifier, Scalar, Text, Whole};
use super::{As, Form, Mistake, TableOr, models, none_of, only, some_forms, table};
use crate::plan::data::Pick;
use crate::plan::tls::Tls;
use crate::plan::{
    BaseUrl, DataSet, DataSource, FileBeside, Locustfile, Plan, RequestDefaults, Shape, Tags,
    Target, UserClasses,
};

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
            /// A file in Python that says what users do, as Locust runs it, in place of `user_class`:
            /// its name, beside the plan. A plan that is saved has its text as well.
            locustfile: As<LocustfileForm>,
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
        let user_classes = match (&self.locustfile, self.user_class) {
            (Some(_), Some(_)) => return Err(Mistake::BothTasks),
            (None, None) => return Err(Mistake::NoTasks),
            (None, Some(classes)) => classes.0,
            (Some(_), None) => UserClasses::UNKNOWN,
        };
        if self.locustfile.is_some() {
            let owner = "user_class; a locustfile reads files by itself";
            none_of(self.data.as_ref(), "data", owner)?;
            if let Some(As(request)) = &self.request {
                none_of_users(request)?;
            }
            if matches!(self.load.0.shape, Shape::Arrivals(_)) {
                return Err(Mistake::LocustfileArrivals);
            }
        }
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
            locustfile: self.locustfile.map(|it| it.0),
            user_classes,
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
            user_class: plan
                .locustfile
                .is_none()
                .then(|| As(plan.user_classes.clone())),
            host,
            thresholds: some_forms(&plan.thresholds),
            tags: tags(&plan.tags.include),
            exclude_tags: tags(&plan.tags.exclude),
            request: has_request.then(|| As(plan.request.clone())),
            tls: (plan.tls != Tls::default()).then(|| As(plan.tls.clone())),
            simulated,
            data: (!plan.data.is_empty()).then(|| As(plan.data.clone())),
            locustfile: plan.locustfile.clone().map(As),
        }
    }
}

/// Refuses what the clients of users in Python say by themselves.
fn none_of_users(request: &RequestDefaults) -> Result<(), Mistake> {
    let owner = "user_class; users of a locustfile set it by themselves, as in self.client.headers";
    let has_headers = !request.headers.is_empty();
    none_of(has_headers.then_some(&()), "headers", owner)?;
    let owner = "user_class; a request of a locustfile says it by itself, as allow_redirects=False";
    let stays = !request.follow_redirects;
    none_of(stays.then_some(&()), "follow_redirects", owner)
}

/// A name alone, or all of it.
type LocustfileForm = TableOr<String, LocustfileTable>;

table! {
    /// A file in Python.
    struct LocustfileTable {
        required {
            /// The name of the file.
            name: String,
        }
        optional {
            /// What is in it; read from the file if it is left out.
            text: String,
            /// Other files that it imports or reads, where it is in no folder.
            files: Vec<FileTable>,
            /// Only users of these classes run; all if it is left out.
            classes: Vec<String>,
            /// Hosts that it loads besides `host` and those of its classes. On a page its requests
            /// go to no other hosts but those of this machine or network.
            hosts: Vec<Text<BaseUrl>>,
            /// Values of options that the file adds to the command.
            options: BTreeMap<String, String>,
        }
    }
}

impl Form for LocustfileForm {
    type Model = Locustfile;

    fn read(self) -> Result<Locustfile, Mistake> {
        Ok(match self {
            Self::Short(name) => Locustfile {
                name,
                ..Locustfile::default()
            },
            Self::Table(table) => Locustfile {
                name: table.name,
                text: table.text.map(Into::into),
                files: table
                    .files
                    .into_iter()
                    .flatten()
                    .map(FileTable::read)
                    .collect::<Result<_, _>>()?,
                classes: table.classes.unwrap_or_default(),
                hosts: table.hosts.into_iter().flatten().map(|it| it.0).collect(),
                options: table.options.unwrap_or_default(),
            },
        })
    }

    fn write(file: &Locustfile) -> Self {
        let Locustfile {
            name,
            text,
            files,
            classes,
            hosts,
            options,
        } = file.clone();
        let short = Locustfile {
            name: name.clone(),
            ..Locustfile::default()
        };
        if *file == short {
            return Self::Short(name);
        }
        Self::Table(LocustfileTable {
            name,
            text: text.map(|it| it.to_string()),
            files: (!files.is_empty()).then(|| files.iter().map(FileTable::write).collect()),
            classes: (!classes.is_empty()).then_some(classes),
            hosts: (!hosts.is_empty()).then(|| hosts.into_iter().map(Text).collect()),
            options: (!options.is_empty()).then_some(options),
        })
    }
}

table! {
    /// A file beside a locustfile.
    struct FileTable {
        required {
            /// Its name.
            name: String,
            /// What is in it, in base64.
            base64: String,
        }
        optional {}
    }
}

impl FileTable {
    fn read(self) -> Result<FileBeside, Mistake> {
        let bytes = BASE64_STANDARD.decode(&self.base64).map_err(|error| {
            let name = &self.name;
            Mistake::Value(format!(
                "expected the file “{name}” in base64, found something else: {error}"
            ))
        })?;
        Ok(FileBeside {
            name: self.name,
            bytes: bytes.into(),
        })
    }

    fn write(file: &FileBeside) -> Self {
        Self {
            name: file.name.clone(),
            base64: BASE64_STANDARD.encode(&file.bytes),
        }
    }
}

/// Sets of rows by name.
type DataSets = Entries<Text<Identifier>, As<DataTable>>;

impl Form for DataSets {
    type Model = BTreeMap<String, DataSet>;

    fn read(self) -> Result<Self::Model, Mistake> {
        let mut sets = BTreeMap::new();
        sets.extend(self.0.into_iter().map(|(name, set)| (name.0.0, set.0)));
        Ok(sets)
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
