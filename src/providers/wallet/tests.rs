use super::*;
use crate::providers::{Channel, News, WebhookRefusal};

const NOW_S: i64 = 1_795_658_400;
const PATH: &str = "/webhook/wallet";

fn settings() -> Settings {
    let text = r#"{"merchant_id":"m","secret":"a secret","base_url":"http://127.0.0.1:9/wallet"}"#;
    Settings::read(Channel::Wallet, text).expect("settings")
}

fn body(state: &str) -> String {
    json!({
        "event_id": "e1", "payment_id": "p1", "order_id": "123", "state": state,
        "amount": 50_000, "currency": "VND", "paid_at": "2026-11-26T02:00:00Z"
    })
    .to_string()
}

fn read(body: &str, sent_s: i64, path: &str) -> Result<WalletNotice, WebhookRefusal> {
    let timestamp = sent_s.to_string();
    let signature = sign::signature("a secret", &timestamp, "POST", PATH, body.as_bytes());
    read_notice(
        &settings(),
        Some(&timestamp),
        Some(&signature),
        path,
        body.as_bytes(),
        NOW_S,
    )
}

#[test]
fn a_notice_is_believed_where_it_is_signed_fresh_and_ours() {
    let notice = read(&body("succeeded"), NOW_S - 300, PATH).expect("read");
    assert_eq!((notice.amount, notice.event.order_code), (50_000, 123));
    assert_eq!(notice.event.key, "e1");
    let News::Money(seen) = notice.event.news else {
        panic!("money")
    };
    assert_eq!(
        (seen.reference.as_str(), seen.at_ms),
        ("p1", Some(NOW_S * 1_000))
    );
    for (state, news) in [
        ("failed", News::Ended(End::Failed)),
        ("cancelled", News::Ended(End::Cancelled)),
        ("expired", News::Ended(End::Expired)),
        ("processing", News::AskAgain),
        ("otp_required", News::Nothing),
    ] {
        assert_eq!(
            read(&body(state), NOW_S, PATH).expect("read").event.news,
            news
        );
    }
    for (body, sent_s, path) in [
        (body("succeeded"), NOW_S - 301, PATH),
        (body("succeeded"), NOW_S + 301, PATH),
        (body("succeeded"), NOW_S, "/webhook/other"),
        (body("succeeded").replace("50000", "50000.0"), NOW_S, PATH),
        (
            body("succeeded").replace("\"p1\"", "\"p1\",\"amount\":1"),
            NOW_S,
            PATH,
        ),
        (body("succeeded").replace("\"123\"", "\"12x\""), NOW_S, PATH),
        ("[]".to_owned(), NOW_S, PATH),
    ] {
        assert_eq!(
            read(&body, sent_s, path),
            Err(WebhookRefusal::Signature),
            "{body}"
        );
    }
    let unsigned = read_notice(
        &settings(),
        None,
        None,
        PATH,
        body("succeeded").as_bytes(),
        NOW_S,
    );
    assert_eq!(unsigned, Err(WebhookRefusal::Signature));
    assert_eq!(
        peek_order_code(body("x").as_bytes()).as_deref(),
        Some("123")
    );
}

#[test]
fn a_no_says_what_kind_of_no_it_is() {
    let wallet = Wallet::new(&settings()).expect("a client");
    let why = |status, body: &str| {
        let answer = HttpAnswer {
            status,
            retry_after_s: 9,
            body: body.as_bytes().to_vec(),
        };
        match wallet.read(&answer, 123) {
            Err(ProviderFault::Refused { why, .. }) => Some(why),
            Err(ProviderFault::Unknown { .. }) => None,
            other => panic!("{other:?}"),
        }
    };
    for (status, body, is) in [
        (
            422,
            r#"{"code":"otp_wrong","attempts_left":2}"#,
            Some(ProviderRefusal::OtpWrong { attempts_left: 2 }),
        ),
        (
            422,
            r#"{"code":"otp_expired"}"#,
            Some(ProviderRefusal::OtpExpired),
        ),
        (
            422,
            r#"{"code":"otp_locked"}"#,
            Some(ProviderRefusal::OtpLocked),
        ),
        (
            422,
            r#"{"code":"insufficient_balance"}"#,
            Some(ProviderRefusal::NoFunds),
        ),
        (
            409,
            r#"{"code":"duplicate_order"}"#,
            Some(ProviderRefusal::Repeated),
        ),
        (401, "{}", Some(ProviderRefusal::Settings)),
        (401, "<html>", None),
        (404, "{}", Some(ProviderRefusal::Absent)),
        (404, "", None),
        (409, "{}", Some(ProviderRefusal::Other)),
        (409, "", None),
        (200, "<html>", None),
        (
            200,
            r#"{"payment_id":"p","order_id":"999","amount":1,"state":"succeeded"}"#,
            None,
        ),
        (500, "{}", None),
        (408, "{}", None),
    ] {
        assert_eq!(why(status, body), is, "{status} {body}");
    }
}

#[test]
fn a_password_never_stays_in_a_record() {
    assert_eq!(without(r#"{"otp":"123456"}"#, "123456"), r#"{"otp":"***"}"#);
}
