//! The frame of inner pages: who is logged in, balance, menu, messages, the dialogs that are always
//! there. Pure HTML.

use super::jsf::esc;
use super::money::balance;
use super::scenario::{Agent, Severity, Switches};
use super::weight;

/// A message for `msgError`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PortalMessage {
    pub severity: Severity,
    pub text: String,
}

impl PortalMessage {
    pub fn error(text: &str) -> Self {
        Self {
            severity: Severity::Error,
            text: text.to_owned(),
        }
    }

    pub fn info(text: &str) -> Self {
        Self {
            severity: Severity::Info,
            text: text.to_owned(),
        }
    }
}

fn word(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Info => Some("info"),
        Severity::Warn => Some("warn"),
        Severity::Error => Some("error"),
        Severity::Fatal => Some("fatal"),
        Severity::None => None,
    }
}

pub fn messages(form: &str, messages: &[PortalMessage]) -> String {
    use std::fmt::Write;
    let mut inner = String::new();
    for message in messages {
        let Some(severity) = word(message.severity) else {
            continue;
        };
        let _ = write!(
            inner,
            "<div class=\"ui-messages-{severity} ui-corner-all\"><span class=\"ui-messages-{severity}-icon\"></span><ul>\
             <li role=\"alert\" aria-atomic=\"true\"><span class=\"ui-messages-{severity}-summary\">{}</span></li></ul></div>",
            esc(&message.text)
        );
    }
    format!(
        "<div id=\"{form}:msgError\" class=\"ui-messages ui-widget\" aria-live=\"polite\">{inner}</div>"
    )
}

/// The balance's label; empty until it was asked for, where the switch says so.
pub fn balance_label(form: &str, dong: Option<i64>) -> String {
    format!(
        "<label id=\"{form}:tranAmountId\" class=\"ui-outputlabel\">{}</label>",
        dong.map(balance).unwrap_or_default()
    )
}

/// A button that sends an AJAX request.
pub fn button(form: &str, id: &str, text: &str, render: &str, guards: bool, more: &str) -> String {
    let guard = if guards { "this.disabled=true;" } else { "" };
    let after = if guards {
        format!(
            ",oncomplete:function(){{var b=document.getElementById('{form}:{id}');if(b)b.disabled=false;{more}}}"
        )
    } else if more.is_empty() {
        String::new()
    } else {
        format!(",oncomplete:function(){{{more}}}")
    };
    format!(
        "<button id=\"{form}:{id}\" name=\"{form}:{id}\" class=\"ui-button ui-widget\" type=\"submit\" \
         onclick=\"{guard}PrimeFaces.ab({{s:'{form}:{id}',u:'{render}'{after}}});return false;\"><span class=\"ui-button-text\">{text}</span></button>"
    )
}

/// A modal dialog, in the page from the start.
pub fn dialog(form: &str, id: &str, title: &str, content: &str) -> String {
    format!(
        "<div id=\"{form}:{id}\" data-widget=\"Dialog\" class=\"ui-dialog ui-confirm-dialog ui-widget ui-hidden-container\" role=\"dialog\" \
         aria-hidden=\"true\" style=\"display:none\"><div class=\"ui-dialog-titlebar\"><span class=\"ui-dialog-title\">{title}</span></div>{content}</div>"
    )
}

/// The confirm dialog of a payment: its text is empty until it is filled.
pub fn confirm_dialog(form: &str, yes: &str, render: &str) -> String {
    let buttons = format!(
        "<div class=\"ui-dialog-content\" id=\"dlgContent\"><span class=\"ui-confirm-dialog-message\"></span></div>\
         <div class=\"ui-dialog-buttonpane\">{}<button id=\"{form}:noIdDlg\" type=\"button\" class=\"ui-button\" \
         onclick=\"PF('dlgConfirm').hide()\">Hủy</button></div>",
        button(
            form,
            yes,
            "Xác nhận",
            render,
            true,
            "PF('dlgConfirm').hide();"
        )
    );
    dialog(form, "dlgConfirm", "Xác nhận thanh toán", &buttons)
}

