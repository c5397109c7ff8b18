use super::*;
use crate::portal::PortalMap;

fn map() -> PortalMap {
    PortalMap::load(None).expect("map")
}

fn said(severity: &str, text: &str) -> Said {
    Said {
        severity: severity.into(),
        text: text.into(),
    }
}

fn before(severity: &str, text: &str) -> Option<Class> {
    map()
        .words()
        .before_click(&[said(severity, text)], Moment::LookUp)
        .map(|(class, _)| class)
}

fn after(messages: &[(&str, &str)]) -> Answer {
    let said: Vec<Said> = messages.iter().map(|(s, t)| said(s, t)).collect();
    answer_of(map().words(), &said)
}

#[test]
fn every_text_of_the_portal_that_is_known_has_its_class() {
    for (severity, text, class) in [
        (
            "info",
            "Thuê bao 0981234567 KHÔNG CÒN NỢ CƯỚC",
            Class::NoDebt,
        ),
        (
            "error",
            "Phiên làm việc kết thúc, yêu cầu đăng nhập lại.",
            Class::Expired,
        ),
        ("info", "Nhập mã OTP để xác nhận.", Class::Person),
        (
            "info",
            "Vui lòng nhập mã xác nhận trong tin nhắn gửi về số 0912-345-678.",
            Class::Person,
        ),
        ("error", "Giao dịch không thực hiện được", Class::Refused),
        (
            "error",
            "Đã xảy ra lỗi trong quá trình xử lý",
            Class::System,
        ),
        ("error", "Một lỗi chưa ai từng thấy", Class::System),
        ("fatal", "NullPointerException", Class::System),
        (
            "error",
            "Hóa đơn đã được thanh toán trước đó.",
            Class::Cleared,
        ),
        ("info", "Hoá đơn không còn nợ cước", Class::NoDebt),
        (
            "error",
            "Mã khách hàng không đúng, vui lòng kiểm tra lại",
            Class::NotFound,
        ),
        (
            "error",
            "Số tiền thanh toán không nằm trong hạn mức giao dịch cho phép",
            Class::Refused,
        ),
        (
            "error",
            "Có lỗi hệ thống trong quá trình thực hiện giao dịch, vui lòng thử lại",
            Class::System,
        ),
        (
            "error",
            "Giao dịch không thành công do hóa đơn không còn nợ cước. Mời kiểm tra",
            Class::NoDebt,
        ),
        ("warn", "Số dư không đủ", Class::Refused),
    ] {
        assert_eq!(before(severity, text), Some(class), "{text}");
    }
    assert_eq!(before("info", "Chọn hợp đồng :"), None);
    assert_eq!(
        before("info", "Tra cứu thành công"),
        None,
        "chatter before the click is no outcome"
    );
}

#[test]
fn messages_are_read_from_a_raw_answer() {
    let raw = "<update id=\"f:msgError\"><![CDATA[<div class=\"ui-messages-info ui-corner-all\"><span class=\"ui-messages-info-icon\"></span>\
               <ul><li><span class=\"ui-messages-info-summary\">Giao dịch thành công. Số tiền: 150.000đ</span></li></ul></div>]]></update>";
    assert_eq!(
        said_in(raw),
        [said("info", "Giao dịch thành công. Số tiền: 150.000đ")]
    );
    assert_eq!(said_in("<html>502</html>"), []);
}

#[test]
fn refusals_are_matched_before_the_success_that_they_contain() {
    assert_eq!(
        after(&[("error", "Giao dịch không thành công")]),
        Answer::Refused
    );
    assert_eq!(
        after(&[("info", "Giao dịch không thành công")]),
        Answer::Refused,
        "whatever the severity"
    );
    assert_eq!(
        after(&[("info", "Giao dịch thành công")]),
        Answer::Success { amounts: vec![] }
    );
    assert_eq!(
        after(&[(
            "error",
            "Giao dịch không thành công do hóa đơn không còn nợ cước. …"
        )]),
        Answer::Cleared
    );
    assert_eq!(
        after(&[("error", "Kho\u{302}ng tha\u{300}nh công")]),
        Answer::Refused,
        "decomposed letters are the same words"
    );
}

#[test]
fn after_the_click_unknown_words_mean_nothing() {
    for (severity, text) in [
        ("info", "Yêu cầu đã được ghi nhận"),
        ("warn", "Xin chờ"),
        ("error", "E-1042"),
        ("fatal", "oops"),
        (
            "info",
            "Giao dịch đang được xử lý, vui lòng không thực hiện lại",
        ),
        ("error", "Không nhận được phản hồi từ nhà cung cấp"),
        ("error", "Đã xảy ra lỗi"),
        ("error", "Thanh toán thành công"),
        ("info", "Nhập mã OTP để xác nhận."),
    ] {
        assert_eq!(after(&[(severity, text)]), Answer::Unclear, "{text}");
    }
    assert_eq!(after(&[]), Answer::Silent);
    assert_eq!(after(&[("receipt", "In hóa đơn")]), Answer::Silent);
}

#[test]
fn several_messages_must_agree() {
    let ok = ("info", "Thanh toán thành công 150.000đ");
    let amounts = Answer::Success {
        amounts: vec![Vnd::fixed(150_000)],
    };
    assert_eq!(after(&[ok]), amounts);
    assert_eq!(after(&[ok, ("receipt", "Giao dịch thành công")]), amounts);
    assert_eq!(
        after(&[ok, ("error", "Giao dịch không thành công")]),
        Answer::Unclear
    );
    assert_eq!(after(&[ok, ("info", "chưa ai thấy")]), Answer::Unclear);
    assert_eq!(
        after(&[("receipt", "Biên lai: giao dịch thành công")]),
        Answer::Success { amounts: vec![] }
    );
}

#[test]
fn refusals_about_us_are_not_about_the_customer() {
    for (text, class) in [
        ("Mã PIN không đúng", Class::WrongPin),
        ("Sai PIN, còn 2 lần thử", Class::WrongPin),
        ("Số dư tài khoản không đủ", Class::Refused),
        ("Vượt quá hạn mức", Class::Refused),
    ] {
        assert_eq!(before("error", text), Some(class), "{text}");
        assert_eq!(after(&[("error", text)]), Answer::Refused, "{text}");
    }
}

#[test]
fn the_transaction_id_is_read_where_the_text_has_one() {
    let id = |text: &str| transaction_id(&map().rules.transaction_id_after, text);
    assert_eq!(
        id("Thành công. Mã giao dịch: VTP000123."),
        Some("VTP000123".into())
    );
    assert_eq!(
        id("MÃ GD 2026112000017, số tiền 50.000đ"),
        Some("2026112000017".into())
    );
    assert_eq!(id("Giao dịch thành công"), None);
    assert_eq!(id("Mã giao dịch: đang cập nhật"), None);
}
