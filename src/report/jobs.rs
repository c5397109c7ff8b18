//! Job files: JSON in both forms of the API, CSV, text lines, XLSX. A bad row is named by its
//! number and its reason.

use std::path::Path;

use super::delimited::csv_rows;
use super::file::{Excess, FileKind, JobFileError, LINES_MAX, NumberedRows, text_of};
use super::spreadsheet::sheet_rows;
use super::titles::{JobColumn, Titles, looks_like_titles, named};
use crate::client::payload;
use crate::domain::job::{Defaults, JobList, RawJob};
use crate::domain::phone::with_zero;
use crate::domain::{AccountKind, Intake, Service};

/// Reads a job file by its ending. `defaults` fill what rows leave out and win over what the file
/// says for all.
pub fn read_file(
    path: &Path,
    service: Service,
    defaults: Defaults,
) -> Result<Intake, JobFileError> {
    let kind = FileKind::of(path)?;
    let list = match kind {
        FileKind::Json => return read_json(path, service, defaults),
        FileKind::Text => {
            let text = text_of(path, kind)?;
            if text.lines().nth(LINES_MAX).is_some() {
                return Err(JobFileError::too_large(path, Excess::Rows(LINES_MAX)));
            }
            JobList::from_lines(service, defaults, &text)
        }
        FileKind::Csv | FileKind::Spreadsheet => {
            JobList::check(service, defaults, jobs_of(path, service, read_rows(path)?)?)
        }
    };
    Ok(Intake {
        list,
        ..Intake::default()
    })
}

/// Rows of a file, each with its number: CSV however Excel wrote it, or the first sheet that has
/// any.
pub fn read_rows(path: &Path) -> Result<NumberedRows, JobFileError> {
    match FileKind::of(path)? {
        kind @ (FileKind::Csv | FileKind::Text) => csv_rows(path, &text_of(path, kind)?),
        FileKind::Spreadsheet => sheet_rows(path),
        FileKind::Json => Err(JobFileError::Kind(path.to_owned())),
    }
}

fn read_json(path: &Path, service: Service, defaults: Defaults) -> Result<Intake, JobFileError> {
    let text = text_of(path, FileKind::Json)?;
    let value = serde_json::from_str(&text).map_err(|source| JobFileError::Json {
        path: path.to_owned(),
        source,
    })?;
    payload::read(service, defaults, &value).map_err(|source| JobFileError::Payload {
        path: path.to_owned(),
        source,
    })
}

/// Rows of cells as raw jobs, by the line of titles where there is one.
fn jobs_of(path: &Path, service: Service, rows: NumberedRows) -> Result<Vec<RawJob>, JobFileError> {
    let without_account = |titles: &[String]| JobFileError::NoAccountColumn {
        path: path.to_owned(),
        titles: named(titles),
    };
    let titles = Titles::find(&rows, JobColumn::of);
    let (first, columns) = match titles {
        Some(titles) if titles.columns.contains(&Some(JobColumn::Account)) => {
            (titles.at + 1, Some(titles.columns))
        }
        Some(titles) => return Err(without_account(&rows[titles.at].1)),
        None => match rows.first() {
            Some((_, cells)) if looks_like_titles(cells) => return Err(without_account(cells)),
            _ => (0, None),
        },
    };
    // A report of ours or of the old tool: its amounts are results, not wishes.
    let is_report = columns
        .as_ref()
        .is_some_and(|columns| columns.first() == Some(&Some(JobColumn::Other)))
        && !matches!(service, Service::TopUpMulti | Service::TopUpViettel);
    Ok(rows
        .into_iter()
        .skip(first)
        .filter(|(_, cells)| cells.iter().any(|c| !c.is_empty()))
        .map(|(number, cells)| match &columns {
            Some(columns) => by_titles(service, number, &cells, columns, is_report),
            None => without_titles(service, number, &cells),
        })
        .collect())
}

fn by_titles(
    service: Service,
    number: usize,
    cells: &[String],
    columns: &[Option<JobColumn>],
    is_report: bool,
) -> RawJob {
    let cell = |wanted: JobColumn| {
        let at = columns.iter().position(|c| *c == Some(wanted))?;
        cells.get(at).filter(|c| !c.is_empty()).cloned()
    };
    let account = account_of(service, cell(JobColumn::Account).unwrap_or_default());
    let mut raw = RawJob::from_line(service, format!("dòng {number}"), &account);
    raw.amount = cell(JobColumn::Amount)
        .filter(|_| !is_report)
        .or(raw.amount);
    raw.order_id = cell(JobColumn::Order).or(raw.order_id);
    raw.payment = cell(JobColumn::Payment);
    raw.receiver = cell(JobColumn::Receiver).map(with_zero);
    raw
}

/// Account first, then as a line of the old tool has it.
fn without_titles(service: Service, number: usize, cells: &[String]) -> RawJob {
    let filled = cells
        .iter()
        .rposition(|c| !c.is_empty())
        .map_or(0, |last| last + 1);
    let mut cells = cells[..filled].to_vec();
    if let Some(account) = cells.first_mut() {
        *account = account_of(service, std::mem::take(account));
    }
    RawJob::from_line(service, format!("dòng {number}"), &cells.join("|"))
}

/// A spreadsheet takes a phone for a number, and its zero away.
fn account_of(service: Service, text: String) -> String {
    let is_phone = service.spec().account == AccountKind::Phone
        && text.len() == 9
        && text.starts_with(['3', '5', '7', '8', '9'])
        && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_phone { format!("0{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Vnd;
    use crate::report::file::{CELL_CHARS_MAX, COLUMNS_MAX};
    use std::fs;

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
            Err(JobFileError::NoAccountColumn { .. })
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

    #[test]
    fn titles_that_nobody_knows_are_not_read_as_data() {
        for text in [
            "Họ và tên;Nơi ở;Nợ cũ\nNguyễn Văn A;Hà Nội;150000\n",
            "Số tiền;Ghi chú\n1;2\n",
        ] {
            let error = read("a.csv", text.as_bytes(), Service::PayEvn).expect_err("refused");
            assert!(matches!(error, JobFileError::NoAccountColumn { .. }));
            let (said, titles) = (error.to_string(), text.lines().next().expect("titles"));
            assert!(said.contains("Mã khách hàng"), "{said}");
            assert!(
                titles.split(';').all(|title| said.contains(title)),
                "{said}"
            );
        }
    }

    #[test]
    fn a_file_without_end_is_refused_in_words() {
        let wide = ";".repeat(COLUMNS_MAX + 1);
        let long = "x".repeat(CELL_CHARS_MAX + 1);
        for (text, excess) in [
            (wide, Excess::Columns(COLUMNS_MAX)),
            (long, Excess::CellLength(CELL_CHARS_MAX)),
        ] {
            let error = read("a.csv", text.as_bytes(), Service::PayEvn).expect_err("refused");
            assert!(
                matches!(&error, JobFileError::TooLarge { what, .. } if *what == excess),
                "{error}"
            );
        }
    }
}
