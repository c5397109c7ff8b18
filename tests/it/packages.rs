//! Debian packages of the program as it was built: installed into a system in a folder, upgraded,
//! removed, purged.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A system in a folder, with accounts of its own.
struct System(tempfile::TempDir);

impl System {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        for folder in [
            "etc",
            "var/lib/dpkg/updates",
            "var/lib/dpkg/info",
            "var/log",
        ] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for (file, text) in [
            ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"),
            ("etc/group", "root:x:0:\n"),
            ("etc/shadow", "root:*:19000:0:99999:7:::\n"),
            ("etc/gshadow", "root:*::\n"),
            ("var/lib/dpkg/status", ""),
            ("var/lib/dpkg/available", ""),
        ] {
            fs::write(root.path().join(file), text).unwrap();
        }
        Self(root)
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.0.path().join(inside)
    }

    fn text(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap()
    }

    /// What a package depends on is not in the folder; its scripts are run from outside.
    fn dpkg(&self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let output = Command::new("dpkg")
            .arg(format!("--root={}", self.0.path().display()))
            .args([
                "--force-script-chrootless",
                "--force-depends",
                "--force-confdef",
            ])
            .arg(format!("--log={}", self.path("var/log/dpkg.log").display()))
            .args(arguments)
            .envs(environment.iter().copied())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }
}

fn package(name: &str, version: &str, into: &Path) -> String {
    let output = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/deb.sh"))
        .args(["--only", name, "--version", version, "--fast", "--binary"])
        .args([env!("CARGO_BIN_EXE_gachno"), "--out"])
        .arg(into)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Packages are made and tried where there is dpkg, by who may give files away.
fn cannot() -> bool {
    let has = |program: &str| Command::new(program).arg("--version").output().is_ok();
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|id| id.stdout == b"0\n");
    let can = has("dpkg") && has("dpkg-deb") && is_root;
    if !can {
        eprintln!("no dpkg here, or not root: packages are not tried");
    }
    !can
}

#[test]
fn the_servers_package_is_installed_upgraded_removed_and_purged() {
    if cannot() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let system = System::new();
    system.dpkg(
        &["--install", &package("gachno-server", "0.1.0", out.path())],
        &[],
    );
    let program = system.path("usr/bin/gachno");
    let version = Command::new(&program).arg("--version").output().unwrap();
    assert!(version.status.success());
    let unit = system.text("usr/lib/systemd/system/gachno.service");
    assert!(unit.contains("ExecStart=/usr/bin/gachno serve") && unit.contains("User=gachno"));
    assert!(
        !unit.contains("DynamicUser") && !unit.contains("/usr/local"),
        "{unit}"
    );
    for file in [
        "usr/share/man/man1/gachno.1.gz",
        "usr/share/man/man1/gachno-serve.1.gz",
        "usr/share/bash-completion/completions/gachno",
        "usr/share/zsh/vendor-completions/_gachno",
        "usr/share/fish/vendor_completions.d/gachno.fish",
        "usr/share/doc/gachno-server/copyright",
    ] {
        assert!(system.path(file).metadata().unwrap().len() > 100, "{file}");
    }
    assert!(!system.path("usr/share/applications").exists(), "no window");
    let accounts = system.text("etc/passwd");
    let account = accounts
        .lines()
        .find(|line| line.starts_with("gachno:"))
        .unwrap();
    let id: u32 = account.split(':').nth(2).unwrap().parse().unwrap();
    let state = system.path("var/lib/gachno").metadata().unwrap();
    assert_eq!(
        (state.uid(), state.permissions().mode() & 0o777),
        (id, 0o700)
    );
    let settings = system.path("etc/gachno/serve.env");
    assert_eq!(
        settings.metadata().unwrap().permissions().mode() & 0o777,
        0o600
    );

    fs::write(&settings, "GACHNO_SERVE_LISTEN=127.0.0.1:9\n").unwrap();
    fs::write(system.path("var/lib/gachno/server.db"), "books").unwrap();
    system.dpkg(
        &["--install", &package("gachno-server", "0.2.0", out.path())],
        &[],
    );
    assert!(
        system.text("etc/gachno/serve.env").contains("127.0.0.1:9"),
        "what was set stays"
    );
    assert_eq!(system.text("etc/passwd"), accounts, "one account");

    system.dpkg(&["--remove", "gachno-server"], &[]);
    assert!(!program.exists() && settings.exists());
    assert_eq!(system.text("var/lib/gachno/server.db"), "books");
    let said = system.dpkg(&["--purge", "gachno-server"], &[]);
    assert!(said.contains("stays in /var/lib/gachno"), "{said}");
    assert!(!settings.exists() && system.path("var/lib/gachno/server.db").exists());

    system.dpkg(
        &["--install", &package("gachno-server", "0.2.0", out.path())],
        &[],
    );
    let said_so = [("GACHNO_PURGE_DATA", "true")];
    system.dpkg(&["--purge", "gachno-server"], &said_so);
    assert!(!system.path("var/lib/gachno").exists());
    assert!(!system.text("etc/passwd").contains("gachno:"));
}

#[test]
fn the_windows_package_has_a_place_in_the_menu_and_gives_way_to_the_servers() {
    if cannot() {
        return;
    }
    let out = tempfile::tempdir().unwrap();
    let system = System::new();
    let file = package("gachno", "0.1.0", out.path());
    system.dpkg(&["--install", &file], &[]);
    let entry = system.text("usr/share/applications/gachno.desktop");
    assert!(entry.contains("Exec=gachno desktop") && entry.contains("Icon=gachno"));
    assert!(
        system
            .path("usr/share/icons/hicolor/scalable/apps/gachno.svg")
            .exists()
    );
    assert!(!system.path("usr/lib/systemd").exists(), "no service");
    let other = package("gachno-server", "0.1.0", out.path());
    let refused = Command::new("dpkg")
        .arg(format!("--root={}", system.0.path().display()))
        .args([
            "--force-script-chrootless",
            "--force-depends",
            "--install",
            &other,
        ])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(
        !refused.status.success() && said.contains("conflict"),
        "{said}"
    );
    system.dpkg(&["--purge", "gachno"], &[]);
    assert!(!system.path("usr/bin/gachno").exists());
}
