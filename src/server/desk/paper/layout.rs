//! A receipt as lines from top to bottom, before anything is drawn.
//!
//! Lives here: order, sizes, wrapping, all pure. Lengths are in points.

use unicode_normalization::UnicodeNormalization as _;

use super::Paper;
use super::glyphs::{Face, Weight};
use crate::server::web::words::{money, time};

/// A roll of 80 mm.
pub const WIDTH: f32 = 80.0 * MM;
/// What a printer cannot reach, on each side.
pub const MARGIN: f32 = 4.0 * MM;
/// A side of the QR.
pub const QR: f32 = 28.0 * MM;
const MM: f32 = 72.0 / 25.4;
/// From one line to the next, in sizes of the type.
const LEADING: f32 = 1.36;
const TEXT: f32 = 9.0;
const SMALL: f32 = 7.5;
const GAP: f32 = 5.0;

/// Where a line stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// At the left.
    Left,
    /// In the middle.
    Middle,
    /// At the right.
    Right,
}

/// Something on the paper, with the height it takes.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Text on one line.
    Line {
        text: String,
        weight: Weight,
        size: f32,
        side: Side,
        shares_line: bool,
    },
    /// A line across.
    Rule,
    /// Nothing.
    Gap,
    /// The address of the receipt's own page.
    Qr,
}

impl Block {
    /// How far the next block stands below this one.
    pub fn height(&self) -> f32 {
        match self {
            Self::Line {
                shares_line: true, ..
            } => 0.0,
            Self::Line { size, .. } => size * LEADING,
            Self::Rule => 8.0,
            Self::Gap => GAP,
            Self::Qr => QR,
        }
    }
}

struct Blocks(Vec<Block>);

impl Blocks {
    fn text(&mut self, text: &str, weight: Weight, size: f32, side: Side) -> Option<()> {
        let text: String = text.nfc().collect();
        for text in Face::get(weight)?.lines(&text, size, WIDTH - 2.0 * MARGIN) {
            self.0.push(Block::Line {
                text,
                weight,
                size,
                side,
                shares_line: false,
            });
        }
        Some(())
    }

    /// What something is called, and what it is; below each other where the line is too short for both.
    fn pair(&mut self, name: &str, value: &str, weight: Weight, size: f32) -> Option<()> {
        let name: String = name.nfc().collect();
        let value: String = value.nfc().collect();
        let width =
            Face::get(Weight::Regular)?.width(&name, size) + Face::get(weight)?.width(&value, size);
        let shares_line = width + GAP <= WIDTH - 2.0 * MARGIN && !value.is_empty();
        if shares_line {
            self.0.push(Block::Line {
                text: name,
                weight: Weight::Regular,
                size,
                side: Side::Left,
                shares_line,
            });
            self.0.push(Block::Line {
                text: value,
                weight,
                size,
                side: Side::Right,
                shares_line: false,
            });
            return Some(());
        }
        self.text(&name, Weight::Regular, size, Side::Left)?;
        self.text(&value, weight, size, Side::Right)
    }

    fn head(&mut self, paper: &Paper) -> Option<()> {
        self.text(&paper.shop, Weight::Bold, 11.0, Side::Middle)?;
        self.0.push(Block::Gap);
        self.text("PHIẾU THU", Weight::Bold, 14.0, Side::Middle)?;
        self.text(
            &format!("Số {}", paper.number),
            Weight::Regular,
            TEXT,
            Side::Middle,
        )?;
        self.text(&time(paper.at), Weight::Regular, TEXT, Side::Middle)?;
        if let Some(reason) = &paper.cancelled {
            self.0.push(Block::Gap);
            self.text(
                &format!("ĐÃ HỦY: {reason}"),
                Weight::Bold,
                11.0,
                Side::Middle,
            )?;
        }
        self.0.push(Block::Rule);
        self.pair("Hợp đồng", &paper.contract, Weight::Bold, TEXT)?;
        if let Some(customer) = &paper.customer {
            self.pair("Khách hàng", customer, Weight::Bold, TEXT)?;
        }
        if let Some(address) = &paper.address {
            self.text(address, Weight::Regular, SMALL, Side::Left)?;
        }
        Some(())
    }

    fn sums(&mut self, paper: &Paper) -> Option<()> {
        self.0.push(Block::Rule);
        for item in &paper.items {
            self.text(&item.content, Weight::Regular, TEXT, Side::Left)?;
            self.pair(&item.number, &money(item.amount), Weight::Bold, TEXT)?;
            self.0.push(Block::Gap);
        }
        self.0.push(Block::Rule);
        self.pair("Tổng cộng", &money(paper.total), Weight::Bold, 12.0)?;
        self.text(&paper.words, Weight::Regular, TEXT, Side::Left)?;
        self.0.push(Block::Gap);
        self.pair("Cách trả", &paper.method, Weight::Regular, TEXT)?;
        self.pair("Người thu", &paper.collector, Weight::Regular, TEXT)
    }
}

/// All of a receipt, from top to bottom. `None` where the program's own type is damaged.
pub fn blocks(paper: &Paper) -> Option<Vec<Block>> {
    let mut blocks = Blocks(Vec::new());
    blocks.head(paper)?;
    blocks.sums(paper)?;
    blocks.0.push(Block::Rule);
    blocks.0.push(Block::Qr);
    blocks.0.push(Block::Gap);
    blocks.text(
        "Quét mã để kiểm tra phiếu thu thật hay giả.",
        Weight::Regular,
        SMALL,
        Side::Middle,
    )?;
    Some(blocks.0)
}
