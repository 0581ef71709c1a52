//! What is at hand on every page: the theme and the list of shortcuts.

use yew::prelude::*;

use crate::control::shortcut::next;
use crate::store::{Action, Dialog, Theme};

#[derive(PartialEq, Properties)]
pub(crate) struct PageToolsProps {
    pub on_action: Callback<Action>,
}

#[component]
pub(crate) fn PageTools(props: &PageToolsProps) -> Html {
    let theme = use_context::<Theme>().unwrap_or_default();
    let label = format!("Theme: {}", theme.name());
    let icon = match theme {
        Theme::Auto => "M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18",
        Theme::Light => {
            "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10M12 1v2M12 21v2M1 12h2M21 12h2M4 4l2 2M18 18l2 2M4 20l2-2M18 6l2-2"
        }
        Theme::Dark => "M20 14A8.5 8.5 0 0 1 10 4a8.5 8.5 0 1 0 10 10z",
    };
    html! {
        <div class="tools">
            <button
                type="button"
                class="button icon"
                aria-label={label.clone()}
                title={label}
                onclick={props.on_action.reform(move |_| Action::SetTheme(next(theme)))}
            >
                <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true"><path d={icon} /></svg>
            </button>
            <button
                type="button"
                class="button icon"
                aria-label="Keyboard shortcuts"
                title="Keyboard shortcuts"
                onclick={props.on_action.reform(|_| Action::OpenDialog(Dialog::Shortcuts))}
            >
                { "?" }
            </button>
        </div>
    }
}
