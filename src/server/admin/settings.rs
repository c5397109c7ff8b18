//! What the shop has decided, and what the keys of the old settings mean.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use secrecy::SecretString;
use serde_json::Value as Json;

use super::form::Form;
use super::myself::{Done, shows_password};
use super::page::{Fault, Frame, go, page_with};
use super::permission::{Action, Area};
use super::session::Person;
use super::tables::{cell_of, table_of};
use crate::domain::Phone;
use crate::server::App;
use crate::store::rows::Query as RowQuery;
use crate::store::settings::{Shop, of_old};

/// Milliseconds of a second: the shop keeps the former, people read the latter.
const SECOND_MS: i64 = 1_000;

/// Numbers with the least and the most that they may be.
const NUMBERS: [(&str, &str, i64, i64); 5] = [
    ("trial_days", "Dùng thử, số ngày (0: không hạn)", 0, 3_650),
    (
        "tries_max",
        "Số lần giao một việc hỏng trước khi thanh toán",
        1,
        20,
    ),
    (
        "retry_after_ms",
        "Nghỉ giữa hai lần giao, số giây",
        0,
        86_400,
    ),
    ("lease_ms", "Giữ việc cho một máy, số giây", 5, 600),
    ("keep_days", "Giữ lịch sử đăng nhập sai, số ngày", 1, 3_650),
];

/// What its field is called: by what is shown in it.
fn field(name: &str) -> String {
    name.replace("_ms", "_s")
}

/// How many of what is kept one of what is shown is.
fn unit(name: &str) -> i64 {
    if name.ends_with("_ms") { SECOND_MS } else { 1 }
}
/// Yes or no.
const SWITCHES: [(&str, &str); 3] = [
    ("registration", "Cho phép đăng ký tài khoản (chờ duyệt)"),
    ("require_2fa", "Chủ và quản lý phải dùng bảo vệ hai lớp"),
    (
        "open_data",
        "Ai vào được máy chủ cũng đọc được danh sách việc, không cần mã máy",
    ),
];

#[derive(Template)]
#[template(path = "settings.html")]
struct Settings {
    frame: Frame,
    error: Option<String>,
    may_edit: bool,
    switches: Vec<(&'static str, &'static str, bool)>,
    numbers: Vec<(String, &'static str, String)>,
    receiver_phone: String,
    has_pin: bool,
    old: Vec<(i64, String, String, &'static str)>,
}

/// What a row of the old settings means, and whether it still decides.
fn meaning(key: &str, value: &str, now: &Json) -> &'static str {
    match of_old(key, value) {
        Some((name, old)) if now[name] == old && name == "trial_days" => {
            "Thời hạn dùng thử: đang dùng. Lưu ô “Dùng thử, số ngày” phía trên để thay."
        }
        Some((name, old)) if now[name] == old => {
            "Cho đăng ký: đang dùng. Lưu ô “Cho phép đăng ký tài khoản” phía trên để thay."
        }
        Some(_) => "Đã được thay bằng cài đặt phía trên.",
        None => "Khóa của hệ thống cũ, chương trình này không dùng.",
    }
}

async fn shown(
    app: &App,
    person: &Person,
    status: StatusCode,
    error: Option<String>,
    done: Option<&str>,
) -> Result<Response, Fault> {
    let shop = app.store().shop().await?;
    let all = serde_json::to_value(&shop).map_err(|_| Fault::broken())?;
    let table = table_of("admin_config")?;
    let rows = app
        .store()
        .list("admin_config", &RowQuery::default(), 100)
        .await?
        .rows;
    let text = |row, name: &str| {
        cell_of(table, row, name)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let page = Settings {
        frame: Frame::of(person, "Cài đặt", "settings").told(done),
        error,
        may_edit: person.may(Area::Rules, Action::Edit),
        switches: SWITCHES
            .map(|(name, label)| (name, label, all[name] == Json::Bool(true)))
            .to_vec(),
        numbers: NUMBERS
            .map(|(name, label, ..)| {
                (
                    field(name),
                    label,
                    (all[name].as_i64().unwrap_or(0) / unit(name)).to_string(),
                )
            })
            .to_vec(),
        receiver_phone: shop.receiver_phone,
        has_pin: !shop.pin_sealed.is_empty(),
        old: rows
            .iter()
            .map(|row| {
                (
                    row.id,
                    text(row, "key"),
                    text(row, "value"),
                    meaning(&text(row, "key"), &text(row, "value"), &all),
                )
            })
            .collect(),
    };
    page_with(status, &page)
}

/// The page.
pub async fn show(
    State(app): State<App>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Fault> {
    shown(&app, &person, StatusCode::OK, None, done.done.as_deref()).await
}

/// Saves what differs. Each setting is checked before any is written.
pub async fn save(State(app): State<App>, person: Person, form: Form) -> Result<Response, Fault> {
    let wished = match wished(&app, &form) {
        Ok(wished) => wished,
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
    let has_pin = wished.iter().any(|(name, _)| *name == "pin_sealed");
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
    let now: Shop = app.store().shop().await?;
    let now = serde_json::to_value(&now).map_err(|_| Fault::broken())?;
    for (name, value) in wished
        .into_iter()
        .filter(|(name, value)| now[*name] != *value)
    {
        app.store().set_shop(name, &value, &person.actor()).await?;
    }
    app.forget_shop().await;
    Ok(go("/admin/settings?done=saved"))
}

fn wished(app: &App, form: &Form) -> Result<Vec<(&'static str, Json)>, String> {
    let mut wished: Vec<(&'static str, Json)> = SWITCHES
        .iter()
        .map(|(name, _)| (*name, Json::from(form.has(name))))
        .collect();
    for (name, label, least, most) in NUMBERS {
        let number = form
            .number(&field(name))
            .filter(|n| (least..=most).contains(n))
            .ok_or_else(|| format!("{label}: số từ {least} đến {most}."))?;
        wished.push((name, Json::from(number * unit(name))));
    }
    let phone = match form.text("receiver_phone") {
        "" => String::new(),
        text => text
            .parse::<Phone>()
            .map_err(|e| e.to_string())?
            .as_str()
            .to_owned(),
    };
    wished.push(("receiver_phone", Json::from(phone)));
    match form.text("pin") {
        "" if form.has("pin_off") => wished.push(("pin_sealed", Json::from(""))),
        "" => {}
        pin if pin.len() >= 4 && pin.len() <= 12 && pin.chars().all(|c| c.is_ascii_digit()) => {
            wished.push((
                "pin_sealed",
                Json::from(app.vault().seal(&SecretString::from(pin))),
            ));
        }
        _ => return Err("Mã PIN gồm 4–12 chữ số.".to_owned()),
    }
    Ok(wished)
}
