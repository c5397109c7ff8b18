//! A browser that looks at pages, and where pictures of them go: into the folder that `GACHNO_PICTURES`
//! names, else into a temporary one.

use std::path::PathBuf;

use fantoccini::Client;
use gachno::browser::{BrowserSettings, Session};
use tempfile::TempDir;

/// The browser, its page, the folder of pictures, and the folder that all of it is in.
pub async fn open() -> (Session, Client, PathBuf, TempDir) {
    let folder = tempfile::tempdir().expect("folder");
    let pictures = std::env::var_os("GACHNO_PICTURES")
        .map_or_else(|| folder.path().join("pictures"), PathBuf::from);
    std::fs::create_dir_all(&pictures).expect("folder");
    let settings = BrowserSettings {
        headless: true,
        classic: true,
        run_folder: folder.path().join("run"),
        ..BrowserSettings::default()
    };
    let session = Session::open(&settings).await.expect("browser");
    let page = session.webdriver().expect("classic").clone();
    (session, page, pictures, folder)
}
