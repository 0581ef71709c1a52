//! What happened, and when.

use std::rc::Rc;

use web_sys::HtmlElement;
use yew::prelude::*;

use super::copy_button::CopyButton;
use crate::js;
use crate::store::{Level, Log, LogLine};

#[derive(PartialEq, Properties)]
pub struct LogListProps {
    pub log: Rc<Log>,
}

#[component]
pub fn LogList(props: &LogListProps) -> Html {
    let log = &props.log;
    let list = use_node_ref();
    let newest = log.lines().last().map(|it| it.0);
    use_effect_with((list.clone(), newest), |(list, _)| {
        if let Some(list) = list.cast::<HtmlElement>() {
            list.set_scroll_top(list.scroll_height());
        }
    });
    if newest.is_none() {
        return html! { <p class="empty">{ "Nothing has happened yet." }</p> };
    }
    html! {
        <>
            <CopyButton text={text(log)} label="Copy all" />
            <div class="log" role="log" aria-label="Logs" tabindex="0" ref={list}>
                <ol>
                    for (number, line) in log.lines() {
                        <li key={number} class={class(line.level)}>
                            <time>{ js::local_time(line.at_millis) }</time>
                            <strong>{ line.level.to_string() }</strong>
                            <span class="foreign">{ &line.text }</span>
                        </li>
                    }
                </ol>
            </div>
        </>
    }
}

fn class(level: Level) -> &'static str {
    match level {
        Level::Info => "info",
        Level::Warning => "warning",
        Level::Error => "error",
    }
}

fn text(log: &Log) -> String {
    let line = |line: &LogLine| {
        let time = js::local_time(line.at_millis);
        format!("{time} {:<7} {}\n", line.level, line.text)
    };
    log.lines().map(|it| line(it.1)).collect()
}
