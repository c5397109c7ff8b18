//! One question to a provider: sent once, with an end to its time and its length.

use std::net::IpAddr;
use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use reqwest::{Client, Method, redirect};
use url::{Host, Url};

use super::{ProviderFault, SettingsFault};

/// How long a connection may take.
const CONNECT_MAX: Duration = Duration::from_secs(5);
/// How long a question may take, all in all.
const CALL_MAX: Duration = Duration::from_secs(10);
/// The longest answer.
const BODY_MAX: usize = 1 << 20;
/// The longest wait that a provider can tell us.
const RETRY_MAX_S: u64 = 3_600;
/// How long to wait where a provider does not say.
const RETRY_S: u64 = 30;

/// The way to one provider. Made once for its settings and kept: it holds connections.
#[derive(Debug, Clone)]
pub struct Http {
    client: Client,
    provider: &'static str,
}

/// A question.
#[derive(Debug)]
pub struct HttpCall {
    /// How.
    pub method: Method,
    /// Where.
    pub url: Url,
    /// Names and values, keys among them.
    pub headers: Vec<(&'static str, String)>,
    /// What, as JSON.
    pub body: Option<String>,
}

/// An answer, whatever it says.
#[derive(Debug, Clone)]
pub struct HttpAnswer {
    /// HTTP's.
    pub status: u16,
    /// For 429: when to ask again, in seconds.
    pub retry_after_s: u64,
    /// At most a mebibyte.
    pub body: Vec<u8>,
}

impl Http {
    /// A way to this provider at these addresses.
    pub fn new(provider: &'static str, addresses: &[&Url]) -> Result<Self, SettingsFault> {
        crate::init_tls();
        let mut client = Client::builder()
            .user_agent(concat!("GachNo/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT_MAX)
            .timeout(CALL_MAX)
            // Whether a call is made again is somebody else's decision.
            .retry(reqwest::retry::never())
            // Keys never follow a redirect to somebody else.
            .redirect(redirect::Policy::none());
        if addresses.iter().all(|url| is_here(url)) {
            // What is on this computer is not reached through a proxy somewhere else.
            client = client.no_proxy();
        }
        let client = client.build().map_err(|_| SettingsFault::Bad {
            name: "TLS",
            why: "không mở được kết nối bảo mật trên máy này (TLS cannot be set up)",
        })?;
        Ok(Self { client, provider })
    }

    /// Whom it leads to.
    pub const fn provider(&self) -> &'static str {
        self.provider
    }

    /// Asks once. An answer of any status is an answer; what was not received whole is unknown.
    pub async fn send(&self, call: HttpCall) -> Result<HttpAnswer, ProviderFault> {
        let mut request = self.client.request(call.method, call.url);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.header(CONTENT_TYPE, "application/json").body(body);
        }
        self.answered(request).await
    }

    /// Sends a form once, as pages do.
    pub async fn send_form(
        &self,
        url: Url,
        headers: Vec<(&'static str, String)>,
        form: String,
    ) -> Result<HttpAnswer, ProviderFault> {
        let kind = "application/x-www-form-urlencoded";
        let mut request = self.client.post(url).header(CONTENT_TYPE, kind).body(form);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        self.answered(request).await
    }

    async fn answered(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<HttpAnswer, ProviderFault> {
        let mut response = request.send().await.map_err(|e| self.lost(&e))?;
        let status = response.status().as_u16();
        let told = response.headers().get(RETRY_AFTER);
        let told = told.and_then(|v| v.to_str().ok()?.trim().parse::<f64>().ok());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| self.lost(&e))? {
            if body.len() + chunk.len() > BODY_MAX {
                return Err(self.unknown("the answer is too long"));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(HttpAnswer {
            status,
            retry_after_s: told.map_or(RETRY_S, whole_seconds),
            body,
        })
    }

    /// Nobody knows whether it was done.
    pub fn unknown(&self, cause: impl Into<String>) -> ProviderFault {
        ProviderFault::Unknown {
            provider: self.provider,
            cause: cause.into(),
        }
    }

    fn lost(&self, error: &reqwest::Error) -> ProviderFault {
        // Not the error's own words: an address may have keys in it.
        let cause = if error.is_timeout() {
            "no answer in time"
        } else if error.is_connect() {
            "no connection"
        } else {
            "the answer broke off"
        };
        self.unknown(cause)
    }
}

impl HttpAnswer {
    /// For the record.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// Rounded up, at least one.
fn whole_seconds(seconds: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "within bounds"
    )]
    let whole = seconds.ceil().clamp(1.0, 1e6) as u64;
    // No number at all is cast to nothing.
    whole.clamp(1, RETRY_MAX_S)
}

/// Does this address stay on this computer?
fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => IpAddr::V4(ip).is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).is_loopback(),
        None => false,
    }
}

/// An address of the settings, else the provider's own.
pub fn address(text: Option<&str>, name: &'static str, own: &str) -> Result<Url, SettingsFault> {
    Url::parse(text.unwrap_or(own)).map_err(|_| SettingsFault::Bad {
        name,
        why: "không phải địa chỉ (no address)",
    })
}

/// A path below a base. Parts are escaped where they have to be.
pub fn below(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_stands_below_its_base_whether_that_ends_with_a_slash_or_not() {
        for base in ["http://127.0.0.1:1/payos", "http://127.0.0.1:1/payos/"] {
            let base = Url::parse(base).expect("an address");
            assert_eq!(below(&base, &["v2", "a/b"]).path(), "/payos/v2/a%2Fb");
        }
    }

    #[test]
    fn a_wait_is_whole_and_has_bounds() {
        for (told, is) in [
            (0.05, 1),
            (-3.0, 1),
            (f64::NAN, 1),
            (7.2, 8),
            (1e12, RETRY_MAX_S),
        ] {
            assert_eq!(whole_seconds(told), is, "{told}");
        }
    }

    #[tokio::test]
    async fn an_answer_without_an_end_is_cut() {
        let server = wiremock::MockServer::start().await;
        let long = wiremock::ResponseTemplate::new(200).set_body_bytes(vec![b' '; BODY_MAX + 1]);
        let any = wiremock::matchers::any();
        wiremock::Mock::given(any)
            .respond_with(long)
            .mount(&server)
            .await;
        let url = Url::parse(&server.uri()).expect("an address");
        let http = Http::new("PayOS", &[&url]).expect("a client");
        let call = HttpCall {
            method: Method::GET,
            url,
            headers: Vec::new(),
            body: None,
        };
        let fault = http.send(call).await.expect_err("cut");
        assert!(matches!(fault, ProviderFault::Unknown { .. }), "{fault:?}");
        let sent = server.received_requests().await.expect("kept");
        assert_eq!(sent.len(), 1);
        assert!(
            sent[0].headers["user-agent"]
                .to_str()
                .expect("text")
                .starts_with("GachNo/")
        );
    }
}
