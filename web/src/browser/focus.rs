//! Where the focus is, and where it goes.

use wasm_bindgen::prelude::*;
use web_sys::{HtmlElement, HtmlTextAreaElement};

use super::document;

/// Whether a key that is pressed now would write into a field.
pub(crate) fn is_typing() -> bool {
    let focused = document().active_element();
    focused.is_some_and(|it| {
        matches!(it.tag_name().as_str(), "INPUT" | "SELECT" | "TEXTAREA")
            || it.closest("[contenteditable]").ok().flatten().is_some()
    })
}

/// Moves the focus to a line of a text, counted from 1, and selects it.
pub(crate) fn select_line(area: &HtmlTextAreaElement, line: u32) {
    let text = area.value();
    let mut lines = text.split('\n').map(|it| it.encode_utf16().count() as u32);
    let start: u32 = lines
        .by_ref()
        .take(line as usize - 1)
        .map(|it| it + 1)
        .sum();
    let end = start + lines.next().unwrap_or_default();
    // It is on the page, so it can be focused, and a text area always has a selection.
    let _ = area.focus();
    let _ = area.set_selection_range(start, end);
}

/// Moves the focus to the field of this name, or to the first one in the group of this name, and opens
/// what is around it. False if there is none.
pub(crate) fn focus_field(id: &str) -> bool {
    const FIELDS: &str = "input:not([hidden]), select, textarea, button";
    let Some(element) = document().get_element_by_id(id) else {
        return false;
    };
    let field = match element.matches(FIELDS) {
        Ok(true) => Some(element),
        _ => element.query_selector(FIELDS).ok().flatten(),
    };
    let Some(field) = field else { return false };
    while let Ok(Some(details)) = field.closest("details:not([open])") {
        // An attribute of this name can always be set.
        let _ = details.set_attribute("open", "");
    }
    // It is on the page, so it can be focused.
    let _ = field.unchecked_into::<HtmlElement>().focus();
    true
}

/// Moves the focus to the first field that has an error.
pub(crate) fn focus_first_invalid() {
    if let Ok(Some(field)) = document().query_selector("[aria-invalid='true']") {
        // It is on the page, so it can be focused.
        let _ = field.unchecked_into::<HtmlElement>().focus();
    }
}

/// Whether nothing has the focus, as when what had it is no longer there.
pub(crate) fn is_focus_lost() -> bool {
    let focused = document().active_element();
    focused.is_none_or(|it| it.tag_name() == "BODY")
}

/// Moves the focus to the heading of what fills the page now.
pub(crate) fn focus_heading() {
    if let Ok(Some(heading)) = document().query_selector("h1") {
        // It is on the page, so it can be focused.
        let _ = heading.unchecked_into::<HtmlElement>().focus();
    }
}
