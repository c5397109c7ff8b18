//! A contract as a collector opens it, and what the rules say of what is ticked.

use axum::http::StatusCode;
use serde::Serialize;

use super::source;
use super::wallet::{self, WalletKnown};
use super::who::DeskPerson;
use crate::domain::desk::{
    Circumstances, DeskMethod, ItemKind, ItemState, Rule, Spoken, blocked, check, openings,
    phone_of,
};
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::store::desk::{Collector, Contract, ContractItem};

/// A contract as it is opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ContractView {
    /// Its number.
    pub contract: String,
    /// The customer.
    pub customer: String,
    /// Where the door is.
    pub address: String,
    /// `binh_thuong`, or another.
    #[serde(rename = "type")]
    pub kind: String,
    /// The number that is told; empty where there is none.
    pub phone: String,
    /// All of its numbers.
    pub phones: Vec<String>,
    /// Bills.
    pub bills: Vec<ItemView>,
    /// Receivables.
    pub receivables: Vec<ItemView>,
    /// What the rules begin with: the sum of what is ticked, in đồng.
    pub total: i64,
    /// The collector's cash.
    pub cash: CashView,
    /// The collector's wallet.
    pub wallet: WalletView,
    /// What stands in the way whatever is ticked.
    pub blocked: Option<SpokenForm>,
}

/// An item as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "each is as in the contract")]
pub struct ItemView {
    pub id: String,
    pub number: String,
    pub from: Option<String>,
    pub to: Option<String>,
    pub issued: Option<String>,
    /// Whole đồng.
    pub amount: i64,
    pub content: String,
    pub ptc: bool,
    /// `open`, `taken`, `paid` or `settled`.
    pub state: &'static str,
    /// Is it ticked when the contract is opened?
    pub selected: bool,
    /// Does it have to be paid?
    pub forced: bool,
}

/// A collector's cash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[expect(missing_docs, reason = "each is in đồng, as in the agreed contract")]
pub struct CashView {
    pub limit: i64,
    pub extra: i64,
    pub held: i64,
    pub remaining: i64,
}

/// A collector's wallet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WalletView {
    /// Is one linked?
    pub linked: bool,
    /// Its phone number, as far as it is shown.
    pub masked_phone: Option<String>,
}

/// Something that is said: a rule, with its words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SpokenForm {
    /// Its name.
    pub code: &'static str,
    /// What people read.
    pub message: &'static str,
}

impl From<Rule> for SpokenForm {
    fn from(rule: Rule) -> Self {
        Self {
            code: rule.code(),
            message: rule.message(),
        }
    }
}

impl CashView {
    /// What a collector may hold and holds.
    pub const fn of(collector: &Collector) -> Self {
        let cash = collector.cash;
        Self {
            limit: cash.limit,
            extra: cash.extra,
            held: cash.held,
            remaining: cash.remaining(),
        }
    }
}

/// How a contract is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct HowOpened {
    /// Is the customer told by `HiFPT` alone?
    pub by_hifpt_alone: bool,
    /// Is what is paid listed too?
    pub with_paid: bool,
}

/// A contract with its items: from the company's own system where there is one, else our own.
pub async fn found(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
) -> Result<(Contract, Vec<ContractItem>), PayRefusal> {
    let found = app.store().desk().contract(me.owner, number).await?;
    found.ok_or_else(|| nothing("Không có hợp đồng này."))
}

/// The key was used for something else.
pub fn key_used() -> PayRefusal {
    PayRefusal::of(
        StatusCode::CONFLICT,
        "key_used",
        "Idempotency-Key này đã dùng cho yêu cầu khác.",
    )
}

/// 404 in the desk's words.
pub fn nothing(message: &str) -> PayRefusal {
    PayRefusal::of(StatusCode::NOT_FOUND, "not_found", message)
}

/// Opens a contract.
pub async fn open(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
    how: HowOpened,
) -> Result<ContractView, PayRefusal> {
    open_whole(app, me, number, how)
        .await
        .map(|(view, ..)| view)
}

