//! Rows of a file as jobs or as rows of a table: which column means what, and what is wrong with a
//! row.
//!
//! Lives here: pure functions over texts. Never here: files, the database.

use serde::{Deserialize, Serialize};

use super::cells::{self, is_editable};
use crate::domain::job::Defaults;
use crate::domain::phone::with_zero;
use crate::domain::text::plain;
use crate::domain::{Account, AccountKind, JobList, PaymentType, Phone, RawJob, Service};
use crate::store::catalogue::{self, Table};
use crate::store::jobs::NewJob;
use crate::store::rows::Fields;

/// Rows of one file, at most.
pub const ROWS_MAX: usize = 20_000;
/// The heads stand within the first rows.
const HEAD_ROWS_MAX: usize = 10;
/// What the columns of a file of jobs may be called.
const JOB_HEADS: [(&str, &[&str]); 8] = [
    ("service", &["dich vu", "service"]),
    (
        "code",
        &[
            "ma",
            "code",
            "ma / so",
            "so",
            "so dien thoai",
            "sdt",
            "phone",
            "so thue bao",
            "ma khach hang",
            "ma kh",
            "account",
            "ma hoa don",
        ],
    ),
    (
        "amount",
        &["so tien", "so tien nap", "menh gia", "amount", "tien"],
    ),
    (
        "payment_type",
        &[
            "hinh thuc",
            "loai thanh toan",
            "payment_type",
            "payment type",
            "payment",
        ],
    ),
    (
        "receiver_phone",
        &[
            "sdt nhan",
            "so nhan",
            "dien thoai nhan",
            "receiver_phone",
            "receiver phone",
        ],
    ),
    (
        "order_id",
        &[
            "ma don",
            "don hang",
            "order_id",
            "order id",
            "order",
            "ma don hang",
        ],
    ),
    ("note", &["ghi chu", "note"]),
    ("priority", &["uu tien", "priority"]),
];

/// A file's rows under the names of what they hold.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
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

