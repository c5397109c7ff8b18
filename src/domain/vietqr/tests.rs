use proptest::prelude::*;
use serde_json::Value;

use super::*;

const VECTORS: &str = include_str!("../../../tests/vectors/payments/vietqr.json");

fn vectors(kind: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(VECTORS).expect("JSON");
    let all = all["vectors"].as_array().expect("a list");
    let of_kind: Vec<Value> = all.iter().filter(|v| v["kind"] == kind).cloned().collect();
    assert!(!of_kind.is_empty(), "{kind}");
    of_kind
}

fn text<'a>(of: &'a Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn amount(of: &Value) -> Option<i64> {
    let amount = &of["amount"];
    amount.as_i64().or_else(|| amount.as_str()?.parse().ok())
}

#[test]
fn a_transfer_is_written_as_the_library_writes_it() {
    for vector in vectors("vietqr_build") {
        let input = &vector["input"];
        let mut qr = VietQr {
            bank_bin: text(input, "bank_bin"),
            account: text(input, "account"),
            amount: amount(input),
            is_reusable: input["init_method"] == "11",
            purpose: text(input, "purpose"),
            bill_number: text(&input["additional"], "billNumber"),
            merchant_name: text(input, "merchant_name"),
            city: text(input, "city"),
            postal_code: text(input, "postal_code"),
            category: text(input, "category"),
        };
        if vector["tier"] == "non-ascii" {
            // Banks want no accents: such a note is refused until they are taken off.
            assert_eq!(qr.payload(), Err(QrFault::NotAscii), "{}", vector["id"]);
            let plain = note(qr.purpose, NOTE_MAX);
            qr.purpose = &plain;
            let read = decode(&qr.payload().expect("written")).expect("read");
            assert_eq!(read.purpose, plain);
        } else {
            let expected = text(&vector["expected"], "payload");
            assert_eq!(qr.payload().as_deref(), Ok(expected), "{}", vector["id"]);
        }
    }
}

#[test]
fn a_merchants_code_is_written_as_the_library_writes_it() {
    for vector in vectors("vnpayqr_build") {
        let input = &vector["input"];
        let qr = VnPayQr {
            merchant_id: text(input, "merchant_id"),
            merchant_name: text(input, "merchant_name"),
            store: text(input, "store"),
            terminal: text(input, "terminal"),
            amount: amount(input),
            purpose: text(input, "purpose"),
            bill_number: text(input, "bill_number"),
            reference: text(input, "reference"),
        };
        let expected = text(&vector["expected"], "payload");
        assert_eq!(qr.payload().as_deref(), Ok(expected), "{}", vector["id"]);
    }
}

#[test]
fn codes_are_read_and_broken_ones_refused() {
    for vector in vectors("decode") {
        let (id, expected) = (&vector["id"], &vector["expected"]);
        let read = decode(text(&vector["input"], "payload"));
        assert_eq!(read.is_some(), expected["valid"] == true, "{id}");
        let Some(read) = read else { continue };
        let scheme = match read.scheme {
            Scheme::VietQr => "VIETQR",
            Scheme::VnPay => "VNPAY",
            Scheme::Other => "",
        };
        for (name, is) in [
            ("provider", scheme),
            ("init_method", &read.init_method),
            ("bank_bin", &read.bank_bin),
            ("account", &read.account),
            ("service", &read.service),
            ("merchant_id", &read.merchant_id),
            ("merchant_name", &read.merchant_name),
            ("amount", &read.amount),
            ("purpose", &read.purpose),
            ("bill_number", &read.bill_number),
            ("reference", &read.reference),
            ("store", &read.store),
            ("terminal", &read.terminal),
            ("currency", &read.currency),
            ("country", &read.country),
        ] {
            assert_eq!(is, text(expected, name), "{id} {name}");
        }
    }
}

#[test]
fn accented_and_long_codes_of_others_are_read() {
    for vector in vectors("vietqr_build") {
        if vector["tier"] == "non-ascii" {
            let read = decode(text(&vector["expected"], "payload")).expect("read");
            assert_eq!(read.purpose, text(&vector["input"], "purpose"));
        }
    }
    let long = "C".repeat(95);
    let inner = format!("08{}{long}", long.len());
    let head = format!("000201010212530370462{}{inner}6304", inner.len());
    let payload = format!("{head}{:04X}", emv::checksum(&head));
    assert_eq!(decode(&payload).expect("read").purpose, long);
    assert_eq!(decode(&"0".repeat(PAYLOAD_MAX + 1)), None);
    assert_eq!(decode("đ6304"), None);
}

#[test]
fn what_does_not_fit_is_not_written() {
    let good = VietQr {
        bank_bin: "970436",
        account: "0123456789",
        amount: Some(50_000),
        purpose: "GN7K2M9QX",
        ..VietQr::default()
    };
    assert!(good.payload().is_ok());
    let long = "x".repeat(26);
    for (qr, fault) in [
        (
            VietQr {
                bank_bin: "97043",
                ..good
            },
            QrFault::Bank,
        ),
        (
            VietQr {
                account: "",
                ..good
            },
            QrFault::Account,
        ),
        (
            VietQr {
                account: "12 34",
                ..good
            },
            QrFault::Account,
        ),
        (
            VietQr {
                amount: Some(0),
                ..good
            },
            QrFault::Amount,
        ),
        (
            VietQr {
                purpose: &long,
                ..good
            },
            QrFault::TooLong,
        ),
        (
            VietQr {
                merchant_name: "TIỆM",
                ..good
            },
            QrFault::NotAscii,
        ),
    ] {
        assert_eq!(qr.payload(), Err(fault));
    }
}

proptest! {
    #[test]
    fn nothing_that_is_scanned_breaks_the_reader(text in ".{0,80}", cut in 0_usize..120) {
        let _ = decode(&text);
        let whole = "00020101021238520010A000000727012200069704360108148507220208QRIBFTTA53037045405790005802VN62080804HD 16304FD25";
        let _ = decode(whole.get(..cut).unwrap_or(whole));
        let head = format!("000201{text}6304");
        let _ = decode(&format!("{head}{:04X}", emv::checksum(&head)));
    }

    #[test]
    fn a_note_of_anything_fits_and_is_read_back(text in ".{0,60}") {
        let plain = note(&text, NOTE_MAX);
        prop_assert!(plain.len() <= NOTE_MAX && plain.is_ascii());
        prop_assert_eq!(note(&plain, NOTE_MAX), plain.clone());
        let qr = VietQr { bank_bin: "970436", account: "1", amount: Some(1), purpose: &plain, ..VietQr::default() };
        let read = decode(&qr.payload().expect("written")).expect("read");
        prop_assert_eq!(read.purpose, plain);
    }
}
