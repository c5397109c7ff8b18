//! A file of contracts, a line an item: which column means what, and what is wrong with a line.
//!
//! Pure functions over texts. Lists of the old system are read as well: its columns are among the titles.

mod days;
mod titles;

use std::collections::HashMap;

use crate::domain::desk::{
    IncomingContract, IncomingItem, IncomingPhone, Settle, Unsaid, dialled, is_phone,
};
use crate::domain::text::plain;
use crate::domain::{Service, Vnd};
use crate::report::CUT_NUMBER;
use crate::store::desk::OldRow;
use days::{day_of, period};
use titles::{Title, columns_of};

/// Lines of one file, at most.
const LINES_MAX: usize = 20_000;
/// Lines before the titles, at most.
const WORDS_MAX: usize = 10;
/// What a file says: contracts, each with the line in which it begins, and what is wrong with which line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContractSheet {
    /// Contracts, in the order of the file.
    pub contracts: Vec<(usize, IncomingContract)>,
    /// Lines that are left out, and why.
    pub faults: Vec<(usize, String)>,
    /// Bills and receivables in it.
    pub items: usize,
}

/// Reads a file's lines. `Err`: why the file cannot be used.
pub fn read(lines: &[(usize, Vec<String>)]) -> Result<ContractSheet, String> {
    let found = lines
        .iter()
        .take(WORDS_MAX)
        .enumerate()
        .find_map(|(at, (_, cells))| {
            let columns = columns_of(cells);
            let has = |title| columns.contains_key(&title);
            let names = has(Title::Contract) || has(Title::Account) || has(Title::Code);
            (names && has(Title::Amount)).then_some((at, columns))
        });
    let Some((at, columns)) = found else {
        return Err(
            "Không thấy dòng tiêu đề. Dòng đầu cần ít nhất hai cột: Số hợp đồng, Số tiền."
                .to_owned(),
        );
    };
    let lines: Vec<_> = lines
        .iter()
        .skip(at + 1)
        .filter(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()))
        .collect();
    if lines.len() > LINES_MAX {
        return Err(format!(
            "Tệp có {} dòng; mỗi lần nhiều nhất {LINES_MAX}.",
            lines.len()
        ));
    }
    let mut sheet = Building::default();
    for (number, cells) in lines {
        let cell = |title: Title| {
            let at = columns.get(&title);
            at.and_then(|at| cells.get(*at))
                .map_or("", |cell| cell.trim())
        };
        match line(cell) {
            Ok(Some(line)) => sheet.add(*number, line),
            Ok(None) => {}
            Err(why) => sheet.faults.push((*number, why)),
        }
    }
    Ok(sheet.done())
}

/// One line: the contract as far as the line says it, its item, and whether that is a bill.
struct Line {
    contract: IncomingContract,
    item: IncomingItem,
    is_bill: bool,
}