impl Sheet {
    /// Finds the heads and what is under them. `Err`: why the file cannot be used.
    pub fn of(
        table: &str,
        service: Option<Service>,
        filename: &str,
        rows: Vec<(usize, Vec<String>)>,
    ) -> Result<Self, String> {
        let name_of = |head: &str| {
            if table == "jobs" {
                job_head(head)
            } else {
                table_head(table, head)
            }
        };
        let known = |cells: &[String]| cells.iter().filter(|c| name_of(c).is_some()).count();
        let found = rows.iter().take(HEAD_ROWS_MAX).position(|(_, cells)| {
            known(cells) > 0 && known(cells) * 2 >= cells.iter().filter(|c| !c.is_empty()).count()
        });
        let Some(at) = found else {
            return Err(
                "Không thấy dòng tiêu đề. Dòng đầu cần tên cột, ví dụ: Dịch vụ, Mã, Số tiền."
                    .to_owned(),
            );
        };
        let columns: Vec<Option<String>> = rows[at].1.iter().map(|c| name_of(c)).collect();
        if table == "jobs" && !columns.iter().flatten().any(|c| c == "code") {
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
                cells::grouped(i64::try_from(rows.len()).unwrap_or(0)),
                cells::grouped(20_000)
            ));
        }
        Ok(Self {
            table: table.to_owned(),
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

    /// A row as a job. `Err`: what is wrong with it.
    pub fn job(&self, row: &[String]) -> Result<NewJob, String> {
        job_of(self.service, "import", |name| self.cell(row, name)).map_err(|(_, why)| why)
    }

    /// A row as fields of a table. `Err`: what is wrong with it.
    pub fn fields(&self, row: &[String]) -> Result<Fields, String> {
        let table = catalogue::table(&self.table).ok_or("không có bảng này")?;
        let mut fields = Fields::new();
        for column in table.columns.iter().filter(|c| is_editable(table, c)) {
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
        if self.table == "jobs" {
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

/// Texts as a job, whoever typed them. `Err`: which field is wrong, and why.
pub fn job_of<'t>(
    service: Option<Service>,
    source: &str,
    cell: impl Fn(&str) -> &'t str,
) -> Result<NewJob, (&'static str, String)> {
    let wrong = |field: &'static str, why: &str| (field, why.to_owned());
    let service = match cell("service") {
        "" => service.ok_or_else(|| wrong("service", "thiếu dịch vụ"))?,
        name => {
            service_of(name).ok_or_else(|| ("service", format!("không có dịch vụ {name:?}")))?
        }
    };
    let text = |name: &str| {
        Some(cell(name))
            .filter(|t| !t.is_empty())
            .map(str::to_owned)
    };
    let mut account = cell("code").to_owned();
    // A spreadsheet takes a phone number for a number, and its zero away.
    if service.spec().account == AccountKind::Phone
        && account.len() == 9
        && account.chars().all(|c| c.is_ascii_digit())
    {
        account.insert(0, '0');
    }
    if account.is_empty() {
        return Err(wrong("code", "thiếu mã"));
    }
    let (row, amount, order_id, payment) = (
        String::new(),
        text("amount"),
        text("order_id"),
        text("payment_type"),
    );
    let field = if Account::parse(service.spec().account, &account).is_err() {
        "code"
    } else if payment
        .as_ref()
        .is_some_and(|p| p.parse::<PaymentType>().is_err())
        || payment.is_none() && amount.is_none()
    {
        "payment_type"
    } else {
        "amount"
    };
    // Only one service has the choice.
    let field = if field == "payment_type" && payment.is_none() && service != Service::TopUpMulti {
        "amount"
    } else {
        field
    };
    let list = JobList::check(
        service,
        Defaults::default(),
        [RawJob {
            row,
            account,
            amount,
            order_id,
            payment,
            ..RawJob::default()
        }],
    );
    if let Some(error) = list.errors.first() {
        return Err((field, error.why.clone()));
    }
    let job = list
        .jobs
        .first()
        .ok_or_else(|| wrong("code", "dòng trống"))?;
    let receiver_phone = match text("receiver_phone") {
        Some(phone) => Some(
            with_zero(phone)
                .parse::<Phone>()
                .map_err(|e| ("receiver_phone", e.to_string()))?
                .as_str()
                .to_owned(),
        ),
        None => None,
    };
    let (note, order) = (text("note"), job.order_id.as_deref().unwrap_or(""));
    if note.as_deref().unwrap_or("").chars().count() > 2_000 {
        return Err(wrong("note", "ghi chú quá dài"));
    }
    if order.chars().count() > 255 {
        return Err(wrong("order_id", "mã đơn quá dài"));
    }
    let is_good = |p: &i64| (0..=1_000_000).contains(p);
    let priority = match text("priority") {
        Some(number) => number
            .parse()
            .ok()
            .filter(is_good)
            .ok_or_else(|| wrong("priority", "ưu tiên là số từ 0 đến 1.000.000"))?,
        None => 100,
    };
    Ok(NewJob {
        receiver_phone,
        note,
        priority,
        ..NewJob::of(service, job, source)
    })
}

fn job_head(head: &str) -> Option<String> {
    let head = plain(head);
    JOB_HEADS
        .iter()
        .find(|(_, names)| names.contains(&head.as_str()))
        .map(|(name, _)| (*name).to_owned())
}

fn table_head(table: &str, head: &str) -> Option<String> {
    let (table, head): (&Table, String) = (catalogue::table(table)?, plain(head));
    table
        .columns
        .iter()
        .filter(|c| is_editable(table, c))
        .find(|c| plain(c.vi) == head || c.name == head)
        .map(|c| c.name.to_owned())
}

fn service_of(name: &str) -> Option<Service> {
    let name = plain(name);
    Service::ALL
        .into_iter()
        .find(|s| s.spec().wire == name || plain(s.spec().title) == name)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let sheet = Sheet::of("jobs", None, "a.xlsx", rows(&lines)).expect("a sheet");
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
        let sheet = Sheet::of(
            "products",
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
            good.contains(&("title".to_owned(), "Sim".to_owned()))
                && good.iter().all(|(name, _)| name != "final_price")
        );
        assert!(
            sheet
                .fields(&sheet.rows[1].1)
                .expect_err("refused")
                .starts_with("Giá:")
        );
        assert!(Sheet::of("products", None, "a.csv", rows(&["1;2;3"])).is_err());
    }
}
