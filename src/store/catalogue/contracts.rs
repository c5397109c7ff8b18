//! What collectors take at doors: contracts with their items, payments with receipts, cash, visits.

use super::column::*;
use super::table::*;
use super::words::*;

const A_PAYEE: ColumnKind = ColumnKind::Relation {
    table: "owner",
    shown: "name",
};
const A_CONTRACT: ColumnKind = ColumnKind::Relation {
    table: "contract",
    shown: "number",
};
const A_DESK_PAYMENT: ColumnKind = ColumnKind::Relation {
    table: "desk_payment",
    shown: "receipt_number",
};
/// A day as it is written on the wire: `2026-11-26`.
const DAY: ColumnKind = ColumnKind::Text(10);

/// The columns of [`CONTRACT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod contract {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận tiền", "Payee").fixed(),
        NUMBER = text("number", "Số hợp đồng", "Contract").of(ColumnKind::Text(64)).exact().search(),
        CUSTOMER_NAME = text("customer_name", "Khách hàng", "Customer").search(),
        ADDRESS = text("address", "Địa chỉ", "Address").search(),
        TYPE = text("type", "Loại hợp đồng", "Type").of(ColumnKind::Text(64)),
        // As JSON: number, main, hifpt.
        PHONES = column("phones", ColumnKind::LongText, "Điện thoại", "Phones").search(),
        // As JSON: kind, state.
        SERVICE_REQUESTS = column("service_requests", ColumnKind::LongText, "Yêu cầu", "Service requests"),
        COLLECTOR = text("collector", "Nhân viên thu", "Collector").null().search(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        VERSION = version(),
        SEARCH_TEXT = search_text(),
    }
}

/// Contracts.
pub static CONTRACT: Table = Table::new("contract", "Hợp đồng", "Contracts", contract::COLUMNS)
    .access(Access::Read)
    .area(Area::Desk)
    .menu(Menu::Desk, 1)
    .indexes(&[
        unique("contract_number", &["owner_id", "number"]),
        index("contract_collector", &["owner_id", "collector"]),
        index("contract_search", &["id", "search_text"]),
    ]);

/// The columns of [`CONTRACT_WORD`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod contract_word {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", ColumnKind::Int, "Bên nhận tiền", "Payee"),
        WORD = text("word", "Chữ", "Word").of(ColumnKind::Text(40)),
        CONTRACT_ID = column("contract_id", ColumnKind::Int, "Hợp đồng", "Contract"),
    }
}

/// The words that contracts are found by: number, phones, the customer's names, in plain letters.
pub static CONTRACT_WORD: Table = Table::new(
    "contract_word",
    "Chữ để tìm hợp đồng",
    "Contract words",
    contract_word::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[
    index("contract_word_word", &["owner_id", "word", "contract_id"]),
    index("contract_word_contract", &["contract_id", "word"]),
]);

/// The columns of [`CONTRACT_ITEM`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod contract_item {
    use super::*;

    columns! {
        ID = id(),
        CONTRACT_ID = column("contract_id", A_CONTRACT, "Hợp đồng", "Contract").fixed(),
        KIND = text("kind", "Loại", "Kind").of(ColumnKind::Choice(ITEM_KINDS)),
        NUMBER = text("number", "Số", "Number").of(ColumnKind::Text(64)).exact(),
        // Where it stood in the list that brought it.
        POSITION = column("position", ColumnKind::Int, "Thứ tự", "Position"),
        FROM_DAY = text("from_day", "Từ ngày", "From").of(DAY).null(),
        TO_DAY = text("to_day", "Đến ngày", "To").of(DAY).null(),
        ISSUED = text("issued", "Ngày phát hành", "Issued").of(DAY).null(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        CONTENT = text("content", "Nội dung", "Content"),
        SOURCE = text("source", "Nguồn", "Source").of(ColumnKind::Text(64)).default("''"),
        PAID_TYPE = column("paid_type", ColumnKind::Int, "Kiểu trả", "Paid type").null(),
        IS_PTC = column("is_ptc", ColumnKind::Bool, "PTC", "PTC").default("0"),
        IS_HIDDEN = column("is_hidden", ColumnKind::Bool, "Không hiện", "Hidden").default("0"),
        SETTLE_SERVICE = text("settle_service", "Gạch nợ bằng", "Settled by").of(ColumnKind::Choice(SERVICES)).null(),
        SETTLE_CODE = text("settle_code", "Mã gạch nợ", "Settled as").of(ColumnKind::Text(64)).null(),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(ITEM_STATES)).default("'open'"),
        DESK_PAYMENT_ID = column("desk_payment_id", A_DESK_PAYMENT, "Phiếu thu", "Receipt").null(),
        JOB_ID = column("job_id", A_JOB, "Việc gạch nợ", "Job").null(),
        // How the job ended, where that did not settle it.
        SETTLE_OUTCOME = text("settle_outcome", "Kết quả gạch nợ", "Settlement").of(ColumnKind::Choice(OUTCOMES)).null(),
        SETTLE_REASON = text("settle_reason", "Lý do", "Reason").null(),
        SETTLED_BY = text("settled_by", "Gạch bởi", "Settled how").of(ColumnKind::Choice(SETTLED_HOW)).null(),
        SETTLED_AT = at("settled_at", "Gạch lúc", "Settled").null(),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
    }
}

