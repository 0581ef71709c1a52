//! What is shown only on demand. It is drawn when it is opened, so that large plans are light.

use std::cell::RefCell;
use std::collections::BTreeMap;

use web_sys::Element;
use yew::prelude::*;

use super::editor::Editor;
use super::part::FormPart;
use crate::draft::keys::Path;

thread_local! {
    // What a person opened or closed, by its place. It says nothing about the plan, so it is not in
    // the store, and it outlives the form, which goes while a run is shown.
    static OPENED: RefCell<BTreeMap<String, bool>> = const { RefCell::new(BTreeMap::new()) };
}

/// Opens the part of the form at `path` before it is drawn.
pub(super) fn open(path: &Path) {
    remember(path.to_string(), true);
}

fn remember(place: String, is_open: bool) {
    OPENED.with_borrow_mut(|opened| opened.insert(place, is_open));
}

/// Whether a part of the form is open, and what opens and closes it.
///
/// `place` is where this is remembered. What must not be overlooked is open anyway.
#[hook]
pub(super) fn use_open(place: String, is_open_at_first: bool) -> (bool, Callback<bool>) {
    let is_open = use_state_eq(|| {
        let remembered = OPENED.with_borrow(|opened| opened.get(&place).copied());
        remembered.unwrap_or(is_open_at_first)
    });
    // Parts move with the items of a list, and what is remembered moves with them.
    use_effect_with((place, *is_open), |(place, is_open)| {
        remember(place.clone(), *is_open);
    });
    let set = {
        let is_open = is_open.clone();
        Callback::from(move |value| is_open.set(value))
    };
    (*is_open, set)
}

#[derive(PartialEq, Properties)]
pub(super) struct DetailsProps {
    pub editor: Editor,
    pub summary: AttrValue,
    /// What is in there, in short.
    #[prop_or_default]
    pub note: AttrValue,
    /// Where it is remembered whether it is open; for several on one place, with a word in addition.
    pub place: AttrValue,
    /// What it is about: it is open if anything is wrong there.
    pub paths: Vec<Path>,
    /// Whether there is something in it that a person must see.
    #[prop_or_default]
    pub must_be_seen: bool,
    /// What is in it.
    #[prop_or_default]
    pub part: Option<FormPart>,
    #[prop_or_default]
    pub children: Html,
}

/// A part of the form that can be opened.
#[component]
pub(super) fn Details(props: &DetailsProps) -> Html {
    let (is_open, on_open) = use_open(props.place.to_string(), false);
    let mut paths = props.paths.iter();
    let is_wrong = paths.any(|it| props.editor.error_within(it).is_some());
    let ontoggle = on_open.reform(|event: Event| {
        let details = event.target_unchecked_into::<Element>();
        details.has_attribute("open")
    });
    let is_open = is_open || is_wrong || props.must_be_seen;
    html! {
        <details class="more" open={is_open} {ontoggle}>
            <summary>
                { &props.summary }
                { " " }
                if !props.note.is_empty() {
                    <span class="note">{ &props.note }</span>
                }
            </summary>
            if is_open {
                <div class="inside">
                    { for props.part.as_ref().map(|it| props.editor.part(it)) }
                    { props.children.clone() }
                </div>
            }
        </details>
    }
}

/// A button that opens a part of the form below it.
pub(super) fn opener(
    label: String,
    is_open: bool,
    controls: String,
    on_open: &Callback<bool>,
) -> Html {
    let onclick = on_open.reform(move |_: MouseEvent| !is_open);
    html! {
        <button
            type="button"
            class="button icon opener"
            aria-label={label}
            title={if is_open { "Less" } else { "More" }}
            aria-expanded={if is_open { "true" } else { "false" }}
            aria-controls={is_open.then_some(controls)}
            {onclick}
        >
            { "›" }
        </button>
    }
}
