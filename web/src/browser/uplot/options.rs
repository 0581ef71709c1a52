//! What uPlot is told of a chart, and what it calls.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use super::{Handlers, UPlot, number, object, size};
use crate::browser;
use crate::view::chart_model::{Axis, ChartStyle, Span, percentiles};
use crate::view::format;

/// What the plot calls. All take the plot first.
pub(super) struct Callbacks {
    /// Names places of the axis.
    names: Closure<dyn Fn(JsValue, Vec<f64>) -> Array>,
    /// Chooses the places of an axis of percentiles that are named.
    places: Closure<dyn Fn(JsValue, u32, f64, f64) -> Array>,
    /// Draws the marks.
    draw: Closure<dyn Fn(UPlot)>,
    point: Closure<dyn Fn(UPlot)>,
    select: Closure<dyn Fn(UPlot)>,
    /// Takes away what the plot itself would do.
    nothing: Closure<dyn Fn() -> JsValue>,
}

impl Callbacks {
    pub(super) fn new(
        axis: Axis,
        handlers: Handlers,
        marks: Rc<RefCell<Vec<(f64, String)>>>,
        ink: String,
    ) -> Self {
        let Handlers {
            on_point,
            on_select,
        } = handlers;
        Self {
            names: Closure::new(move |_, places: Vec<f64>| {
                let names = places.into_iter().map(|it| JsValue::from(place(axis, it)));
                names.collect()
            }),
            places: Closure::new(|_, _, _, end| {
                let ticks = percentiles::ticks(end).into_iter();
                ticks.map(JsValue::from).collect()
            }),
            draw: Closure::new(move |plot: UPlot| draw_marks(&plot, &marks.borrow(), &ink)),
            point: Closure::new(move |plot: UPlot| {
                let cursor = plot.cursor();
                if is_pointed_at(&cursor) {
                    let left = number(&cursor, "left").filter(|left| 0.0 <= *left);
                    on_point(left.map(|it| plot.pos_to_val(it, "x")));
                }
            }),
            select: Closure::new(move |plot: UPlot| {
                let select = plot.select();
                let ends = number(&select, "left").zip(number(&select, "width"));
                let none = object(&[("left", 0.into()), ("width", 0.into())]);
                plot.set_select(&none, false);
                // A click moves by a pixel or two.
                if let Some((left, width)) = ends.filter(|(_, width)| 4.0 < *width)
                    && is_pointed_at(&plot.cursor())
                {
                    let value = |at| plot.pos_to_val(at, "x");
                    on_select(value(left), value(left + width));
                }
            }),
            nothing: Closure::new(|| JsValue::NULL),
        }
    }
}

/// How a place of the axis is written.
pub(crate) fn place(axis: Axis, at: f64) -> String {
    match axis {
        Axis::Elapsed => format::clock(Duration::from_secs_f64(at.max(0.0))),
        Axis::Percentile => percentiles::name(at),
        Axis::Time => browser::dates::local_time(at * 1e3),
    }
}

/// Whether it is this plot that the pointer is over, and not another that points along with it.
fn is_pointed_at(cursor: &JsValue) -> bool {
    let event = Reflect::get(cursor, &"event".into());
    event.is_ok_and(|it| it.is_object())
}

/// All there is on an axis, or what will be.
pub(super) fn whole(axis: Axis, at: &[f64], started: f64) -> Span {
    match axis {
        Axis::Elapsed | Axis::Time if at.is_empty() => Span::whole(&[started]),
        Axis::Percentile => Span {
            from: 0.0,
            to: at.last().copied().unwrap_or_default().max(1.0),
        },
        Axis::Elapsed | Axis::Time => Span::whole(at),
    }
}

pub(super) fn options(
    style: &ChartStyle,
    colors: &[String],
    css: impl Fn(&str) -> String,
    target: &HtmlElement,
    callbacks: &Callbacks,
) -> JsValue {
    let options = size(target);
    let is_time_of_day = style.axis == Axis::Time;
    let x = object(&[("time", is_time_of_day.into())]);
    let y = object(&[("range", from_zero())]);
    let hook = |callback: &JsValue| Array::of1(callback).into();
    for (name, value) in [
        ("series", series(style, colors)),
        ("bands", bands(style, colors)),
        ("axes", axes(style.axis, css, callbacks)),
        ("cursor", cursor(style.axis.is_over_time(), callbacks)),
        ("legend", object(&[("show", false.into())])),
        ("scales", object(&[("x", x), ("y", y)])),
        (
            "hooks",
            object(&[
                ("draw", hook(callbacks.draw.as_ref())),
                ("setCursor", hook(callbacks.point.as_ref())),
                ("setSelect", hook(callbacks.select.as_ref())),
            ]),
        ),
    ] {
        Reflect::set(&options, &name.into(), &value).expect("a new object takes any field");
    }
    options
}

fn series(style: &ChartStyle, colors: &[String]) -> JsValue {
    let series = Array::of1(&object(&[]));
    let first_lines: Vec<usize> = style.entries().into_iter().map(|it| it.1.start).collect();
    for (index, (line, color)) in style.lines.iter().zip(colors).enumerate() {
        let dash = if line.is_dashed {
            Array::of2(&6.into(), &4.into()).into()
        } else {
            JsValue::UNDEFINED
        };
        series.push(&object(&[
            ("stroke", color.into()),
            ("dash", dash),
            (
                "width",
                if first_lines.contains(&index) { 2 } else { 1 }.into(),
            ),
            ("points", object(&[("show", false.into())])),
        ]));
    }
    series.into()
}

