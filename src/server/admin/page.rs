//! What every page has: the frame around it, how money and times read, and how a refusal looks.

use std::sync::LazyLock;

use askama::Template;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::permission::Right;
use super::session::Person;
use crate::store::catalogue::{Menu, Screen, TABLES, Table, work};
use crate::store::{StoreError, digest};

/// The style sheet.
pub const STYLE: &str = include_str!("../../../assets/admin/style.css");
/// The script of our own: what htmx does not do.
pub const SCRIPT: &str = include_str!("../../../assets/admin/admin.js");
/// htmx 2.0.11, as it was published (0BSD).
pub const HTMX: &str = include_str!("../../../assets/admin/htmx.min.js");

/// What stands in the browser's tab.
pub const ICON: &str = include_str!("../../../assets/admin/icon.svg");

/// Changes with the assets, so that browsers may keep them for ever.
pub static ASSETS: LazyLock<String> =
    LazyLock::new(|| digest([STYLE, SCRIPT, HTMX, ICON].concat().as_bytes())[..12].to_owned());

/// The frame around a page of somebody who has signed in.
pub struct Frame {
    /// What the page is.
    pub title: String,
    /// Whose it is.
    pub who: String,
    /// What they are.
    pub role: &'static str,
    /// Where one can go.
    pub nav: Vec<NavGroup>,
    /// What was just done.
    pub notice: Option<String>,
    /// Version of the assets.
    pub assets: &'static str,
}

/// Links that belong together.
pub struct NavGroup {
    /// Their heading.
    pub title: &'static str,
    /// The links.
    pub links: Vec<NavLink>,
}

/// Somewhere one can go.
pub struct NavLink {
    /// Where.
    pub url: String,
    /// Its name.
    pub title: &'static str,
    /// Is one there?
    pub is_here: bool,
}

impl Frame {
    /// The frame of a page; `here` is the table or the path that it shows.
    pub fn of(person: &Person, title: impl Into<String>, here: &str) -> Self {
        let link = |url: String, title, name: &str| NavLink {
            url,
            title,
            is_here: name == here,
        };
        let mut nav = vec![NavGroup {
            title: "",
            links: vec![link("/admin".into(), "Tổng quan", "dashboard")],
        }];
        if person.may_table(&work::JOBS, Right::See) {
            nav[0]
                .links
                .push(link("/admin/review".into(), "Cần xem", "review"));
        }
        let is_importer = |t: &&Table| t.is_importable && person.may_table(t, Right::Import);
        if TABLES.iter().any(|t| is_importer(t)) {
            nav[0]
                .links
                .push(link("/admin/import".into(), "Nhập tệp", "import"));
        }
        for menu in Menu::ALL {
            let mut seen: Vec<_> = TABLES
                .into_iter()
                .filter_map(|t| Some((t, t.menu.filter(|(m, _)| *m == menu)?.1)))
                .filter(|(t, _)| person.may_table(t, Right::See))
                .collect();
            seen.sort_by_key(|(_, place)| *place);
            let mut links: Vec<_> = seen
                .iter()
                .map(|(t, _)| link(url_of(t), t.vi, t.name))
                .collect();
            if menu == Menu::Shop && person.may_table(&work::LIMITS, Right::See) {
                links.push(link("/admin/settings".into(), "Cài đặt", "settings"));
            }
            if !links.is_empty() {
                let title = menu.title();
                nav.push(NavGroup { title, links });
            }
        }
        Self {
            title: title.into(),
            who: person.name().to_owned(),
            role: person.account.role.label(),
            nav,
            notice: None,
            assets: &ASSETS,
        }
    }

    /// With what was just done, by the word in the address.
    #[must_use]
    pub fn with_notice(mut self, done: Option<&str>) -> Self {
        self.notice = done
            .and_then(|word| NOTICES.iter().find(|(w, _)| *w == word))
            .map(|(_, text)| (*text).to_owned());
        self
    }

    /// With how many rows a change of many did, and how many it left as they were.
    #[must_use]
    pub fn counted(mut self, did: i64, left: i64) -> Self {
        if did + left > 0 && self.notice.is_some() {
            let kept = if left > 0 {
                format!(
                    " {} dòng giữ nguyên vì trạng thái không cho phép hoặc có người vừa sửa.",
                    count(left)
                )
            } else {
                String::new()
            };
            self.notice = Some(format!("Đã làm xong {} dòng.{kept}", count(did)));
        }
        self
    }
}

/// Where a table's list is. People and machines have pages of their own.
pub fn url_of(table: &Table) -> String {
    match table.screen {
        Screen::People => "/admin/people".to_owned(),
        Screen::Machines => "/admin/machines".to_owned(),
        Screen::List | Screen::Jobs | Screen::Imports => format!("/admin/t/{}", table.name),
    }
}

/// What a page says after something was done: only these, never text from the address.
const NOTICES: [(&str, &str); 16] = [
    ("saved", "Đã lưu."),
    ("added", "Đã thêm."),
    (
        "deleted",
        "Đã xóa. Có thể khôi phục trong danh sách đã xóa.",
    ),
    ("restored", "Đã khôi phục."),
    ("password", "Đã đổi mật khẩu. Các phiên khác đã kết thúc."),
    ("totp", "Đã bật bảo vệ hai lớp."),
    ("totp_off", "Đã tắt bảo vệ hai lớp."),
    (
        "device",
        "Đã kết thúc các phiên. Thiết bị đăng nhập tới đây sẽ là thiết bị duy nhất.",
    ),
    ("device_off", "Đã bỏ gắn thiết bị."),
    ("ended", "Đã kết thúc phiên."),
    ("revoked", "Đã thu hồi mã máy."),
    ("imported", "Đã nhập."),
    (
        "undone",
        "Đã hoàn tác lần nhập: những dòng chưa ai động tới đã được gỡ.",
    ),
    ("decided", "Đã ghi kết luận."),
    ("bulk", "Đã làm xong với các dòng đã chọn."),
    ("asked", "Đã gửi đăng ký. Chờ cửa hàng duyệt."),
];

