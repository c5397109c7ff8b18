use super::*;
use crate::report::CUT_NUMBER;

fn sheet(lines: &[&str]) -> Result<ContractSheet, String> {
    let lines: Vec<(usize, Vec<String>)> = lines
        .iter()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split(';').map(str::to_owned).collect()))
        .collect();
    read(&lines)
}

#[test]
fn lines_of_one_contract_become_one_contract() {
    let read = sheet(&[
        "Danh sách tháng 10",
        "Số hợp đồng;Khách hàng;Điện thoại;Địa chỉ;Loại khoản;Số hóa đơn;Từ ngày;Đến ngày;Ngày phát hành;Số tiền;Nội dung;PTC",
        "HND1;Lê Tám;0912 345 678;Số 1;Hóa đơn;B1;01/10/2026;31/10/2026;1/10/2026;264.000;Cước;",
        "hnd1;Lê Tám;0912345678;Số 1;Hóa đơn;B2;;;46327;264000.0;Cước;",
        "HND1;;0987654321;;Khoản thu;K1;;;;55.000;Lắp đặt;x",
    ])
    .expect("a sheet");
    assert_eq!(read.faults, []);
    assert_eq!((read.contracts.len(), read.items), (1, 3));
    let contract = &read.contracts[0].1;
    assert_eq!(contract.phones.len(), 2);
    assert!(contract.phones[0].main && !contract.phones[1].main);
    assert_eq!(contract.bills[0].issued.as_deref(), Some("2026-10-01"));
    assert_eq!(contract.bills[1].issued.as_deref(), Some("2026-11-01"));
    assert_eq!(contract.bills[1].amount, 264_000);
    assert!(contract.receivables[0].ptc);
}

#[test]
fn the_columns_of_the_old_list_are_known() {
    let read = sheet(&[
        "Mã;Khách hàng;Tài khoản;Điện thoại;Cước phải thu;Đã thu;Kỳ cước;Nhân viên thu",
        "K1;Lê Tám;hn_tam;0912345678;100.000;40.000;10/2026;luc",
        "K2;Trần An;hn_an;;50.000;50.000;10/2026;luc",
    ])
    .expect("a sheet");
    assert_eq!(
        read.contracts.len(),
        1,
        "what is paid is not to be collected"
    );
    let contract = &read.contracts[0].1;
    assert_eq!(
        (contract.number.as_str(), contract.collector.as_deref()),
        ("hn_tam", Some("luc"))
    );
    let bill = &contract.bills[0];
    assert_eq!(
        (bill.number.as_str(), bill.amount),
        ("CUOC-2026-10", 60_000)
    );
    assert_eq!(bill.to.as_deref(), Some("2026-10-31"));
}

#[test]
fn what_is_wrong_is_said_line_by_line() {
    let read = sheet(&[
        "Số hợp đồng;Số hóa đơn;Ngày phát hành;Số tiền",
        ";B1;2026-10-01;1.000",
        "H1;B1;mai;1.000",
        "H1;B1;2026-10-01;1,5",
        "H1;B1;2026-10-01;1.000",
        "H1;b1;2026-10-01;1.000",
    ])
    .expect("a sheet");
    let lines: Vec<usize> = read.faults.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [2, 3, 4, 6]);
    assert_eq!(read.items, 1);
    assert!(sheet(&["Tên;Ghi chú", "a;b"]).is_err());
}

#[test]
fn phones_are_what_can_be_called() {
    let read = sheet(&[
        "Số hợp đồng;Điện thoại;Số hóa đơn;Ngày phát hành;Số tiền",
        "H1;981234567;B1;2026-10-01;1.000",
        "H2;0981 234 567, +84912.345.678;B1;2026-10-01;1.000",
        "H3;abc;B1;2026-10-01;1.000",
        "H4;9.8e8;B1;2026-10-01;1.000",
    ])
    .expect("a sheet");
    let phones = |at: usize| -> Vec<&str> {
        let all = read.contracts[at].1.phones.iter();
        all.map(|phone| phone.number.as_str()).collect()
    };
    assert_eq!(phones(0), ["0981234567"]);
    assert_eq!(phones(1), ["0981234567", "0912345678"]);
    assert!(read.contracts[1].1.phones[0].main && !read.contracts[1].1.phones[1].main);
    let lines: Vec<usize> = read.faults.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [4, 5]);
}

#[test]
fn days_that_cannot_be_are_named() {
    let read = sheet(&[
        "Số hợp đồng;Số hóa đơn;Kỳ cước;Từ ngày;Đến ngày;Số tiền",
        "H1;B1;10/0000;;;1.000",
        "H2;B1;10/2026;31/10/2026;01/10/2026;1.000",
        "H3;B1;10/2026;01/10/2026;31/10/2026;1.000",
    ])
    .expect("a sheet");
    let lines: Vec<usize> = read.faults.iter().map(|(line, _)| *line).collect();
    assert_eq!((lines, read.items), (vec![2, 3], 1));
}

#[test]
fn one_bad_line_of_a_contract_takes_no_good_one_with_it() {
    let read = sheet(&[
        "Số hợp đồng;Số hóa đơn;Ngày phát hành;Số tiền",
        "SB2;E1;2026-10-01;100",
        "SB2;E2;2026-10-01;0",
        "SB2;E3;2026-10-01;100",
        "SB3;E1;;100",
        "SB3;E2;;100",
        &format!("{CUT_NUMBER};E1;2026-10-01;100"),
    ])
    .expect("a sheet");
    assert_eq!(read.items, 2);
    let lines: Vec<usize> = read.faults.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 5, 6, 7], "{:?}", read.faults);
    assert!(read.faults[0].1.starts_with("E2: số tiền"));
}

#[test]
fn a_row_of_the_old_table_is_a_bill_of_its_account() {
    let row = OldRow {
        id: 7,
        code: Some("K1".into()),
        name: Some("Lê Tám".into()),
        account: Some("hn_tam".into()),
        phone: Some("84912345678".into()),
        address: None,
        owed: 60_000,
        username: Some("luc".into()),
        period: Some("2026-10-01".into()),
        service: "Cước viễn thông".into(),
    };
    let lost = OldRow {
        account: None,
        code: None,
        ..row.clone()
    };
    let read = of_old(&[row, lost]);
    assert_eq!(read.contracts[0].1.bills[0].number, "CU-7");
    assert_eq!(read.contracts[0].1.phones[0].number, "0912345678");
    assert_eq!(read.faults.len(), 1);
}