/// `Ok(None)`: nothing is owed in it any more.
fn line<'c>(cell: impl Fn(Title) -> &'c str) -> Result<Option<Line>, String> {
    let number = [Title::Contract, Title::Account, Title::Code]
        .into_iter()
        .map(&cell)
        .find(|text| !text.is_empty());
    let number = number.ok_or("thiếu số hợp đồng")?.to_owned();
    if number == CUT_NUMBER || cell(Title::Item) == CUT_NUMBER {
        return Err(CUT_NUMBER.to_owned());
    }
    let amount = money(cell(Title::Amount))?;
    let paid = match cell(Title::Paid) {
        "" => 0,
        text => money(text)?,
    };
    if paid >= amount && paid > 0 {
        return Ok(None);
    }
    let period = period(cell(Title::Period))?;
    let day = |title| day_of(cell(title));
    let (from, to) = (day(Title::From)?, day(Title::To)?);
    let issued = day(Title::Issued)?;
    let first = period.as_ref().map(|(first, _)| first.clone());
    let last = period.map(|(_, last)| last);
    let issued = issued.or_else(|| first.clone()).or_else(|| from.clone());
    let is_bill = !matches!(
        plain(cell(Title::ItemKind)).as_str(),
        "khoan thu" | "receivable" | "kt"
    );
    let content = cell(Title::Content);
    let item = match (cell(Title::Item), &issued) {
        ("", Some(day)) => format!("CUOC-{}", day.get(..7).unwrap_or(day)),
        ("", None) => return Err("thiếu số hóa đơn hoặc kỳ cước".to_owned()),
        (text, _) => text.to_owned(),
    };
    let settle = match (cell(Title::Service), cell(Title::SettleCode)) {
        ("", "") => None,
        // People write a service as the portal calls it.
        (service, code) => Some(Settle {
            service: Service::named(service)
                .map_or(service, |known| known.spec().wire)
                .to_owned(),
            code: code.to_owned(),
        }),
    };
    let called = phones(cell(Title::Phone), is_yes(cell(Title::HiFpt)));
    if let Some(odd) = called.iter().find(|phone| !is_phone(&phone.number)) {
        return Err(format!("{:?} không phải số điện thoại", odd.number));
    }
    // A blank cell, or a column that is not there, leaves what is known.
    let blank = |titles: &[Title], unsaid| {
        let is_blank = titles.iter().all(|title| cell(*title).is_empty());
        is_blank.then_some(unsaid)
    };
    let of_contract = [
        blank(&[Title::Customer], Unsaid::CustomerName),
        blank(&[Title::Address], Unsaid::Address),
        blank(&[Title::ContractKind], Unsaid::Type),
        blank(&[Title::Phone], Unsaid::Phones),
        blank(&[Title::HiFpt], Unsaid::Hifpt),
        Some(Unsaid::OtherPhones),
        Some(Unsaid::ServiceRequests),
    ];
    let of_item = [
        blank(&[Title::From, Title::Period], Unsaid::From),
        blank(&[Title::To, Title::Period], Unsaid::To),
        blank(&[Title::Issued, Title::Period, Title::From], Unsaid::Issued),
        blank(&[Title::Content], Unsaid::Content),
        blank(&[Title::Source], Unsaid::Source),
        blank(&[Title::PaidType], Unsaid::PaidType),
        blank(&[Title::Ptc], Unsaid::Ptc),
        blank(&[Title::Service, Title::SettleCode], Unsaid::Settle),
    ];
    Ok(Some(Line {
        contract: IncomingContract {
            number,
            customer_name: cell(Title::Customer).to_owned(),
            address: cell(Title::Address).to_owned(),
            kind: cell(Title::ContractKind).to_owned(),
            phones: called,
            collector: some(cell(Title::Collector)),
            unsaid: of_contract.into_iter().flatten().collect(),
            ..IncomingContract::default()
        },
        item: IncomingItem {
            number: item,
            from: from.or(first),
            to: to.or(last),
            issued,
            amount: amount - paid,
            content: content.to_owned(),
            source: cell(Title::Source).to_owned(),
            paid_type: whole(cell(Title::PaidType))?,
            ptc: is_yes(cell(Title::Ptc)),
            settle,
            unsaid: of_item.into_iter().flatten().collect(),
        },
        is_bill,
    }))
}

/// The phones of a cell, the first of them the main one: people write several with something between them.
fn phones(cell: &str, hifpt: bool) -> Vec<IncomingPhone> {
    let numbers = cell
        .split([',', ';', '/', '|', '\n'])
        .map(dialled)
        .filter(|number| !number.is_empty());
    numbers
        .enumerate()
        .map(|(at, number)| IncomingPhone {
            number,
            main: at == 0,
            hifpt,
        })
        .collect()
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

fn is_yes(text: &str) -> bool {
    matches!(plain(text).as_str(), "1" | "x" | "co" | "yes" | "true")
}

fn whole(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| format!("{text:?} không phải số nguyên"))
}

fn money(text: &str) -> Result<i64, String> {
    // A spreadsheet writes a whole number with a fraction of nothing.
    let text = text.strip_suffix(".0").unwrap_or(text);
    let read: Result<Vnd, _> = text.parse();
    read.map(Vnd::dong).map_err(|why| why.to_string())
}

/// Contracts that are put together of lines.
#[derive(Default)]
struct Building {
    /// Each with its lines.
    contracts: Vec<(Vec<usize>, IncomingContract)>,
    /// Where each contract is, by its number.
    places: HashMap<String, usize>,
    faults: Vec<(usize, String)>,
}

