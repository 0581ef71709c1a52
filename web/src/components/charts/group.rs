//! What all charts that are shown together share.

use std::rc::Rc;

use yew::prelude::*;

use super::hooks::Zoom;
use crate::view::chart_model::Event;

/// What all charts that are shown together share.
#[derive(Clone, PartialEq)]
pub(super) struct Group {
    /// Whether the script that draws is there.
    pub(super) is_ready: bool,
    /// In seconds since 1970.
    pub(super) started: f64,
    pub(super) zoom: Zoom,
    /// Where a person points, on the axis.
    pub(super) pointed: Option<f64>,
    pub(super) on_point: Callback<Option<f64>>,
    pub(super) events: Rc<[Event]>,
    /// Labels of the lines that are hidden.
    pub(super) hidden: Rc<[String]>,
    /// Shows or hides the lines with this label.
    pub(super) on_toggle: Callback<String>,
    /// Shows or hides the table of the chart with this title.
    pub(super) on_toggle_table: Callback<&'static str>,
    /// What the files of pictures begin with.
    pub(super) file_name: AttrValue,
}
