//! What a provider's page looks like: plain, in Vietnamese, without a script.

use axum::response::{Html, IntoResponse, Response};

/// A page with a heading.
pub fn page(title: &str, body: &str) -> Response {
    Html(format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><title>{title}</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <style>body{{font:16px/1.5 sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}}\
         button{{min-height:44px;margin:.25rem 0;padding:0 1rem;width:100%}}\
         input{{min-height:40px;width:100%;box-sizing:border-box}}dt{{color:#555}}</style></head>\
         <body><main><h1>{title}</h1><p><small>Trang mô phỏng, không có tiền thật.</small></p>{body}\
         </main></body></html>"
    ))
    .into_response()
}

/// Names with values.
pub fn list(rows: &[(&str, String)]) -> String {
    let rows: String = rows
        .iter()
        .map(|(name, value)| format!("<dt>{name}</dt><dd>{}</dd>", esc(value)))
        .collect();
    format!("<dl>{rows}</dl>")
}

/// A form with one button.
pub fn button(action: &str, fields: &[(&str, String)], label: &str) -> String {
    let fields: String = fields
        .iter()
        .map(|(name, value)| {
            format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                esc(value)
            )
        })
        .collect();
    format!(
        "<form method=\"post\" action=\"{}\">{fields}<button>{label}</button></form>",
        esc(action)
    )
}

/// In HTML.
pub fn esc(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

/// `350.000 đ`.
pub fn dong(amount: i64) -> String {
    let digits = amount.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    format!("{grouped} đ")
}
