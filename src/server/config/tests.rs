use super::*;

#[test]
fn flags_are_stronger_than_the_environment_and_that_than_the_file() {
    let home = Home::at(Path::new("/srv"));
    let file = ServeFile {
        listen: "127.0.0.1:1".parse().ok(),
        database: Some("sqlite://file".into()),
        ..ServeFile::default()
    };
    let none = |_: &'static str| None;
    let some =
        |name: &'static str| (name == "GACHNO_SERVE_LISTEN").then(|| "127.0.0.1:2".to_owned());
    let flags = || ServeFile {
        listen: "127.0.0.1:3".parse().ok(),
        ..ServeFile::default()
    };
    let port = |config: Result<ServeConfig, ServeConfigError>| config.expect("good").listen.port();
    assert_eq!(
        port(ServeConfig::of(&home, &file, none, ServeFile::default())),
        1
    );
    assert_eq!(
        port(ServeConfig::of(&home, &file, some, ServeFile::default())),
        2
    );
    assert_eq!(port(ServeConfig::of(&home, &file, some, flags())), 3);
    let bad = |name: &'static str| (name == "GACHNO_SERVE_LISTEN").then(|| "here".to_owned());
    assert!(ServeConfig::of(&home, &file, bad, ServeFile::default()).is_err());
}

#[test]
fn a_database_elsewhere_needs_a_checked_certificate() {
    for (url, is_fine) in [
        ("sqlite:///srv/shop.db", true),
        ("mysql://gachno:pw@localhost/shop", true),
        ("mysql://gachno:pw@127.0.0.1:3307/shop", true),
        ("mariadb://gachno:pw@[::1]/shop", true),
        (
            "mysql://gachno:pw@db/shop?socket=/run/mysqld/mysqld.sock",
            true,
        ),
        ("mysql://gachno:pw@10.0.0.5/shop", false),
        ("mysql://gachno:pw@localhost.example/shop", false),
        ("mysql://gachno:pw@db/shop?ssl-mode=PREFERRED", false),
        ("mysql://gachno:pw@db/shop?ssl-mode=REQUIRED", false),
        (
            "mysql://gachno:pw@db/shop?ssl-mode=VERIFY_IDENTITY&ssl-mode=DISABLED",
            false,
        ),
        (
            "mysql://gachno:pw@db/shop?ssl-mode=verify_identity&ssl-ca=/etc/ca.pem",
            true,
        ),
    ] {
        assert_eq!(check_database(url, false).is_ok(), is_fine, "{url}");
        assert!(check_database(url, true).is_ok(), "{url}");
    }
    let home = Home::at(Path::new("/srv"));
    let file = ServeFile {
        database: Some("mysql://gachno:hạt-tiêu@10.0.0.5/shop".into()),
        ..ServeFile::default()
    };
    let refused = ServeConfig::of(&home, &file, |_| None, ServeFile::default())
        .expect_err("refused")
        .to_string();
    assert!(
        refused.contains("insecure_database") && !refused.contains("tiêu"),
        "{refused}"
    );
    let spelled_out =
        |name: &'static str| (name == "GACHNO_SERVE_INSECURE_DATABASE").then(|| "true".to_owned());
    assert!(ServeConfig::of(&home, &file, spelled_out, ServeFile::default()).is_ok());
}

#[test]
fn no_password_is_shown_whatever_it_is_made_of() {
    let home = Home::at(Path::new("/srv"));
    for password in [
        "planted81",
        "12#planted",
        "planted/81",
        "plan@planted",
        "1?planted",
        "%70lanted81",
    ] {
        let url = format!("mysql://gachno:{password}@localhost/shop");
        let file = ServeFile {
            database: Some(url),
            insecure_database: Some(true),
            ..ServeFile::default()
        };
        let config = ServeConfig::of(&home, &file, |_| None, ServeFile::default()).expect("good");
        let told = format!("{file:?} {config:?} {config:#?}");
        assert!(
            !told.contains("planted") && !told.contains("lanted81"),
            "{told}"
        );
    }
}

