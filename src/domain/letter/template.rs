//! Templates: texts with names in braces, and what stands in their place.
//!
//! What is filled in is text, whoever typed it: it cannot become markup in the HTML, another line of the
//! subject, or another name in braces.

use std::fmt::Write;

/// A name that can stand in a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    /// As it stands between braces.
    pub name: &'static str,
    /// What it is, for who writes templates.
    pub meaning: &'static str,
    /// Something to look at, in a preview.
    pub sample: &'static str,
}

const fn word(name: &'static str, meaning: &'static str, sample: &'static str) -> Word {
    Word {
        name,
        meaning,
        sample,
    }
}

/// All names that can stand in a template.
pub const WORDS: [Word; 7] = [
    word("payment_code", "mã thanh toán", "AB12CD34E"),
    word("amount", "số tiền", "350.000 đ"),
    word("description", "nội dung", "Tiền phòng tháng 11"),
    word("customer_name", "tên khách", "Nguyễn Thị Lan"),
    word("shop", "tên bên nhận tiền", "Cửa hàng"),
    word(
        "pay_url",
        "địa chỉ trang thanh toán",
        "https://cuahang.example/pay/…",
    ),
    word("paid_at", "lúc nhận tiền", "26/11/2026 08:15"),
];

/// The longest subject, in characters.
const SUBJECT_MAX: usize = 200;
/// The longest body, in characters.
const BODY_MAX: usize = 20_000;

/// What a letter says, with names in braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// One line.
    pub subject: String,
    /// Lines; an empty one begins a paragraph.
    pub body: String,
}

/// Why a template cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateFault {
    /// It says nothing, or too much.
    #[error("Tiêu đề cần 1–{SUBJECT_MAX} ký tự trên một dòng, nội dung 1–{BODY_MAX} ký tự.")]
    Length,
    /// Nobody knows this name.
    #[error("Không có từ {{{0}}}. Dùng các từ trong bảng bên dưới.")]
    Unknown(String),
}

/// What stands in the place of names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LetterWords(Vec<(&'static str, String)>);

impl LetterWords {
    /// None yet.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Those of a preview.
    pub fn sample() -> Self {
        Self(
            WORDS
                .iter()
                .map(|word| (word.name, word.sample.to_owned()))
                .collect(),
        )
    }

    /// With one more. A name that is not in [`WORDS`] stands in no template.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    fn get(&self, name: &str) -> &str {
        let found = self.0.iter().rev().find(|(known, _)| *known == name);
        found.map_or("", |(_, value)| value)
    }
}

/// A letter's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filled {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as paragraphs of HTML, without a page around them. Everything in it is escaped.
    pub paragraphs: String,
}

/// A piece of a template.
enum Piece<'t> {
    Text(&'t str),
    Name(&'t str),
}

/// A brace that closes nothing, or stands around something that is no name, is text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, name, after)) = next_name(rest) {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Name(name));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest));
    }
    pieces
}

fn next_name(text: &str) -> Option<(&str, &str, &str)> {
    let is_name =
        |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    text.match_indices('{').find_map(|(at, _)| {
        let (name, after) = text[at + 1..].split_once('}')?;
        is_name(name).then_some((&text[..at], name, after))
    })
}

impl Template {
    /// Can it be used?
    pub fn check(&self) -> Result<(), TemplateFault> {
        let is_fine =
            |text: &str, most: usize| !text.trim().is_empty() && text.chars().count() <= most;
        let has_lines = self.subject.chars().any(char::is_control);
        if has_lines || !is_fine(&self.subject, SUBJECT_MAX) || !is_fine(&self.body, BODY_MAX) {
            return Err(TemplateFault::Length);
        }
        let all = pieces(&self.subject).into_iter().chain(pieces(&self.body));
        for piece in all {
            if let Piece::Name(name) = piece
                && !WORDS.iter().any(|word| word.name == name)
            {
                return Err(TemplateFault::Unknown(name.to_owned()));
            }
        }
        Ok(())
    }

    /// The letter's words.
    pub fn fill(&self, words: &LetterWords) -> Filled {
        let subject: String = plain(&self.subject, words)
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let body = told_lines(&self.body.replace("\r\n", "\n"), words);
        Filled {
            subject: subject.trim().chars().take(255).collect(),
            text: plain(&body, words),
            paragraphs: paragraphs(&body, words),
        }
    }
}

/// Without the lines whose every name stands for nothing: `See it at: {pay_url}` says nothing where there
/// is no address.
fn told_lines(body: &str, words: &LetterWords) -> String {
    let tells = |line: &&str| {
        let mut names = pieces(line)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Name(name) => Some(words.get(name)),
                Piece::Text(_) => None,
            })
            .peekable();
        names.peek().is_none() || names.any(|value| !value.is_empty())
    };
    let mut told: Vec<&str> = body.lines().filter(tells).collect();
    // What stood alone between two empty lines leaves one of them.
    told.dedup_by(|line, before| line.is_empty() && before.is_empty());
    told.join("\n")
}

fn plain(text: &str, words: &LetterWords) -> String {
    let pieces = pieces(text).into_iter().map(|piece| match piece {
        Piece::Text(text) => text,
        Piece::Name(name) => words.get(name),
    });
    pieces.collect()
}

