//! The Internet and TV page: search by kind, contracts as cards, the detail panel, the confirm
//! dialog.

use super::answer::PageAnswer;
use super::frame::{PortalMessage, button, confirm_dialog, messages, pin};
use super::jsf::{PostedForm, esc, js};
use super::money::comma_vnd;
use super::scenario::{DebtKind, FaultAction, ScenarioContract, Switches};
use super::view::TvView;
use super::world::{PortalOrder, World};

pub const FORM: &str = "payMoneyForm";
pub const PATH: &str = "/pages/newInternetTelevisionViettel.jsf";

const KINDS: [(&str, &str, &str); 4] = [
    ("PHONE", "Số điện thoại", "Nhập số điện thoại"),
    ("SCMND", "Số CMND/CCCD", "Nhập số CMND/CCCD"),
    ("ACCNO", "Mã hợp đồng", "Nhập mã hợp đồng"),
    ("SUBID", "Số thuê bao", "Nhập số thuê bao"),
];

const AFTER_PAY: &str = "@([id$=msgError]) @([id$=applicationForm]) @([id$=focusID]) @([id$=printFinanceID]) @([id$=detailContract]) @([id$=searchMethod]) @([id$=listContract])";

fn search_panel(view: &TvView) -> String {
    let radios: String = KINDS
        .iter()
        .enumerate()
        .map(|(i, (value, label, _))| {
            let (checked, active) = if i == view.console { (" checked", " ui-state-active") } else { ("", "") };
            format!(
                "<td><div class=\"ui-radiobutton ui-widget\"><div class=\"ui-helper-hidden-accessible\"><input id=\"{FORM}:console:{i}\" name=\"{FORM}:console\" \
                 type=\"radio\" value=\"{value}\"{checked} onchange=\"PrimeFaces.ab({{s:'{FORM}:console',e:'change',p:'{FORM}:console',u:'@form'}})\"></div>\
                 <div class=\"ui-radiobutton-box{active}\"><span class=\"ui-radiobutton-icon\"></span></div></div><label for=\"{FORM}:console:{i}\">{label}</label></td>"
            )
        })
        .collect();
    let look = button(
        FORM,
        "btnPay0",
        "KIỂM TRA",
        "@([id$=msgError]) @([id$=applicationForm]) @([id$=listContract])",
        false,
        "",
    );
    format!(
        "<div id=\"{FORM}:searchMethod\"><label>Tra cứu hợp đồng theo :</label><table id=\"{FORM}:console\" data-widget=\"Radio\" class=\"ui-selectoneradio\"><tr>{radios}</tr></table>\
         <input id=\"{FORM}:contractCode\" name=\"{FORM}:contractCode\" type=\"text\" maxlength=\"100\" placeholder=\"{}\" value=\"{}\">{look}</div>",
        KINDS[view.console].2,
        esc(&view.code)
    )
}

fn list_panel(view: &TvView, switches: &Switches) -> String {
    let cards: String = view
        .contracts
        .iter()
        .enumerate()
        .map(|(i, c)| card(i + 1, c))
        .collect();
    let inner = if view.contracts.is_empty() {
        String::new()
    } else {
        format!(
            "<div id=\"{FORM}:j_idt{}\"><div class=\"row pay-content mb-2\">Chọn hợp đồng :</div>{cards}</div>",
            41 + switches.renumber
        )
    };
    format!("<div id=\"{FORM}:listContract\">{inner}</div>")
}

fn card(number: usize, contract: &ScenarioContract) -> String {
    let lines = [
        ("Mã hợp đồng:", contract.number.clone()),
        ("Chủ hợp đồng:", contract.owner.clone()),
        ("Số thuê bao đại diện:", contract.subscriber.clone()),
        ("Dịch vụ:", "Internet".to_owned()),
        ("Số điện thoại liên hệ:", "912345678".to_owned()),
        ("Nợ cước:", comma_vnd(contract.debt)),
    ];
    let rows: String = lines
        .iter()
        .map(|(label, value)| {
            format!("<div class=\"row\"><div class=\"col-6\"><label>{label}</label></div><div class=\"col-6\"><p>{}</p></div></div>", esc(value))
        })
        .collect();
    let choose = button(
        FORM,
        &format!("btnView{number}"),
        "THANH TOÁN",
        "@([id$=msgError]) @([id$=focusID]) @([id$=detailContract]) @([id$=searchMethod]) @([id$=listContract])",
        true,
        "",
    );
    format!(
        "<div class=\"row pay-content mb-3\"><div style=\"width:100%\">{rows}{choose}</div></div>"
    )
}

/// Its real markup is not known; this one is ours.
fn detail_panel(view: &TvView, switches: &Switches) -> String {
    let inner = match view.chosen.and_then(|i| view.contracts.get(i)) {
        None => String::new(),
        Some(contract) => {
            let pay = if switches.dialog_by_server {
                button(FORM, "btnPay", "THANH TOÁN", "@([id$=msgError])", false, "")
            } else {
                format!(
                    "<button id=\"{FORM}:btnPay\" type=\"button\" class=\"ui-button\" onclick='PrimeFaces.confirm(\"{FORM}:dlgConfirm\", {})'>THANH TOÁN</button>",
                    js(&question(contract, switches)).replace('\'', "&#39;")
                )
            };
            format!(
                "<div class=\"row mb-2\"><label>Hợp đồng</label><span>{}</span></div>{}{pay}",
                esc(&contract.number),
                pin(FORM, switches)
            )
        }
    };
    format!("<div id=\"{FORM}:detailContract\">{inner}</div>")
}

