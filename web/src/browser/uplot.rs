//! The charts, drawn by uPlot, whose script is [loaded](load()) before the first.

mod load;
mod options;
mod picture;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::{CanvasRenderingContext2d, HtmlElement};

use crate::browser;
use crate::view::chart_model::{ChartStyle, Event, Points, Span, thin};

pub(crate) use self::load::{is_loaded, load};
use self::options::Callbacks;
pub(crate) use self::options::place;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = uPlot)]
    type UPlot;

    #[wasm_bindgen(constructor, js_class = "uPlot")]
    fn new(options: &JsValue, data: &JsValue, target: &HtmlElement) -> UPlot;

    #[wasm_bindgen(method, getter)]
    fn bbox(this: &UPlot) -> JsValue;

    #[wasm_bindgen(method, getter)]
    fn ctx(this: &UPlot) -> CanvasRenderingContext2d;

    #[wasm_bindgen(method, getter)]
    fn cursor(this: &UPlot) -> JsValue;

    #[wasm_bindgen(method)]
    fn destroy(this: &UPlot);

    #[wasm_bindgen(method, js_name = posToVal)]
    fn pos_to_val(this: &UPlot, pos: f64, scale: &str) -> f64;

    #[wasm_bindgen(method, getter)]
    fn select(this: &UPlot) -> JsValue;

    #[wasm_bindgen(method, js_name = setData)]
    fn set_data(this: &UPlot, data: &JsValue, reset_scales: bool);

    #[wasm_bindgen(method, js_name = setScale)]
    fn set_scale(this: &UPlot, scale: &str, limits: &JsValue);

    #[wasm_bindgen(method, js_name = setSelect)]
    fn set_select(this: &UPlot, select: &JsValue, fire: bool);

    #[wasm_bindgen(method, js_name = setSeries)]
    fn set_series(this: &UPlot, series: usize, options: &JsValue);

    #[wasm_bindgen(method, js_name = setSize)]
    fn set_size(this: &UPlot, size: &JsValue);

    #[wasm_bindgen(method, js_name = valToPos)]
    fn val_to_pos(this: &UPlot, value: f64, scale: &str, on_canvas: bool) -> f64;
}

/// What a person does in a chart.
pub(crate) struct Handlers {
    /// Points at a place of the axis, or at none.
    pub(crate) on_point: Box<dyn Fn(Option<f64>)>,
    /// Selects a part of the axis.
    pub(crate) on_select: Box<dyn Fn(f64, f64)>,
}

/// A chart on the page. Dropping it removes it.
pub(crate) struct Chart {
    plot: UPlot,
    style: ChartStyle,
    colors: Vec<String>,
    target: HtmlElement,
    // The places of the marks on the axis, and their labels.
    marks: Rc<RefCell<Vec<(f64, String)>>>,
    shown: RefCell<Vec<bool>>,
    span: Cell<Option<Span>>,
    // They must live as long as the plot. Never `None` but while it is dropped.
    callbacks: Option<Callbacks>,
}

impl Chart {
    pub(crate) const HEIGHT: u32 = 220;

    /// Draws a chart without data into `target`.
    pub(crate) fn new(style: ChartStyle, target: &HtmlElement, handlers: Handlers) -> Self {
        let color = |name: &str| browser::css_color(target, name);
        let colors: Vec<String> = style.lines.iter().map(|it| color(it.color)).collect();
        let marks = Rc::<RefCell<Vec<(f64, String)>>>::default();
        let callbacks =
            Callbacks::new(style.axis, handlers, Rc::clone(&marks), color("--ink-soft"));
        let options = options::options(&style, &colors, color, target, &callbacks);
        let empty: Array = (0..=style.lines.len()).map(|_| Array::new()).collect();
        Self {
            plot: UPlot::new(&options, &empty, target),
            shown: RefCell::new(vec![true; style.lines.len()]),
            style,
            colors,
            target: target.clone(),
            marks,
            span: Cell::default(),
            callbacks: Some(callbacks),
        }
    }

    /// Shows `points`, or the part of them in `span`, with marks at `events`, whose time is in
    /// seconds since `started`.
    pub(crate) fn show(&self, points: &Points, span: Option<Span>, events: &[Event], started: f64) {
        let rows = thin::rows_to_draw(points, span, thin::DRAWN);
        let data = Array::new();
        let at = rows.iter().map(|&row| JsValue::from(points.at[row]));
        data.push(&at.collect::<Array>());
        for column in &points.columns {
            // uPlot leaves a gap at null.
            let value = |&row: &usize| column[row].map_or(JsValue::NULL, JsValue::from);
            data.push(&rows.iter().map(value).collect::<Array>());
        }
        let marks = events.iter().map(|it| (started + it.at, it.label.clone()));
        *self.marks.borrow_mut() = marks.collect();
        self.plot.set_data(&data, false);
        self.span.set(span);
        let shown = span.unwrap_or_else(|| options::whole(self.style.axis, &points.at, started));
        let limits = [("min", shown.from.into()), ("max", shown.to.into())];
        self.plot.set_scale("x", &object(&limits));
    }

    /// Shows the lines of which `is_shown` says so, and hides the others.
    pub(crate) fn show_lines(&self, is_shown: impl Fn(&str) -> bool) {
        for (index, (line, shown)) in (self.style.lines.iter())
            .zip(self.shown.borrow_mut().iter_mut())
            .enumerate()
        {
            let show = is_shown(&line.label);
            if *shown != show {
                *shown = show;
                let show = object(&[("show", show.into())]);
                self.plot.set_series(index + 1, &show);
            }
        }
    }

    /// Fills the width of its place.
    pub(crate) fn fit(&self) {
        self.plot.set_size(&size(&self.target));
    }

    /// Offers the chart as a picture, with its title and the labels of what is shown.
    pub(crate) fn download(&self, name: &str) {
        let shown = self.shown.borrow();
        let entries = self.style.entries().into_iter();
        let entries = entries.filter(|(_, lines)| shown[lines.start]);
        let labels = entries.map(|(_, lines)| {
            let label = self.style.lines[lines.start].isolated();
            (label, self.colors[lines.start].as_str())
        });
        let labels = Vec::from_iter(labels);
        picture::download(
            name,
            &self.plot.ctx(),
            &self.target,
            self.style.title,
            &labels,
        );
    }
}

impl Drop for Chart {
    fn drop(&mut self) {
        self.plot.destroy();
        // It may have put off a call to the end of this turn.
        let callbacks = self.callbacks.take();
        Timeout::new(0, || drop(callbacks)).forget();
    }
}

fn size(target: &HtmlElement) -> JsValue {
    let width = u32::try_from(target.client_width()).unwrap_or(0).max(160);
    object(&[("width", width.into()), ("height", Chart::HEIGHT.into())])
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value).expect("a new object takes any field");
    }
    object.into()
}

/// A number that is a field of `object`.
fn number(object: &JsValue, name: &str) -> Option<f64> {
    Reflect::get(object, &name.into()).ok()?.as_f64()
}