/// Bills and receivables of contracts.
pub static CONTRACT_ITEM: Table = Table::new(
    "contract_item",
    "Hóa đơn và khoản thu",
    "Bills and receivables",
    contract_item::COLUMNS,
)
.access(Access::Read)
.area(Area::Desk)
.menu(Menu::Desk, 2)
.indexes(&[
    unique("contract_item_once", &["contract_id", "kind", "number"]),
    index("contract_item_state", &["contract_id", "state"]),
    index("contract_item_payment", &["desk_payment_id"]),
    index("contract_item_job", &["job_id"]),
    index("contract_item_settled", &["settled_at"]),
]);

/// The columns of [`DESK_PAYMENT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod desk_payment {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận tiền", "Payee"),
        CONTRACT_ID = column("contract_id", A_CONTRACT, "Hợp đồng", "Contract"),
        COLLECTOR_ID = column("collector_id", A_USER, "Người thu", "Collector"),
        METHOD = text("method", "Cách trả", "Method").of(ColumnKind::Choice(DESK_METHODS)),
        TITLE = text("title", "Nội dung", "Description"),
        CUSTOMER_NAME = text("customer_name", "Khách hàng", "Customer").search(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        PAID = column("paid", ColumnKind::Money, "Đã trả", "Paid").default("0"),
        STATUS = text("status", "Trạng thái", "Status").of(ColumnKind::Choice(BOOKING_STATES)),
        PAYMENT_STATUS = text("payment_status", "Thanh toán", "Payment").of(ColumnKind::Choice(PAYABLE_STATES)),
        NOTIFY_HIFPT = column("notify_hifpt", ColumnKind::Bool, "Báo HiFPT", "By HiFPT"),
        NOTIFY_SMS = column("notify_sms", ColumnKind::Bool, "Báo SMS", "By SMS"),
        NOTIFY_ZNS = column("notify_zns", ColumnKind::Bool, "Báo Zalo", "By Zalo"),
        NOTIFY_PHONE = text("notify_phone", "Số nhận tin", "Told to").of(ColumnKind::Text(32)),
        PAY_TOKEN = text("pay_token", "Mã công khai", "Public token").of(ColumnKind::Text(40)).secret(),
        RECEIPT_NUMBER = text("receipt_number", "Số phiếu thu", "Receipt").of(ColumnKind::Text(32)).exact().null().search(),
        RECEIPT_DAY = text("receipt_day", "Ngày thu", "Day").of(DAY).null(),
        RECEIPT_AT = at("receipt_at", "Thu lúc", "Receipted").null(),
        CANCELLED_AT = at("cancelled_at", "Hủy phiếu lúc", "Cancelled").null(),
        CANCELLED_BY = column("cancelled_by", A_USER, "Người hủy", "Cancelled by").null(),
        CANCEL_REASON = text("cancel_reason", "Lý do hủy", "Why cancelled").null(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        SEARCH_TEXT = search_text(),
    }
}

