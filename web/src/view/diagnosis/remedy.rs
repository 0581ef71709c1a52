//! The lines that let a target's answers be read: for the usual servers, with what a plan needs.

use super::is_method_simple;

/// What a target has to allow.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Needs {
    /// The origin of the page.
    pub origin: String,
    /// The methods of all requests.
    pub methods: Vec<&'static str>,
    /// The headers for which a browser asks permission first.
    pub headers: Vec<String>,
}

/// How a server is told to let a page read its answers.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Snippet {
    /// The server.
    pub server: &'static str,
    /// Lines for its configuration or its code.
    pub code: String,
}

/// The usual servers, each with the lines that allow what is needed, and no more.
pub(crate) fn cors_snippets(needs: &Needs) -> Vec<Snippet> {
    let has_preflight =
        !needs.headers.is_empty() || needs.methods.iter().any(|it| !is_method_simple(it));
    let snippet = |server, code: fn(&Needs, bool) -> String| Snippet {
        server,
        code: code(needs, has_preflight),
    };
    vec![
        snippet("nginx", nginx),
        snippet("Express", express),
        snippet("FastAPI", fast_api),
        snippet("axum", axum),
    ]
}

fn nginx(needs: &Needs, has_preflight: bool) -> String {
    let origin = &needs.origin;
    let mut code = format!(
        "add_header Access-Control-Allow-Origin \"{origin}\" always;\n\
         add_header Timing-Allow-Origin \"{origin}\" always;"
    );
    if has_preflight {
        // An `if` that adds a header takes over none from around it.
        let methods = needs.methods.join(", ");
        let headers = needs.headers.join(", ");
        let headers = line(&headers, |it| {
            format!("\n    add_header Access-Control-Allow-Headers \"{it}\";")
        });
        code = format!(
            "# Inside the location of the API:\n{code}\n\
             if ($request_method = OPTIONS) {{\n    \
             add_header Access-Control-Allow-Origin \"{origin}\";\n    \
             add_header Access-Control-Allow-Methods \"{methods}\";{headers}\n    \
             add_header Access-Control-Max-Age 7200;\n    \
             return 204;\n}}"
        );
    }
    code
}

fn express(needs: &Needs, has_preflight: bool) -> String {
    let origin = &needs.origin;
    if !has_preflight {
        return format!("app.use(require(\"cors\")({{ origin: \"{origin}\" }}));");
    }
    let methods = quoted(&needs.methods);
    let headers = line(&quoted(&needs.headers), |it| {
        format!("\n  allowedHeaders: [{it}],")
    });
    format!(
        "app.use(require(\"cors\")({{\n  origin: \"{origin}\",\n  methods: [{methods}],\
         {headers}\n  maxAge: 7200,\n}}));"
    )
}

fn fast_api(needs: &Needs, has_preflight: bool) -> String {
    let methods = quoted(&needs.methods);
    let headers = line(&quoted(&needs.headers), |it| {
        format!("\n    allow_headers=[{it}],")
    });
    let allowed = if has_preflight {
        format!("\n    allow_methods=[{methods}],{headers}\n    max_age=7200,")
    } else {
        String::new()
    };
    format!(
        "from fastapi.middleware.cors import CORSMiddleware\n\n\
         app.add_middleware(\n    CORSMiddleware,\n    allow_origins=[\"{}\"],{allowed}\n)",
        needs.origin
    )
}

fn axum(needs: &Needs, has_preflight: bool) -> String {
    let listed = |texts: Vec<String>| texts.join(", ");
    let methods = needs.methods.iter().map(|it| format!("Method::{it}"));
    let methods = listed(methods.collect());
    let headers = needs.headers.iter();
    let headers = headers.map(|it| format!("HeaderName::from_static(\"{it}\")"));
    let headers = line(&listed(headers.collect()), |it| {
        format!("\n    .allow_headers([{it}])")
    });
    let allowed = if has_preflight {
        format!(
            "\n    .allow_methods([{methods}]){headers}\n    .max_age(Duration::from_secs(7200))"
        )
    } else {
        String::new()
    };
    format!(
        "let origin: HeaderValue = \"{}\".parse()?;\n\
         let cors = CorsLayer::new()\n    .allow_origin(origin){allowed};\n\
         let app = app.layer(cors);",
        needs.origin
    )
}

/// A line about a list; nothing if the list is empty.
fn line(list: &str, line: impl Fn(&str) -> String) -> String {
    if list.is_empty() {
        String::new()
    } else {
        line(list)
    }
}

fn quoted(texts: &[impl AsRef<str>]) -> String {
    let texts = texts.iter().map(|it| format!("\"{}\"", it.as_ref()));
    Vec::from_iter(texts).join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCAL: &str = "http://localhost:8089";

    #[test]
    fn every_server_is_told_all_that_is_needed() {
        let needs = Needs {
            origin: LOCAL.to_owned(),
            methods: vec!["GET", "PUT"],
            headers: vec!["content-type".to_owned(), "x-run".to_owned()],
        };
        for Snippet { server, code } in cors_snippets(&needs) {
            for part in [LOCAL, "GET", "PUT", "content-type", "x-run", "7200"] {
                assert!(code.contains(part), "{server} is not told {part}: {code}");
            }
        }
        let nginx = &cors_snippets(&needs)[0].code;
        assert!(nginx.contains("Access-Control-Allow-Methods \"GET, PUT\";"));
        assert!(nginx.contains("Access-Control-Allow-Headers \"content-type, x-run\";"));
        assert!(nginx.contains("if ($request_method = OPTIONS) {"));

        let simple = Needs {
            methods: vec!["GET", "POST"],
            headers: Vec::new(),
            ..needs
        };
        for Snippet { server, code } in cors_snippets(&simple) {
            assert!(code.contains(LOCAL), "{server}");
            assert!(
                !code.contains("7200"),
                "{server} is told of preflights: {code}"
            );
        }
    }
}
