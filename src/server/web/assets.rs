//! The files of our own that pages bring along: a style sheet, a script, htmx, an icon.

use std::sync::LazyLock;

use crate::store::digest;

/// The style sheet.
pub const STYLE: &str = include_str!("../../../assets/admin/style.css");
/// The script of our own: what htmx does not do.
pub const SCRIPT: &str = include_str!("../../../assets/admin/admin.js");
/// htmx 2.0.11, as it was published (0BSD).
pub const HTMX: &str = include_str!("../../../assets/admin/htmx.min.js");

/// What stands in the browser's tab.
pub const ICON: &str = include_str!("../../../assets/admin/icon.svg");

/// Changes with the assets, so that browsers may keep them for ever.
pub static ASSETS: LazyLock<String> =
    LazyLock::new(|| digest([STYLE, SCRIPT, HTMX, ICON].concat().as_bytes())[..12].to_owned());

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn htmx_is_the_published_file() {
        assert_eq!(
            digest(HTMX.as_bytes()),
            "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
        );
    }
}
