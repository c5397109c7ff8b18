use super::*;

#[test]
fn the_example_shows_every_key_with_its_default() {
    let example = include_str!("../../config.example.json");
    let parsed: serde_json::Value = serde_json::from_str(example).expect("json");
    assert_eq!(
        parsed,
        serde_json::to_value(Config::default()).expect("json")
    );
}

#[test]
fn a_damaged_file_is_kept_aside_and_never_overwritten() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("config.json");
    fs::write(&path, b"{\"portal\": {\"url\": ").expect("write");
    let Err(ConfigError::Damaged { kept, .. }) = Config::load(&path) else {
        panic!("must be refused")
    };
    assert_eq!(
        fs::read(&kept).expect("kept"),
        fs::read(&path).expect("still there")
    );
    assert!(Config::load(&path).is_err(), "and again");
}

#[test]
fn a_misspelt_key_is_refused() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("config.json");
    fs::write(&path, br#"{"portal": {"urll": "x"}}"#).expect("write");
    let error = Config::load(&path).expect_err("refused").to_string();
    assert!(error.contains("urll"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_file_is_for_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("deep/config.json");
    Config::default().save(&path).expect("saved");
    assert_eq!(
        fs::metadata(&path).expect("there").permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(Config::load(&path).expect("read"), Config::default());
    assert_eq!(
        fs::read_dir(path.parent().expect("folder"))
            .expect("list")
            .count(),
        1,
        "no temporary file stays"
    );
}