/// Payments at the door, with their receipts.
pub static DESK_PAYMENT: Table = Table::new(
    "desk_payment",
    "Phiếu thu",
    "Receipts",
    desk_payment::COLUMNS,
)
.access(Access::Read)
.area(Area::Desk)
.menu(Menu::Desk, 3)
.usual(&[
    desk_payment::ID,
    desk_payment::RECEIPT_NUMBER,
    desk_payment::CONTRACT_ID,
    desk_payment::CUSTOMER_NAME,
    desk_payment::COLLECTOR_ID,
    desk_payment::METHOD,
    desk_payment::AMOUNT,
    desk_payment::RECEIPT_AT,
    desk_payment::CANCEL_REASON,
])
.indexes(&[
    unique("desk_payment_token", &["pay_token"]),
    unique("desk_payment_receipt", &["owner_id", "receipt_number"]),
    index("desk_payment_day", &["owner_id", "receipt_day"]),
    index("desk_payment_collector", &["collector_id", "receipt_day"]),
    index("desk_payment_contract", &["contract_id", "id"]),
    index("desk_payment_search", &["id", "search_text"]),
]);

/// The columns of [`DESK_PAYMENT_ITEM`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod desk_payment_item {
    use super::*;

    columns! {
        ID = id(),
        DESK_PAYMENT_ID = column("desk_payment_id", A_DESK_PAYMENT, "Phiếu thu", "Receipt"),
        ITEM_ID = column("item_id", ColumnKind::Int, "Khoản", "Item"),
        KIND = text("kind", "Loại", "Kind").of(ColumnKind::Choice(ITEM_KINDS)),
        NUMBER = text("number", "Số", "Number").of(ColumnKind::Text(64)).exact(),
        CONTENT = text("content", "Nội dung", "Content"),
        FROM_DAY = text("from_day", "Từ ngày", "From").of(DAY).null(),
        TO_DAY = text("to_day", "Đến ngày", "To").of(DAY).null(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        // The item, while this payment has it: an item is in one open or paid payment at most.
        HELD_ITEM = column("held_item", ColumnKind::Int, "Đang giữ", "Held").null(),
    }
}

/// What was paid at the door, as it was at that moment.
pub static DESK_PAYMENT_ITEM: Table = Table::new(
    "desk_payment_item",
    "Khoản trên phiếu thu",
    "Items of receipts",
    desk_payment_item::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[
    unique("desk_payment_item_held", &["held_item"]),
    index("desk_payment_item_payment", &["desk_payment_id"]),
]);

/// The columns of [`DESK_NOTICE`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod desk_notice {
    use super::*;

    columns! {
        ID = id(),
        DESK_PAYMENT_ID = column("desk_payment_id", A_DESK_PAYMENT, "Phiếu thu", "Receipt"),
        CHANNEL = text("channel", "Kênh", "Channel").of(ColumnKind::Choice(CHANNELS)),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(NOTICE_STATES)),
        CODE = text("code", "Mã", "Code").of(ColumnKind::Text(32)).null(),
        TEXT = column("text", ColumnKind::LongText, "Nội dung", "Text").null(),
        PARTS = column("parts", ColumnKind::Int, "Số phần", "Parts").null(),
        AT = at("at", "Lúc", "At"),
    }
}

/// What customers are told of a payment at the door, and what was not sent and why.
pub static DESK_NOTICE: Table = Table::new(
    "desk_notice",
    "Tin báo khách",
    "Notices",
    desk_notice::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[index("desk_notice_payment", &["desk_payment_id"])]);

/// The columns of [`RECEIPT_COUNTER`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod receipt_counter {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận tiền", "Payee"),
        DAY_COUNTED = text("day", "Ngày", "Day").of(DAY),
        LAST = column("last", ColumnKind::Int, "Số cuối", "Last"),
    }
}

/// The last number of a payee's receipts of a day.
pub static RECEIPT_COUNTER: Table = Table::new(
    "receipt_counter",
    "Số phiếu thu trong ngày",
    "Receipt counters",
    receipt_counter::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique("receipt_counter_once", &["owner_id", "day"])]);

/// The columns of [`CASH_DAY`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod cash_day {
    use super::*;

    columns! {
        ID = id(),
        COLLECTOR_ID = column("collector_id", A_USER, "Người thu", "Collector"),
        DAY_TAKEN = text("day", "Ngày", "Day").of(DAY),
        HELD = column("held", ColumnKind::Money, "Đang giữ", "Held"),
        HANDED_IN = column("handed_in", ColumnKind::Money, "Đã nộp", "Handed in").null(),
    }
}

