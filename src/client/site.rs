//! The shop's own collection site: which bills are not completed, and telling it of one that is.
//!
//! Shapes as the old tool uses them: HTTP Basic with the user's own web login; codes in one
//! comma-separated text or a list; a report counts only where the answer's `msg` is exactly
//! [`TAKEN`].

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::{ApiError, base_url, read_body};
use crate::client::payload;
use crate::domain::job::Defaults;
use crate::domain::{Intake, JobList, RawJob, Service, Source, Ticket};

/// The one answer that means that the site has taken a report.
pub const TAKEN: &str = "Cập nhật thành công";

/// The collection site, as one of its users.
#[derive(Debug, Clone)]
pub struct CollectionSite {
    http: reqwest::Client,
    base: Url,
    user: SecretString,
    password: SecretString,
    limit: Duration,
}

/// The site's own names of the services; `env` is what it calls EVN.
const fn service_type(service: Service) -> &'static str {
    match service {
        Service::LookUpFtth => "check_ftth",
        Service::PayEvn => "env",
        Service::TopUpMulti => "deposit",
        Service::TopUpViettel => "deposit_viettel",
        Service::PayTvInternet => "payment_tv",
        Service::LookUpPostpaid => "check_debt",
    }
}

impl CollectionSite {
    /// A client for this base address and login.
    pub fn new(
        base: &str,
        user: SecretString,
        password: SecretString,
        limit: Duration,
    ) -> Result<Self, ApiError> {
        let (http, base) = base_url(base)?;
        Ok(Self {
            http,
            base,
            user,
            password,
            limit,
        })
    }

    /// The bills that are not completed. Each carries its claim: the code as the site has it.
    pub async fn fetch(&self, service: Service, overrides: Defaults) -> Result<Intake, ApiError> {
        let request = self
            .http
            .get(self.at("/api/list-bill-not-completed"))
            .query(&[("service_type", service_type(service))]);
        let body = self.send(request).await?;
        let listed = body.get("data").unwrap_or(&body);
        let mut intake = payload::read(service, overrides, listed)?;
        let stored = stored_codes(service, overrides, listed);
        for job in &mut intake.list.jobs {
            let id = stored
                .get(&job.identity(service))
                .cloned()
                .unwrap_or_else(|| job.account.to_string());
            job.ticket = Some(Ticket {
                source: Source::Site,
                id,
                fence: 0,
            });
        }
        Ok(intake)
    }

    /// Tells it that this bill is paid. `Ok(false)`: it answered, but not that it has taken it.
    pub async fn completed(&self, code: &str) -> Result<bool, ApiError> {
        let request = self
            .http
            .post(self.at("/api/tool-bill-completed"))
            .json(&json!({ "account": code }));
        let body = self.send(request).await?;
        Ok(body.get("msg").and_then(Value::as_str) == Some(TAKEN))
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.base.as_str().trim_end_matches('/'))
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Result<Value, ApiError> {
        let request = request
            .basic_auth(
                self.user.expose_secret(),
                Some(self.password.expose_secret()),
            )
            .timeout(self.limit);
        let (status, body) = read_body(request, self.base.as_str(), self.limit).await?;
        match status.as_u16() {
            200 => serde_json::from_slice(&body).map_err(ApiError::NotJson),
            status @ (401 | 403) => Err(ApiError::Denied { status }),
            status => Err(ApiError::Server {
                status,
                message: super::words(&body),
                code: String::new(),
            }),
        }
    }
}

/// Codes as the site wrote them, which may be spelt otherwise than ours (spaces, `+84`, an amount
/// behind a bar), by what makes the job.
fn stored_codes(service: Service, overrides: Defaults, listed: &Value) -> HashMap<String, String> {
    let texts: Vec<String> = match listed {
        Value::String(text) => text.split(',').map(str::to_owned).collect(),
        Value::Array(items) => items.iter().filter_map(named).collect(),
        _ => Vec::new(),
    };
    let mut stored = HashMap::new();
    for text in texts {
        let list = JobList::check(service, overrides, [RawJob::from_line(service, "", &text)]);
        if let Some(job) = list.jobs.first() {
            stored
                .entry(job.identity(service))
                .or_insert_with(|| text.trim().to_owned());
        }
    }
    stored
}

fn named(item: &Value) -> Option<String> {
    match item {
        Value::String(text) => Some(text.clone()),
        Value::Object(fields) => ["code", "phone", "account", "bill_code"]
            .iter()
            .find_map(|key| fields.get(*key)?.as_str().map(str::to_owned)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wiremock::matchers::{body_json, header, method, path, query_param};
    use wiremock::{Mock, MockServer, ResponseTemplate};

    fn site(base: &str) -> CollectionSite {
        crate::init_tls();
        CollectionSite::new(
            base,
            "lan".to_owned().into(),
            "bí mật".to_owned().into(),
            Duration::from_secs(5),
        )
        .expect("address")
    }

    async fn answering(service_type: &str, body: Value) -> MockServer {
        let server = MockServer::start().await;
        Mock::given(method("GET"))
            .and(path("/api/list-bill-not-completed"))
            .and(query_param("service_type", service_type))
            .and(header("Authorization", "Basic bGFuOmLDrSBt4bqtdA=="))
            .respond_with(ResponseTemplate::new(200).set_body_json(body))
            .mount(&server)
            .await;
        server
    }

    #[tokio::test]
    async fn bills_come_in_every_shape_with_the_code_as_it_is_stored() {
        for data in [
            json!("PE01, PE02"),
            json!(["PE01", "PE02"]),
            json!([{ "code": "PE01" }, { "bill_code": "PE02" }]),
        ] {
            let server = answering("env", json!({ "data": data })).await;
            let intake = site(&server.uri())
                .fetch(Service::PayEvn, Defaults::default())
                .await
                .expect("listed");
            let ids: Vec<_> = intake
                .list
                .jobs
                .iter()
                .map(|job| job.ticket.as_ref().map_or("", |t| t.id.as_str()))
                .collect();
            assert_eq!(ids, ["PE01", "PE02"]);
        }
        let server = answering(
            "deposit",
            json!({ "data": "+84 981 234 567|50000,0972333444" }),
        )
        .await;
        let intake = site(&server.uri())
            .fetch(Service::TopUpMulti, Defaults::default())
            .await
            .expect("listed");
        let ids: Vec<_> = intake
            .list
            .jobs
            .iter()
            .map(|job| job.ticket.as_ref().map_or("", |t| t.id.as_str()))
            .collect();
        assert_eq!(ids, ["+84 981 234 567|50000", "0972333444"]);
    }

    #[tokio::test]
    async fn a_report_counts_only_where_the_site_says_so_to_the_letter() {
        for (message, is_taken) in [
            ("Cập nhật thành công", true),
            ("Cập nhật thành công.", false),
            ("ok", false),
        ] {
            let server = MockServer::start().await;
            Mock::given(path("/api/tool-bill-completed"))
                .and(body_json(json!({ "account": "PE01" })))
                .respond_with(ResponseTemplate::new(200).set_body_json(json!({ "msg": message })))
                .mount(&server)
                .await;
            assert_eq!(
                site(&server.uri())
                    .completed("PE01")
                    .await
                    .expect("answered"),
                is_taken,
                "{message}"
            );
        }
        let server = MockServer::start().await;
        Mock::given(path("/api/tool-bill-completed"))
            .respond_with(ResponseTemplate::new(401))
            .mount(&server)
            .await;
        assert!(matches!(
            site(&server.uri()).completed("PE01").await,
            Err(ApiError::Denied { status: 401 })
        ));
    }
}
