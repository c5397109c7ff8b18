//! What a caller takes best: `Accept` and `Accept-Language` with their weights (RFC 9110, 12.4.2). A weight of 0
//! excludes, the highest one wins, and what is named outweighs a `*`.

use axum::http::header::{self, HeaderMap, HeaderName};

/// More ranges than any browser sends are not read.
const RANGES_MAX: usize = 64;
/// A weight in thousandths, where nobody says another one.
const FULL: u16 = 1_000;

/// A range of a header, and its weight.
struct Range<'h> {
    of: &'h str,
    weight: u16,
}

/// The ranges of a header, however many lines it came in. What is no range is passed over.
fn ranges(headers: &HeaderMap, name: HeaderName) -> Vec<Range<'_>> {
    let lines = headers.get_all(name).into_iter();
    let texts = lines.filter_map(|line| line.to_str().ok());
    texts
        .flat_map(|line| line.split(','))
        .filter_map(range)
        .take(RANGES_MAX)
        .collect()
}

fn range(text: &str) -> Option<Range<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let of = parts.next().filter(|of| !of.is_empty())?;
    let weight = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then(|| weight(value))
    });
    Some(Range {
        of,
        weight: weight.unwrap_or(FULL),
    })
}

/// `0.8` as thousandths. What is no weight excludes: nobody knows what was meant.
fn weight(value: &str) -> u16 {
    let parsed = value.trim().parse::<f32>().ok();
    let within = parsed.filter(|weight| (0.0..=1.0).contains(weight));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and 1000"
    )]
    within.map_or(0, |weight| (weight * f32::from(FULL)).round() as u16)
}

/// What weight a type of documents has, where it is named; `*/*` names nothing.
fn named(ranges: &[Range<'_>], kind: &str) -> Option<u16> {
    let is_it = |range: &&Range<'_>| range.of.eq_ignore_ascii_case(kind);
    ranges.iter().find(is_it).map(|range| range.weight)
}

/// What weight it has, named or not.
fn taken(ranges: &[Range<'_>], kind: &str) -> u16 {
    let whole = kind.split_once('/').map(|(whole, _)| format!("{whole}/*"));
    named(ranges, kind)
        .or_else(|| named(ranges, &whole?))
        .or_else(|| named(ranges, "*/*"))
        .unwrap_or(0)
}

/// Does whoever asks want a document for a program, and no page? It has to say so.
pub fn wants_json(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers, header::ACCEPT);
    named(&ranges, "application/json")
        .is_some_and(|weight| weight > 0 && weight >= taken(&ranges, "text/html"))
}

/// Does whoever asks take pages? A browser that navigates says so; a program does not.
pub fn wants_page(headers: &HeaderMap) -> bool {
    let ranges = ranges(headers, header::ACCEPT);
    named(&ranges, "text/html").is_some_and(|weight| weight > 0)
}

/// The one of these languages (`vi`, `en`) that is asked for most. `None`: none of them is.
pub fn language(headers: &HeaderMap, ours: &[&'static str]) -> Option<&'static str> {
    let ranges = ranges(headers, header::ACCEPT_LANGUAGE);
    let of = |range: &Range<'_>, language: &str| {
        let tag = range.of.split('-').next().unwrap_or_default();
        tag.eq_ignore_ascii_case(language)
    };
    let mut best: Option<(u16, usize, &'static str)> = None;
    for language in ours {
        let all = || ranges.iter().enumerate();
        let is_named = all().any(|(_, range)| of(range, language));
        let fits = |range: &Range<'_>| of(range, language) || (!is_named && range.of == "*");
        for (at, range) in all().filter(|(_, range)| fits(range) && range.weight > 0) {
            // Among equals the one that was said first.
            if best.is_none_or(|(weight, first, _)| {
                range.weight > weight || (range.weight == weight && at < first)
            }) {
                best = Some((range.weight, at, language));
            }
        }
    }
    best.map(|(.., language)| language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: HeaderName, value: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        headers
    }

    #[test]
    fn a_document_is_for_whoever_names_it() {
        for (accept, is_json) in [
            ("application/json", true),
            ("Application/JSON", true),
            ("application/json, text/plain, */*", true),
            ("application/json, text/javascript, */*; q=0.01", true),
            ("application/json;q=0", false),
            ("application/json; q=0.000, */*", false),
            ("text/html, application/json;q=0.9", false),
            ("text/html;q=0.4, application/json;q=0.9", true),
            ("text/html;q=0, application/json;q=0.1", true),
            ("text/*, application/json;q=0.5", false),
            ("application/json;q=lots", false),
            ("application/json;charset=utf-8;q=0", false),
            ("*/*", false),
            ("application/jsonp", false),
            ("", false),
            (",;,;q=1", false),
        ] {
            let headers = with(header::ACCEPT, accept);
            assert_eq!(wants_json(&headers), is_json, "{accept:?}");
        }
        assert!(!wants_json(&HeaderMap::new()));
    }

    #[test]
    fn a_page_is_for_a_browser() {
        let chrome = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";
        assert!(wants_page(&with(header::ACCEPT, chrome)));
        assert!(!wants_page(&with(header::ACCEPT, "*/*")));
        assert!(!wants_page(&with(header::ACCEPT, "text/html;q=0, */*")));
    }

    #[test]
    fn the_language_with_the_highest_weight_wins() {
        for (asked, language) in [
            ("en", Some("en")),
            ("en-US,en;q=0.9", Some("en")),
            ("vi-VN,vi;q=0.9,en-US;q=0.8", Some("vi")),
            ("vi;q=0.2, en;q=0.7", Some("en")),
            ("en;q=0, vi", Some("vi")),
            ("en;q=0", None),
            ("fr, en;q=0.5", Some("en")),
            ("fr", None),
            ("*", Some("vi")),
            ("vi;q=0, *", Some("en")),
            ("en, vi", Some("en")),
            ("vi, en", Some("vi")),
            ("english", None),
        ] {
            let headers = with(header::ACCEPT_LANGUAGE, asked);
            assert_eq!(
                self::language(&headers, &["vi", "en"]),
                language,
                "{asked:?}"
            );
        }
    }
}
