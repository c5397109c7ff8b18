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
pub use server::{Answer, Banner, Denial, JobServer, LEASE_MS};
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
pub struct Health {
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
    pub async fn health(&self) -> Result<Health, ApiError> {
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
mod tests {
    use super::*;
    use wiremock::matchers::{header, path};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    fn api(base: &str) -> JobApi {
        crate::init_tls();
        JobApi::new(
            base,
            Some("khoa-may".to_owned().into()),
            Duration::from_millis(300),
            Duration::from_millis(300),
        )
        .expect("address")
    }

    async fn answers(response: ResponseTemplate) -> Result<Intake, ApiError> {
        let server = MockServer::start().await;
        Mock::given(path("/api/data/gach_dien_evn"))
            .respond_with(response)
            .mount(&server)
            .await;
        api(&server.uri())
            .fetch(Service::PayEvn, Defaults::default())
            .await
    }

    fn json(body: &str) -> ResponseTemplate {
        ResponseTemplate::new(200).set_body_raw(body, "application/json")
    }

    #[tokio::test]
    async fn each_fault_has_its_own_sentence() {
        let down = api("http://127.0.0.1:9")
            .fetch(Service::PayEvn, Defaults::default())
            .await
            .expect_err("down");
        assert!(matches!(down, ApiError::Down { .. }), "{down}");
        let slow = answers(json("{}").set_delay(Duration::from_secs(2)))
            .await
            .expect_err("slow");
        assert!(matches!(slow, ApiError::Slow { .. }), "{slow}");
        let broken = answers(
            ResponseTemplate::new(500)
                .set_body_string(r#"{"status":"error","message":"Internal server error: x"}"#),
        )
        .await;
        assert!(
            matches!(&broken, Err(ApiError::Server { status: 500, message, .. }) if message.contains("error: x"))
        );
        assert!(matches!(
            answers(ResponseTemplate::new(401)).await,
            Err(ApiError::Denied { status: 401 })
        ));
        assert!(matches!(
            answers(json("<html>")).await,
            Err(ApiError::NotJson(_))
        ));
        assert!(matches!(
            answers(json(r#"{"status":"success"}"#)).await,
            Err(ApiError::Shape(_))
        ));
        assert!(matches!(
            answers(json(r#"{"status":"error","message":"hỏng"}"#)).await,
            Err(ApiError::Shape(_))
        ));
        assert!(matches!(
            answers(ResponseTemplate::new(404)).await,
            Err(ApiError::UnknownService(Service::PayEvn))
        ));
        let large = format!("\"{}\"", "x".repeat(BODY_MAX));
        assert!(matches!(
            answers(json(&large)).await,
            Err(ApiError::TooLarge)
        ));
    }

    #[tokio::test]
    async fn an_empty_list_is_a_list_and_ten_thousand_codes_are_one() {
        let empty = answers(json(r#"{"status":"success","data":{"bill_codes":[]}}"#))
            .await
            .expect("a list");
        assert!(empty.list.jobs.is_empty() && empty.list.errors.is_empty());
        let codes: Vec<String> = (0..10_000).map(|i| format!("PE{i:08}")).collect();
        let body =
            serde_json::json!({ "status": "success", "data": { "bill_codes": codes } }).to_string();
        assert_eq!(
            answers(json(&body)).await.expect("a list").list.jobs.len(),
            10_000
        );
    }

    #[tokio::test]
    async fn a_hiccup_of_the_way_is_tried_again_and_the_token_goes_along() {
        let server = MockServer::start().await;
        Mock::given(path("/api/data/gach_dien_evn"))
            .respond_with(ResponseTemplate::new(503))
            .up_to_n_times(1)
            .mount(&server)
            .await;
        Mock::given(path("/api/data/gach_dien_evn"))
            .and(header("Authorization", "Bearer khoa-may"))
            .respond_with(json(
                r#"{"status":"success","data":{"bill_codes":["PE01"]}}"#,
            ))
            .mount(&server)
            .await;
        let intake = api(&server.uri())
            .fetch(Service::PayEvn, Defaults::default())
            .await
            .expect("second try");
        assert_eq!(intake.list.jobs.len(), 1);
    }

    #[test]
    fn an_address_with_a_password_in_it_is_refused() {
        let limit = Duration::from_secs(1);
        for bad in ["máy chủ", "ftp://x", "http://a:b@x"] {
            assert!(
                matches!(
                    JobApi::new(bad, None, limit, limit),
                    Err(ApiError::BadAddress(_))
                ),
                "{bad}"
            );
        }
    }
}
