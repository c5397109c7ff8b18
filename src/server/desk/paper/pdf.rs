//! A receipt as a PDF: one page as wide as a roll and as long as what stands on it.

use krilla::Document;
use krilla::error::KrillaError;
use krilla::geom::{Path, PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::page::PageSettings;
use krilla::surface::Surface;

use super::Paper;
use super::glyphs::Face;
use super::layout::{Block, MARGIN, QR, Side, WIDTH, blocks};
use super::squares::squares;

/// Why there is no PDF.
#[derive(Debug, thiserror::Error)]
pub enum PaperError {
    /// The typeface in the program cannot be read.
    #[error("the typeface of receipts is damaged")]
    Type,
    /// The page cannot be as long as it would have to be, or its address is too long for a QR.
    #[error("a receipt does not fit on its page")]
    Shape,
    /// The file could not be put together.
    #[error("a PDF could not be written: {0:?}")]
    Written(KrillaError),
}

/// The PDF of a receipt: the same receipt is the same bytes.
pub fn pdf(paper: &Paper) -> Result<Vec<u8>, PaperError> {
    let blocks = blocks(paper).ok_or(PaperError::Type)?;
    let height = blocks.iter().map(Block::height).sum::<f32>() + 2.0 * MARGIN;
    let settings = PageSettings::from_wh(WIDTH, height).ok_or(PaperError::Shape)?;
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new()
            .title(format!("Phiếu thu {}", paper.number))
            .language("vi".to_owned())
            .document_id(paper.number.clone()),
    );
    let mut page = document.start_page_with(settings);
    let mut surface = page.surface();
    let mut top = MARGIN;
    for block in &blocks {
        draw(&mut surface, block, top, paper)?;
        top += block.height();
    }
    surface.finish();
    page.finish();
    document.finish().map_err(PaperError::Written)
}

fn draw(
    surface: &mut Surface<'_>,
    block: &Block,
    top: f32,
    paper: &Paper,
) -> Result<(), PaperError> {
    match block {
        Block::Gap => {}
        Block::Rule => {
            let line = Rect::from_xywh(MARGIN, top + 3.5, WIDTH - 2.0 * MARGIN, 0.6);
            let line = line.ok_or(PaperError::Shape)?;
            surface.draw_path(&path([line]).ok_or(PaperError::Shape)?);
        }
        Block::Qr => surface.draw_path(&qr(&paper.url, top).ok_or(PaperError::Shape)?),
        Block::Line {
            text,
            weight,
            size,
            side,
            ..
        } => {
            let face = Face::get(*weight).ok_or(PaperError::Type)?;
            let left_over = WIDTH - 2.0 * MARGIN - face.width(text, *size);
            let left = MARGIN
                + match side {
                    Side::Left => 0.0,
                    Side::Middle => left_over / 2.0,
                    Side::Right => left_over,
                };
            let start = Point::from_xy(left, top + size);
            surface.draw_glyphs(
                start,
                &face.glyphs(text),
                face.font.clone(),
                text,
                *size,
                false,
            );
        }
    }
    Ok(())
}

fn path(rects: impl IntoIterator<Item = Rect>) -> Option<Path> {
    let mut builder = PathBuilder::new();
    rects.into_iter().for_each(|rect| builder.push_rect(rect));
    builder.finish()
}

fn qr(url: &str, top: f32) -> Option<Path> {
    let squares = squares(url)?;
    #[expect(
        clippy::cast_precision_loss,
        reason = "a QR has at most 177 squares a side"
    )]
    let at = |squares_before: usize| squares_before as f32 * QR / squares.side as f32;
    let left = (WIDTH - QR) / 2.0;
    let rect = |(x, y): &(usize, usize)| Rect::from_xywh(left + at(*x), top + at(*y), at(1), at(1));
    path(squares.dark.iter().filter_map(rect))
}
