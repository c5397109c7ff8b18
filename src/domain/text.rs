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

/// Does it show nothing, or turn round what stands beside it? Zero-width letters and the marks of writing from right
/// to left: two texts that look equal are then two, or one looks like another.
pub const fn is_unseen(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    )
}

/// The text as a person sees it: without what is unseen, trimmed. Texts from outside are kept so.
pub fn as_seen(text: &str) -> String {
    let seen: String = text.chars().filter(|c| !is_unseen(*c)).collect();
    seen.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_not_kept() {
        assert_eq!(as_seen(" \u{202e}HD\u{200b}01\u{2069} "), "HD01");
        assert_eq!(
            as_seen("Lê Tám \u{1f468}\u{200d}\u{1f469}"),
            "Lê Tám \u{1f468}\u{200d}\u{1f469}"
        );
    }

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
