//! A link to the plan.

use std::rc::Rc;

use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

use super::copy_button::CopyButton;
use super::modal::Modal;
use crate::address::link::{self, Link};
use crate::store::PlanDoc;
use crate::view::format;

#[derive(PartialEq, Properties)]
pub(crate) struct ShareDialogProps {
    pub plan: Rc<PlanDoc>,
    pub on_close: Callback<()>,
}

#[component]
pub(crate) fn ShareDialog(props: &ShareDialogProps) -> Html {
    let link = use_state(|| None::<Result<Link, String>>);
    use_effect_with((), {
        let (link, plan) = (link.clone(), props.plan.clone());
        move |()| spawn_local(async move { link.set(Some(link::to(&plan).await)) })
    });
    html! {
        <Modal title="Share this plan" on_close={props.on_close.clone()}>
            { match &*link {
                None => html! { <p class="help">{ "Packing the plan…" }</p> },
                Some(Err(reason)) => html! { <p class="help error">{ reason }</p> },
                Some(Ok(link)) => html! { <SharedLink link={link.clone()} /> },
            } }
        </Modal>
    }
}

#[derive(PartialEq, Properties)]
struct SharedLinkProps {
    link: Link,
}

#[component]
fn SharedLink(props: &SharedLinkProps) -> Html {
    let Link { url, left_out } = &props.link;
    let field = use_node_ref();
    html! {
        <>
            <p>{ "Whoever opens this link finds the plan in the form. Nothing starts by itself, and nothing is sent to a server: the plan is in the link." }</p>
            <div class="field">
                <label for="share-link">{ "Link" }</label>
                <input ref={field.clone()} id="share-link" type="text" readonly=true value={url.clone()} />
            </div>
            if !left_out.is_empty() {
                <div class="notice">
                    <p><strong>{ "Left out, because they look like credentials:" }</strong></p>
                    <ul class="plain">
                        for place in left_out {
                            <li key={place.clone()}><code>{ place }</code></li>
                        }
                    </ul>
                </div>
            }
            if Link::MAX_SAFE_CHARS < url.len() {
                <p class="help">
                    { format!(
                        "The link has {} characters; some programs cut links that long. A file is safer.",
                        format::count(url.len() as u64)
                    ) }
                </p>
            }
            <CopyButton label="Copy link" text={url.clone()} is_primary=true shown_in={field} />
        </>
    }
}
