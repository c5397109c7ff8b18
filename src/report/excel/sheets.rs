//! The sheets of a report: rows, sums, and how they look.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rust_xlsxwriter::{
    Color, ExcelDateTime, Format, FormatAlign, FormatBorder, Table, TableColumn, TableStyle,
    Workbook, Worksheet, XlsxError,
};

use super::{BatchReport, ReportedJob};
use crate::domain::{Outcome, PaymentType, Proof, Vnd};

/// Up to here the results are a real Excel table; above, a plain range with a filter, written row
/// by row.
pub(super) const TABLE_ROWS_MAX: usize = 50_000;

pub(super) const HEADER: [(&str, f64); 12] = [
    ("STT", 6.0),
    ("Số thuê bao", 20.0),
    ("Số tiền", 15.0),
    ("Ghi chú", 52.0),
    ("Trạng thái", 19.0),
    ("Mã giao dịch", 20.0),
    ("Chứng cứ", 22.0),
    ("Khách hàng", 24.0),
    ("Mã đơn", 20.0),
    ("Hình thức", 16.0),
    ("Lúc", 19.0),
    ("Mã lần thử", 38.0),
];

/// The first four columns are those of the old tool's files, in its yellow.
pub(super) const OLD_COLUMNS: usize = 4;

pub(super) struct Formats {
    pub(super) head: Format,
    pub(super) old_head: Format,
    pub(super) text: Format,
    pub(super) money: Format,
    pub(super) time: Format,
    pub(super) by_outcome: BTreeMap<Outcome, Format>,
}

impl Formats {
    pub(super) fn new() -> Self {
        let head = Format::new()
            .set_bold()
            .set_align(FormatAlign::VerticalCenter)
            .set_background_color(Color::RGB(0x00D9_E6E3))
            .set_border_bottom(FormatBorder::Thin);
        let by_outcome = Outcome::ALL.into_iter().map(|outcome| {
            let (paper, ink) = match outcome {
                Outcome::Paid => (0x00C8_EBD3, 0x000B_4F26),
                Outcome::Debt | Outcome::NoDebt | Outcome::AlreadyCleared | Outcome::DryRun => {
                    (0x00E3_EFEC, 0x0012_423A)
                }
                Outcome::Unknown | Outcome::HeldBack => (0x00FF_E5A8, 0x005C_3B00),
                Outcome::Rejected | Outcome::Refused | Outcome::Failed | Outcome::NotFound => {
                    (0x00F9_D5D3, 0x0077_1410)
                }
                Outcome::NotSent | Outcome::Cancelled => (0x00EC_EDEF, 0x003A_3F45),
            };
            (
                outcome,
                Format::new()
                    .set_background_color(Color::RGB(paper))
                    .set_font_color(Color::RGB(ink)),
            )
        });
        Self {
            old_head: head.clone().set_background_color(Color::RGB(0x00FF_FF00)),
            head,
            // Text, so that Excel does not make a number of a code when somebody edits the cell,
            // and quoted, so that what begins with = + - @ is no formula in any program.
            text: Format::new().set_num_format("@").set_quote_prefix(),
            money: Format::new()
                .set_num_format("#,##0\" đ\"")
                .set_align(FormatAlign::Right),
            time: Format::new().set_num_format("dd/mm/yyyy hh:mm:ss"),
            by_outcome: by_outcome.collect(),
        }
    }
}

pub(super) fn date_time(report: &BatchReport, at: Timestamp) -> Result<ExcelDateTime, XlsxError> {
    let local = at.to_zoned(report.zone.clone());
    let year = u16::try_from(local.year()).unwrap_or(1900);
    let part = |n: i8| u8::try_from(n).unwrap_or_default();
    ExcelDateTime::from_ymd(year, part(local.month()), part(local.day()))?.and_hms(
        u16::try_from(local.hour()).unwrap_or_default(),
        part(local.minute()),
        f64::from(local.second()),
    )
}

pub(super) fn results(
    workbook: &mut Workbook,
    report: &BatchReport,
    name: &str,
    offset: usize,
    rows: &[ReportedJob],
) -> Result<(), XlsxError> {
    let is_small = rows.len() <= TABLE_ROWS_MAX;
    let sheet = if is_small {
        workbook.add_worksheet()
    } else {
        workbook.add_worksheet_with_constant_memory()?
    };
    let formats = Formats::new();
    sheet.set_name(name)?.set_freeze_panes(1, 2)?;
    // On paper: A4 across, all columns on one page, the header on each.
    sheet
        .set_landscape()
        .set_paper_size(9)
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(0, 0)?;
    for (column, (_, width)) in (0_u16..).zip(HEADER) {
        sheet.set_column_width(column, width)?;
    }
    let last_column = u16::try_from(HEADER.len() - 1).unwrap_or_default();
    let last_row = u32::try_from(rows.len().max(1)).unwrap_or(u32::MAX);
    if is_small {
        let columns: Vec<TableColumn> = HEADER
            .iter()
            .enumerate()
            .map(|(i, (title, _))| {
                let head = if i < OLD_COLUMNS {
                    &formats.old_head
                } else {
                    &formats.head
                };
                TableColumn::new()
                    .set_header(*title)
                    .set_header_format(head)
            })
            .collect();
        sheet.add_table(
            0,
            0,
            last_row,
            last_column,
            &Table::new()
                .set_columns(&columns)
                .set_style(TableStyle::Light1),
        )?;
    } else {
        for (column, (title, _)) in (0_u16..).zip(HEADER) {
            let head = if usize::from(column) < OLD_COLUMNS {
                &formats.old_head
            } else {
                &formats.head
            };
            sheet.write_string_with_format(0, column, title, head)?;
        }
        sheet.autofilter(0, 0, last_row, last_column)?;
    }
    for (i, row) in rows.iter().enumerate() {
        result(
            sheet,
            report,
            &formats,
            u32::try_from(i + 1).unwrap_or(u32::MAX),
            offset + i + 1,
            row,
        )?;
    }
    Ok(())
}

