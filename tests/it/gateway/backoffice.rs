//! The company's own system.

use gachno::providers::backoffice::{BackOffice, CashLimit};

use super::*;

struct Office {
    sandbox: Sandbox,
    client: BackOffice,
}

impl Office {
    async fn start() -> Self {
        gachno::init_tls();
        let options = sandbox::SandboxOptions::default();
        let sandbox = sandbox::start(options).await.expect("starts");
        let gateway = sandbox.gateway();
        gateway.update(|scenario| scenario.contracts = vec![contract()]);
        let client = client_of(&gateway.settings()["backoffice"]);
        Self { sandbox, client }
    }
}

fn contract() -> Value {
    json!({
        "number": "HN/001", "customer_name": "Nguyễn Văn An", "type": "binh_thuong",
        "bills": [{"number": "B1", "amount": 264_000}],
    })
}

fn client_of(settings: &Value) -> BackOffice {
    let settings = Settings::read(Channel::BackOffice, &settings.to_string()).expect("settings");
    BackOffice::new(&settings).expect("a client")
}

#[tokio::test]
async fn a_contract_is_read_as_it_stands_there() {
    let office = Office::start().await;
    let read = office.client.contract("HN/001").await.expect("answered");
    assert_eq!(read.map(Value::Object), Some(contract()));
    let absent = office.client.contract("HN/002").await.expect("answered");
    assert_eq!(absent, None);
}

#[tokio::test]
async fn a_limit_that_was_told_is_read_back() {
    let office = Office::start().await;
    assert_eq!(office.client.limit("luc").await, Ok(None));
    let limit = CashLimit {
        limit: 5_000_000,
        extra: 1_000_000,
        extra_until: Some("2026-12-31".into()),
    };
    office.client.set_limit("luc", &limit).await.expect("taken");
    assert_eq!(office.client.limit("luc").await, Ok(Some(limit)));
    assert_eq!(
        office.sandbox.gateway().truth().limits["luc"].extra,
        1_000_000
    );
}

#[tokio::test]
async fn care_that_is_told_twice_is_there_once() {
    let office = Office::start().await;
    let visit = json!({"kind": "visit", "contract": "HN/001", "reason": "Khách vắng nhà"});
    for _ in 0..2 {
        office.client.care("visit-7", &visit).await.expect("taken");
    }
    let care = office.sandbox.gateway().truth().care;
    assert_eq!(care.len(), 1);
    assert_eq!((care[0].id.as_str(), &care[0].what), ("visit-7", &visit));
}

#[tokio::test]
async fn what_is_not_known_is_no_answer() {
    let office = Office::start().await;
    let gateway = office.sandbox.gateway();
    for fault in [
        Fault::Html { done: true },
        Fault::Broken { done: true },
        Fault::Drop { done: true },
        Fault::Http {
            status: 502,
            done: false,
            retry_after_s: None,
        },
    ] {
        gateway.once("backoffice.contract", fault.clone());
        let answer = office.client.contract("HN/001").await;
        assert!(
            matches!(answer, Err(ProviderFault::Unknown { .. })),
            "{fault:?}: {answer:?}"
        );
    }
    gateway.once(
        "backoffice",
        Fault::Http {
            status: 429,
            done: false,
            retry_after_s: Some(7),
        },
    );
    let answer = office.client.contract("HN/001").await;
    assert!(
        matches!(
            answer,
            Err(ProviderFault::Busy {
                retry_after_s: 7,
                ..
            })
        ),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_wrong_secret_is_a_matter_of_settings_and_none_is_fine() {
    let office = Office::start().await;
    let mut settings = office.sandbox.gateway().settings()["backoffice"].clone();
    settings["secret"] = "another".into();
    let answer = client_of(&settings).contract("HN/001").await;
    let is_settings = |fault: &ProviderFault| {
        matches!(
            fault,
            ProviderFault::Refused {
                why: ProviderRefusal::Settings,
                ..
            }
        )
    };
    assert!(answer.as_ref().is_err_and(is_settings), "{answer:?}");
    let open = client_of(&json!({"base_url": settings["base_url"]}));
    assert!(open.contract("HN/001").await.expect("answered").is_some());
}
