//! One job, typed in: the same rules as for a file, with what is wrong beside its field.

use axum::http::StatusCode;
use axum::response::Response;

use super::form::Form;
use super::intake::job_of;
use super::page::{Fault, go, page, page_with};
use super::session::Person;
use super::tables::{Choice, Field, new_page, table_of};
use crate::domain::{PaymentType, Service};
use crate::server::App;
use crate::store::jobs::Added;

/// What is asked, and how it is drawn.
const FIELDS: [(&str, &str, &str, bool); 8] = [
    ("service", "Dịch vụ", "choice", true),
    ("code", "Mã / số", "text", true),
    ("amount", "Số tiền (bắt buộc khi nạp)", "money", false),
    (
        "payment_type",
        "Hình thức (trả trước, trả sau)",
        "choice",
        false,
    ),
    ("receiver_phone", "SĐT nhận biên lai", "text", false),
    ("order_id", "Mã đơn", "text", false),
    ("priority", "Ưu tiên (nhỏ làm trước)", "number", false),
    ("note", "Ghi chú", "long", false),
];

fn fields(form: &Form, wrong: Option<&(&'static str, String)>) -> Vec<Field> {
    let field = |(name, vi, shape, is_needed): (&'static str, &'static str, &'static str, bool)| {
        let value = form.text(name).to_owned();
        let choice = |wire: &str, label: &str| Choice {
            value: wire.to_owned(),
            label: label.to_owned(),
            is_chosen: wire == value,
        };
        let choices = match name {
            "service" => Service::ALL
                .iter()
                .map(|s| choice(s.spec().wire, s.spec().title))
                .collect(),
            "payment_type" => [PaymentType::Prepaid, PaymentType::Postpaid]
                .iter()
                .map(|p| choice(p.label(), p.label()))
                .collect(),
            _ => Vec::new(),
        };
        let why = wrong
            .filter(|(field, _)| *field == name)
            .map(|(_, why)| why.clone());
        Field {
            name,
            vi,
            shape,
            value,
            label: String::new(),
            choices,
            is_needed,
            why,
            theirs: None,
        }
    };
    FIELDS.into_iter().map(field).collect()
}

/// The empty form.
pub fn form(person: &Person) -> Result<Response, Fault> {
    let empty = Form(vec![("priority".to_owned(), "100".to_owned())]);
    page(&new_page(
        person,
        table_of("jobs")?,
        fields(&empty, None),
        None,
    ))
}

/// Adds the job, unless something is wrong with it or an open job says the same.
pub async fn add(app: &App, person: &Person, form: &Form) -> Result<Response, Fault> {
    let wrong = match job_of(None, "admin", |name| form.text(name)) {
        Ok(job) => match app.store().add_jobs(&[job], &person.actor()).await?.pop() {
            Some(Added::Added(id)) => return Ok(go(&format!("/admin/review/{id}?done=added"))),
            _ => ("code", "đã có một việc đang mở giống hệt".to_owned()),
        },
        Err(wrong) => wrong,
    };
    let told = Some("Sửa các ô được đánh dấu rồi lưu lại.".to_owned());
    page_with(
        StatusCode::UNPROCESSABLE_ENTITY,
        &new_page(person, table_of("jobs")?, fields(form, Some(&wrong)), told),
    )
}
