//! Job files: JSON in both forms of the API, CSV, text lines, XLSX. A bad row is named by its
//! number and its reason.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use calamine::{Data, Reader, open_workbook_auto};

use crate::client::{PayloadError, payload};
use crate::domain::job::{Defaults, JobList, RawJob};
use crate::domain::phone::with_zero;
use crate::domain::text::plain;
use crate::domain::{AccountKind, Intake, Service};

/// Larger files are refused.
const FILE_MAX: u64 = 64 * 1024 * 1024;
/// The header of a sheet stands within its first rows.
const HEADER_ROWS_MAX: usize = 10;

/// Why a job file cannot be used. Bad rows are no such reason: they are named and the others go on.
#[derive(Debug, thiserror::Error)]
pub enum JobFileError {
    /// It cannot be read.
    #[error("Không đọc được tệp {path}. Kiểm tra đường dẫn và quyền. (Cannot read the file.)")]
    Io {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It is too large.
    #[error("Tệp {0} quá lớn (trên 64 MiB). Chia nhỏ rồi thử lại. (Too large.)")]
    TooLarge(PathBuf),
    /// Its ending is not one that is read.
    #[error("Không nhận loại tệp {0}; dùng .json, .csv, .txt hoặc .xlsx. (Unknown kind of file.)")]
    Kind(PathBuf),
    /// It is not text in UTF-8 or UTF-16.
    #[error("Tệp {0} không phải UTF-8. Trong Excel chọn \"CSV UTF-8\" khi lưu. (Not UTF-8.)")]
    Encoding(PathBuf),
    /// It is no JSON.
    #[error("Tệp {path} không phải JSON: {source}. (Not JSON.)")]
    Json {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: serde_json::Error,
    },
    /// Its JSON has another shape.
    #[error("Tệp {path}: {source}")]
    Payload {
        /// The file.
        path: PathBuf,
        /// Where and why.
        source: PayloadError,
    },
    /// It is no spreadsheet, or a damaged one.
    #[error("Không mở được bảng tính {path}: {why}. (Cannot open the spreadsheet.)")]
    Xlsx {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// It has a header, but no column that could be the accounts.
    #[error(
        "Tệp {0} có dòng tiêu đề nhưng không có cột mã (Mã / Số thuê bao / Số điện thoại / code). (No account column.)"
    )]
    NoAccountColumn(PathBuf),
}

/// Reads a job file by its ending. `defaults` fill what rows leave out and win over what the file
/// says for all.
pub fn read_file(
    path: &Path,
    service: Service,
    defaults: Defaults,
) -> Result<Intake, JobFileError> {
    let io = |source| JobFileError::Io {
        path: path.to_owned(),
        source,
    };
    if fs::metadata(path).map_err(io)?.len() > FILE_MAX {
        return Err(JobFileError::TooLarge(path.to_owned()));
    }
    let ending = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let rows = match ending.as_str() {
        "json" => {
            let text = text_of(path, &fs::read(path).map_err(io)?)?;
            let value = serde_json::from_str(&text).map_err(|source| JobFileError::Json {
                path: path.to_owned(),
                source,
            })?;
            return payload::read(service, defaults, &value).map_err(|source| {
                JobFileError::Payload {
                    path: path.to_owned(),
                    source,
                }
            });
        }
        "csv" => table(
            path,
            service,
            csv_rows(&text_of(path, &fs::read(path).map_err(io)?)?),
        )?,
        "txt" => {
            let text = text_of(path, &fs::read(path).map_err(io)?)?;
            return Ok(Intake {
                list: JobList::from_lines(service, defaults, &text),
                ..Intake::default()
            });
        }
        "xlsx" | "xlsm" | "xls" | "ods" => table(path, service, sheet_rows(path, service)?)?,
        _ => return Err(JobFileError::Kind(path.to_owned())),
    };
    Ok(Intake {
        list: JobList::check(service, defaults, rows),
        ..Intake::default()
    })
}

