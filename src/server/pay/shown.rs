//! Payments and what they are for as the wire shows them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::refusal::PayRefusal;
use crate::domain::payment::{PayableKind, PayableRef, PaymentState, Provider};
use crate::domain::vietqr::VietQr;
use crate::server::AppState;
use crate::server::web::words::money;
use crate::store::payments::{Payable, PaymentRow, StoredEvent, StoredTransfer};

pub use crate::domain::calendar::wire_time as time;

fn maybe_time(ms: Option<i64>) -> Value {
    ms.map_or(Value::Null, |ms| json!(time(ms)))
}

/// Where a stranger with the token pays.
pub fn pay_url(app: &AppState, payable: &Payable) -> String {
    format!("{}/pay/{}", app.public_url(), payable.pay_token)
}

/// The account that money goes to, with what a transfer to it has to say.
pub fn account_info(payment: &PaymentRow, owed: i64) -> Value {
    let account = payment.account.as_deref();
    let Some(Value::Object(mut account)) = account.and_then(|a| serde_json::from_str(a).ok())
    else {
        return Value::Null;
    };
    let note = account.remove("note").unwrap_or_default();
    account.insert("amount".to_owned(), json!(missing(payment, owed)));
    account.insert("note".to_owned(), note);
    Value::Object(account)
}

/// What is still missing, in đồng: never more than its payable owes.
pub fn missing(payment: &PaymentRow, owed: i64) -> i64 {
    payment.missing().min(owed)
}

/// Does its link ask for another sum than what is owed now, because other money came? Then it is not shown.
pub fn is_stale(payment: &PaymentRow, owed: i64) -> bool {
    payment.state().is_open() && !payment.fits(owed)
}

/// What stands in the QR: over what is missing now. A QR of ours is written anew when a part has come; the
/// provider's own cannot be, and is not shown any more.
pub fn qr_text(payment: &PaymentRow, owed: i64) -> Option<String> {
    if is_stale(payment, owed) {
        return None;
    }
    if !payment.state().is_open() || payment.received() == 0 {
        return payment.qr_text.clone();
    }
    if payment.provider != Provider::VietQr {
        return None;
    }
    let account: Value = serde_json::from_str(payment.account.as_deref()?).ok()?;
    let qr = VietQr {
        bank_bin: account["bin"].as_str()?,
        account: account["number"].as_str()?,
        amount: Some(missing(payment, owed)),
        purpose: account["note"].as_str()?,
        ..VietQr::default()
    };
    qr.payload().ok()
}

/// The QR as a picture: black modules on white, four pixels a module, with the margin that readers want.
pub fn qr_png(text: &str) -> Option<Vec<u8>> {
    const SCALE: usize = 6;
    const MARGIN: usize = 4;
    let code = qrcode::QrCode::new(text.as_bytes()).ok()?;
    let width = code.width();
    let colors = code.to_colors();
    let side = (width + 2 * MARGIN) * SCALE;
    let pixel = |x: usize, y: usize| {
        let at = |p: usize| (p / SCALE).checked_sub(MARGIN).filter(|m| *m < width);
        let is_dark = at(x)
            .zip(at(y))
            .is_some_and(|(x, y)| colors[y * width + x] == qrcode::Color::Dark);
        if is_dark { 0_u8 } else { 255 }
    };
    let pixels: Vec<u8> = (0..side)
        .flat_map(|y| (0..side).map(move |x| pixel(x, y)))
        .collect();
    let mut out = Vec::new();
    let size = u32::try_from(side).ok()?;
    let mut encoder = png::Encoder::new(&mut out, size, size);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(out)
}

/// The QR as an address that holds its picture.
pub fn qr_data_url(text: Option<&str>) -> Value {
    text.and_then(qr_png).map_or(Value::Null, |png| {
        json!(format!("data:image/png;base64,{}", STANDARD.encode(png)))
    })
}

/// A payment without what came and what was told.
pub fn payment(app: &AppState, payment: &PaymentRow, payable: &Payable) -> Value {
    json!({
        "id": payment.id,
        "payment_code": payment.payment_code,
        "order_code": payment.order_code,
        "amount": payment.standing.amount,
        "received": payment.received(),
        "surplus": payment.standing.money.surplus,
        "currency": "VND",
        "provider": payment.provider.wire(),
        "state": payment.state().wire(),
        "payment_status": payment.state().payment_status(),
        "status": payment.state().payment_status(),
        "description": payment.description,
        "owner_id": payment.owner_id,
        "checkout_url": payment.checkout_url,
        "pay_url": pay_url(app, payable),
        "payos_transaction_id": payment.transaction_id,
        "payment_method": payment.method,
        "created_at": time(payment.created_at),
        "updated_at": time(payment.updated_at),
        "paid_at": maybe_time(payment.paid_at),
        "expires_at": time(payment.expires_at),
        "customer_name": payment.customer_name,
        "customer_email": payment.customer_email,
        "customer_phone": payment.customer_phone,
        "payable": payment.payable,
    })
}

/// A payment with all that came and was told.
pub async fn whole_payment(app: &AppState, row: &PaymentRow) -> Result<Value, PayRefusal> {
    let payments = app.store().payments();
    let payable = app.store().payables().payable(row.payable).await?;
    let payable = payable.ok_or_else(PayRefusal::not_found)?;
    let alone = payment(app, row, &payable);
    let (transfers, events) = (
        payments.transfers(row.id).await?,
        payments.events(row.id).await?,
    );
    Ok(with_story(alone, &transfers, &events))
}

