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

fn jobs(name: &str, bytes: &[u8], service: Service) -> Vec<(String, Option<i64>, Option<String>)> {
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
