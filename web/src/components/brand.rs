//! The name of the product.

use yew::prelude::*;

#[component]
pub(crate) fn Brand() -> Html {
    html! {
        <div class="brand">
            <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
                <path d="M16 11v9M16 20c0 4-1 6-3 9M16 20c0 4 1 6 3 9" />
                <path class="wing" d="M16 13C12 4 6 3 3 4c0 6 5 10 13 11" />
                <path class="wing" d="M16 13c4-9 10-10 13-9 0 6-5 10-13 11" />
                <circle cx="16" cy="9" r="2" />
            </svg>
            { "Mayfly" }
        </div>
    }
}
