//! The dark squares of a QR.

use qrcode::{Color, QrCode};

/// A QR: how many squares a side has, and those that are dark, by column and row.
pub struct Squares {
    /// Squares of a side.
    pub side: usize,
    /// The dark ones.
    pub dark: Vec<(usize, usize)>,
}

/// A text as a QR; `None`: it is too long for one.
pub fn squares(text: &str) -> Option<Squares> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let side = code.width();
    let dark = code
        .to_colors()
        .into_iter()
        .enumerate()
        .filter(|(_, color)| *color == Color::Dark)
        .map(|(at, _)| (at % side, at / side))
        .collect();
    Some(Squares { side, dark })
}

impl Squares {
    /// The outline of all dark squares, as SVG writes a path: neighbours in a row are one piece.
    pub fn svg_path(&self) -> String {
        let mut path = String::new();
        let mut dark = self.dark.iter().copied().peekable();
        while let Some((x, y)) = dark.next() {
            let mut length = 1;
            while dark.next_if_eq(&(x + length, y)).is_some() {
                length += 1;
            }
            path.push_str(&format!("M{x} {y}h{length}v1h-{length}z"));
        }
        path
    }
}
