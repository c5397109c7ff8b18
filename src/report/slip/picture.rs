//! A slip as a picture: as wide as a thermal printer's head, black on white.

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

use super::{Slip, SlipLine, whole};
use crate::fonts;

/// Dots across a roll of 80 mm.
const WIDTH: usize = 576;
const MARGIN: f32 = 24.0;
const TEXT: f32 = 30.0;
const LARGE: f32 = 40.0;
/// From one line to the next, in sizes of the type.
const LEADING: f32 = 1.3;
/// Higher than any slip is: a text that never ends must not fill the memory.
const HEIGHT_MAX: f32 = 8_000.0;
const PAPER: u8 = 255;

/// Why there is no picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The typeface in the program cannot be read.
    #[error("the typeface of slips is damaged")]
    Type,
    /// There is more on it than a slip holds.
    #[error("a slip does not fit on its paper")]
    Long,
    /// The file could not be put together.
    #[error("a PNG could not be written")]
    Written(#[from] png::EncodingError),
}

/// Shades of grey, line by line from the top: 0 is ink, 255 is paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Dots across.
    pub width: usize,
    /// Dots down.
    pub height: usize,
    /// One byte a dot.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// As a file.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        let size = |dots: usize| u32::try_from(dots).map_err(|_| PictureError::Long);
        let mut file = Vec::new();
        let mut encoder = png::Encoder::new(&mut file, size(self.width)?, size(self.height)?);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.pixels)?;
        writer.finish()?;
        Ok(file)
    }
}

/// A text at its place.
struct Placed {
    text: String,
    is_bold: bool,
    size: f32,
    left: f32,
    top: f32,
}

struct Faces {
    regular: FontRef<'static>,
    bold: FontRef<'static>,
}

impl Faces {
    fn face(&self, is_bold: bool) -> &FontRef<'static> {
        if is_bold { &self.bold } else { &self.regular }
    }

    fn width(&self, text: &str, is_bold: bool, size: f32) -> f32 {
        let face = self.face(is_bold).as_scaled(PxScale::from(size));
        text.chars()
            .map(|letter| face.h_advance(face.glyph_id(letter)))
            .sum()
    }

    /// The text in lines that fit; a word that is longer than a line is cut.
    fn lines(&self, text: &str, is_bold: bool, size: f32) -> Vec<String> {
        let fits = |line: &str| self.width(line, is_bold, size) <= INNER;
        let mut lines = vec![String::new()];
        for word in text.split_whitespace() {
            let line = lines.last().map_or("", String::as_str);
            let longer = if line.is_empty() {
                word.to_owned()
            } else {
                format!("{line} {word}")
            };
            if fits(&longer) {
                lines.pop();
                lines.push(longer);
                continue;
            }
            if !line.is_empty() {
                lines.push(String::new());
            }
            for letter in word.chars() {
                let line = lines.last().map_or("", String::as_str);
                let longer = format!("{line}{letter}");
                if fits(&longer) {
                    lines.pop();
                    lines.push(longer);
                } else {
                    lines.push(letter.to_string());
                }
            }
        }
        lines
    }
}

#[expect(clippy::cast_precision_loss, reason = "576 dots")]
const INNER: f32 = WIDTH as f32 - 2.0 * MARGIN;

/// Texts and rules while they find their places.
struct Layout<'f> {
    faces: &'f Faces,
    top: f32,
    placed: Vec<Placed>,
    rules: Vec<f32>,
}

