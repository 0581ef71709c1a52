//! A load over time as a picture, and what a run did over it.

use std::rc::Rc;

use mayfly_core::schedule::load_line::{LoadLine, LoadUnit};
use yew::prelude::*;

use crate::store::Run;
use crate::view::format;
use crate::view::load_picture::{Live, Picture, Tick};

#[derive(PartialEq, Properties)]
pub(crate) struct LoadPictureProps {
    /// The load; `None` leaves the room for it empty.
    pub line: Option<Rc<LoadLine>>,
    /// Whether it is not what the plan says now.
    #[prop_or_default]
    pub is_old: bool,
    /// What a run did; `None` where there is no run.
    #[prop_or_default]
    pub live: Option<Live>,
    /// What it is a picture of; made from the load, if it is empty.
    #[prop_or_default]
    pub caption: AttrValue,
}

#[component]
pub(crate) fn LoadPicture(props: &LoadPictureProps) -> Html {
    let unit = props.line.as_ref().map_or(LoadUnit::Users, |it| it.unit);
    let (title, measured) = match unit {
        LoadUnit::TasksPerSecond => ("Tasks started per second", "tasks started per second"),
        LoadUnit::Users => (USERS, "users"),
    };
    let caption = if props.caption.is_empty() {
        title.into()
    } else {
        props.caption.clone()
    };
    html! {
        <figure class={classes!("load-picture", props.is_old.then_some("old"))}>
            <figcaption>
                { caption }
                if props.live.is_some() {
                    <span class="key planned">{ "planned" }</span>
                    <span class="key measured">{ format!("measured ({measured})") }</span>
                }
            </figcaption>
            <div class="room">
                if let Some(line) = &props.line {
                    { drawing(line, props.live.as_ref()) }
                }
            </div>
        </figure>
    }
}

/// The room for a picture, so that nothing moves when what draws it is loaded.
pub(crate) fn load_picture_room() -> Html {
    html! {
        <figure class="load-picture">
            <figcaption>{ USERS }</figcaption>
            <div class="room" />
        </figure>
    }
}

/// The load of a run, as it was planned and as it came.
pub(crate) fn load_of_run(run: &Run) -> Html {
    html! {
        if run.line.is_some() {
            <LoadPicture line={run.line.clone()} live={run.live()} />
        }
    }
}

fn drawing(line: &LoadLine, live: Option<&Live>) -> Html {
    let nothing = Live::default();
    let picture = Picture::new(line, live.unwrap_or(&nothing));
    let view_box = format!("0 0 {} {}", Picture::WIDTH, Picture::HEIGHT);
    html! {
        <svg role="img" aria-label={label(line, live)}>
            <g>
                for tick in &picture.levels {
                    { level_tick(tick) }
                }
                for tick in &picture.times {
                    { time_tick(tick) }
                }
                <svg viewBox={view_box} preserveAspectRatio="none">
                    <polygon class="area" points={picture.area} />
                    <polyline class="planned" points={picture.line} />
                    if let Some(beyond) = picture.beyond {
                        <polyline class="planned beyond" points={beyond} />
                    }
                    <polyline class="measured" points={picture.live} />
                </svg>
            </g>
        </svg>
    }
}

fn label(line: &LoadLine, live: Option<&Live>) -> String {
    let last = live.and_then(|it| it.points.last());
    match last {
        Some((_, level)) => format!("{}; measured last: {}", line.summary, format::rate(*level)),
        None => line.summary.clone(),
    }
}

fn level_tick(tick: &Tick) -> Html {
    let y = place(tick);
    html! {
        <>
            <line x2="100%" y1={y.clone()} y2={y.clone()} />
            <text class="level" x="-8" {y} dy="0.32em">{ &tick.label }</text>
        </>
    }
}

fn time_tick(tick: &Tick) -> Html {
    let x = place(tick);
    let anchor = match tick.place {
        0 => "start",
        970.. => "end",
        _ => "middle",
    };
    html! {
        <text {x} y="100%" dy="1.4em" text-anchor={anchor}>{ &tick.label }</text>
    }
}

fn place(tick: &Tick) -> String {
    format!("{}.{}%", tick.place / 10, tick.place % 10)
}

const USERS: &str = "Users over time";
