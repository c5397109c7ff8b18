//! The electricity page: one code, an amount, the confirm dialog.

use super::answer::PageAnswer;
use super::frame::{PortalMessage, button, confirm_dialog, messages, pin};
use super::jsf::{PostedForm, esc, js};
use super::money::dot_vnd;
use super::scenario::{DebtKind, FaultAction, Switches};
use super::view::EvnView;
use super::world::{PortalOrder, World};

pub const FORM: &str = "payMoneyForm";

pub fn content(code: &str, amount: Option<i64>, switches: &Switches) -> String {
    let more = if switches.evn_phone_and_pin {
        format!(
            "<div class=\"row mb-2\"><label>SĐT người nhận</label><input id=\"{FORM}:benMsisdnId\" name=\"{FORM}:benMsisdnId\" type=\"text\" maxlength=\"10\"></div>{}",
            pin(FORM, switches)
        )
    } else {
        String::new()
    };
    format!(
        "<div class=\"row mb-2\"><label>Mã khách hàng</label><input id=\"{FORM}:billCodeId\" name=\"{FORM}:billCodeId\" type=\"text\" maxlength=\"30\" value=\"{}\"></div>{more}{}{}\
         <span id=\"{FORM}:fixexPhoneId\">{}</span><div id=\"{FORM}:printFinanceID\"></div>",
        esc(code),
        button(
            FORM,
            "btnPay",
            "THANH TOÁN",
            "@([id$=msgError]) @([id$=amountPanel])",
            false,
            ""
        ),
        amount_panel(amount, switches),
        confirm_dialog(
            FORM,
            "yesIdEVN",
            "@([id$=msgError]) @([id$=amountPanel]) @([id$=focusID]) @([id$=printFinanceID])"
        )
    )
}

fn amount_panel(amount: Option<i64>, switches: &Switches) -> String {
    let shown = amount.map(dot_vnd).unwrap_or_default();
    format!(
        "<div id=\"{FORM}:amountPanel\"><label id=\"{FORM}:j_idt{}\">Số tiền:</label><span id=\"{FORM}:j_idt{}\">{shown}</span></div>",
        48 + switches.renumber,
        49 + switches.renumber
    )
}

pub fn region(
    id: &str,
    amount: Option<i64>,
    switches: &Switches,
    said: &[PortalMessage],
) -> Option<String> {
    Some(match id {
        "msgError" => messages(FORM, said),
        "amountPanel" => amount_panel(amount, switches),
        "printFinanceID" => format!("<div id=\"{FORM}:printFinanceID\"></div>"),
        "focusID" => format!("<span id=\"{FORM}:focusID\"></span>"),
        _ => return None,
    })
}

/// What a request on the page does.
pub fn act(
    world: &mut World,
    agent: &str,
    view: &mut EvnView,
    form: &PostedForm,
    faults: &[FaultAction],
) -> PageAnswer {
    match form.source() {
        "btnPay" => look_up(world, view, form, faults),
        "yesIdEVN" => confirm(world, agent, view, form, faults),
        _ => PageAnswer::default(),
    }
}

fn look_up(
    world: &mut World,
    view: &mut EvnView,
    form: &PostedForm,
    faults: &[FaultAction],
) -> PageAnswer {
    let code = form.get(&format!("{FORM}:billCodeId")).trim().to_owned();
    *view = EvnView {
        code: code.clone(),
        amount: None,
    };
    let account = world.account(&code);
    let texts = world.scenario.texts.clone();
    for fault in faults {
        if let FaultAction::PriceChanges(by) = fault {
            world.raise_debt(&code, account.debt, *by);
        }
    }
    let debt = world.debt(&code, account.debt);
    match account.kind {
        _ if code.is_empty() => PageAnswer::says(PortalMessage::error(&texts.not_found)),
        DebtKind::NotFound => PageAnswer::says(PortalMessage::error(&texts.not_found)),
        DebtKind::Silent => PageAnswer::default(),
        DebtKind::NoDebt => PageAnswer::says(PortalMessage::info(&texts.no_debt)),
        DebtKind::Owing if debt == 0 => PageAnswer::says(PortalMessage::info(&texts.no_debt)),
        DebtKind::Owing => {
            view.amount = Some(debt);
            let question = if world.scenario.switches.dialog_text {
                format!(
                    "Bạn chắc chắn muốn thanh toán {} cho khách hàng {code}?",
                    dot_vnd(debt)
                )
            } else {
                String::new()
            };
            PageAnswer::eval(format!(
                "PrimeFaces.confirm('{FORM}:dlgConfirm', {});",
                js(&question)
            ))
        }
    }
}

fn confirm(
    world: &mut World,
    agent: &str,
    view: &mut EvnView,
    form: &PostedForm,
    faults: &[FaultAction],
) -> PageAnswer {
    let Some(debt) = view.amount else {
        return PageAnswer::default();
    };
    let has_pin = world.scenario.switches.evn_phone_and_pin;
    let order = PortalOrder {
        agent: agent.to_owned(),
        service: "evn",
        account: view.code.clone(),
        debt_key: Some(view.code.clone()),
        amount: debt,
        pin: has_pin.then(|| form.get(&format!("{FORM}:pinId")).to_owned()),
    };
    let answer = PageAnswer::payment(world, &order, debt, faults);
    if answer.paid {
        view.amount = None;
    }
    answer
}
