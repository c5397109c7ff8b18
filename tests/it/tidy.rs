//! The walls of the house, checked by reading its source.

use std::path::{Path, PathBuf};
use std::process::Command;

fn sources() -> Vec<(String, String)> {
    fn walk(folder: &Path, into: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("list").flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), into);
            } else {
                into.push(entry.path());
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join("src"), &mut files);
    files.retain(|f| f.extension().is_some_and(|e| e == "rs"));
    files
        .into_iter()
        .map(|f| {
            (
                f.strip_prefix(root).expect("below").display().to_string(),
                std::fs::read_to_string(&f).expect("read"),
            )
        })
        .collect()
}

#[test]
fn each_crate_is_named_only_behind_its_wall() {
    for (word, homes) in [
        (
            "fantoccini",
            &["src/browser/", "src/portal/", "src/cli/bench/old_way.rs"][..],
        ),
        (
            "sqlx",
            &[
                "src/ledger/",
                "src/store/base/",
                "src/store/mod.rs",
                "src/cli/bench/record.rs",
            ],
        ),
        (
            "axum",
            &[
                "src/server/",
                "src/sandbox/",
                "src/mock_api/",
                "src/mock_site.rs",
            ],
        ),
        (
            "askama",
            &[
                "src/server/web/",
                "src/server/door/",
                "src/server/admin/",
                "src/server/pay/page/",
                "src/server/desk/",
            ],
        ),
        ("krilla", &["src/server/desk/paper/"]),
        ("skrifa", &["src/server/desk/paper/"]),
        ("plotters", &["src/server/admin/payments/"]),
        ("totp_rs", &["src/server/door/"]),
        ("lettre", &["src/providers/smtp.rs"]),
        (
            "qrcode",
            &[
                "src/server/door/",
                "src/server/pay/shown.rs",
                "src/server/desk/paper/",
            ],
        ),
        ("cookie::", &["src/server/web/origin.rs"]),
        ("egui", &["src/desktop/", "src/cli/bench/window.rs"]),
        ("rust_xlsxwriter", &["src/report/"]),
        ("calamine", &["src/report/"]),
        (
            "zip::",
            &[
                "src/report/",
                "src/browser/supply/archive.rs",
                "src/browser/local/tests.rs",
            ],
        ),
        ("sysinfo", &["src/browser/", "src/cli/bench/", "src/crash/"]),
        (
            "reqwest",
            &[
                "src/client/",
                "src/cli/bench/server.rs",
                "src/cli/bench/soak/",
                "src/cli/bench/payments/",
                "src/cli/bench/desk",
                "src/cli/demo/",
                "src/cli/bench/files.rs",
                "src/providers/",
                "src/sandbox/portal/tests.rs",
                "src/sandbox/gateway/",
                "src/mock_api/",
                "src/lib.rs",
                "src/browser/supply/download.rs",
            ],
        ),
        (
            "hmac::",
            &[
                "src/cli/bench/payments/",
                "src/providers/digest.rs",
                "src/sandbox/gateway/",
            ],
        ),
        (
            "crc::",
            &["src/domain/vietqr/", "src/browser/supply/download.rs"],
        ),
        (
            "crate::providers",
            &["src/providers/", "src/server/", "src/store/", "src/cli/"],
        ),
        (
            "crate::portal",
            &[
                "src/portal/",
                "src/engine/",
                "src/app.rs",
                "src/cli/",
                "src/desktop/",
            ],
        ),
        (
            "crate::sandbox",
            &["src/cli/", "src/crash/", "src/sandbox/"],
        ),
        ("crate::store", &["src/store/", "src/server/", "src/cli/"]),
        ("crate::server", &["src/server/", "src/cli/"]),
    ] {
        for (file, text) in sources() {
            let used = text
                .lines()
                .filter(|l| !l.trim_start().starts_with("//"))
                .any(|l| l.contains(word));
            assert!(
                !used || homes.iter().any(|home| file.starts_with(home)),
                "{word} in {file}"
            );
        }
    }
}

#[test]
fn the_domain_has_no_clock_and_no_io() {
    for (file, text) in sources()
        .into_iter()
        .filter(|(file, _)| file.starts_with("src/domain/"))
    {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in [
            "std::fs",
            "std::io",
            "std::net",
            "std::time",
            "tokio",
            "async fn",
            "Timestamp::now",
            "SystemTime",
            "rand::",
            "tracing",
        ] {
            assert!(!code.contains(word), "{word} in {file}");
        }
    }
}

#[test]
fn the_windows_model_and_screen_read_no_clock_and_no_disk() {
    for (file, text) in sources().into_iter().filter(|(file, _)| {
        file.starts_with("src/desktop/model/") || file.starts_with("src/desktop/screen/")
    }) {
        for word in [
            "Timestamp::now",
            "Instant::now",
            "SystemTime::now",
            "std::fs",
            "tokio",
            "async fn",
        ] {
            assert!(!text.contains(word), "{word} in {file}");
        }
    }
}