/// Rows of cells of a CSV file or a spreadsheet, whatever they mean.
pub(super) fn rows_of(path: &Path) -> Result<Rows, JobFileError> {
    let io = |source| JobFileError::Io {
        path: path.to_owned(),
        source,
    };
    let ending = path
        .extension()
        .map(|e| e.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    match ending.as_str() {
        "csv" | "txt" => Ok(csv_rows(&text_of(path, &fs::read(path).map_err(io)?)?)),
        // The service only says whether nine digits are a phone number without its zero, which the
        // reader of the rows knows.
        "xlsx" | "xlsm" | "xls" | "ods" => sheet_rows(path, Service::PayEvn),
        _ => Err(JobFileError::Kind(path.to_owned())),
    }
}

/// UTF-8 with or without a mark, or UTF-16 with one.
fn text_of(path: &Path, bytes: &[u8]) -> Result<String, JobFileError> {
    let wide = |from: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes[2..]
            .chunks_exact(2)
            .map(|pair| from([pair[0], pair[1]]))
            .collect();
        String::from_utf16(&units).ok()
    };
    let text = match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => String::from_utf8(rest.to_vec()).ok(),
        [0xFF, 0xFE, ..] => wide(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => wide(u16::from_be_bytes),
        _ => String::from_utf8(bytes.to_vec()).ok(),
    };
    text.ok_or_else(|| JobFileError::Encoding(path.to_owned()))
}

/// Numbered rows of cells.
type Rows = Vec<(usize, Vec<String>)>;

fn csv_rows(text: &str) -> Rows {
    let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
    let count = |c: char| first.matches(c).count();
    // An Excel of Viet Nam writes semicolons; a comma inside an amount must then not split it.
    let delimiter = [';', '\t', ',']
        .into_iter()
        .max_by_key(|c| (count(*c), *c == ';'))
        .filter(|c| count(*c) > 0);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(delimiter.map_or(b';', |c| c as u8))
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut record = csv::StringRecord::new();
    loop {
        let line = usize::try_from(reader.position().line()).unwrap_or(usize::MAX);
        match reader.read_record(&mut record) {
            Ok(true) => {
                let number = record.position().map_or(line, |p| line_of(text, p));
                rows.push((number, record.iter().map(str::to_owned).collect()));
            }
            Ok(false) => return rows,
            // Text is valid UTF-8 and rows may differ in length, so nothing is left that could
            // fail; named all the same.
            Err(error) => rows.push((line, vec![format!("(không đọc được: {error})")])),
        }
    }
}

/// The line that a record begins on. The reader counts from before the empty lines that it passes
/// over.
fn line_of(text: &str, position: &csv::Position) -> usize {
    let from = usize::try_from(position.byte()).unwrap_or(0);
    let passed = text
        .as_bytes()
        .get(from..)
        .unwrap_or(&[])
        .iter()
        .take_while(|b| matches!(b, b'\r' | b'\n'))
        .filter(|b| **b == b'\n')
        .count();
    usize::try_from(position.line()).unwrap_or(0) + passed
}

fn sheet_rows(path: &Path, service: Service) -> Result<Rows, JobFileError> {
    let fault = |why: String| JobFileError::Xlsx {
        path: path.to_owned(),
        why,
    };
    let mut book = open_workbook_auto(path).map_err(|e| fault(e.to_string()))?;
    for name in book.sheet_names() {
        let range = book
            .worksheet_range(&name)
            .map_err(|e| fault(e.to_string()))?;
        let first = range.start().map_or(0, |(row, _)| row as usize);
        let rows: Rows = range
            .rows()
            .enumerate()
            .map(|(i, cells)| {
                (
                    first + i + 1,
                    cells.iter().map(|c| cell_text(service, c)).collect(),
                )
            })
            .collect();
        if rows
            .iter()
            .any(|(_, cells)| cells.iter().any(|c| !c.is_empty()))
        {
            return Ok(rows);
        }
    }
    Ok(Vec::new())
}

