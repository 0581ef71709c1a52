//! Where things are in the document, by what a person sees or a screen reader says.

/// A text in an expression.
///
/// `XPath` has no escapes, so a text with both kinds of quotes is put together from pieces.
pub(crate) fn literal(text: &str) -> String {
    if !text.contains('\'') {
        return format!("'{text}'");
    }
    if !text.contains('"') {
        return format!("\"{text}\"");
    }
    let pieces: Vec<String> = text.split('"').map(|it| format!("\"{it}\"")).collect();
    format!("concat({})", pieces.join(", '\"', "))
}

/// Fields with a label of their own, around them, or in words for a screen reader.
pub(crate) fn field(label: &str) -> String {
    let label = literal(label);
    format!(
        "//*[self::input or self::select or self::textarea]\
            [@id = //label[normalize-space() = {label}]/@for \
                or ancestor::label[normalize-space() = {label}] \
                or @aria-label = {label}]"
    )
}

/// Elements with a role and a name.
///
/// The name is what `aria-label` says, or what `aria-labelledby` points to, or the title of a
/// table or figure, or else all that is written in the element.
pub(crate) fn named(role: &str, name: &str) -> String {
    let name = literal(name);
    let elements = elements_of(role);
    format!(
        "//*[@role = {role} or (not(@role) and ({elements}))]\
            [@aria-label = {name} \
                or @aria-labelledby = //*[normalize-space() = {name}]/@id \
                or caption[normalize-space() = {name}] \
                or figcaption[normalize-space() = {name}] \
                or normalize-space() = {name}]",
        role = literal(role),
    )
}

/// The elements that have a role without saying so.
fn elements_of(role: &str) -> &'static str {
    match role {
        "button" => "self::button",
        "cell" => "self::td",
        "columnheader" => "self::th[@scope = 'col']",
        "dialog" => "self::dialog",
        "figure" => "self::figure",
        "form" => "self::form",
        "group" => "self::fieldset or self::details",
        "heading" => "self::h1 or self::h2 or self::h3 or self::h4",
        "link" => "self::a[@href]",
        "list" => "self::ul or self::ol",
        "listitem" => "self::li",
        "navigation" => "self::nav",
        "region" => "self::section",
        "rowheader" => "self::th[@scope = 'row']",
        "status" => "self::output",
        "table" => "self::table",
        _ => "false()",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_may_have_quotes_of_both_kinds() {
        for (text, expected) in [
            ("Host", "'Host'"),
            ("can't", "\"can't\""),
            ("say \"no\"", "'say \"no\"'"),
            (
                "can't \"no\"",
                "concat(\"can't \", '\"', \"no\", '\"', \"\")",
            ),
        ] {
            assert_eq!(literal(text), expected);
        }
    }
}
