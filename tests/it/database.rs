//! Databases for tests: a SQLite file, or a database of a real MariaDB that is started once for all
//! test processes. It also listens on this computer's own address, over TLS, as one on another
//! machine would.
//!
//! Lives here: starting it, sharing it, making it end. The first test that needs it starts it
//! detached, with a watcher that ends it when no test process was there for a while, and when its
//! folder is gone; so it ends after a failed run, too. Each test has a database of its own name,
//! dropped when the test is over.

use std::fs::{self, File};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use gachno::store::Store;
use tempfile::TempDir;

/// A database that is there as long as this is.
pub struct Base {
    pub url: String,
    _folder: TempDir,
    drop_in: Option<(PathBuf, String)>,
}

/// Which one a test runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    Sqlite,
    MariaDb,
}

impl Base {
    /// An empty one. `None`: this machine has no MariaDB.
    pub fn new(which: Which) -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        match which {
            Which::Sqlite => Some(Self {
                url: gachno::store::sqlite_url(&folder.path().join("shop.db")),
                _folder: folder,
                drop_in: None,
            }),
            Which::MariaDb => {
                let Some(socket) = mariadb() else {
                    eprintln!("SKIPPED: there is no mariadbd on this machine");
                    return None;
                };
                let name = format!("t_{}", uuid::Uuid::new_v4().simple());
                // Another default than ours: what we make must say its own.
                sql(
                    &socket,
                    &format!(
                        "CREATE DATABASE {name} CHARACTER SET latin1 COLLATE latin1_swedish_ci"
                    ),
                );
                let url = format!(
                    "mysql://gachno:gachno@localhost/{name}?socket={}",
                    socket.display()
                );
                Some(Self {
                    url,
                    _folder: folder,
                    drop_in: Some((socket, name)),
                })
            }
        }
    }

    /// Opened, with our schema in it.
    pub async fn store(&self) -> Store {
        Store::open(&self.url).await.unwrap()
    }

    /// Runs SQL as a database tool would (MariaDB).
    pub fn load(&self, script: &str) {
        let (socket, name) = self.drop_in.as_ref().unwrap();
        sql(socket, &format!("USE {name};\n{script}"));
    }

    /// The address of an account that may do these things with the whole database and nothing else
    /// (MariaDB).
    pub fn account(&self, who: &str, rights: &str) -> String {
        let (socket, name) = self.drop_in.as_ref().unwrap();
        let user = format!("{name}_{who}");
        sql(
            socket,
            &format!(
                "CREATE USER {user}@localhost IDENTIFIED BY 'gachno'; GRANT {rights} ON {name}.* TO {user}@localhost"
            ),
        );
        self.url
            .replace("gachno:gachno@", &format!("{user}:gachno@"))
    }

    /// The same database as another machine reaches it. `None`: this computer has no address of its
    /// own.
    pub fn afar(&self) -> Option<Afar> {
        let (socket, name) = self.drop_in.as_ref().unwrap();
        let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mariadb");
        let Some(host) = own_address() else {
            eprintln!("SKIPPED: this machine has no address but its loopback");
            return None;
        };
        let port = sql(socket, "SELECT @@port").trim().to_owned();
        // For this test alone, with a password that nobody knows: the port is open to the network.
        let password = uuid::Uuid::new_v4().simple().to_string();
        sql(
            socket,
            &format!(
                "CREATE USER {name}@'%' IDENTIFIED BY '{password}' REQUIRE SSL; GRANT ALL ON {name}.* TO {name}@'%'"
            ),
        );
        let url = format!("mysql://{name}:{password}@HOST:{port}/{name}");
        Some(Afar {
            url,
            host: host.to_string(),
            ca: home.join("tls/ca.pem"),
        })
    }

    /// What a query answers, as a database tool prints it (MariaDB).
    pub fn ask(&self, query: &str) -> String {
        let (socket, name) = self.drop_in.as_ref().unwrap();
        sql(socket, &format!("USE {name};\n{query}"))
    }
}