fn question(contract: &ScenarioContract, switches: &Switches) -> String {
    if switches.dialog_text {
        format!(
            "Xác nhận thanh toán {} cho hợp đồng {}?",
            comma_vnd(contract.debt),
            contract.number
        )
    } else {
        String::new()
    }
}

fn print_panel(view: &TvView) -> String {
    format!(
        "<div id=\"{FORM}:printFinanceID\">{}</div>",
        esc(&view.receipt)
    )
}

pub fn content(view: &TvView, switches: &Switches) -> String {
    format!(
        "<div class=\"row mb-2\"><label>Đơn vị phát hành</label><b>Internet - Truyền hình Viettel</b></div>{}{}{}{}\
         <span id=\"{FORM}:fixexPhoneId\">{}</span>",
        search_panel(view),
        list_panel(view, switches),
        detail_panel(view, switches),
        print_panel(view),
        confirm_dialog(FORM, "yesId0", AFTER_PAY)
    )
}

/// One region of the page, for a partial answer.
pub fn region(
    id: &str,
    view: &TvView,
    switches: &Switches,
    said: &[PortalMessage],
) -> Option<String> {
    Some(match id {
        "msgError" => messages(FORM, said),
        "searchMethod" => search_panel(view),
        "listContract" => list_panel(view, switches),
        "detailContract" => detail_panel(view, switches),
        "printFinanceID" => print_panel(view),
        "focusID" => format!("<span id=\"{FORM}:focusID\"></span>"),
        _ => return None,
    })
}

/// What a request on the page does.
pub fn act(
    world: &mut World,
    agent: &str,
    view: &mut TvView,
    form: &PostedForm,
    faults: &[FaultAction],
) -> PageAnswer {
    let switches = world.scenario.switches.clone();
    match form.source() {
        "console" => {
            view.console = KINDS
                .iter()
                .position(|(v, ..)| *v == form.get(&format!("{FORM}:console")))
                .unwrap_or(view.console);
            view.contracts.clear();
            view.chosen = None;
            PageAnswer::default()
        }
        "btnPay0" => {
            view.code = form
                .get(&format!("{FORM}:contractCode"))
                .split_whitespace()
                .collect();
            view.contracts.clear();
            view.chosen = None;
            view.receipt.clear();
            search(world, view)
        }
        "btnPay" => match view.chosen.and_then(|i| view.contracts.get(i).cloned()) {
            Some(mut contract) => {
                for fault in faults {
                    if let FaultAction::PriceChanges(by) = fault {
                        world.raise_debt(&contract.number, contract.debt, *by);
                    }
                }
                contract.debt = world.debt(&contract.number, contract.debt);
                if let Some(kept) = view.chosen.and_then(|i| view.contracts.get_mut(i)) {
                    kept.debt = contract.debt;
                }
                PageAnswer::eval(format!(
                    "PrimeFaces.confirm('{FORM}:dlgConfirm', {});",
                    js(&question(&contract, &switches))
                ))
            }
            None => PageAnswer::default(),
        },
        "yesId0" => confirm(world, agent, view, form, faults),
        source => match source
            .strip_prefix("btnView")
            .and_then(|n| n.parse::<usize>().ok())
        {
            Some(number) if (1..=view.contracts.len()).contains(&number) => {
                view.chosen = Some(number - 1);
                PageAnswer::default()
            }
            _ => PageAnswer::default(),
        },
    }
}

fn search(world: &World, view: &mut TvView) -> PageAnswer {
    let texts = &world.scenario.texts;
    // Another kind of search finds nobody: the codes of the scenario are subscribers.
    if view.code.is_empty() || KINDS[view.console].0 != "SUBID" {
        return PageAnswer::says(PortalMessage::error(&texts.not_found));
    }
    let account = world.account(&view.code);
    match account.kind {
        DebtKind::NotFound => PageAnswer::says(PortalMessage::error(&texts.not_found)),
        DebtKind::NoDebt => PageAnswer::says(PortalMessage::info(&texts.no_debt)),
        DebtKind::Silent => PageAnswer::default(),
        DebtKind::Owing => {
            let contracts = world.contracts(&view.code, &account);
            if contracts.iter().all(|c| c.debt == 0) {
                return PageAnswer::says(PortalMessage::info(&texts.no_debt));
            }
            view.contracts = contracts;
            PageAnswer::default()
        }
    }
}

fn confirm(
    world: &mut World,
    agent: &str,
    view: &mut TvView,
    form: &PostedForm,
    faults: &[FaultAction],
) -> PageAnswer {
    let Some(contract) = view.chosen.and_then(|i| view.contracts.get(i).cloned()) else {
        return PageAnswer::default();
    };
    let order = PortalOrder {
        agent: agent.to_owned(),
        service: "internet_tv",
        account: view.code.clone(),
        debt_key: Some(contract.number.clone()),
        amount: contract.debt,
        pin: Some(form.get(&format!("{FORM}:pinId")).to_owned()),
    };
    let answer = PageAnswer::payment(world, &order, contract.debt, faults);
    if answer.paid {
        view.contracts.clear();
        view.chosen = None;
    }
    answer
}