#[test]
fn the_window_is_built_with_what_people_take_for_granted() {
    let manifest = table("Cargo.toml");
    let features = texts(&manifest["dependencies"]["eframe"]["features"]);
    for feature in ["clipboard", "accesskit", "x11", "wayland"] {
        assert!(features.contains(&feature), "{feature}");
    }
}

#[test]
fn the_simulator_shares_nothing_with_the_automation() {
    for (file, text) in sources()
        .into_iter()
        .filter(|(file, _)| file.starts_with("src/sandbox/"))
    {
        let code = text
            .lines()
            .filter(|l| !l.trim_start().starts_with("//"))
            .collect::<String>();
        assert!(
            !code.contains("crate::"),
            "{file} uses the rest of the house"
        );
    }
}

/// Walls within the server and its store: who may not name whom.
#[test]
fn the_rooms_of_the_server_stand_on_each_other_one_way() {
    let above = |words: &[&'static str]| words.to_vec();
    for (room, forbidden) in [
        // What all pages stand on knows none of them.
        (
            "src/server/web/",
            above(&[
                "server::admin",
                "server::door",
                "server::api",
                "server::intake",
            ]),
        ),
        (
            "src/server/door/",
            above(&["server::admin", "server::api", "server::intake"]),
        ),
        ("src/server/api/", above(&["server::admin", "server::door"])),
        // The desk stands beside the admin: neither names the other's pages.
        (
            "src/server/desk/",
            above(&[
                "server::admin",
                "server::door",
                "server::api",
                "server::intake",
            ]),
        ),
        ("src/server/admin/", above(&["server::desk"])),
        (
            "src/server/intake/",
            above(&["server::admin", "server::door", "server::api"]),
        ),
        (
            "src/server/tasks/",
            above(&[
                "server::web",
                "server::admin",
                "server::door",
                "server::api",
            ]),
        ),
        // The catalogue is data, and what areas stand on knows no area.
        (
            "src/store/catalogue/",
            above(&[
                "store::base",
                "store::jobs",
                "store::tables",
                "store::people",
                "async fn",
            ]),
        ),
        (
            "src/store/base/",
            above(&[
                "store::jobs",
                "store::tables",
                "store::people",
                "store::imports",
                "store::collection",
                "store::machines",
                "store::settings",
            ]),
        ),
        // An area of the store is no user of the access that forms have.
        (
            "src/store/jobs/",
            above(&["store::tables", "store::people", "store::imports"]),
        ),
    ] {
        for (file, text) in sources().into_iter().filter(|(f, _)| f.starts_with(room)) {
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for word in &forbidden {
                let names = code
                    .lines()
                    .filter(|l| !l.trim_start().starts_with("//"))
                    .any(|l| l.contains(word));
                assert!(!names, "{file} names {word}");
            }
        }
    }
}

/// A column is named in SQL, in the store; elsewhere it is a constant of the catalogue, which does
/// not compile where it is wrong.
#[test]
fn no_column_is_a_word_outside_the_store() {
    let names: Vec<&str> = gachno::store::catalogue::TABLES
        .iter()
        .flat_map(|t| t.columns)
        .map(|c| c.name)
        .filter(|name| name.contains('_'))
        .collect();
    for (file, text) in sources()
        .into_iter()
        .filter(|(f, _)| f.starts_with("src/server/"))
    {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        if file.starts_with("src/server/pay/") || file.starts_with("src/server/desk/") {
            // Its words are those of the agreed wire, and can be no columns: it reaches no table by a
            // column's name.
            // Which file brought rows in is asked of the imports, by numbers.
            let code: String = code.split_whitespace().collect();
            let code = code
                .replace("PaymentFilter{", "")
                .replace(".tables().imports()", "");
            for way in [".tables()", "ListQuery", "Filter{"] {
                assert!(!code.contains(way), "{file}: {way}");
            }
            continue;
        }
        for line in code.lines().filter(|l| !l.trim_start().starts_with("//")) {
            for name in &names {
                assert!(!line.contains(&format!("\"{name}\"")), "{file}: {line}");
            }
        }
    }
}

/// Circles, names twice, columns, long files and functions: what was counted once may not grow again.
#[test]
fn the_shape_of_the_house_is_kept() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let counted = Command::new("python3")
        .arg("scripts/shape.py")
        .arg("--walls")
        .current_dir(root)
        .output();
    match counted {
        Ok(counted) => assert!(
            counted.status.success(),
            "{}",
            String::from_utf8_lossy(&counted.stderr)
        ),
        Err(missing) => eprintln!("python3: {missing}; the shape was not counted"),
    }
}

/// What runs beside the requests is a task with a period and a bound, in the registry.
#[test]
fn every_file_of_a_task_is_in_the_registry() {
    let all = sources();
    let registry = &all
        .iter()
        .find(|(f, _)| f == "src/server/tasks/mod.rs")
        .expect("the registry")
        .1;
    for (file, _) in all
        .iter()
        .filter(|(f, _)| f.starts_with("src/server/tasks/") && !f.ends_with("mod.rs"))
    {
        let name = file
            .trim_start_matches("src/server/tasks/")
            .trim_end_matches(".rs");
        assert!(registry.contains(&format!("{name}::TASK")), "{file}");
    }
    for (file, text) in all
        .iter()
        .filter(|(f, _)| f.starts_with("src/server/") && !f.starts_with("src/server/tasks/"))
    {
        assert!(
            !text.contains("tokio::time::interval"),
            "{file} ticks by itself"
        );
    }
}

