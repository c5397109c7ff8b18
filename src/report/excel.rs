//! The Excel report: results, summary, and what needs a person. The same report gives the same
//! bytes.

mod sheets;

use std::path::{Path, PathBuf};
use std::{fs, io};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rust_xlsxwriter::{DocProperties, Workbook, XlsxError};

use crate::domain::{Outcome, PaymentType, Proof, Service, Vnd};
use sheets::{date_time, results, summary};

/// A batch as it is reported.
#[derive(Debug, Clone)]
pub struct BatchReport {
    /// What was done.
    pub service: Service,
    /// The batch's id.
    pub batch: String,
    /// When it was entered.
    pub started: Timestamp,
    /// When it ended; names the file.
    pub finished: Timestamp,
    /// Who worked.
    pub operator: String,
    /// Whose balance paid.
    pub portal_user: String,
    /// The portal's address.
    pub portal_url: String,
    /// Name and version of the program.
    pub program: String,
    /// Times are written in this zone.
    pub zone: TimeZone,
    /// One row a job, in order.
    pub rows: Vec<ReportedJob>,
    /// Rows of the source that were not done.
    pub left_out: Vec<LeftOut>,
}

/// One job.
#[derive(Debug, Clone)]
pub struct ReportedJob {
    /// For whom.
    pub account: String,
    /// Its order.
    pub order_id: Option<String>,
    /// Prepaid or postpaid.
    pub payment: Option<PaymentType>,
    /// Whose bill it is.
    pub customer: Option<String>,
    /// In đồng.
    pub amount: Option<Vnd>,
    /// How it ended.
    pub outcome: Outcome,
    /// What proves it.
    pub proof: Proof,
    /// The portal's id.
    pub transaction_id: Option<String>,
    /// The portal's words, or ours.
    pub message: String,
    /// When.
    pub at: Option<Timestamp>,
    /// The attempt's id.
    pub attempt: Option<String>,
}

/// A row of the source that was not done.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// Where it stood.
    pub row: String,
    /// Its account's text.
    pub account: String,
    /// Why.
    pub why: String,
}

/// Why a report cannot be written. The ledger still has everything: it can be written again.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The folder or file cannot be written.
    #[error(
        "Không ghi được báo cáo {path}. Đóng tệp nếu đang mở trong Excel, kiểm tra quyền và dung lượng; kết quả vẫn nằm trong sổ. (Cannot write the report.)"
    )]
    Io {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The spreadsheet cannot be made.
    #[error(
        "Không tạo được báo cáo Excel. Kết quả vẫn nằm trong sổ. (Cannot make the spreadsheet.)"
    )]
    Xlsx(#[from] XlsxError),
}

/// Rows of one sheet, header included.
const SHEET_ROWS_MAX: usize = 1_048_576;

/// Writes `<folder>/<service>/HHMM-DD-MM-YYYY.xlsx`. A taken name gets `-2`, `-3`…: nothing is ever
/// overwritten.
pub fn save(report: &BatchReport, folder: &Path) -> Result<PathBuf, ReportError> {
    let folder = folder.join(report.service.spec().folder);
    let io = |path: &Path, source| ReportError::Io {
        path: path.to_owned(),
        source,
    };
    fs::create_dir_all(&folder).map_err(|e| io(&folder, e))?;
    let stem = report
        .finished
        .to_zoned(report.zone.clone())
        .strftime("%H%M-%d-%m-%Y")
        .to_string();
    let temporary = folder.join(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    let written = write(report, &temporary).and_then(|()| {
        for number in 1_u32.. {
            let name = if number == 1 {
                format!("{stem}.xlsx")
            } else {
                format!("{stem}-{number}.xlsx")
            };
            let path = folder.join(name);
            // A link is made only where the name is free, whoever else is writing.
            match fs::hard_link(&temporary, &path) {
                Ok(()) => return Ok(path),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                // File systems without links: a new file is the next best thing that does not
                // overwrite.
                Err(_) => match fs::OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .open(&path)
                {
                    Ok(mut file) => {
                        fs::File::open(&temporary)
                            .and_then(|mut from| io::copy(&mut from, &mut file))
                            .map_err(|e| io(&path, e))?;
                        return Ok(path);
                    }
                    Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                    Err(e) => return Err(io(&path, e)),
                },
            }
        }
        Err(io(&folder, io::Error::from(io::ErrorKind::AlreadyExists)))
    });
    let _ = fs::remove_file(&temporary);
    written
}

/// Writes to this very path; what was there is replaced whole or not at all.
pub fn save_as(report: &BatchReport, path: &Path) -> Result<(), ReportError> {
    let io = |source| ReportError::Io {
        path: path.to_owned(),
        source,
    };
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io)?;
    let temporary = folder.join(format!(".{}.tmp", uuid::Uuid::new_v4().simple()));
    let written = write(report, &temporary).and_then(|()| fs::rename(&temporary, path).map_err(io));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

/// Writes everything that was done, a sheet for each report, to this very path.
pub fn save_all(reports: &[BatchReport], path: &Path) -> Result<(), ReportError> {
    let io = |source| ReportError::Io {
        path: path.to_owned(),
        source,
    };
    let mut workbook = Workbook::new();
    for report in reports {
        let per_sheet = SHEET_ROWS_MAX - 1;
        for (i, rows) in report.rows.chunks(per_sheet).enumerate() {
            let title = report.service.spec().folder;
            let name = if i == 0 {
                title.to_owned()
            } else {
                format!("{title} {}", i + 1)
            };
            results(&mut workbook, report, &name, i * per_sheet, rows)?;
        }
    }
    let folder = path
        .parent()
        .filter(|p| !p.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(io)?;
    workbook.save(path).map_err(|error| match error {
        XlsxError::IoError(source) => io(source),
        other => ReportError::Xlsx(other),
    })
}

fn write(report: &BatchReport, path: &Path) -> Result<(), ReportError> {
    let mut workbook = Workbook::new();
    let finished = report.finished.to_zoned(report.zone.clone());
    let created = date_time(report, report.finished)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(format!(
                "{} {}",
                report.service.spec().title,
                finished.strftime("%d/%m/%Y %H:%M")
            ))
            .set_author(&report.operator)
            .set_company(&report.program)
            .set_creation_datetime(&created),
    );
    let per_sheet = SHEET_ROWS_MAX - 1;
    let mut chunks = report.rows.chunks(per_sheet).enumerate();
    let (_, first) = chunks.next().unwrap_or((0, &[]));
    results(&mut workbook, report, "Kết quả", 0, first)?;
    for (i, rows) in chunks {
        results(
            &mut workbook,
            report,
            &format!("Kết quả {}", i + 1),
            i * per_sheet,
            rows,
        )?;
    }
    summary(workbook.add_worksheet(), report)?;
    let unknown: Vec<ReportedJob> = report
        .rows
        .iter()
        .filter(|r| r.outcome == Outcome::Unknown)
        .cloned()
        .collect();
    if !unknown.is_empty() {
        results(&mut workbook, report, "Cần xem", 0, &unknown)?;
    }
    // The creator's own fault sentences are about the file's content; a full disk shows here too.
    workbook.save(path).map_err(|error| match error {
        XlsxError::IoError(source) => ReportError::Io {
            path: path.to_owned(),
            source,
        },
        other => ReportError::Xlsx(other),
    })
}

#[cfg(test)]
mod tests;
