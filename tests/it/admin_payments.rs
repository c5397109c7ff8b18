//! Customers' payments as the shop's people see and decide them.

use fantoccini::{Client, Locator};
use gachno::domain::Provider;
use gachno::domain::payment::PaymentState;
use gachno::sandbox;
use gachno::store::Actor;
use gachno::store::catalogue::Role;
use gachno::store::payments::{Difference, Fact, NewUnmatched, PaymentRow, SeenMoney};
use gachno::store::people::{CollectorWanted, PersonWanted, hash_password};
use reqwest::{Method, StatusCode};
use secrecy::SecretString;

use crate::admin::{Answer, Browser, PASSWORD};
use crate::axe::assert_accessible;
use crate::database::{Base, Which, on_both};
use crate::pay::PayShop;

/// Somebody of this role, of one payee or of all, who has signed in.
pub async fn person(shop: &PayShop, username: &str, role: Role, payee: Option<i64>) -> Browser {
    let wanted = PersonWanted {
        username,
        role,
        name: None,
        email: None,
        phone: None,
        payee,
        collector: CollectorWanted::default(),
    };
    let hash = hash_password(&SecretString::from(PASSWORD)).unwrap();
    let accounts = shop.store().accounts();
    accounts
        .put(&wanted, Some(&hash), &hash, &Actor::system())
        .await
        .unwrap();
    let mut browser = Browser::at(&shop.running.url());
    browser.sign_in(username, PASSWORD).await.leads_to("/admin");
    browser
}

async fn row(shop: &PayShop, id: i64) -> PaymentRow {
    shop.store().payments().find(id).await.unwrap().unwrap()
}

/// Sends a form that asks back, and sends it again as the answer asks.
pub async fn surely(browser: &mut Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let first = browser.post_as_it_is(path, fields).await;
    assert_eq!(first.status, StatusCode::OK, "{}", first.body);
    first.says("name=\"sure\" value=\"1\"");
    let button = first.body.rsplit("<button").next().unwrap();
    assert!(button.contains("class=\"bad\""), "never the filled button");
    let mut fields = fields.to_vec();
    fields.push(("sure", "1"));
    browser.post_as_it_is(path, &fields).await
}

async fn decide(shop: &PayShop, browser: &mut Browser, id: i64, fields: &[(&str, &str)]) -> Answer {
    let as_of = row(shop, id).await.updated_at.to_string();
    let mut fields = fields.to_vec();
    fields.push(("as_of", &as_of));
    surely(browser, &format!("/admin/payments/{id}/decide"), &fields).await
}

