//! The tabs of the running view. One is in the tab order; the arrow keys go to the others.

use web_sys::HtmlElement;
use yew::prelude::*;

use crate::browser;
use crate::store::Tab;
use crate::view::format;

#[derive(PartialEq, Properties)]
pub struct TabBarProps {
    pub selected: Tab,
    /// A tab with something that was not seen yet and should be.
    #[prop_or_default]
    pub alert: Option<Tab>,
    /// How much there is in a tab; zero is not shown.
    #[prop_or_default]
    pub counts: Vec<(Tab, u64)>,
    pub on_select: Callback<Tab>,
}

#[component]
pub fn TabBar(props: &TabBarProps) -> Html {
    let onkeydown = {
        let (selected, on_select) = (props.selected, props.on_select.clone());
        Callback::from(move |event: KeyboardEvent| {
            if let Some(tab) = tab_after(selected, &event.key()) {
                event.prevent_default();
                on_select.emit(tab);
                focus(tab);
            }
        })
    };
    html! {
        <div class="tabs" role="tablist" aria-label="Results" {onkeydown}>
            for tab in Tab::ALL {
                <button
                    key={tab.title()}
                    type="button"
                    role="tab"
                    id={tab_id(tab)}
                    aria-controls={panel_id(tab)}
                    aria-selected={if tab == props.selected { "true" } else { "false" }}
                    tabindex={if tab == props.selected { "0" } else { "-1" }}
                    onclick={props.on_select.reform(move |_| tab)}
                >
                    { tab.title() }
                    if let Some(count) = count(&props.counts, tab) {
                        // Drawn by the style sheet: the name of a tab stays the same.
                        <span data-count={count} />
                    }
                    if props.alert == Some(tab) {
                        <span class="alert" aria-hidden="true">{ "!" }</span>
                        <span class="visually-hidden">{ " (new warnings)" }</span>
                    }
                </button>
            }
        </div>
    }
}

/// What stands beside the title of a tab.
fn count(counts: &[(Tab, u64)], tab: Tab) -> Option<String> {
    let count = counts.iter().find(|it| it.0 == tab)?.1;
    (0 < count).then(|| format::count(count))
}

/// Where a key leads to from `selected`.
fn tab_after(selected: Tab, key: &str) -> Option<Tab> {
    let last = Tab::ALL.len() - 1;
    let index = Tab::ALL
        .iter()
        .position(|&tab| tab == selected)
        .unwrap_or_default();
    let index = match key {
        "ArrowRight" => {
            if index == last {
                0
            } else {
                index + 1
            }
        }
        "ArrowLeft" => {
            if index == 0 {
                last
            } else {
                index - 1
            }
        }
        "Home" => 0,
        "End" => last,
        _ => return None,
    };
    Some(Tab::ALL[index])
}

fn focus(tab: Tab) {
    if let Some(button) = browser::document().get_element_by_id(&tab_id(tab)) {
        use wasm_bindgen::JsCast;
        // It is on the page, so it can be focused.
        let _ = button.unchecked_into::<HtmlElement>().focus();
    }
}

/// The name of a tab in the document.
pub fn tab_id(tab: Tab) -> String {
    format!("tab-{}", slug(tab))
}

/// The name of a tab's panel in the document.
pub fn panel_id(tab: Tab) -> String {
    format!("panel-{}", slug(tab))
}

fn slug(tab: Tab) -> String {
    tab.title().to_lowercase().replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_there_is_has_a_count() {
        let counts = [(Tab::Failures, 0), (Tab::Exceptions, 1_234)];
        assert_eq!(count(&counts, Tab::Failures), None);
        assert_eq!(count(&counts, Tab::Logs), None);
        assert_eq!(
            count(&counts, Tab::Exceptions).as_deref(),
            Some("1\u{202f}234")
        );
    }

    #[test]
    fn the_arrow_keys_go_around() {
        assert_eq!(tab_after(Tab::Statistics, "ArrowRight"), Some(Tab::Charts));
        assert_eq!(tab_after(Tab::Logs, "ArrowRight"), Some(Tab::Statistics));
        assert_eq!(tab_after(Tab::Statistics, "ArrowLeft"), Some(Tab::Logs));
        assert_eq!(tab_after(Tab::Failures, "Home"), Some(Tab::Statistics));
        assert_eq!(tab_after(Tab::Charts, "a"), None);
    }
}
