//! A file as it is sent: weighed before it is opened.

use axum::body::Bytes;
use axum::extract::Multipart;

use super::problem::Problem;
use crate::domain::Service;
use crate::report::read_rows;

/// What a packed file may unpack to.
const UNPACKED_MAX: u64 = 200 * 1024 * 1024;

/// What the form sends.
pub struct Upload {
    /// What it is to fill.
    pub table: String,
    /// The service of jobs that do not say it.
    pub service: Option<Service>,
    /// Its name, and what is in it.
    pub file: Option<(String, Bytes)>,
}

impl Upload {
    /// Reads the form's parts.
    pub async fn read(parts: &mut Multipart) -> Result<Self, Problem> {
        let (mut table, mut service, mut file) = (String::new(), None, None);
        while let Some(part) = parts.next_field().await.map_err(|_| too_large())? {
            match part.name().unwrap_or_default().to_owned().as_str() {
                "table" => table = part.text().await.map_err(|_| too_large())?,
                "service" => {
                    service = part
                        .text()
                        .await
                        .map_err(|_| too_large())?
                        .parse::<Service>()
                        .ok();
                }
                "file" => {
                    let name = part.file_name().unwrap_or_default().to_owned();
                    file = Some((name, part.bytes().await.map_err(|_| too_large())?));
                }
                _ => {}
            }
        }
        Ok(Self {
            table,
            service,
            file,
        })
    }
}

/// What was sent is larger than is taken.
pub fn too_large() -> Problem {
    Problem::too_large("Tệp lớn hơn 10 MB hoặc gửi dở dang. Chia nhỏ rồi thử lại.")
}

/// A file's name without the folders before it, as it is shown and kept.
pub fn plain_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain = last.chars().filter(|c| !c.is_control());
    plain.take(100).collect()
}

/// The rows of an upload. Its name says only what kind of file it is.
pub fn rows_of(name: &str, bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, String> {
    let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let ending = ["xlsx", "csv"]
        .into_iter()
        .find(|known| *known == ending)
        .ok_or("Chỉ nhận tệp .xlsx hoặc .csv.")?;
    if ending == "xlsx" && unpacked(bytes).is_none_or(|size| size > UNPACKED_MAX) {
        return Err("Tệp Excel hỏng hoặc quá lớn khi mở ra.".to_owned());
    }
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let path = folder.path().join(format!("upload.{ending}"));
    std::fs::write(&path, bytes).map_err(|_| "Máy chủ không ghi được tệp tạm.".to_owned())?;
    read_rows(&path).map_err(|error| {
        tracing::info!(
            error = format!("{:#}", anyhow::Error::from(error)),
            "an upload could not be read"
        );
        "Không đọc được tệp. Lưu lại bằng Excel (.xlsx hoặc CSV UTF-8) rồi thử lại.".to_owned()
    })
}

/// What a packed file says that it unpacks to, by its own directory. `None`: it is none.
fn unpacked(bytes: &[u8]) -> Option<u64> {
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let from = bytes.len().saturating_sub(66_000);
    let end = bytes
        .get(from..)?
        .windows(4)
        .rposition(|w| w == b"PK\x05\x06")?
        + from;
    let mut at = usize::try_from(long(end + 16)?).ok()?;
    let mut sum = 0_u64;
    for _ in 0..word(end + 10)? {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        sum += u64::from(long(at + 24)?);
        at += 46
            + usize::from(word(at + 28)?)
            + usize::from(word(at + 30)?)
            + usize::from(word(at + 32)?);
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_weighed_before_it_is_opened() {
        assert_eq!(unpacked(b"no archive"), None);
        let mut book = rust_xlsx();
        assert!(unpacked(&book).is_some_and(|size| size > 1_000 && size < UNPACKED_MAX));
        let at = book
            .windows(4)
            .position(|w| w == b"PK\x01\x02")
            .expect("an entry");
        book[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(
            rows_of("bom.xlsx", &book).is_err(),
            "a file that says it is four gigabytes"
        );
        assert!(rows_of("../../etc/passwd", b"x").is_err());
    }

    fn rust_xlsx() -> Vec<u8> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.xlsx");
        let mut sheet =
            crate::report::table::TableFile::new("a", vec!["Mã".to_owned()]).expect("sheet");
        sheet
            .push(&[crate::report::table::Value::Text("PE01".to_owned())])
            .expect("row");
        sheet.save(&path).expect("saved");
        std::fs::read(path).expect("read")
    }
}
