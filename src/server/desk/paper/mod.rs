//! A receipt on paper: a PDF to send or keep, a page for an 80 mm printer.
//!
//! Lives here: how a receipt looks. Never here: what stands on it, which is settled before it comes here.

mod glyphs;
mod layout;
mod pdf;
mod print;
mod squares;

pub use pdf::{PaperError, pdf};
pub use print::{PRINT_STYLE, print_page};

/// A receipt as it is handed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Who took the money.
    pub shop: String,
    /// The receipt's number.
    pub number: String,
    /// When it was paid, in milliseconds since 1970.
    pub at: i64,
    /// The customer's contract.
    pub contract: String,
    /// Whose contract it is.
    pub customer: Option<String>,
    /// Where they live.
    pub address: Option<String>,
    /// What was paid.
    pub items: Vec<PaperItem>,
    /// The sum, in whole đồng.
    pub total: i64,
    /// The sum in words.
    pub words: String,
    /// How it was paid, in words.
    pub method: String,
    /// Who collected it.
    pub collector: String,
    /// Where anybody can see whether it is genuine.
    pub url: String,
    /// Why it is not valid any more, where it was cancelled.
    pub cancelled: Option<String>,
}

/// One thing that was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperItem {
    /// The bill's or receivable's number.
    pub number: String,
    /// What for.
    pub content: String,
    /// How much, in whole đồng.
    pub amount: i64,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A receipt with everything on it that is hard to print.
    pub fn sample() -> Paper {
        Paper {
            shop: "Điện máy Hoàng Ngọc".into(),
            number: "PT20261126-0001".into(),
            at: 1_795_668_240_000,
            contract: "HND123456".into(),
            customer: Some("Nguyễn Thị Thu Hường".into()),
            address: Some("Số 12 ngõ 34 đường Trần Hưng Đạo, phường Phan Chu Trinh, quận Hoàn Kiếm, Hà Nội".into()),
            items: vec![
                PaperItem {
                    number: "HD-2611-0007".into(),
                    content: "Cước Internet tháng 11/2026, gói Siêu tốc gia đình kèm truyền hình và camera an ninh".into(),
                    amount: 264_000,
                },
                PaperItem {
                    number: "KT-88".into(),
                    content: "Phí chuyển địa điểm".into(),
                    amount: 55_000,
                },
            ],
            total: 319_000,
            words: "Ba trăm mười chín nghìn đồng".into(),
            method: "Tiền mặt".into(),
            collector: "Trần Văn Lực".into(),
            url: "https://gachno.example/r/5vT0mJ2Wq8kXn1Yb".into(),
            cancelled: None,
        }
    }

    fn text_of(bytes: &[u8]) -> String {
        let document = lopdf::Document::load_mem(bytes).expect("a PDF");
        let pages: Vec<u32> = document.get_pages().into_keys().collect();
        assert_eq!(pages, [1], "a roll is one page");
        let text = document.extract_text(&pages).expect("text");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_pdf_says_in_vietnamese_what_was_paid() {
        let text = text_of(&pdf(&sample()).expect("a PDF"));
        for words in [
            "Điện máy Hoàng Ngọc",
            "PHIẾU THU",
            "PT20261126-0001",
            "HND123456",
            "Nguyễn Thị Thu Hường",
            "264.000",
            "319.000 đ",
            "Ba trăm mười chín nghìn đồng",
            "Tiền mặt",
            "Trần Văn Lực",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        assert!(!text.contains("HỦY"), "{text}");
    }

    #[test]
    fn what_is_long_is_broken_into_lines_and_none_of_it_is_lost() {
        let text = text_of(&pdf(&sample()).expect("a PDF"));
        for item in &sample().items {
            assert!(text.contains(&item.content), "{text}");
        }
        let mut unbroken = sample();
        unbroken.items[0].content = "0123456789".repeat(30);
        let text = text_of(&pdf(&unbroken).expect("a PDF")).replace(' ', "");
        assert!(text.contains(&unbroken.items[0].content), "{text}");
    }

    #[test]
    fn a_cancelled_receipt_says_so_with_its_reason() {
        let mut cancelled = sample();
        cancelled.cancelled = Some("Thu nhầm hợp đồng".into());
        let text = text_of(&pdf(&cancelled).expect("a PDF"));
        assert!(text.contains("ĐÃ HỦY: Thu nhầm hợp đồng"), "{text}");
        let page = print_page(&cancelled).expect("a page");
        assert!(page.contains("ĐÃ HỦY: Thu nhầm hợp đồng"), "{page}");
    }

    #[test]
    fn the_same_receipt_is_the_same_file_and_a_small_one() {
        let (first, second) = (pdf(&sample()), pdf(&sample()));
        let first = first.expect("a PDF");
        assert_eq!(first, second.expect("a PDF"));
        assert!(first.len() < 60_000, "{}", first.len());
    }

    #[test]
    fn letters_typed_in_two_parts_are_printed_as_one() {
        let mut split = sample();
        split.customer =
            Some("Nguye\u{302}\u{303}n Thi\u{323} Thu Hu\u{31b}o\u{31b}\u{300}ng".into());
        let text = text_of(&pdf(&split).expect("a PDF"));
        assert!(text.contains("Nguyễn Thị Thu Hường"), "{text}");
    }

    #[test]
    fn the_page_for_the_printer_is_as_it_was() {
        insta::assert_snapshot!(print_page(&sample()).expect("a page"));
    }
}
