//! The walls of the house, checked by reading its source.

use std::path::{Path, PathBuf};

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("list").flatten() {
            if entry.path().is_dir() { walk(&entry.path(), into) } else { into.push(entry.path()) }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    files.retain(|f| f.extension().is_some_and(|e| e == "rs"));
    files.into_iter().map(|f| (f.strip_prefix(root).expect("below").display().to_string(), std::fs::read_to_string(&f).expect("read"))).collect()
}

#[test]
fn each_crate_is_named_only_behind_its_wall() {
    for (word, homes) in [
        ("fantoccini", &["src/browser/", "src/portal/", "src/cli/bench/old_way.rs"][..]),
        ("sqlx", &["src/ledger/", "src/store/", "src/cli/bench/record.rs"]),
        ("sea_orm", &["src/store/"]),
        ("axum", &["src/server/", "src/sandbox/", "src/mock_api/", "src/mock_site.rs"]),
        ("askama", &["src/server/admin/"]),
        ("totp_rs", &["src/server/admin/"]),
        ("qrcode", &["src/server/admin/"]),
        ("egui", &["src/desktop/", "src/cli/bench/window.rs"]),
        ("rust_xlsxwriter", &["src/report/"]),
        ("calamine", &["src/report/"]),
        ("reqwest", &["src/client/", "src/cli/bench/server.rs", "src/sandbox/tests.rs", "src/mock_api/", "src/lib.rs"]),
        ("crate::portal", &["src/portal/", "src/engine/", "src/app.rs", "src/cli/", "src/desktop/"]),
        ("crate::sandbox", &["src/cli/", "src/crash/", "src/sandbox/"]),
        ("crate::store", &["src/store/", "src/server/", "src/cli/"]),
        ("crate::server", &["src/server/", "src/cli/"]),
    ] {
        for (file, text) in sources() {
            let used = text.lines().filter(|l| !l.trim_start().starts_with("//")).any(|l| l.contains(word));
            assert!(!used || homes.iter().any(|home| file.starts_with(home)), "{word} in {file}");
        }
    }
}

#[test]
fn the_domain_has_no_clock_and_no_io() {
    for (file, text) in sources().into_iter().filter(|(file, _)| file.starts_with("src/domain/")) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in ["std::fs", "std::io", "std::net", "std::time", "tokio", "async fn", "Timestamp::now", "SystemTime", "rand::", "tracing"] {
            assert!(!code.contains(word), "{word} in {file}");
        }
    }
}

#[test]
fn the_simulator_shares_nothing_with_the_automation() {
    for (file, text) in sources().into_iter().filter(|(file, _)| file.starts_with("src/sandbox/")) {
        let code = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<String>();
        assert!(!code.contains("crate::"), "{file} uses the rest of the house");
    }
}

#[test]
fn every_module_says_what_lives_in_it() {
    for (file, text) in sources() {
        assert!(text.starts_with("//!") || file.ends_with("/tests.rs"), "{file} has no header");
    }
}

#[test]
fn the_paying_click_has_one_door() {
    let all = sources();
    let count = |word: &str| all.iter().map(|(_, text)| text.matches(word).count()).sum::<usize>();
    assert_eq!(count("Ok(Armed {"), 1, "only the ledger makes the permission");
    assert_eq!(count("page.press("), 1, "only one place presses");
}
