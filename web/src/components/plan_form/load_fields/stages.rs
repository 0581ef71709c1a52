//! The stages of a load, or its arrivals, as a table.

use serde_json::{Value, json};
use yew::prelude::*;

use super::super::editor::{Editor, number_or_text};
use super::super::plan_field::{Kind, use_typed};
use super::error;
use crate::components::text_field::input_text;
use crate::draft::keys::text_of;
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

#[derive(PartialEq, Properties)]
pub(super) struct StagesTableProps {
    pub editor: Editor,
    /// Whether they are arrivals.
    pub is_open: bool,
}

#[component]
pub(super) fn StagesTable(props: &StagesTableProps) -> Html {
    let StagesTableProps { editor, is_open } = props;
    let path = Path::of("load").key(if *is_open { "arrivals" } else { "stages" });
    let n_stages = editor.len(&path);
    let titles = if *is_open {
        ["Duration", "Rate from (tasks/s)", "Rate to (tasks/s)"]
    } else {
        ["Duration", "Users", "Spawn rate (users/s)"]
    };
    let on_add = {
        let (path, next) = (path.clone(), next_stage(editor, &path, *is_open));
        editor.on(move |_| Edit::Append(path.clone(), next.clone()))
    };
    html! {
        <div>
            <table class="stages">
                <caption class="visually-hidden">{ "Stages" }</caption>
                <thead>
                    <tr>
                        for title in titles {
                            <th scope="col">{ title }</th>
                        }
                        <th scope="col"><span class="visually-hidden">{ "Change" }</span></th>
                    </tr>
                </thead>
                for index in 0..n_stages {
                    <StageRow
                        key={index}
                        editor={editor.clone()}
                        path={path.index(index)}
                        number={index + 1}
                        is_open={*is_open}
                    />
                }
            </table>
            { error(editor, &path) }
            <button type="button" class="button small" onclick={on_add}>{ "Add stage" }</button>
        </div>
    }
}

/// What a new stage is at first: like the last one.
fn next_stage(editor: &Editor, path: &Path, is_open: bool) -> Value {
    let last = editor.len(path).checked_sub(1);
    let last = last.and_then(|index| editor.get(&path.index(index)));
    match last {
        Some(last) if is_open => {
            let rate = &last["rate"];
            json!({ "duration": last["duration"], "rate": rate.get(1).unwrap_or(rate) })
        }
        Some(last) => last.clone(),
        None if is_open => json!({ "duration": "1m", "rate": 10 }),
        None => json!({ "duration": "1m", "users": 10, "spawn_rate": 1 }),
    }
}

#[derive(PartialEq, Properties)]
struct StageRowProps {
    editor: Editor,
    /// Where the stage is.
    path: Path,
    /// Counted from one.
    number: usize,
    is_open: bool,
}

/// A row, and below it what is wrong with it.
#[component]
fn StageRow(props: &StageRowProps) -> Html {
    let StageRowProps {
        editor,
        path,
        number,
        is_open,
    } = props;
    let help_id = format!("{path}-help");
    let rate = path.key("rate");
    let places = if *is_open {
        vec![
            path.key("duration"),
            rate.index(0),
            rate.index(1),
            rate,
            path.clone(),
        ]
    } else {
        ["duration", "users", "spawn_rate"]
            .map(|key| path.key(key))
            .into_iter()
            .chain([path.clone()])
            .collect()
    };
    let errors: Vec<&str> = places.iter().filter_map(|it| editor.error(it)).collect();
    html! {
        <tbody>
            <tr>
                { cells(props, &help_id) }
                <td class="changes">{ changes(editor, path, *number) }</td>
            </tr>
            if !errors.is_empty() {
                <tr>
                    <td id={help_id} class="help error" colspan="4">
                        for message in errors {
                            <p>{ sentence(message) }</p>
                        }
                    </td>
                </tr>
            }
        </tbody>
    }
}

fn cells(props: &StageRowProps, help_id: &str) -> Html {
    let StageRowProps {
        editor,
        path,
        number,
        is_open,
    } = props;
    let cell = |key: &str, name: &str| {
        html! {
            <ValueCell
                editor={editor.clone()}
                path={path.key(key)}
                label={format!("{name} of stage {number}")}
                help_id={help_id.to_owned()}
            />
        }
    };
    let rate = |index: usize, name: &str| {
        html! {
            <RateCell
                editor={editor.clone()}
                path={path.key("rate")}
                {index}
                label={format!("{name} of stage {number}")}
                help_id={help_id.to_owned()}
            />
        }
    };
    if *is_open {
        html! { <>{ cell("duration", "Duration") }{ rate(0, "Rate from") }{ rate(1, "Rate to") }</> }
    } else {
        html! { <>{ cell("duration", "Duration") }{ cell("users", "Users") }{ cell("spawn_rate", "Spawn rate") }</> }
    }
}

