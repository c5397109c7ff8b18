//! One line of a file of contracts, read.

use super::days::{day_of, period};
use super::titles::Title;
use crate::domain::desk::{
    IncomingContract, IncomingItem, IncomingPhone, Settle, Unsaid, dialled, is_phone,
};
use crate::domain::text::plain;
use crate::domain::{Service, Vnd};
use crate::report::CUT_NUMBER;
use crate::store::desk::OldRow;

/// One line: the contract as far as the line says it, its item, and whether that is a bill.
pub(super) struct ContractLine {
    pub(super) contract: IncomingContract,
    pub(super) item: IncomingItem,
    pub(super) is_bill: bool,
}

/// `Ok(None)`: nothing is owed in it any more.
pub(super) fn line<'c>(cell: impl Fn(Title) -> &'c str) -> Result<Option<ContractLine>, String> {
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
    Ok(Some(ContractLine {
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
pub(super) fn phones(cell: &str, hifpt: bool) -> Vec<IncomingPhone> {
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

pub(super) fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

pub(super) fn is_yes(text: &str) -> bool {
    matches!(plain(text).as_str(), "1" | "x" | "co" | "yes" | "true")
}

pub(super) fn whole(text: &str) -> Result<Option<i64>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| format!("{text:?} không phải số nguyên"))
}

pub(super) fn money(text: &str) -> Result<i64, String> {
    // A spreadsheet writes a whole number with a fraction of nothing.
    let text = text.strip_suffix(".0").unwrap_or(text);
    let read: Result<Vnd, _> = text.parse();
    read.map(Vnd::dong).map_err(|why| why.to_string())
}

pub(super) fn old_line(row: &OldRow) -> Result<ContractLine, String> {
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
    Ok(ContractLine {
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
