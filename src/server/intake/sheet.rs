//! Rows of a file as jobs or as rows of a table: which column means what, and what is wrong with a
//! row.

use serde::{Deserialize, Serialize};

use super::job::{JobField, JobText};
use crate::domain::Service;
use crate::domain::money::grouped;
use crate::domain::text::plain;
use crate::report::titles::{JobColumn, Titles};
use crate::server::web::cells;
use crate::store::catalogue::work::JOBS;
use crate::store::catalogue::{self, Table};
use crate::store::jobs::{JobOrigin, NewJob};
use crate::store::tables::Fields;

/// Rows of one file, at most.
pub const ROWS_MAX: usize = 20_000;

/// A file's rows under the names of what they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImportSheet {
    /// Jobs, or a table.
    pub table: String,
    /// The service of jobs that do not say it.
    pub service: Option<Service>,
    /// Its name.
    pub filename: String,
    /// What each column holds; nothing for one that is not ours.
    pub columns: Vec<Option<String>>,
    /// The rows, each with its number in the file.
    pub rows: Vec<(usize, Vec<String>)>,
}

impl ImportSheet {
    /// Finds the heads and what is under them. `Err`: why the file cannot be used.
    pub fn of(
        table: &'static Table,
        service: Option<Service>,
        filename: &str,
        rows: Vec<(usize, Vec<String>)>,
    ) -> Result<Self, String> {
        // A title of a job file that is of no use to a job is known, too: the line it stands in is no
        // data.
        let titles = Titles::find(&rows, |title| {
            if table.is(&JOBS) {
                JobColumn::of(title).map(field_of)
            } else {
                column_of(table, title).map(Some)
            }
        });
        let Some(Titles { at, columns }) = titles else {
            return Err(
                "Không thấy dòng tiêu đề. Dòng đầu cần tên cột, ví dụ: Dịch vụ, Mã, Số tiền."
                    .to_owned(),
            );
        };
        let columns: Vec<Option<String>> = columns
            .into_iter()
            .map(|name| name.flatten().map(str::to_owned))
            .collect();
        if table.is(&JOBS) && !columns.iter().flatten().any(|c| c == JobField::Code.name()) {
            return Err("Không thấy cột mã (Mã, Số điện thoại, Mã khách hàng…).".to_owned());
        }
        let rows: Vec<_> = rows
            .into_iter()
            .skip(at + 1)
            .filter(|(_, cells)| cells.iter().any(|c| !c.is_empty()))
            .collect();
        if rows.len() > ROWS_MAX {
            return Err(format!(
                "Tệp có {} dòng; mỗi lần nhiều nhất {}. Chia nhỏ rồi nhập.",
                grouped(i64::try_from(rows.len()).unwrap_or(0)),
                grouped(20_000)
            ));
        }
        Ok(Self {
            table: table.name.to_owned(),
            service,
            filename: filename.to_owned(),
            columns,
            rows,
        })
    }

    fn cell<'r>(&self, row: &'r [String], name: &str) -> &'r str {
        let at = self.columns.iter().position(|c| c.as_deref() == Some(name));
        at.and_then(|at| row.get(at)).map_or("", |c| c.trim())
    }

    /// Are its rows jobs?
    pub fn is_jobs(&self) -> bool {
        self.table == JOBS.name
    }

    /// A row as a job. `Err`: what is wrong with it.
    pub fn job(&self, row: &[String]) -> Result<NewJob, String> {
        JobText::of(|field| self.cell(row, field.name()))
            .job(self.service, JobOrigin::Import)
            .map_err(|fault| fault.why)
    }

    /// A row as fields of a table. `Err`: what is wrong with it.
    pub fn fields(&self, row: &[String]) -> Result<Fields, String> {
        let table = catalogue::table(&self.table).ok_or("không có bảng này")?;
        let mut fields = Fields::new();
        for column in table.columns.iter().filter(|c| table.is_editable(c)) {
            let is_there = self
                .columns
                .iter()
                .any(|c| c.as_deref() == Some(column.name));
            let is_needed = !column.nullable && column.default.is_none();
            if is_there || is_needed {
                let text = cells::read(table, column, self.cell(row, column.name))
                    .map_err(|why| format!("{}: {why}", column.vi))?;
                fields.push((column.name.to_owned(), text));
            }
        }
        Ok(fields)
    }

    /// What makes two rows one.
    pub fn identity(&self, row: &[String]) -> String {
        if self.is_jobs() {
            return self.job(row).map_or_else(
                |_| String::new(),
                |job| {
                    format!(
                        "{}|{}|{:?}|{:?}",
                        job.service,
                        job.account.key(),
                        job.amount,
                        job.order_id
                    )
                },
            );
        }
        row.iter().map(|c| plain(c)).collect::<Vec<_>>().join("|")
    }
}

