//! A locustfile in the form: which of its user classes take part, its own options, and the files beside it.

use serde_json::{Value, json};
use yew::prelude::*;

use super::editor::Editor;
use super::plan_field::{Kind, PlanField, check_box};
use crate::browser::programs::native_engine;
use crate::components::file_button::FileButton;
use crate::control::Intent;
use crate::draft::keys::{Edit, Path};
use crate::draft::script;
use crate::store::PlanAction;
use crate::view::format::sentence;
use mayfly_engine::reading::{ScriptClass, ScriptOption};

/// All of it but the text.
pub(super) fn script_fields(editor: &Editor) -> Html {
    let plan = &editor.plan;
    let about = &plan.about_script;
    html! {
        <fieldset class="block">
            <legend><bdi>{ script::name(&plan.draft.keys) }</bdi></legend>
            { status(editor) }
            if !about.classes.is_empty() {
                <div role="group" aria-label="User classes">
                    for class in &about.classes {
                        { class_box(editor, class) }
                    }
                </div>
            }
            if !about.options.is_empty() {
                <div class="fields">
                    for option in &about.options {
                        { option_field(editor, option) }
                    }
                </div>
            }
            if native_engine().is_none() {
                <div class="fields">
                    <PlanField
                        editor={editor.clone()}
                        label="Other hosts"
                        path={script::path().key("hosts")}
                        kind={Kind::List}
                        placeholder="none"
                        hint={html! {
                            "hosts of others that the file loads besides Host and those of its classes, separated by commas"
                        }}
                    />
                </div>
            }
            { files(editor) }
        </fieldset>
    }
}

/// Whether it is read, and by what.
fn status(editor: &Editor) -> Html {
    let plan = &editor.plan;
    // What has a line stands beside the text.
    let is_about_python = |path: &str, line: Option<u32>| path == script::KEY && line.is_none();
    let mut problems = plan.problems.iter();
    let broken = problems.find(|it| plan.is_read() && is_about_python(&it.path, it.line));
    let text = match (plan.python, plan.is_read()) {
        (Some(part), _) if part < 1.0 => {
            format!("Loading Python… {} %", (part * 100.0) as u32)
        }
        (Some(_), _) => "Starting Python…".to_owned(),
        (None, false) => "Reading the file…".to_owned(),
        (None, true) if plan.problems.is_empty() => {
            format!(
                "Python {} in a frame of this page runs it.",
                plan.about_script.python
            )
        }
        (None, true) => String::new(),
    };
    let on_again = editor.on_plan.reform(|_| PlanAction::ReadAgain);
    html! {
        <div role="status">
            if let Some(problem) = broken {
                <p class="help error">
                    { sentence(&problem.message) }
                    { " " }
                    <button type="button" class="button small" onclick={on_again}>{ "Try again" }</button>
                </p>
            } else if !text.is_empty() {
                <p class="help">{ text }</p>
            }
        </div>
    }
}

fn class_box(editor: &Editor, class: &ScriptClass) -> Html {
    let path = script::path().key("classes");
    let all: Vec<String> = editor
        .plan
        .about_script
        .classes
        .iter()
        .map(|it| it.name.clone())
        .collect();
    let chosen = chosen(editor.get(&path), &all);
    let is_chosen = chosen.contains(&class.name);
    let on_check = {
        let name = class.name.clone();
        editor.on(move |is_checked| choose(&path, &all, &chosen, &name, is_checked))
    };
    let tasks = class.tasks.join(", ");
    let host = class.host.iter().map(|it| format!(" on {it}"));
    let label = html! { <strong><bdi>{ &class.name }</bdi></strong> };
    let note = format!("{}{}: {tasks}", class.share, host.collect::<String>());
    html! {
        <div key={class.name.clone()} class="script-class">
            { check_box(label, format!("Users of {}", class.name), is_chosen, on_check) }
            <span class="note" dir="auto">{ note }</span>
        </div>
    }
}

/// The classes that take part: all, if the plan names none.
fn chosen(value: Option<&Value>, all: &[String]) -> Vec<String> {
    let names = value.and_then(Value::as_array);
    let names = names.map(|it| it.iter().filter_map(Value::as_str).map(str::to_owned));
    names.map_or_else(|| all.to_vec(), Iterator::collect)
}

/// Lets a class take part or not. A plan without any would be one with all, so the last one stays.
fn choose(path: &Path, all: &[String], chosen: &[String], name: &str, takes_part: bool) -> Edit {
    let is_in = |it: &&String| match **it == *name {
        true => takes_part,
        false => chosen.contains(it),
    };
    let names: Vec<&String> = all.iter().filter(is_in).collect();
    match names.len() {
        0 => Edit::All(Vec::new()),
        number if number == all.len() => Edit::Remove(path.clone()),
        _ => Edit::Set(path.clone(), json!(names)),
    }
}

fn option_field(editor: &Editor, option: &ScriptOption) -> Html {
    html! {
        <PlanField
            key={option.name.clone()}
            editor={editor.clone()}
            label={option.name.clone()}
            path={script::path().key("options").key(&option.name)}
            placeholder={option.default.clone()}
            hint={html! { &option.help }}
        />
    }
}

/// The files that it imports or reads.
fn files(editor: &Editor) -> Html {
    let names = script::files(&editor.plan.draft.keys);
    let on_open = editor.on_intent.reform(Intent::AddFile);
    html! {
        <div>
            <ul class="plain" aria-label="Files beside the locustfile">
                for (nth, name) in names.iter().enumerate() {
                    <li key={nth}>
                        <bdi>{ name }</bdi>
                        { " " }
                        <button
                            type="button"
                            class="button small"
                            aria-label={format!("Remove {name}")}
                            onclick={editor.on(move |_| {
                                Edit::Remove(script::path().key("files").index(nth))
                            })}
                        >
                            { "Remove" }
                        </button>
                    </li>
                }
            </ul>
            <FileButton label="File beside the locustfile" text="Add file…" accept="" {on_open} />
            <p class="help">
                { "Modules, wheels and data that the file imports or reads. They can be dropped onto the page too." }
            </p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_chosen_in_their_order_and_never_none() {
        let path = script::path().key("classes");
        let all = ["A", "B", "C"].map(str::to_owned);
        let pick = |chosen: &[&str], name: &str, takes_part| {
            let chosen: Vec<String> = chosen.iter().map(|it| (*it).to_owned()).collect();
            choose(&path, &all, &chosen, name, takes_part)
        };
        let set = |names: &[&str]| Edit::Set(path.clone(), json!(names));
        assert_eq!(pick(&["A", "B", "C"], "B", false), set(&["A", "C"]));
        assert_eq!(pick(&["C"], "A", true), set(&["A", "C"]));
        assert_eq!(pick(&["A", "C"], "B", true), Edit::Remove(path.clone()));
        assert_eq!(pick(&["A"], "A", false), Edit::All(Vec::new()));
        assert_eq!(chosen(None, &all), all);
        assert_eq!(chosen(Some(&json!(["B"])), &all), ["B"]);
    }
}