fn bands(style: &ChartStyle, colors: &[String]) -> JsValue {
    let bands = Array::new();
    for (_, lines) in style.entries() {
        if style.has_bands {
            let ends = Array::of2(&JsValue::from(lines.end), &JsValue::from(lines.start + 1));
            let fill = translucent(&colors[lines.start]);
            bands.push(&object(&[("series", ends.into()), ("fill", fill.into())]));
        }
    }
    bands.into()
}

/// A color that others shine through: `rgb(1, 2, 3)` as browsers write it, in part.
fn translucent(color: &str) -> String {
    color.replace("rgb(", "rgba(").replace(')', ", 0.16)")
}

fn axes(axis: Axis, css: impl Fn(&str) -> String, callbacks: &Callbacks) -> JsValue {
    let (ink, grid) = (css("--chart-ink"), css("--chart-grid"));
    let rule = object(&[("stroke", grid.into()), ("width", 1.into())]);
    let new = |more: &[(&str, JsValue)]| {
        let axis = [
            ("stroke", ink.clone().into()),
            ("grid", rule.clone()),
            ("ticks", rule.clone()),
            ("font", "12px system-ui, sans-serif".into()),
        ];
        object(&[&axis, more].concat())
    };
    let splits = match axis {
        Axis::Percentile => callbacks.places.as_ref().clone(),
        Axis::Elapsed | Axis::Time => JsValue::UNDEFINED,
    };
    // Times are read by sixties, and numbers would be split by tens.
    let steps = match axis {
        Axis::Elapsed => {
            let steps = ELAPSED_STEPS.into_iter();
            steps.map(JsValue::from).collect::<Array>().into()
        }
        Axis::Percentile | Axis::Time => JsValue::UNDEFINED,
    };
    let along = new(&[
        ("values", callbacks.names.as_ref().clone()),
        ("splits", splits),
        ("incrs", steps),
        ("size", 32.into()),
        ("space", 72.into()),
    ]);
    Array::of2(&along, &new(&[("size", 56.into())])).into()
}

/// Charts of times point at the same time together. What a drag selects is shown by the page, so
/// that it is shown in all of them.
fn cursor(is_time: bool, callbacks: &Callbacks) -> JsValue {
    let drag = object(&[
        ("x", is_time.into()),
        ("y", false.into()),
        ("setScale", false.into()),
    ]);
    let bind = object(&[("dblclick", callbacks.nothing.as_ref().clone())]);
    let mut cursor = vec![("drag", drag), ("bind", bind), ("y", false.into())];
    if is_time {
        cursor.push(("sync", object(&[("key", "mayfly".into())])));
    }
    object(&cursor)
}

/// The range of an axis that begins at zero and leaves room above.
fn from_zero() -> JsValue {
    let bottom = object(&[("hard", 0.into()), ("soft", 0.into()), ("mode", 1.into())]);
    let top = object(&[("pad", 0.1.into()), ("soft", 1.into()), ("mode", 1.into())]);
    object(&[("min", bottom), ("max", top)])
}

/// From one label of an elapsed time to the next, in seconds: the shortest that leaves room is taken.
const ELAPSED_STEPS: [u32; 19] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 21_600, 43_200,
    86_400, 604_800,
];

/// Draws a line with a label at each mark that is in sight.
fn draw_marks(plot: &UPlot, marks: &[(f64, String)], ink: &str) {
    let bounds = plot.bbox();
    let field = |name| number(&bounds, name).unwrap_or_default();
    let (left, top, width, height) = (field("left"), field("top"), field("width"), field("height"));
    let ratio = browser::pixel_ratio();
    let context = plot.ctx();
    context.save();
    context.set_stroke_style_str(ink);
    context.set_fill_style_str(ink);
    context.set_line_width(ratio);
    // The plot leaves behind how it drew its last line and label. An empty list is a whole line.
    let _ = context.set_line_dash(&Array::new());
    context.set_text_align("left");
    context.set_text_baseline("alphabetic");
    context.set_font(&format!("{}px system-ui, sans-serif", 11.0 * ratio));
    // Where the last label ends: one that would lie on it is left out.
    let mut free = left;
    for (at, label) in marks {
        let x = plot.val_to_pos(*at, "x", true);
        if x < left - 1.0 || left + width + 1.0 < x {
            continue;
        }
        context.begin_path();
        context.move_to(x, top);
        context.line_to(x, top + height);
        context.stroke();
        let length = context.measure_text(label).map_or(0.0, |it| it.width());
        // To the right of its line, or to the left where there is no room.
        let start = if x + length + 8.0 * ratio <= left + width {
            x + 4.0 * ratio
        } else {
            x - length - 4.0 * ratio
        };
        if free <= start {
            // Drawing text on a canvas does not fail.
            let _ = context.fill_text(label, start, top + 11.0 * ratio);
            free = start + length + 4.0 * ratio;
        }
    }
    context.restore();
}
