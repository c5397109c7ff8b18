//! A contract at the door: what is owed, how it is paid, and sending that.

use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde_json::Value;

use super::draw::{Drawn, JustDone, contract_url, form_key, go, page_with, shell};
use super::notify::{NotifyChoice, notify_form};
use super::visit_form::visit_form;
use crate::domain::desk::message::written;
use crate::domain::desk::{DeskMethod, ItemState, NORMAL};
use crate::server::AppState;
use crate::server::desk::contract::{self, ContractView, HowOpened, ItemView, ids_of};
use crate::server::desk::pay::{self, DeskAsked};
use crate::server::desk::view::{ContractPage, ItemRow, MethodRow, OpenPayment, SettleForm, Tab};
use crate::server::desk::who::DeskPerson;
use crate::server::pay::cashier::Cashier;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::words::money;
use crate::store::desk::ContractItem;

/// Letters of a form's name, at most.
const KEY_MAX: usize = 64;

/// The form as it was sent, where it is shown again.
#[derive(Debug, Default)]
pub struct Again {
    /// What was in the way.
    pub refusal: Option<PayRefusal>,
    /// What was paid with.
    pub sent: Option<FormData>,
    /// Was it the form of a visit?
    pub is_visit: bool,
}

/// `GET /desk/contracts/{number}`
pub async fn show(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(number): PathParam<String>,
    Query(done): Query<JustDone>,
) -> Drawn {
    let mut page = drawn(&app, &me, &number, &Again::default()).await?;
    page.shell.notice = done.notice();
    page_with(StatusCode::OK, &page)
}

/// `POST /desk/contracts/{number}/pay`
pub async fn pay(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(number): PathParam<String>,
    form: FormData,
) -> Drawn {
    match begun(&app, &me, &number, &form).await {
        Ok(id) => Ok(go(&format!("/desk/payments/{id}"))),
        Err(refusal) => {
            // It exists, and nobody knows yet whether it can be paid: its own page says so.
            if let Some(id) = refusal.also("id").and_then(Value::as_i64) {
                return Ok(go(&format!("/desk/payments/{id}")));
            }
            shown_again(&app, &me, &number, refusal, form, false).await
        }
    }
}

/// The page as it was, with what was in the way.
pub async fn shown_again(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
    refusal: PayRefusal,
    form: FormData,
    is_visit: bool,
) -> Drawn {
    let status = refusal.status();
    let again = Again {
        refusal: Some(refusal),
        sent: Some(form),
        is_visit,
    };
    page_with(status, &drawn(app, me, number, &again).await?)
}

/// Begins what the form says. Pressed twice, it is begun once: both presses carry the same key.
async fn begun(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
    form: &FormData,
) -> Result<i64, PayRefusal> {
    let items: Vec<String> = form.all("items").map(str::to_owned).collect();
    let method = match form.text("method") {
        "" => Some(DeskMethod::Cash),
        word => DeskMethod::of(word),
    };
    let method = method.ok_or_else(|| PayRefusal::invalid("Chọn cách khách trả."))?;
    let choice = NotifyChoice::sent(form);
    choice.remember(app, me).await?;
    let asked = DeskAsked {
        contract: number.to_owned(),
        items: ids_of(&items)?,
        method,
        notify: choice.asked(app, me, number, form.text("phone")).await?,
    };
    let standing = pay::begin(app, me, asked, key_of(form)).await?;
    Ok(standing.desk.id)
}

/// The name of a form: what is sent twice with it is one.
pub fn key_of(form: &FormData) -> Option<&str> {
    Some(form.text("key")).filter(|key| !key.is_empty() && key.len() <= KEY_MAX)
}

async fn drawn(
    app: &AppState,
    me: &DeskPerson,
    number: &str,
    again: &Again,
) -> Result<ContractPage, PayRefusal> {
    let sent = again.sent.as_ref();
    let paid_with = sent.filter(|_| !again.is_visit);
    let choice = match paid_with {
        Some(form) => NotifyChoice::sent(form),
        None => NotifyChoice::liked(app, me).await?,
    };
    let how = HowOpened {
        by_hifpt_alone: choice.is_hifpt_alone(),
        with_paid: false,
    };
    let (view, contract, items) = contract::open_whole(app, me, number, how).await?;
    let ticked = |item: &ItemView| match paid_with {
        Some(form) => form.all("items").any(|id| id == item.id),
        None => item.selected,
    };
    let rows = |items: &[ItemView]| -> Vec<ItemRow> {
        items
            .iter()
            .map(|item| item_row(item, ticked(item)))
            .collect()
    };
    let (bills, receivables) = (rows(&view.bills), rows(&view.receivables));
    let chosen = || bills.iter().chain(&receivables).filter(|row| row.is_ticked);
    let (count, total) = (chosen().count(), chosen().map(|row| row.amount).sum());
    let mut shell = shell(me, view.contract.clone(), Tab::Today);
    shell.back = Some("/desk".to_owned());
    shell.error = again.refusal.as_ref().map(|r| r.error().to_owned());
    let url = contract_url(&view.contract);
    Ok(ContractPage {
        shell,
        customer: view.customer.clone(),
        address: view.address.clone(),
        facts: facts(&view),
        call: view.phones.clone(),
        open_payments: open_payments(app, me, &items).await?,
        blocked: view.blocked.as_ref().map(|said| said.message),
        pay_url: format!("{url}/pay"),
        key: key_again(again, paid_with),
        methods: methods(app, me, &view, paid_with.map(|form| form.text("method"))).await?,
        notify: notify_form(app, me, (&view, &contract.phones), &choice, paid_with).await?,
        chosen: count,
        total: money(total),
        bills,
        receivables,
        settle: settle_form(me, &view),
        visit_url: format!("{url}/visit"),
        visit: visit_form(app, contract.id, sent.filter(|_| again.is_visit)).await?,
        number: view.contract,
    })
}

