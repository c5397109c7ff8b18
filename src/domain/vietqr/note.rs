//! The note of a bank transfer, as every bank takes it.

use unicode_normalization::UnicodeNormalization;

/// The longest note that goes through all banks.
pub const NOTE_MAX: usize = 25;

/// Vietnamese without its accents, letters, digits and single spaces alone, at most `max` characters.
/// Banks refuse or garble everything else. What has to survive stands first: banks cut at the end.
pub fn note(text: &str, max: usize) -> String {
    let plain = text.nfd().filter(|c| !('\u{300}'..='\u{36f}').contains(c));
    let mut note = String::new();
    for c in plain {
        let c = match c {
            'đ' => 'd',
            'Đ' => 'D',
            c if c.is_ascii_alphanumeric() => c,
            _ => ' ',
        };
        let is_doubled = c == ' ' && (note.is_empty() || note.ends_with(' '));
        if note.len() < max && !is_doubled {
            note.push(c);
        }
    }
    note.truncate(note.trim_end().len());
    note
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_what_every_bank_takes() {
        for (text, is) in [
            ("Gạch nợ – đợt 2", "Gach no dot 2"),
            ("Nguyễn Thị Ánh", "Nguyen Thi Anh"),
            ("ĐẶNG", "DANG"),
            ("Cà phê ☕", "Ca phe"),
            ("  hai dau cach  ", "hai dau cach"),
            (
                "GN7K2M9QX Tiền điện tháng 11/2026",
                "GN7K2M9QX Tien dien thang",
            ),
            ("a&b=c|d", "a b c d"),
            ("", ""),
        ] {
            assert_eq!(note(text, NOTE_MAX), is);
        }
        assert_eq!(note("GN7K2M9QX phi", 9), "GN7K2M9QX");
    }
}
