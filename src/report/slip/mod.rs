//! A slip of 80 mm: the receipt of one payment, the end of a shift. As a page for a printer, and as a
//! picture to send.
//!
//! Lives here: what stands on it and how it looks. Never here: whether it was paid, which the ledger
//! says. No secret comes here.

mod page;
mod picture;

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization as _;

use crate::config::{private_folder, write_atomically};

pub use page::page;
pub use picture::{Picture, PictureError, picture};

/// A slip, from top to bottom.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Slip {
    /// The name of its files, without an ending.
    pub name: String,
    /// What stands on it.
    pub lines: Vec<SlipLine>,
}

/// Something on a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SlipLine {
    /// In the middle, large.
    Title(String),
    /// In the middle.
    Middle(String),
    /// What something is called, and what it is.
    Pair(String, String),
    /// The same, large: what one looks for.
    Sum(String, String),
    /// Text that may take some lines.
    Text(String),
    /// A line across.
    Rule,
}

impl Slip {
    /// An empty one. What no file may be called is left out of its name.
    pub fn named(name: &str) -> Self {
        let name = name
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
            .take(80)
            .collect();
        Self {
            name,
            lines: Vec::new(),
        }
    }

    /// With one more line; a pair without a value is left out.
    #[must_use]
    pub fn with(mut self, line: SlipLine) -> Self {
        let is_empty = match &line {
            SlipLine::Pair(_, value) | SlipLine::Sum(_, value) => value.trim().is_empty(),
            SlipLine::Title(text) | SlipLine::Middle(text) | SlipLine::Text(text) => {
                text.trim().is_empty()
            }
            SlipLine::Rule => false,
        };
        if !is_empty {
            self.lines.push(line);
        }
        self
    }
}

/// A slip on disk.
#[derive(Debug, Clone)]
pub struct SavedSlip {
    /// The page for the printer.
    pub page: PathBuf,
    /// The picture to send.
    pub picture: PathBuf,
    /// The same picture, to be copied.
    pub pixels: Picture,
}

/// Why there is no slip.
#[derive(Debug, thiserror::Error)]
pub enum SlipError {
    /// Where it goes cannot be written.
    #[error(
        "Không ghi được biên lai vào {folder}. Kiểm tra quyền và dung lượng đĩa. (Cannot write the receipt.)"
    )]
    Disk {
        /// Where.
        folder: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// The picture cannot be made.
    #[error("Không vẽ được biên lai. Báo cho kỹ thuật. (Cannot draw the receipt.)")]
    Picture(#[from] PictureError),
}

/// Writes page and picture into this folder.
pub fn save(slip: &Slip, folder: &Path) -> Result<SavedSlip, SlipError> {
    let disk = |source| SlipError::Disk {
        folder: folder.to_owned(),
        source,
    };
    let pixels = picture(slip)?;
    private_folder(folder).map_err(disk)?;
    let at = |ending: &str| {
        let path = folder.join(format!("{}.{ending}", slip.name));
        std::path::absolute(&path).unwrap_or(path)
    };
    let (page_at, picture_at) = (at("html"), at("png"));
    let write = |path: &Path, bytes: &[u8]| write_atomically(path, bytes).map_err(disk);
    write(&page_at, page(slip).as_bytes())?;
    write(&picture_at, &pixels.png()?)?;
    Ok(SavedSlip {
        page: page_at,
        picture: picture_at,
        pixels,
    })
}

/// Letters typed in two parts are one.
fn whole(text: &str) -> String {
    text.nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Slip {
        Slip::named("PE01/../x y-1030")
            .with(SlipLine::Title("Điện máy Hoàng Ngọc".into()))
            .with(SlipLine::Middle("BIÊN LAI THANH TOÁN".into()))
            .with(SlipLine::Rule)
            .with(SlipLine::Pair("Mã".into(), "PE0100000190".into()))
            .with(SlipLine::Pair(
                "Khách hàng".into(),
                "Nguyễn Thị Thu Hường <An & Con>".into(),
            ))
            .with(SlipLine::Pair("Địa chỉ".into(), String::new()))
            .with(SlipLine::Sum("Đã thanh toán".into(), "412.000 đ".into()))
            .with(SlipLine::Text("Bốn trăm mười hai nghìn đồng".into()))
    }

    #[test]
    fn a_page_says_all_of_it_and_takes_nothing_for_markup() {
        let page = page(&receipt());
        for text in [
            "Điện máy Hoàng Ngọc",
            "PE0100000190",
            "&lt;An &amp; Con&gt;",
            "412.000 đ",
            "80mm",
        ] {
            assert!(page.contains(text), "{text} in {page}");
        }
        assert!(!page.contains("<An") && !page.contains("Địa chỉ"), "{page}");
    }

    #[test]
    fn a_picture_is_as_wide_as_a_printer_and_grows_with_what_stands_on_it() {
        let short = picture(&receipt()).expect("a picture");
        assert_eq!(short.width, 576);
        assert_eq!(short.pixels.len(), short.width * short.height);
        assert!(
            short.pixels.iter().any(|ink| *ink < 64),
            "something is drawn"
        );
        let long = receipt().with(SlipLine::Text("Cước Internet tháng mười một ".repeat(12)));
        let long = picture(&long).expect("a picture");
        assert!(long.height > short.height + 100, "it is broken into lines");
    }

    #[test]
    fn both_files_lie_in_one_folder_under_a_name_that_any_disk_takes() {
        let folder = tempfile::tempdir().expect("folder");
        let saved = save(&receipt(), &folder.path().join("bien_lai")).expect("saved");
        assert_eq!(
            saved.page.file_name().and_then(|n| n.to_str()),
            Some("PE01xy-1030.html")
        );
        let png = std::fs::read(&saved.picture).expect("a file");
        assert!(
            png.starts_with(b"\x89PNG") && png.len() < 60_000,
            "{}",
            png.len()
        );
    }
}
