//! The look in one place: fonts, sizes, colours. 4-point grid, radius 6, one accent that is not
//! red.

use std::sync::Arc;

use egui::{
    Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, Stroke,
    TextStyle, Theme, Visuals,
};

/// What a state means to the eye. Colour never stands alone: an icon and a word go with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to notice.
    Quiet,
    /// Being worked on.
    Busy,
    /// Proven.
    Good,
    /// In doubt.
    Doubt,
    /// Refused or failed.
    Bad,
}

impl Tone {
    /// A sign that goes with it: colour never stands alone.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Quiet => "○",
            Self::Busy => "▶",
            Self::Good => "✔",
            Self::Doubt => "⚠",
            Self::Bad => "✖",
        }
    }

    /// The ink of this tone on the theme's paper; at least 4.5:1.
    pub fn ink(self, dark: bool) -> Color32 {
        let (light_ink, dark_ink) = match self {
            Self::Quiet => (rgb(0x4a_515a), rgb(0xaa_b2bb)),
            Self::Busy => (rgb(0x0b_5c6b), rgb(0x6f_d0df)),
            Self::Good => (rgb(0x13_6b36), rgb(0x79_d69b)),
            Self::Doubt => (rgb(0x80_5200), rgb(0xf2_bd52)),
            Self::Bad => (rgb(0xa1_2320), rgb(0xff_8f88)),
        };
        if dark { dark_ink } else { light_ink }
    }
}

/// The accent: a deep teal, on which white is legible.
pub const ACCENT: Color32 = rgb(0x0d_5f66);
/// Paper of the light theme.
pub const PAPER_LIGHT: Color32 = rgb(0xfb_fbfa);
/// Paper of the dark theme.
pub const PAPER_DARK: Color32 = rgb(0x14_171b);
const INK_LIGHT: Color32 = rgb(0x1b_1f24);
const INK_DARK: Color32 = rgb(0xe6_e9ed);

/// Height of a table row.
pub const ROW_HEIGHT: f32 = 24.0;

const fn rgb(code: u32) -> Color32 {
    let [_, r, g, b] = code.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

/// Fonts with every Vietnamese letter, text sizes, both themes.
pub fn apply(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    for (name, bytes) in [
        ("noto", crate::fonts::REGULAR),
        ("noto-bold", crate::fonts::BOLD),
        (
            "noto-symbols",
            include_bytes!("../../assets/fonts/NotoSansSymbols2-Subset.ttf").as_slice(),
        ),
    ] {
        fonts
            .font_data
            .insert(name.to_owned(), Arc::new(FontData::from_static(bytes)));
    }
    // Noto's digits are all one width, so it also serves where columns must align.
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        let family = fonts.families.entry(family).or_default();
        family.insert(0, "noto".to_owned());
        family.insert(1, "noto-symbols".to_owned());
    }
    let mut bold = fonts
        .families
        .get(&FontFamily::Proportional)
        .cloned()
        .unwrap_or_default();
    bold.insert(0, "noto-bold".to_owned());
    fonts.families.insert(FontFamily::Name("bold".into()), bold);
    ctx.set_fonts(fonts);
    ctx.all_styles_mut(|style| {
        style.text_styles = [
            (TextStyle::Small, FontId::proportional(12.0)),
            (TextStyle::Body, FontId::proportional(14.0)),
            (TextStyle::Button, FontId::proportional(14.0)),
            (TextStyle::Monospace, FontId::monospace(14.0)),
            (
                TextStyle::Heading,
                FontId::new(20.0, FontFamily::Name("bold".into())),
            ),
        ]
        .into();
        style.spacing.item_spacing = egui::vec2(8.0, 8.0);
        style.spacing.button_padding = egui::vec2(14.0, 6.0);
        style.animation_time = 0.1;
    });
    ctx.set_visuals_of(
        Theme::Light,
        visuals(Visuals::light(), PAPER_LIGHT, INK_LIGHT),
    );
    ctx.set_visuals_of(Theme::Dark, visuals(Visuals::dark(), PAPER_DARK, INK_DARK));
}

fn visuals(mut base: Visuals, paper: Color32, ink: Color32) -> Visuals {
    base.panel_fill = paper;
    base.window_fill = paper;
    base.override_text_color = Some(ink);
    base.selection.bg_fill = ACCENT;
    base.selection.stroke = Stroke::new(1.0, Color32::WHITE);
    for widget in [
        &mut base.widgets.noninteractive,
        &mut base.widgets.inactive,
        &mut base.widgets.hovered,
        &mut base.widgets.active,
    ] {
        widget.corner_radius = CornerRadius::same(6);
    }
    // Fields must be seen as fields on either paper.
    base.widgets.inactive.bg_stroke = Stroke::new(1.0, rgb(0x8a_939d));
    base
}

/// Large, for the one sentence.
pub fn sentence() -> FontId {
    FontId::new(20.0, FontFamily::Name("bold".into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance(color: Color32) -> f64 {
        let channel = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 {
                c / 12.92
            } else {
                ((c + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(color.r()) + 0.7152 * channel(color.g()) + 0.0722 * channel(color.b())
    }

    fn contrast(a: Color32, b: Color32) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_pair_is_legible() {
        for (dark, paper, ink) in [
            (false, PAPER_LIGHT, INK_LIGHT),
            (true, PAPER_DARK, INK_DARK),
        ] {
            assert!(contrast(paper, ink) >= 4.5);
            for tone in [Tone::Quiet, Tone::Busy, Tone::Good, Tone::Doubt, Tone::Bad] {
                assert!(
                    contrast(tone.ink(dark), paper) >= 4.5,
                    "{tone:?} dark: {dark}"
                );
            }
        }
        assert!(contrast(ACCENT, Color32::WHITE) >= 4.5);
    }
}