impl Building {
    fn add(&mut self, number: usize, line: Line) {
        // By itself first, as a program's list is checked: what is wrong with one line takes no other with it.
        let mut alone = line.contract.clone();
        let items = if line.is_bill {
            &mut alone.bills
        } else {
            &mut alone.receivables
        };
        items.push(line.item.clone());
        if let Err(why) = IncomingContract::read(&serde_json::json!(alone)) {
            self.faults.push((number, why));
            return;
        }
        let key = line.contract.number.to_lowercase();
        let place = *self.places.entry(key).or_insert_with(|| {
            self.contracts.push((Vec::new(), line.contract.clone()));
            self.contracts.len() - 1
        });
        let (lines, contract) = &mut self.contracts[place];
        // What one of its lines says is said.
        contract
            .unsaid
            .retain(|unsaid| line.contract.unsaid.contains(unsaid));
        for (text, of_line) in [
            (&mut contract.customer_name, line.contract.customer_name),
            (&mut contract.address, line.contract.address),
            (&mut contract.kind, line.contract.kind),
        ] {
            if text.is_empty() {
                *text = of_line;
            }
        }
        contract.collector = contract.collector.take().or(line.contract.collector);
        for phone in line.contract.phones {
            if contract
                .phones
                .iter()
                .all(|known| known.number != phone.number)
            {
                let main = contract.phones.is_empty();
                contract.phones.push(IncomingPhone { main, ..phone });
            }
        }
        let items = if line.is_bill {
            &mut contract.bills
        } else {
            &mut contract.receivables
        };
        let is_same = |known: &IncomingItem| known.number.eq_ignore_ascii_case(&line.item.number);
        if items.iter().any(is_same) {
            let why = format!("{}: đã có ở dòng trên", line.item.number);
            self.faults.push((number, why));
        } else {
            items.push(line.item);
            lines.push(number);
        }
    }

    /// What holds together.
    fn done(self) -> ContractSheet {
        let mut sheet = ContractSheet {
            faults: self.faults,
            ..ContractSheet::default()
        };
        for (lines, contract) in self.contracts {
            let json = serde_json::json!(contract);
            match IncomingContract::read(&json) {
                Ok(contract) => {
                    sheet.items += contract.items().count();
                    let first = lines.first().copied().unwrap_or_default();
                    sheet.contracts.push((first, contract));
                }
                // All of its lines are left out, so all are named.
                Err(why) => {
                    let named = lines.into_iter().map(|line| (line, why.clone()));
                    sheet.faults.extend(named);
                }
            }
        }
        sheet.faults.sort_by_key(|(number, _)| *number);
        sheet
    }
}

/// The old list of what is to be collected, as contracts: a row a bill. The number of a row's contract is its account,
/// else its code.
pub fn of_old(rows: &[OldRow]) -> ContractSheet {
    let mut sheet = Building::default();
    for row in rows {
        let number = usize::try_from(row.id).unwrap_or_default();
        match old_line(row) {
            Ok(line) => sheet.add(number, line),
            Err(why) => sheet.faults.push((number, why)),
        }
    }
    sheet.done()
}

fn old_line(row: &OldRow) -> Result<Line, String> {
    let text = |text: &Option<String>| text.as_deref().unwrap_or_default().trim().to_owned();
    let contract = [text(&row.account), text(&row.code)]
        .into_iter()
        .find(|text| !text.is_empty())
        .ok_or("thiếu tài khoản và mã")?;
    let period = period(
        row.period
            .as_deref()
            .unwrap_or_default()
            .get(..10)
            .unwrap_or_default(),
    )?;
    let (first, last) = period.ok_or("thiếu kỳ cước")?;
    Ok(Line {
        contract: IncomingContract {
            number: contract,
            customer_name: text(&row.name),
            address: text(&row.address),
            // What cannot be called was of no use there either.
            phones: phones(&text(&row.phone), false)
                .into_iter()
                .filter(|phone| is_phone(&phone.number))
                .collect(),
            collector: row.username.as_deref().and_then(some),
            unsaid: vec![
                Unsaid::Type,
                Unsaid::Hifpt,
                Unsaid::OtherPhones,
                Unsaid::ServiceRequests,
            ],
            ..IncomingContract::default()
        },
        item: IncomingItem {
            number: format!("CU-{}", row.id),
            from: Some(first.clone()),
            to: Some(last),
            issued: Some(first),
            amount: row.owed,
            content: row.service.clone(),
            ..IncomingItem::default()
        },
        is_bill: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
