//! Drivers that the program fetches by itself, from a source of the test's own making: over a line
//! that breaks, through a proxy, with what is wrong refused.

use std::collections::HashMap;
use std::io::{Cursor, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri, header};
use futures_util::{StreamExt, stream};
use gachno::browser::{Family, FetchPolicy, FetchStep, Supply, SupplyError, Version};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

const LIST: &str = "/known-good-versions-with-downloads.json";

/// A source of drivers on this machine.
#[derive(Clone)]
pub struct Source(Arc<Held>);

struct Held {
    at: SocketAddr,
    files: Mutex<HashMap<String, Vec<u8>>>,
    /// After so many bytes the line breaks, once each.
    breaks: Mutex<Vec<usize>>,
    /// What it says that a file's checksum is, where that is not the truth.
    lies: Mutex<Option<String>>,
    /// Path and range of each request.
    asked: Mutex<Vec<(String, Option<String>)>>,
}

impl Source {
    /// With drivers of these versions, each a program that says so.
    pub async fn with(versions: &[&str]) -> Self {
        gachno::init_tls();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let source = Self(Arc::new(Held {
            at,
            files: Mutex::default(),
            breaks: Mutex::default(),
            lies: Mutex::default(),
            asked: Mutex::default(),
        }));
        source.hold(LIST, list(versions));
        for version in versions {
            source.hold(&zip_of(version), archive(&program(version)));
        }
        let router = Router::new().fallback(answer).with_state(source.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        source
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.0.at)
    }

    fn hold(&self, path: &str, bytes: Vec<u8>) {
        self.0.files.lock().unwrap().insert(path.to_owned(), bytes);
    }

    fn breaks_after(&self, bytes: &[usize]) {
        self.0.breaks.lock().unwrap().extend(bytes.iter().rev());
    }

    /// The ranges that were asked for of this path.
    fn asked(&self, path: &str) -> Vec<Option<String>> {
        let asked = self.0.asked.lock().unwrap();
        let of_path = asked.iter().filter(|(asked, _)| asked == path);
        of_path.map(|(_, range)| range.clone()).collect()
    }

    fn supply(&self, folder: &Path) -> Supply {
        Supply {
            folder: folder.join("drivers"),
            mirror: self.url(),
            edge_mirror: self.url(),
            policy: FetchPolicy::Ask,
        }
    }
}

async fn answer(State(source): State<Source>, uri: Uri, headers: HeaderMap) -> Response<Body> {
    let held = &source.0;
    let range = headers
        .get(header::RANGE)
        .map(|range| range.to_str().unwrap().to_owned());
    let path = uri.path().trim_start_matches("/cft").to_owned();
    held.asked
        .lock()
        .unwrap()
        .push((path.clone(), range.clone()));
    let Some(whole) = held.files.lock().unwrap().get(&path).cloned() else {
        return Response::builder().status(404).body(Body::empty()).unwrap();
    };
    let from = range.map_or(0, |range| {
        assert!(
            headers.contains_key(header::IF_RANGE),
            "of the same content"
        );
        let range = range.trim_start_matches("bytes=").trim_end_matches('-');
        range.parse::<usize>().unwrap()
    });
    let told = held.lies.lock().unwrap().clone();
    let mut answer = Response::builder()
        .header(header::ETAG, "\"v1\"")
        .header(header::CONTENT_LENGTH, whole.len() - from)
        .header("x-goog-hash", told.unwrap_or_else(|| sum_of(&whole)));
    if from > 0 {
        answer = answer.status(StatusCode::PARTIAL_CONTENT).header(
            header::CONTENT_RANGE,
            format!("bytes {from}-{}/{}", whole.len() - 1, whole.len()),
        );
    }
    let rest = Bytes::from(whole).slice(from..);
    let is_zip = Path::new(&path).extension() == Some("zip".as_ref());
    let breaks = is_zip.then(|| held.breaks.lock().unwrap().pop()).flatten();
    let body = match breaks {
        Some(bytes) => {
            let part = rest.slice(..bytes);
            let parts = stream::once(async { Ok(part) }).chain(stream::once(async {
                // What came before is on its way once nothing comes for a moment.
                tokio::task::yield_now().await;
                Err(std::io::Error::other("the line breaks"))
            }));
            Body::from_stream(parts)
        }
        None => Body::from(rest),
    };
    answer.body(body).unwrap()
}

