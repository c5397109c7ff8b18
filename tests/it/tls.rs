//! HTTPS: who can come in, with what, and what the server refuses to start with. And the way to a
//! database elsewhere.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use gachno::server::{self, Certificate, Running, ServeConfig, TlsFiles};
use gachno::store::sqlite_url;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::database::{Base, Which};

/// A certificate for `localhost`, made here and now.
fn certificate(folder: &Path) -> TlsFiles {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned(), "127.0.0.1".to_owned()])
        .unwrap();
    let files = TlsFiles {
        cert: folder.join("tls.crt"),
        key: folder.join("tls.key"),
    };
    fs::write(&files.cert, made.cert.pem()).unwrap();
    fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    mode(&files.key, 0o600);
    files
}

fn mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

struct Shop {
    running: Running,
    files: TlsFiles,
    _folder: tempfile::TempDir,
}

impl Shop {
    async fn open() -> Self {
        gachno::init_tls();
        let folder = tempfile::tempdir().unwrap();
        let files = certificate(folder.path());
        let local = ServeConfig::local(
            &sqlite_url(&folder.path().join("shop.db")),
            folder.path().join("serve.key"),
        );
        let running = server::start(ServeConfig {
            tls: Some(files.clone()),
            ..local
        })
        .await
        .unwrap();
        Self {
            running,
            files,
            _folder: folder,
        }
    }

    /// A client that believes this certificate and no other.
    fn client(&self) -> reqwest::Client {
        let known = reqwest::Certificate::from_pem(&fs::read(&self.files.cert).unwrap()).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([known])
            .build()
            .unwrap()
    }

    fn port(&self) -> u16 {
        reqwest::Url::parse(&self.running.url())
            .unwrap()
            .port()
            .unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_know_the_certificate_come_in_and_plain_text_does_not() {
    let shop = Shop::open().await;
    let url = format!("https://localhost:{}/api/health", shop.port());
    assert!(shop.running.url().starts_with("https://"));
    let answer = shop.client().get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        answer.headers()["strict-transport-security"],
        "max-age=31536000; includeSubDomains"
    );
    assert!(
        reqwest::Client::new().get(&url).send().await.is_err(),
        "nobody vouches for it"
    );
    let begun = Instant::now();
    let plain = reqwest::Client::new()
        .get(url.replace("https", "http"))
        .send()
        .await;
    assert!(
        plain.is_err() && begun.elapsed() < Duration::from_secs(5),
        "{plain:?}"
    );

    // Many who never say a word hold nobody up.
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(
            TcpStream::connect(("127.0.0.1", shop.port()))
                .await
                .unwrap(),
        );
    }
    let answer = tokio::time::timeout(Duration::from_secs(5), shop.client().get(&url).send())
        .await
        .unwrap();
    assert_eq!(answer.unwrap().status(), 200);
    let begun = Instant::now();
    shop.running.stop().await;
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "a handshake that never ends holds up no stop"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_older_than_tls_1_2_is_spoken() {
    let shop = Shop::open().await;
    for (version, is_spoken) in [(0x01, false), (0x02, false), (0x03, true)] {
        let mut stream = TcpStream::connect(("127.0.0.1", shop.port()))
            .await
            .unwrap();
        stream.write_all(&client_hello(version)).await.unwrap();
        let mut answer = [0; 7];
        stream.read_exact(&mut answer).await.unwrap();
        // 22: a handshake goes on. 21: an alert, fatal (2), protocol_version (70).
        let expected: &[u8] = if is_spoken { &[22] } else { &[21] };
        assert_eq!(&answer[..1], expected, "3.{version}: {answer:?}");
        assert!(
            is_spoken || answer[5..] == [2, 70],
            "3.{version}: {answer:?}"
        );
    }
}

/// The first message of a client that speaks version 3.`minor` at most (1.0 is 3.1), byte by byte:
/// no library still does.
fn client_hello(minor: u8) -> Vec<u8> {
    let with_length = |bytes: &[u8]| {
        [
            &u16::try_from(bytes.len()).unwrap().to_be_bytes()[..],
            bytes,
        ]
        .concat()
    };
    let extension =
        |number: u16, bytes: &[u8]| [&number.to_be_bytes()[..], &with_length(bytes)].concat();
    let extensions = [
        extension(10, &with_length(&[0, 29, 0, 23])), // groups: x25519, secp256r1
        extension(11, &[1, 0]),                       // points as they are
        extension(13, &with_length(&[4, 3, 8, 4, 8, 7])), // signatures: ECDSA, RSA-PSS, Ed25519
    ]
    .concat();
    let ciphers = [0xc0, 0x2b, 0xc0, 0x2f, 0xc0, 0x09, 0xc0, 0x13]; // ECDHE with AES, new and old
    let body = [
        &[3, minor][..],
        &[7; 32],
        &[0],
        &with_length(&ciphers),
        &[1, 0],
        &with_length(&extensions),
    ]
    .concat();
    let length = u32::try_from(body.len()).unwrap().to_be_bytes();
    let message = [&[1][..], &length[1..], &body].concat();
    [&[22, 3, 1][..], &with_length(&message)].concat()
}

#[test]
fn a_renewed_certificate_is_taken_and_a_bad_one_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let files = certificate(folder.path());
    let used = Certificate::open(&files).unwrap();
    assert!(!used.renew().unwrap(), "nothing changed");
    std::thread::sleep(Duration::from_millis(20));
    certificate(folder.path());
    assert!(used.renew().unwrap());
    std::thread::sleep(Duration::from_millis(20));
    fs::write(&files.cert, "no certificate").unwrap();
    assert!(used.renew().unwrap_err().to_string().contains("tls.crt"));
    let other = tempfile::tempdir().unwrap();
    let mixed = TlsFiles {
        cert: certificate(other.path()).cert,
        key: files.key,
    };
    assert!(
        Certificate::open(&mixed)
            .unwrap_err()
            .to_string()
            .contains("không dùng được với nhau")
    );
}

