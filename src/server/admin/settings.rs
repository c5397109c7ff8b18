//! What the shop has decided, and what the keys of the old settings mean.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use secrecy::SecretString;

use crate::domain::Phone;
use crate::server::AppState;
use crate::server::door::shows_password;
use crate::server::web::extract::Done;
use crate::server::web::form::{FormData, as_of};
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page_with};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::store::catalogue::Area;
use crate::store::settings::{OldSetting, ShopRules, ShopSetting};

/// Milliseconds of a second: the shop keeps the former, people read the latter.
const SECOND_MS: i64 = 1_000;
/// Rows of the old settings that are shown.
const OLD_MAX: u32 = 100;

/// The routes of settings.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::Rules, right);
    vec![
        Route::read("/admin/settings", may(Right::See), get(show)),
        Route::change("/admin/settings", may(Right::Edit), post(save)),
    ]
}

/// A number that can be set.
struct NumberField {
    /// Its name in the form.
    name: &'static str,
    label: &'static str,
    least: i64,
    most: i64,
    /// How many of what is kept one of what is shown is.
    unit: i64,
    now: fn(&ShopRules) -> i64,
    set: fn(i64) -> ShopSetting,
}

const NUMBERS: [NumberField; 6] = [
    NumberField {
        name: "trial_days",
        label: "Dùng thử, số ngày (0: không hạn)",
        least: 0,
        most: 3_650,
        unit: 1,
        now: |shop| shop.trial_days,
        set: ShopSetting::TrialDays,
    },
    NumberField {
        name: "tries_max",
        label: "Số lần giao một việc hỏng trước khi thanh toán",
        least: 1,
        most: 20,
        unit: 1,
        now: |shop| shop.tries_max,
        set: ShopSetting::TriesMax,
    },
    NumberField {
        name: "retry_after_s",
        label: "Nghỉ giữa hai lần giao, số giây",
        least: 0,
        most: 86_400,
        unit: SECOND_MS,
        now: |shop| shop.retry_after_ms,
        set: ShopSetting::RetryAfterMs,
    },
    NumberField {
        name: "lease_s",
        label: "Giữ việc cho một máy, số giây",
        least: 5,
        most: 600,
        unit: SECOND_MS,
        now: |shop| shop.lease_ms,
        set: ShopSetting::LeaseMs,
    },
    NumberField {
        name: "repeat_hours",
        label: "Nạp tiền trùng số và số tiền: hỏi lại trong số giờ (0: không hỏi)",
        least: 0,
        most: 720,
        unit: 1,
        now: |shop| shop.repeat_hours,
        set: ShopSetting::RepeatHours,
    },
    NumberField {
        name: "keep_days",
        label: "Giữ lịch sử đăng nhập sai, số ngày",
        least: 1,
        most: 3_650,
        unit: 1,
        now: |shop| shop.keep_days,
        set: ShopSetting::KeepDays,
    },
];

/// Something that is on or off.
struct SwitchField {
    /// Its name in the form.
    name: &'static str,
    label: &'static str,
    now: fn(&ShopRules) -> bool,
    set: fn(bool) -> ShopSetting,
}

const SWITCHES: [SwitchField; 5] = [
    SwitchField {
        name: "registration",
        label: "Cho phép đăng ký tài khoản (chờ duyệt)",
        now: |shop| shop.registration,
        set: ShopSetting::Registration,
    },
    SwitchField {
        name: "require_2fa",
        label: "Chủ và quản lý phải dùng bảo vệ hai lớp",
        now: |shop| shop.require_2fa,
        set: ShopSetting::Require2fa,
    },
    SwitchField {
        name: "open_data",
        label: "Ai vào được máy chủ cũng đọc được danh sách việc, không cần mã máy",
        now: |shop| shop.open_data,
        set: ShopSetting::OpenData,
    },
    SwitchField {
        name: "desk_outstanding_cash_only",
        label: "Thu tại nhà: tồn tạm của ngày trước chỉ chặn thu tiền mặt (tắt: chặn mọi cách thu)",
        now: |shop| shop.desk_outstanding_cash_only,
        set: ShopSetting::DeskOutstandingCashOnly,
    },
    SwitchField {
        name: "desk_tell_settled",
        label: "Thu tại nhà: báo khách lần nữa khi hóa đơn đã gạch nợ",
        now: |shop| shop.desk_tell_settled,
        set: ShopSetting::DeskTellSettled,
    },
];

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    frame: Frame,
    as_of: String,
    error: Option<String>,
    may_edit: bool,
    switches: Vec<(&'static str, &'static str, bool)>,
    numbers: Vec<(&'static str, &'static str, String)>,
    receiver_phone: String,
    has_pin: bool,
    old: Vec<(i64, String, String, &'static str)>,
}

