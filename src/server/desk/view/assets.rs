//! The files that the desk's pages bring along, and what makes the desk installable.

use std::sync::LazyLock;

use crate::store::digest;

/// The style sheet.
pub const STYLE: &str = include_str!("../../../../assets/desk/desk.css");
/// The script: what the pages can do without is in it.
pub const SCRIPT: &str = include_str!("../../../../assets/desk/desk.js");
/// Keeps what was opened readable without network.
pub const WORKER: &str = include_str!("../../../../assets/desk/sw.js");
/// Makes the desk installable.
pub const MANIFEST: &str = include_str!("../../../../assets/desk/manifest.webmanifest");
/// What stands on the phone's screen.
pub const ICON: &str = include_str!("../../../../assets/desk/icon.svg");
/// The same, as a picture of 192 squares a side.
pub const ICON_192: &[u8] = include_bytes!("../../../../assets/desk/icon-192.png");
/// The same, as a picture of 512.
pub const ICON_512: &[u8] = include_bytes!("../../../../assets/desk/icon-512.png");

/// Changes with the files, so that browsers may keep them for ever.
pub static ASSETS: LazyLock<String> =
    LazyLock::new(|| digest([STYLE, SCRIPT].concat().as_bytes())[..12].to_owned());