impl Layout<'_> {
    fn text(&mut self, text: &str, is_bold: bool, size: f32, is_middle: bool) {
        for text in self.faces.lines(&whole(text), is_bold, size) {
            let left_over = INNER - self.faces.width(&text, is_bold, size);
            let left = MARGIN + if is_middle { left_over / 2.0 } else { 0.0 };
            self.place(text, is_bold, size, left);
            self.top += size * LEADING;
        }
    }

    /// Beside each other where both fit, else below each other.
    fn pair(&mut self, name: &str, value: &str, size: f32) {
        let (name, value) = (whole(name), whole(value));
        let width = self.faces.width(&value, true, size);
        if self.faces.width(&name, false, size) + size + width <= INNER {
            self.place(name, false, size, MARGIN);
            self.place(value, true, size, MARGIN + INNER - width);
            self.top += size * LEADING;
        } else {
            self.text(&name, false, size, false);
            self.text(&value, true, size, false);
        }
    }

    fn place(&mut self, text: String, is_bold: bool, size: f32, left: f32) {
        self.placed.push(Placed {
            text,
            is_bold,
            size,
            left,
            top: self.top,
        });
    }
}

/// The picture of a slip: the same slip is the same picture.
pub fn picture(slip: &Slip) -> Result<Picture, PictureError> {
    let face = |bytes| FontRef::try_from_slice(bytes).map_err(|_| PictureError::Type);
    let faces = Faces {
        regular: face(fonts::REGULAR)?,
        bold: face(fonts::BOLD)?,
    };
    let mut layout = Layout {
        faces: &faces,
        top: MARGIN,
        placed: Vec::new(),
        rules: Vec::new(),
    };
    for line in &slip.lines {
        match line {
            SlipLine::Title(text) => layout.text(text, true, LARGE, true),
            SlipLine::Middle(text) => layout.text(text, false, TEXT, true),
            SlipLine::Text(text) => layout.text(text, false, TEXT, false),
            SlipLine::Pair(name, value) => layout.pair(name, value, TEXT),
            SlipLine::Sum(name, value) => layout.pair(name, value, LARGE),
            SlipLine::Rule => {
                layout.rules.push(layout.top + TEXT / 2.0);
                layout.top += TEXT;
            }
        }
        if layout.top > HEIGHT_MAX {
            return Err(PictureError::Long);
        }
    }
    let height = dots(layout.top + MARGIN);
    let mut picture = Picture {
        width: WIDTH,
        height,
        pixels: vec![PAPER; WIDTH * height],
    };
    for top in layout.rules {
        for left in dots(MARGIN)..dots(MARGIN + INNER) {
            ink(&mut picture, left, dots(top), 1.0);
            ink(&mut picture, left, dots(top) + 1, 1.0);
        }
    }
    for text in &layout.placed {
        draw(&mut picture, &faces, text);
    }
    Ok(picture)
}

fn draw(picture: &mut Picture, faces: &Faces, placed: &Placed) {
    let face = faces.face(placed.is_bold);
    let scaled = face.as_scaled(PxScale::from(placed.size));
    let mut left = placed.left;
    for letter in placed.text.chars() {
        let id = scaled.glyph_id(letter);
        let at = point(left, placed.top + scaled.ascent());
        left += scaled.h_advance(id);
        let Some(outline) = face.outline_glyph(id.with_scale_and_position(placed.size, at)) else {
            continue;
        };
        let corner = outline.px_bounds().min;
        outline.draw(|x, y, share| {
            let (x, y) = (corner.x + steps(x), corner.y + steps(y));
            if x >= 0.0 && y >= 0.0 {
                ink(picture, dots(x), dots(y), share);
            }
        });
    }
}

/// Puts so much ink on a dot. What lies beside the paper is left out.
fn ink(picture: &mut Picture, left: usize, top: usize, share: f32) {
    if left >= picture.width {
        return;
    }
    if let Some(dot) = picture.pixels.get_mut(top * picture.width + left) {
        let left_over = f32::from(*dot) * (1.0 - share.clamp(0.0, 1.0));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 255"
        )]
        let shade = left_over as u8;
        *dot = shade;
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a place on the paper, never negative"
)]
fn dots(length: f32) -> usize {
    length.round() as usize
}

#[expect(clippy::cast_precision_loss, reason = "a few dots")]
fn steps(count: u32) -> f32 {
    count as f32
}
