//! A table of names with texts: headers, and the fields of a form.

use yew::prelude::*;

use super::editor::{Editor, capitalized};
use super::list::{add_button, icon_button};
use super::pairs::{self, Pairs};
use super::plan_field::{Kind, PlanField};
use crate::components::text_field::input_text;
use crate::draft::keys::text_of;
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

#[derive(PartialEq, Properties)]
pub(super) struct PairsTableProps {
    pub editor: Editor,
    /// Where the table is.
    pub path: Path,
    pub legend: AttrValue,
    /// What a pair is called.
    pub noun: AttrValue,
    /// Whether an empty table stays, because the plan would be another without.
    #[prop_or_default]
    pub stays: bool,
}

#[component]
pub(super) fn PairsTable(props: &PairsTableProps) -> Html {
    let PairsTableProps { editor, path, .. } = props;
    let Some(pairs) = pairs::read(editor.get(path)) else {
        // Not what it should be: shown as it is, with what is wrong with it.
        return html! {
            <PlanField
                editor={editor.clone()}
                label={props.legend.clone()}
                path={path.clone()}
                kind={Kind::Json}
            />
        };
    };
    let text = format!("Add {}", props.noun);
    let on_add = changing(props, |pairs, ()| pairs.push((String::new(), "".into())));
    html! {
        <fieldset id={path.id()} class="block">
            <legend>{ &props.legend }</legend>
            for (nth, (name, value)) in pairs.iter().enumerate() {
                <div key={nth} class="pair">
                    { pair(props, nth, name, &text_of(value)) }
                </div>
            }
            { super::error_line(editor, path) }
            <div class="adders">
                { add_button(&text, editor.label(&text, path), on_add.reform(|_| ())) }
            </div>
        </fieldset>
    }
}

fn pair(props: &PairsTableProps, nth: usize, name: &str, value: &str) -> Html {
    let PairsTableProps {
        editor, path, noun, ..
    } = props;
    let place = pairs::place(editor.get(path), path, nth, name);
    let error = editor.error_within(&place);
    let id = format!("{}-{nth}", path.id());
    let label = |what: &str| {
        let label = format!("{} {what} {}", capitalized(noun), nth + 1);
        editor.label(&label, path)
    };
    let input = |what: &str, id: String, value: &str, on_input: Callback<String>| {
        html! {
            <input
                {id}
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                placeholder={capitalized(what)}
                aria-label={label(what)}
                aria-invalid={(what == "value" && error.is_some()).then_some("true")}
                value={value.to_owned()}
                oninput={input_text(&on_input)}
            />
        }
    };
    let on_name = changing(props, move |pairs, name: String| {
        if let Some(pair) = pairs.get_mut(nth) {
            pair.0 = name;
        }
    });
    let on_value = changing(props, move |pairs, value: String| {
        if let Some(pair) = pairs.get_mut(nth) {
            pair.1 = value.into();
        }
    });
    let on_remove = changing(props, move |pairs, ()| {
        if nth < pairs.len() {
            pairs.remove(nth);
        }
    });
    let on_remove = on_remove.reform(|_: MouseEvent| ());
    let removing = format!("Remove {noun} {}", nth + 1);
    html! {
        <>
            { input("name", format!("{id}-name"), name, on_name) }
            { input("value", place.id(), value, on_value) }
            { icon_button("×", editor.label(&removing, path), "Remove", on_remove) }
            if let Some(error) = error {
                <p class="help error">{ sentence(error) }</p>
            }
        </>
    }
}

/// Changes the pairs, once something happens.
fn changing<T: Clone + 'static>(
    props: &PairsTableProps,
    change: impl Fn(&mut Pairs, T) + Clone + 'static,
) -> Callback<T> {
    let (path, stays) = (props.path.clone(), props.stays);
    props.editor.on(move |event: T| {
        let (path, change) = (path.clone(), change.clone());
        Edit::late(move |keys| {
            let mut pairs = pairs::read(path.get(keys)).unwrap_or_default();
            change(&mut pairs, event.clone());
            if pairs.is_empty() && !stays {
                Edit::Remove(path.clone())
            } else {
                Edit::Set(path.clone(), pairs::write(pairs))
            }
        })
    })
}
