//! Drawing one component.

use mayfly_web::js::document;
use web_sys::Element;
use yew::BaseComponent;

/// What a component has drawn.
pub(crate) struct Rendered(Element);

/// Draws a component, and waits until it is drawn.
pub(crate) async fn render<C: BaseComponent>(props: C::Properties) -> Rendered {
    let root = document().create_element("div").unwrap();
    document().body().unwrap().append_child(&root).unwrap();
    yew::Renderer::<C>::with_root_and_props(root.clone(), props).render();
    yew::scheduler::flush().await;
    Rendered(root)
}

impl Rendered {
    /// The texts of all elements that `selector` finds, in order.
    pub(crate) fn texts(&self, selector: &str) -> Vec<String> {
        let found = self.0.query_selector_all(selector).unwrap();
        let nodes = (0..found.length()).filter_map(|index| found.item(index));
        nodes
            .map(|node| node.text_content().unwrap_or_default())
            .collect()
    }
}
