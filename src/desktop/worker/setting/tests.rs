use super::super::first_setup::made;
use super::super::message::First;
use super::*;
use secrecy::ExposeSecret;

#[test]
fn a_first_set_up_is_sealed_and_opens_again() {
    let form = First {
        values: vec![
            ("portal.username", "AGENT".into()),
            ("portal.pin", "246810".into()),
            ("api.url", "http://127.0.0.1:9".into()),
            ("api.token", "".into()),
        ],
        passphrase: "con mèo".into(),
        use_keyring: false,
    };
    let (config, secrets, _) = made(&form, Config::default()).expect("good");
    assert_eq!(
        secrets.pin.as_ref().map(|p| p.expose_secret().to_owned()),
        Some("246810".to_owned())
    );
    assert_eq!(
        (config.api.url.as_str(), config.api.token.is_empty()),
        ("http://127.0.0.1:9", true)
    );
    let shown = serde_json::to_string(&without_secrets(&config).expect("json")).expect("json");
    assert!(
        !shown.contains("gAAAA") && shown.contains("127.0.0.1:9"),
        "no token of a secret: {shown}"
    );
    let without_key = First {
        passphrase: "".into(),
        ..form
    };
    assert!(
        made(&without_key, Config::default()).is_err(),
        "secrets need a key"
    );
    let bad = First {
        values: vec![("portal.pin", "12ab".into())],
        passphrase: "x".into(),
        use_keyring: false,
    };
    assert!(
        made(&bad, Config::default())
            .expect_err("refused")
            .contains("PIN")
    );
}

#[test]
fn settings_of_another_machine_bring_everything_but_their_secrets() {
    let form = |pin: &str| First {
        values: vec![("portal.pin", pin.into())],
        passphrase: "x".into(),
        use_keyring: false,
    };
    let (own, ..) = made(&form("111111"), Config::default()).expect("good");
    let (mut theirs, ..) = made(&form("222222"), Config::default()).expect("good");
    theirs.limits.per_day = Some(crate::domain::Vnd::fixed(5_000_000));
    let merged = merged(&own, theirs);
    assert_eq!(
        (
            merged.limits.per_day.map(crate::domain::Vnd::dong),
            &merged.portal.pin,
            &merged.vault
        ),
        (Some(5_000_000), &own.portal.pin, &own.vault)
    );
}
