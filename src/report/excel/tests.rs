use super::sheets::{HEADER, TABLE_ROWS_MAX};
use super::*;
use calamine::{Data, Reader, Xlsx, open_workbook};

fn row(account: &str, outcome: Outcome, amount: u32) -> ReportedJob {
    ReportedJob {
        account: account.into(),
        order_id: Some("D1".into()),
        payment: None,
        customer: Some("=HYPERLINK(\"http://x\")".into()),
        amount: Some(Vnd::fixed(amount)),
        outcome,
        proof: if outcome == Outcome::Paid {
            Proof::Response
        } else {
            Proof::None
        },
        transaction_id: Some("VTP01".into()),
        message: "Giao dịch thành công".into(),
        at: Some("2025-08-18T02:05:33Z".parse().expect("time")),
        attempt: Some("a1".into()),
    }
}

fn report() -> BatchReport {
    BatchReport {
        service: Service::PayEvn,
        batch: "b1".into(),
        started: "2025-08-18T02:00:00Z".parse().expect("time"),
        finished: "2025-08-18T02:05:40Z".parse().expect("time"),
        operator: "Chị Lan".into(),
        portal_user: "A".into(),
        portal_url: "http://portal".into(),
        program: "GachNo 0.1.0".into(),
        zone: TimeZone::fixed(jiff::tz::offset(7)),
        rows: vec![
            row("0012345", Outcome::Paid, 150_000),
            row("PE02", Outcome::Unknown, 20_000),
            row("PE03", Outcome::Refused, 3_000),
        ],
        left_out: vec![LeftOut {
            row: "dòng 4".into(),
            account: "x!".into(),
            why: "mã có ký tự lạ".into(),
        }],
    }
}

fn cells(path: &Path, sheet: &str) -> Vec<Vec<Data>> {
    let mut book: Xlsx<_> = open_workbook(path).expect("opens");
    book.worksheet_range(sheet)
        .expect("sheet")
        .rows()
        .map(<[Data]>::to_vec)
        .collect()
}

#[test]
fn a_report_keeps_codes_as_text_and_money_as_numbers() {
    let dir = tempfile::tempdir().expect("dir");
    let path = save(&report(), dir.path()).expect("saved");
    assert_eq!(
        path,
        dir.path().join("Thanh toán điện EVN/0905-18-08-2025.xlsx")
    );
    let rows = cells(&path, "Kết quả");
    let head: Vec<String> = rows[0].iter().take(4).map(ToString::to_string).collect();
    assert_eq!(head, ["STT", "Số thuê bao", "Số tiền", "Ghi chú"]);
    assert_eq!(
        rows[1][1],
        Data::String("0012345".into()),
        "leading zeros stay"
    );
    assert_eq!(rows[1][2], Data::Float(150_000.0));
    assert_eq!(rows[1][4], Data::String("Đã thanh toán".into()));
    assert_eq!(rows[1][7], Data::String("=HYPERLINK(\"http://x\")".into()));
    assert!(matches!(rows[1][10], Data::DateTime(_)));
    assert_eq!(rows.len(), 4);
    assert_eq!(cells(&path, "Cần xem").len(), 2);
    let summary = format!("{:?}", cells(&path, "Tổng hợp"));
    for fact in ["Chị Lan", "dòng 4", "Chưa rõ, cần xem", "b1"] {
        assert!(summary.contains(fact), "{fact}");
    }
}

#[test]
fn no_cell_is_a_formula() {
    let dir = tempfile::tempdir().expect("dir");
    let path = save(&report(), dir.path()).expect("saved");
    let mut book: Xlsx<_> = open_workbook(&path).expect("opens");
    let formulas = book.worksheet_formula("Kết quả").expect("sheet");
    assert!(formulas.rows().flatten().all(String::is_empty));
}

#[test]
fn nothing_is_overwritten_and_the_same_report_is_the_same_file() {
    let dir = tempfile::tempdir().expect("dir");
    let first = save(&report(), dir.path()).expect("saved");
    let second = save(&report(), dir.path()).expect("saved");
    assert_eq!(
        second.file_name().and_then(|n| n.to_str()),
        Some("0905-18-08-2025-2.xlsx")
    );
    assert_eq!(
        fs::read(&first).expect("read"),
        fs::read(&second).expect("read"),
        "byte for byte"
    );
    assert_eq!(
        fs::read_dir(first.parent().expect("folder"))
            .expect("list")
            .count(),
        2,
        "no temporary file stays"
    );
}

#[test]
fn an_empty_batch_still_makes_a_readable_file() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("r.xlsx");
    save_as(
        &BatchReport {
            rows: vec![],
            ..report()
        },
        &path,
    )
    .expect("saved");
    assert_eq!(cells(&path, "Kết quả")[0].len(), HEADER.len());
}

#[test]
fn large_batches_are_written_row_by_row() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("r.xlsx");
    save_as(
        &BatchReport {
            rows: vec![row("PE01", Outcome::Paid, 1_000); TABLE_ROWS_MAX + 1],
            ..report()
        },
        &path,
    )
    .expect("saved");
    assert_eq!(cells(&path, "Kết quả").len(), TABLE_ROWS_MAX + 2);
}
