//! The charts, drawn by uPlot, whose script the page loads beside its own.

use js_sys::{Array, Object, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::HtmlElement;

use crate::{format, js};

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_name = uPlot)]
    type UPlot;

    #[wasm_bindgen(constructor, js_class = "uPlot")]
    fn new(options: &JsValue, data: &JsValue, target: &HtmlElement) -> UPlot;

    #[wasm_bindgen(method, js_name = setData)]
    fn set_data(this: &UPlot, data: &JsValue);

    #[wasm_bindgen(method, js_name = setSize)]
    fn set_size(this: &UPlot, size: &JsValue);

    #[wasm_bindgen(method)]
    fn destroy(this: &UPlot);
}

/// What a chart looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ChartStyle {
    /// The lines, in the order of the columns.
    pub(crate) lines: &'static [LineStyle],
    /// Decimals of the values under the cursor.
    pub(crate) decimals: usize,
}

/// What a line looks like.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct LineStyle {
    /// In the legend.
    pub(crate) label: &'static str,
    /// The custom property of CSS that holds the color.
    pub(crate) color: &'static str,
}

/// A chart on the page. Dropping it removes it.
pub(crate) struct Chart {
    plot: UPlot,
    // They must live as long as the plot.
    _callbacks: Callbacks,
}

/// What the plot calls to write values.
struct Callbacks {
    /// A value under the cursor.
    value: Closure<dyn Fn(JsValue, Option<f64>) -> String>,
    /// The time under the cursor.
    time: Closure<dyn Fn(JsValue, Option<f64>) -> String>,
    /// The times along the axis.
    times: Closure<dyn Fn(JsValue, Vec<f64>) -> Array>,
}

impl Callbacks {
    fn new(decimals: usize) -> Self {
        let none = || format::NONE.to_owned();
        let time = |secs: f64| js::local_time(secs * 1e3);
        Self {
            value: Closure::new(move |_, value: Option<f64>| {
                value.map_or_else(none, |it| format!("{it:.decimals$}"))
            }),
            time: Closure::new(move |_, secs: Option<f64>| secs.map_or_else(none, time)),
            times: Closure::new(move |_, secs: Vec<f64>| {
                secs.into_iter().map(|it| JsValue::from(time(it))).collect()
            }),
        }
    }
}

impl Chart {
    const HEIGHT: u32 = 220;

    /// Draws a chart without data into `target`. `css` gives the value of a custom property.
    pub(crate) fn new(
        style: ChartStyle,
        css: impl Fn(&str) -> String,
        target: &HtmlElement,
    ) -> Self {
        let callbacks = Callbacks::new(style.decimals);
        let series = Array::of1(&object(&[
            ("label", "Time".into()),
            ("value", callbacks.time.as_ref().clone()),
        ]));
        for line in style.lines {
            series.push(&object(&[
                ("label", line.label.into()),
                ("stroke", css(line.color).into()),
                ("width", 2.into()),
                ("points", object(&[("show", false.into())])),
                ("value", callbacks.value.as_ref().clone()),
            ]));
        }
        let rule = object(&[("stroke", css("--chart-grid").into()), ("width", 1.into())]);
        let axis = |more: &[(&str, JsValue)]| {
            let axis = [
                ("stroke", css("--chart-ink").into()),
                ("grid", rule.clone()),
                ("ticks", rule.clone()),
                ("font", "12px system-ui, sans-serif".into()),
            ];
            object(&[&axis, more].concat())
        };
        let times = callbacks.times.as_ref().clone();
        let time_axis = axis(&[("values", times), ("size", 32.into()), ("space", 72.into())]);
        let options = object(&[
            ("width", width(target).into()),
            ("height", Self::HEIGHT.into()),
            ("series", series.clone().into()),
            (
                "axes",
                Array::of2(&time_axis, &axis(&[("size", 56.into())])).into(),
            ),
            ("cursor", cursor()),
            (
                "scales",
                object(&[("y", object(&[("range", from_zero())]))]),
            ),
        ]);
        let empty: Array = (0..series.length()).map(|_| Array::new()).collect();
        Self {
            plot: UPlot::new(&options, &empty, target),
            _callbacks: callbacks,
        }
    }

    /// Shows other data: seconds since 1970, and one column for each line.
    pub(crate) fn set_data(&self, at: &[f64], columns: &[&[Option<f64>]]) {
        let data = Array::new();
        data.push(&at.iter().map(|&it| JsValue::from(it)).collect::<Array>());
        for column in columns {
            // uPlot leaves a gap at null.
            let column = column
                .iter()
                .map(|it| it.map_or(JsValue::NULL, JsValue::from));
            data.push(&column.collect::<Array>());
        }
        self.plot.set_data(&data);
    }

    /// Fills the width of `target`.
    pub(crate) fn fit(&self, target: &HtmlElement) {
        let size = [
            ("width", width(target).into()),
            ("height", Self::HEIGHT.into()),
        ];
        self.plot.set_size(&object(&size));
    }
}

impl Drop for Chart {
    fn drop(&mut self) {
        self.plot.destroy();
    }
}

fn width(target: &HtmlElement) -> u32 {
    u32::try_from(target.client_width()).unwrap_or(0).max(160)
}

/// Charts point at the same time together, and are not zoomed.
fn cursor() -> JsValue {
    let sync = object(&[("key", "mayfly".into())]);
    object(&[("sync", sync), ("drag", object(&[("x", false.into())]))])
}

/// The range of an axis that begins at zero and leaves room above.
fn from_zero() -> JsValue {
    let bottom = object(&[("hard", 0.into()), ("soft", 0.into()), ("mode", 1.into())]);
    let top = object(&[("pad", 0.1.into()), ("soft", 1.into()), ("mode", 1.into())]);
    object(&[("min", bottom), ("max", top)])
}

fn object(fields: &[(&str, JsValue)]) -> JsValue {
    let object = Object::new();
    for (name, value) in fields {
        Reflect::set(&object, &(*name).into(), value).expect("a new object takes any field");
    }
    object.into()
}
