//! The job API's description is held against what the server answers: every status that is met is documented, with
//! its media type and its shape.

use std::collections::BTreeSet;

use gachno::server::{self, AppState, SecretKeys, ServeConfig};
use gachno::store::machines::Scope;
use gachno::store::{Actor, Store};
use reqwest::{Method, StatusCode};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::database::{Base, Which, on_both};

/// Does the value have the described shape? `Err`: where it does not.
fn fits(document: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    if let Some(to) = schema["$ref"].as_str() {
        let pointer = to.trim_start_matches('#');
        let schema = document
            .pointer(pointer)
            .ok_or_else(|| format!("{at}: {to} is not there"))?;
        return fits(document, schema, value, at);
    }
    for many in ["oneOf", "anyOf"] {
        if let Some(all) = schema[many].as_array() {
            let any = all.iter().any(|one| fits(document, one, value, at).is_ok());
            return if any {
                Ok(())
            } else {
                Err(format!("{at}: {value} is none of {all:?}"))
            };
        }
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => return Ok(()),
    };
    let is_kind = |kind: &&str| match *kind {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    };
    if !kinds.iter().any(is_kind) {
        return Err(format!("{at}: {value} is no {kinds:?}"));
    }
    if let (Some(words), false) = (schema["enum"].as_array(), value.is_null())
        && !words.contains(value)
    {
        return Err(format!("{at}: {value} is none of {words:?}"));
    }
    for needed in schema["required"].as_array().into_iter().flatten() {
        let name = needed.as_str().unwrap_or_default();
        if value.is_object() && value.get(name).is_none() {
            return Err(format!("{at}: {name} is missing"));
        }
    }
    for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            fits(document, schema, value, &format!("{at}.{name}"))?;
        }
    }
    for (place, item) in value.as_array().into_iter().flatten().enumerate() {
        fits(document, &schema["items"], item, &format!("{at}[{place}]"))?;
    }
    Ok(())
}