impl Drop for Base {
    fn drop(&mut self) {
        if let Some((socket, name)) = &self.drop_in {
            sql(socket, &format!("DROP DATABASE {name}"));
            let users = sql(
                socket,
                &format!(
                    "SELECT CONCAT(QUOTE(user), '@', QUOTE(host)) FROM mysql.user WHERE user LIKE '{name}%'"
                ),
            );
            for user in users.lines() {
                sql(socket, &format!("DROP USER {user}"));
            }
        }
    }
}

/// A database on another machine, as far as anybody can tell.
pub struct Afar {
    url: String,
    /// The address that stands in its certificate. It also listens on 127.0.0.1, which does not.
    pub host: String,
    /// Who signed its certificate.
    pub ca: PathBuf,
}

impl Afar {
    /// Its address, by that host, with these parameters.
    pub fn url(&self, host: &str, parameters: &str) -> String {
        format!("{}{parameters}", self.url.replace("HOST", host))
    }
}

/// This computer's address in its network. Nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    socket.connect("192.0.2.200:9").ok()?;
    socket
        .local_addr()
        .ok()
        .map(|address| address.ip())
        .filter(|ip| !ip.is_loopback() && !ip.is_unspecified())
}

/// Files for its TLS: a certificate for `host`, and the authority that signed it.
fn make_certificate(folder: &Path, host: IpAddr) {
    let mut authority = rcgen::CertificateParams::new([]).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let (authority_key, key) = (
        rcgen::KeyPair::generate().unwrap(),
        rcgen::KeyPair::generate().unwrap(),
    );
    let own = authority.self_signed(&authority_key).unwrap();
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let signed = rcgen::CertificateParams::new([host.to_string()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    fs::create_dir_all(folder).unwrap();
    for (name, text) in [
        ("ca.pem", own.pem()),
        ("cert.pem", signed.pem()),
        ("key.pem", key.serialize_pem()),
    ] {
        fs::write(folder.join(name), text).unwrap();
    }
}

fn sql(socket: &Path, script: &str) -> String {
    let mut client = Command::new("mariadb");
    client.args([
        "--no-defaults",
        "--user=gachno",
        "--password=gachno",
        "--skip-column-names",
        "--default-character-set=utf8mb4",
    ]);
    client
        .arg(format!("--socket={}", socket.display()))
        .arg("--execute")
        .arg(script);
    let output = client.output().unwrap();
    assert!(
        output.status.success(),
        "{}\n{script}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The socket of the one that all test processes share. Started by the first, kept by a lock on a
/// file that each holds.
fn mariadb() -> Option<PathBuf> {
    if Command::new("mariadbd")
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_err()
    {
        return None;
    }
    let home = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mariadb");
    fs::create_dir_all(&home).unwrap();
    let one_at_a_time = File::create(home.join("starting.lock")).unwrap();
    one_at_a_time.lock().unwrap();
    // A path that fits into a socket's address, which the target folder's may not.
    let socket = std::env::temp_dir().join(format!("gachno-it-{}.sock", digest(&home)));
    touch(&home);
    if !answers(&socket) {
        start(&home, &socket);
    }
    keep_awake(home);
    Some(socket)
}

/// The watcher looks at this file's time; a test that runs for long touches it again.
fn touch(home: &Path) {
    fs::write(home.join("used"), b"").unwrap();
}

fn keep_awake(home: PathBuf) {
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_secs(5));
            touch(&home);
        }
    });
}

fn answers(socket: &Path) -> bool {
    let mut ping = Command::new("mariadb");
    ping.args([
        "--no-defaults",
        "--user=gachno",
        "--password=gachno",
        "--execute=SELECT 1",
    ])
    .arg(format!("--socket={}", socket.display()));
    ping.stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|s| s.success())
}

