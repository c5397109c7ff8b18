//! How the server is set up: a file, then the environment, then flags, each stronger than the one
//! before.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use url::Url;

use super::secret_file;
use crate::config::Home;
use crate::store::{shown, sqlite_url};

/// Everything that can be set in `serve.toml`. Unknown keys are refused.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeFile {
    /// Where to listen (`127.0.0.1:8000`). Another machine reaches it only when this says so.
    pub listen: Option<SocketAddr>,
    /// `sqlite://FILE` or `mysql://user:password@host/name`. Default: `server.db` in the data
    /// folder.
    pub database: Option<String>,
    /// Is there a proxy in front? Then the right-most entry of `X-Forwarded-For` is who asks.
    pub behind_proxy: Option<bool>,
    /// Requests a second and caller; four times as many at once.
    pub requests_per_second: Option<u32>,
    /// The certificate with its chain (PEM). With `tls_key` the server speaks HTTPS by itself.
    pub tls_cert: Option<PathBuf>,
    /// The certificate's key (PEM). Nobody else may be able to read it.
    pub tls_key: Option<PathBuf>,
    /// The key of the secrets in the database; made at the first start. Default: `serve.key` in the
    /// configuration folder.
    pub key_file: Option<PathBuf>,
    /// A database on another machine without verified TLS is refused, unless this says that the
    /// network may be trusted.
    pub insecure_database: Option<bool>,
    /// How the log file is written (`json`).
    pub log: Option<LogForm>,
    /// What addresses for others begin with: those that customers and providers come back to
    /// (`https://shop.example`). Default: where it listens.
    pub public_url: Option<String>,
}

/// How the server's log file is written. The terminal is for people, whatever this says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogForm {
    /// A JSON object a line: what a caller sends cannot look like a line of ours.
    #[default]
    Json,
    /// Lines for people.
    Text,
}

impl std::str::FromStr for LogForm {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "json" => Ok(Self::Json),
            "text" => Ok(Self::Text),
            other => Err(format!("{other:?}: json hoặc text (json or text)")),
        }
    }
}

/// How the server runs.
#[derive(Clone)]
pub struct ServeConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The database's address.
    pub database: String,
    /// Is there a proxy in front?
    pub behind_proxy: bool,
    /// Requests a second and caller.
    pub requests_per_second: u32,
    /// Where the key of the secrets in the database lies.
    pub key_file: PathBuf,
    /// Certificate and key, where the server speaks HTTPS by itself.
    pub tls: Option<TlsFiles>,
    /// May the database be asked over a network that anybody could listen to?
    pub insecure_database: bool,
    /// How the log file is written.
    pub log: LogForm,
    /// What addresses for others begin with, where it is not where the server listens.
    pub public_url: Option<Url>,
}

/// A certificate with its chain, and its key, both PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate with its chain.
    pub cert: PathBuf,
    /// The certificate's key.
    pub key: PathBuf,
}

/// Why it cannot be set up so.
#[derive(Debug, thiserror::Error)]
pub enum ServeConfigError {
    /// The file cannot be read, or says something that nobody knows.
    #[error("{path} không dùng được: {why}. Sửa lại rồi chạy lại. (Bad serve.toml.)")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// A variable of the environment cannot be read.
    #[error("Biến {name} không hợp lệ: {value:?}. (Bad environment variable.)")]
    Variable {
        /// Which.
        name: &'static str,
        /// What it says.
        value: String,
    },
    /// The database's password lies there for everybody to read.
    #[error(
        "{0} chứa mật khẩu cơ sở dữ liệu mà người khác đọc được. Chạy: chmod 600 {0} (The file holds the database's password and is readable by \
         others.)"
    )]
    OpenFile(PathBuf),
    /// It is no address that others could come to.
    #[error(
        "public_url {0:?} không dùng được: cần dạng https://cuahang.example, hoặc http:// cho máy này và mạng trong nhà; không có ? hay #. (Bad public_url.)"
    )]
    PublicUrl(String),
    /// A certificate without its key, or the other way round.
    #[error(
        "TLS cần cả chứng thư (tls_cert) và khóa (tls_key). (TLS needs both, certificate and key.)"
    )]
    HalfTls,
    /// The database's password and all that is in it would go over a network in clear.
    #[error(
        "Cơ sở dữ liệu {0} ở máy khác nhưng kết nối không được mã hóa và kiểm tra. Thêm ?ssl-mode=VERIFY_IDENTITY&ssl-ca=TỆP vào địa chỉ, hoặc đặt \
         insecure_database = true nếu mạng này tin được. (The database is on another machine without verified TLS.)"
    )]
    InsecureDatabase(String),
}

