//! A plan as a text that fits into an address, or into what is stored in the browser.

use std::rc::Rc;

use mayfly_core::plan::Draft;
use mayfly_core::secrets;
use serde_json::{Map, Value};

use crate::browser;
use crate::browser::address;
use crate::draft::script;
use crate::store::{PlanDoc, Side};
use mayfly_engine::reading::Problem;

/// A link that opens a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Link {
    /// The address.
    pub url: String,
    /// The places of the values that look like credentials, which were left out.
    pub left_out: Vec<String>,
}

impl Link {
    /// The longest address that most programs take whole.
    pub(crate) const MAX_SAFE_CHARS: usize = 8_000;
}

/// A link to `plan`.
///
/// # Errors
///
/// Fails in words, if the plan has a locustfile or the browser cannot pack.
pub(crate) async fn to(plan: &PlanDoc) -> Result<Link, String> {
    if plan.script().is_some() {
        let reason = "A link carries no locustfile: whoever opened it would run a program of somebody else. \
                      Save the file, and pass that on.";
        return Err(reason.to_owned());
    }
    let mut keys = plan.draft.keys.clone();
    let left_out = secrets::remove(&mut keys);
    let text = Value::Object(keys).to_string();
    let packed = browser::link::pack(&text).await.map_err(|it| {
        let reason = browser::describe(&it);
        format!("This browser cannot pack the plan: {reason}. Save it as a file instead.")
    })?;
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
pub(crate) async fn open(title: String, packed: &str) -> Result<PlanDoc, Problem> {
    let problem = |what: String| Problem {
        path: String::new(),
        line: None,
        message: format!("the link holds no plan that can be read: {what}; ask for it again"),
    };
    let text = browser::link::unpack(packed).await;
    let text = text.map_err(|it| problem(browser::describe(&it)))?;
    let keys: Map<String, Value> =
        serde_json::from_str(&text).map_err(|it| problem(it.to_string()))?;
    if keys.contains_key(script::KEY) {
        return Err(Problem {
            path: String::new(),
            line: None,
            message: "the link has a locustfile, and links carry none; ask for the file".to_owned(),
        });
    }
    Ok(PlanDoc {
        title,
        is_from_link: true,
        ..PlanDoc::of(Draft { keys })
    })
}

/// What is stored of `plan`.
pub(crate) fn to_stored(plan: &PlanDoc) -> String {
    Value::Object(stored(plan)).to_string()
}

fn stored(plan: &PlanDoc) -> Map<String, Value> {
    let mut stored = Map::new();
    let mut put = |name: &str, value| stored.insert(name.to_owned(), value);
    put("title", plan.title.clone().into());
    put("plan", Value::Object(plan.draft.keys.clone()));
    // The text is the plan, as it was typed, whether it can be read or not.
    if let Some(name) = name_of_text(plan.edited) {
        put(name, plan.text.clone().into());
    }
    if plan.shows_text {
        put("shows_text", true.into());
    }
    if plan.is_from_link {
        put("is_from_link", true.into());
    }
    if let Some(replaced) = &plan.replaced {
        put("replaced", Value::Object(self::stored(replaced)));
    }
    stored
}

/// What the text is stored as, if it was changed last.
fn name_of_text(edited: Side) -> Option<&'static str> {
    match edited {
        Side::Form => None,
        Side::Json => Some("json"),
        Side::Toml => Some("toml"),
    }
}

/// The plan that was stored; `None` if it is not one.
pub(crate) fn of_stored(text: &str) -> Option<PlanDoc> {
    of_value(serde_json::from_str(text).ok()?)
}

fn of_value(mut stored: Map<String, Value>) -> Option<PlanDoc> {
    let Some(Value::Object(keys)) = stored.remove("plan") else {
        return None;
    };
    let text = |name: &str| stored.get(name).and_then(Value::as_str).map(str::to_owned);
    let is = |name: &str| stored.get(name) == Some(&true.into());
    let mut plan = PlanDoc {
        title: text("title").unwrap_or_default(),
        shows_text: is("shows_text"),
        is_from_link: is("is_from_link"),
        ..PlanDoc::of(Draft { keys })
    };
    for side in [Side::Json, Side::Toml] {
        if let Some(text) = name_of_text(side).and_then(text) {
            (plan.edited, plan.text) = (side, text);
        }
    }
    if let Some(Value::Object(replaced)) = stored.remove("replaced") {
        plan.replaced = of_value(replaced).map(Rc::new);
    }
    Some(plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::PlanAction;
    use crate::store::plan::with_host;

    fn own() -> PlanDoc {
        let mut plan = PlanDoc::default();
        let host = "http://a.test".into();
        plan.draft.keys.insert("host".to_owned(), host);
        "Checkout".clone_into(&mut plan.title);
        plan
    }

    #[test]
    fn what_is_kept_comes_back() {
        assert_eq!(of_stored(&to_stored(&own())), Some(own()));
        for text in ["", "7", "{}", "{\"plan\": 7}"] {
            assert_eq!(of_stored(text), None, "{text}");
        }
    }

    #[test]
    fn a_text_is_kept_as_it_was_typed() {
        for (side, text) in [
            (Side::Toml, "version = 1 # and more"),
            (Side::Toml, "version ="),
            (Side::Toml, ""),
            (Side::Json, "{"),
        ] {
            let mut plan = own();
            plan.apply(PlanAction::ShowText(true));
            plan.apply(PlanAction::EditText(side, text.to_owned()));
            let stored = of_stored(&to_stored(&plan)).unwrap();
            let found = (stored.edited, &*stored.text, stored.shows_text);
            assert_eq!(found, (side, text, true));
        }
    }

    #[test]
    fn what_a_link_has_replaced_is_kept_with_it() {
        let mut plan = with_host(Some(own()), "http://b.test");
        plan.apply(PlanAction::EditTitle("Mine".to_owned()));
        let mut stored = of_stored(&to_stored(&plan)).unwrap();
        assert!(stored.is_from_link && stored.unseen.is_none());
        assert!(!stored.is_untouched_link(), "a person has opened it before");
        stored.apply(PlanAction::TakeBack);
        assert_eq!(stored.draft, own().draft);
        assert_eq!(stored.replaced, None);
    }
}
