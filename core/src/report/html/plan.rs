//! The plan, and how it shares the load.

use super::markup::Html;
use crate::report::Report;
use crate::report::ratio::{Ratio, ratios};

/// The plan in TOML, folded.
pub(super) fn source(report: &Report) -> Html {
    let mut html = Html::default();
    html.raw("<details><summary>Plan</summary>\n<pre tabindex=\"0\">");
    html.text(&report.plan.to_toml())
        .raw("</pre>\n</details>\n");
    html
}

pub(super) fn ratio(report: &Report) -> Html {
    let ratios = ratios(&report.plan);
    let mut html = Html::default();
    if ratios.is_empty() {
        return html;
    }
    html.raw("<section>\n<h2>Final ratio</h2>\n<div class=\"ratios\">\n");
    html.raw("<div>\n<h3>Ratio Per Class</h3>\n");
    html.add(&list(&ratios, |it| it.ratio));
    html.raw("</div>\n<div>\n<h3>Total Ratio</h3>\n");
    html.add(&list(&ratios, |it| it.total));
    html.raw("</div>\n</div>\n</section>\n");
    html
}

fn list(ratios: &[Ratio], part: fn(&Ratio) -> f64) -> Html {
    let mut html = Html::default();
    html.raw("<ul>\n");
    for it in ratios {
        html.raw("<li><div class=\"ratio\"><span class=\"part\">");
        html.text(&format!("{:.1} %", part(it) * 100.0));
        html.raw("</span> ").clipped(&it.name).raw("</div>");
        if !it.tasks.is_empty() {
            html.raw("\n").add(&list(&it.tasks, part));
        }
        html.raw("</li>\n");
    }
    html.raw("</ul>\n");
    html
}
