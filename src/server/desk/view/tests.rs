use askama::Template;

use super::*;

fn shell(title: &str, here: Tab) -> Shell {
    Shell {
        assets: "v",
        ..Shell::new(title, (7, "Trần Văn Lực"), here)
    }
}

fn shown(page: &impl Template) -> String {
    page.render().expect("a page")
}

fn item(id: &str, amount: i64, is_ticked: bool, is_forced: bool) -> ItemRow {
    ItemRow {
        id: id.into(),
        content: "Cước Internet".into(),
        facts: "HD-1 · 01/10/2026 – 31/10/2026".into(),
        amount,
        shown: crate::server::web::words::money(amount),
        is_ticked,
        is_forced,
        is_taken: false,
    }
}

fn contract() -> ContractPage {
    ContractPage {
        shell: shell("HND123456", Tab::Today),
        number: "HND123456".into(),
        customer: "Nguyễn Thị Thu Hường".into(),
        address: "Số 12 ngõ 34, Hoàn Kiếm".into(),
        facts: "Hợp đồng thường".into(),
        call: vec!["0912345678".into()],
        open_payments: vec![OpenPayment {
            text: "Đang chờ khách trả 264.000 đ bằng QR PayOS.".into(),
            url: "/desk/payments/3".into(),
        }],
        blocked: None,
        pay_url: "/desk/contracts/HND123456/pay".into(),
        key: "k".into(),
        bills: vec![
            item("1", 264_000, true, true),
            item("2", 264_000, false, false),
        ],
        receivables: vec![ItemRow {
            is_taken: true,
            ..item("3", 55_000, false, false)
        }],
        methods: vec![
            MethodRow {
                value: "cash",
                title: "Tiền mặt",
                hint: "Còn được thu 4.472.000 đ".into(),
                is_chosen: true,
            },
            MethodRow {
                value: "payos_qr",
                title: "QR PayOS",
                hint: String::new(),
                is_chosen: false,
            },
        ],
        notify: NotifyForm {
            phone: "0912345678".into(),
            phones: vec!["0912345678".into()],
            hifpt: true,
            is_hifpt_forced: true,
            ..NotifyForm::default()
        },
        chosen: 1,
        total: "264.000 đ".into(),
        visit_url: "/desk/contracts/HND123456/visit".into(),
        visit: VisitForm {
            reasons: vec!["Khách vắng nhà", "Hẹn ngày khác"],
            reason: "Hẹn ngày khác".into(),
            today: "2026-11-26".into(),
            ..VisitForm::default()
        },
        settle: None,
    }
}

fn payment(state: &'static str) -> PaymentPage {
    PaymentPage {
        shell: shell("Thanh toán", Tab::Today),
        here: "/desk/payments/3".into(),
        state,
        status: "Chưa thanh toán",
        message: String::new(),
        events: None,
        refresh: None,
        total: "264.000 đ".into(),
        missing: None,
        method: "QR PayOS",
        customer: "Nguyễn Thị Thu Hường".into(),
        contract: "HND123456".into(),
        contract_url: "/desk/contracts/HND123456".into(),
        receipt: None,
        qr: None,
        otp: None,
        may_check: false,
        may_cancel: false,
        may_void: false,
        items: vec![PaidItem {
            number: "HD-1".into(),
            content: "Cước Internet".into(),
            amount: "264.000 đ".into(),
            state: "",
        }],
        notices: Vec::new(),
        settle: None,
    }
}

#[test]
fn a_contract_shows_what_is_owed_and_how_it_can_be_paid() {
    insta::assert_snapshot!(shown(&contract()));
}

#[test]
fn what_must_be_paid_is_ticked_and_what_is_taken_cannot_be() {
    let page = shown(&contract());
    assert!(page.contains(r#"name="items" value="1" data-amount="264000" checked>"#));
    assert!(page.contains(r#"name="items" value="3" data-amount="55000" disabled>"#));
}

#[test]
fn a_rule_that_speaks_is_said_once_and_the_form_stays() {
    let mut page = contract();
    page.shell.error = Some("Vượt quá hạn mức gạch nợ bằng tiền mặt".into());
    let page = shown(&page);
    assert_eq!(page.matches("Vượt quá hạn mức").count(), 1);
    assert!(page.contains(r#"role="alert""#) && page.contains("Thanh toán</button>"));
}

#[test]
fn a_payment_that_waits_shows_its_qr_and_can_be_asked_for() {
    let page = PaymentPage {
        events: Some("/desk/payments/3/events".into()),
        refresh: Some("/desk/payments/3/refresh".into()),
        qr: Some(QrCard {
            picture: "/desk/payments/3/qr.png".into(),
            until: "09:15 26/11/2026".into(),
            until_ms: 1_795_659_300_000,
        }),
        may_check: true,
        may_cancel: true,
        ..payment("pending")
    };
    insta::assert_snapshot!(shown(&page));
}

#[test]
fn a_paid_one_shows_its_receipt_and_what_was_told() {
    let page = PaymentPage {
        status: "Thanh toán thành công",
        receipt: Some(ReceiptCard {
            number: "PT20261126-0001".into(),
            at: "26/11/2026 09:01".into(),
            words: "Hai trăm sáu mươi bốn nghìn đồng".into(),
            print_url: "/desk/payments/3/print".into(),
            pdf_url: "/desk/payments/3/receipt.pdf".into(),
            url: "http://127.0.0.1/r/token".into(),
        }),
        notices: vec![NoticeLine {
            title: "SMS: SĐT đã gửi quá 10 lần trong tháng".into(),
            text: String::new(),
            is_blocked: true,
        }],
        may_void: true,
        ..payment("paid")
    };
    insta::assert_snapshot!(shown(&page));
}

#[test]
fn who_answers_for_the_shop_has_one_way_more() {
    let mut shell = shell("Hôm nay", Tab::Today);
    let ways = |shell: &Shell| shell.tabs().iter().map(|t| t.title).collect::<Vec<_>>();
    assert_eq!(ways(&shell), ["Hôm nay", "Tìm", "Nộp tiền", "Sổ ngày"]);
    shell.manages = true;
    shell.collects = false;
    assert_eq!(ways(&shell), ["Hôm nay", "Tìm", "Sổ ngày", "Quản lý"]);
}

#[test]
fn no_page_has_a_script_or_a_style_of_its_own() {
    let receipt = GenuineReceipt {
        number: "PT20261126-0001".into(),
        total: "264.000 đ".into(),
        words: String::new(),
        at: "26/11/2026 09:01".into(),
    };
    let pages = [
        shown(&contract()),
        shown(&payment("paid")),
        shown(&GenuinePage::of("Shop".into(), receipt, false)),
        shown(&GenuinePage::none("Shop".into())),
    ];
    for page in pages {
        for word in ["<style", " style=", "onclick", "javascript:", "<script>"] {
            assert!(!page.contains(word), "{word} in {page}");
        }
    }
}
