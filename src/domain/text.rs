//! How Vietnamese text is compared: composed, folded to lower case, runs of white space as one
//! space.

use unicode_normalization::UnicodeNormalization;

/// Composes (NFC), lower-cases and squeezes white space, so that two spellings of one sentence are
/// equal.
///
/// Diacritics stay: `nợ` and `no` are different words.
pub fn folded(text: &str) -> String {
    squeezed(text).to_lowercase()
}

/// Composes (NFC) and squeezes white space (non-breaking spaces too) into single spaces, trimmed.
pub fn squeezed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.nfc().filter(|c| !matches!(c, '\u{feff}' | '\u{200b}')) {
        if !c.is_whitespace() {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// Without diacritics, lower-case: for searching as people type in a hurry (`dien` finds `Điện`).
pub fn plain(text: &str) -> String {
    folded(text)
        .nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_in_two_spellings_is_one_sentence() {
        assert_eq!(
            folded("  Kho\u{302}ng\u{a0} CÒN\n nợ cước "),
            "không còn nợ cước"
        );
        assert_ne!(folded("nợ"), folded("no"));
        assert_eq!(plain("Gạch ĐIỆN EVN"), "gach dien evn");
    }
}
