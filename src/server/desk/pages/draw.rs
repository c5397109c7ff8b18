//! How a page of the desk is drawn, and what stands around it.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;
use url::Url;

use crate::domain::money::{Vnd, spoken};
use crate::server::desk::view::assets::ASSETS;
use crate::server::desk::view::{Shell, Tab};
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::problem::Problem;
use crate::store::catalogue::Role;

/// What a page's handler answers.
pub type Drawn = Result<Response, PayRefusal>;

/// What was just done, in the address that it led to.
#[derive(Debug, Default, Deserialize)]
pub struct JustDone {
    done: Option<Deed>,
}

impl JustDone {
    /// What is said of it.
    pub fn notice(&self) -> Option<&'static str> {
        self.done.and_then(Deed::notice)
    }
}

/// What can have been done, by its word in the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    Settled,
    Visited,
    HandedIn,
    Voided,
    Cancelled,
    Confirmed,
    Limited,
    Ruled,
    Brought,
    Undone,
    /// A word that nobody here wrote.
    #[serde(other)]
    Unknown,
}

impl Deed {
    /// What is said of it: only these, never text from the address.
    pub const fn notice(self) -> Option<&'static str> {
        Some(match self {
            Self::Settled => "Đã ghi là đã gạch nợ.",
            Self::Visited => "Đã ghi: hôm nay không thu.",
            Self::HandedIn => "Đã khai nộp tiền. Chờ quản lý đếm và xác nhận.",
            Self::Voided => "Đã hủy phiếu thu. Các khoản lại mở để thu.",
            Self::Cancelled => "Đã hủy. Chọn cách trả khác.",
            Self::Confirmed => "Đã xác nhận số tiền nộp.",
            Self::Limited => "Đã đổi hạn mức.",
            Self::Ruled => "Đã lưu cài đặt.",
            Self::Brought => "Đã nhập hợp đồng.",
            Self::Undone => "Đã hoàn tác lần nhập: khoản đã thu thì giữ nguyên.",
            Self::Unknown => return None,
        })
    }
}

/// What stands around a page of somebody.
pub fn shell(me: &DeskPerson, title: impl Into<String>, here: Tab) -> Shell {
    let name = me.person.name.as_deref().filter(|name| !name.is_empty());
    let name = name.unwrap_or(&me.person.username);
    Shell {
        collects: me.person.role == Role::Collector,
        manages: me.is_manager(),
        ..Shell::new(title, (me.person.user_id, name), here)
    }
}

/// Draws a page.
pub fn page(template: &impl Template) -> Drawn {
    page_with(StatusCode::OK, template)
}

/// Draws a page with a status of its own.
pub fn page_with(status: StatusCode, template: &impl Template) -> Drawn {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        PayRefusal::broken()
    })?;
    Ok((status, Html(html)).into_response())
}

/// On to another page.
pub fn go(to: &str) -> Response {
    Redirect::to(to).into_response()
}

/// Where a contract is.
pub fn contract_url(number: &str) -> String {
    below("contracts", number)
}

/// An address of the desk; the last part of it may be anything.
fn below(room: &str, last: &str) -> String {
    let Ok(mut url) = Url::parse("http://desk/desk") else {
        return "/desk".to_owned();
    };
    if let Ok(mut path) = url.path_segments_mut() {
        path.extend([room, last]);
    }
    url.path().to_owned()
}

/// A new name for a form: two forms with the same name are the same one.
pub fn form_key() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// An amount as somebody typed it: `1.500.000`, `1tr5`.
pub fn amount(text: &str) -> Result<i64, PayRefusal> {
    spoken(text)
        .map(Vnd::dong)
        .map_err(|why| PayRefusal::invalid(why.to_string()))
}

#[derive(Template)]
#[template(path = "desk_refusal.html")]
struct RefusalPage<'p> {
    message: &'p str,
    assets: &'static str,
}

/// A refusal as a person sees it.
pub fn refused(response: Response) -> Response {
    let extensions = response.extensions();
    let message = match (extensions.get::<PayRefusal>(), extensions.get::<Problem>()) {
        (Some(refusal), _) => refusal.error().to_owned(),
        (None, Some(problem)) => problem.detail().to_owned(),
        (None, None) => return response,
    };
    let page = RefusalPage {
        message: &message,
        assets: &ASSETS,
    };
    let html = page.render().unwrap_or_default();
    let (mut parts, _) = response.into_parts();
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, html.into())
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;

    use super::*;

    #[test]
    fn a_number_with_anything_in_it_is_one_part_of_an_address() {
        assert_eq!(contract_url("HND1"), "/desk/contracts/HND1");
        assert_eq!(
            contract_url("HN/1 ?#ố"),
            "/desk/contracts/HN%2F1%20%3F%23%E1%BB%91"
        );
    }

    #[test]
    fn only_known_words_are_said() {
        let said = |word: &str| {
            let uri = format!("/desk?done={word}").parse().expect("an address");
            let Query(just) = Query::<JustDone>::try_from_uri(&uri).expect("any word");
            just.notice()
        };
        assert!(said("visited").is_some());
        assert!(said("handed_in").is_some());
        assert_eq!(said("%3Cb%3E"), None);
        assert_eq!(said(""), None);
    }
}
