//! All that is wrong with the plan, and what a browser does not do of it, each with the way to where
//! it is.

use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;
use yew::prelude::*;

use super::editor::{Editor, capitalized};
use super::place::Place;
use crate::browser;
use crate::draft::keys::Path;
use crate::store::PlanAction;
use crate::view::format;
use crate::view::format::{ended, sentence};
use mayfly_engine::reading::Problem;

/// What keeps the plan from running.
pub(super) fn problem_list(editor: &Editor) -> Html {
    let plan = &editor.plan;
    html! {
        <section class="notice" aria-label="Problems in the plan">
            <strong>{ "This plan cannot run yet." }</strong>
            <ul class="mend">
                for (nth, problem) in plan.problems.iter().enumerate() {
                    <li key={nth}>{ item(editor, problem) }</li>
                }
            </ul>
            if 0 < plan.n_more {
                <p>{ format!("And {} more.", format::count(plan.n_more as u64)) }</p>
            }
        </section>
    }
}

/// What a run of the plan on this page does otherwise than the plan says.
pub(super) fn warning_list(editor: &Editor) -> Html {
    // A file has its own things to say, and none of them is for sure.
    let (label, title, text) = match editor.plan.script() {
        Some(_) => (
            "What the file cannot do here",
            "Not all of this file works as it does in Locust.",
            "",
        ),
        None => (
            "What a browser does not send",
            "Your browser will not send this plan as it is.",
            " The command sends all of it.",
        ),
    };
    html! {
        <section class="notice info" aria-label={label}>
            <strong>{ title }</strong>
            { text }
            <ul class="mend">
                for (nth, warning) in editor.plan.warnings.iter().enumerate() {
                    <li key={nth}>{ item(editor, &with_line(warning)) }</li>
                }
            </ul>
        </section>
    }
}

/// Where a plan is not wrong, the form marks no field, and its text no line.
fn with_line(warning: &Problem) -> Problem {
    let mut warning = warning.clone();
    if let Some(line) = warning.line {
        warning.message += &format!(" (line {line})");
    }
    warning
}

fn item(editor: &Editor, problem: &Problem) -> Html {
    let text = text_of(editor, problem);
    if problem.path.is_empty() && problem.line.is_none() {
        return html! { <span dir="auto">{ text }</span> };
    }
    let onclick = {
        let (on_plan, problem) = (editor.on_plan.clone(), problem.clone());
        move |_| go_to(&problem, &on_plan)
    };
    html! { <button type="button" class="link" dir="auto" {onclick}>{ text }</button> }
}

/// `Task 2, get: expected a path …`
fn text_of(editor: &Editor, problem: &Problem) -> String {
    let place = match Path::parse(&problem.path) {
        Some(path) => {
            let owner = editor.place(&path);
            let key = Place::new(&path).key();
            let parts = [Some(owner), key].into_iter().flatten();
            parts
                .filter(|it| !it.is_empty())
                .collect::<Vec<_>>()
                .join(", ")
        }
        None => problem.path.clone(),
    };
    if place.is_empty() {
        return sentence(&problem.message);
    }
    ended(&format!("{}: {}", capitalized(&place), problem.message))
}

/// Moves the focus to the field of a problem, or to the closest thing around it that is shown; if
/// there is none, to the line of the text.
fn go_to(problem: &Problem, on_plan: &Callback<PlanAction>) {
    if around(&problem.path).any(|id| browser::focus::focus_field(&id)) {
        return;
    }
    let Some(line) = problem.line else { return };
    on_plan.emit(PlanAction::ShowText(true));
    browser::after_drawing(move || {
        let area = browser::document().get_element_by_id("plan-text");
        if let Some(area) = area.and_then(|it| it.dyn_into::<HtmlTextAreaElement>().ok()) {
            browser::focus::select_line(&area, line);
        }
    });
}

/// The names in the document of a place and of all that is around it, the smallest first.
fn around(path: &str) -> impl Iterator<Item = String> {
    let shorter = |path: &String| {
        let end = path.rfind(['.', '['])?;
        Some(path[..end].to_owned())
    };
    let id = path.replace(char::is_whitespace, "_");
    std::iter::successors(Some(id).filter(|it| !it.is_empty()), shorter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_around_a_place_is_looked_for_from_inside_out() {
        let ids: Vec<String> = around("user_class[0].a b.c").collect();
        assert_eq!(
            ids,
            [
                "user_class[0].a_b.c",
                "user_class[0].a_b",
                "user_class[0]",
                "user_class"
            ]
        );
        assert_eq!(around("").count(), 0);
    }
}
