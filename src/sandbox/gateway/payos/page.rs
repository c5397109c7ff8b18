//! PayOS's page: what a customer sees, with buttons in place of a bank's program.

use std::collections::HashMap;

use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use super::super::Gateway;
use super::super::page::{button, dong, list, page};
use super::super::time::now_ms;
use super::{Incoming, PayOsLink};

fn link(gateway: &Gateway, id: &str) -> Option<PayOsLink> {
    let world = gateway.world();
    world.payos.values().find(|link| link.id == id).cloned()
}

pub async fn show(State(gateway): State<Gateway>, Path(id): Path<String>) -> Response {
    let Some(link) = link(&gateway, &id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let missing = (link.amount - link.paid()).max(0);
    let rows = list(&[
        ("Số tiền", dong(link.amount)),
        ("Đã nhận", dong(link.paid())),
        ("Tài khoản", link.account.clone()),
        ("Nội dung", link.description.clone()),
        ("Trạng thái", link.status().to_owned()),
    ]);
    let here = format!("/payos/web/{id}");
    let pay = |amount: i64, label: &str| {
        button(
            &here,
            &[("act", "pay".to_owned()), ("amount", amount.to_string())],
            label,
        )
    };
    let some = format!(
        "<form method=\"post\" action=\"{here}\"><input type=\"hidden\" name=\"act\" value=\"pay\">\
         <label>Số tiền khác <input name=\"amount\" inputmode=\"numeric\" value=\"{missing}\"></label>\
         <button>Chuyển số tiền này</button></form>"
    );
    let whole = if missing > 0 { missing } else { link.amount };
    let body = rows
        + &pay(whole, "Đã chuyển tiền")
        + &pay((whole / 2).max(1), "Chuyển thiếu (một nửa)")
        + &pay(whole + 10_000, "Chuyển dư (thêm 10.000 đ)")
        + &some
        + &button(&here, &[("act", "cancel".to_owned())], "Hủy thanh toán");
    page("payOS", &body)
}

pub async fn press(
    State(gateway): State<Gateway>,
    Path(id): Path<String>,
    Form(form): Form<HashMap<String, String>>,
) -> Response {
    let Some(before) = link(&gateway, &id) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let is_cancel = form.get("act").is_some_and(|act| act == "cancel");
    if is_cancel {
        let mut world = gateway.world();
        let mut links = world.payos.values_mut();
        if let Some(link) = links.find(|l| l.id == id && l.status() == "PENDING") {
            link.cancelled = Some((now_ms(), None));
        }
    } else {
        let amount = form.get("amount").and_then(|text| text.trim().parse().ok());
        let Some(amount) = amount.filter(|amount: &i64| *amount > 0) else {
            return (StatusCode::BAD_REQUEST, "amount").into_response();
        };
        gateway.payos_money(
            before.order_code,
            Incoming {
                amount: Some(amount),
                ..Incoming::default()
            },
        );
    }
    let link = link(&gateway, &id).unwrap_or(before);
    let address = if is_cancel {
        &link.cancel_url
    } else {
        &link.return_url
    };
    let Ok(mut back) = url::Url::parse(address) else {
        return Redirect::to(&format!("/payos/web/{id}")).into_response();
    };
    back.query_pairs_mut().extend_pairs([
        ("code", "00"),
        ("id", &link.id),
        ("cancel", if is_cancel { "true" } else { "false" }),
        ("status", link.status()),
        ("orderCode", &link.order_code.to_string()),
    ]);
    Redirect::to(back.as_str()).into_response()
}
