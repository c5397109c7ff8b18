use super::*;
use std::process::Command;

fn with(passphrase: &str) -> Unlock {
    Unlock {
        passphrase: Some(SecretString::from(passphrase)),
        keyring: false,
    }
}

#[test]
fn a_secret_comes_back_with_the_right_passphrase_only() {
    let vault = ConfigVault::create(&with("mưa rào Hà Nội")).expect("made");
    let sealed = vault.seal(&SecretString::from("246810"));
    let again = ConfigVault::open(vault.header(), &with("mưa rào Hà Nội")).expect("opened");
    let secret = again
        .unseal("portal.pin", &sealed)
        .expect("fits")
        .expect("there");
    assert_eq!(secret.expose_secret(), "246810");
    assert!(matches!(
        ConfigVault::open(vault.header(), &with("nắng")),
        Err(ConfigVaultError::WrongKey)
    ));
    assert!(matches!(
        ConfigVault::open(vault.header(), &Unlock::default()),
        Err(ConfigVaultError::NoPassphrase)
    ));
}

#[test]
fn a_damaged_token_is_named_and_no_secret_is_shown() {
    let vault = ConfigVault::create(&with("p")).expect("made");
    let mut sealed = vault.seal(&SecretString::from("246810"));
    assert!(!format!("{sealed:?}").contains(&sealed.0));
    sealed.0.replace_range(40..44, "AAAA");
    let error = vault.unseal("portal.pin", &sealed).expect_err("damaged");
    assert!(
        matches!(&error, ConfigVaultError::DamagedSecret(name) if name == "portal.pin"),
        "{error}"
    );
    assert_eq!(
        vault
            .unseal("portal.pin", &Sealed::default())
            .expect("empty")
            .map(|_| ()),
        None
    );
}

#[test]
fn a_clock_set_back_is_told_apart_from_a_wrong_key() {
    let vault = ConfigVault::create(&with("p")).expect("made");
    let soon = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("time")
        .as_secs()
        + 3_600;
    let mut bytes = URL_SAFE.decode(vault.fernet.encrypt(b"x")).expect("base64");
    bytes[1..9].copy_from_slice(&soon.to_be_bytes());
    let token = Sealed(URL_SAFE.encode(bytes));
    assert!(
        matches!(vault.unseal("k", &token), Err(ConfigVaultError::ClockSetBack(s)) if s > 3_000)
    );
}

/// Made with Python's `cryptography` and `argon2-cffi`: key = Argon2id("mật khẩu", salt, t=3,
/// m=65536, p=1).
#[test]
fn tokens_made_by_python_are_read() {
    for vector in include_str!("../../../tests/vectors/fernet.txt")
        .lines()
        .filter(|l| !l.starts_with('#'))
    {
        let [key, text, token] = vector.split('\t').collect::<Vec<_>>()[..] else {
            panic!("{vector}")
        };
        assert_eq!(
            from_key(key).expect("key").decrypt(token).expect("token"),
            text.as_bytes()
        );
    }
}

#[test]
fn the_passphrase_key_is_plain_argon2id() {
    let source = KeySource::Argon2id {
        salt: "AAECAwQFBgcICQoLDA0ODw==".into(),
        memory_kib: 65_536,
        passes: 3,
        lanes: 1,
    };
    let key = derive(&source, &SecretString::from("mật khẩu")).expect("key");
    let expected = include_str!("../../../tests/vectors/argon2id.txt").trim();
    assert_eq!(URL_SAFE.encode(key.as_ref()), expected);
}

/// Runs where Python's `cryptography` is there: each side reads what the other wrote.
#[test]
fn python_reads_our_tokens() {
    let python = |code: &str, args: &[&str]| {
        Command::new("python3")
            .arg("-c")
            .arg(code)
            .args(args)
            .output()
    };
    match python("import cryptography.fernet", &[]) {
        Ok(output) if output.status.success() => {}
        _ => return eprintln!("skipped: no python3 with the package cryptography here"),
    }
    let key = Fernet::generate_key();
    let ours = from_key(&key)
        .expect("key")
        .encrypt("Gạch nợ 246810".as_bytes());
    let code = "import sys;from cryptography.fernet import Fernet;f=Fernet(sys.argv[1].encode());\
                sys.stdout.buffer.write(f.decrypt(sys.argv[2].encode())+b'\\n'+f.encrypt('từ Python'.encode()))";
    let output = python(code, &[&key, &ours]).expect("python runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let said = String::from_utf8(output.stdout).expect("utf-8");
    let (read, theirs) = said.split_once('\n').expect("two lines");
    assert_eq!(read, "Gạch nợ 246810");
    assert_eq!(
        from_key(&key)
            .expect("key")
            .decrypt(theirs)
            .expect("theirs"),
        "từ Python".as_bytes()
    );
}
