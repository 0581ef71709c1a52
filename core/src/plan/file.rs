//! Plans as files, in TOML and in JSON, with the same keys.
//!
//! A text becomes a tree that knows its lines ([`super::notation`]); serde reads the tree as the structs
//! of [`super::format`], and these turn into the model as they are read. The structs are also what is
//! written, and what the schema is made from. What a CSV file holds is read by the host.

mod draft;
mod foreign;
#[cfg(feature = "schema")]
mod schema;
mod variables;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::Plan;
use super::format::{As, PlanFile};
use super::notation::errors::PlanErrors;
use super::notation::tree::{self, Node, Problems};
use super::notation::{deserializer, read_json, read_toml, write_toml};

pub use self::draft::Draft;
pub use self::foreign::is_json;
#[cfg(feature = "schema")]
pub use self::schema::schema;

/// The longest text that is read, in bytes.
const MAX_BYTES: usize = 10 << 20;

impl Plan {
    /// Reads a plan in TOML or JSON, whichever it is.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml).
    pub fn from_text(text: &str) -> Result<Self, PlanErrors> {
        if is_json(text) {
            Self::from_json(text)
        } else {
            Self::from_toml(text)
        }
    }

    /// Reads a plan in TOML.
    ///
    /// # Errors
    ///
    /// Fails with all that is wrong with `text`, in words for the person who wrote it. Where the
    /// notation itself is broken, nothing else is looked at.
    pub fn from_toml(text: &str) -> Result<Self, PlanErrors> {
        read(text, read_toml::read)
    }

    /// Reads a plan in JSON.
    ///
    /// # Errors
    ///
    /// As [`from_toml`](Self::from_toml).
    pub fn from_json(text: &str) -> Result<Self, PlanErrors> {
        read(text, read_json::read)
    }

    /// The plan as TOML; defaults are left out.
    ///
    /// [`from_toml`](Self::from_toml) gives an equal plan back, if this one could have been read: a
    /// plan that was made otherwise may hold what files may not, such as a timeout of two days.
    pub fn to_toml(&self) -> String {
        match self.to_value() {
            Value::Object(table) => write_toml::write(&table),
            _ => String::new(),
        }
    }

    /// The plan in JSON with line breaks, otherwise as [`to_toml`](Self::to_toml).
    pub fn to_json(&self) -> String {
        format!("{:#}\n", self.to_value())
    }

    fn to_value(&self) -> Value {
        let file = As::<PlanFile>(self.clone());
        serde_json::to_value(&file).expect("keys are texts, and nothing else can fail")
    }
}

/// Where the values at `paths` are in a plan in TOML: their paths as the file has them, and their
/// lines. `None` where there is none.
///
/// A path is as in [`PlanProblem::path`](super::PlanProblem::path), in letters of any case, as header
/// names are. A header in a list of pairs is found by its name.
pub fn locate(toml: &str, paths: &[String]) -> Vec<Option<(String, u32)>> {
    let root = read_toml::read(toml, &Problems::default());
    let find = |path: &String| tree::locate(root.as_ref()?, tree::Trail::Root, path);
    paths.iter().map(find).collect()
}

/// Makes a tree of a text. `None` if the notation is broken, and then there are problems.
type Parse = fn(&str, &Problems) -> Option<Node>;

fn read(text: &str, parse: Parse) -> Result<Plan, PlanErrors> {
    read_own(text, parse).map_err(|errors| unless_foreign(text, errors))
}

/// The errors of a text that is no plan; of a file of another tool, that it is one, and no more.
fn unless_foreign(text: &str, errors: PlanErrors) -> PlanErrors {
    match foreign::kind(text) {
        Some(kind) => PlanErrors::one(
            None,
            &format!(
                "expected a plan, found {kind}, which Mayfly does not read; write what it does as a \
                 plan in TOML or JSON, or fill in the form of the page"
            ),
        ),
        None => errors,
    }
}

fn read_own(text: &str, parse: Parse) -> Result<Plan, PlanErrors> {
    let problems = Problems::default();
    let root = parse(bearable(text)?, &problems);
    let plan = root.and_then(|root| {
        let plan = deserializer::read::<As<PlanFile>>(&root, &problems)?;
        variables::check(&root, &problems);
        Some(plan)
    });
    match plan {
        Some(As(plan)) if problems.is_empty() => Ok(plan),
        _ => Err(PlanErrors::new(problems.into_inner())),
    }
}

fn read_tree(text: &str, parse: Parse) -> Result<Node, PlanErrors> {
    let problems = Problems::default();
    match parse(bearable(text)?, &problems) {
        Some(root) if problems.is_empty() => Ok(root),
        _ => Err(PlanErrors::new(problems.into_inner())),
    }
}

/// The text without what some editors put in front of it, unless it is too long.
fn bearable(text: &str) -> Result<&str, PlanErrors> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() <= MAX_BYTES {
        return Ok(text);
    }
    let message = "expected a text of at most 10 MiB, found more";
    Err(PlanErrors::one(None, message))
}
