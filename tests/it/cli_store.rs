//! `gachno store` as a script sees it: providers, payees, people, tokens.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

/// A folder with a database of its own.
struct Shop(tempfile::TempDir);

impl Shop {
    fn open() -> Self {
        let shop = Self(tempfile::tempdir().expect("folder"));
        assert_eq!(shop.run(&["migrate"], "").status.code(), Some(0));
        shop
    }

    /// `gachno store …`, with this on stdin.
    fn run(&self, arguments: &[&str], input: &str) -> Output {
        let mut child = Command::new(env!("CARGO_BIN_EXE_gachno"))
            .arg("store")
            .args(arguments)
            .env("GACHNO_HOME", self.0.path())
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("runs");
        // A program that refuses its arguments reads nothing.
        let _ = child
            .stdin
            .take()
            .expect("stdin")
            .write_all(input.as_bytes());
        child.wait_with_output().expect("ends")
    }

    #[track_caller]
    fn told(&self, arguments: &[&str], input: &str) -> Value {
        let output = self.run(arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("one JSON value and nothing else")
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str], input: &str, words: &str) {
        let output = self.run(arguments, input);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {errors}");
        assert!(errors.contains(words), "{words:?} is not in {errors}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_provider_is_set_shown_turned_off_and_its_old_key_dropped() {
    let shop = Shop::open();
    let keys = |key: &str| {
        json!({ "client_id": "c81", "api_key": "planted-api", "checksum_key": key }).to_string()
    };
    let set = shop.told(&["provider", "payos", "--stdin"], &keys("planted-1"));
    assert_eq!(
        (&set["client_id"], &set["api_key"], &set["missing"]),
        (&json!("c81"), &json!(true), &json!([]))
    );
    let both = shop.told(&["provider", "payos", "--stdin"], &keys("planted-2"));
    assert_eq!(both["old_keys"], 1);
    let shown = shop.told(&["provider", "payos", "--show"], "");
    assert_eq!(
        (&shown["old_keys"], &shown["on"]),
        (&json!(1), &json!(true))
    );
    assert!(!shown.to_string().contains("planted"));
    let dropped = shop.told(&["provider", "payos", "--drop-old-keys"], "");
    assert_eq!(dropped.get("old_keys"), None);
    let off = shop.told(&["provider", "payos", "--off"], "");
    assert_eq!(off["on"], false);
    assert_eq!(shop.told(&["provider", "payos", "--show"], "")["on"], false);

    // Nothing of it lies in the database, or the log, in clear.
    for entry in std::fs::read_dir(shop.0.path()).expect("folder").flatten() {
        if let Ok(bytes) = std::fs::read(entry.path()) {
            let text = String::from_utf8_lossy(&bytes);
            assert!(!text.contains("planted"), "{}", entry.path().display());
        }
    }
}

#[test]
fn settings_that_lack_something_are_refused_and_nothing_is_stored() {
    let shop = Shop::open();
    let nothing = shop.told(&["provider", "vnpay", "--show"], "");
    assert_eq!(nothing["missing"], json!(["tmn_code", "hash_secret"]));
    let half = r#"{"tmn_code":"T"}"#;
    shop.refused(&["provider", "vnpay", "--stdin"], half, "hash_secret");
    let unknown = r#"{"tmn_code":"T","hash_secret":"planted","hash":"planted"}"#;
    shop.refused(&["provider", "vnpay", "--stdin"], unknown, "\"hash\"");
    shop.refused(&["provider", "vnpay", "--stdin"], "[]", "JSON");
    shop.refused(&["provider", "momo", "--show"], "", "momo");
    shop.refused(&["provider", "vnpay"], "", "--stdin");
    shop.refused(&["provider", "vnpay", "--owner", "7", "--show"], "", "7");
    let after = shop.told(&["provider", "vnpay", "--show"], "");
    assert_eq!(after, nothing);
}

#[test]
fn another_key_file_says_so() {
    let shop = Shop::open();
    let bank = r#"{"bank_bin":"970422","account_number":"1","account_name":"A"}"#;
    shop.told(&["provider", "vietqr", "--stdin"], bank);
    let key = gachno::config::Home::at(shop.0.path()).serve_key();
    std::fs::remove_file(key).expect("gone");
    for arguments in [
        ["provider", "vietqr", "--show"],
        ["provider", "vietqr", "--stdin"],
    ] {
        let output = shop.run(&arguments, bank);
        assert_eq!(output.status.code(), Some(1));
        assert!(String::from_utf8_lossy(&output.stderr).contains("sai tệp khóa"));
    }
    // The way out where the key is lost.
    assert_eq!(
        shop.run(&["provider", "vietqr", "--off"], "").status.code(),
        Some(0)
    );
    let again = shop.told(&["provider", "vietqr", "--stdin"], bank);
    assert_eq!(again["bank_bin"], "970422");
}

#[test]
fn a_payee_is_a_number_and_has_settings_of_its_own() {
    let shop = Shop::open();
    let made = shop.run(&["payee", "Nhà trọ Hoa"], "");
    assert_eq!(String::from_utf8_lossy(&made.stdout), "2\n");
    shop.refused(&["payee", " "], "", "1–200");
    let bank = |number: &str| {
        json!({ "bank_bin": "970422", "account_number": number, "account_name": "A" }).to_string()
    };
    shop.told(&["provider", "vietqr", "--stdin"], &bank("11"));
    shop.told(
        &["provider", "vietqr", "--owner", "2", "--stdin"],
        &bank("22"),
    );
    for (owner, number) in [("1", "11"), ("2", "22")] {
        let shown = shop.told(&["provider", "vietqr", "--owner", owner, "--show"], "");
        assert_eq!(shown["account_number"], number);
    }
}

#[test]
fn a_person_is_made_and_changed() {
    let shop = Shop::open();
    let password = "thuyền giấy mưa phùn\n";
    let new = shop.told(
        &[
            "person",
            "hoa",
            "--role",
            "collector",
            "--name",
            "Hoa",
            "--password-stdin",
        ],
        password,
    );
    assert_eq!(
        (
            &new["username"],
            &new["role"],
            &new["cash_limit"],
            &new["kind"]
        ),
        (
            &json!("hoa"),
            &json!("collector"),
            &json!(0),
            &json!("thu_cuoc")
        )
    );
    assert!(new["id"].is_i64());
    let more = shop.told(
        &[
            "person",
            "hoa",
            "--role",
            "collector",
            "--kind",
            "tin_pnc",
            "--cash-limit",
            "5000000",
            "--extra",
            "1.000.000",
            "--extra-until",
            "2026-12-31",
            "--payee",
            "1",
        ],
        "",
    );
    assert_eq!(more["id"], new["id"]);
    assert_eq!(
        json!([
            more["name"],
            more["kind"],
            more["cash_limit"],
            more["extra"],
            more["extra_until"],
            more["payee"]
        ]),
        json!(["Hoa", "tin_pnc", 5_000_000, 1_000_000, "2026-12-31", 1])
    );
    let customer = shop.told(
        &[
            "person",
            "khach",
            "--role",
            "customer",
            "--email",
            "k@example.org",
            "--phone",
            "0981234567",
        ],
        "",
    );
    assert_eq!(customer["email"], "k@example.org");
    let free = shop.told(&["person", "hoa", "--role", "operator", "--payee", "0"], "");
    assert_eq!(
        (&free["role"], &free["payee"]),
        (&json!("operator"), &Value::Null)
    );

    shop.refused(&["person", "a b", "--role", "owner"], "", "Tên đăng nhập");
    shop.refused(&["person", "an", "--role", "boss"], "", "boss");
    shop.refused(
        &["person", "an", "--role", "owner", "--payee", "9"],
        "",
        "9",
    );
    shop.refused(
        &["person", "an", "--role", "owner", "--password-stdin"],
        "ngắn\n",
        "8",
    );
    shop.refused(
        &["person", "an", "--role", "operator", "--cash-limit", "1"],
        "",
        "collector",
    );
    let boss = shop.told(
        &["person", "an", "--role", "owner", "--cash-limit", "5"],
        "",
    );
    assert_eq!(
        boss["cash_limit"],
        json!(5),
        "an owner who goes to doors, too"
    );
    shop.refused(
        &["person", "an", "--role", "collector", "--extra", "1"],
        "",
        "--extra-until",
    );
}

#[test]
fn a_token_is_bound_to_a_person() {
    let shop = Shop::open();
    let desk = [
        "token",
        "quầy",
        "--scopes",
        "payments:read,collection:write,desk",
    ];
    shop.refused(&desk, "", "--person");
    shop.refused(&[&desk[..], &["--person", "hoa"]].concat(), "", "hoa");
    shop.told(&["person", "hoa", "--role", "collector"], "");
    let made = shop.run(&[&desk[..], &["--person", "hoa"]].concat(), "");
    assert_eq!(made.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&made.stdout).starts_with("gn_"));
    let free = shop.run(&["token", "web", "--scopes", "payments:write"], "");
    assert_eq!(free.status.code(), Some(0));
}

#[test]
fn a_copy_that_was_cut_off_is_not_restored() {
    let shop = Shop::open();
    let other = tempfile::tempdir().expect("folder");
    let empty = other.path().join("empty.db");
    std::fs::write(&empty, "").expect("written");
    let target = format!(
        "sqlite://{}?mode=rwc",
        other.path().join("new.db").display()
    );
    let from = empty.display().to_string();
    let restored = shop.run(&["restore", &from, "--database", &target], "");
    let errors = String::from_utf8_lossy(&restored.stderr);
    assert_eq!(restored.status.code(), Some(1), "{errors}");
    assert!(errors.contains("không phải bản sao"), "{errors}");
}

#[cfg(unix)]
#[test]
fn a_copy_is_made_in_no_place_that_a_link_chose() {
    let shop = Shop::open();
    let place = shop.0.path().join("elsewhere.db");
    let link = shop.0.path().join("link.db");
    std::os::unix::fs::symlink(&place, &link).expect("a link");
    let saved = shop.run(&["backup", &link.display().to_string()], "");
    assert_eq!(saved.status.code(), Some(1));
    assert!(!place.exists(), "nothing was made behind it");
}