#[test]
fn every_module_says_what_lives_in_it() {
    for (file, text) in sources() {
        assert!(
            text.starts_with("//!") || file.ends_with("/tests.rs"),
            "{file} has no header"
        );
    }
}

#[test]
fn the_paying_click_has_one_door() {
    let all = sources();
    let count = |word: &str| {
        all.iter()
            .map(|(_, text)| text.matches(word).count())
            .sum::<usize>()
    };
    assert_eq!(
        count("Ok(Armed {"),
        1,
        "only the ledger makes the permission"
    );
    assert_eq!(count("page.press("), 1, "only one place presses");
}

/// Of each of these one: a second one is felt in the time of a build, in the program's size, in
/// types that do not meet.
const ONE_OF_EACH: [&str; 6] = ["axum", "egui", "hyper", "rustls", "sqlx", "tokio"];
/// One TLS and one cryptography, in Rust.
const BANNED: [&str; 5] = [
    "openssl",
    "openssl-sys",
    "native-tls",
    "aws-lc-rs",
    "aws-lc-sys",
];

fn table(file: &str) -> toml::Table {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    std::fs::read_to_string(path)
        .expect("read")
        .parse()
        .expect("TOML")
}

fn texts(list: &toml::Value) -> Vec<&str> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(|item| {
            item.as_str()
                .or_else(|| item["crate"].as_str())
                .expect("a text")
        })
        .collect()
}

/// All systems and features: the lock file knows what any build could take.
#[test]
fn no_banned_crate_and_no_large_one_twice() {
    let lock = table("Cargo.lock");
    let packages = lock["package"].as_array().expect("packages");
    let count = |name: &str| {
        packages
            .iter()
            .filter(|p| p["name"].as_str() == Some(name))
            .count()
    };
    for name in ONE_OF_EACH {
        assert_eq!(count(name), 1, "{name}");
    }
    for name in BANNED {
        assert_eq!(count(name), 0, "{name}");
    }
    assert_eq!(
        texts(&table("deny.toml")["bans"]["deny"]),
        BANNED,
        "cargo-deny is told the same"
    );
    for package in packages {
        let source = package.get("source").and_then(toml::Value::as_str);
        let is_ours = package["name"].as_str() == Some("gachno");
        assert!(
            is_ours || source == Some("registry+https://github.com/rust-lang/crates.io-index"),
            "{package}"
        );
    }
}

/// Of this system's packages: the others' are not on this machine. `cargo deny` looks at them all.
#[test]
fn every_package_has_a_licence_that_we_may_take() {
    let host = Command::new("rustc").arg("-vV").output().expect("rustc");
    let host = String::from_utf8(host.stdout).expect("text");
    let host = host
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .expect("a host")
        .to_owned();
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--locked",
            "--offline",
            "--format-version=1",
            "--all-features",
            "--filter-platform",
            &host,
        ])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    assert!(
        metadata.status.success(),
        "{}",
        String::from_utf8_lossy(&metadata.stderr)
    );
    let metadata: serde_json::Value = serde_json::from_slice(&metadata.stdout).expect("JSON");
    let deny = table("deny.toml");
    let allowed = texts(&deny["licenses"]["allow"]);
    let packages = metadata["packages"].as_array().expect("packages");
    assert!(packages.len() > 300, "{}", packages.len());
    for package in packages {
        let licence = package["license"].as_str().unwrap_or_default();
        assert!(
            may_take(licence, &allowed),
            "{}: {licence:?}",
            package["name"]
        );
    }
}

/// An expression without brackets inside brackets, as all packages write them: every part of an
/// `AND` needs one `OR` that is allowed.
fn may_take(licence: &str, allowed: &[&str]) -> bool {
    let licence = licence.replace('/', " OR ");
    // Brackets hold what `AND` joins; without them `AND` binds closer than `OR`.
    let is_one = |one: &str| allowed.contains(&one.trim_matches(['(', ')', ' ']));
    if licence.contains('(') {
        return licence
            .split(" AND ")
            .all(|part| part.split(" OR ").any(is_one));
    }
    licence
        .split(" OR ")
        .any(|part| part.split(" AND ").all(is_one))
}

#[test]
fn a_licence_is_read_as_it_is_written() {
    let allowed = ["MIT", "ISC"];
    for (licence, is_fine) in [
        ("MIT", true),
        ("GPL-3.0", false),
        ("GPL-3.0 OR MIT", true),
        ("MIT/GPL-3.0", true),
        ("MIT AND GPL-3.0", false),
        ("(GPL-3.0 OR MIT) AND ISC", true),
        ("", false),
    ] {
        assert_eq!(may_take(licence, &allowed), is_fine, "{licence}");
    }
}
