use super::*;
use crate::config::Unlock;

fn vault() -> Result<ConfigVault, ConfigVaultError> {
    ConfigVault::create(&Unlock {
        passphrase: Some(SecretString::from("p")),
        keyring: false,
    })
}

fn with(key: &str, value: &str) -> Result<Config, KeyFault> {
    set(&Config::default(), key, &SecretString::from(value), vault)
}

#[test]
fn each_kind_of_key_is_set_and_read() {
    for (key, value, shown) in [
        (
            "portal.url",
            "http://127.0.0.1:9000/",
            "http://127.0.0.1:9000",
        ),
        ("limits.per_job", "500.000đ", "500000"),
        ("window.low_balance", "2tr", "2000000"),
        ("window.low_balance", "0", "0"),
        ("browser.headless", "true", "true"),
        ("portal.retries", "5", "5"),
        ("operator", "Chị Lan", "Chị Lan"),
        ("browser.fetch_driver", "yes", "yes"),
        (
            "browser.driver_mirror",
            "https://mirror.example/cft/",
            "https://mirror.example/cft",
        ),
        ("browser.edge_driver_mirror", "", ""),
        ("portal.pin", "246810\n", "********"),
    ] {
        let config = with(key, value).unwrap_or_else(|e| panic!("{key}: {e}"));
        assert_eq!(get(&config, key).expect(key), shown);
    }
}

#[test]
fn bad_values_are_refused_and_secrets_do_not_show() {
    for (key, value) in [
        ("portal.url", "kpp"),
        ("portal.url", "https://a:b@c"),
        ("limits.per_job", "-5"),
        ("portal.retries", "ba"),
        ("window.scale_percent", "500"),
        ("window.scale_percent", "0"),
        ("window.language", "fr"),
        ("api.source", "ftp"),
        ("auto.quiet_from", "24"),
        ("browser.headless", "maybe"),
        ("browser.fetch_driver", "maybe"),
        ("browser.driver_mirror", "mirror"),
        ("portal.password", "dài quá sáu"),
        ("portal.pin", "12a4"),
        ("portal", "x"),
        ("vault", "x"),
        ("portal.nope", "x"),
    ] {
        let error = with(key, value).expect_err(key).to_string();
        if is_secret(key) {
            assert!(!error.contains(value), "{error}");
        }
    }
}

#[test]
fn operators_come_change_their_pin_and_go() {
    let lan = seat(&Config::default(), " Chị Lan ", &"2468".into(), vault).expect("seated");
    assert_eq!(
        lan.operators
            .iter()
            .map(|seat| seat.name.as_str())
            .collect::<Vec<_>>(),
        ["Chị Lan"]
    );
    let again = seat(&lan, "Chị Lan", &"1357".into(), vault).expect("another PIN");
    assert!(again.operators.len() == 1 && again.operators[0].pin != lan.operators[0].pin);
    for (name, pin) in [
        ("", "2468"),
        ("Lan", "97"),
        ("Lan", "97ab"),
        ("L\nM", "2468"),
    ] {
        let error = seat(&lan, name, &pin.into(), vault)
            .expect_err("refused")
            .to_string();
        assert!(!error.contains(pin), "{error}");
    }
    assert!(unseat(&lan, "Anh Minh").is_err());
    assert_eq!(unseat(&lan, "Chị Lan").expect("gone").operators, []);
    assert!(get(&lan, "operators").is_err(), "not a key like the others");
}

#[test]
fn a_secret_brings_its_vault_along() {
    let config = with("portal.pin", "246810").expect("set");
    assert!(config.vault.is_some());
    let text = serde_json::to_string(&config).expect("json");
    assert!(!text.contains("246810"));
}