/// What a collector still holds of a day's cash, and what of it was handed in.
pub static CASH_DAY: Table = Table::new(
    "cash_day",
    "Tiền mặt theo ngày",
    "Cash by day",
    cash_day::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[
    unique("cash_day_once", &["collector_id", "day"]),
    index("cash_day_day", &["day"]),
]);

/// The columns of [`HAND_IN`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod hand_in {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận tiền", "Payee"),
        COLLECTOR_ID = column("collector_id", A_USER, "Người nộp", "Collector"),
        AMOUNT = column("amount", ColumnKind::Money, "Khai nộp", "Amount"),
        NOTE = text("note", "Ghi chú", "Note"),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(HAND_IN_STATES)),
        COUNTED = column("counted", ColumnKind::Money, "Đếm được", "Counted").null(),
        REASON = text("reason", "Lý do lệch", "Reason").null(),
        CONFIRMED_BY = column("confirmed_by", A_USER, "Người nhận", "Confirmed by").null(),
        CONFIRMED_AT = at("confirmed_at", "Nhận lúc", "Confirmed").null(),
        CONFIRMED_DAY = text("confirmed_day", "Ngày nhận", "Confirmed on").of(DAY).null(),
        CREATED_AT = at("created_at", "Khai lúc", "Declared"),
    }
}

/// Cash that collectors hand in, counted by somebody else.
pub static HAND_IN: Table = Table::new("hand_in", "Nộp tiền mặt", "Hand-ins", hand_in::COLUMNS)
    .access(Access::Read)
    .area(Area::Desk)
    .menu(Menu::Desk, 5)
    .indexes(&[
        index("hand_in_collector", &["collector_id", "id"]),
        index("hand_in_state", &["owner_id", "state"]),
        index("hand_in_day", &["owner_id", "confirmed_day"]),
    ]);

/// The columns of [`VISIT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod visit {
    use super::*;

    columns! {
        ID = id(),
        CONTRACT_ID = column("contract_id", A_CONTRACT, "Hợp đồng", "Contract"),
        COLLECTOR_ID = column("collector_id", A_USER, "Người thu", "Collector"),
        REASON = text("reason", "Lý do", "Reason"),
        AGAIN_ON = text("again_on", "Hẹn lại", "Again on").of(DAY).null(),
        NOTE = text("note", "Ghi chú", "Note"),
        DAY_VISITED = text("day", "Ngày", "Day").of(DAY),
        AT = at("at", "Lúc", "At"),
    }
}

/// Visits that brought no money.
pub static VISIT: Table = Table::new("visit", "Lần đến chưa thu được", "Visits", visit::COLUMNS)
    .access(Access::Read)
    .area(Area::Desk)
    .menu(Menu::Desk, 6)
    .indexes(&[
        index("visit_contract", &["contract_id", "id"]),
        index("visit_day", &["collector_id", "day"]),
        index("visit_again", &["collector_id", "again_on"]),
    ]);

/// The columns of [`MESSAGE_COUNT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod message_count {
    use super::*;

    columns! {
        ID = id(),
        PHONE = text("phone", "Số điện thoại", "Phone").of(ColumnKind::Text(32)),
        MONTH = text("month", "Tháng", "Month").of(ColumnKind::Text(7)),
        COUNT = column("count", ColumnKind::Int, "Số tin", "Messages"),
    }
}

/// How many messages by SMS and ZNS were written to a number in a month.
pub static MESSAGE_COUNT: Table = Table::new(
    "message_count",
    "Số tin trong tháng",
    "Message counts",
    message_count::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique("message_count_once", &["phone", "month"])]);

/// The columns of [`MESSAGE_TOKEN`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod message_token {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận tiền", "Payee"),
        // Of which settings it grew: when these change, it is nothing worth.
        SEED_HASH = text("seed_hash", "Dấu", "Seed").of(ColumnKind::Text(64)).secret(),
        // Both tokens as JSON, whole, as a Fernet token.
        TOKENS_SEALED = column("tokens_sealed", ColumnKind::LongText, "Mã", "Tokens").secret(),
        EXPIRES_AT = at("expires_at", "Hết hạn", "Expires"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
    }
}

/// Tokens of Zalo's that were renewed.
pub static MESSAGE_TOKEN: Table = Table::new(
    "message_token",
    "Mã gửi tin",
    "Message tokens",
    message_token::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique("message_token_owner", &["owner_id"])]);
