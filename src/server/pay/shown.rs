//! What is shown of payments and of what they are for.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::kept::KeptAccount;
use crate::domain::payment::{PayableKind, PayableRef, PaymentState, Provider};
use crate::domain::vietqr::VietQr;
use crate::server::AppState;
use crate::server::web::words::money;
use crate::store::payments::{Payable, PaymentRow};

pub use crate::domain::calendar::wire_time as time;

/// Where a stranger with the token pays.
pub fn pay_url(app: &AppState, payable: &Payable) -> String {
    format!("{}/pay/{}", app.public_url(), payable.pay_token)
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
    let account = KeptAccount::read(payment.account.as_deref())?;
    let qr = VietQr {
        bank_bin: &account.bin,
        account: &account.number,
        amount: Some(missing(payment, owed)),
        purpose: &account.note,
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
pub fn qr_data_url(text: Option<&str>) -> Option<String> {
    let png = text.and_then(qr_png)?;
    Some(format!("data:image/png;base64,{}", STANDARD.encode(png)))
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
pub fn message(row: &PaymentRow, owed: i64) -> String {
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

/// Which kind a number in the address is of.
pub const fn at(kind: PayableKind, id: i64) -> PayableRef {
    PayableRef { kind, id }
}