/// The form's next name. After a plain no nothing of it is left, and what is chosen next is another payment;
/// where nobody knows what became of it, it is the same one.
fn key_again(again: &Again, sent: Option<&FormData>) -> String {
    let is_plain_no = again
        .refusal
        .as_ref()
        .is_some_and(|refusal| refusal.status().is_client_error());
    sent.filter(|_| !is_plain_no)
        .and_then(key_of)
        .map_or_else(form_key, str::to_owned)
}

fn facts(view: &ContractView) -> String {
    if view.kind == NORMAL {
        "Hợp đồng bình thường".to_owned()
    } else {
        format!("Loại hợp đồng: {}", view.kind)
    }
}

fn item_row(item: &ItemView, is_ticked: bool) -> ItemRow {
    let is_taken = item.state != ItemState::Open.wire();
    let mut facts = vec![item.number.clone()];
    match (&item.from, &item.to, &item.issued) {
        (Some(from), Some(to), _) => facts.push(format!("{} – {}", written(from), written(to))),
        (_, _, Some(issued)) => facts.push(format!("ngày {}", written(issued))),
        _ => {}
    }
    if item.ptc {
        facts.push("PTC".to_owned());
    }
    ItemRow {
        id: item.id.clone(),
        content: if item.content.is_empty() {
            item.number.clone()
        } else {
            item.content.clone()
        },
        facts: facts.join(" · "),
        amount: item.amount,
        shown: money(item.amount),
        is_ticked: is_ticked && !is_taken,
        is_forced: item.forced,
        is_taken,
    }
}

/// The ways that this shop takes, each with what there is to know before it is chosen.
async fn methods(
    app: &AppState,
    me: &DeskPerson,
    view: &ContractView,
    sent: Option<&str>,
) -> Result<Vec<MethodRow>, PayRefusal> {
    let cashier = Cashier::of(app);
    let chosen = sent.and_then(DeskMethod::of).unwrap_or(DeskMethod::Cash);
    let mut rows = Vec::new();
    for method in DeskMethod::ALL {
        let hint = match method {
            DeskMethod::Cash => format!("Còn được thu {}", money(view.cash.remaining.max(0))),
            DeskMethod::Wallet => match &view.wallet.masked_phone {
                Some(phone) if view.wallet.linked => format!("Đã liên kết {phone}"),
                _ => "Chưa liên kết ví".to_owned(),
            },
            DeskMethod::VnPayQr | DeskMethod::PayOsQr => {
                if cashier
                    .provider(me.owner, method.provider())
                    .await?
                    .is_none()
                {
                    continue;
                }
                "Khách quét bằng ứng dụng ngân hàng".to_owned()
            }
        };
        rows.push(MethodRow {
            value: method.wire(),
            title: method.label(),
            hint,
            is_chosen: method == chosen,
        });
    }
    Ok(rows)
}

/// For who answers for the shop: what is open may have been settled elsewhere.
fn settle_form(me: &DeskPerson, view: &ContractView) -> Option<SettleForm> {
    let items: Vec<_> = view
        .bills
        .iter()
        .chain(&view.receivables)
        .filter(|item| item.state == ItemState::Open.wire())
        .map(|item| {
            (
                item.id.clone(),
                format!("{}: {}", item.number, money(item.amount)),
            )
        })
        .collect();
    (me.is_manager() && !items.is_empty()).then(|| SettleForm {
        contract: view.contract.clone(),
        items,
    })
}

/// Payments that have taken something of this contract and are not over.
async fn open_payments(
    app: &AppState,
    me: &DeskPerson,
    items: &[ContractItem],
) -> Result<Vec<OpenPayment>, PayRefusal> {
    let mut ids: Vec<i64> = items
        .iter()
        .filter(|item| item.state == ItemState::Taken)
        .filter_map(|item| item.desk_payment)
        .collect();
    ids.sort_unstable();
    ids.dedup();
    let mut open = Vec::new();
    for id in ids {
        // Another collector's is not to be looked at.
        if let Ok(standing) = pay::standing(app, me, id).await {
            let desk = &standing.desk;
            open.push(OpenPayment {
                text: format!(
                    "Đang chờ {} bằng {}.",
                    money(desk.total),
                    desk.method.label()
                ),
                url: format!("/desk/payments/{id}"),
            });
        }
    }
    Ok(open)
}