/// Renders a page.
pub fn page(template: &impl Template) -> Result<Response, Fault> {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        Fault::broken()
    })?;
    Ok(Html(html).into_response())
}

/// Renders a page with a status of its own.
pub fn page_with(status: StatusCode, template: &impl Template) -> Result<Response, Fault> {
    let mut response = page(template)?;
    *response.status_mut() = status;
    Ok(response)
}

/// To another page of ours.
pub fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// A refusal, for people. The cause is in the log under the request's id.
#[derive(Debug, Clone)]
pub struct Fault {
    /// The HTTP status.
    pub status: StatusCode,
    /// What happened and what to do next.
    pub message: String,
    retry_after_s: Option<i64>,
}

impl Fault {
    /// A refusal with its own words.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self {
            status,
            message: message.into(),
            retry_after_s: None,
        }
    }

    /// Nobody has signed in, or the session is over.
    pub fn not_signed_in() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "Phiên đăng nhập đã hết. Đăng nhập lại rồi làm tiếp.",
        )
    }

    /// The role does not allow it.
    pub fn forbidden() -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "Tài khoản này không có quyền làm việc đó. Hỏi chủ cửa hàng.",
        )
    }

    /// There is no such thing.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Không có trang hoặc dòng này.")
    }

    /// The request makes no sense.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// Too often in too short a time.
    pub fn too_many(retry_after_s: i64) -> Self {
        let message = format!(
            "Thử quá nhiều lần. Đợi {} phút rồi thử lại.",
            retry_after_s.div_euclid(60) + 1
        );
        Self {
            retry_after_s: Some(retry_after_s),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, message)
        }
    }

    /// A fault of ours.
    pub fn broken() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Máy chủ gặp lỗi. Gửi mã dưới đây cho kỹ thuật.",
        )
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        let told = error.to_string();
        match error {
            StoreError::Stale | StoreError::Job(_) => Self::new(StatusCode::CONFLICT, told),
            StoreError::NoRow => Self::not_found(),
            StoreError::NotAllowed(_) => Self::bad(told),
            StoreError::BadValue { .. } | StoreError::LastOwner => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, told)
            }
            other => {
                tracing::error!(
                    error = format!("{:#}", anyhow::Error::from(other)),
                    "the database could not do it"
                );
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "Máy chủ đang bận hoặc mất cơ sở dữ liệu. Thử lại sau ít phút.",
                )
            }
        }
    }
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage<'p> {
    status: u16,
    message: &'p str,
    request_id: &'p str,
    assets: &'static str,
}

/// The page is drawn by [`dressed`], which knows the request's id.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Draws the page of a refusal; a part of a page gets its words only.
pub fn dressed(response: Response, request_id: &str, is_part: bool) -> Response {
    let Some(fault) = response.extensions().get::<Fault>().cloned() else {
        return response;
    };
    let page = FaultPage {
        status: fault.status.as_u16(),
        message: &fault.message,
        request_id,
        assets: &ASSETS,
    };
    let body = if is_part {
        askama::filters::escape(&fault.message, askama::filters::Html)
            .map(|e| e.to_string())
            .unwrap_or_default()
    } else {
        page.render().unwrap_or_default()
    };
    let mut drawn = (fault.status, Html(body)).into_response();
    if let Some(seconds) = fault.retry_after_s {
        drawn
            .headers_mut()
            .insert(header::RETRY_AFTER, seconds.into());
    }
    if is_part && fault.status == StatusCode::UNAUTHORIZED {
        drawn.headers_mut().insert(
            "hx-redirect",
            header::HeaderValue::from_static("/admin/sign-in"),
        );
    }
    drawn
}

/// `1.234.567 đ`
pub fn money(dong: i64) -> String {
    let digits = dong.unsigned_abs().to_string();
    let mut out = String::from(if dong < 0 { "−" } else { "" });
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out.push_str(" đ");
    out
}

/// A count, grouped.
pub fn count(number: i64) -> String {
    money(number).trim_end_matches(" đ").to_owned()
}

/// `21/11/2026 15:04`, as a clock in Viet Nam shows it.
pub fn time(ms: i64) -> String {
    local(ms).map_or_else(
        || "—".to_owned(),
        |t| t.strftime("%d/%m/%Y %H:%M").to_string(),
    )
}

/// The time in Viet Nam, which has had no other since 1975.
pub fn local(ms: i64) -> Option<jiff::Zoned> {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    jiff::Timestamp::from_millisecond(ms)
        .ok()
        .map(|t| t.to_zoned(zone))
}

/// `3 phút trước`
pub fn ago(then: i64, now: i64) -> String {
    let seconds = (now - then).max(0) / 1000;
    match seconds {
        0..60 => "vừa xong".to_owned(),
        60..3600 => format!("{} phút trước", seconds / 60),
        3600..86_400 => format!("{} giờ trước", seconds / 3600),
        _ => time(then),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_times_read_as_in_the_shop() {
        assert_eq!(
            [money(0), money(1_234), money(-1_234_567)],
            ["0 đ", "1.234 đ", "−1.234.567 đ"]
        );
        assert_eq!(time(1_795_275_840_000), "21/11/2026 22:44");
        assert_eq!(
            [ago(0, 59_000), ago(0, 120_000)],
            ["vừa xong", "2 phút trước"]
        );
    }

    #[test]
    fn htmx_is_the_published_file() {
        assert_eq!(
            digest(HTMX.as_bytes()),
            "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717"
        );
    }
}
