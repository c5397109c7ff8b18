//! Plots as parts of a page: drawn by `plotters`, coloured by classes, so that light and dark are the style
//! sheet's.
//!
//! What is drawn has marks instead of colours; [`dressed`] makes classes of them.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::numbers::PROVIDERS;

/// As wide and as high as a plot is drawn; the page scales it.
const SIZE: (u32, u32) = (420, 250);
/// The size of letters, in the plot's own measure.
const LETTERS: i32 = 18;

/// What a colour in a plot stands for, by its mark.
const INK: RGBColor = RGBColor(1, 1, 1);
const LINE: RGBColor = RGBColor(2, 2, 2);
const FIRST: RGBColor = RGBColor(11, 11, 11);
const SECOND: RGBColor = RGBColor(12, 12, 12);
const THIRD: RGBColor = RGBColor(13, 13, 13);
const FOURTH: RGBColor = RGBColor(14, 14, 14);
const FIFTH: RGBColor = RGBColor(15, 15, 15);

/// Each mark with its class.
const MARKS: [(&str, &str); 7] = [
    ("#010101", "ink"),
    ("#020202", "line"),
    ("#0B0B0B", "p0"),
    ("#0C0C0C", "p1"),
    ("#0D0D0D", "p2"),
    ("#0E0E0E", "p3"),
    ("#0F0F0F", "p4"),
];
/// The colours of things that are told apart.
pub(super) const KINDS: [RGBColor; PROVIDERS] = [FIRST, SECOND, THIRD, FOURTH, FIFTH];

/// Why a plot could not be drawn.
pub(super) type PlotFault = Box<dyn std::error::Error + Send + Sync>;

/// Bars that stand beside each other, each of parts that stand on each other.
pub(super) struct Bars<'b> {
    /// What stands below each bar; empty: nothing.
    pub(super) names: &'b [String],
    /// Its parts, from below.
    pub(super) parts: &'b [Vec<i64>],
    /// How a number beside the plot is written.
    pub(super) label: fn(i64) -> String,
    /// The largest number that the plot has room for; nothing: the largest there is.
    pub(super) most: Option<i64>,
}

impl Bars<'_> {
    /// The plot; `what` says it in words for those who do not see it.
    pub(super) fn draw(&self, what: &str) -> Result<String, PlotFault> {
        let count = i64::try_from(self.parts.len())?.max(1);
        let sums = self.parts.iter().map(|parts| parts.iter().sum::<i64>());
        let most = self.most.unwrap_or_else(|| sums.max().unwrap_or(0)).max(1);
        let mut drawn = String::new();
        {
            let area = SVGBackend::with_string(&mut drawn, SIZE).into_drawing_area();
            let mut chart = ChartBuilder::on(&area)
                .margin(6)
                .margin_top(12)
                .x_label_area_size(28)
                .y_label_area_size(66)
                .build_cartesian_2d(0..count, 0..most)?;
            let letters = ("sans-serif", LETTERS).into_font().color(&INK);
            chart
                .configure_mesh()
                .disable_x_mesh()
                .disable_x_axis()
                .axis_style(LINE)
                .bold_line_style(LINE)
                .light_line_style(TRANSPARENT)
                .y_labels(5)
                .y_label_style(letters.clone())
                .y_label_formatter(&|number| (self.label)(*number))
                .draw()?;
            for (place, parts) in self.parts.iter().enumerate() {
                let place = i64::try_from(place)?;
                let mut below = 0;
                for (kind, part) in parts.iter().enumerate().filter(|(_, part)| **part > 0) {
                    let color = KINDS[kind % KINDS.len()];
                    let corners = [(place, below), (place + 1, below + part)];
                    let mut bar = Rectangle::new(corners, color.filled());
                    bar.set_margin(0, 0, 1, 1);
                    chart.draw_series(std::iter::once(bar))?;
                    below += part;
                }
            }
            let under = letters.pos(Pos::new(HPos::Center, VPos::Top));
            for (place, name) in self.names.iter().enumerate().filter(|(_, n)| !n.is_empty()) {
                let place = i64::try_from(place)?;
                let (left, bottom) = chart.backend_coord(&(place, 0));
                let (right, _) = chart.backend_coord(&(place + 1, 0));
                area.draw_text(name, &under, (i32::midpoint(left, right), bottom + 6))?;
            }
            area.present()?;
        }
        Ok(dressed(&drawn, what))
    }
}

/// A plot as a part of a page: classes instead of marks, a size that follows the page, words for who does
/// not see it.
fn dressed(drawn: &str, what: &str) -> String {
    let mut inner = drawn
        .split_once('>')
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
        .map_or_else(String::new, |(inner, _)| inner.to_owned());
    for (mark, class) in MARKS {
        inner = inner
            .replace(&format!("fill=\"{mark}\""), &format!("class=\"{class}\""))
            .replace(
                &format!("stroke=\"{mark}\""),
                &format!("class=\"{class}-line\""),
            );
    }
    let what: String = what
        .chars()
        .filter(|c| !matches!(c, '<' | '>' | '&' | '"'))
        .collect();
    let (width, height) = SIZE;
    format!(
        "<svg class=\"plot\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{what}\">{inner}</svg>"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plot_has_classes_and_no_style_of_its_own() {
        let names = ["25/11".to_owned(), String::new(), "27/11".to_owned()];
        let parts = [vec![350_000, 0], vec![0, 0], vec![100_000, 250_000]];
        let bars = Bars {
            names: &names,
            parts: &parts,
            label: |number| number.to_string(),
            most: None,
        };
        let plot = bars.draw("Tiền theo ngày <b>").expect("drawn");
        assert!(plot.starts_with("<svg class=\"plot\" viewBox=\"0 0 420 250\" role=\"img\""));
        assert!(plot.contains("aria-label=\"Tiền theo ngày b\""));
        assert_eq!(plot.matches("class=\"p0\"").count(), 2);
        assert_eq!(plot.matches("class=\"p1\"").count(), 1);
        assert!(plot.contains("25/11") && plot.contains("27/11"));
        for (mark, _) in MARKS {
            assert!(!plot.contains(mark), "{mark} has no class");
        }
        assert!(!plot.contains("style=") && !plot.contains("http"));
        for tag in plot.split('<').filter(|tag| !tag.is_empty()) {
            assert!(tag.matches("class=").count() <= 1, "{tag}");
        }
        let nothing = Bars {
            names: &[],
            parts: &[],
            ..bars
        };
        assert!(nothing.draw("trống").is_ok());
    }
}
