//! The job API's client.
//!
//! Lives here: what goes over HTTP, and the two forms of its answer ([`payload`]).
//! Never here: what a job is worth or whether it may be done ([`crate::domain`]).

mod claims;
pub mod payload;
mod server;
mod site;
mod source;

use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use reqwest::{Method, StatusCode, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::domain::job::Defaults;
use crate::domain::{Intake, Service};
pub use claims::Claims;
pub use payload::PayloadError;
pub use server::{Denial, JobServer, LEASE_MS, ServerAnswer, ShopBanner};
pub use site::{CollectionSite, TAKEN};
pub use source::JobSource;

/// Larger answers are refused: ten thousand jobs take less than one megabyte.
const BODY_MAX: usize = 16 * 1024 * 1024;
/// Tries after the first one, for faults of the connection only.
const RETRIES: usize = 2;

/// A job API.
#[derive(Debug, Clone)]
pub struct JobApi {
    http: reqwest::Client,
    base: Url,
    token: Option<SecretString>,
    health_max: Duration,
    data_max: Duration,
}

/// What the health check says.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct ServerHealth {
    /// `success`
    pub status: String,
    /// For people.
    #[serde(default)]
    pub message: String,
}

/// Why there are no jobs.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The address is none.
    #[error(
        "Địa chỉ API {0:?} không hợp lệ. Sửa api.url, ví dụ http://127.0.0.1:8080. (Bad API address.)"
    )]
    BadAddress(String),
    /// Nobody listens there.
    #[error(
        "Lỗi kết nối API: không kết nối được {url}. Kiểm tra máy chủ đã chạy chưa và địa chỉ api.url. (Cannot reach the API.)"
    )]
    Down {
        /// The address.
        url: String,
        /// The cause.
        #[source]
        source: reqwest::Error,
    },
    /// It takes too long.
    #[error(
        "Lỗi kết nối API: {url} không trả lời trong {seconds} giây. Thử lại sau. (The API is too slow.)"
    )]
    Slow {
        /// The address.
        url: String,
        /// The limit.
        seconds: u64,
    },
    /// It wants another token.
    #[error("API từ chối truy cập ({status}). Kiểm tra mã máy (api.token). (Access denied.)")]
    Denied {
        /// 401 or 403.
        status: u16,
    },
    /// It answers with an error.
    #[error("API báo lỗi {status}: {message}. Báo cho người quản trị máy chủ. (Server error.)")]
    Server {
        /// HTTP status.
        status: u16,
        /// Its words.
        message: String,
        /// Its word for programs; empty where it has none.
        code: String,
    },
    /// It does not know the service.
    #[error("API không có dịch vụ {0}. (Unknown service.)")]
    UnknownService(Service),
    /// Its answer is no JSON.
    #[error(
        "API trả về nội dung không phải JSON. Kiểm tra api.url có đúng là máy chủ công việc không. (Not JSON.)"
    )]
    NotJson(#[source] serde_json::Error),
    /// Its answer is too large.
    #[error("API trả về quá nhiều dữ liệu (trên 16 MiB). (Answer too large.)")]
    TooLarge,
    /// Its answer has another shape.
    #[error(transparent)]
    Shape(#[from] PayloadError),
}

impl ApiError {
    /// Faults of the way there, and too many questions at once; the question itself may be asked
    /// again.
    fn is_of_the_way(&self) -> bool {
        matches!(
            self,
            Self::Down { .. }
                | Self::Slow { .. }
                | Self::Server {
                    status: 429 | 502..=504,
                    ..
                }
        )
    }
}

impl JobApi {
    /// A client for this base address. `token` goes along as a bearer token.
    pub fn new(
        base: &str,
        token: Option<SecretString>,
        health_max: Duration,
        data_max: Duration,
    ) -> Result<Self, ApiError> {
        let (http, base) = base_url(base)?;
        Ok(Self {
            http,
            base,
            token,
            health_max,
            data_max,
        })
    }

    /// Is it there?
    pub async fn health(&self) -> Result<ServerHealth, ApiError> {
        let value = self
            .get("/api/health", self.health_max)
            .await?
            .ok_or_else(|| ApiError::Server {
                status: 404,
                message: "không có /api/health".to_owned(),
                code: String::new(),
            })?;
        serde_json::from_value(value).map_err(ApiError::NotJson)
    }

    /// The service's jobs. `overrides` win over what the list says for rows without an amount or
    /// type of their own.
    pub async fn fetch(&self, service: Service, overrides: Defaults) -> Result<Intake, ApiError> {
        for path in [
            format!("/api/data/{service}"),
            format!("/api/public/services/{service}/data"),
        ] {
            let ask = || self.get(&path, self.data_max);
            let backoff = ExponentialBuilder::default()
                .with_min_delay(Duration::from_millis(200))
                .with_max_times(RETRIES)
                .with_jitter();
            if let Some(value) = ask.retry(backoff).when(ApiError::is_of_the_way).await? {
                return Ok(payload::read(service, overrides, &value)?);
            }
        }
        Err(ApiError::UnknownService(service))
    }

    /// The JSON at a path; `None` where there is nothing (404).
    async fn get(&self, path: &str, limit: Duration) -> Result<Option<Value>, ApiError> {
        self.send(Method::GET, path, None, limit).await
    }

    /// The same by any method.
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        limit: Duration,
    ) -> Result<Option<Value>, ApiError> {
        let url = format!("{}{path}", self.base.as_str().trim_end_matches('/'));
        let mut request = self.http.request(method, &url).timeout(limit);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.expose_secret());
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let (status, body) = read_body(request, &url, limit).await?;
        match status {
            StatusCode::OK => serde_json::from_slice(&body)
                .map(Some)
                .map_err(ApiError::NotJson),
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(ApiError::Denied {
                status: status.as_u16(),
            }),
            _ => Err(ApiError::Server {
                status: status.as_u16(),
                message: words(&body),
                code: code(&body),
            }),
        }
    }
}

