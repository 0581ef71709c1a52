//! The parts of the form that few plans show at first. They are loaded later.

use yew::prelude::*;

use super::task_shape::TaskShape;
use crate::draft::keys::Path;
use mayfly_core::plan::LoadKind;

/// A part of the form that is loaded later, by what it needs besides the plan.
#[derive(Clone, PartialEq)]
pub enum FormPart {
    /// What few plans need.
    Advanced,
    /// One of several user classes.
    ClassCard(Path, [Html; 2]),
    /// The settings of a user class, and whether it is the only one.
    ClassSettings(Path, bool, Html),
    /// The data.
    Data,
    /// The fields of a load over time.
    Load(LoadKind),
    /// The picture of the load.
    LoadPicture,
    /// The preset that is being filled in.
    Preset,
    /// What is wrong with the plan.
    Problems,
    /// The locustfile, but for its text.
    Script,
    /// How the simulated API answers.
    Simulated,
    /// What is in a task.
    Task(Path, TaskShape),
    /// The plan as text.
    Text,
    /// The conditions.
    Thresholds,
    /// What a browser does not do of the plan.
    Warnings,
}
