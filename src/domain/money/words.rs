//! A sum in words, as it stands on a receipt: `Hai trăm sáu mươi mốt nghìn đồng`.

const DIGITS: [&str; 10] = [
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín",
];
const BILLION: u64 = 1_000_000_000;

/// A sum in words, with its currency, its first letter large. What is below zero is said to be so.
pub fn in_words(dong: i64) -> String {
    let mut words = Vec::new();
    if dong < 0 {
        words.push("âm");
    }
    if dong == 0 {
        words.push(DIGITS[0]);
    }
    read(dong.unsigned_abs(), &mut words);
    words.push("đồng");
    let text = words.join(" ");
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string());
    first.unwrap_or_default() + letters.as_str()
}

/// Billions are read as a number of their own: there is no larger unit.
fn read(number: u64, words: &mut Vec<&'static str>) {
    let (above, below) = (number / BILLION, number % BILLION);
    if above > 0 {
        read(above, words);
        words.push("tỷ");
    }
    let mut is_begun = above > 0;
    for (unit, size) in [("triệu", 1_000_000), ("nghìn", 1_000), ("", 1)] {
        let three = below / size % 1_000;
        if three == 0 {
            continue;
        }
        read_three(three, is_begun, words);
        if !unit.is_empty() {
            words.push(unit);
        }
        is_begun = true;
    }
}

/// Three digits; `is_whole`: the hundreds are said even where there are none.
fn read_three(three: u64, is_whole: bool, words: &mut Vec<&'static str>) {
    let digit = |place: u64| DIGITS[usize::try_from(three / place % 10).unwrap_or(0)];
    let (hundreds, tens, ones) = (three / 100, three / 10 % 10, three % 10);
    if hundreds > 0 || is_whole {
        words.extend([digit(100), "trăm"]);
    }
    match tens {
        0 if ones > 0 && (hundreds > 0 || is_whole) => words.push("linh"),
        0 => {}
        1 => words.push("mười"),
        _ => words.extend([digit(10), "mươi"]),
    }
    match (tens, ones) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (1.., 5) => words.push("lăm"),
        _ => words.push(digit(1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_read_as_people_say_them() {
        for (dong, words) in [
            (0, "Không đồng"),
            (5, "Năm đồng"),
            (10, "Mười đồng"),
            (11, "Mười một đồng"),
            (15, "Mười lăm đồng"),
            (20, "Hai mươi đồng"),
            (21, "Hai mươi mốt đồng"),
            (24, "Hai mươi bốn đồng"),
            (25, "Hai mươi lăm đồng"),
            (101, "Một trăm linh một đồng"),
            (105, "Một trăm linh năm đồng"),
            (110, "Một trăm mười đồng"),
            (115, "Một trăm mười lăm đồng"),
            (255, "Hai trăm năm mươi lăm đồng"),
            (1_000, "Một nghìn đồng"),
            (1_005, "Một nghìn không trăm linh năm đồng"),
            (1_015, "Một nghìn không trăm mười lăm đồng"),
            (1_021, "Một nghìn không trăm hai mươi mốt đồng"),
            (50_000, "Năm mươi nghìn đồng"),
            (264_000, "Hai trăm sáu mươi bốn nghìn đồng"),
            (305_005, "Ba trăm linh năm nghìn không trăm linh năm đồng"),
            (1_000_001, "Một triệu không trăm linh một đồng"),
            (1_001_000, "Một triệu không trăm linh một nghìn đồng"),
            (
                21_051_401,
                "Hai mươi mốt triệu không trăm năm mươi mốt nghìn bốn trăm linh một đồng",
            ),
            (1_000_000_000, "Một tỷ đồng"),
            (1_000_000_005, "Một tỷ không trăm linh năm đồng"),
            (2_015_000_000, "Hai tỷ không trăm mười lăm triệu đồng"),
            (1_000_000_000_000, "Một nghìn tỷ đồng"),
            (-55_000, "Âm năm mươi lăm nghìn đồng"),
        ] {
            assert_eq!(in_words(dong), words, "{dong}");
        }
    }

    #[test]
    fn every_sum_ends_with_its_currency_and_no_unit_is_said_of_nothing() {
        for dong in (0..2_000_000_000_000_i64).step_by(7_919_999_983) {
            let words = in_words(dong);
            assert!(words.ends_with(" đồng") && !words.contains("  "), "{words}");
            assert!(
                !words.contains("không nghìn") && !words.contains("không triệu"),
                "{words}"
            );
        }
    }
}