/// A cell as a person reads it: whole numbers without a point, a phone with the zero that a number
/// loses.
fn cell_text(service: Service, cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => {
            text.trim().to_owned()
        }
        Data::Int(number) => number_text(service, &number.to_string()),
        Data::Float(number) if number.fract() == 0.0 && number.abs() < 1e15 => {
            number_text(service, &format!("{number:.0}"))
        }
        Data::Float(number) => number.to_string(),
        Data::Error(error) => format!("(ô lỗi: {error:?})"),
        other => other.to_string(),
    }
}

fn number_text(service: Service, digits: &str) -> String {
    let is_phone = service.spec().account == AccountKind::Phone
        && digits.len() == 9
        && digits.starts_with(['3', '5', '7', '8', '9']);
    if is_phone {
        format!("0{digits}")
    } else {
        digits.to_owned()
    }
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Account,
    Amount,
    Order,
    Payment,
    Receiver,
    Other,
}

fn column_of(title: &str) -> Option<Column> {
    let title = plain(title);
    let is = |words: &[&str]| words.iter().any(|w| title == *w);
    Some(
        if is(&[
            "ma don",
            "don",
            "don hang",
            "ma don hang",
            "order",
            "order_id",
            "orderid",
            "order id",
        ]) {
            Column::Order
        } else if is(&[
            "sdt nhan",
            "so nhan",
            "dien thoai nhan",
            "sdt nguoi nhan",
            "receiver_phone",
            "receiver phone",
            "receiver",
        ]) {
            Column::Receiver
        } else if is(&[
            "hinh thuc",
            "loai",
            "loai thanh toan",
            "payment_type",
            "payment",
            "type",
        ]) {
            Column::Payment
        } else if is(&["so tien", "so tien nap", "menh gia", "amount", "tien"]) {
            Column::Amount
        } else if is(&[
            "ma",
            "code",
            "account",
            "phone",
            "so thue bao",
            "ma thue bao",
            "ma khach hang",
            "ma kh",
            "so dien thoai",
            "sdt",
            "dien thoai",
            "bill_code",
            "bill code",
            "subscriber",
            "subscriber_code",
            "phone_number",
            "phone number",
            "ma hoa don",
            "thue bao",
        ]) {
            Column::Account
        } else if is(&[
            "stt",
            "ghi chu",
            "note",
            "trang thai",
            "status",
            "khach hang",
            "ten",
            "name",
            "ma giao dich",
            "chung cu",
            "luc",
            "ma lan thu",
            "customer",
        ]) {
            Column::Other
        } else {
            return None;
        },
    )
}

/// Rows of cells as raw jobs, by the header where there is one.
fn table(path: &Path, service: Service, rows: Rows) -> Result<Vec<RawJob>, JobFileError> {
    let known = |cells: &[String]| cells.iter().filter(|c| column_of(c).is_some()).count();
    let header = rows.iter().take(HEADER_ROWS_MAX).position(|(_, cells)| {
        let filled = cells.iter().filter(|c| !c.is_empty()).count();
        // One known word among many unknown ones is a row of data that happens to hold it.
        known(cells) > 0 && known(cells) * 2 >= filled
    });
    let columns: Option<Vec<Column>> = header.map(|at| {
        rows[at]
            .1
            .iter()
            .map(|c| column_of(c).unwrap_or(Column::Other))
            .collect()
    });
    if let Some(columns) = &columns
        && !columns.contains(&Column::Account)
    {
        return Err(JobFileError::NoAccountColumn(path.to_owned()));
    }
    // A report of ours or of the old tool: its amounts are results, not wishes.
    let is_report = columns
        .as_ref()
        .is_some_and(|c| c.first() == Some(&Column::Other))
        && !matches!(service, Service::TopUpMulti | Service::TopUpViettel);
    let skip = header.map_or(0, |at| at + 1);
    Ok(rows
        .into_iter()
        .skip(skip)
        .filter(|(_, cells)| cells.iter().any(|c| !c.is_empty()))
        .map(|(number, cells)| match &columns {
            Some(columns) => by_header(service, number, &cells, columns, is_report),
            None => without_header(service, number, &cells),
        })
        .collect())
}