fn sum_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    use md5::Digest as _;
    let encode = |sum: &[u8]| base64::engine::general_purpose::STANDARD.encode(sum);
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISCSI).checksum(bytes);
    format!(
        "crc32c={},md5={}",
        encode(&crc.to_be_bytes()),
        encode(&md5::Md5::digest(bytes))
    )
}

fn zip_of(version: &str) -> String {
    format!("/{version}/linux64/chromedriver-linux64.zip")
}

fn list(versions: &[&str]) -> Vec<u8> {
    // As its makers' list has them: a mirror's copy names their addresses.
    let versions: Vec<_> = versions
        .iter()
        .map(|version| {
            serde_json::json!({ "version": version, "downloads": { "chromedriver": [
                { "platform": "linux64", "url": format!("https://nowhere.invalid{}", zip_of(version)) }
            ] } })
        })
        .collect();
    serde_json::to_vec(&serde_json::json!({ "versions": versions })).unwrap()
}

/// Some hundred kilobytes that cannot be packed, behind a script that says its version.
fn program(version: &str) -> Vec<u8> {
    let mut program =
        format!("#!/bin/sh\necho 'ChromeDriver {version} (of a test)'\nexit 0\n").into_bytes();
    for _ in 0..10_000 {
        program.extend(uuid::Uuid::new_v4().simple().to_string().into_bytes());
    }
    program
}

