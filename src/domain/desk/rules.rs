//! What may be taken, in the order in which the rules speak, each with its exact words.

use std::cmp::Reverse;

use super::{
    CashStanding, CollectorKind, DeskMethod, ITEMS_MAX, ItemKind, OwedItem, OwingContract,
};
use crate::domain::calendar::day_start;

/// From this time of the day on, in milliseconds since midnight, cash of an earlier day stands in the way.
const OUTSTANDING_FROM_MS: i64 = 10 * 3_600_000;

/// A rule that speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Rule {
    /// No item was selected.
    NothingSelected,
    /// More than [`ITEMS_MAX`] were.
    TooManyItems,
    /// An older bill was left out.
    OldestFirst,
    /// A PTC receivable was left out.
    PtcRequired,
    /// A bill that has to be paid was left out.
    BillsRequired,
    /// Cash of an earlier day was not handed in.
    CashOutstanding,
    /// More cash than may be held.
    OverLimit,
    /// The collector's wallet is not linked.
    WalletNotLinked,
}

impl Rule {
    /// All of them, in the order in which they speak.
    pub const ALL: [Self; 8] = [
        Self::NothingSelected,
        Self::TooManyItems,
        Self::OldestFirst,
        Self::PtcRequired,
        Self::BillsRequired,
        Self::CashOutstanding,
        Self::OverLimit,
        Self::WalletNotLinked,
    ];

    /// The name on the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NothingSelected => "nothing_selected",
            Self::TooManyItems => "too_many_items",
            Self::OldestFirst => "oldest_first",
            Self::PtcRequired => "ptc_required",
            Self::BillsRequired => "bills_required",
            Self::CashOutstanding => "cash_outstanding",
            Self::OverLimit => "over_limit",
            Self::WalletNotLinked => "wallet_not_linked",
        }
    }

    /// What the collector reads.
    pub const fn message(self) -> &'static str {
        match self {
            Self::NothingSelected => "Vui lòng chọn hóa đơn/khoản thu cần thanh toán",
            Self::TooManyItems => "Chỉ được chọn tối đa 6 hóa đơn/khoản thu thanh toán",
            Self::OldestFirst => "Vui lòng thanh toán hóa đơn xa nhất",
            Self::PtcRequired => "Vui lòng chọn khoản thu PTC",
            Self::BillsRequired => "Vui lòng chọn hóa đơn cần thanh toán",
            Self::CashOutstanding => "Đang tồn tạm không thể thanh toán",
            Self::OverLimit => "Vượt quá hạn mức gạch nợ bằng tiền mặt",
            Self::WalletNotLinked => "Vui lòng thực hiện liên kết phương thức thanh toán",
        }
    }
}

/// The code of a message that may not be sent any more this month, and its words. No rule of paying: it
/// stops the message alone.
pub const SMS_QUOTA: (&str, &str) = ("sms_quota", "SĐT đã gửi quá 10 lần trong tháng");

/// What stands behind the rules beside the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Circumstances {
    /// What the collector is. `None`: no collector, but somebody who answers for the shop.
    pub kind: Option<CollectorKind>,
    /// Their cash.
    pub cash: CashStanding,
    /// Does outstanding cash stand in the way of cash alone?
    pub outstanding_is_for_cash: bool,
    /// Is their wallet linked? Asked of the wallet alone; what nobody knows is taken as linked.
    pub is_wallet_linked: bool,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

/// A rule that speaks, with the sum of what was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", rule.message())]
pub struct Spoken {
    /// Which.
    pub rule: Rule,
    /// Đồng.
    pub total: i64,
}

/// An item as the screen begins with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Which item.
    pub id: i64,
    /// Is it ticked?
    pub is_ticked: bool,
    /// Is it one that has to be paid?
    pub is_forced: bool,
}

