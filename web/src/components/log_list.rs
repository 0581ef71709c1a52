//! What happened, and when.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::copy_button::CopyButton;
use crate::browser;
use crate::store::{Level, Log, LogLine};

#[derive(PartialEq, Properties)]
pub struct LogListProps {
    pub log: Rc<Log>,
}

#[component]
pub fn LogList(props: &LogListProps) -> Html {
    let log = &props.log;
    let newest = log.lines().last().map(|it| it.0);
    let (list, onscroll) = use_end_in_sight(newest);
    if newest.is_none() {
        return html! { <p class="empty">{ "Nothing has happened yet." }</p> };
    }
    html! {
        <>
            <CopyButton text={text(log)} label="Copy all" />
            <div class="log" role="log" aria-label="Logs" tabindex="0" ref={list} {onscroll}>
                <ol>
                    for (number, line) in log.lines() {
                        <li key={number} class={class(line.level)}>
                            <time>{ browser::dates::local_moment(line.at_millis) }</time>
                            <strong>{ line.level.to_string() }</strong>
                            <span class="foreign">{ &line.text }</span>
                        </li>
                    }
                </ol>
            </div>
        </>
    }
}

/// Scrolls to each new line, unless a person has scrolled up to read.
#[hook]
fn use_end_in_sight(newest: Option<usize>) -> (NodeRef, Callback<Event>) {
    let list = use_node_ref();
    // A line that is added does not scroll, so this is about the time before it.
    let is_at_end = use_mut_ref(|| true);
    let onscroll = {
        let (list, is_at_end) = (list.clone(), is_at_end.clone());
        Callback::from(move |_| {
            if let Some(list) = list.cast::<HtmlElement>() {
                let below = list.scroll_height() - list.scroll_top() - list.client_height();
                *is_at_end.borrow_mut() = below < A_LINE;
            }
        })
    };
    use_effect_with((list.clone(), newest), move |(list, _)| {
        if let Some(list) = list.cast::<HtmlElement>()
            && *is_at_end.borrow()
        {
            list.set_scroll_top(list.scroll_height());
        }
    });
    (list, onscroll)
}

/// About the height of a line, in pixels.
const A_LINE: i32 = 24;

fn class(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn text(log: &Log) -> String {
    let line = |line: &LogLine| {
        // What is copied is read on another day.
        let time = browser::dates::local_stamp(line.at_millis);
        format!("{time} {:<7} {}\n", line.level, line.text)
    };
    log.lines().map(|it| line(it.1)).collect()
}
