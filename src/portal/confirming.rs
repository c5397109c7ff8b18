//! The confirming request on the wire: is it the one, and does it say what was armed? Pure.

use super::GateWords;
use crate::browser::{Judgement, Posted};
use crate::domain::Vnd;

/// What the confirming request must say.
#[derive(Debug, Clone)]
pub(super) struct Expected<'m> {
    pub words: &'m GateWords,
    /// Exact ids of the paying button.
    pub buttons: Vec<String>,
    /// As it was typed.
    pub account: String,
    /// `Some`: a field of the form holds it.
    pub typed_amount: Option<Vnd>,
    /// `Some`: the amount's button that was chosen, as the form sends it: name and value.
    pub picked: Option<(String, String)>,
    /// The attempt whose click the page told of.
    pub attempt: String,
}

impl Expected<'_> {
    /// What a held request is.
    pub fn judge(&self, posted: &Posted) -> Judgement {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(posted.body.as_bytes())
            .into_owned()
            .collect();
        let is_button = |text: &str| self.buttons.iter().any(|b| b == text);
        let confirms = fields.iter().any(|(name, value)| {
            is_button(name) || (name == "javax.faces.source" && is_button(value))
        });
        if !confirms {
            return Judgement::Other;
        }
        self.fault(&fields, posted)
            .map_or(Judgement::Confirms, |why| {
                Judgement::Wrong(format!("yêu cầu xác nhận {why}"))
            })
    }

    fn fault(&self, fields: &[(String, String)], posted: &Posted) -> Option<String> {
        let of = |ends: &[String]| -> Vec<&String> {
            fields
                .iter()
                .filter(|(name, _)| ends.iter().any(|end| name.ends_with(end.as_str())))
                .map(|(_, value)| value)
                .collect()
        };
        // Each paying form carries its account, and a typed amount: a request without them says
        // something else than what was armed.
        let accounts = of(&self.words.account_fields);
        if accounts.iter().all(|account| account.trim().is_empty()) {
            return Some(format!("không ghi mã nào, lẽ ra {}", self.account));
        }
        if let Some(other) = accounts
            .into_iter()
            .find(|account| !account.trim().eq_ignore_ascii_case(&self.account))
        {
            return Some(format!("ghi “{other}”, không phải {}", self.account));
        }
        if let Some(amount) = self.typed_amount {
            let typed = of(&self.words.amount_fields);
            if typed.is_empty() {
                return Some(format!("không ghi số tiền, lẽ ra {amount}"));
            }
            if let Some(other) = typed
                .into_iter()
                .find(|text| text.parse::<Vnd>() != Ok(amount))
            {
                return Some(format!("ghi số tiền “{other}”, không phải {amount}"));
            }
        }
        if let Some((name, value)) = &self.picked
            && let Some((_, other)) = fields
                .iter()
                .find(|(field, sent)| field == name && sent != value)
        {
            return Some(format!("chọn nút số tiền “{other}”, không phải “{value}”"));
        }
        if posted
            .attempt
            .as_ref()
            .is_some_and(|told| *told != self.attempt)
        {
            return Some("không thuộc lần bấm này".to_owned());
        }
        let view = fields
            .iter()
            .find(|(name, _)| name == "javax.faces.ViewState")
            .map(|(_, value)| value);
        match (view, &posted.view) {
            (Some(sent), Some(shown)) if sent != shown => Some("thuộc một trang khác".to_owned()),
            _ => None,
        }
    }
}

/// The body with secrets masked, for keeping.
pub(super) fn masked(words: &GateWords, body: &str) -> String {
    let mut out = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in url::form_urlencoded::parse(body.as_bytes()) {
        let is_secret = words
            .secret_fields
            .iter()
            .any(|end| name.ends_with(end.as_str()));
        out.append_pair(&name, if is_secret { "******" } else { &value });
    }
    out.finish()
}

/// The ids that exact locators (`[id="…"]`) name.
pub(super) fn ids(locators: &[String]) -> Vec<String> {
    locators
        .iter()
        .filter_map(|l| l.strip_prefix("[id=\"")?.strip_suffix("\"]"))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