/// The left menu: an entry without an address slides the indented ones behind it open.
const MENU: [(&str, &str); 20] = [
    ("Trang chủ", "/pages/index.jsf"),
    ("Chuyển, giao, nạp tiền mặt", ""),
    ("Nạp tiền cho khách hàng", "/pages/chargemoney.jsf"),
    ("Chuyển tiền mặt", "/pages/transfermoney.jsf"),
    ("Giao tiền mặt", "/pages/givemoney.jsf"),
    ("Nạp tiền điện thoại đa mạng", "/pages/chargecard.jsf"),
    ("Chuyển tiền MM", "/pages/transfermm.jsf"),
    ("Mua thẻ cào đa mạng", "/pages/paycard.jsf"),
    ("Mua mã thẻ", "/pages/cardgame.jsf"),
    ("Gạch nợ thuê bao cắt hủy", "/pages/canceldebt.jsf"),
    ("Điện, nước, thu hộ tài chính", ""),
    ("Điện, nước", "/pages/collectmoney.jsf?type=1"),
    ("Học phí", "/pages/feelearning.jsf"),
    ("Thu hộ tài chính", "/pages/collectmoney.jsf?type=2"),
    ("Internet, truyền hình, cố định", ""),
    ("Internet", "/pages/internet.jsf?type=IN"),
    ("Truyền hình", "/pages/internet.jsf?type=TH"),
    ("Cố định", "/pages/internet.jsf?type=CD"),
    ("Tài khoản của tôi", "/pages/account.jsf?serviceType=NAP"),
    ("Lịch sử giao dịch", "/pages/history.jsf"),
];

fn menu() -> String {
    let entry = |(text, path): &(&str, &str)| match *path {
        "" => format!("<a href=\"javascript:void(0)\">{text}</a>"),
        path => format!("<a href=\"{path}\">{text}</a>"),
    };
    MENU.iter().map(entry).collect()
}

/// Twelve notices in the right column; the newest is the one that was seen.
fn notices() -> String {
    let text = |i: u32| match i {
        1 => "Thông báo - Dừng dịch vụ chuyển, nạp tiền từ ngày 28/12/2023".to_owned(),
        i => format!("Thông báo số {i}"),
    };
    (1..=12).map(|i| format!("<div class=\"notify-item-{i}\"><a href=\"/pages/newsarticle.jsf?id={i}\">{}</a></div>", text(i))).collect()
}

/// Head and scripts of every page.
pub fn document(
    title: &str,
    switches: &Switches,
    loading: &str,
    overlay_stays: bool,
    body: &str,
) -> String {
    let weight = if switches.light {
        String::new()
    } else {
        weight::head()
    };
    format!(
        "<!DOCTYPE html><html lang=\"vi\"><head><meta charset=\"utf-8\"><title>{title}</title>{weight}\
         <link rel=\"stylesheet\" href=\"/javax.faces.resource/portal.css.jsf?ln=primefaces&amp;v=6.2\">\
         <script>window.SANDBOX = {{ fadeMs: {}, group: '{}', loading: '{loading}', overlayStays: {overlay_stays} }};</script>\
         <script src=\"/javax.faces.resource/primefaces.js.jsf?ln=primefaces&amp;v=6.2\"></script></head><body>{body}</body></html>",
        switches.fade_ms, switches.group
    )
}

pub fn loading_id(switches: &Switches) -> String {
    format!("j_idt{}", 6 + switches.renumber)
}

/// Loading indicator and its modal dialog; the same two numbers on login and inner pages.
pub fn loading(form: &str, switches: &Switches) -> String {
    let picture = if switches.light {
        "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
    } else {
        "/javax.faces.resource/ajaxloadingbar.gif.jsf?ln=images"
    };
    format!(
        "<div id=\"{form}:j_idt{}\"></div>{}",
        5 + switches.renumber,
        format_args!(
            "<div id=\"{form}:{}\" data-widget=\"Dialog\" class=\"ui-dialog\" role=\"dialog\" aria-hidden=\"true\" style=\"display:none\">\
             <img alt=\"\" src=\"{picture}\" id=\"profile-img\"></div>",
            loading_id(switches)
        )
    )
}

/// What an inner page is made of.
pub struct Inner<'p> {
    pub form: &'p str,
    /// Where the form posts to.
    pub action: &'p str,
    pub agent: &'p Agent,
    /// The balance, where it stands in the frame.
    pub dong: Option<i64>,
    pub view_state: &'p str,
    pub content: &'p str,
    pub said: &'p [PortalMessage],
}