/// What a row of the old settings means, and whether it still decides.
fn meaning(old: &OldSetting, shop: &ShopRules) -> &'static str {
    match ShopSetting::of_old(&old.key, &old.value) {
        Some(setting @ ShopSetting::TrialDays(_)) if setting.is_in(shop) => {
            "Thời hạn dùng thử: đang dùng. Lưu ô “Dùng thử, số ngày” phía trên để thay."
        }
        Some(setting) if setting.is_in(shop) => {
            "Cho đăng ký: đang dùng. Lưu ô “Cho phép đăng ký tài khoản” phía trên để thay."
        }
        Some(_) => "Đã được thay bằng cài đặt phía trên.",
        None => "Khóa của hệ thống cũ, chương trình này không dùng.",
    }
}

async fn shown(
    app: &AppState,
    person: &Person,
    status: StatusCode,
    error: Option<String>,
    done: Option<&str>,
) -> Result<Response, Problem> {
    let shop = app.store().settings().shop().await?;
    let old = app.store().settings().old(OLD_MAX).await?;
    let number = |field: &NumberField| {
        let now = (field.now)(&shop) / field.unit;
        (field.name, field.label, now.to_string())
    };
    let page = Settings {
        frame: Frame::of(person, "Cài đặt", "settings").with_notice(done),
        as_of: as_of(&shop),
        error,
        may_edit: person.may(Area::Rules, Right::Edit),
        switches: SWITCHES
            .iter()
            .map(|field| (field.name, field.label, (field.now)(&shop)))
            .collect(),
        numbers: NUMBERS.iter().map(number).collect(),
        receiver_phone: shop.receiver_phone.clone(),
        has_pin: !shop.pin_sealed.is_empty(),
        old: old
            .into_iter()
            .map(|old| {
                let meaning = meaning(&old, &shop);
                (old.id, old.key, old.value, meaning)
            })
            .collect(),
    };
    page_with(status, &page)
}

/// The page.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    shown(&app, &person, StatusCode::OK, None, done.done.as_deref()).await
}

/// Saves what differs. Each setting is checked before any is written.
pub async fn save(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let chosen = match chosen(&app, &form) {
        Ok(chosen) => chosen,
        Err(why) => {
            return shown(
                &app,
                &person,
                StatusCode::UNPROCESSABLE_ENTITY,
                Some(why),
                None,
            )
            .await;
        }
    };
    // The PIN moves money: whoever changes it shows the password again.
    let has_pin = chosen
        .iter()
        .any(|s| matches!(s, ShopSetting::PinSealed(_)));
    if has_pin && !shows_password(&app, &person, &form).await? {
        let why = "Đổi mã PIN cần mật khẩu hiện tại của bạn.".to_owned();
        return shown(
            &app,
            &person,
            StatusCode::UNPROCESSABLE_ENTITY,
            Some(why),
            None,
        )
        .await;
    }
    let now: ShopRules = app.store().settings().shop().await?;
    if !form.is_of(&as_of(&now)) {
        // An old page carries every setting: it would take back what somebody has just set.
        let why = "Cài đặt vừa được người khác sửa. Trang này đã tải lại: xem rồi sửa tiếp.";
        return shown(
            &app,
            &person,
            StatusCode::CONFLICT,
            Some(why.to_owned()),
            None,
        )
        .await;
    }
    for setting in chosen.iter().filter(|setting| !setting.is_in(&now)) {
        app.store().settings().set(setting, &person.actor()).await?;
    }
    app.forget_shop().await;
    Ok(go("/admin/settings?done=saved"))
}

/// What the form says, setting by setting. `Err`: what is wrong with it.
fn chosen(app: &AppState, form: &FormData) -> Result<Vec<ShopSetting>, String> {
    let mut chosen: Vec<ShopSetting> = SWITCHES
        .iter()
        .map(|field| (field.set)(form.has(field.name)))
        .collect();
    for field in &NUMBERS {
        let number = form
            .number(field.name)
            .filter(|n| (field.least..=field.most).contains(n))
            .ok_or_else(|| format!("{}: số từ {} đến {}.", field.label, field.least, field.most))?;
        chosen.push((field.set)(number * field.unit));
    }
    let phone = match form.text(ShopSetting::ReceiverPhone(String::new()).name()) {
        "" => String::new(),
        text => text
            .parse::<Phone>()
            .map_err(|e| e.to_string())?
            .as_str()
            .to_owned(),
    };
    chosen.push(ShopSetting::ReceiverPhone(phone));
    match form.text("pin") {
        "" if form.has("pin_off") => chosen.push(ShopSetting::PinSealed(String::new())),
        "" => {}
        pin if pin.len() >= 4 && pin.len() <= 12 && pin.chars().all(|c| c.is_ascii_digit()) => {
            let sealed = app.vault().seal(&SecretString::from(pin));
            chosen.push(ShopSetting::PinSealed(sealed));
        }
        _ => return Err("Mã PIN gồm 4–12 chữ số.".to_owned()),
    }
    Ok(chosen)
}
