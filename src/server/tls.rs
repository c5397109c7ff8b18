//! HTTPS by itself: a given certificate, and one that is renewed while it works.
//!
//! TLS 1.2 and 1.3 alone; rustls knows nothing older. Handshakes are `connections`' matter.

use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::config::TlsFiles;
use super::secret_file;

/// How often the files are looked at: a renewed certificate is taken without a restart.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Why the server cannot speak HTTPS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Others can read the key.
    #[error(
        "Người khác đọc được khóa TLS {0}. Chạy: chmod 600 {0} (The TLS key is readable by others.)"
    )]
    Open(PathBuf),
    /// The file cannot be read, or holds no PEM of that kind.
    #[error(
        "Không đọc được {path}: cần tệp PEM có {what}. (Cannot read the certificate or its key.)"
    )]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
        /// The cause.
        #[source]
        source: rustls::pki_types::pem::Error,
    },
    /// They do not belong together, or nobody can use them.
    #[error(
        "Chứng thư {cert} và khóa {key} không dùng được với nhau. Kiểm tra lại hai tệp. (Certificate and key do not fit.)"
    )]
    Unfit {
        /// The certificate.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
        /// The cause.
        #[source]
        source: rustls::Error,
    },
}

/// The certificate that is shown to those who come in.
#[derive(Debug, Clone)]
pub struct Certificate {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    files: TlsFiles,
    used: RwLock<(Times, Arc<CertifiedKey>)>,
}

type Times = [Option<SystemTime>; 2];

impl Certificate {
    /// Reads both files.
    pub fn open(files: &TlsFiles) -> Result<Self, TlsError> {
        let used = RwLock::new((times(files), read(files)?));
        Ok(Self {
            inner: Arc::new(Inner {
                files: files.clone(),
                used,
            }),
        })
    }

    /// Takes what is in the files by now, if they changed. What is no good is not taken.
    pub fn renew(&self) -> Result<bool, TlsError> {
        let now = times(&self.inner.files);
        if self
            .inner
            .used
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .0
            == now
        {
            return Ok(false);
        }
        let key = read(&self.inner.files)?;
        *self
            .inner
            .used
            .write()
            .unwrap_or_else(PoisonError::into_inner) = (now, key);
        Ok(true)
    }

    /// Looks at the files from time to time, until `stop`.
    pub async fn watch(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            self.look();
        }
    }

    /// [`Certificate::renew`], told to the log.
    pub fn look(&self) {
        match self.renew() {
            Ok(true) => tracing::info!("the certificate was renewed"),
            Ok(false) => {}
            Err(error) => {
                let error = format!("{:#}", anyhow::Error::from(error));
                tracing::warn!(error, "the new certificate is no good; the old one stays");
            }
        }
    }

    /// What agrees on keys, with the certificate as it is at the time.
    pub fn acceptor(&self) -> Result<TlsAcceptor, rustls::Error> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?;
        let mut config = config
            .with_no_client_auth()
            .with_cert_resolver(Arc::clone(&self.inner) as Arc<dyn ResolvesServerCert>);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

impl ResolvesServerCert for Inner {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(
            &self.used.read().unwrap_or_else(PoisonError::into_inner).1,
        ))
    }
}

fn times(files: &TlsFiles) -> Times {
    [&files.cert, &files.key].map(|path| std::fs::metadata(path).and_then(|m| m.modified()).ok())
}

fn read(files: &TlsFiles) -> Result<Arc<CertifiedKey>, TlsError> {
    let TlsFiles { cert, key } = files;
    let unfit = |source| TlsError::Unfit {
        cert: cert.clone(),
        key: key.clone(),
        source,
    };
    if secret_file::is_open_to_others(key) {
        return Err(TlsError::Open(key.clone()));
    }
    let unreadable = |path: &PathBuf, what| {
        let path = path.clone();
        move |source| TlsError::Unreadable { path, what, source }
    };
    let chain = CertificateDer::pem_file_iter(cert)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(unreadable(cert, "chứng thư"))?;
    let private =
        PrivateKeyDer::from_pem_file(key).map_err(unreadable(key, "khóa riêng không mật khẩu"))?;
    if chain.is_empty() {
        return Err(unreadable(cert, "chứng thư")(
            rustls::pki_types::pem::Error::NoItemsFound,
        ));
    }
    CertifiedKey::from_der(chain, private, &ring::default_provider())
        .map(Arc::new)
        .map_err(unfit)
}
