//! JSF's manners: form fields, partial responses, escaping. Pure.

use std::collections::HashMap;

/// A posted form.
#[derive(Debug, Default)]
pub struct PostedForm(HashMap<String, String>);

impl PostedForm {
    pub fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    /// The component that the request came from, without its form.
    pub fn source(&self) -> &str {
        let full = self.get("javax.faces.source");
        full.split_once(':').map_or(full, |(_, own)| own)
    }

    /// Ids to render, without their form; a form's own id stays as it is.
    pub fn render(&self) -> Vec<String> {
        self.get("javax.faces.partial.render")
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }
}

/// Text as it stands in HTML.
pub fn esc(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// Text as it stands in a script's string.
pub fn js(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

fn cdata(text: &str) -> String {
    format!("<![CDATA[{}]]>", text.replace("]]>", "]]]]><![CDATA[>"))
}

/// `<partial-response>` with updates by id, the new view state, and scripts.
pub fn partial(updates: &[(String, String)], view_state: &str, evals: &[String]) -> String {
    use std::fmt::Write;
    let mut xml = String::from(
        "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response id=\"j_id1\"><changes>",
    );
    for (id, html) in updates {
        let _ = write!(xml, "<update id=\"{}\">{}</update>", esc(id), cdata(html));
    }
    let _ = write!(
        xml,
        "<update id=\"j_id1:javax.faces.ViewState:0\">{}</update>",
        cdata(view_state)
    );
    for script in evals {
        let _ = write!(xml, "<eval>{}</eval>", cdata(script));
    }
    xml.push_str("</changes></partial-response>");
    xml
}

pub fn redirect(url: &str) -> String {
    format!(
        "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response><redirect url=\"{}\"></redirect></partial-response>",
        esc(url)
    )
}

pub fn error() -> String {
    "<?xml version='1.0' encoding='UTF-8'?>\n<partial-response><error><error-name>class java.lang.IllegalStateException</error-name>\
     <error-message><![CDATA[null]]></error-message></error></partial-response>"
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_post_tells_its_source_and_what_to_render() {
        let form =
            PostedForm::parse(b"javax.faces.source=payMoneyForm%3AbtnPay0&javax.faces.partial.render=payMoneyForm%3AmsgError+payMoneyForm%3AlistContract");
        assert_eq!(form.source(), "btnPay0");
        assert_eq!(
            form.render(),
            ["payMoneyForm:msgError", "payMoneyForm:listContract"]
        );
    }

    #[test]
    fn html_cannot_break_out_of_its_update() {
        assert!(partial(&[("a".into(), "x]]>y".into())], "1:2", &[]).contains("x]]]]><![CDATA[>y"));
    }
}
