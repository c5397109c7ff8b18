//! The typeface of the window and of receipts: Noto Sans (OFL), which has every Vietnamese letter. It is in the program
//! once.

/// As text is.
pub static REGULAR: &[u8] = include_bytes!("../assets/fonts/NotoSans-Regular.ttf");
/// For what has to be seen first.
pub static BOLD: &[u8] = include_bytes!("../assets/fonts/NotoSans-Bold.ttf");