on_both! {
async fn every_answer_of_the_job_api_is_as_its_description_says(base: &Base) {
    gachno::init_tls();
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&base.url).await.unwrap();
    let machines = store.machines();
    let all = machines.add("mọi quyền", &Scope::ALL, None, &Actor::system()).await.unwrap().token;
    let none = machines.add("chỉ số liệu", &[Scope::Metrics], None, &Actor::system()).await.unwrap().token;
    let config = ServeConfig {
        requests_per_second: 5_000,
        ..ServeConfig::local(&base.url, folder.path().join("serve.key"))
    };
    let vault = SecretKeys::open_or_create(&config.key_file).unwrap();
    let running = server::start_with(AppState::new(store, config, vault)).await.unwrap();
    // A connection each: one on which a body was refused is closed behind it.
    let http = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let ask = async |method: Method, path: &str, token: Option<&str>, body: Option<String>| {
        let mut request = http.request(method, format!("{}{path}", running.url()));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body);
        }
        let answer = request.send().await.unwrap();
        let kind = answer.headers().get("content-type").map(|v| v.to_str().unwrap().to_owned());
        (answer.status(), kind.unwrap_or_default(), answer.text().await.unwrap())
    };
    let (_, _, document) = ask(Method::GET, "/api/openapi.json", None, None).await;
    let document: Value = serde_json::from_str(&document).unwrap();

    let (all, none) = (all.expose_secret().to_owned(), none.expose_secret().to_owned());
    let jobs = json!({ "service": "gach_dien_evn", "jobs": [{ "code": "PE01000100001", "amount": 150_000 }, { "code": "không" }] });
    let added = ask(Method::POST, "/api/jobs", Some(&all), Some(jobs.to_string())).await;
    let id = serde_json::from_str::<Value>(&added.2).unwrap()["jobs"][0]["id"].as_str().unwrap().to_owned();
    let lease = json!({ "service": "gach_dien_evn" });
    let attempt = uuid::Uuid::now_v7();
    let arm = json!({ "fence": 1, "attempt": attempt, "amount": 150_000 });
    let other = json!({ "fence": 9, "attempt": uuid::Uuid::now_v7(), "amount": 150_000 });
    let outcome = json!({ "outcomes": [{ "attempt": attempt, "job": id, "fence": 1, "outcome": "paid", "amount": 150_000, "transaction_id": "VT1", "proof": "response", "message": "Thành công" }] });
    let held = json!({ "jobs": [{ "id": id, "fence": 1 }] });
    let (post, get) = (|| Method::POST, || Method::GET);
    // In this order: each is a step of a job's life, then what may go wrong.
    let calls: Vec<(Method, &str, String, Option<&Value>, StatusCode)> = vec![
        (post(), "/api/jobs", "/api/jobs".to_owned(), Some(&jobs), StatusCode::OK),
        (post(), "/api/jobs/lease", "/api/jobs/lease".to_owned(), Some(&lease), StatusCode::OK),
        (post(), "/api/jobs/heartbeat", "/api/jobs/heartbeat".to_owned(), Some(&held), StatusCode::OK),
        (post(), "/api/jobs/{id}/arm", format!("/api/jobs/{id}/arm"), Some(&other), StatusCode::CONFLICT),
        (post(), "/api/jobs/{id}/arm", format!("/api/jobs/{id}/arm"), Some(&arm), StatusCode::OK),
        (post(), "/api/jobs/{id}/arm", "/api/jobs/x/arm".to_owned(), Some(&arm), StatusCode::NOT_FOUND),
        (post(), "/api/jobs/give-back", "/api/jobs/give-back".to_owned(), Some(&held), StatusCode::OK),
        (post(), "/api/outcomes", "/api/outcomes".to_owned(), Some(&outcome), StatusCode::OK),
        (get(), "/api/jobs", "/api/jobs?limit=1".to_owned(), None, StatusCode::OK),
        (get(), "/api/jobs", "/api/jobs?limit=x".to_owned(), None, StatusCode::UNPROCESSABLE_ENTITY),
        (get(), "/api/jobs/{id}", format!("/api/jobs/{id}"), None, StatusCode::OK),
        (get(), "/api/jobs/{id}", "/api/jobs/x".to_owned(), None, StatusCode::NOT_FOUND),
        (get(), "/api/data/{service}", "/api/data/gach_dien_evn".to_owned(), None, StatusCode::OK),
        (get(), "/api/data/{service}", "/api/data/x".to_owned(), None, StatusCode::NOT_FOUND),
        (get(), "/api/public/services/{service}/data", "/api/public/services/nap_tien_da_mang/data".to_owned(), None, StatusCode::OK),
        (get(), "/api/public/services/{service}/data", "/api/public/services/x/data".to_owned(), None, StatusCode::NOT_FOUND),
        (get(), "/api/banners", "/api/banners".to_owned(), None, StatusCode::OK),
        (get(), "/api/me", "/api/me".to_owned(), None, StatusCode::OK),
        (get(), "/api/health", "/api/health".to_owned(), None, StatusCode::OK),
    ];
    let mut met: BTreeSet<(String, String)> = BTreeSet::new();
    let mut held_against = |method: &Method, route: &str, answer: (StatusCode, String, String)| {
        let (status, kind, body) = answer;
        let call = &document["paths"][route][method.as_str().to_lowercase()];
        let about = format!("{method} {route}: {status} {body}");
        assert!(call.is_object(), "{about} is not described");
        let answer = &call["responses"][status.as_str()];
        assert!(answer.is_object(), "{about} is not documented");
        let kind = kind.split(';').next().unwrap_or_default().to_owned();
        let content = &answer["content"][&kind];
        assert!(content.is_object(), "{about}: {kind} is not documented");
        let value: Value = serde_json::from_str(&body).unwrap();
        if let Err(why) = fits(&document, &content["schema"], &value, "") {
            panic!("{about}: {why}");
        }
        met.insert((route.to_owned(), status.as_str().to_owned()));
    };
    for (method, route, path, body, expected) in &calls {
        let answer = ask(method.clone(), path, Some(&all), body.map(Value::to_string)).await;
        assert_eq!(answer.0, *expected, "{method} {path}: {}", answer.2);
        held_against(method, route, answer);
    }
    // What any call of its kind may be answered with.
    for (method, route, path, body, expected) in &calls {
        let is_open = document["paths"][route][method.as_str().to_lowercase()].get("security").is_none();
        // A service that nobody knows is not there for anybody.
        if is_open || *expected == StatusCode::NOT_FOUND {
            continue;
        }
        let unknown = ask(method.clone(), path, Some("gn_x_y"), body.map(Value::to_string)).await;
        assert_eq!(unknown.0, StatusCode::UNAUTHORIZED, "{method} {path}");
        held_against(method, route, unknown);
        if method == Method::POST {
            let scope = ask(method.clone(), path, Some(&none), body.map(Value::to_string)).await;
            assert_eq!(scope.0, StatusCode::FORBIDDEN, "{method} {path}");
            held_against(method, route, scope);
            for (bad, status) in [("{".to_owned(), StatusCode::UNPROCESSABLE_ENTITY), (format!("\"{}\"", "x".repeat(5 << 20)), StatusCode::PAYLOAD_TOO_LARGE)] {
                let refused = ask(method.clone(), path, Some(&all), Some(bad)).await;
                assert_eq!(refused.0, status, "{method} {path}");
                held_against(method, route, refused);
            }
        }
    }
    assert!(met.len() > 40, "{}: {met:?}", met.len());

    // Every call that there is was met, and says when to ask again.
    for (route, item) in document["paths"].as_object().unwrap() {
        assert!(met.iter().any(|(met, _)| met == route), "{route} was not asked");
        for call in item.as_object().unwrap().values() {
            for status in ["429", "503"] {
                let is_there = call["responses"][status].is_object();
                assert!(is_there, "{route}: {status} is not documented");
            }
        }
    }
}
}
