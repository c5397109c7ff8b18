//! Type: which glyph a letter has, how wide it is, where a line is broken.

use std::sync::LazyLock;

use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::instance::{LocationRef, Size};
use skrifa::{FontRef, MetadataProvider as _};

use crate::fonts;

/// How heavy type is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// As text is.
    Regular,
    /// For what has to be seen first.
    Bold,
}

/// A typeface with every Vietnamese letter.
pub struct Face {
    /// For drawing.
    pub font: Font,
    measured: FontRef<'static>,
    units_per_em: f32,
}

static REGULAR: LazyLock<Option<Face>> = LazyLock::new(|| Face::of(fonts::REGULAR));
static BOLD: LazyLock<Option<Face>> = LazyLock::new(|| Face::of(fonts::BOLD));

/// What stands in the place of a letter that the face does not have.
const UNKNOWN: char = '?';

impl Face {
    fn of(bytes: &'static [u8]) -> Option<Self> {
        let font = Font::new(bytes.into(), 0)?;
        Some(Self {
            units_per_em: font.units_per_em(),
            measured: FontRef::new(bytes).ok()?,
            font,
        })
    }

    /// The face of a weight; `None` where the file in the program is damaged.
    pub fn get(weight: Weight) -> Option<&'static Self> {
        match weight {
            Weight::Regular => REGULAR.as_ref(),
            Weight::Bold => BOLD.as_ref(),
        }
    }

    /// The glyph of a letter, with its width where type is one unit high.
    fn glyph(&self, letter: char) -> (skrifa::GlyphId, f32) {
        let map = self.measured.charmap();
        let glyph = map.map(letter).or_else(|| map.map(UNKNOWN));
        let glyph = glyph.unwrap_or_default();
        let widths = self
            .measured
            .glyph_metrics(Size::unscaled(), LocationRef::default());
        (
            glyph,
            widths.advance_width(glyph).unwrap_or_default() / self.units_per_em,
        )
    }

    /// How wide a text is.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        text.chars().map(|letter| self.glyph(letter).1).sum::<f32>() * size
    }

    /// A text as glyphs, each with the letter it stands for, so that what is copied out of the file is the text.
    pub fn glyphs(&self, text: &str) -> Vec<KrillaGlyph> {
        text.char_indices()
            .map(|(at, letter)| {
                let (glyph, width) = self.glyph(letter);
                let id = GlyphId::new(glyph.to_u32());
                KrillaGlyph::new(id, width, 0.0, 0.0, 0.0, at..at + letter.len_utf8(), None)
            })
            .collect()
    }

    /// A text in lines that are no wider than `width`: broken between words, within a word only where it fits on no
    /// line.
    pub fn lines(&self, text: &str, size: f32, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        let mut line = String::new();
        for word in text.split_whitespace() {
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if self.width(&longer, size) <= width {
                line = longer;
                continue;
            }
            if !line.is_empty() {
                lines.push(std::mem::take(&mut line));
            }
            for letter in word.chars() {
                line.push(letter);
                if self.width(&line, size) > width && line.chars().nth(1).is_some() {
                    line.pop();
                    lines.push(std::mem::replace(&mut line, letter.to_string()));
                }
            }
        }
        if !line.is_empty() || lines.is_empty() {
            lines.push(line);
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_vietnamese_letter_has_a_glyph_in_both_weights() {
        let letters =
            "aàáảãạăằắẳẵặâầấẩẫậeèéẻẽẹêềếểễệiìíỉĩịoòóỏõọôồốổỗộơờớởỡợuùúủũụưừứửữựyỳýỷỹỵđ₫–·";
        for weight in [Weight::Regular, Weight::Bold] {
            let face = Face::get(weight).expect("a face");
            for letter in letters
                .chars()
                .flat_map(|l| [vec![l], l.to_uppercase().collect()])
                .flatten()
            {
                assert!(face.measured.charmap().map(letter).is_some(), "{letter}");
            }
        }
    }

    #[test]
    fn no_line_is_wider_than_the_paper() {
        let face = Face::get(Weight::Regular).expect("a face");
        let text =
            "Cước Internet tháng 11/2026 WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW xong";
        let lines = face.lines(text, 9.0, 120.0);
        assert!(
            lines.iter().all(|line| face.width(line, 9.0) <= 120.0),
            "{lines:?}"
        );
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""));
    }
}