/// The field of a job that a file's column holds; `None` where it is of no use to a job.
const fn field_of(column: JobColumn) -> Option<&'static str> {
    Some(
        match column {
            JobColumn::Service => JobField::Service,
            JobColumn::Account => JobField::Code,
            JobColumn::Amount => JobField::Amount,
            JobColumn::Payment => JobField::PaymentType,
            JobColumn::Receiver => JobField::ReceiverPhone,
            JobColumn::Order => JobField::OrderId,
            JobColumn::Note => JobField::Note,
            JobColumn::Priority => JobField::Priority,
            JobColumn::Other => return None,
        }
        .name(),
    )
}

/// The column of a table that a file's column holds, by what people call it or by its name.
fn column_of(table: &Table, title: &str) -> Option<&'static str> {
    let title = plain(title);
    table
        .columns
        .iter()
        .filter(|c| table.is_editable(c))
        .find(|c| plain(c.vi) == title || c.name == title)
        .map(|c| c.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::catalogue::goods::{PRODUCTS, products};

    fn rows(lines: &[&str]) -> Vec<(usize, Vec<String>)> {
        lines
            .iter()
            .enumerate()
            .map(|(at, line)| (at + 1, line.split(';').map(str::to_owned).collect()))
            .collect()
    }

    #[test]
    fn a_file_of_jobs_names_its_services_and_its_faults() {
        let lines = [
            "Danh sách",
            "Dịch vụ;Mã;Số tiền;Mã đơn;Ghi chú",
            "Gạch điện EVN;PE01000100001;;D1;khách quen",
            "Nạp tiền Viettel;981234567;50.000;;",
            "Nạp tiền Viettel;0981234567;;;",
            "Đổ xăng;1;;;",
        ];
        let sheet = ImportSheet::of(&JOBS, None, "a.xlsx", rows(&lines)).expect("a sheet");
        let job = |at: usize| sheet.job(&sheet.rows[at].1);
        let first = job(0).expect("a job");
        assert_eq!(
            (
                first.account.as_str(),
                first.order_id.as_deref(),
                first.note.as_deref()
            ),
            ("PE01000100001", Some("D1"), Some("khách quen"))
        );
        assert_eq!(
            job(1).expect("a job").account.as_str(),
            "0981234567",
            "the zero that a spreadsheet takes away"
        );
        assert!(job(2).is_err(), "a top-up without an amount");
        assert!(job(3).expect_err("refused").contains("Đổ xăng"));
        assert_eq!(sheet.rows[0].0, 3, "numbered as in the file");
    }

    #[test]
    fn a_file_of_a_table_is_read_by_what_people_call_its_columns() {
        let sheet = ImportSheet::of(
            &PRODUCTS,
            None,
            "a.csv",
            rows(&[
                "Tên;Giá;Người dùng;Không phải của ta",
                "Sim;50.000;1;x",
                "Sim;mười;1;x",
            ]),
        )
        .expect("a sheet");
        let good = sheet.fields(&sheet.rows[0].1).expect("fields");
        assert!(
            good.contains(&(products::TITLE.name.to_owned(), "Sim".to_owned()))
                && good
                    .iter()
                    .all(|(name, _)| name != products::FINAL_PRICE.name)
        );
        assert!(
            sheet
                .fields(&sheet.rows[1].1)
                .expect_err("refused")
                .starts_with("Giá:")
        );
        assert!(ImportSheet::of(&PRODUCTS, None, "a.csv", rows(&["1;2;3"])).is_err());
    }
}
