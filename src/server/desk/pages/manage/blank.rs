//! A file of contracts to fill in.

use axum::response::Response;

use crate::domain::Service;
use crate::report::blank::{BlankColumn, BlankKind, blank};
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::attachment::{XLSX, attachment};

/// `GET /desk/manage/import/blank`
pub(super) async fn file() -> Result<Response, PayRefusal> {
    let bytes = blank("Hợp đồng", &columns()).map_err(|error| {
        tracing::error!(%error, "no file to fill in");
        PayRefusal::broken()
    })?;
    Ok(attachment(XLSX, "mau_hop_dong.xlsx", bytes))
}

fn columns() -> Vec<BlankColumn> {
    let text = |title, note| BlankColumn::new(title, BlankKind::Text, note);
    let day = |title, note| BlankColumn::new(title, BlankKind::Day, note);
    let words =
        |title, words: &[&str], note| BlankColumn::new(title, BlankKind::choice(words), note);
    let services: Vec<&str> = Service::ALL
        .iter()
        .filter(|service| service.is_payment())
        .map(|service| service.spec().title)
        .collect();
    vec![
        text(
            "Số hợp đồng",
            "mỗi dòng một hóa đơn hoặc khoản thu của hợp đồng này",
        )
        .needed(),
        text("Khách hàng", ""),
        text("Điện thoại", "nhiều số: cách nhau bằng dấu phẩy"),
        words(
            "HiFPT",
            &["có", "không"],
            "số ở cột Điện thoại có dùng HiFPT",
        ),
        text("Địa chỉ", ""),
        words(
            "Loại khoản",
            &["hóa đơn", "khoản thu"],
            "để trống là hóa đơn",
        ),
        text("Số hóa đơn", "không có thì điền Kỳ cước"),
        text("Kỳ cước", "như 11/2026"),
        BlankColumn::new("Số tiền", BlankKind::Money, "phải thu, đồng").needed(),
        day("Từ ngày", ""),
        day("Đến ngày", ""),
        day("Ngày phát hành", ""),
        text("Nội dung", ""),
        text("Nhân viên thu", "tên đăng nhập của người thu"),
        words(
            "Gạch nợ bằng",
            &services,
            "khi thu xong thì gạch nợ bằng dịch vụ này",
        ),
        text("Mã gạch nợ", "mã khách hàng của dịch vụ đó"),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::desk::sheet;

    #[test]
    fn every_title_is_understood_when_the_file_comes_back() {
        let columns = columns();
        let titles: Vec<String> = columns.iter().map(|c| c.title.clone()).collect();
        let row = columns.iter().map(|column| match column.title.as_str() {
            "Số hợp đồng" => "HD1".to_owned(),
            "Số hóa đơn" => "B1".to_owned(),
            "Số tiền" => "100.000".to_owned(),
            "Gạch nợ bằng" => match &column.kind {
                BlankKind::Choice(services) => services[0].clone(),
                _ => String::new(),
            },
            "Mã gạch nợ" => "PE01000123456".to_owned(),
            "Loại khoản" => "khoản thu".to_owned(),
            _ => String::new(),
        });
        let rows = vec![(1, titles), (2, row.collect())];
        let sheet = sheet::read(&rows).expect("a sheet");
        assert_eq!(
            (sheet.faults.len(), sheet.contracts.len()),
            (0, 1),
            "{:?}",
            sheet.faults
        );
    }
}