on_both! {
async fn a_payment_is_one_story_and_is_decided_by_people(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let id = shop.transfer_payment(350_000).await;
    let page = format!("/admin/payments/{id}");
    lan.get("/admin/t/payment").await.says(&format!("href=\"{page}\""));
    lan.get(&page).await.says("Chờ thanh toán").says("350.000 đ").says("Tiền phòng").says("Chưa có tiền nào")
        .says("Cổng đã nhận khoản này").says("/pay/").says("qr.png").says("0123456789");
    assert_eq!(lan.get(&format!("{page}/qr.png")).await.header("content-type"), "image/png");

    // Nothing is booked before it was sent a second time.
    let money = [("reference", "FT1"), ("amount", "400k")];
    let path = format!("{page}/transfer");
    lan.post_as_it_is(&path, &money).await.says("Ghi 400.000 đ cho khoản này?");
    assert_eq!(row(&shop, id).await.received(), 0);
    surely(&mut lan, &path, &money).await.leads_to(&format!("{page}?done=transferred"));
    surely(&mut lan, &path, &money).await.leads_to(&format!("{page}?done=known"));
    surely(&mut lan, &path, &[("reference", "FT1"), ("amount", "1tr")]).await.leads_to(&format!("{page}?done=differs"));
    let paid = row(&shop, id).await;
    assert_eq!((paid.state(), paid.received(), paid.standing.money.surplus), (PaymentState::Paid, 400_000, 50_000));
    lan.get(&page).await.says("FT1").says("Sao kê").says("Ghi tiền về").says("Nguyên văn").says("lan@example.com");
    lan.get("/admin/payments/review").await.says(&paid.payment_code).says("Cần xem");

    let why = ("reason", "khách chuyển nhầm");
    for (fields, status) in [
        (vec![("decision", "refund"), ("reason", "ừ")], StatusCode::BAD_REQUEST),
        (vec![("decision", "refund"), why, ("as_of", "1")], StatusCode::CONFLICT),
    ] {
        assert_eq!(lan.post_as_it_is(&format!("{page}/decide"), &fields).await.status, status);
    }
    let as_of = paid.updated_at.to_string();
    let most = [("decision", "refund"), why, ("amount", "1tr"), ("as_of", as_of.as_str())];
    assert_eq!(lan.post_as_it_is(&format!("{page}/decide"), &most).await.status, StatusCode::BAD_REQUEST);
    decide(&shop, &mut lan, id, &[("decision", "refund"), why, ("amount", "50k")]).await.leads_to(&format!("{page}?done=decided"));
    let after = row(&shop, id).await;
    assert_eq!((after.received(), after.standing.money.surplus, after.standing.task), (350_000, 0, None));
    shop.books().await;

    // Underpaid, and taken as it is.
    let id = shop.transfer_payment(90_000).await;
    let page = format!("/admin/payments/{id}");
    surely(&mut lan, &format!("{page}/transfer"), &[("reference", "FT2"), ("amount", "80000")]).await;
    assert_eq!(row(&shop, id).await.state(), PaymentState::Underpaid);
    decide(&shop, &mut lan, id, &[("decision", "accept"), why]).await.leads_to(&format!("{page}?done=decided"));
    assert_eq!(row(&shop, id).await.state(), PaymentState::Paid);
    assert_eq!(lan.post_as_it_is(&format!("{page}/cancel"), &[("sure", "1")]).await.status, StatusCode::CONFLICT);

    // Taken back before any money came.
    let id = shop.transfer_payment(70_000).await;
    let page = format!("/admin/payments/{id}");
    lan.post_as_it_is(&format!("{page}/refresh"), &[]).await.leads_to(&format!("{page}?done=refreshed"));
    surely(&mut lan, &format!("{page}/cancel"), &[]).await.leads_to(&format!("{page}?done=cancelled"));
    lan.get(&page).await.says("Đã hủy");

    // Who looks only is offered nothing, and can do nothing.
    let mut xem = person(&shop, "xem", Role::ReadOnly, None).await;
    let seen = xem.get(&page).await;
    assert!(seen.status.is_success() && !seen.body.contains("<form method=\"post\" action=\"/admin/payments"));
    for path in ["decide", "cancel", "refresh", "transfer"] {
        assert_eq!(xem.post_as_it_is(&format!("{page}/{path}"), &[]).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    shop.books().await;
}
}

on_both! {
async fn who_works_for_one_payee_sees_that_payees_payments_alone(base: &Base) {
    let shop = PayShop::usual(base).await;
    assert_eq!(shop.store().payees().add("Nhà trọ Hoa", &Actor::system()).await.unwrap(), 2);
    let id = shop.transfer_payment(350_000).await;
    let code = row(&shop, id).await.payment_code;
    let money = SeenMoney { reference: "LẠ1".to_owned(), amount: 5, currency: "VND".to_owned(), at_ms: None, method: None };
    let stray = NewUnmatched { provider: Provider::VietQr, owner_id: Some(1), order_code: "", money: &money, note: None };
    shop.store().money_books().keep_unmatched(&stray).await.unwrap();
    shop.hear(id, "money", Fact::Money(SeenMoney { reference: "FT9".to_owned(), ..money.clone() })).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let mut hai = person(&shop, "hai", Role::Owner, Some(2)).await;
    for (path, words) in [
        ("/admin/t/payment", code.as_str()),
        ("/admin/t/payment?q=gn", &code),
        ("/admin/t/payment_request", "Tiền phòng"),
        ("/admin/t/payment_transfer", "FT9"),
        ("/admin/t/payment_event", "Cổng"),
        ("/admin/t/unmatched_money", "LẠ1"),
        ("/admin/t/renter", "lan@example.com"),
        ("/admin/payments/review", "LẠ1"),
    ] {
        lan.get(path).await.says(words);
        let page = hai.get(path).await;
        assert!(page.status.is_success(), "{path}");
        let is_shown = words != "Cổng" && page.body.contains(words);
        assert!(!is_shown, "{path} shows {words}");
    }
    for path in [
        format!("/admin/payments/{id}"),
        format!("/admin/payments/{id}/qr.png"),
        format!("/admin/t/payment/{id}"),
        "/admin/payments/requests/1".to_owned(),
        "/admin/t/payment_request/1".to_owned(),
        "/admin/t/payment_transfer/1".to_owned(),
        "/admin/t/payment_event/1".to_owned(),
        "/admin/t/unmatched_money/1".to_owned(),
        "/admin/t/renter/1".to_owned(),
    ] {
        assert_eq!(lan.get(&path).await.status, StatusCode::OK, "{path}");
        assert_eq!(hai.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["decide", "cancel", "refresh", "transfer"] {
        let path = format!("/admin/payments/{id}/{path}");
        assert_eq!(hai.post_as_it_is(&path, &[("reason", "không phải của tôi")]).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let aside = [("decision", "ignore"), ("reason", "không phải của tôi")];
    assert_eq!(hai.post_as_it_is("/admin/payments/unmatched/1", &aside).await.status, StatusCode::NOT_FOUND);
    let ticked = hai.post_as_it_is("/admin/t/payment/bulk", &[("action", "csv"), ("id", &id.to_string())]).await;
    assert_eq!(ticked.status, StatusCode::NOT_FOUND);
    let list = hai.post_as_it_is("/admin/t/payment/export", &[("format", "csv"), ("query", "")]).await;
    assert!(list.status.is_success() && !list.body.contains(&code));
    let renter = hai.post_as_it_is("/admin/t/renter/1", &[("version", "0"), ("name", "x")]).await;
    assert_eq!(renter.status, StatusCode::NOT_FOUND);
}
}

on_both! {
async fn money_that_fits_nothing_is_attached_or_put_aside(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Manager, None).await;
    let id = shop.transfer_payment(350_000).await;
    let code = row(&shop, id).await.payment_code;
    for (reference, note) in [("A1", format!("MB {code} CT")), ("A2", "tien an".to_owned())] {
        let money = SeenMoney { reference: reference.to_owned(), amount: 350_000, currency: "VND".to_owned(), at_ms: None, method: None };
        let stray = NewUnmatched { provider: Provider::VietQr, owner_id: Some(1), order_code: "", money: &money, note: Some(&note) };
        shop.store().money_books().keep_unmatched(&stray).await.unwrap();
    }
    lan.get("/admin/payments/review").await.says("A1").says("tien an").says(&format!("value=\"{code}\""));
    lan.get("/admin").await.says("<b class=\"waiting\">2</b>").says("Thanh toán cần xem</span><b>2</b>");
    let why = ("reason", "xem sao kê ngày 26");
    let nowhere = lan.post_as_it_is("/admin/payments/unmatched/1", &[("decision", "attach"), ("code", "GN0000000"), why]).await;
    assert_eq!(nowhere.status, StatusCode::BAD_REQUEST);
    let to = [("decision", "attach"), ("code", code.as_str()), why];
    surely(&mut lan, "/admin/payments/unmatched/1", &to).await.leads_to(&format!("/admin/payments/{id}?done=decided"));
    assert_eq!(row(&shop, id).await.state(), PaymentState::Paid);
    let aside = [("decision", "ignore"), why];
    surely(&mut lan, "/admin/payments/unmatched/2", &aside).await.leads_to("/admin/payments/review?done=decided");
    let again = surely(&mut lan, "/admin/payments/unmatched/2", &aside).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "decided once");
    lan.get("/admin/payments/review").await.says("Không có khoản nào cần xem");
    lan.get("/admin").await.says("Khách trả hôm nay").says("350.000 đ").says("1 khoản");
    shop.books().await;
}
}

/// Sends a statement for its preview.
pub async fn statement(browser: &mut Browser, name: &str, text: &str) -> Answer {
    const EDGE: &str = "----edge";
    let body = format!(
        "--{EDGE}\r\nContent-Disposition: form-data; name=\"payee\"\r\n\r\n1\r\n--{EDGE}\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"{name}\"\r\n\r\n{text}\r\n--{EDGE}--\r\n"
    );
    let request = browser
        .request(Method::POST, "/admin/payments/statement/preview")
        .header(
            "content-type",
            format!("multipart/form-data; boundary={EDGE}"),
        );
    browser.send(request.body(body)).await
}

/// What a preview's form sends on.
fn kept(page: &Answer) -> String {
    let (_, rest) = page
        .body
        .split_once("name=\"statement\" value=\"")
        .expect("a form");
    let (value, _) = rest.split_once('"').expect("a value");
    value
        .replace("&#34;", "\"")
        .replace("&#38;", "&")
        .replace("&#39;", "'")
        .replace("&#60;", "<")
        .replace("&#62;", ">")
}

on_both! {
async fn a_statement_is_booked_once_and_taken_back_as_far_as_nobody_has_decided(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let (a, b) = (shop.transfer_payment(350_000).await, shop.transfer_payment(200_000).await);
    let code = async |id| row(&shop, id).await.payment_code;
    let (code_a, code_b) = (code(a).await, code(b).await);
    let file = format!(
        "Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Nội dung\n\
         15/01/2027 08:00,FT1,,\"350,000.00\",MBVCB {code_a} tien phong\n\
         15/01/2027 08:01,FT2,,150.000,{code_b}\n\
         15/01/2027 08:02,FT3,,99.000,GNZZZZZZZ cam on\n\
         15/01/2027 08:03,FT4,,77.000,tien an\n\
         15/01/2027 08:04,FT5,10.000,,phi\n\
         15/01/2027 08:05,FT6,,12x,hong\n"
    );
    let preview = statement(&mut lan, "sao ke.csv", &file).await;
    preview.says("2 dòng sẽ được ghi, 500.000 đ").says("Vừa đủ").says("Thiếu").says("Mã không có ở bên nhận này")
        .says("Không phải tiền của ta").says("12x: không phải số tiền").says("Giữ 1 dòng có mã không khớp");
    assert_eq!(row(&shop, a).await.received(), 0, "a preview changes nothing");
    let fields = [("statement", kept(&preview)), ("keep_unknown", "1".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let booked = lan.post_as_it_is("/admin/payments/statement/book", &fields).await;
    let here = booked.header("location").split('?').next().unwrap().to_owned();
    booked.leads_to(&format!("{here}?done=imported"));
    lan.get(&here).await.says("sao ke.csv").says("500.000 đ").says("Hoàn tác lần nhập");
    let number = here.rsplit('/').next().unwrap();
    lan.get(&format!("/admin/import/{number}")).await.leads_to(&here);
    assert_eq!(row(&shop, a).await.state(), PaymentState::Paid);
    assert_eq!(row(&shop, b).await.state(), PaymentState::Underpaid);
    let strays = shop.store().money_books().unmatched(None, 10).await.unwrap();
    assert_eq!(strays.iter().map(|s| (s.reference.as_str(), s.amount)).collect::<Vec<_>>(), [("FT3", 99_000)]);

    // The same file again, and a program that tells the same: nothing is booked twice.
    let again = statement(&mut lan, "lai.csv", &file).await;
    again.says("0 dòng sẽ được ghi").says("Đã ghi trước đó");
    lan.post_as_it_is("/admin/payments/statement/book", &fields).await;
    let body = serde_json::json!({ "reference": "FT1", "amount": 350_000 });
    assert_eq!(shop.post(&format!("/api/payments/{a}/transfers"), body).await.0, StatusCode::OK);
    assert_eq!((row(&shop, a).await.received(), row(&shop, b).await.received()), (350_000, 150_000));
    assert_eq!(shop.store().money_books().unmatched(None, 10).await.unwrap().len(), 1);

    // What somebody has decided about stays.
    decide(&shop, &mut lan, b, &[("decision", "accept"), ("reason", "bớt cho khách")]).await;
    surely(&mut lan, &format!("{here}/undo"), &[]).await.leads_to(&format!("{here}?done=taken_partly"));
    lan.get(&format!("{here}?done=taken_partly")).await.says("khoản đã có người quyết định thì giữ nguyên").says("Đã hoàn tác");
    let back = row(&shop, a).await;
    assert_eq!((back.state(), back.received()), (PaymentState::Refunded, 0));
    let transfers = shop.store().payments().transfers(a).await.unwrap();
    assert_eq!(transfers.iter().map(|t| (t.reference.as_str(), t.amount)).collect::<Vec<_>>(), [("FT1", 350_000), ("undo-FT1", -350_000)]);
    assert_eq!((row(&shop, b).await.state(), row(&shop, b).await.received()), (PaymentState::Paid, 150_000));
    assert!(shop.store().money_books().unmatched(None, 10).await.unwrap().is_empty());
    let twice = lan.post_as_it_is(&format!("{here}/undo"), &[("sure", "1")]).await;
    assert_eq!(twice.status, StatusCode::NOT_FOUND);
    statement(&mut lan, "ba.csv", &file).await.says("Đã ghi rồi hoàn tác");
    shop.books().await;

    for (name, text) in [("a.pdf", "x"), ("a.csv", "mã,tên\n1,2\n"), ("a.xlsx", "PK")] {
        assert_eq!(statement(&mut lan, name, text).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
    }
    let mut xem = person(&shop, "xem", Role::ReadOnly, None).await;
    assert_eq!(statement(&mut xem, "a.csv", &file).await.status, StatusCode::FORBIDDEN);
}
}

on_both! {
async fn a_line_that_stands_twice_in_a_statement_is_counted_once(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let a = shop.transfer_payment(350_000).await;
    let code = row(&shop, a).await.payment_code;
    let file = format!(
        "Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Nội dung\n\
         15/01/2027 08:00,FT1,,350.000,{code}\n\
         15/01/2027 08:00,FT1,,350.000,{code}\n\
         15/01/2027 08:00,FT1,,90.000,{code}\n\
         15/01/2027 08:03,FT4,,77.000,tien an\n\
         15/01/2027 08:03,FT4,,77.000,tien an\n\
         16/01/2027 08:03,FT4,,50.000,tien an\n"
    );
    let preview = statement(&mut lan, "sao ke.csv", &file).await;
    preview.says("1 dòng sẽ được ghi, 350.000 đ").says("Trùng dòng ở trên").says("Mã đã ghi với số tiền khác");
    let fields = [("statement", kept(&preview)), ("keep_plain", "1".to_owned())];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for _ in 0..2 {
        lan.post_as_it_is("/admin/payments/statement/book", &fields).await;
        assert_eq!(row(&shop, a).await.received(), 350_000);
        // A bank's reference comes again on another day: it is other money.
        let strays = shop.store().money_books().unmatched(None, 10).await.unwrap();
        let mut amounts: Vec<i64> = strays.iter().map(|s| s.amount).collect();
        amounts.sort_unstable();
        assert_eq!(amounts, [50_000, 77_000]);
    }
    shop.books().await;
}
}

on_both! {
async fn each_line_of_a_payment_sees_what_the_lines_above_it_pay(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let id = shop.transfer_payment(350_000).await;
    let code = row(&shop, id).await.payment_code;
    let file = format!(
        "Ngày giao dịch,Số tham chiếu,Ghi có,Nội dung\n\
         15/01/2027 08:00,FT1,350.000,{code}\n\
         15/01/2027 08:01,FT2,350.000,{code}\n\
         31/02/2027,FT3,77.000,tien an\n"
    );
    let preview = statement(&mut lan, "sao ke.csv", &file).await;
    preview.says("2 dòng sẽ được ghi, 700.000 đ").says("Ngày không rõ").says("31/02/2027: không phải ngày");
    let count = |words: &str| preview.body.matches(words).count();
    assert_eq!((count("Vừa đủ"), count("Thừa")), (1, 1), "the second comes on top");
    // What the form sends back is held to what a file is held to.
    let forged = kept(&preview).replacen("\"amount\":350000", "\"amount\":9223372036854775807", 1);
    let refused = lan.post_as_it_is("/admin/payments/statement/book", &[("statement", &forged)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert_eq!(row(&shop, id).await.received(), 0);
}
}

on_both! {
async fn a_statement_that_means_harm_does_none(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let a = shop.transfer_payment(350_000).await;
    let code = row(&shop, a).await.payment_code;
    let head = "Ngày giao dịch,Số tham chiếu,Ghi nợ,Ghi có,Nội dung\n";
    let long = "x".repeat(400_000);
    for amount in ["9e18", "99999999999999999999", "-350000", "0", "NaN", "1,2,3", "٣٥٠٠٠٠", "=1+1", "350000;350000", "0x7f"] {
        let file = format!("{head}15/01/2027 08:00,FT1,,\"{amount}\",{code}\n");
        let answer = statement(&mut lan, "a.csv", &file).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY), "{amount}: {}", answer.status);
        assert!(!answer.body.contains("1 dòng sẽ được ghi"), "{amount}");
    }
    for note in ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "=HYPERLINK(\"\"http://x\"\")", "\0\u{202e}abc", &long] {
        let file = format!("{head}15/01/2027 08:00,FT2,,1.000,\"{}\"\n", note.replace('"', "\"\""));
        let answer = statement(&mut lan, "<b>a.csv", &file).await;
        assert!(matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY), "{}", answer.status);
        assert!(!answer.body.contains("<script>alert") && !answer.body.contains("<img src=x") && !answer.body.contains("<b>a.csv"));
    }
    let many_columns = format!("{}\n", ",".repeat(200_000));
    let many_lines = format!("{head}{}", "15/01/2027 08:00,FT3,,1.000,x\n".repeat(60_000));
    for file in [many_columns, many_lines, format!("{head}\"never closed,{long}"), head.repeat(2_000), "\u{feff}".repeat(9_000)] {
        let answer = statement(&mut lan, "a.csv", &file).await;
        let is_bounded = matches!(answer.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY | StatusCode::PAYLOAD_TOO_LARGE);
        assert!(is_bounded, "{}", answer.status);
        assert!(answer.body.len() < 4_000_000, "{}", answer.body.len());
    }
    // A form that was written by hand says no more than a file would.
    for forged in ["{", "[]", "{\"payee\":1}", "{\"filename\":\"a\",\"payee\":99,\"rows\":[]}"] {
        let answer = lan.post_as_it_is("/admin/payments/statement/book", &[("statement", forged)]).await;
        assert!(!answer.status.is_server_error(), "{forged}: {}", answer.status);
    }
    let forged = format!("{{\"filename\":\"a\",\"payee\":1,\"rows\":[{{\"number\":1,\"at_ms\":null,\"note\":\"{code}\",\"amount\":-5,\"reference\":\"FT9\"}}]}}");
    let answer = lan.post_as_it_is("/admin/payments/statement/book", &[("statement", forged.as_str())]).await;
    assert!(!answer.status.is_server_error(), "{}", answer.status);
    assert_eq!(row(&shop, a).await.received(), 0);
    shop.books().await;
}
}

on_both! {
async fn a_request_is_made_by_hand_and_shows_its_link(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    lan.get("/admin/t/payment_request").await.says("href=\"/admin/payments/new\"");
    let form = lan.get("/admin/payments/new").await;
    let once = form.body.split("name=\"once\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = |amount: &'static str| {
        vec![
            ("once", once.as_str()), ("amount", amount), ("description", "Tiền cọc"), ("name", "Hoa"), ("email", "hoa@example.com"),
            ("phone", "0981234567"), ("lasts", "72"), ("payee", "1"), ("send", "1"),
        ]
    };
    for amount in ["", "ba đồng", "1tr50", "0", "9 tỷ"] {
        let wrong = lan.post_as_it_is("/admin/payments/new", &fields(amount)).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY, "{amount}");
        wrong.says("Số tiền").says("Tiền cọc").says(&once);
    }
    let made = lan.post_as_it_is("/admin/payments/new", &fields("1tr2")).await;
    made.leads_to("/admin/payments/requests/1?done=asked_and_sent");
    lan.post_as_it_is("/admin/payments/new", &fields("1tr2")).await.leads_to("/admin/payments/requests/1?done=asked_and_sent");
    let page = lan.get("/admin/payments/requests/1").await;
    page.says("1.200.000 đ").says("Tiền cọc").says("Đang mở").says("data-copy=\"http").says("Khách chưa bắt đầu trả");
    assert_eq!(lan.get("/admin/payments/requests/1/qr.png").await.header("content-type"), "image/png");
    let token = page.body.split("/pay/").nth(1).unwrap().split('"').next().unwrap().split('<').next().unwrap().to_owned();
    let (status, shown) = shop.call("GET", &format!("/pay/{token}"), None, None).await;
    assert_eq!((status, &shown["request"]["amount"]), (StatusCode::OK, &serde_json::json!(1_200_000)), "{shown}");
    lan.get("/admin/t/letter").await.says("hoa@example.com");
    let other = lan.post_as_it_is("/admin/payments/new", &fields("1tr3")).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "one form makes one request");
    let mut xem = person(&shop, "xem", Role::ReadOnly, None).await;
    assert_eq!(xem.post_as_it_is("/admin/payments/new", &fields("1tr2")).await.status, StatusCode::FORBIDDEN);
    xem.get("/admin/payments/new").await.says("chỉ xem");
}
}

on_both! {
async fn differences_are_looked_at_and_pictures_have_their_numbers(base: &Base) {
    let shop = PayShop::usual(base).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let id = shop.transfer_payment(350_000).await;
    let money = SeenMoney { reference: "FT1".to_owned(), amount: 350_000, currency: "VND".to_owned(), at_ms: None, method: None };
    shop.hear(id, "money", Fact::Money(money)).await;
    let difference = Difference {
        payment_id: id, provider: "payos".to_owned(), kind: "missing_there".to_owned(), reference: "FT1".to_owned(),
        theirs: None, ours: Some(350_000), day: "2027-01-14".to_owned(), seen_at: None, id: 0,
    };
    shop.store().money_books().keep_difference(&difference).await.unwrap();
    let here = "/admin/payments/compare";
    lan.get(here).await.says("14/01/2027").says("Ta ghi, cổng không có").says("1 chưa xem").says("khớp");
    for day in ["today", "yesterday"] {
        lan.post_as_it_is(here, &[("day", day)]).await.leads_to(&format!("{here}?done=compared"));
    }
    assert_eq!(lan.post_as_it_is(here, &[("day", "never")]).await.status, StatusCode::BAD_REQUEST);
    lan.post_as_it_is(&format!("{here}/1/seen"), &[]).await.leads_to(&format!("{here}?done=looked"));
    let seen = lan.get(here).await;
    assert!(!seen.body.contains("chưa xem"));
    assert_eq!(lan.post_as_it_is(&format!("{here}/9/seen"), &[]).await.status, StatusCode::NOT_FOUND);
    for days in ["", "?days=7", "?days=90", "?days=8"] {
        let page = lan.get(&format!("/admin/payments/pictures{days}")).await;
        page.says("350.000 đ").says("100%").says("class=\"p2\"");
    }
}
}

async fn to(page: &Client, shop: &PayShop, path: &str) {
    let url = format!("{}{path}", shop.running.url());
    page.goto(&url).await.expect(path);
}

async fn number(page: &Client, script: &str) -> f64 {
    let answer = page.execute(script, vec![]).await.expect("a script");
    answer.as_f64().expect("a number")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_pages_of_payments_can_be_used_by_everybody() {
    gachno::init_tls();
    let base = Base::new(Which::Sqlite).expect("a database");
    let sandbox = sandbox::start(sandbox::SandboxOptions::default())
        .await
        .expect("starts");
    let shop = PayShop::live(&base, &sandbox).await;
    let mut lan = person(&shop, "lan", Role::Owner, None).await;
    let id = shop.transfer_payment(350_000).await;
    let more = [("reference", "FT1"), ("amount", "400k")];
    surely(&mut lan, &format!("/admin/payments/{id}/transfer"), &more).await;
    let money = SeenMoney {
        reference: "A1".to_owned(),
        amount: 350_000,
        currency: "VND".to_owned(),
        at_ms: None,
        method: None,
    };
    let stray = NewUnmatched {
        provider: Provider::VietQr,
        owner_id: Some(1),
        order_code: "",
        money: &money,
        note: Some("tien an"),
    };
    shop.store()
        .money_books()
        .keep_unmatched(&stray)
        .await
        .expect("kept");
    let difference = Difference {
        payment_id: id,
        provider: "payos".to_owned(),
        kind: "missing_there".to_owned(),
        reference: "FT1".to_owned(),
        theirs: None,
        ours: Some(350_000),
        day: "2026-11-26".to_owned(),
        seen_at: None,
        id: 0,
    };
    shop.store()
        .money_books()
        .keep_difference(&difference)
        .await
        .expect("kept");
    let file = "Ngày,Mã giao dịch,Ghi có,Nội dung\n26/11/2026,F7,5.000,x\n";
    let preview = statement(&mut lan, "a.csv", file).await;
    let fields = [
        ("statement", kept(&preview)),
        ("keep_plain", "1".to_owned()),
    ];
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let booked = lan
        .post_as_it_is("/admin/payments/statement/book", &fields)
        .await;
    let import = booked.header("location").to_owned();

    let (session, page, pictures, _folder) = crate::eyes::open().await;
    to(&page, &shop, "/admin/sign-in").await;
    for (name, text) in [("username", "lan"), ("password", PASSWORD)] {
        let field = page
            .find(Locator::Css(&format!("input[name={name}]")))
            .await;
        field.expect(name).send_keys(text).await.expect("typed");
    }
    let button = page.find(Locator::Css("main button, .gate button")).await;
    button.expect("a button").click().await.expect("pressed");
    let home = page.wait().for_element(Locator::Css("main#main")).await;
    home.expect("signed in");

    let story = format!("/admin/payments/{id}");
    for width in [360, 1280] {
        page.set_window_size(width, 900).await.expect("size");
        for (at, path) in [
            "/admin",
            &story,
            "/admin/payments/review",
            "/admin/payments/compare",
            "/admin/payments/statement",
            &import,
            "/admin/payments/pictures?days=7",
            "/admin/payments/new",
            "/admin/payments/requests/1",
        ]
        .into_iter()
        .enumerate()
        {
            to(&page, &shop, path).await;
            let over = "return document.documentElement.scrollWidth - document.documentElement.clientWidth";
            assert!(
                number(&page, over).await <= 0.0,
                "{path} sticks out of {width}"
            );
            // Colours are judged where everything is open.
            let open = "document.querySelectorAll('details').forEach(d => d.open = true)";
            page.execute(open, vec![]).await.expect("opened");
            assert_accessible(&page, &format!("{path} at {width}")).await;
            let png = page.screenshot().await.expect("a picture");
            std::fs::write(pictures.join(format!("payments_{width}_{at}.png")), png).expect("kept");
        }
    }
    // What asks back.
    to(&page, &shop, &story).await;
    let reason = page.find(Locator::Css("textarea[name=reason]")).await;
    reason
        .expect("a field")
        .send_keys("xem sao kê")
        .await
        .expect("typed");
    let refund = page.find(Locator::Css("button[value=refund]")).await;
    refund.expect("a button").click().await.expect("pressed");
    let sure = page
        .wait()
        .for_element(Locator::Css("input[name=sure]"))
        .await;
    sure.expect("asked back");
    assert_accessible(&page, "asking back").await;
    session.close().await;
}