/// A client that follows nobody elsewhere, and a checked base address.
fn base_url(base: &str) -> Result<(reqwest::Client, Url), ApiError> {
    let bad = || ApiError::BadAddress(base.to_owned());
    let url = Url::parse(base.trim_end_matches('/')).map_err(|_| bad())?;
    if !matches!(url.scheme(), "http" | "https")
        || !url.username().is_empty()
        || url.password().is_some()
    {
        return Err(bad());
    }
    // A redirect to another host would carry the token there.
    let http = reqwest::Client::builder()
        .redirect(redirect::Policy::none())
        .build()
        .map_err(|_| bad())?;
    Ok((http, url))
}

/// Sends, and reads the answer up to [`BODY_MAX`].
async fn read_body(
    request: reqwest::RequestBuilder,
    url: &str,
    limit: Duration,
) -> Result<(StatusCode, Vec<u8>), ApiError> {
    let fault = |source: reqwest::Error| {
        if source.is_timeout() {
            ApiError::Slow {
                url: url.to_owned(),
                seconds: limit.as_secs(),
            }
        } else {
            ApiError::Down {
                url: url.to_owned(),
                source: source.without_url(),
            }
        }
    };
    let mut response = request.send().await.map_err(fault)?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(fault)? {
        if body.len() + chunk.len() > BODY_MAX {
            return Err(ApiError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// The `code` of an error answer, where it has one.
fn code(body: &[u8]) -> String {
    let answer = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let code = answer.get("code").and_then(Value::as_str);
    code.unwrap_or_default().to_owned()
}

/// The `message` or `detail` of an error answer, or its beginning.
fn words(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let message = serde_json::from_str::<Value>(&text).ok().and_then(|v| {
        v.get("message")
            .or(v.get("detail"))?
            .as_str()
            .map(str::to_owned)
    });
    message.unwrap_or_else(|| text.chars().filter(|c| !c.is_control()).take(120).collect())
}

#[cfg(test)]
mod tests;
