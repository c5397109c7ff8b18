//! A payment at the door begins: the rules are asked, its items are taken, cash is reserved, and the
//! payment is written down, in one transaction.

use super::Desk;
use super::cash::{reserve, standing_of};
use super::contract::{Contract, ContractItem, items_of, of_number};
use super::pay::{DeskPayment, of_id};
use crate::domain::desk::{
    Circumstances, CollectorKind, DeskMethod, ItemState, Rule, Spoken, check,
};
use crate::domain::payment::{PayableKind, PayableRef};
use crate::store::base::search_text::search_text;
use crate::store::base::{Conn, SqlValue, Tx, execute, insert, marks, transaction, values};
use crate::store::payments::{
    Fact, Heard, HeardFrom, KeyUse, NewPayment, PaymentRow, SeenMoney, for_desk,
};
use crate::store::{Actor, StoreError, random_letters};

/// Letters of the token that opens a receipt's public page: 160 bits, which nobody guesses.
const TOKEN_LETTERS: usize = 32;
/// How long cash is on its way.
const CASH_LASTS_MS: i64 = 60_000;

/// How a customer is told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notify {
    /// By `HiFPT`?
    pub hifpt: bool,
    /// By SMS?
    pub sms: bool,
    /// By ZNS?
    pub zns: bool,
    /// To this number; empty: nobody.
    pub phone: String,
}

/// What somebody wants to take.
#[derive(Debug, Clone)]
pub struct DeskWish {
    /// Whose money it is.
    pub owner_id: i64,
    /// The contract's number.
    pub contract: String,
    /// Its items, each once.
    pub items: Vec<i64>,
    /// How the customer pays.
    pub method: DeskMethod,
    /// Who takes it.
    pub collector_id: i64,
    /// Their login.
    pub collector: String,
    /// How the customer is told.
    pub notify: Notify,
    /// Is the collector's wallet linked, as far as anybody knows?
    pub is_wallet_linked: bool,
    /// Does outstanding cash stand in the way of cash alone?
    pub outstanding_is_for_cash: bool,
    /// The number by which its provider will know it.
    pub order_code: i64,
    /// The short code by which people will.
    pub payment_code: String,
    /// How long it can be paid, in milliseconds.
    pub lasts_ms: i64,
    /// From where.
    pub payer_ip: String,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeskBegun {
    /// It is written down; cash is paid already.
    New(Box<DeskPayment>),
    /// The key was used before: this came of it.
    Again(Box<DeskPayment>),
    /// A rule is in the way.
    Spoken(Spoken),
    /// There is no such contract or item.
    NotFound,
    /// Another payment has an item.
    ItemTaken,
    /// The key was used for something else.
    KeyUsed,
    /// More than this way takes.
    TooLarge,
}

impl Desk<'_> {
    /// Begins a payment at the door. Cash is confirmed in the same transaction.
    pub async fn begin(
        &self,
        wish: &DeskWish,
        key: Option<&KeyUse>,
        actor: &Actor,
    ) -> Result<DeskBegun, StoreError> {
        let begun = transaction!(self.store, |tx| begin(&tx, wish, key, actor))?;
        // Read when others need not wait for it any more.
        let (id, is_new) = match begun {
            Begun::New(id) => (id, true),
            Begun::Again(id) => (id, false),
            Begun::No(no) => return Ok(no),
        };
        let made = of_id(self.store, id).await?.ok_or(StoreError::NoRow)?;
        Ok(if is_new {
            DeskBegun::New(Box::new(made))
        } else {
            DeskBegun::Again(Box::new(made))
        })
    }
}

/// What a transaction has made.
enum Begun {
    New(i64),
    Again(i64),
    No(DeskBegun),
}

async fn begin(
    tx: &Tx,
    wish: &DeskWish,
    key: Option<&KeyUse>,
    actor: &Actor,
) -> Result<Begun, StoreError> {
    let Some(contract) = of_number(tx, wish.owner_id, &wish.contract, "").await? else {
        return Ok(Begun::No(DeskBegun::NotFound));
    };
    // All of them: the rules look at what is left out as well.
    let items = items_of(tx, contract.id, tx.locked()).await?;
    // Behind the lock: of two presses at once the second one sees what the first has made.
    match for_desk::key_look(tx, key).await? {
        Some(Ok(id)) => return Ok(Begun::Again(id)),
        Some(Err(_)) => return Ok(Begun::No(DeskBegun::KeyUsed)),
        None => {}
    }
    let Some(taken) = selected(&items, &wish.items) else {
        return Ok(Begun::No(DeskBegun::NotFound));
    };
    if taken.iter().any(|item| item.state != ItemState::Open) {
        return Ok(Begun::No(DeskBegun::ItemTaken));
    }
    let (kind, around) = circumstances(tx, wish).await?;
    let total = match check(&contract.owing(&items), &wish.items, wish.method, &around) {
        Ok(total) => total,
        Err(spoken) => return Ok(Begun::No(DeskBegun::Spoken(spoken))),
    };
    if total > wish.method.provider().amount_max() {
        return Ok(Begun::No(DeskBegun::TooLarge));
    }
    let is_cash = wish.method == DeskMethod::Cash;
    if is_cash && !reserve(tx, wish.collector_id, kind, total).await? {
        let rule = Rule::OverLimit;
        return Ok(Begun::No(DeskBegun::Spoken(Spoken { rule, total })));
    }
    let id = write(tx, wish, &contract, &taken, total).await?;
    for_desk::key_keep(tx, key, id).await?;
    let payment = open_payment(tx, wish, &contract, id, total).await?;
    if is_cash {
        confirm_cash(tx, &payment, actor).await?;
    }
    Ok(Begun::New(id))
}

