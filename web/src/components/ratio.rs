//! Which part of the load falls to which class and task, as the plan has it.

use std::rc::Rc;

use mayfly_core::plan::Draft;
use mayfly_core::report::ratio::{Ratio, ratios};
use yew::prelude::*;

use crate::view::format;

#[derive(PartialEq, Properties)]
pub struct RatiosProps {
    pub draft: Rc<Draft>,
}

#[component]
pub fn Ratios(props: &RatiosProps) -> Html {
    let ratios = ratios(&props.draft);
    if ratios.is_empty() {
        return html! { <p class="empty">{ "No class of the plan can have users." }</p> };
    }
    html! {
        <div class="ratios">
            { section("Ratio per class", &ratios, |it| it.ratio) }
            { section("Total ratio", &ratios, |it| it.total) }
        </div>
    }
}

fn section(title: &'static str, ratios: &[Ratio], part: fn(&Ratio) -> f64) -> Html {
    html! {
        <section class="card" aria-label={title}>
            <h2>{ title }</h2>
            { list(ratios, part) }
        </section>
    }
}

fn list(ratios: &[Ratio], part: fn(&Ratio) -> f64) -> Html {
    html! {
        <ul>
            for ratio in ratios {
                <li>
                    <span class="part">{ format::share(part(ratio)) }</span>
                    { " " }
                    <bdi title={ratio.name.clone()}>{ format::line(&ratio.name) }</bdi>
                    if !ratio.tasks.is_empty() {
                        { list(&ratio.tasks, part) }
                    }
                </li>
            }
        </ul>
    }
}
