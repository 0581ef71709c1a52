//! A chart as a picture of its own.

use wasm_bindgen::prelude::*;
use web_sys::{Blob, CanvasRenderingContext2d, HtmlCanvasElement, HtmlElement};

use crate::browser;

/// Offers what is on the canvas of `plot` as a PNG, with a background, a title, and labels in their
/// colors.
pub(super) fn download(
    name: &str,
    plot: &CanvasRenderingContext2d,
    target: &HtmlElement,
    title: &str,
    labels: &[(String, &str)],
) {
    let Some(chart) = plot.canvas() else { return };
    let ink = ["--chart-paper", "--ink"].map(|name| browser::css_color(target, name));
    if let Ok(picture) = draw(&chart, &ink, title, labels) {
        let name = name.to_owned();
        let offer = Closure::once_into_js(move |blob: Option<Blob>| {
            // The browser itself says why it keeps a file back.
            let _ = blob.map(|blob| browser::files::download_blob(&name, &blob));
        });
        // Fails only for pictures from elsewhere, of which there are none.
        let _ = picture.to_blob(offer.unchecked_ref());
    }
}

fn draw(
    chart: &HtmlCanvasElement,
    [paper, ink]: &[String; 2],
    title: &str,
    labels: &[(String, &str)],
) -> Result<HtmlCanvasElement, JsValue> {
    let ratio = browser::pixel_ratio();
    let picture: HtmlCanvasElement = browser::document()
        .create_element("canvas")?
        .unchecked_into();
    let context = picture.get_context("2d")?;
    let context = context.ok_or("a canvas has a context of two dimensions")?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let font = format!("{}px system-ui, sans-serif", 12.0 * ratio);
    context.set_font(&font);
    let widths = labels.iter().map(|(label, _)| context.measure_text(label));
    let widths: Result<Vec<f64>, _> = widths.map(|it| it.map(|it| it.width())).collect();
    let room = f64::from(chart.width()) - 12.0 * ratio;
    let places = places(&widths?, 28.0 * ratio, room);
    let n_lines = places.last().map_or(0, |it| it.1 + 1);
    let head = (34.0 + LINE * f64::from(n_lines)) * ratio;

    picture.set_width(chart.width());
    picture.set_height(chart.height() + head as u32);
    context.set_fill_style_str(paper);
    let (width, height) = (f64::from(picture.width()), f64::from(picture.height()));
    context.fill_rect(0.0, 0.0, width, height);
    context.set_fill_style_str(ink);
    context.set_font(&format!("600 {}px system-ui, sans-serif", 15.0 * ratio));
    context.fill_text(title, 12.0 * ratio, 22.0 * ratio)?;
    context.set_font(&font);
    for ((label, color), (left, line)) in labels.iter().zip(places) {
        let (left, top) = (left + 12.0 * ratio, (34.0 + LINE * f64::from(line)) * ratio);
        context.set_fill_style_str(color);
        context.fill_rect(left, top + 4.0 * ratio, 12.0 * ratio, 4.0 * ratio);
        context.set_fill_style_str(ink);
        context.fill_text(label, left + 16.0 * ratio, top + 11.0 * ratio)?;
    }
    context.draw_image_with_html_canvas_element(chart, 0.0, head)?;
    Ok(picture)
}

/// The height of a line of labels.
const LINE: f64 = 20.0;

/// Where labels of these widths and a gap after each stand: from the left, and in which line.
fn places(widths: &[f64], gap: f64, room: f64) -> Vec<(f64, u32)> {
    let (mut left, mut line) = (0.0, 0);
    let place = |&width: &f64| {
        if 0.0 < left && room < left + width + gap {
            (left, line) = (0.0, line + 1);
        }
        let place = (left, line);
        left += width + gap;
        place
    };
    widths.iter().map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_without_room_go_to_the_next_line() {
        assert_eq!(
            places(&[50.0, 30.0, 30.0, 500.0, 10.0], 10.0, 100.0),
            [(0.0, 0), (60.0, 0), (0.0, 1), (0.0, 2), (0.0, 3)]
        );
    }
}