fn changes(editor: &Editor, path: &Path, number: usize) -> Html {
    let (up, away) = (path.clone(), path.clone());
    html! {
        <>
            <button
                type="button"
                class="button icon"
                aria-label={format!("Move stage {number} up")}
                title="Move this stage up"
                disabled={number == 1}
                onclick={editor.on(move |_| Edit::Raise(up.clone()))}
            >
                { "↑" }
            </button>
            <button
                type="button"
                class="button icon"
                aria-label={format!("Remove stage {number}")}
                title="Remove this stage"
                onclick={editor.on(move |_| Edit::Remove(away.clone()))}
            >
                { "×" }
            </button>
        </>
    }
}

#[derive(PartialEq, Properties)]
struct ValueCellProps {
    editor: Editor,
    path: Path,
    label: AttrValue,
    help_id: AttrValue,
}

#[component]
fn ValueCell(props: &ValueCellProps) -> Html {
    let ValueCellProps { editor, path, .. } = props;
    let (value, on_input) = use_typed(editor, path, Kind::Number);
    let is_wrong = editor.error(path).is_some();
    input(&props.label, &props.help_id, value, is_wrong, &on_input)
}

#[derive(PartialEq, Properties)]
struct RateCellProps {
    editor: Editor,
    /// Where the rate is: a number, or a list of two.
    path: Path,
    /// Which of the two.
    index: usize,
    label: AttrValue,
    help_id: AttrValue,
}

#[component]
fn RateCell(props: &RateCellProps) -> Html {
    let RateCellProps {
        editor,
        path,
        index,
        ..
    } = props;
    let (value, on_input) = use_rate(editor, path, *index);
    let is_wrong = [path, &path.index(*index)].map(|it| editor.error(it).is_some());
    let is_wrong = is_wrong.contains(&true);
    input(&props.label, &props.help_id, value, is_wrong, &on_input)
}

fn input(
    label: &AttrValue,
    help_id: &AttrValue,
    value: String,
    is_wrong: bool,
    on_input: &Callback<String>,
) -> Html {
    html! {
        <td>
            <input
                type="text"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-label={label.clone()}
                aria-invalid={is_wrong.then_some("true")}
                aria-describedby={is_wrong.then(|| help_id.clone())}
                {value}
                oninput={input_text(on_input)}
            />
        </td>
    }
}

/// What the field for one end of a rate shows, and what is to be told what was typed. As in
/// [`use_typed`], what was typed is shown as long as the plan says the same.
#[hook]
fn use_rate(editor: &Editor, path: &Path, index: usize) -> (String, Callback<String>) {
    let typed = use_state(String::new);
    let rate = editor.get(path).cloned().unwrap_or_default();
    let value = end_of(&rate, index);
    let shown = if number_or_text(&typed) == value {
        (*typed).clone()
    } else {
        text_of(&value)
    };
    let on_input = {
        let (editor, path) = (editor.clone(), path.clone());
        Callback::from(move |text: String| {
            let edited = with_end(&rate, index, number_or_text(&text));
            editor.edit(Edit::Set(path.clone(), edited));
            typed.set(text);
        })
    };
    (shown, on_input)
}

fn end_of(rate: &Value, index: usize) -> Value {
    match rate {
        Value::Array(ends) => {
            let end = ends.get(index).or_else(|| ends.first());
            end.cloned().unwrap_or_default()
        }
        both => both.clone(),
    }
}

/// The rate with another value at one of its ends: a list of two, unless they are the same.
fn with_end(rate: &Value, index: usize, value: Value) -> Value {
    let other = end_of(rate, 1 - index);
    if other.is_null() || other == value {
        return value;
    }
    let mut ends = [other.clone(), other];
    ends[index] = value;
    ends.to_vec().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_one_number_where_both_ends_are_the_same() {
        for (rate, index, value, expected) in [
            (json!(10), 1, json!(20), json!([10, 20])),
            (json!([10, 20]), 0, json!(20), json!(20)),
            (json!([10, 20]), 0, json!("x"), json!(["x", 20])),
            (json!(null), 0, json!(5), json!(5)),
            (json!([3]), 1, json!(5), json!([3, 5])),
            (json!("fast"), 1, json!(5), json!(["fast", 5])),
        ] {
            assert_eq!(with_end(&rate, index, value), expected);
        }
    }
}