/// `gachno serve --check` in a folder with this `serve.toml`.
fn check(toml: &str, flags: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("serve.toml");
    fs::write(&file, toml).unwrap();
    // It may hold the database's password.
    mode(&file, 0o600);
    Command::new(env!("CARGO_BIN_EXE_gachno"))
        .args(["serve", "--check"])
        .args(flags)
        .env("GACHNO_HOME", folder.path())
        .output()
        .unwrap()
}

fn told(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[test]
fn a_check_says_what_would_run_and_keeps_the_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let files = certificate(folder.path());
    let path = |path: &PathBuf| path.display().to_string();
    let toml = "listen = '0.0.0.0:8443'\ndatabase = 'mysql://gachno:planted81@db.example/shop?ssl-mode=VERIFY_IDENTITY'";
    let fine = check(
        toml,
        &[
            "--tls-cert",
            &path(&files.cert),
            "--tls-key",
            &path(&files.key),
        ],
    );
    assert!(fine.status.success(), "{}", told(&fine));
    let said: serde_json::Value = serde_json::from_slice(&fine.stdout).unwrap();
    assert_eq!(
        (&said["https"], &said["listen"]),
        (&true.into(), &"0.0.0.0:8443".into())
    );
    assert!(
        !told(&fine).contains("planted81") && !told(&fine).contains("CẢNH BÁO"),
        "{}",
        told(&fine)
    );

    let open = check(toml, &[]);
    assert!(
        open.status.success() && told(&open).contains("CẢNH BÁO"),
        "{}",
        told(&open)
    );
    let insecure = check("database = 'mysql://gachno:planted81@db.example/shop'", &[]);
    assert_eq!(insecure.status.code(), Some(2), "{}", told(&insecure));
    assert!(
        told(&insecure).contains("insecure_database") && !told(&insecure).contains("planted81"),
        "{}",
        told(&insecure)
    );
    let spelled_out = check(
        "database = 'mysql://gachno:planted81@db.example/shop'\ninsecure_database = true",
        &[],
    );
    assert!(spelled_out.status.success(), "{}", told(&spelled_out));

    mode(&files.key, 0o644);
    let readable = check(
        "",
        &[
            "--tls-cert",
            &path(&files.cert),
            "--tls-key",
            &path(&files.key),
        ],
    );
    assert_eq!(readable.status.code(), Some(2), "{}", told(&readable));
    assert!(told(&readable).contains("chmod 600"), "{}", told(&readable));
}

/// `gachno serve` as a process of its own, ended with this.
struct Served {
    child: Child,
    url: String,
    _home: tempfile::TempDir,
}

impl Served {
    /// `Err`: what it said instead of starting.
    fn start(environment: &[(&str, &str)]) -> Result<Self, String> {
        let home = tempfile::tempdir().unwrap();
        let mut serve = Command::new(env!("CARGO_BIN_EXE_gachno"));
        serve
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env("GACHNO_HOME", home.path())
            .envs(environment.iter().copied());
        let mut child = serve
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        if line.is_empty() {
            let mut said = String::new();
            child
                .stderr
                .as_mut()
                .unwrap()
                .read_to_string(&mut said)
                .unwrap();
            assert!(!child.wait().unwrap().success());
            return Err(said);
        }
        let ready: serde_json::Value = serde_json::from_str(&line).unwrap();
        Ok(Self {
            child,
            url: ready["url"].as_str().unwrap().to_owned(),
            _home: home,
        })
    }