/// Opens a contract, with the rows that it was drawn from.
pub async fn open_whole(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
    how: HowOpened,
) -> Result<(ContractView, Contract, Vec<ContractItem>), PayRefusal> {
    source::refresh(app, me, number).await?;
    let (contract, items) = found(app, me, number).await?;
    let collector = app
        .store()
        .desk()
        .cash()
        .collector(me.person.user_id)
        .await?;
    let wallet = wallet::known(app, me).await?;
    let around = circumstances(app, collector.as_ref(), &wallet).await?;
    let ticked = openings(&contract.owing(&items), around.kind);
    let view = |item: &ContractItem| {
        let opening = ticked.iter().find(|opening| opening.id == item.id);
        ItemView {
            id: item.id.to_string(),
            number: item.number.clone(),
            from: item.from.clone(),
            to: item.to.clone(),
            issued: item.issued.clone(),
            amount: item.amount,
            content: item.content.clone(),
            ptc: item.is_ptc,
            state: item.state.wire(),
            selected: opening.is_some_and(|opening| opening.is_ticked),
            forced: opening.is_some_and(|opening| opening.is_forced),
        }
    };
    let is_listed = |item: &&ContractItem| {
        let is_owed = matches!(item.state, ItemState::Open | ItemState::Taken);
        !item.is_hidden && (is_owed || how.with_paid)
    };
    let of = |kind: ItemKind| {
        let items = items.iter().filter(is_listed);
        items.filter(|item| item.kind == kind).map(view).collect()
    };
    let (bills, receivables): (Vec<ItemView>, Vec<ItemView>) =
        (of(ItemKind::Bill), of(ItemKind::Receivable));
    let all = bills.iter().chain(&receivables);
    let total = all.filter(|item| item.selected).map(|i| i.amount).sum();
    let view = ContractView {
        phone: phone_of(&contract.phones, how.by_hifpt_alone).to_owned(),
        phones: contract.phones.iter().map(|p| p.number.clone()).collect(),
        bills,
        receivables,
        total,
        cash: collector.as_ref().map(CashView::of).unwrap_or_default(),
        wallet: wallet_view(&wallet),
        blocked: blocked(&around).map(SpokenForm::from),
        contract: contract.number.clone(),
        customer: contract.customer_name.clone(),
        address: contract.address.clone(),
        kind: contract.kind.clone(),
    };
    Ok((view, contract, items))
}

fn wallet_view(known: &WalletKnown) -> WalletView {
    match known {
        WalletKnown::Told(link) if link.is_linked => WalletView {
            linked: true,
            masked_phone: Some(link.masked_phone.clone()),
        },
        _ => WalletView {
            linked: false,
            masked_phone: None,
        },
    }
}

/// What stands behind the rules beside the contract.
pub async fn circumstances(
    app: &AppState,
    collector: Option<&Collector>,
    wallet: &WalletKnown,
) -> Result<Circumstances, PayRefusal> {
    let shop = app.shop().await?;
    Ok(Circumstances {
        kind: collector.and_then(|collector| collector.kind),
        cash: collector.map(|c| c.cash).unwrap_or_default(),
        outstanding_is_for_cash: shop.desk_outstanding_cash_only,
        is_wallet_linked: wallet.may_pay(),
        now_ms: app.store().now_ms(),
    })
}

/// What the rules say of what is ticked: the sum, or the first rule that is in the way.
pub async fn checked(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
    ids: &[i64],
    method: DeskMethod,
) -> Result<Result<i64, Spoken>, PayRefusal> {
    let (contract, items) = found(app, me, number).await?;
    for id in ids {
        let item = items.iter().find(|item| item.id == *id && !item.is_hidden);
        let item = item.ok_or_else(|| nothing("Không có hóa đơn/khoản thu này."))?;
        if item.state != ItemState::Open {
            return Err(taken());
        }
    }
    let collector = app
        .store()
        .desk()
        .cash()
        .collector(me.person.user_id)
        .await?;
    let wallet = wallet::for_method(app, me, method).await?;
    let around = circumstances(app, collector.as_ref(), &wallet).await?;
    Ok(check(&contract.owing(&items), ids, method, &around))
}

/// Somebody else has it.
pub fn taken() -> PayRefusal {
    PayRefusal::of(
        StatusCode::CONFLICT,
        "item_taken",
        "Hóa đơn/khoản thu này đã thu hoặc đang được thu.",
    )
}

/// Numbers of items, as the wire has them. What is no number is no item of ours.
pub fn ids_of(texts: &[String]) -> Result<Vec<i64>, PayRefusal> {
    texts
        .iter()
        .map(|text| {
            text.parse()
                .map_err(|_| nothing("Không có hóa đơn/khoản thu này."))
        })
        .collect()
}
