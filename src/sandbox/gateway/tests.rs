use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn gateway() -> (Gateway, CancellationToken) {
    let ended = CancellationToken::new();
    let address = SocketAddr::from(([127, 0, 0, 1], 1));
    let gateway = Gateway::start(address, GatewayScenario::default(), ended.clone());
    (gateway.await.expect("starts"), ended)
}

/// A whole talk at once, as a client that pipelines has it.
async fn talk(gateway: &Gateway, said: &str) -> String {
    let mut stream = TcpStream::connect(gateway.smtp()).await.expect("connects");
    stream.write_all(said.as_bytes()).await.expect("said");
    let mut heard = String::new();
    // Err: the server broke it off.
    let _ = stream.read_to_string(&mut heard).await;
    heard
}

const LETTER: &str = "EHLO me\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\n\
    DATA\r\nMessage-ID: <one@gachno>\r\nSubject: first\r\n second\r\n\r\n..dotted\r\nend\r\n.\r\nQUIT\r\n";

#[tokio::test]
async fn a_mail_is_kept_as_it_came() {
    let (gateway, _ended) = gateway().await;
    let heard = talk(&gateway, LETTER).await;
    assert!(
        heard.starts_with("220 ") && heard.contains("250 Taken"),
        "{heard}"
    );
    let mails = gateway.truth().mails;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].from, "a@b.example");
    assert_eq!(mails[0].to, ["c@d.example", "e@f.example"]);
    assert_eq!(mails[0].message_id, "<one@gachno>");
    assert_eq!(mails[0].subject, "first second");
    assert!(
        mails[0].data.contains("\r\n.dotted\r\nend"),
        "{}",
        mails[0].data
    );
}

#[tokio::test]
async fn a_mail_server_that_fails_says_so_or_breaks_off() {
    let (gateway, _ended) = gateway().await;
    let http = |status, done| GatewayFaultAction::Http {
        status,
        done,
        retry_after_s: None,
    };
    gateway.once("smtp", http(421, false));
    assert!(talk(&gateway, LETTER).await.contains("451 "));
    gateway.update(|scenario| scenario.faults.clear());
    gateway.once("smtp", http(554, false));
    assert!(talk(&gateway, LETTER).await.contains("554 "));
    assert_eq!(gateway.truth().mails.len(), 0);
    gateway.update(|scenario| scenario.faults.clear());
    gateway.once("smtp", GatewayFaultAction::Drop { done: true });
    assert!(!talk(&gateway, LETTER).await.contains("250 Taken"));
    assert_eq!(
        gateway.truth().mails.len(),
        1,
        "taken, and the answer is lost"
    );
}

#[test]
fn a_fault_happens_as_often_as_it_says() {
    let mut scenario = GatewayScenario::default();
    scenario.faults.push(GatewayFault {
        at: "payos".to_owned(),
        order_code: Some(7),
        after: 1,
        times: 2,
        action: GatewayFaultAction::WrongSignature,
    });
    let mut world = GatewayWorld::new(scenario);
    let happened: Vec<bool> = (0..5)
        .map(|_| world.called("payos.get", Some(7)).is_some())
        .collect();
    assert_eq!(happened, [false, true, true, false, false]);
    assert!(world.called("payos.get", Some(8)).is_none());
    assert!(world.called("vnpay.query", Some(7)).is_none());
}

#[test]
fn a_provider_that_has_enough_says_so() {
    let mut world = GatewayWorld::new(GatewayScenario {
        calls_per_s: Some(2),
        ..GatewayScenario::default()
    });
    let refused: Vec<bool> = (0..4)
        .map(|_| world.called("payos.get", None).is_some())
        .collect();
    assert_eq!(refused, [false, false, true, true]);
    assert!(
        world.called("vnpay.query", None).is_none(),
        "each counts its own"
    );
    assert_eq!(world.truth().over_the_limit, 2);
}

#[test]
fn signatures_are_those_of_the_facts() {
    let data = serde_json::json!({
        "orderCode": 123, "amount": 3000, "description": "VQRIO123", "accountNumber": "12345678",
        "counterAccountName": null, "flag": true, "items": [{"b": 2, "a": 1}]
    });
    let is = "21f5981b03fceed351006ccff77370bb647ad1a53533c82ca8e199044fe95483";
    assert_eq!(sign::of_object("made-up-key-for-the-facts", &data), is);
    let text = "00020101021238560010A0000007270126000697041501121133666688880208QRIBFTTA\
        53037045405790005802VN62220818Ung Ho Quy Vac Xin63043ACF";
    assert_eq!(
        sign::qr("970415", "113366668888", 79_000, "Ung Ho Quy Vac Xin"),
        text
    );
}

#[test]
fn a_scenario_names_only_what_it_changes() {
    let read: GatewayScenario = serde_json::from_str(
        r#"{"faults":[{"at":"payos.create","action":{"drop":{"done":true}}},
                      {"at":"smtp","times":0,"action":{"late_ms":5}},
                      {"at":"vnpay.query","action":"wrong_signature"}]}"#,
    )
    .expect("read");
    assert_eq!(
        read.faults[0].action,
        GatewayFaultAction::Drop { done: true }
    );
    assert_eq!(read.delivery, GatewayDelivery::default());
}