/// The whole inside of a page's form: frame, content, the dialogs that are always there.
pub fn inner(page: &Inner<'_>, switches: &Switches) -> String {
    let Inner {
        form,
        action,
        agent,
        dong,
        view_state,
        content,
        said,
    } = *page;
    let (menu, notices) = (menu(), notices());
    let furniture = if switches.light {
        String::new()
    } else {
        weight::furniture(form)
    };
    let logout = format!(
        "<a id=\"{form}:ajax\" href=\"#\" onclick=\"PrimeFaces.ab({{s:'{form}:ajax'}});return false;\">thoát</a>"
    );
    let expired = dialog(
        form,
        "dlgConfirmSessionExpired",
        "Thông báo",
        &format!(
            "<div class=\"ui-dialog-content\" id=\"dlgContent\"><span class=\"ui-confirm-dialog-message\">Phiên làm việc kết thúc, yêu cầu đăng nhập lại.</span></div>{}",
            button(
                form,
                "yesIdDlg",
                "Xác nhận",
                "",
                true,
                "PF('dlgConfirmSessionExpired').hide();"
            )
        ),
    );
    let update = format!(
        "<button id=\"{form}:updateId\" name=\"{form}:updateId\" type=\"submit\" style=\"display:none\" \
         onclick=\"PrimeFaces.ab({{s:'{form}:updateId',p:'{form}:updateId',u:'@([id$=tranAmountId])'}});return false;\">update</button>"
    );
    format!(
        "<form id=\"{form}\" name=\"{form}\" method=\"post\" action=\"{action}\" enctype=\"application/x-www-form-urlencoded\" autocomplete=\"off\">\
         <input type=\"hidden\" name=\"{form}\" value=\"{form}\">{loading}\
         <div class=\"top\"><a href=\"/pages/index.jsf\">ViettelPay Pro</a><b>{shop}</b>{logout}</div>\
         <div class=\"dl-info\"><div class=\"dl-info-detail\"><div class=\"info\">Đại lý/Điểm bán: <span>{username}</span></div>\
         <div class=\"info\">Số dư khả dụng: <span>{balance}</span></div><div class=\"info\">Số điện thoại: <span>{phone}</span></div></div></div>{update}\
         <div class=\"page\"><div class=\"menu\">{menu}</div><div class=\"main\">{messages}{content}<span id=\"{form}:focusID\"></span>{furniture}</div>\
         <div class=\"notices\">{notices}</div></div>\
         {expired}<div class=\"main-footer\">@ 2018 Viettel Telecom. Hotline: 1789 - Nhánh 5</div>\
         <input type=\"hidden\" name=\"javax.faces.ViewState\" id=\"j_id1:javax.faces.ViewState:0\" value=\"{view_state}\" autocomplete=\"off\"></form>",
        loading = loading(form, switches),
        shop = esc(&agent.shop),
        username = esc(&agent.username),
        balance = balance_label(form, dong),
        phone = esc(&agent.phone),
        messages = messages(form, said),
    )
}

/// An input for the PIN, masked or not.
pub fn pin(form: &str, switches: &Switches) -> String {
    let kind = if switches.pin_masked {
        "password"
    } else {
        "text"
    };
    format!(
        "<div class=\"row mb-2\"><label>Mã PIN</label><input id=\"{form}:pinId\" name=\"{form}:pinId\" type=\"{kind}\" maxlength=\"6\" autocomplete=\"off\"></div>"
    )
}

/// `p:inputNumber`: only the hidden field is decoded by the server.
pub fn number(form: &str, id: &str, value: Option<i64>, group: &str, readonly: bool) -> String {
    let plain = value.map(|v| v.to_string()).unwrap_or_default();
    let shown = value
        .map(|v| super::money::grouped(v, group))
        .unwrap_or_default();
    let readonly = if readonly { " readonly" } else { "" };
    format!(
        "<span id=\"{form}:{id}\" data-widget=\"InputNumber\" class=\"ui-inputNumber\"><input id=\"{form}:{id}_input\" name=\"{form}:{id}_input\" \
         type=\"text\" value=\"{shown}\"{readonly}><input id=\"{form}:{id}_hinput\" name=\"{form}:{id}_hinput\" type=\"hidden\" value=\"{plain}\"></span>"
    )
}
