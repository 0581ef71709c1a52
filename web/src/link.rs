//! A plan as a text that fits into an address, or into what the browser keeps.

use mayfly_core::plan::Draft;
use serde_json::{Map, Value};

use crate::js;
use crate::js::address;
use crate::reading::Problem;
use crate::secrets;
use crate::store::PlanDoc;

/// A link that opens a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Link {
    /// The address.
    pub url: String,
    /// The places of the values that look like credentials, which were left out.
    pub left_out: Vec<String>,
}

impl Link {
    /// The longest address that most programs take whole.
    pub const MAX_SAFE_CHARS: usize = 8_000;
}

/// A link to `plan`.
///
/// # Errors
///
/// Fails with what the browser says, if it cannot pack.
pub async fn to(plan: &PlanDoc) -> Result<Link, String> {
    let mut keys = plan.draft.keys.clone();
    let left_out = secrets::remove(&mut keys);
    let text = Value::Object(keys).to_string();
    let packed = js::link::pack(&text)
        .await
        .map_err(|it| js::describe(&it))?;
    let title = match plan.title.trim() {
        "" => String::new(),
        title => format!("title={}&", js_sys::encode_uri_component(title)),
    };
    let url = address::with_fragment(&format!("{title}plan={packed}"));
    Ok(Link { url, left_out })
}

/// The plan of a link.
///
/// # Errors
///
/// Fails if the link is damaged, or holds no plan.
pub async fn open(title: String, packed: &str) -> Result<PlanDoc, Problem> {
    let problem = |what: String| Problem {
        path: String::new(),
        line: None,
        message: format!("the link holds no plan that can be read: {what}; ask for it again"),
    };
    let text = js::link::unpack(packed).await;
    let text = text.map_err(|it| problem(js::describe(&it)))?;
    let keys = serde_json::from_str(&text).map_err(|it| problem(it.to_string()))?;
    Ok(PlanDoc {
        title,
        is_from_link: true,
        ..PlanDoc::of(Draft { keys })
    })
}

/// What the browser keeps of `plan`.
pub fn to_kept(plan: &PlanDoc) -> String {
    let kept = [
        ("title".to_owned(), plan.title.clone().into()),
        ("plan".to_owned(), Value::Object(plan.draft.keys.clone())),
    ];
    Value::Object(Map::from_iter(kept)).to_string()
}

/// The plan that the browser kept; `None` if it is not one.
pub fn of_kept(text: &str) -> Option<PlanDoc> {
    let mut kept: Map<String, Value> = serde_json::from_str(text).ok()?;
    let Some(Value::Object(keys)) = kept.remove("plan") else {
        return None;
    };
    let title = kept.get("title").and_then(Value::as_str);
    Some(PlanDoc {
        title: title.unwrap_or_default().to_owned(),
        ..PlanDoc::of(Draft { keys })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_comes_back() {
        let mut plan = crate::store::plan::with_host(None, "http://a.test");
        "Checkout".clone_into(&mut plan.title);
        assert_eq!(of_kept(&to_kept(&plan)), Some(plan));
        for text in ["", "7", "{}", "{\"plan\": 7}"] {
            assert_eq!(of_kept(text), None, "{text}");
        }
    }
}
