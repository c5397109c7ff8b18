//! A file to fill in, for each table that can be imported.

use axum::extract::Query;
use axum::response::Response;

use super::importable;
use super::preview::ImportQuery;
use crate::domain::{PaymentType, Service};
use crate::report::blank::{BlankColumn, BlankKind, blank};
use crate::server::web::attachment::{XLSX, attachment};
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::work::JOBS;
use crate::store::catalogue::{ColumnKind, Table};

/// `GET /admin/import/blank?table=jobs`
pub async fn file(person: Person, Query(wanted): Query<ImportQuery>) -> Result<Response, Problem> {
    let table = importable(&person, &wanted.table)?;
    let bytes = blank(table.vi, &columns_of(table)).map_err(|error| {
        tracing::error!(%error, table = table.name, "no file to fill in");
        Problem::broken()
    })?;
    Ok(attachment(XLSX, &format!("mau_{}.xlsx", table.name), bytes))
}

fn columns_of(table: &'static Table) -> Vec<BlankColumn> {
    if table.is(&JOBS) {
        return job_columns();
    }
    let editable = table.columns.iter().filter(|c| table.is_editable(c));
    editable
        .map(|column| {
            let (kind, note) = match column.kind {
                ColumnKind::Money | ColumnKind::Decimal => (BlankKind::Money, "số tiền, đồng"),
                ColumnKind::Date => (BlankKind::Day, "ngày, như 31/08/2026"),
                ColumnKind::TimeMs | ColumnKind::OldTime => {
                    (BlankKind::Text, "giờ, như 31/08/2026 10:20")
                }
                ColumnKind::Bool => (BlankKind::choice(&["có", "không"]), ""),
                ColumnKind::Choice(choices) => {
                    let labels: Vec<&str> = choices.iter().map(|(_, label)| *label).collect();
                    (BlankKind::choice(&labels), "chọn trong danh sách")
                }
                ColumnKind::Relation { .. } => (BlankKind::Text, "số (ID) của dòng bên kia"),
                ColumnKind::Id | ColumnKind::Int => (BlankKind::Text, "số"),
                ColumnKind::Text(_) | ColumnKind::LongText => (BlankKind::Text, ""),
            };
            BlankColumn {
                is_needed: !column.nullable && column.default.is_none(),
                ..BlankColumn::new(column.vi, kind, note)
            }
        })
        .collect()
}

/// What a job may say, most wanted first.
fn job_columns() -> Vec<BlankColumn> {
    let services: Vec<&str> = Service::ALL.iter().map(|s| s.spec().title).collect();
    let payments = [PaymentType::Prepaid.label(), PaymentType::Postpaid.label()];
    vec![
        BlankColumn::new(
            "Dịch vụ",
            BlankKind::choice(&services),
            "để trống thì là dịch vụ chọn khi nhập tệp",
        ),
        BlankColumn::new(
            "Mã",
            BlankKind::Text,
            "mã khách hàng hoặc số điện thoại, giữ cả số 0 ở đầu",
        )
        .needed(),
        BlankColumn::new(
            "Số tiền",
            BlankKind::Money,
            "nạp tiền: số tiền nạp; hóa đơn: số tiền dự kiến, để trống cũng được",
        ),
        BlankColumn::new(
            "Hình thức",
            BlankKind::choice(&payments),
            "chỉ cho nạp tiền đa mạng",
        ),
        BlankColumn::new(
            "SĐT nhận",
            BlankKind::Text,
            "số nhận biên nhận của hóa đơn điện",
        ),
        BlankColumn::new("Mã đơn", BlankKind::Text, ""),
        BlankColumn::new("Ghi chú", BlankKind::Text, ""),
        BlankColumn::new(
            "Ưu tiên",
            BlankKind::Text,
            "số nhỏ làm trước, thường là 100",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::intake::ImportSheet;
    use crate::store::catalogue::TABLES;

    #[test]
    fn every_title_is_understood_when_the_file_comes_back() {
        for table in TABLES.into_iter().filter(|table| table.is_importable) {
            let titles: Vec<String> = columns_of(table).into_iter().map(|c| c.title).collect();
            let rows = vec![(1, titles.clone())];
            let sheet = ImportSheet::of(table, None, "mau.xlsx", rows).expect(table.name);
            for (title, column) in titles.iter().zip(&sheet.columns) {
                assert!(column.is_some(), "{}: {title}", table.name);
            }
        }
    }

    #[test]
    fn what_a_job_file_offers_is_what_a_job_takes() {
        let columns = job_columns();
        let BlankKind::Choice(services) = &columns[0].kind else {
            panic!("a list of services");
        };
        let titles: Vec<String> = columns.iter().map(|c| c.title.clone()).collect();
        for service in services {
            let row = [service, "0981234567", "50.000", "", "", "", "", ""].map(str::to_owned);
            let rows = vec![(1, titles.clone()), (2, row.to_vec())];
            let sheet = ImportSheet::of(&JOBS, None, "mau.xlsx", rows).expect("a sheet");
            let job = sheet.job(&sheet.rows[0].1);
            // The code fits not every service; its name does.
            assert!(
                !matches!(&job, Err(why) if why.contains("dịch vụ")),
                "{service}: {job:?}"
            );
        }
    }
}
