//! A plan as text: what is wrong with it stands below, each with its line.

use std::rc::Rc;

use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::file_button::FileButton;
use crate::browser;
use crate::draft::script;
use crate::store::{PlanDoc, Side};
use crate::view::format;
use crate::view::format::{ended, sentence};
use mayfly_engine::reading::Problem;

#[derive(PartialEq, Properties)]
pub(crate) struct PlanEditorProps {
    pub plan: Rc<PlanDoc>,
    pub on_edit: Callback<String>,
}

#[component]
pub(crate) fn PlanEditor(props: &PlanEditorProps) -> Html {
    let area = use_node_ref();
    let plan = &props.plan;
    let has_problems = !plan.problems.is_empty();
    // What is typed before the engine has written the text for the first time would be lost.
    let script = plan.script();
    let is_awaited = script.is_none() && plan.edited == Side::Form && plan.text.is_empty();
    let text = script.unwrap_or(&plan.text).to_owned();
    let n_lines = text.split('\n').count();
    let oninput = props
        .on_edit
        .reform(|event: InputEvent| event.target_unchecked_into::<HtmlTextAreaElement>().value());
    html! {
        <div class="field">
            <label for="plan-text">
                { match (script, plan.edited) {
                    (Some(_), _) => "Locustfile (Python)",
                    (None, Side::Json) => "Plan (JSON)",
                    (None, Side::Form | Side::Toml) => "Plan (TOML)",
                } }
            </label>
            <div class="editor">
                <pre class="gutter" aria-hidden="true">{ gutter(&plan.problems_of_text(), n_lines, &area) }</pre>
                <textarea
                    ref={area.clone()}
                    id="plan-text"
                    class="code"
                    wrap="off"
                    rows={n_lines.max(MIN_LINES).to_string()}
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    readonly={is_awaited}
                    aria-invalid={has_problems.then_some("true")}
                    aria-describedby="plan-problems"
                    value={text}
                    {oninput}
                />
            </div>
            <p class="help">
                { match script {
                    Some(_) => "The file stays as it is. What is set in the form goes with it.",
                    None => "Comments are kept while only the text is changed. A change in the form rewrites the text without them.",
                } }
            </p>
            <div id="plan-problems" class="problems" aria-live="polite">
                if has_problems {
                    <ul aria-label="Problems">
                        for (index, problem) in plan.problems_of_text().iter().enumerate() {
                            { problem_item(index, problem, &area) }
                        }
                    </ul>
                    if 0 < plan.n_more {
                        <p class="help error">
                            { format!("And {} more.", format::count(plan.n_more as u64)) }
                        </p>
                    }
                } else if plan.is_written() {
                    <p class="help">{ "This plan can run." }</p>
                }
            </div>
        </div>
    }
}

fn problem_item(index: usize, problem: &Problem, area: &NodeRef) -> Html {
    let message = if problem.path.is_empty() || problem.path == script::KEY {
        sentence(&problem.message)
    } else {
        ended(&format!("{}: {}", problem.path, problem.message))
    };
    let place = problem.line.map(|line| {
        let onclick = on_line(area, line);
        html! {
            <button type="button" class="link" {onclick}>{ format!("Line {line}") }</button>
        }
    });
    html! {
        <li key={index} class="help error" dir="auto">
            { for place }
            { message }
        </li>
    }
}

/// Goes to a line of the text.
fn on_line(area: &NodeRef, line: u32) -> Callback<MouseEvent> {
    let area = area.clone();
    Callback::from(move |_| {
        if let Some(area) = area.cast::<HtmlTextAreaElement>() {
            browser::focus::select_line(&area, line);
        }
    })
}

/// The numbers of the lines. Those of lines with errors stand out, and can be clicked.
fn gutter(problems: &[Problem], n_lines: usize, area: &NodeRef) -> Html {
    let numbers = numbers(n_lines, problems).into_iter();
    numbers
        .map(|number| match number {
            Numbers::Bad(line, message) => html! {
                <span class="bad-line" title={message.to_owned()} onclick={on_line(area, line)}>
                    { format!("{line}\n") }
                </span>
            },
            Numbers::Good(text) => html! { text },
        })
        .collect()
}

#[derive(Debug, Eq, PartialEq)]
enum Numbers<'a> {
    /// A line with an error, and the first thing that is wrong.
    Bad(u32, &'a str),
    /// Lines without errors.
    Good(String),
}

fn numbers(n_lines: usize, problems: &[Problem]) -> Vec<Numbers<'_>> {
    let mut numbers = Vec::new();
    let mut good = String::new();
    for line in 1..=u32::try_from(n_lines).unwrap_or(u32::MAX) {
        match problems.iter().find(|it| it.line == Some(line)) {
            Some(problem) => {
                numbers.push(Numbers::Good(std::mem::take(&mut good)));
                numbers.push(Numbers::Bad(line, &problem.message));
            }
            None => good.push_str(&format!("{line}\n")),
        }
    }
    numbers.push(Numbers::Good(good));
    numbers
}

#[derive(PartialEq, Properties)]
pub(crate) struct PlanFilesProps {
    /// Opens a file that a person chose.
    pub on_open: Callback<web_sys::File>,
    pub on_save: Callback<()>,
}

/// Opens plans from files, and saves them.
#[component]
pub(crate) fn PlanFiles(props: &PlanFilesProps) -> Html {
    html! {
        <>
            <FileButton
                label="Plan file"
                text="Open…"
                accept=".py,.toml,.json,application/toml,application/json,text/plain"
                on_open={props.on_open.clone()}
            />
            <button type="button" class="button small" onclick={props.on_save.reform(|_| ())}>
                { "Save" }
            </button>
        </>
    }
}

const MIN_LINES: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_errors_stand_out() {
        let problem = |line, message: &str| Problem {
            path: String::new(),
            line,
            message: message.to_owned(),
        };
        let problems = [
            problem(Some(2), "a"),
            problem(Some(2), "b"),
            problem(None, "c"),
        ];
        let expected = [
            Numbers::Good("1\n".to_owned()),
            Numbers::Bad(2, "a"),
            Numbers::Good("3\n".to_owned()),
        ];
        assert_eq!(numbers(3, &problems), expected);
    }
}
