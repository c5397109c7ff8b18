//! The phone page: top-ups and postpaid debts, with the dialog that asks for the account's kind.

use super::answer::PageAnswer;
use super::frame::{PortalMessage, button, confirm_dialog, dialog, messages, number, pin};
use super::jsf::{PostedForm, esc, js};
use super::money::{grouped, plain};
use super::scenario::{DebtKind, FaultAction, Switches};
use super::view::PhoneView;
use super::world::{PortalOrder, World};

pub const FORM: &str = "indexForm";
const AMOUNTS: [i64; 8] = [
    10_000, 20_000, 30_000, 50_000, 100_000, 200_000, 300_000, 500_000,
];
/// The number field's bounds; out of them the server clamps without a word.
const AMOUNT_BOUNDS: (i64, i64) = (1_000, 50_000_000);

fn debt_panel(view: &PhoneView, switches: &Switches) -> String {
    format!(
        "<div id=\"{FORM}:debtPanel\"><label>Nợ cước</label>{}</div>",
        number(FORM, "debtId", view.debt, &switches.group, true)
    )
}

fn type_dialog() -> String {
    let menu = format!(
        "<div id=\"{FORM}:supplier\" data-widget=\"SelectOneMenu\" class=\"ui-selectonemenu\" role=\"combobox\">\
         <div class=\"ui-helper-hidden-accessible\"><input id=\"{FORM}:supplier_focus\" type=\"text\" readonly></div>\
         <div class=\"ui-helper-hidden-accessible\"><select id=\"{FORM}:supplier_input\" name=\"{FORM}:supplier_input\" tabindex=\"-1\">\
         <option value=\"prepaid\">Thuê bao trả trước</option><option value=\"postpaid\">Thuê bao trả sau</option></select></div>\
         <label id=\"{FORM}:supplier_label\" class=\"ui-selectonemenu-label\">Thuê bao trả trước</label><div class=\"ui-selectonemenu-trigger\">▾</div>\
         <div id=\"{FORM}:supplier_panel\" class=\"ui-selectonemenu-panel\" style=\"display:none\"><ul id=\"{FORM}:supplier_items\" class=\"ui-selectonemenu-items\">\
         <li class=\"ui-selectonemenu-item\">Thuê bao trả trước</li><li class=\"ui-selectonemenu-item\">Thuê bao trả sau</li></ul></div></div>"
    );
    let yes = button(
        FORM,
        "yesTTId",
        "Xác nhận",
        "@([id$=msgError]) @([id$=debtPanel])",
        true,
        "PF('dlgConfirmTT').hide();",
    );
    dialog(
        FORM,
        "dlgConfirmTT",
        "Chọn loại thuê bao",
        &format!("<div class=\"ui-dialog-content\">{menu}</div>{yes}"),
    )
}

pub fn content(view: &PhoneView, switches: &Switches) -> String {
    let asks = if switches.amount_asks {
        format!(
            " data-asks=\"{{&quot;s&quot;:&quot;{FORM}:subAmountId&quot;,&quot;e&quot;:&quot;change&quot;,&quot;p&quot;:&quot;{FORM}:subAmountId&quot;,&quot;u&quot;:&quot;@([id$=msgError])&quot;}}\""
        )
    } else {
        String::new()
    };
    let buttons: String = AMOUNTS
        .iter()
        .enumerate()
        .map(|(i, amount)| {
            format!(
                "<div class=\"ui-button ui-widget\"><input id=\"{FORM}:subAmountId:{i}\" name=\"{FORM}:subAmountId\" type=\"radio\" value=\"{amount}\" class=\"ui-helper-hidden-accessible\">\
                 <span class=\"ui-button-text\">{}đ</span></div>",
                grouped(*amount, ".")
            )
        })
        .collect();
    let check = if switches.check_button {
        button(
            FORM,
            "btnCheck",
            "KIỂM TRA NỢ",
            "@([id$=msgError]) @([id$=debtPanel])",
            false,
            "",
        )
    } else {
        String::new()
    };
    format!(
        "<div class=\"row mb-2\"><label>Số điện thoại</label><input id=\"{FORM}:phoneNumberId\" name=\"{FORM}:phoneNumberId\" type=\"text\" maxlength=\"15\" value=\"{}\" \
         onchange=\"PrimeFaces.ab({{s:'{FORM}:phoneNumberId',e:'change',p:'{FORM}:phoneNumberId',u:'@([id$=msgError]) @([id$=debtPanel])'}})\"></div>\
         <div class=\"row mb-2\"><label>Mệnh giá</label><div id=\"{FORM}:subAmountId\"{asks} data-widget=\"ButtonGroup\" class=\"ui-selectonebutton ui-buttonset\">{buttons}</div></div>\
         <div class=\"row mb-2\">{check}</div>{}<div class=\"row mb-2\"><label>Số tiền</label>{}</div>{}{}\
         <span id=\"{FORM}:fixexPhoneId\">{}{}</span><div id=\"{FORM}:printFinanceID\"></div>",
        esc(&view.phone),
        debt_panel(view, switches),
        number(FORM, "transAmountId", None, ".", false),
        pin(FORM, switches),
        button(FORM, "btnPay", "THANH TOÁN", "@([id$=msgError])", false, ""),
        type_dialog(),
        confirm_dialog(
            FORM,
            "yesIdCard",
            "@([id$=msgError]) @([id$=debtPanel]) @([id$=focusID]) @([id$=printFinanceID])"
        )
    )
}

