//! What an error says to one reader: its sentence in their language, and the raw cause apart from it.
//!
//! An error is written for everybody, a log's reader included: `Không mở được trang. Kiểm tra portal.url.
//! (Cannot open the page.) [net::ERR_FAILED]`. The window's reader has one language, knows settings by
//! what they are called on the screen, and wants the cause only where they ask for it.

use std::error::Error;

use super::Language;

/// An error as the window shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToldError {
    /// What happened and what to do.
    pub sentence: String,
    /// What the machine said, for whoever mends it.
    pub cause: Option<String>,
}

/// An error with the causes below it, one a line, for [`told`].
pub fn said(error: impl Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let cause_text = cause.to_string();
        // What is said already is not said twice.
        if !text.contains(&cause_text) {
            text.push('\n');
            text.push_str(&cause_text);
        }
        below = cause.source();
    }
    text
}

/// A text for everybody as one reader has it.
pub fn told(text: &str, language: Language) -> ToldError {
    let (head, below) = text.split_once('\n').unwrap_or((text, ""));
    let (head, cause) = without_cause(head);
    let causes: Vec<&str> = cause
        .into_iter()
        .chain(below.lines())
        .map(str::trim)
        .filter(|cause| !cause.is_empty())
        .collect();
    ToldError {
        sentence: in_words(&one_of_both(head, language), language),
        cause: (!causes.is_empty()).then(|| causes.join("\n")),
    }
}

/// The sentence alone.
pub fn in_one_language(text: &str, language: Language) -> String {
    told(text, language).sentence
}

/// What stands in square brackets at the end is the cause.
fn without_cause(text: &str) -> (&str, Option<&str>) {
    let split = text.strip_suffix(']').and_then(|open| {
        let place = open.find(".) [")?;
        Some((&open[..place + 2], &open[place + 4..]))
    });
    match split {
        Some((head, cause)) => (head, Some(cause)),
        None => (text, None),
    }
}

/// An English sentence in round brackets: where it begins, the sentence, and where it ends.
fn english_in(text: &str) -> Option<(usize, &str, usize)> {
    text.match_indices(" (").find_map(|(place, _)| {
        let inner = &text[place + 2..];
        let english = &inner[..=inner.find(".)")?];
        let is_english = english.is_ascii()
            && english.starts_with(|c: char| c.is_ascii_uppercase())
            && !english.contains(['(', ')']);
        is_english.then_some((place, english, place + 2 + english.len() + 1))
    })
}

fn one_of_both(text: &str, language: Language) -> String {
    let mut rest = text;
    let (mut vietnamese, mut last) = (String::new(), None);
    while let Some((begin, english, end)) = english_in(rest) {
        vietnamese.push_str(&rest[..begin]);
        last = Some(english);
        rest = &rest[end..];
    }
    match (last, language) {
        // The outermost error speaks last.
        (Some(english), Language::En) => english.to_owned(),
        _ => vietnamese + rest,
    }
}

/// Settings and errands as the window calls them.
fn in_words(text: &str, language: Language) -> String {
    let words = language.words();
    let mut text = text.replace(
        "gachno doctor --portal",
        &format!("{} › {}", words.settings, words.diagnose),
    );
    for key in crate::config::keys() {
        if !key.contains('.') || !text.contains(&key) {
            continue;
        }
        let label = (words.setting)(&key);
        let label = label.split([';', ',', '(']).next().unwrap_or(label).trim();
        let place = format!("{} › “{label}”", words.settings);
        text = text
            .replace(&format!("gachno config set {key} --stdin"), &place)
            .replace(&format!("gachno config set {key} …"), &place)
            .replace(&format!("gachno config set {key}"), &place);
        text = replaced(&text, &key, &format!("“{label}”"));
    }
    text
}

/// A key where it stands alone, and is not the beginning of a longer one.
fn replaced(text: &str, key: &str, with: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '/' | '-');
    let mut made = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(place) = rest.find(key) {
        let (before, after) = (&rest[..place], &rest[place + key.len()..]);
        let goes_on = after.strip_prefix('.').unwrap_or(after);
        made.push_str(before);
        if before.ends_with(is_part) || goes_on.starts_with(is_part) {
            made.push_str(key);
        } else {
            made.push_str(with);
        }
        rest = after;
    }
    made + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::browser::BrowserError;

    #[test]
    fn an_error_is_told_in_one_language() {
        let text = "Không mở được trang. Kiểm tra mạng. (Cannot open the page.)";
        assert_eq!(
            in_one_language(text, Language::Vi),
            "Không mở được trang. Kiểm tra mạng."
        );
        assert_eq!(in_one_language(text, Language::En), "Cannot open the page.");
        for other in ["Nợ (cũ)", "Xong", "Lỗi (mã 3.)"] {
            assert_eq!(in_one_language(other, Language::Vi), other);
        }
    }

    #[test]
    fn an_error_in_an_error_leaves_no_other_language_behind() {
        let text = "Cổng báo lỗi: không mở được trang. (Cannot open the page.) (The portal reports a fault.)";
        assert_eq!(
            in_one_language(text, Language::Vi),
            "Cổng báo lỗi: không mở được trang."
        );
        assert_eq!(
            in_one_language(text, Language::En),
            "The portal reports a fault."
        );
    }

    #[test]
    fn the_cause_stands_apart_and_keys_are_called_as_on_the_screen() {
        let error = BrowserError::PageUnreachable {
            url: "https://cong.example".into(),
            why: "net::ERR_SOCKS_CONNECTION_FAILED".into(),
        };
        let vi = told(&said(error), Language::Vi);
        assert_eq!(
            vi.sentence,
            "Không mở được https://cong.example. Kiểm tra mạng và “Địa chỉ cổng đại lý”."
        );
        assert_eq!(
            vi.cause.as_deref(),
            Some("net::ERR_SOCKS_CONNECTION_FAILED")
        );
        let pin = "Chưa có mã PIN. Đặt bằng: gachno config set portal.pin --stdin. (No PIN.)";
        assert_eq!(
            in_one_language(pin, Language::Vi),
            "Chưa có mã PIN. Đặt bằng: Cài đặt › “Mã PIN xác nhận thanh toán”."
        );
    }

    #[test]
    fn what_lies_below_an_error_is_its_cause() {
        let error = BrowserError::Disk {
            path: "/tmp/a".into(),
            source: std::io::Error::other("disk quota exceeded"),
        };
        let told = told(&said(error), Language::Vi);
        assert_eq!(
            told.sentence,
            "Không ghi được /tmp/a. Kiểm tra quyền và dung lượng đĩa."
        );
        assert_eq!(told.cause.as_deref(), Some("disk quota exceeded"));
    }
}
