//! The login page: user, password, captcha where it is switched on; then the OTP where that is.

use super::answer::PageAnswer;
use super::frame::{PortalMessage, button, loading, messages};
use super::jsf::{PostedForm, esc};
use super::scenario::Switches;
use super::world::World;

pub const FORM: &str = "loginForm";
pub const PATH: &str = "/faces/login.xhtml";
const RENDER: &str =
    "@([id$=msgError]) @([id$=accountPanel]) @([id$=confirmPanel]) @([id$=focusID])";

fn account_panel(otp_of: Option<(&str, &str)>, switches: &Switches) -> String {
    let (user, password, off) = otp_of.map_or(("", "", ""), |(user, password)| {
        (user, password, " disabled")
    });
    let captcha = if switches.captcha && otp_of.is_none() {
        format!(
            "<div class=\"row mb-2\"><input id=\"{FORM}:securityCode\" name=\"{FORM}:securityCode\" type=\"text\" maxlength=\"6\" placeholder=\"Mã bảo vệ\">\
             <img id=\"imgCaptcha\" alt=\"\" src=\"/captcha.png?0\" width=\"120\" height=\"36\" onclick=\"PrimeFaces.reloadCaptcha()\"></div>"
        )
    } else {
        String::new()
    };
    let remember = format!(
        "<div id=\"{FORM}:chkSaveInfo\" data-widget=\"Checkbox\" class=\"ui-chkbox\"><div class=\"ui-helper-hidden-accessible\"><input id=\"{FORM}:chkSaveInfo_input\" \
         name=\"{FORM}:chkSaveInfo_input\" type=\"checkbox\"></div><div class=\"ui-chkbox-box\">☐</div> Ghi nhớ mã đại lý / Điểm bán này</div>"
    );
    let submit = if otp_of.is_none() {
        button(
            FORM,
            "btnLogin",
            "ĐĂNG NHẬP",
            RENDER,
            false,
            "PrimeFaces.reloadCaptcha();",
        )
    } else {
        String::new()
    };
    format!(
        "<div id=\"{FORM}:accountPanel\"><div class=\"row mb-2\"><input id=\"{FORM}:userName\" name=\"{FORM}:userName\" type=\"text\" maxlength=\"50\" \
         placeholder=\"Mã Đại lý / Điểm bán\" value=\"{}\"{off}></div><div class=\"row mb-2\"><input id=\"{FORM}:password\" name=\"{FORM}:password\" type=\"password\" maxlength=\"6\" \
         placeholder=\"Mật khẩu Bankplus - BCCS\" value=\"{}\"{off}></div>{captcha}{remember}{submit}</div>",
        esc(user),
        esc(password)
    )
}

fn confirm_panel(phone: Option<&str>, switches: &Switches) -> String {
    let inner = phone.map_or_else(String::new, |phone| {
        let resend = 21 + switches.renumber;
        format!(
            "<div class=\"opt-note\"><label id=\"{FORM}:j_idt{}\">Vui lòng nhập mã xác nhận trong tin nhắn gửi về số {}. Nếu không nhận được, vui lòng nhấn </label>\
             <a id=\"{FORM}:j_idt{resend}\" href=\"#\" onclick=\"PrimeFaces.ab({{s:'{FORM}:j_idt{resend}',u:'{RENDER}'}});return false;\">GỬI LẠI</a></div>\
             <input id=\"{FORM}:otpCode\" name=\"{FORM}:otpCode\" type=\"text\" maxlength=\"4\" placeholder=\"Nhập mã xác nhận (OTP)\">{}{}",
            19 + switches.renumber,
            esc(phone),
            button(FORM, "btnConfirm", "XÁC NHẬN", RENDER, false, ""),
            button(FORM, "btnRetry", "THỬ LẠI", RENDER, false, "")
        )
    });
    format!("<div id=\"{FORM}:confirmPanel\">{inner}</div>")
}

/// Who waits for an OTP in this session: user, password, phone.
fn waiting(world: &World, awaits: Option<&str>) -> Option<(String, String, String)> {
    world
        .agent(awaits?)
        .map(|a| (a.username, a.password, a.phone))
}

pub fn content(world: &World, awaits: Option<&str>, view_state: &str) -> String {
    let switches = &world.scenario.switches;
    let who = waiting(world, awaits);
    format!(
        "<form id=\"{FORM}\" name=\"{FORM}\" method=\"post\" action=\"{PATH}\" class=\"main\" autocomplete=\"off\"><input type=\"hidden\" name=\"{FORM}\" value=\"{FORM}\">{}\
         <h2>ViettelPay Pro</h2>{}{}{}<span id=\"{FORM}:focusID\"></span>\
         <input type=\"hidden\" name=\"javax.faces.ViewState\" id=\"j_id1:javax.faces.ViewState:0\" value=\"{view_state}\"></form>",
        loading(FORM, switches),
        messages(FORM, &[]),
        account_panel(
            who.as_ref().map(|(u, p, _)| (u.as_str(), p.as_str())),
            switches
        ),
        confirm_panel(who.as_ref().map(|(_, _, phone)| phone.as_str()), switches)
    )
}

pub fn region(
    id: &str,
    world: &World,
    awaits: Option<&str>,
    said: &[PortalMessage],
) -> Option<String> {
    let switches = &world.scenario.switches;
    let who = waiting(world, awaits);
    Some(match id {
        "msgError" => messages(FORM, said),
        "accountPanel" => account_panel(
            who.as_ref().map(|(u, p, _)| (u.as_str(), p.as_str())),
            switches,
        ),
        "confirmPanel" => confirm_panel(who.as_ref().map(|(_, _, phone)| phone.as_str()), switches),
        "focusID" => format!("<span id=\"{FORM}:focusID\"></span>"),
        _ => return None,
    })
}

pub fn act(world: &mut World, session: &str, form: &PostedForm) -> PageAnswer {
    let (texts, switches) = (
        world.scenario.texts.clone(),
        world.scenario.switches.clone(),
    );
    let field = |name: &str| form.get(&format!("{FORM}:{name}")).to_owned();
    match form.source() {
        "btnLogin" => {
            if switches.captcha && field("securityCode") != switches.captcha_code {
                return PageAnswer::says(PortalMessage::error(&texts.wrong_captcha));
            }
            match world.agent(field("userName").trim()) {
                Some(agent) if agent.password == field("password") => {
                    if switches.otp {
                        world.session(session).awaits_otp = Some(agent.username);
                        return PageAnswer::says(PortalMessage::info("Nhập mã OTP để xác nhận."));
                    }
                    world.session(session).agent = Some(agent.username);
                    PageAnswer::redirect("/pages/index.jsf")
                }
                _ => PageAnswer::says(PortalMessage::error(&texts.wrong_password)),
            }
        }
        "btnConfirm" => match world.session(session).awaits_otp.clone() {
            Some(agent) if field("otpCode") == switches.otp_code => {
                let state = world.session(session);
                state.awaits_otp = None;
                state.agent = Some(agent);
                PageAnswer::redirect("/pages/index.jsf")
            }
            Some(_) => PageAnswer::says(PortalMessage::error(&texts.wrong_otp)),
            None => PageAnswer::default(),
        },
        "btnRetry" => {
            world.session(session).awaits_otp = None;
            PageAnswer::default()
        }
        _ if world.session(session).awaits_otp.is_some() => {
            PageAnswer::says(PortalMessage::info("Nhập mã OTP để xác nhận."))
        }
        _ => PageAnswer::default(),
    }
}