/// What stands behind the rules beside the contract.
async fn circumstances(
    tx: &Tx,
    wish: &DeskWish,
) -> Result<(Option<CollectorKind>, Circumstances), StoreError> {
    let collector = standing_of(tx, wish.collector_id).await?;
    let kind = collector.as_ref().and_then(|collector| collector.kind);
    let around = Circumstances {
        kind,
        cash: collector.map(|c| c.cash).unwrap_or_default(),
        outstanding_is_for_cash: wish.outstanding_is_for_cash,
        is_wallet_linked: wish.is_wallet_linked,
        now_ms: tx.now_ms(),
    };
    Ok((kind, around))
}

/// The items of these numbers. `None`: one is not of this contract, or not shown.
fn selected<'i>(items: &'i [ContractItem], ids: &[i64]) -> Option<Vec<&'i ContractItem>> {
    let find = |id: &i64| items.iter().find(|item| item.id == *id && !item.is_hidden);
    ids.iter().map(find).collect()
}

/// The payment at the door with its items, which are taken by it.
async fn write(
    tx: &Tx,
    wish: &DeskWish,
    contract: &Contract,
    items: &[&ContractItem],
    total: i64,
) -> Result<i64, StoreError> {
    let sql = "INSERT INTO desk_payment (owner_id, contract_id, collector_id, method, title, customer_name, amount, status, payment_status, \
               notify_hifpt, notify_sms, notify_zns, notify_phone, pay_token, created_at, updated_at, search_text) \
               VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', 'unpaid', ?, ?, ?, ?, ?, ?, ?, ?)";
    let (now, notify) = (tx.now_ms(), &wish.notify);
    let title = format!("Thu hop dong {}", contract.number);
    let words = search_text([
        Some(contract.customer_name.as_str()),
        Some(contract.number.as_str()),
    ]);
    let given = values![
        wish.owner_id,
        contract.id,
        wish.collector_id,
        wish.method.wire(),
        title,
        &contract.customer_name,
        total,
        notify.hifpt,
        notify.sms,
        notify.zns,
        &notify.phone,
        random_letters(TOKEN_LETTERS),
        now,
        now,
        words
    ];
    let id = insert(tx, sql, given).await?;
    let sql = format!(
        "INSERT INTO desk_payment_item (desk_payment_id, item_id, kind, number, content, from_day, to_day, amount, held_item) VALUES {}",
        vec!["(?, ?, ?, ?, ?, ?, ?, ?, ?)"; items.len()].join(", ")
    );
    let of_item = |item: &&ContractItem| {
        values![
            id,
            item.id,
            item.kind.wire(),
            &item.number,
            &item.content,
            item.from.as_deref(),
            item.to.as_deref(),
            item.amount,
            item.id
        ]
    };
    let given: Vec<SqlValue> = items.iter().flat_map(of_item).collect();
    execute(tx, &sql, given).await?;
    let sql = format!(
        "UPDATE contract_item SET state = 'taken', desk_payment_id = ?, updated_at = ? WHERE id IN ({})",
        marks(items.len())
    );
    let mut given = values![id, now];
    given.extend(items.iter().map(|item| SqlValue::from(item.id)));
    execute(tx, &sql, given).await?;
    Ok(id)
}

/// The payment that carries the money, as payments have it.
async fn open_payment(
    tx: &Tx,
    wish: &DeskWish,
    contract: &Contract,
    id: i64,
    total: i64,
) -> Result<PaymentRow, StoreError> {
    let new = NewPayment {
        payable: PayableRef {
            kind: PayableKind::Receipt,
            id,
        },
        provider: wish.method.provider(),
        amount: Some(total),
        description: Some(format!("HD {}", contract.number)),
        lasts_ms: if wish.method == DeskMethod::Cash {
            CASH_LASTS_MS
        } else {
            wish.lasts_ms
        },
        wants_qr: matches!(wish.method, DeskMethod::VnPayQr | DeskMethod::PayOsQr),
        is_english: false,
        payer_ip: wish.payer_ip.clone(),
        wallet_agent: (wish.method == DeskMethod::Wallet).then(|| wish.collector.clone()),
        order_code: wish.order_code,
        payment_code: wish.payment_code.clone(),
    };
    for_desk::add(tx, &new, total).await
}

/// The collector has the money: nobody has to be asked.
async fn confirm_cash(tx: &Tx, payment: &PaymentRow, actor: &Actor) -> Result<(), StoreError> {
    let money = SeenMoney {
        reference: format!("cash-{}", payment.payment_code),
        amount: payment.standing.amount,
        currency: "VND".to_owned(),
        at_ms: Some(tx.now_ms()),
        method: None,
    };
    let heard = Heard {
        payment: payment.id,
        source: HeardFrom::Person,
        kind: "cash",
        key: "cash",
        body: "",
        facts: &[Fact::Money(money)],
        actor: Some(actor),
    };
    for_desk::hear(tx, &heard).await.map(|_| ())
}
