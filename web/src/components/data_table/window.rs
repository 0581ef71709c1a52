//! Which rows of a long table are drawn: those that can be seen, and some around them.

use std::ops::Range;

use wasm_bindgen::JsCast;
use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser;
use crate::store::tables::{WINDOW_STEP, window};

/// The part of a table that is drawn.
pub(super) struct Window {
    /// What is scrolled.
    pub(super) container: NodeRef,
    pub(super) onscroll: Callback<Event>,
    /// The rows that are drawn, by their places in the order that is shown.
    pub(super) rows: Range<usize>,
    row_height: u32,
}

impl Window {
    /// How high so many rows are, in pixels.
    pub(super) fn height(&self, n_rows: usize) -> u32 {
        // A table has a thousand rows, or a few.
        u32::try_from(n_rows).unwrap_or(u32::MAX) * self.row_height
    }
}

/// What was found while scrolling.
#[derive(Clone, Copy, PartialEq)]
struct Position {
    /// The first row that can be seen, rounded down to where the window moves.
    first: usize,
    /// How many rows a screen has room for.
    n_visible: usize,
    row_height: u32,
}

impl Position {
    /// `row_height` is above zero.
    fn new(first: usize, row_height: i32) -> Self {
        let row_height = row_height.unsigned_abs();
        Self {
            first: first / WINDOW_STEP * WINDOW_STEP,
            n_visible: browser::window_height().div_ceil(row_height) as usize,
            row_height,
        }
    }
}

#[hook]
pub(super) fn use_window(n_rows: usize) -> Window {
    let position = use_state_eq(|| Position::new(0, ROW_HEIGHT));
    let container = use_node_ref();
    let onscroll = use_callback(container.clone(), {
        let position = position.setter();
        move |_: Event, container: &NodeRef| {
            if let Some(container) = container.cast::<HtmlElement>() {
                position.set(position_of(&container));
            }
        }
    });
    Window {
        container,
        onscroll,
        rows: window(n_rows, position.first, position.n_visible),
        row_height: position.row_height,
    }
}

fn position_of(container: &HtmlElement) -> Position {
    let top = container.scroll_top();
    let row = elements(container, "tr.row").next();
    let row_height = row.map_or(ROW_HEIGHT, |it| it.offset_height()).max(1);
    // Rows that are open are higher than others.
    let open: i32 = elements(container, "tr.detail")
        .map(|it| (top - it.offset_top()).clamp(0, it.offset_height()))
        .sum();
    let first = usize::try_from((top - open) / row_height).unwrap_or(0);
    Position::new(first, row_height)
}

fn elements(container: &HtmlElement, selector: &str) -> impl Iterator<Item = HtmlElement> {
    let found = container.query_selector_all(selector).ok();
    let nodes = (0..).map_while(move |index| found.as_ref()?.item(index));
    nodes.map(JsCast::unchecked_into)
}

/// What the style sheet says, in pixels, until it is measured.
const ROW_HEIGHT: i32 = 34;