/// May `selected` (numbers of items of this contract, each once) be paid by `method`? Says the sum in
/// đồng, or the first rule that is in the way.
pub fn check(
    contract: &OwingContract,
    selected: &[i64],
    method: DeskMethod,
    around: &Circumstances,
) -> Result<i64, Spoken> {
    let is_selected = |item: &&OwedItem| selected.contains(&item.id);
    let total = contract
        .items
        .iter()
        .filter(is_selected)
        .fold(0_i64, |sum, item| sum.saturating_add(item.amount));
    let is_in_the_way = |rule: &Rule| match rule {
        Rule::NothingSelected => selected.is_empty(),
        Rule::TooManyItems => selected.len() > ITEMS_MAX,
        Rule::OldestFirst => is_older_left_out(contract, selected),
        Rule::PtcRequired => lacks(&forced_receivables(contract, around.kind), selected),
        Rule::BillsRequired => lacks(&forced_bills(contract, around.kind), selected),
        Rule::CashOutstanding => is_outstanding(around) && concerns(method, around),
        Rule::OverLimit => method == DeskMethod::Cash && around.cash.remaining() < total,
        Rule::WalletNotLinked => method == DeskMethod::Wallet && !around.is_wallet_linked,
    };
    match Rule::ALL.iter().find(|rule| is_in_the_way(rule)) {
        Some(rule) => Err(Spoken { rule: *rule, total }),
        None => Ok(total),
    }
}

/// What stands in the way whatever is selected: cash of an earlier day.
pub fn blocked(around: &Circumstances) -> Option<Rule> {
    is_outstanding(around).then_some(Rule::CashOutstanding)
}

/// How the screen begins: every item of the contract, in its order.
pub fn openings(contract: &OwingContract, kind: Option<CollectorKind>) -> Vec<Opening> {
    let mut forced = forced_receivables(contract, kind);
    forced.extend(forced_bills(contract, kind));
    let ticked = if kind == Some(CollectorKind::FeeCollector) && contract.is_normal {
        oldest_bills(contract)
    } else {
        forced.clone()
    };
    let opening = |item: &OwedItem| Opening {
        id: item.id,
        is_ticked: ticked.contains(&item.id) || forced.contains(&item.id),
        is_forced: forced.contains(&item.id),
    };
    contract.items.iter().map(opening).collect()
}

fn lacks(forced: &[i64], selected: &[i64]) -> bool {
    forced.iter().any(|id| !selected.contains(id))
}

/// Is a bill selected that was issued later than one that is not?
fn is_older_left_out(contract: &OwingContract, selected: &[i64]) -> bool {
    let days = |is_selected: bool| {
        contract
            .items
            .iter()
            .filter(move |item| item.kind == ItemKind::Bill)
            .filter(move |item| selected.contains(&item.id) == is_selected)
            .filter_map(|item| item.issued.as_deref())
    };
    match (days(true).max(), days(false).min()) {
        (Some(latest_paid), Some(oldest_left)) => latest_paid > oldest_left,
        _ => false,
    }
}

/// A technician takes what is PTC: the oldest first, what has no day last, in the order of the list.
fn forced_receivables(contract: &OwingContract, kind: Option<CollectorKind>) -> Vec<i64> {
    if kind != Some(CollectorKind::Technician) {
        return Vec::new();
    }
    let ptc = |item: &&OwedItem| item.kind == ItemKind::Receivable && item.is_ptc;
    oldest(contract.items.iter().filter(ptc))
}

/// A fee collector takes bills: of a normal contract while a request of it is in work, of another one
/// while none is.
fn forced_bills(contract: &OwingContract, kind: Option<CollectorKind>) -> Vec<i64> {
    if kind == Some(CollectorKind::FeeCollector) && contract.is_normal == contract.has_work {
        oldest_bills(contract)
    } else {
        Vec::new()
    }
}

fn oldest_bills(contract: &OwingContract) -> Vec<i64> {
    let bills = contract.items.iter().filter(|i| i.kind == ItemKind::Bill);
    oldest(bills)
}

/// As many as may be paid at once: the oldest, those without a day last, equal days as they were sent.
fn oldest<'i>(items: impl Iterator<Item = &'i OwedItem>) -> Vec<i64> {
    let mut items: Vec<&OwedItem> = items.collect();
    items.sort_by(|a, b| {
        let day = |item: &OwedItem| (Reverse(item.issued.is_some()), item.issued.clone());
        day(a).cmp(&day(b))
    });
    items.iter().take(ITEMS_MAX).map(|item| item.id).collect()
}

fn is_outstanding(around: &Circumstances) -> bool {
    let since_midnight = around.now_ms - day_start(around.now_ms);
    since_midnight >= OUTSTANDING_FROM_MS && around.cash.held_of_earlier_days > 0
}

fn concerns(method: DeskMethod, around: &Circumstances) -> bool {
    method == DeskMethod::Cash || !around.outstanding_is_for_cash
}