pub(super) fn result(
    sheet: &mut Worksheet,
    report: &BatchReport,
    formats: &Formats,
    at: u32,
    number: usize,
    row: &ReportedJob,
) -> Result<(), XlsxError> {
    sheet.write_number(at, 0, u32::try_from(number).map_or(f64::MAX, f64::from))?;
    sheet.write_string_with_format(at, 1, &row.account, &formats.text)?;
    if let Some(amount) = row.amount {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact up to nine quadrillion đồng; amounts end at one"
        )]
        sheet.write_number_with_format(at, 2, amount.dong() as f64, &formats.money)?;
    }
    let mut text = |column: u16, text: Option<&str>| match text.filter(|t| !t.is_empty()) {
        Some(text) => sheet
            .write_string_with_format(at, column, cut(text), &formats.text)
            .map(|_| ()),
        None => Ok(()),
    };
    text(3, Some(&row.message))?;
    text(5, row.transaction_id.as_deref())?;
    text(
        6,
        Some(row.proof.label()).filter(|_| row.proof != Proof::None),
    )?;
    text(7, row.customer.as_deref())?;
    text(8, row.order_id.as_deref())?;
    text(9, row.payment.map(PaymentType::label))?;
    text(11, row.attempt.as_deref())?;
    if let Some(format) = formats.by_outcome.get(&row.outcome) {
        sheet.write_string_with_format(at, 4, row.outcome.label(), format)?;
    }
    if let Some(when) = row.at {
        sheet.write_datetime_with_format(at, 10, date_time(report, when)?, &formats.time)?;
    }
    Ok(())
}

/// Excel takes 32,767 characters a cell.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(32_000).collect()
}

pub(super) fn summary(sheet: &mut Worksheet, report: &BatchReport) -> Result<(), XlsxError> {
    let formats = Formats::new();
    let bold = Format::new().set_bold();
    sheet.set_paper_size(9).set_print_fit_to_pages(1, 0);
    sheet
        .set_name("Tổng hợp")?
        .set_column_width(0, 26)?
        .set_column_width(1, 44)?
        .set_column_width(2, 18)?
        .set_column_width(3, 60)?;
    let time = |at: Timestamp| {
        at.to_zoned(report.zone.clone())
            .strftime("%d/%m/%Y %H:%M:%S")
            .to_string()
    };
    let facts = [
        ("Dịch vụ", report.service.spec().title.to_owned()),
        ("Người làm", report.operator.clone()),
        ("Tài khoản cổng", report.portal_user.clone()),
        ("Cổng", report.portal_url.clone()),
        ("Bắt đầu", time(report.started)),
        ("Kết thúc", time(report.finished)),
        ("Mã lô", report.batch.clone()),
        ("Chương trình", report.program.clone()),
    ];
    let mut at = 0;
    for (label, value) in facts {
        sheet.write_string_with_format(at, 0, label, &bold)?;
        sheet.write_string_with_format(at, 1, value, &formats.text)?;
        at += 1;
    }
    at += 1;
    for (column, title) in (0..).zip(["Trạng thái", "Số lượng", "Tổng tiền"]) {
        sheet.write_string_with_format(at, column, title, &formats.head)?;
    }
    for outcome in Outcome::ALL {
        let of: Vec<&ReportedJob> = report
            .rows
            .iter()
            .filter(|r| r.outcome == outcome)
            .collect();
        if of.is_empty() {
            continue;
        }
        at += 1;
        if let Some(format) = formats.by_outcome.get(&outcome) {
            sheet.write_string_with_format(at, 0, outcome.label(), format)?;
        }
        sheet.write_number_with_format(
            at,
            1,
            u32::try_from(of.len()).map_or(f64::MAX, f64::from),
            &Format::new().set_align(FormatAlign::Left),
        )?;
        money(
            sheet,
            at,
            2,
            of.iter().filter_map(|r| r.amount).sum(),
            &formats.money,
        )?;
    }
    at += 2;
    sheet.write_string_with_format(at, 0, "Đã thanh toán", &bold)?;
    let paid = report
        .rows
        .iter()
        .filter(|r| r.outcome == Outcome::Paid)
        .filter_map(|r| r.amount)
        .sum();
    money(sheet, at, 2, paid, &formats.money.clone().set_bold())?;
    if report.left_out.is_empty() {
        return Ok(());
    }
    at += 2;
    for (column, title) in (0..).zip(["Dòng không làm", "Nội dung", "", "Lý do"]) {
        sheet.write_string_with_format(at, column, title, &formats.head)?;
    }
    for row in &report.left_out {
        at += 1;
        sheet.write_string_with_format(at, 0, &row.row, &formats.text)?;
        sheet.write_string_with_format(at, 1, cut(&row.account), &formats.text)?;
        sheet.write_string_with_format(at, 3, cut(&row.why), &formats.text)?;
    }
    Ok(())
}

pub(super) fn money(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    amount: Vnd,
    format: &Format,
) -> Result<(), XlsxError> {
    #[expect(
        clippy::cast_precision_loss,
        reason = "exact up to nine quadrillion đồng; amounts end at one"
    )]
    sheet.write_number_with_format(row, column, amount.dong() as f64, format)?;
    Ok(())
}