impl ServeConfig {
    /// The file's words, over them the environment's, over them the flags'.
    pub fn gather(home: &Home, flags: ServeFile) -> Result<Self, ServeConfigError> {
        Self::of(
            home,
            &read(&home.serve_file())?,
            |name| std::env::var(name).ok().filter(|v| !v.is_empty()),
            flags,
        )
    }

    fn of(
        home: &Home,
        file: &ServeFile,
        variable: impl Fn(&'static str) -> Option<String>,
        flags: ServeFile,
    ) -> Result<Self, ServeConfigError> {
        fn parsed<T: std::str::FromStr>(
            name: &'static str,
            value: Option<String>,
        ) -> Result<Option<T>, ServeConfigError> {
            value
                .map(|value| {
                    value
                        .parse()
                        .map_err(|_| ServeConfigError::Variable { name, value })
                })
                .transpose()
        }
        let listen = parsed("GACHNO_SERVE_LISTEN", variable("GACHNO_SERVE_LISTEN"))?;
        let behind_proxy = parsed(
            "GACHNO_SERVE_BEHIND_PROXY",
            variable("GACHNO_SERVE_BEHIND_PROXY"),
        )?;
        let per_second = parsed(
            "GACHNO_SERVE_REQUESTS_PER_SECOND",
            variable("GACHNO_SERVE_REQUESTS_PER_SECOND"),
        )?;
        let insecure = parsed(
            "GACHNO_SERVE_INSECURE_DATABASE",
            variable("GACHNO_SERVE_INSECURE_DATABASE"),
        )?;
        let insecure_database = flags
            .insecure_database
            .or(insecure)
            .or(file.insecure_database)
            .unwrap_or(false);
        let database = flags
            .database
            .or_else(|| variable("GACHNO_SERVE_DATABASE"))
            .or_else(|| file.database.clone());
        let database = database.unwrap_or_else(|| sqlite_url(&home.server_database()));
        check_database(&database, insecure_database)?;
        let path = |flag: Option<PathBuf>, name: &'static str, file: &Option<PathBuf>| {
            flag.or_else(|| variable(name).map(PathBuf::from))
                .or_else(|| file.clone())
        };
        let tls_cert = path(flags.tls_cert, "GACHNO_SERVE_TLS_CERT", &file.tls_cert);
        let tls_key = path(flags.tls_key, "GACHNO_SERVE_TLS_KEY", &file.tls_key);
        let log = parsed("GACHNO_SERVE_LOG", variable("GACHNO_SERVE_LOG"))?;
        let tls = match (tls_cert, tls_key) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            _ => return Err(ServeConfigError::HalfTls),
        };
        let public_url = flags
            .public_url
            .or_else(|| variable("GACHNO_SERVE_PUBLIC_URL"))
            .or_else(|| file.public_url.clone())
            .map(public_url)
            .transpose()?;
        Ok(Self {
            public_url,
            listen: flags
                .listen
                .or(listen)
                .or(file.listen)
                .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000))),
            database,
            behind_proxy: flags
                .behind_proxy
                .or(behind_proxy)
                .or(file.behind_proxy)
                .unwrap_or(false),
            requests_per_second: flags
                .requests_per_second
                .or(per_second)
                .or(file.requests_per_second)
                .unwrap_or(200)
                .max(1),
            key_file: path(flags.key_file, "GACHNO_SERVE_KEY_FILE", &file.key_file)
                .unwrap_or_else(|| home.serve_key()),
            tls,
            insecure_database,
            log: flags.log.or(log).or(file.log).unwrap_or_default(),
        })
    }

    /// On this computer alone, without TLS, with room for any number of requests: for benchmarks
    /// and tests.
    pub fn local(database: &str, key_file: PathBuf) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            database: database.to_owned(),
            behind_proxy: false,
            requests_per_second: 1_000_000,
            key_file,
            tls: None,
            insecure_database: false,
            log: LogForm::default(),
            public_url: None,
        }
    }

    /// The server's base address when it listens there.
    pub fn own_url(&self, listen: SocketAddr) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        format!("{scheme}://{listen}")
    }

    /// Could somebody on the network listen to what the server and its callers say?
    pub fn is_open_to_the_network(&self) -> bool {
        !self.listen.ip().is_loopback() && self.tls.is_none() && !self.behind_proxy
    }
}