/// The same with what came and what was told.
pub fn with_story(mut shown: Value, transfers: &[StoredTransfer], events: &[StoredEvent]) -> Value {
    let transfers = transfers
        .iter()
        .map(|t| {
            json!({ "reference": t.reference, "amount": t.amount, "currency": t.currency, "at": time(t.at), "source": t.source })
        })
        .collect();
    let events = events
        .iter()
        .map(|e| {
            json!({ "at": time(e.at), "source": e.source, "kind": e.kind, "accepted": e.is_accepted })
        })
        .collect();
    shown["transfers"] = Value::Array(transfers);
    shown["events"] = Value::Array(events);
    shown
}

/// A payment as its own page shows it.
pub fn page_payment(app: &AppState, row: &PaymentRow, payable: &Payable) -> Value {
    let mut shown = payment(app, row, payable);
    let owed = payable.owed();
    let qr_text = qr_text(row, owed);
    shown["qr_code"] = qr_data_url(qr_text.as_deref());
    shown["qr_text"] = json!(qr_text);
    shown["account_info"] = account_info(row, owed);
    shown["missing"] = json!(missing(row, owed));
    if is_stale(row, owed) {
        shown["account_info"] = Value::Null;
        shown["checkout_url"] = Value::Null;
    }
    if let Some(otp) = otp(row) {
        shown["otp"] = otp;
    }
    shown
}

/// The one-time password that is waited for.
pub fn otp(row: &PaymentRow) -> Option<Value> {
    let kept: Value = serde_json::from_str(row.otp.as_deref()?).ok()?;
    Some(json!({
        "length": kept["length"],
        "expires_at": kept["expires_ms"].as_i64().map(time),
        "attempts_left": kept["attempts_left"],
        "resend_after_s": kept["resend_after_s"],
        "sent_to": kept["sent_to"],
    }))
}

/// What is paid for, with its payments.
pub async fn payable(app: &AppState, found: &Payable) -> Result<Value, PayRefusal> {
    let payments: Vec<Value> = app
        .store()
        .payments()
        .of_payable(found.at)
        .await?
        .iter()
        .map(|p| json!({ "id": p.id, "state": p.state().wire(), "provider": p.provider.wire() }))
        .collect();
    let mut shown = payable_alone(app, found);
    shown["payments"] = Value::Array(payments);
    Ok(shown)
}

/// What is paid for.
pub fn payable_alone(app: &AppState, found: &Payable) -> Value {
    let now = app.store().now_ms();
    let renter = json!({
        "name": found.renter.name,
        "email": found.renter.email,
        "phone": found.renter.phone,
        "username": found.renter.username,
    });
    let mut shown = json!({
        "id": found.at.id,
        "status": found.status(now),
        "payment_status": found.payment_status,
        "amount": found.amount,
        "paid": found.paid,
        "waived": found.waived,
        "owed": found.owed(),
        "owner_id": found.owner_id,
        "pay_url": pay_url(app, found),
        "created_at": time(found.created_at),
    });
    match found.at.kind {
        PayableKind::Booking | PayableKind::Receipt => {
            shown["room_title"] = json!(found.title);
            if let Some((start, end)) = found.stay {
                shown["start_time"] = json!(time(start));
                shown["end_time"] = json!(time(end));
            }
            shown["renter"] = renter;
        }
        PayableKind::Request => {
            shown["description"] = json!(found.title);
            shown["customer"] = renter;
            shown["expires_at"] = maybe_time(found.expires_at);
        }
    }
    shown
}

/// Where somebody is sent when a payment has ended: nowhere while it is open.
pub fn redirect(row: &PaymentRow, guest_token: Option<&str>) -> Option<String> {
    let page = match row.state().payment_status() {
        "success" => "success",
        "failed" => "failed",
        _ => return None,
    };
    Some(match guest_token {
        Some(token) => format!("/pay/{token}"),
        None => format!("/payment/{page}/{}", row.id),
    })
}

/// How a payment stands, in a sentence for its payer.
fn message(row: &PaymentRow, owed: i64) -> String {
    match row.state() {
        PaymentState::Created => "Đang nối với cổng thanh toán.".to_owned(),
        PaymentState::Pending => "Chưa nhận được tiền.".to_owned(),
        PaymentState::Processing => "Cổng thanh toán đang xử lý.".to_owned(),
        PaymentState::Underpaid => format!(
            "Đã nhận {}, còn thiếu {}.",
            money(row.received()),
            money(missing(row, owed))
        ),
        PaymentState::Paid => "Thanh toán thành công.".to_owned(),
        PaymentState::Cancelled => "Thanh toán đã hủy.".to_owned(),
        PaymentState::Expired => "Thanh toán đã hết hạn.".to_owned(),
        PaymentState::Failed => "Thanh toán không thành công.".to_owned(),
        PaymentState::Review => "Cửa hàng đang kiểm tra khoản này.".to_owned(),
        PaymentState::Refunded => "Đã hoàn tiền.".to_owned(),
    }
}

/// How a payment stands, in a few words.
pub fn state(row: &PaymentRow, owed: i64, guest_token: Option<&str>) -> Value {
    let status = row.state().payment_status();
    json!({
        "status": status,
        "message": message(row, owed),
        "payment_status": status,
        "state": row.state().wire(),
        "received": row.received(),
        "missing": missing(row, owed),
        "redirect": redirect(row, guest_token),
    })
}

/// Which kind a number in the address is of.
pub const fn at(kind: PayableKind, id: i64) -> PayableRef {
    PayableRef { kind, id }
}
