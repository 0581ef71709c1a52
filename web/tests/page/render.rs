//! Drawing one component.

use mayfly_web::browser::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
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
        let elements = self.elements(selector).into_iter();
        elements
            .map(|it| it.text_content().unwrap_or_default())
            .collect()
    }

    /// The values of an attribute of all elements that `selector` finds, in order; those that have
    /// none are left out.
    pub(crate) fn attributes(&self, selector: &str, name: &str) -> Vec<String> {
        let elements = self.elements(selector).into_iter();
        elements.filter_map(|it| it.get_attribute(name)).collect()
    }

    /// Clicks the first element that `selector` finds and whose text, or that of what is around it,
    /// is `text`; and waits until what follows is drawn.
    pub(crate) async fn click(&self, selector: &str, text: &str) {
        let is_it = |it: &Element| {
            let around = it.parent_element().and_then(|it| it.text_content());
            [it.text_content(), around].contains(&Some(text.to_owned()))
        };
        let found = self.elements(selector).into_iter().find(is_it);
        let element: HtmlElement = found.expect(text).unchecked_into();
        element.click();
        yew::scheduler::flush().await;
    }

    fn elements(&self, selector: &str) -> Vec<Element> {
        let found = self.0.query_selector_all(selector).unwrap();
        let nodes = (0..found.length()).filter_map(|index| found.item(index));
        nodes.map(JsCast::unchecked_into).collect()
    }
}