/// Without the database's password: configurations end up in logs.
impl std::fmt::Debug for ServeConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServeConfig")
            .field("listen", &self.listen)
            .field("database", &shown(&self.database))
            .field("behind_proxy", &self.behind_proxy)
            .field("requests_per_second", &self.requests_per_second)
            .field("key_file", &self.key_file)
            .field("tls", &self.tls)
            .field("insecure_database", &self.insecure_database)
            .field("log", &self.log)
            .field("public_url", &self.public_url.as_ref().map(Url::as_str))
            .finish()
    }
}

impl std::fmt::Debug for ServeFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            listen,
            database,
            behind_proxy,
            requests_per_second,
            tls_cert,
            tls_key,
            key_file,
            insecure_database,
            log,
            public_url,
        } = self;
        f.debug_struct("ServeFile")
            .field("listen", listen)
            .field("database", &database.as_deref().map(shown))
            .field("behind_proxy", behind_proxy)
            .field("requests_per_second", requests_per_second)
            .field("tls_cert", tls_cert)
            .field("tls_key", tls_key)
            .field("key_file", key_file)
            .field("insecure_database", insecure_database)
            .field("log", log)
            .field("public_url", public_url)
            .finish()
    }
}

/// An address that others can come to, with nothing in it that is not for everybody's eyes.
fn public_url(text: String) -> Result<Url, ServeConfigError> {
    match Url::parse(&text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.username().is_empty()
                && url.password().is_none()
                && url.query().is_none()
                && url.fragment().is_none() =>
        {
            Ok(url)
        }
        Ok(url) if url.password().is_some() => Err(ServeConfigError::PublicUrl(shown(&text))),
        _ => Err(ServeConfigError::PublicUrl(text)),
    }
}

/// A database on another machine needs TLS with a certificate that is checked, unless somebody said
/// that it does not.
pub fn check_database(url: &str, insecure: bool) -> Result<(), ServeConfigError> {
    if insecure || is_protected(url) {
        Ok(())
    } else {
        Err(ServeConfigError::InsecureDatabase(shown(url)))
    }
}

fn is_protected(url: &str) -> bool {
    // What is no address is refused where it is opened.
    let Ok(url) = Url::parse(url) else {
        return true;
    };
    if !matches!(url.scheme(), "mysql" | "mariadb") {
        return true;
    }
    let given = |names: [&str; 2]| {
        url.query_pairs()
            .filter(|(name, _)| names.contains(&&**name))
            .last()
            .map(|(_, value)| value.into_owned())
    };
    let host = url
        .host_str()
        .unwrap_or("localhost")
        .trim_matches(['[', ']']);
    let is_here = host == "localhost"
        || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
        || url.query_pairs().any(|(name, _)| name == "socket");
    // `PREFERRED`, the default, and `REQUIRED` talk to anybody who says that he is the database.
    is_here
        || given(["ssl-mode", "sslmode"]).is_some_and(|mode| {
            matches!(
                mode.to_ascii_uppercase().as_str(),
                "VERIFY_CA" | "VERIFY_IDENTITY"
            )
        })
}

fn read(path: &Path) -> Result<ServeFile, ServeConfigError> {
    let fault = |why: String| ServeConfigError::File {
        path: path.to_owned(),
        why,
    };
    match std::fs::read_to_string(path) {
        Ok(text) => {
            let file: ServeFile =
                toml::from_str(&text).map_err(|e| fault(e.message().to_owned()))?;
            // An address that cannot be read may hold a password all the same.
            let has_password = |url: &String| shown(url) != *url;
            if file.database.as_ref().is_some_and(has_password)
                && secret_file::is_open_to_others(path)
            {
                return Err(ServeConfigError::OpenFile(path.to_owned()));
            }
            Ok(file)
        }
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(ServeFile::default()),
        Err(e) => Err(fault(e.to_string())),
    }
}

#[cfg(test)]
mod tests;