fn start(home: &Path, socket: &Path) {
    let is_root = String::from_utf8(Command::new("id").arg("-u").output().unwrap().stdout)
        .unwrap()
        .trim()
        == "0";
    let user: &[&str] = if is_root { &["--user=root"] } else { &[] };
    let fresh = home.join("fresh");
    if !fresh.join("made").exists() {
        let _ = fs::remove_dir_all(&fresh);
        let made = Command::new("mariadb-install-db")
            .args([
                "--no-defaults",
                "--auth-root-authentication-method=normal",
                "--skip-test-db",
            ])
            .args(user)
            .arg(format!("--datadir={}", fresh.display()))
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        File::create(fresh.join("made")).unwrap();
    }
    // A folder of its own for each start: the last server may still be clearing away its own.
    let data = home.join(format!("data-{}", uuid::Uuid::new_v4().simple()));
    assert!(
        Command::new("cp")
            .arg("-r")
            .arg(&fresh)
            .arg(&data)
            .status()
            .unwrap()
            .success()
    );
    let init = home.join("init.sql");
    fs::write(&init, "CREATE USER gachno@localhost IDENTIFIED BY 'gachno';\nGRANT ALL ON *.* TO gachno@localhost WITH GRANT OPTION;\n").unwrap();
    // The watcher is the server's parent: it ends it a minute after the last test process touched
    // the file. Meanwhile it holds the lock that a starting test waits for, so that nobody is given
    // a server that is about to go.
    let watch = "mariadbd \"$@\" & server=$!; \
                 while kill -0 $server 2>/dev/null; do sleep 3; { flock 9; \
                 if [ ! -e \"$USED\" ] || [ $(( $(date +%s) - $(stat -c %Y \"$USED\") )) -gt 60 ]; then kill $server; wait $server; fi; \
                 } 9>\"$LOCK\" || kill $server; done; rm -rf \"$DATA\"";
    let mut watcher = Command::new("setsid");
    watcher
        .args(["sh", "-c", watch, "watch", "--no-defaults"])
        .args(user)
        .env("USED", home.join("used"))
        .env("DATA", &data)
        .env("LOCK", home.join("starting.lock"));
    watcher
        .arg(format!("--datadir={}", data.display()))
        .arg(format!("--socket={}", socket.display()))
        .arg(format!("--init-file={}", init.display()));
    match own_address() {
        Some(host) => {
            make_certificate(&home.join("tls"), host);
            let free = TcpListener::bind((host, 0))
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
            watcher.args([
                format!("--bind-address={host},127.0.0.1"),
                format!("--port={free}"),
            ]);
            for (flag, name) in [
                ("--ssl-ca", "ca.pem"),
                ("--ssl-cert", "cert.pem"),
                ("--ssl-key", "key.pem"),
            ] {
                watcher.arg(format!("{flag}={}", home.join("tls").join(name).display()));
            }
        }
        None => {
            watcher.arg("--skip-networking");
        }
    }
    watcher.args([
        "--innodb-flush-log-at-trx-commit=0",
        "--innodb-buffer-pool-size=128M",
        "--innodb-log-file-size=64M",
    ]);
    watcher.args([
        "--skip-innodb-doublewrite",
        "--skip-log-bin",
        "--max-connections=400",
        "--performance-schema=OFF",
        "--character-set-server=latin1",
    ]);
    let log = File::create(home.join("server.log")).unwrap();
    let started = watcher
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    // It outlives this process on purpose; while this one lives, somebody has to see its end.
    std::thread::spawn(move || started.wait_with_output());
    let begun = Instant::now();
    while !answers(socket) {
        let log = || fs::read_to_string(home.join("server.log")).unwrap_or_default();
        assert!(
            begun.elapsed() < Duration::from_mins(1),
            "MariaDB does not start:\n{}",
            log()
        );
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn digest(path: &Path) -> String {
    gachno::store::digest(path.as_os_str().as_encoded_bytes())[..12].to_owned()
}

/// The same story on both databases, as two tests.
macro_rules! on_both {
    ($(#[$note:meta])* async fn $name:ident($base:ident: &Base) $body:block) => {
        mod $name {
            use super::*;

            $(#[$note])*
            async fn story($base: &Base) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn sqlite() {
                story(&Base::new(Which::Sqlite).unwrap()).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn mariadb() {
                if let Some(base) = Base::new(Which::MariaDb) {
                    story(&base).await;
                }
            }
        }
    };
}
pub(crate) use on_both;