fn archive(program: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [
        ("chromedriver-linux64/LICENSE.chromedriver", &b"words"[..]),
        ("chromedriver-linux64/chromedriver", program),
    ] {
        zip.start_file(name, options).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn version(text: &str) -> Version {
    Version::parse(text).unwrap()
}

/// Nothing is left but the lock.
fn is_empty(supply: &Supply) -> bool {
    let entries = std::fs::read_dir(&supply.folder).unwrap().flatten();
    entries
        .map(|entry| entry.file_name())
        .all(|name| name == ".lock")
}

#[tokio::test]
async fn a_fitting_driver_comes_over_a_line_that_breaks_and_once_only() {
    let source = Source::with(&["155.0.1.1", "156.0.8078.5", "156.0.8078.90", "157.0.1.1"]).await;
    let folder = tempfile::tempdir().unwrap();
    let supply = source.supply(folder.path());
    source.breaks_after(&[100_000, 50_000]);
    let steps = Mutex::new(Vec::new());
    let told = |step| steps.lock().unwrap().push(step);
    let browser = version("156.0.8078.79");
    let fetched = supply.fetch(Family::Chrome, browser, &told).await.unwrap();
    assert_eq!(fetched.version, version("156.0.8078.90"));
    let says = Command::new(&fetched.program).arg("--version").output();
    assert!(String::from_utf8_lossy(&says.unwrap().stdout).contains("156.0.8078.90"));
    let ranges = source.asked(&zip_of("156.0.8078.90"));
    assert_eq!(ranges.len(), 3, "{ranges:?}");
    assert_eq!(ranges[0], None);
    assert!(
        ranges[1..].iter().all(Option::is_some),
        "taken up: {ranges:?}"
    );
    assert!(
        steps.lock().unwrap().windows(2).all(|pair| match pair {
            [
                FetchStep::Fetching { got, .. },
                FetchStep::Fetching { got: more, .. },
            ] => got <= more,
            _ => true,
        }),
        "never begun anew"
    );
    let again = supply
        .fetch(Family::Chrome, browser, &|_| {})
        .await
        .unwrap();
    assert!(!again.is_new && again.program == fetched.program);
    assert_eq!(source.asked(LIST).len(), 1);
}

#[tokio::test]
async fn what_is_not_what_it_should_be_is_refused_and_nothing_of_it_stays() {
    let source = Source::with(&["156.0.1.1"]).await;
    let folder = tempfile::tempdir().unwrap();
    let supply = source.supply(folder.path());
    let fetch = || supply.fetch(Family::Chrome, version("156.0.1.1"), &|_| {});
    let good = archive(&program("156.0.1.1"));
    let zip = zip_of("156.0.1.1");

    *source.0.lies.lock().unwrap() = Some(sum_of(b"something else"));
    source
        .0
        .lies
        .lock()
        .unwrap()
        .as_mut()
        .unwrap()
        .push_str(",x=y");
    let refused = fetch().await.unwrap_err();
    // The list is compared too.
    assert!(matches!(refused, SupplyError::Checksum), "{refused}");
    *source.0.lies.lock().unwrap() = None;

    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 1;
    source.hold(&zip, flipped);
    let refused = fetch().await.unwrap_err();
    assert!(matches!(refused, SupplyError::Damaged { .. }), "{refused}");

    source.hold(&zip, archive(&program("155.0.1.1")));
    let refused = fetch().await.unwrap_err();
    assert!(
        matches!(refused, SupplyError::DoesNotRun { .. }),
        "{refused}"
    );

    source.hold(&zip, b"<html>captive portal</html>".to_vec());
    let refused = fetch().await.unwrap_err();
    assert!(matches!(refused, SupplyError::Damaged { .. }), "{refused}");

    source.0.files.lock().unwrap().remove(&zip);
    let refused = fetch().await.unwrap_err();
    assert!(matches!(refused, SupplyError::NotThere { .. }), "{refused}");

    let refused = supply.fetch(Family::Chrome, version("160.0.1.1"), &|_| {});
    let refused = refused.await.unwrap_err();
    assert!(
        matches!(refused, SupplyError::NotListed { .. }),
        "{refused}"
    );
    assert!(is_empty(&supply));

    let outside = Supply {
        mirror: "http://mirror.example".to_owned(),
        ..supply.clone()
    };
    let refused = outside.fetch(Family::Chrome, version("156.0.1.1"), &|_| {});
    let refused = refused.await.unwrap_err();
    assert!(
        matches!(refused, SupplyError::BadAddress { .. }),
        "{refused}"
    );

    source.hold(&zip, good);
    assert!(fetch().await.unwrap().is_new, "in the end it comes");
}

#[tokio::test]
async fn of_two_that_want_it_at_once_one_fetches() {
    let source = Source::with(&["156.0.1.1"]).await;
    let folder = tempfile::tempdir().unwrap();
    let supply = source.supply(folder.path());
    source.breaks_after(&[200_000]);
    let waited = Mutex::new(0);
    let told = |step| *waited.lock().unwrap() += u32::from(step == FetchStep::Waiting);
    let fetch = || supply.fetch(Family::Chrome, version("156.0.1.9"), &told);
    let (one, other) = tokio::join!(fetch(), fetch());
    let (one, other) = (one.unwrap(), other.unwrap());
    assert_eq!(one.program, other.program);
    assert!(one.is_new != other.is_new);
    assert_eq!((source.asked(LIST).len(), *waited.lock().unwrap()), (1, 1));
}

/// A proxy that carries everything to one address, whatever it is asked for. What asks for a tunnel
/// gets one to a server of this name that speaks TLS.
struct Proxy {
    at: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

async fn proxy(to: SocketAddr, tls: Option<TlsAcceptor>) -> Proxy {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let asked = Arc::new(Mutex::new(Vec::new()));
    let heard = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(carry(stream, to, tls.clone(), heard.clone()));
        }
    });
    Proxy { at, asked }
}

