use super::*;

#[test]
fn the_built_in_map_is_whole() {
    let map = PortalMap::load(None).expect("whole");
    assert_eq!(map.rules.minimum_debt, Vnd::fixed(5_000));
    assert!(
        map.elements.keys().eq(map.about.keys()),
        "each element says what it is"
    );
}

#[test]
fn a_map_of_ones_own_is_checked_before_anything_is_clicked() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("viettel-pay.toml");
    let written = |text: &str| {
        std::fs::write(&path, text).expect("write");
        PortalMap::load(Some(&path))
            .expect_err("refused")
            .to_string()
    };
    let without = BUILT_IN.replace("\"tv.confirm\" =", "\"tv.confirmm\" =");
    assert!(written(&without).contains("tv.confirm"));
    assert!(written("version = ").contains("sai cú pháp"));
    assert!(written(&BUILT_IN.replace("version = 1", "version = 2")).contains("version = 2"));
}

#[test]
fn suspect_ids_are_never_used_and_paying_buttons_are_exact() {
    let map = PortalMap::load(None).expect("whole");
    for suspect in [
        "payMoneyForm:phoneNumber",
        "payMoneyForm:amount",
        "payMoneyForm:pin\"",
        "btnContinue",
        "collectElectricBill",
        "success-message",
    ] {
        assert!(!BUILT_IN.contains(suspect), "{suspect}");
    }
    for (name, locators) in map
        .elements
        .iter()
        .filter(|(name, _)| name.ends_with(".confirm"))
    {
        assert!(
            locators.iter().all(|l| l.starts_with("[id=\"")),
            "{name} must not be guessed"
        );
    }
}