fn paragraphs(body: &str, words: &LetterWords) -> String {
    let mut html = String::new();
    for paragraph in body.split("\n\n").filter(|p| !p.trim().is_empty()) {
        html.push_str("<p>");
        for piece in pieces(paragraph.trim_matches('\n')) {
            match piece {
                Piece::Text(text) => escape(text, &mut html),
                Piece::Name(name) => word_in_html(words.get(name), &mut html),
            }
        }
        html.push_str("</p>\n");
    }
    html
}

/// An address becomes a link; anything else is text.
fn word_in_html(value: &str, html: &mut String) {
    let is_address = (value.starts_with("https://") || value.starts_with("http://"))
        && !value.chars().any(|c| c.is_whitespace() || c.is_control());
    if is_address {
        html.push_str("<a href=\"");
        escape(value, html);
        html.push_str("\">");
        escape(value, html);
        html.push_str("</a>");
    } else {
        escape(value, html);
    }
}

fn escape(text: &str, html: &mut String) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '\n' => html.push_str("<br>\n"),
            other => html.push(other),
        }
    }
}

impl Filled {
    /// A whole page for a mail program. These know no style sheets of their own, so it has its styles with
    /// it.
    pub fn page(&self) -> String {
        let mut title = String::new();
        escape(&self.subject, &mut title);
        let mut page = String::new();
        // A string takes whatever is written to it.
        let _ = write!(
            page,
            "<!doctype html>\n<html><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
             <title>{title}</title></head>\n\
             <body style=\"margin:0;padding:24px;background:#f4f5f7;font-family:sans-serif;font-size:16px;line-height:1.5;color:#1c2330\">\n\
             <div style=\"max-width:560px;margin:0 auto;padding:24px;background:#ffffff;border-radius:8px\">\n\
             {}</div>\n</body></html>\n",
            self.paragraphs
        );
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(subject: &str, body: &str) -> Template {
        Template {
            subject: subject.to_owned(),
            body: body.to_owned(),
        }
    }

    #[test]
    fn names_are_filled_in_and_what_is_filled_in_is_text() {
        let words = LetterWords::new()
            .with("amount", "350.000 đ")
            .with("customer_name", "<b>Lan</b> {amount}")
            .with("pay_url", "https://shop.example/pay/a?b=1&c=\"2");
        let filled = template(
            "Trả {amount}",
            "Chào {customer_name},\nmở {pay_url}\n\nHết {x",
        )
        .fill(&words);
        assert_eq!(filled.subject, "Trả 350.000 đ");
        assert_eq!(
            filled.text,
            "Chào <b>Lan</b> {amount},\nmở https://shop.example/pay/a?b=1&c=\"2\n\nHết {x"
        );
        assert_eq!(
            filled.paragraphs,
            "<p>Chào &lt;b&gt;Lan&lt;/b&gt; {amount},<br>\nmở \
             <a href=\"https://shop.example/pay/a?b=1&amp;c=&quot;2\">https://shop.example/pay/a?b=1&amp;c=&quot;2</a></p>\n\
             <p>Hết {x</p>\n"
        );
        assert!(filled.page().contains(&filled.paragraphs));
    }

    #[test]
    fn a_line_that_would_say_nothing_is_left_out() {
        let words = LetterWords::new().with("amount", "5 đ");
        let filled = template("a", "Trả {amount}\n\nXem tại: {pay_url}\n\nHết").fill(&words);
        assert_eq!(filled.text, "Trả 5 đ\n\nHết");
        assert_eq!(filled.paragraphs, "<p>Trả 5 đ</p>\n<p>Hết</p>\n");
        let both = template("a", "{amount} {shop}").fill(&words);
        assert_eq!(both.text, "5 đ ");
    }

    #[test]
    fn nobody_adds_a_line_to_the_head() {
        let words = LetterWords::new().with("shop", "A\r\nBcc: evil@example.org");
        let filled = template("{shop}", "x").fill(&words);
        assert_eq!(filled.subject, "A  Bcc: evil@example.org");
        let script = LetterWords::new().with("pay_url", "javascript:alert(1)");
        assert!(
            !template("x", "{pay_url}")
                .fill(&script)
                .paragraphs
                .contains("href")
        );
    }

    #[test]
    fn what_nobody_knows_is_refused() {
        assert_eq!(template("a", "{amount} { } {").check(), Ok(()));
        assert_eq!(
            template("{so_tien}", "b").check(),
            Err(TemplateFault::Unknown("so_tien".to_owned()))
        );
        for (subject, body) in [("", "b"), ("a", " "), ("a\nb", "b")] {
            assert_eq!(template(subject, body).check(), Err(TemplateFault::Length));
        }
        assert_eq!(
            template(&"a".repeat(201), "b").check(),
            Err(TemplateFault::Length)
        );
    }

    #[test]
    fn a_preview_leaves_nothing_open() {
        for word in WORDS {
            let filled = template("a", &format!("{{{}}}", word.name)).fill(&LetterWords::sample());
            assert_eq!(filled.text, word.sample);
        }
    }
}
