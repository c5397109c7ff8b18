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
