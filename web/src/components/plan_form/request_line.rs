//! The method and the path of a request, side by side.

use mayfly_core::http::request::Method;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

use super::editor::Editor;
use super::task_shape::{key_of, method_of};
use crate::components::text_field::input_text;
use crate::draft::keys::{Edit, Path};
use crate::view::format::sentence;

/// The method and the path of the request at `path`. What is wrong with them stands in `help_id`.
pub(super) fn request_line(editor: &Editor, path: &Path, help_id: &str) -> Html {
    let method = method_of(editor.get(path));
    let url_path = path.key(&key_of(method));
    let on_url = {
        let url_path = url_path.clone();
        // An empty path keeps its key, which is the method.
        editor.on(move |text: String| Edit::Set(url_path.clone(), text.into()))
    };
    html! {
        <>
            { method_select(editor, method, &url_path) }
            <input
                id={url_path.id()}
                type="text"
                inputmode="url"
                autocomplete="off"
                autocapitalize="off"
                spellcheck="false"
                aria-label="Path"
                aria-invalid={editor.error(&url_path).is_some().then_some("true")}
                aria-describedby={help_id.to_owned()}
                value={editor.text(&url_path)}
                oninput={input_text(&on_url)}
            />
        </>
    }
}

fn method_select(editor: &Editor, method: Method, url_path: &Path) -> Html {
    let onchange = {
        let (editor, url_path) = (editor.clone(), url_path.clone());
        Callback::from(move |event: Event| {
            let chosen = event.target_unchecked_into::<HtmlSelectElement>().value();
            let (url_path, chosen) = (url_path.clone(), chosen.to_ascii_lowercase());
            editor.edit(Edit::late(move |keys| match url_path.get(keys) {
                Some(_) => Edit::Rename(url_path.clone(), chosen.clone()),
                None => Edit::Set(url_path.sibling(&chosen), "".into()),
            }));
        })
    };
    html! {
        <select aria-label="Method" {onchange}>
            for it in Method::ALL {
                <option value={it.as_str()} selected={it == method}>{ it.as_str() }</option>
            }
        </select>
    }
}

/// What is wrong at these places, one below the other.
pub(super) fn errors_of(editor: &Editor, help_id: &str, paths: &[Path]) -> Html {
    let errors = paths.iter().filter_map(|it| editor.error(it));
    html! {
        <div id={help_id.to_owned()} class="errors">
            for message in errors {
                <p class="help error">{ sentence(message) }</p>
            }
        </div>
    }
}
