//! One job, typed in: the same rules as for a file, with what is wrong beside its field.

use axum::http::StatusCode;
use axum::response::Response;

use crate::domain::{PaymentType, Service};
use crate::server::AppState;
use crate::server::admin::tables::row::new_page;
use crate::server::intake::{JobField, JobText, TextFault};
use crate::server::web::field::{Choice, Field};
use crate::server::web::form::FormData;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::work::JOBS;
use crate::store::jobs::{Added, JobOrigin};

/// What is asked, how it is drawn, and must something stand there?
const FIELDS: [(JobField, &str, &str, bool); 8] = [
    (JobField::Service, "Dịch vụ", "choice", true),
    (JobField::Code, "Mã / số", "text", true),
    (
        JobField::Amount,
        "Số tiền (bắt buộc khi nạp)",
        "money",
        false,
    ),
    (
        JobField::PaymentType,
        "Hình thức (trả trước, trả sau)",
        "choice",
        false,
    ),
    (JobField::ReceiverPhone, "SĐT nhận biên lai", "text", false),
    (JobField::OrderId, "Mã đơn", "text", false),
    (
        JobField::Priority,
        "Ưu tiên (nhỏ làm trước)",
        "number",
        false,
    ),
    (JobField::Note, "Ghi chú", "long", false),
];

fn fields(form: &FormData, fault: Option<&TextFault>) -> Vec<Field> {
    let draw = |(field, vi, shape, is_needed): (JobField, &'static str, &'static str, bool)| {
        let value = form.text(field.name()).to_owned();
        let choice = |wire: &str, label: &str| Choice {
            value: wire.to_owned(),
            label: label.to_owned(),
            is_chosen: wire == value,
        };
        let choices = match field {
            JobField::Service => Service::ALL
                .iter()
                .map(|s| choice(s.spec().wire, s.spec().title))
                .collect(),
            JobField::PaymentType => [PaymentType::Prepaid, PaymentType::Postpaid]
                .iter()
                .map(|p| choice(p.label(), p.label()))
                .collect(),
            _ => Vec::new(),
        };
        let why = fault.filter(|f| f.field == field).map(|f| f.why.clone());
        Field {
            name: field.name(),
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
    FIELDS.into_iter().map(draw).collect()
}

/// The empty form.
pub fn form(person: &Person) -> Result<Response, Problem> {
    let empty = FormData(vec![(
        JobField::Priority.name().to_owned(),
        "100".to_owned(),
    )]);
    page(&new_page(person, &JOBS, fields(&empty, None), None))
}

/// Adds the job, unless something is wrong with it or an open job says the same.
pub async fn add(app: &AppState, person: &Person, form: &FormData) -> Result<Response, Problem> {
    let text = JobText::of(|field| form.text(field.name()));
    let fault = match text.job(None, JobOrigin::Admin) {
        Ok(job) => match app.store().jobs().add(&[job], &person.actor()).await?.pop() {
            Some(Added::Added(id)) => return Ok(go(&format!("/admin/review/{id}?done=added"))),
            _ => TextFault {
                field: JobField::Code,
                why: "đã có một việc đang mở giống hệt".to_owned(),
            },
        },
        Err(fault) => fault,
    };
    let error = Some("Sửa các ô được đánh dấu rồi lưu lại.".to_owned());
    page_with(
        StatusCode::UNPROCESSABLE_ENTITY,
        &new_page(person, &JOBS, fields(form, Some(&fault)), error),
    )
}