fn by_header(
    service: Service,
    number: usize,
    cells: &[String],
    columns: &[Column],
    is_report: bool,
) -> RawJob {
    let cell = |wanted: Column| {
        let at = columns.iter().position(|c| *c == wanted)?;
        cells.get(at).filter(|c| !c.is_empty()).cloned()
    };
    let mut raw = RawJob::from_line(
        service,
        format!("dòng {number}"),
        &cell(Column::Account).unwrap_or_default(),
    );
    raw.amount = cell(Column::Amount).filter(|_| !is_report).or(raw.amount);
    raw.order_id = cell(Column::Order).or(raw.order_id);
    raw.payment = cell(Column::Payment);
    raw.receiver = cell(Column::Receiver).map(with_zero);
    raw
}

/// Account first, then as a line of the old tool has it.
fn without_header(service: Service, number: usize, cells: &[String]) -> RawJob {
    let filled = cells
        .iter()
        .rposition(|c| !c.is_empty())
        .map_or(0, |last| last + 1);
    RawJob::from_line(
        service,
        format!("dòng {number}"),
        &cells[..filled].join("|"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Vnd;

    fn read(name: &str, bytes: &[u8], service: Service) -> Result<Intake, JobFileError> {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join(name);
        fs::write(&path, bytes).expect("write");
        read_file(&path, service, Defaults::default())
    }

    fn jobs(
        name: &str,
        bytes: &[u8],
        service: Service,
    ) -> Vec<(String, Option<i64>, Option<String>)> {
        let intake = read(name, bytes, service).unwrap_or_else(|e| panic!("{e}"));
        intake
            .list
            .jobs
            .into_iter()
            .map(|j| (j.account.to_string(), j.amount.map(Vnd::dong), j.order_id))
            .collect()
    }

    #[test]
    fn a_bill_may_have_a_receiver_of_its_own() {
        let intake = read(
            "a.csv",
            "Mã khách hàng;SĐT nhận\nPE01;0981234567\nPE02;\nPE03;987654321\nPE04;12".as_bytes(),
            Service::PayEvn,
        )
        .expect("read");
        let receivers: Vec<_> = intake
            .list
            .jobs
            .iter()
            .map(|job| job.receiver.as_ref().map(ToString::to_string))
            .collect();
        assert_eq!(
            receivers,
            [
                Some("0981234567".to_owned()),
                None,
                Some("0987654321".to_owned())
            ]
        );
        assert_eq!(
            intake.list.errors.len(),
            1,
            "a number that is none is named: {:?}",
            intake.list.errors
        );
    }

    #[test]
    fn csv_files_are_read_however_excel_wrote_them() {
        let expected = vec![
            ("0981234567".to_owned(), Some(50_000), Some("D1".to_owned())),
            ("0972222222".to_owned(), Some(20_000), None),
        ];
        let semicolons =
            "Số điện thoại;Số tiền;Mã đơn\r\n0981234567;50.000đ;D1\r\n0972222222;20,000;\r\n";
        assert_eq!(
            jobs("a.csv", semicolons.as_bytes(), Service::TopUpViettel),
            expected
        );
        let mark = [b"\xEF\xBB\xBF", semicolons.as_bytes()].concat();
        assert_eq!(jobs("a.csv", &mark, Service::TopUpViettel), expected);
        let wide: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(semicolons.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        assert_eq!(jobs("a.csv", &wide, Service::TopUpViettel), expected);
        let commas = "amount,phone,order_id\n\"50,000\",0981234567,D1\n20000,0972222222,\n";
        assert_eq!(
            jobs("a.csv", commas.as_bytes(), Service::TopUpViettel),
            expected
        );
        let bare = "0981234567,50000,D1\n0972222222,20000\n";
        assert_eq!(
            jobs("a.csv", bare.as_bytes(), Service::TopUpViettel),
            expected
        );
        let old_lines = "0981234567|50000|D1\n0972222222|20000\n";
        assert_eq!(
            jobs("a.csv", old_lines.as_bytes(), Service::TopUpViettel),
            expected
        );
        assert_eq!(
            jobs("a.txt", old_lines.as_bytes(), Service::TopUpViettel),
            expected
        );
    }

    #[test]
    fn a_bad_row_is_named_by_its_number_and_the_good_ones_are_kept() {
        let text = "code\nPE01000100001\n\nmã lạ!\nPE01000100002\nPE01000100001\n";
        let list = read("a.csv", text.as_bytes(), Service::PayEvn)
            .expect("read")
            .list;
        assert_eq!(list.jobs.len(), 2);
        assert_eq!(
            (list.errors[0].row.as_str(), list.duplicates[0].row.as_str()),
            ("dòng 4", "dòng 6")
        );
    }

    #[test]
    fn a_spreadsheet_gives_codes_back_as_they_were() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("a.xlsx");
        let mut book = rust_xlsxwriter::Workbook::new();
        let sheet = book.add_worksheet();
        sheet
            .write_string(0, 0, "Danh sách tháng 11")
            .expect("cell");
        for (column, title) in ["STT", "SĐT", "Số tiền", "Mã đơn"].into_iter().enumerate() {
            sheet
                .write_string(1, u16::try_from(column).expect("column"), title)
                .expect("cell");
        }
        sheet.write_number(2, 1, 981_234_567).expect("cell");
        sheet.write_number(2, 2, 50_000).expect("cell");
        sheet.write_string(3, 1, "0972222222").expect("cell");
        sheet.write_string(3, 2, "20.000đ").expect("cell");
        sheet.write_number(3, 3, 77).expect("cell");
        book.save(&path).expect("saved");
        let list = read_file(&path, Service::TopUpViettel, Defaults::default())
            .expect("read")
            .list;
        let seen: Vec<_> = list
            .jobs
            .iter()
            .map(|j| {
                (
                    j.account.as_str(),
                    j.amount.map(Vnd::dong),
                    j.order_id.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("0981234567", Some(50_000), None),
                ("0972222222", Some(20_000), Some("77"))
            ]
        );
        assert_eq!(list.jobs[1].row, "dòng 4");
    }

    #[test]
    fn our_own_report_can_be_a_job_file_again() {
        let text = "STT;Số thuê bao;Số tiền;Ghi chú\n1;PE01000100001;Lỗi;Chưa xử lý\n";
        assert_eq!(
            jobs("a.csv", text.as_bytes(), Service::PayEvn),
            [("PE01000100001".to_owned(), None, None)]
        );
    }

    #[test]
    fn files_that_are_none_say_what_to_do() {
        assert!(matches!(
            read("a.pdf", b"x", Service::PayEvn),
            Err(JobFileError::Kind(_))
        ));
        assert!(matches!(
            read("a.csv", b"M\xE3 kh\xE1ch", Service::PayEvn),
            Err(JobFileError::Encoding(_))
        ));
        assert!(matches!(
            read("a.json", b"{", Service::PayEvn),
            Err(JobFileError::Json { .. })
        ));
        assert!(matches!(
            read("a.json", b"{\"data\":1}", Service::PayEvn),
            Err(JobFileError::Payload { .. })
        ));
        assert!(matches!(
            read("a.xlsx", b"no zip", Service::PayEvn),
            Err(JobFileError::Xlsx { .. })
        ));
        assert!(matches!(
            read(
                "a.csv",
                "Số tiền;Ghi chú\n1;2\n".as_bytes(),
                Service::PayEvn
            ),
            Err(JobFileError::NoAccountColumn(_))
        ));
        assert!(
            read("a.csv", b"", Service::PayEvn)
                .expect("empty")
                .list
                .jobs
                .is_empty()
        );
        assert!(matches!(
            read_file(
                Path::new("/nowhere.csv"),
                Service::PayEvn,
                Defaults::default()
            ),
            Err(JobFileError::Io { .. })
        ));
    }
}