    fn signal(&self, name: &str) {
        assert!(
            Command::new("kill")
                .args([name, &self.child.id().to_string()])
                .status()
                .unwrap()
                .success()
        );
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_up_takes_the_renewed_certificate_and_drops_nobody() {
    gachno::init_tls();
    let folder = tempfile::tempdir().unwrap();
    let files = certificate(folder.path());
    let (cert, key) = (
        files.cert.display().to_string(),
        files.key.display().to_string(),
    );
    let served = Served::start(&[
        ("GACHNO_SERVE_TLS_CERT", &cert),
        ("GACHNO_SERVE_TLS_KEY", &key),
    ])
    .unwrap();
    let url = format!("{}/api/health", served.url);
    let knows = || {
        let known = reqwest::Certificate::from_pem(&fs::read(&files.cert).unwrap()).unwrap();
        reqwest::Client::builder()
            .tls_certs_only([known])
            .build()
            .unwrap()
    };
    let old = knows();
    assert_eq!(old.get(&url).send().await.unwrap().status(), 200);
    certificate(folder.path());
    let begun = Instant::now();
    served.signal("-HUP");
    while knows().get(&url).send().await.is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "at once, not at the next look"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(
        old.get(&url).send().await.unwrap().status(),
        200,
        "who was connected stays"
    );
    let plain = Served::start(&[]).unwrap();
    plain.signal("-HUP");
    let mut plain = plain;
    assert!(
        !plain.child.wait().unwrap().success(),
        "without a certificate it ends as any program"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_elsewhere_is_reached_over_checked_tls_and_in_no_other_way() {
    let Some(base) = Base::new(Which::MariaDb) else {
        return;
    };
    let Some(afar) = base.afar() else { return };
    gachno::init_tls();
    let (own, ca) = (afar.host.clone(), afar.ca.display().to_string());
    let serve = |host: &str, parameters: &str, insecure: &str| {
        let url = afar.url(host, parameters);
        Served::start(&[
            ("GACHNO_SERVE_DATABASE", &url),
            ("GACHNO_SERVE_INSECURE_DATABASE", insecure),
        ])
    };
    let other = tempfile::tempdir().unwrap();
    let stranger = certificate(other.path()).cert.display().to_string();

    for parameters in [
        "",
        "?ssl-mode=DISABLED",
        "?ssl-mode=PREFERRED",
        "?ssl-mode=REQUIRED",
    ] {
        let refused = serve(&own, parameters, "").map(|_| ()).unwrap_err();
        assert!(
            refused.contains("insecure_database"),
            "{parameters}: {refused}"
        );
    }
    for (host, parameters) in [
        (&*own, "?ssl-mode=VERIFY_IDENTITY".to_owned()),
        (
            &*own,
            format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={stranger}"),
        ),
        (&*own, format!("?ssl-mode=VERIFY_CA&ssl-ca={stranger}")),
        (
            "127.0.0.1",
            format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"),
        ),
    ] {
        let refused = serve(host, &parameters, "").map(|_| ()).unwrap_err();
        assert!(
            refused.contains("Cannot open the database") && refused.contains("certificate"),
            "{host} {parameters}: {refused}"
        );
    }
    let in_clear = serve(&own, "?ssl-mode=DISABLED", "true")
        .map(|_| ())
        .unwrap_err();
    assert!(
        in_clear.contains("Access denied"),
        "the account is for TLS alone: {in_clear}"
    );

    for (host, parameters, insecure) in [
        (&*own, format!("?ssl-mode=VERIFY_IDENTITY&ssl-ca={ca}"), ""),
        ("127.0.0.1", format!("?ssl-mode=VERIFY_CA&ssl-ca={ca}"), ""),
        (&*own, "?ssl-mode=REQUIRED".to_owned(), "true"),
    ] {
        let served = serve(host, &parameters, insecure)
            .unwrap_or_else(|said| panic!("{host} {parameters}: {said}"));
        assert_eq!(
            reqwest::get(format!("{}/api/health", served.url))
                .await
                .unwrap()
                .status(),
            200,
            "{host} {parameters}"
        );
    }
}