async fn carry(
    mut from: TcpStream,
    to: SocketAddr,
    tls: Option<TlsAcceptor>,
    heard: Arc<Mutex<Vec<String>>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(from.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let (first, rest) = head.split_once("\r\n").unwrap();
    heard.lock().unwrap().push(first.to_owned());
    let mut upstream = TcpStream::connect(to).await?;
    if first.starts_with("CONNECT ") {
        from.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
        let mut inside = tls.expect("a certificate").accept(from).await?;
        tokio::io::copy_bidirectional(&mut inside, &mut upstream).await?;
        return Ok(());
    }
    let address = first.split(' ').nth(1).unwrap();
    let path = url::Url::parse(address).unwrap().path().to_owned();
    let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{rest}");
    upstream.write_all(request.as_bytes()).await?;
    tokio::io::copy_bidirectional(&mut from, &mut upstream).await?;
    Ok(())
}

/// `gachno driver fetch` in a home of its own.
async fn fetched_by_command(home: &Path, mirror: &str, environment: &[(&str, String)]) -> Output {
    let config = serde_json::json!({ "browser": { "driver_mirror": mirror } });
    std::fs::write(home.join("config.json"), config.to_string()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_gachno"));
    command
        .args(["driver", "fetch", "--version", "156"])
        .env("GACHNO_HOME", home)
        .envs(environment.iter().map(|(name, value)| (name, value)));
    for name in ["NO_PROXY", "no_proxy", "ALL_PROXY", "all_proxy"] {
        command.env_remove(name);
    }
    tokio::task::spawn_blocking(move || command.output().unwrap())
        .await
        .unwrap()
}

fn assert_fetched(output: &Output, home: &Path) {
    let said = String::from_utf8_lossy(&output.stdout);
    let words = String::from_utf8_lossy(&output.stderr);
    let program = home.join("drivers/chromedriver-156.0.1.1/chromedriver");
    assert!(output.status.success(), "{words}");
    assert_eq!(said.trim(), program.display().to_string());
    assert!(program.is_file());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_of_the_system_is_used() {
    let source = Source::with(&["156.0.1.1"]).await;
    let proxy = proxy(source.0.at, None).await;
    let home = tempfile::tempdir().unwrap();
    // Nobody is at this address of a shop's own network.
    let mirror = "http://192.168.251.251/cft";
    let environment = [("http_proxy", format!("http://{}", proxy.at))];
    let output = fetched_by_command(home.path(), mirror, &environment).await;
    assert_fetched(&output, home.path());
    let asked = proxy.asked.lock().unwrap().clone();
    assert!(
        asked[0].starts_with(&format!("GET {mirror}{LIST}")),
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secured_source_is_reached_through_a_proxy_and_believed_by_its_certificate() {
    let source = Source::with(&["156.0.1.1"]).await;
    let made = rcgen::generate_simple_self_signed(["mirror.example".to_owned()]).unwrap();
    let certificate = CertificateDer::from(made.cert.der().to_vec());
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let proxy = proxy(source.0.at, Some(Arc::new(tls).into())).await;
    let home = tempfile::tempdir().unwrap();
    let mirror = "https://mirror.example/cft";
    let mut environment = vec![("https_proxy", format!("http://{}", proxy.at))];
    let output = fetched_by_command(home.path(), mirror, &environment).await;
    assert!(
        !output.status.success(),
        "a certificate that nobody vouches for"
    );
    let own = home.path().join("own.pem");
    std::fs::write(&own, made.cert.pem()).unwrap();
    environment.push(("SSL_CERT_FILE", own.display().to_string()));
    let output = fetched_by_command(home.path(), mirror, &environment).await;
    assert_fetched(&output, home.path());
    let asked = proxy.asked.lock().unwrap().clone();
    assert!(
        asked
            .iter()
            .all(|line| line.starts_with("CONNECT mirror.example:443 ")),
        "{asked:?}"
    );
}