#[test]
fn a_certificate_needs_its_key() {
    let home = Home::at(Path::new("/srv"));
    let flags = |cert: Option<&str>, key: Option<&str>| ServeFile {
        tls_cert: cert.map(PathBuf::from),
        tls_key: key.map(PathBuf::from),
        ..ServeFile::default()
    };
    let of = |flags| ServeConfig::of(&home, &ServeFile::default(), |_| None, flags);
    assert!(matches!(
        of(flags(Some("c.pem"), None)),
        Err(ServeConfigError::HalfTls)
    ));
    assert!(matches!(
        of(flags(None, Some("k.pem"))),
        Err(ServeConfigError::HalfTls)
    ));
    let config = of(flags(Some("c.pem"), Some("k.pem"))).expect("good");
    assert_eq!(
        config.tls,
        Some(TlsFiles {
            cert: "c.pem".into(),
            key: "k.pem".into()
        })
    );
    let everywhere = ServeConfig {
        listen: SocketAddr::from(([0, 0, 0, 0], 8000)),
        ..config
    };
    assert!(!everywhere.is_open_to_the_network());
    assert!(
        ServeConfig {
            tls: None,
            ..everywhere.clone()
        }
        .is_open_to_the_network()
    );
    assert!(
        !ServeConfig {
            tls: None,
            behind_proxy: true,
            ..everywhere
        }
        .is_open_to_the_network()
    );
}

#[cfg(unix)]
#[test]
fn a_password_that_others_can_read_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("serve.toml");
    let told = |text: &str, mode: u32| {
        std::fs::write(&path, text).expect("written");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("mode");
        read(&path)
    };
    let with_password = "database = 'mysql://gachno:planted81@localhost/shop'";
    let refused = told(with_password, 0o644).expect_err("refused").to_string();
    assert!(
        refused.contains("chmod 600") && !refused.contains("planted81"),
        "{refused}"
    );
    assert!(told(with_password, 0o640).is_err());
    assert!(told(with_password, 0o600).is_ok());
    assert!(
        told("database = 'sqlite:///srv/shop.db'", 0o644).is_ok(),
        "nothing to hide"
    );
    assert_eq!(
        told("log = 'text'", 0o644).expect("good").log,
        Some(LogForm::Text)
    );
}

#[test]
fn a_misspelt_key_is_refused() {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("serve.toml");
    std::fs::write(&path, "listne = '127.0.0.1:1'").expect("written");
    assert!(
        read(&path)
            .expect_err("refused")
            .to_string()
            .contains("listne")
    );
}

#[test]
fn others_come_to_an_address_that_was_set_or_to_where_it_listens() {
    let home = Home::at(Path::new("/srv"));
    let set = |address: &str| {
        let file = ServeFile {
            public_url: Some(address.to_owned()),
            ..ServeFile::default()
        };
        ServeConfig::of(&home, &file, |_| None, ServeFile::default())
    };
    let config = set("https://shop.example/tra/").expect("good");
    assert_eq!(
        config.public_url.expect("set").as_str(),
        "https://shop.example/tra/"
    );
    for bad in [
        "shop.example",
        "ftp://shop.example",
        "https://shop.example/?a=1",
        "https://shop.example/#a",
        "https://a:planted81@shop.example",
    ] {
        let why = set(bad).expect_err("refused").to_string();
        assert!(
            why.contains("public_url") && !why.contains("planted81"),
            "{why}"
        );
    }
    let environment = |name: &'static str| {
        (name == "GACHNO_SERVE_PUBLIC_URL").then(|| "https://b.example".to_owned())
    };
    let file = ServeFile {
        public_url: Some("https://a.example".to_owned()),
        ..ServeFile::default()
    };
    let config = ServeConfig::of(&home, &file, environment, ServeFile::default()).expect("good");
    assert_eq!(
        config.public_url.expect("set").as_str(),
        "https://b.example/"
    );
}
