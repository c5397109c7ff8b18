//! How the server is set up: a file, then the environment, then flags, each stronger than the one before.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::config::Home;
use crate::store::sqlite_url;

/// Everything that can be set in `serve.toml`. Unknown keys are refused.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ServeFile {
    /// Where to listen (`127.0.0.1:8000`). Another machine reaches it only when this says so.
    pub listen: Option<SocketAddr>,
    /// `sqlite://FILE` or `mysql://user:password@host/name`. Default: `server.db` in the data folder.
    pub database: Option<String>,
    /// Is there a proxy in front? Then the right-most entry of `X-Forwarded-For` is who asks.
    pub behind_proxy: Option<bool>,
    /// Requests a second and caller; four times as many at once.
    pub requests_per_second: Option<u32>,
}

/// How the server runs.
#[derive(Debug, Clone)]
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
}

impl ServeConfig {
    /// The file's words, over them the environment's, over them the flags'.
    pub fn gather(home: &Home, flags: ServeFile) -> Result<Self, ServeConfigError> {
        Self::of(home, &read(&home.serve_file())?, |name| std::env::var(name).ok().filter(|v| !v.is_empty()), flags)
    }

    fn of(home: &Home, file: &ServeFile, variable: impl Fn(&'static str) -> Option<String>, flags: ServeFile) -> Result<Self, ServeConfigError> {
        fn parsed<T: std::str::FromStr>(name: &'static str, value: Option<String>) -> Result<Option<T>, ServeConfigError> {
            value.map(|value| value.parse().map_err(|_| ServeConfigError::Variable { name, value })).transpose()
        }
        let listen = parsed("GACHNO_SERVE_LISTEN", variable("GACHNO_SERVE_LISTEN"))?;
        let behind_proxy = parsed("GACHNO_SERVE_BEHIND_PROXY", variable("GACHNO_SERVE_BEHIND_PROXY"))?;
        let per_second = parsed("GACHNO_SERVE_REQUESTS_PER_SECOND", variable("GACHNO_SERVE_REQUESTS_PER_SECOND"))?;
        let database = flags.database.or_else(|| variable("GACHNO_SERVE_DATABASE")).or_else(|| file.database.clone());
        Ok(Self {
            listen: flags.listen.or(listen).or(file.listen).unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8000))),
            database: database.unwrap_or_else(|| sqlite_url(&home.server_database())),
            behind_proxy: flags.behind_proxy.or(behind_proxy).or(file.behind_proxy).unwrap_or(false),
            requests_per_second: flags.requests_per_second.or(per_second).or(file.requests_per_second).unwrap_or(200).max(1),
            key_file: home.serve_key(),
        })
    }
}

fn read(path: &Path) -> Result<ServeFile, ServeConfigError> {
    let fault = |why: String| ServeConfigError::File { path: path.to_owned(), why };
    match std::fs::read_to_string(path) {
        Ok(text) => toml::from_str(&text).map_err(|e| fault(e.message().to_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(ServeFile::default()),
        Err(e) => Err(fault(e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_stronger_than_the_environment_and_that_than_the_file() {
        let home = Home::at(Path::new("/srv"));
        let file = ServeFile { listen: "127.0.0.1:1".parse().ok(), database: Some("sqlite://file".into()), ..ServeFile::default() };
        let none = |_: &'static str| None;
        let some = |name: &'static str| (name == "GACHNO_SERVE_LISTEN").then(|| "127.0.0.1:2".to_owned());
        let flags = || ServeFile { listen: "127.0.0.1:3".parse().ok(), ..ServeFile::default() };
        let port = |config: Result<ServeConfig, ServeConfigError>| config.expect("good").listen.port();
        assert_eq!(port(ServeConfig::of(&home, &file, none, ServeFile::default())), 1);
        assert_eq!(port(ServeConfig::of(&home, &file, some, ServeFile::default())), 2);
        assert_eq!(port(ServeConfig::of(&home, &file, some, flags())), 3);
        let bad = |name: &'static str| (name == "GACHNO_SERVE_LISTEN").then(|| "here".to_owned());
        assert!(ServeConfig::of(&home, &file, bad, ServeFile::default()).is_err());
    }

    #[test]
    fn a_misspelt_key_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("serve.toml");
        std::fs::write(&path, "listne = '127.0.0.1:1'").expect("written");
        assert!(read(&path).expect_err("refused").to_string().contains("listne"));
    }
}