pub fn region(
    id: &str,
    view: &PhoneView,
    switches: &Switches,
    said: &[PortalMessage],
) -> Option<String> {
    Some(match id {
        "msgError" => messages(FORM, said),
        "debtPanel" => debt_panel(view, switches),
        "printFinanceID" => format!("<div id=\"{FORM}:printFinanceID\"></div>"),
        "focusID" => format!("<span id=\"{FORM}:focusID\"></span>"),
        _ => return None,
    })
}

pub fn act(
    world: &mut World,
    agent: &str,
    view: &mut PhoneView,
    form: &PostedForm,
    faults: &[FaultAction],
) -> PageAnswer {
    match form.source() {
        "phoneNumberId" => {
            let phone = form.get(&format!("{FORM}:phoneNumberId")).trim().to_owned();
            *view = PhoneView {
                phone,
                ..PhoneView::default()
            };
            entered(world, view)
        }
        "yesTTId" => {
            view.chosen = Some(form.get(&format!("{FORM}:supplier_input")).to_owned());
            if view.chosen.as_deref() == Some("postpaid") && !world.scenario.switches.check_button {
                debt(world, view)
            } else {
                PageAnswer::default()
            }
        }
        "btnCheck" => debt(world, view),
        "btnPay" => {
            if let (Some(debt), Some(FaultAction::PriceChanges(by))) = (
                view.debt,
                faults
                    .iter()
                    .find(|f| matches!(f, FaultAction::PriceChanges(_))),
            ) {
                world.raise_debt(&view.phone, debt, *by);
            }
            let (_, amount, _) = wanted(world, view, form);
            if amount <= 0 {
                return PageAnswer::says(PortalMessage::error(&world.scenario.texts.bad_amount));
            }
            let question = if world.scenario.switches.dialog_text {
                format!(
                    "Quý khách thanh toán {}đ cho số {}?",
                    grouped(amount, "."),
                    view.phone
                )
            } else {
                String::new()
            };
            PageAnswer::eval(format!(
                "PrimeFaces.confirm('{FORM}:dlgConfirm', {});",
                js(&question)
            ))
        }
        "yesIdCard" => {
            let (service, amount, debt_key) = wanted(world, view, form);
            let order = PortalOrder {
                agent: agent.to_owned(),
                service,
                account: view.phone.clone(),
                debt_key,
                amount,
                pin: Some(form.get(&format!("{FORM}:pinId")).to_owned()),
            };
            let at_first = world.account(&view.phone).debt;
            let answer = PageAnswer::payment(world, &order, at_first, faults);
            if answer.paid {
                view.debt = None;
            }
            answer
        }
        _ => PageAnswer::default(),
    }
}

/// The number was left: is it one, and does the portal ask which kind it is?
fn entered(world: &World, view: &mut PhoneView) -> PageAnswer {
    let digits = view.phone.len() == 10
        && view.phone.starts_with('0')
        && view.phone.chars().all(|c| c.is_ascii_digit());
    let account = world.account(&view.phone);
    if !digits
        || (account.kind == DebtKind::NotFound && world.scenario.accounts.contains_key(&view.phone))
    {
        return PageAnswer::says(PortalMessage::error(&world.scenario.texts.bad_phone));
    }
    let by_number = world.hash(&format!("type{}", view.phone)) % 100
        < u64::from(world.scenario.switches.type_dialog_percent);
    if account.type_dialog.unwrap_or(by_number) {
        return PageAnswer::eval("PF('dlgConfirmTT').show();".to_owned());
    }
    // Without the dialog and without the button, the debt comes along with the number.
    if !world.scenario.switches.check_button && account.kind == DebtKind::Owing {
        view.debt = Some(world.debt(&view.phone, account.debt)).filter(|d| *d > 0);
    }
    if !world.scenario.switches.check_button && view.debt.is_none() {
        return debt(world, view);
    }
    PageAnswer::default()
}

fn debt(world: &World, view: &mut PhoneView) -> PageAnswer {
    let texts = &world.scenario.texts;
    let account = world.account(&view.phone);
    let now = world.debt(&view.phone, account.debt);
    view.debt = None;
    match account.kind {
        DebtKind::NotFound => PageAnswer::says(PortalMessage::error(&texts.not_found)),
        DebtKind::Silent => PageAnswer::default(),
        DebtKind::NoDebt => PageAnswer::says(PortalMessage::info(&texts.no_debt)),
        DebtKind::Owing if now == 0 => PageAnswer::says(PortalMessage::info(&texts.no_debt)),
        DebtKind::Owing => {
            view.debt = Some(now);
            PageAnswer::default()
        }
    }
}

/// Service, amount and the debt that goes down, as the posted fields say. Only hidden number fields
/// are decoded.
fn wanted(
    world: &World,
    view: &PhoneView,
    form: &PostedForm,
) -> (&'static str, i64, Option<String>) {
    let typed = plain(form.get(&format!("{FORM}:transAmountId_hinput")))
        .map(|a| a.clamp(AMOUNT_BOUNDS.0, AMOUNT_BOUNDS.1));
    let button = plain(form.get(&format!("{FORM}:subAmountId")));
    let is_debt = match view.chosen.as_deref() {
        Some("postpaid") => true,
        Some(_) => false,
        // A number of neither kind: paying exactly what it owes settles the debt, anything else is
        // a top-up.
        None => view.debt.is_some() && typed == view.debt,
    };
    if is_debt {
        // A price that changed is what is confirmed, whatever was typed.
        let owed = view.debt.map(|d| world.debt(&view.phone, d));
        let amount = match (typed, owed) {
            (Some(typed), Some(owed)) if Some(typed) == view.debt => owed,
            (Some(typed), _) => typed,
            (None, _) => 0,
        };
        ("postpaid", amount, Some(view.phone.clone()))
    } else {
        ("top_up", typed.or(button).unwrap_or(0), None)
    }
}
