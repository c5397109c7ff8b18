//! What customers pay: what for, each payment with its money, what providers told.
//!
//! `payment`, `payment_config`, `booking`, `owner` and `renter` have the names that programs around the
//! shop know them by.

use super::column::*;
use super::table::*;
use super::words::*;

pub(super) const A_PAYEE: ColumnKind = ColumnKind::Relation {
    table: "owner",
    shown: "name",
};
const A_RENTER: ColumnKind = ColumnKind::Relation {
    table: "renter",
    shown: "name",
};
pub(super) const A_PAYMENT: ColumnKind = ColumnKind::Relation {
    table: "payment",
    shown: "payment_code",
};

/// The columns of [`OWNER`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod owner {
    use super::*;

    columns! {
        ID = id(),
        NAME = text("name", "Tên", "Name").search(),
        NOTE = column("note", ColumnKind::LongText, "Ghi chú", "Note").null().search(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        VERSION = version(),
        SEARCH_TEXT = search_text(),
    }
}

/// Payees: who receives the money.
pub static OWNER: Table = Table::new("owner", "Bên nhận tiền", "Payees", owner::COLUMNS)
    .access(Access::Edit)
    .area(Area::Rules)
    .menu(Menu::Money, 4)
    .added_by_rules();

/// The columns of [`RENTER`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod renter {
    use super::*;

    columns! {
        ID = id(),
        NAME = text("name", "Họ tên", "Name").search(),
        EMAIL = text("email", "E-mail", "E-mail").search(),
        PHONE = text("phone", "Điện thoại", "Phone").of(ColumnKind::Text(32)).search(),
        USERNAME = text("username", "Tài khoản", "Login").null().fixed(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        VERSION = version(),
        SEARCH_TEXT = search_text(),
    }
}

/// Renters: who pays.
pub static RENTER: Table = Table::new("renter", "Người trả tiền", "Payers", renter::COLUMNS)
    .access(Access::Edit)
    .area(Area::Payments)
    .menu(Menu::Money, 3)
    .added_by_rules()
    .indexes(&[index("renter_username", &["username"])]);

/// The columns of [`BOOKING`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod booking {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee"),
        RENTER_ID = column("renter_id", A_RENTER, "Người trả", "Payer"),
        ROOM_TITLE = text("room_title", "Phòng", "Room").search(),
        START_TIME = at("start_time", "Từ", "From"),
        END_TIME = at("end_time", "Đến", "To"),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        PAID = column("paid", ColumnKind::Money, "Đã trả", "Paid").default("0"),
        // What a person has taken too little for all lets go.
        WAIVED = column("waived", ColumnKind::Money, "Bỏ qua", "Waived").default("0"),
        STATUS = text("status", "Trạng thái", "Status").of(ColumnKind::Choice(BOOKING_STATES)),
        PAYMENT_STATUS = text("payment_status", "Thanh toán", "Payment").of(ColumnKind::Choice(PAYABLE_STATES)),
        PAY_TOKEN = text("pay_token", "Mã trả tiền", "Pay token").of(ColumnKind::Text(40)).secret(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        SEARCH_TEXT = search_text(),
    }
}

/// Bookings.
pub static BOOKING: Table = Table::new("booking", "Đặt phòng", "Bookings", booking::COLUMNS)
    .access(Access::Read)
    .area(Area::Payments)
    .menu(Menu::Money, 2)
    .indexes(&[
        unique("booking_token", &["pay_token"]),
        index("booking_renter", &["renter_id"]),
    ]);

/// The columns of [`PAYMENT_REQUEST`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod payment_request {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee"),
        RENTER_ID = column("renter_id", A_RENTER, "Người trả", "Payer"),
        DESCRIPTION = text("description", "Nội dung", "Description").search(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        PAID = column("paid", ColumnKind::Money, "Đã trả", "Paid").default("0"),
        // What a person has taken too little for all lets go.
        WAIVED = column("waived", ColumnKind::Money, "Bỏ qua", "Waived").default("0"),
        STATUS = text("status", "Trạng thái", "Status").of(ColumnKind::Choice(REQUEST_STATES)),
        PAYMENT_STATUS = text("payment_status", "Thanh toán", "Payment").of(ColumnKind::Choice(PAYABLE_STATES)),
        EXPIRES_AT = at("expires_at", "Hết hạn", "Expires").null(),
        PAY_TOKEN = text("pay_token", "Mã trả tiền", "Pay token").of(ColumnKind::Text(40)).secret(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        SEARCH_TEXT = search_text(),
    }
}

/// Payment requests.
pub static PAYMENT_REQUEST: Table = Table::new(
    "payment_request",
    "Yêu cầu thanh toán",
    "Payment requests",
    payment_request::COLUMNS,
)
.access(Access::Read)
.area(Area::Payments)
.menu(Menu::Money, 1)
.screen(Screen::Requests)
.indexes(&[
    unique("payment_request_token", &["pay_token"]),
    index("payment_request_renter", &["renter_id"]),
]);

/// The columns of [`PAYMENT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod payment {
    use super::*;

    columns! {
        ID = id(),
        PAYMENT_CODE = text("payment_code", "Mã thanh toán", "Code").of(ColumnKind::Text(16)).search(),
        ORDER_CODE = column("order_code", ColumnKind::Int, "Mã đơn", "Order code"),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee"),
        PAYABLE_KIND = text("payable_kind", "Loại", "Kind").of(ColumnKind::Choice(PAYABLE_KINDS)),
        PAYABLE_ID = column("payable_id", ColumnKind::Int, "Số", "Payable"),
        RENTER_ID = column("renter_id", A_RENTER, "Người trả", "Payer").null(),
        PROVIDER = text("provider", "Cổng", "Provider").of(ColumnKind::Choice(PROVIDERS)),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(PAYMENT_STATES)),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        CREDITED = column("credited", ColumnKind::Money, "Đã ghi", "Credited").default("0"),
        SURPLUS = column("surplus", ColumnKind::Money, "Thừa", "Surplus").default("0"),
        REVIEW = column("review", ColumnKind::Money, "Chờ xem", "In review").default("0"),
        CURRENCY = text("currency", "Tiền tệ", "Currency").of(ColumnKind::Text(8)).default("'VND'"),
        DESCRIPTION = text("description", "Nội dung", "Description").search(),
        CUSTOMER_NAME = text("customer_name", "Khách", "Customer").search(),
        CUSTOMER_EMAIL = text("customer_email", "E-mail", "E-mail").search(),
        CUSTOMER_PHONE = text("customer_phone", "Điện thoại", "Phone").of(ColumnKind::Text(32)).search(),
        LINK_ID = text("link_id", "Mã của cổng", "Provider's id").null().search(),
        CHECKOUT_URL = column("checkout_url", ColumnKind::LongText, "Trang của cổng", "Checkout").null(),
        QR_TEXT = column("qr_text", ColumnKind::LongText, "Nội dung QR", "QR text").null(),
        // The account that money goes to, as JSON.
        ACCOUNT = column("account", ColumnKind::LongText, "Tài khoản nhận", "Account").null().secret(),
        // The one-time password that is waited for, as JSON; never the password.
        OTP = column("otp", ColumnKind::LongText, "OTP", "OTP").null().secret(),
        PAYOS_TRANSACTION_ID = text("payos_transaction_id", "Mã giao dịch", "Transaction").null().search(),
        PAYMENT_METHOD = text("payment_method", "Cách trả", "Method").of(ColumnKind::Text(64)).null(),
        TASK = text("task", "Cần xem", "Task").of(ColumnKind::Choice(PAYMENT_TASKS)).null(),
        // Why it has to be looked at, for people.
        TASK_WHY = column("task_why", ColumnKind::LongText, "Lý do", "Why").null(),
        // `kind|id|provider` while it is open: one payable has one open payment a provider.
        OPEN_KEY = text("open_key", "Khóa mở", "Open key").of(ColumnKind::Text(64)).null().secret(),
        EXPIRES_AT = at("expires_at", "Hết hạn", "Expires"),
        // When its provider is asked next.
        ASK_AT = at("ask_at", "Hỏi lại lúc", "Asked next").null(),
        ASKED_AT = at("asked_at", "Hỏi lúc", "Asked").null(),
        ASKS = column("asks", ColumnKind::Int, "Số lần hỏi", "Times asked").default("0"),
        // When its provider answered the daily comparison last.
        COMPARED_AT = at("compared_at", "Đối soát lúc", "Compared").null(),
        // Its link is to be taken back at the provider: the payable was paid another way.
        IS_CLOSING = column("is_closing", ColumnKind::Bool, "Đang đóng", "Closing").default("0"),
        WANTS_QR = column("wants_qr", ColumnKind::Bool, "Cần QR", "Wants a QR").default("0"),
        IS_ENGLISH = column("is_english", ColumnKind::Bool, "Tiếng Anh", "In English").default("0"),
        PAYER_IP = text("payer_ip", "Địa chỉ mạng", "Address").of(ColumnKind::Text(64)).default("''"),
        WALLET_AGENT = text("wallet_agent", "Ví của", "Wallet of").null(),
        PAID_AT = at("paid_at", "Trả lúc", "Paid").null(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        VERSION = version(),
        SEARCH_TEXT = search_text(),
    }
}

/// Payments.
pub static PAYMENT: Table = Table::new("payment", "Thanh toán", "Payments", payment::COLUMNS)
    .access(Access::Read)
    .area(Area::Payments)
    .menu(Menu::Money, 0)
    .usual(&[
        payment::ID,
        payment::PAYMENT_CODE,
        payment::PROVIDER,
        payment::STATE,
        payment::AMOUNT,
        payment::CREDITED,
        payment::SURPLUS,
        payment::CUSTOMER_NAME,
        payment::DESCRIPTION,
        payment::CREATED_AT,
        payment::PAID_AT,
    ])
    .screen(Screen::Payments)
    .indexes(&[
        unique("payment_code", &["payment_code"]),
        unique("payment_order_code", &["order_code"]),
        unique("payment_open", &["open_key"]),
        index("payment_payable", &["payable_kind", "payable_id"]),
        index("payment_state", &["state", "id"]),
        index("payment_provider", &["provider", "id"]),
        index("payment_owner", &["owner_id", "id"]),
        index("payment_renter", &["renter_id", "id"]),
        index("payment_ask", &["ask_at"]),
        index("payment_task", &["task", "id"]),
        index("payment_created", &["created_at"]),
        index("payment_updated", &["updated_at"]),
        index("payment_search", &["id", "search_text"]),
    ]);

/// The columns of [`PAYMENT_TRANSFER`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod payment_transfer {
    use super::*;

    columns! {
        ID = id(),
        PAYMENT_ID = column("payment_id", A_PAYMENT, "Thanh toán", "Payment"),
        PROVIDER = text("provider", "Cổng", "Provider").of(ColumnKind::Choice(PROVIDERS)),
        REFERENCE = text("reference", "Mã giao dịch", "Reference").of(ColumnKind::Text(128)).exact().search(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        CURRENCY = text("currency", "Tiền tệ", "Currency").of(ColumnKind::Text(8)),
        AT = at("at", "Lúc", "At"),
        SOURCE = text("source", "Biết từ", "Source").of(ColumnKind::Choice(EVENT_SOURCES)),
        BOOKED_AT = at("booked_at", "Ghi lúc", "Booked"),
        SEARCH_TEXT = search_text(),
    }
}

/// Transfers: money that arrived, and money that was paid back.
pub static PAYMENT_TRANSFER: Table = Table::new(
    "payment_transfer",
    "Tiền về",
    "Transfers",
    payment_transfer::COLUMNS,
)
.access(Access::Read)
.area(Area::Payments)
.menu(Menu::Money, 5)
.indexes(&[
    // Banks' references repeat over banks, payees and days.
    unique(
        "payment_transfer_once",
        &["provider", "payment_id", "reference"],
    ),
    index("payment_transfer_payment", &["payment_id"]),
    index("payment_transfer_at", &["at"]),
    index("payment_transfer_booked", &["booked_at"]),
    index("payment_transfer_search", &["id", "search_text"]),
]);

/// The columns of [`PAYMENT_REFUND`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod payment_refund {
    use super::*;

    columns! {
        ID = id(),
        PAYMENT_ID = column("payment_id", A_PAYMENT, "Thanh toán", "Payment"),
        // Which decision of a person's it carries out.
        DECISION = text("decision", "Quyết định", "Decision").of(ColumnKind::Text(64)).secret(),
        // Its name at the provider, and the reference of the transfer that books it.
        REQUEST_ID = text("request_id", "Mã lệnh hoàn", "Request id").of(ColumnKind::Text(64)).search(),
        // The transaction that is paid back.
        REFERENCE = text("reference", "Mã giao dịch", "Transaction").of(ColumnKind::Text(128)).exact().search(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(REFUND_STATES)),
        // What the provider said last.
        SAID = text("said", "Cổng nói", "Said").null(),
        REASON = column("reason", ColumnKind::LongText, "Lý do", "Reason"),
        WHO = text("who", "Ai", "Who"),
        // Another attempt took the place of this one, which was refused.
        IS_REPLACED = column("is_replaced", ColumnKind::Bool, "Đã thay", "Replaced").default("0"),
        SENT_AT = at("sent_at", "Gửi lần đầu lúc", "First sent").null(),
        // Whoever sends it holds it until then.
        HELD_UNTIL = at("held_until", "Giữ tới", "Held until").null(),
        // When it is asked about next, while its outcome is open.
        ASK_AT = at("ask_at", "Hỏi lại lúc", "Asked next").null(),
        ASKS = column("asks", ColumnKind::Int, "Số lần hỏi", "Times asked").default("0"),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        SEARCH_TEXT = search_text(),
    }
}

/// Refunds: each attempt to pay one transaction back.
pub static PAYMENT_REFUND: Table = Table::new(
    "payment_refund",
    "Lệnh hoàn tiền",
    "Refunds",
    payment_refund::COLUMNS,
)
.access(Access::Read)
.area(Area::Payments)
.menu(Menu::Money, 10)
.indexes(&[
    unique("payment_refund_request", &["request_id"]),
    index("payment_refund_payment", &["payment_id"]),
    index("payment_refund_ask", &["ask_at"]),
    index("payment_refund_search", &["id", "search_text"]),
]);

/// The columns of [`PAYMENT_EVENT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod payment_event {
    use super::*;

    columns! {
        ID = id(),
        PAYMENT_ID = column("payment_id", A_PAYMENT, "Thanh toán", "Payment").null(),
        PROVIDER = text("provider", "Cổng", "Provider").of(ColumnKind::Choice(PROVIDERS)),
        SOURCE = text("source", "Biết từ", "Source").of(ColumnKind::Choice(EVENT_SOURCES)),
        KIND = text("kind", "Loại", "Kind").of(ColumnKind::Text(64)),
        EVENT_KEY = text("event_key", "Dấu", "Key").of(ColumnKind::Text(64)).secret(),
        BODY = column("body", ColumnKind::LongText, "Nguyên văn", "Raw"),
        ACCEPTED = column("accepted", ColumnKind::Bool, "Có tác dụng", "Accepted"),
        WHY = text("why", "Vì sao", "Why").null(),
        AT = at("at", "Lúc", "At"),
    }
}

/// What providers and people told of payments, as it came.
pub static PAYMENT_EVENT: Table = Table::new(
    "payment_event",
    "Tin từ cổng",
    "Payment events",
    payment_event::COLUMNS,
)
.access(Access::Read)
.area(Area::Payments)
.menu(Menu::Money, 6)
.indexes(&[
    unique("payment_event_key", &["event_key"]),
    index("payment_event_payment", &["payment_id"]),
    index("payment_event_at", &["at"]),
]);

/// The columns of [`UNMATCHED_MONEY`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod unmatched_money {
    use super::*;

    columns! {
        ID = id(),
        PROVIDER = text("provider", "Cổng", "Provider").of(ColumnKind::Choice(PROVIDERS)),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee").null(),
        ORDER_CODE = text("order_code", "Mã đơn", "Order code").of(ColumnKind::Text(32)).search(),
        REFERENCE = text("reference", "Mã giao dịch", "Reference").of(ColumnKind::Text(128)).exact().search(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount"),
        NOTE = column("note", ColumnKind::LongText, "Nội dung chuyển", "Note").null().search(),
        AT = at("at", "Lúc", "At"),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(UNMATCHED_STATES)),
        PAYMENT_ID = column("payment_id", A_PAYMENT, "Thanh toán", "Payment").null(),
        REASON = column("reason", ColumnKind::LongText, "Lý do", "Reason").null(),
        DECIDED_AT = at("decided_at", "Quyết định lúc", "Decided").null(),
        SEARCH_TEXT = search_text(),
    }
}

/// Money that fits no payment.
pub static UNMATCHED_MONEY: Table = Table::new(
    "unmatched_money",
    "Tiền chưa rõ của ai",
    "Unmatched money",
    unmatched_money::COLUMNS,
)
.access(Access::Read)
.area(Area::Payments)
.menu(Menu::Money, 7)
.indexes(&[
    unique(
        "unmatched_money_once",
        &["provider", "order_code", "reference"],
    ),
    index("unmatched_money_state", &["state", "id"]),
]);

/// The columns of [`PAYMENT_DIFFERENCE`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod payment_difference {
    use super::*;

    columns! {
        ID = id(),
        DAY = column("day", ColumnKind::Date, "Ngày", "Day"),
        PROVIDER = text("provider", "Cổng", "Provider").of(ColumnKind::Choice(PROVIDERS)),
        PAYMENT_ID = column("payment_id", A_PAYMENT, "Thanh toán", "Payment"),
        KIND = text("kind", "Khác nhau", "Difference").of(ColumnKind::Choice(DIFFERENCES)),
        REFERENCE = text("reference", "Mã giao dịch", "Reference").of(ColumnKind::Text(128)).exact().default("''"),
        THEIRS = column("theirs", ColumnKind::Money, "Cổng nói", "Theirs").null(),
        OURS = column("ours", ColumnKind::Money, "Ta ghi", "Ours").null(),
        AT = at("at", "So lúc", "Compared"),
        SEEN_AT = at("seen_at", "Đã xem lúc", "Looked at").null(),
    }
}

/// What the daily comparison with providers found.
pub static PAYMENT_DIFFERENCE: Table = Table::new(
    "payment_difference",
    "Đối soát hằng ngày",
    "Daily comparison",
    payment_difference::COLUMNS,
)
.access(Access::Read)
.area(Area::Payments)
.menu(Menu::Money, 8)
.screen(Screen::Comparison)
.indexes(&[unique(
    "payment_difference_once",
    &["day", "payment_id", "kind", "reference"],
)]);

/// The columns of [`PAYMENT_CONFIG`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod payment_config {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee"),
        PROVIDER = text("provider", "Cổng", "Provider").of(ColumnKind::Text(32)),
        // A JSON object, whole, as a Fernet token.
        SETTINGS_SEALED = column("settings_sealed", ColumnKind::LongText, "Cài đặt", "Settings").secret(),
        IS_ON = column("is_on", ColumnKind::Bool, "Đang bật", "On").default("1"),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        VERSION = version(),
    }
}

/// Settings of providers and of what sends letters, sealed.
pub static PAYMENT_CONFIG: Table = Table::new(
    "payment_config",
    "Cổng thanh toán",
    "Providers",
    payment_config::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique("payment_config_once", &["owner_id", "provider"])]);

/// The columns of [`IDEMPOTENCY_KEY`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod idempotency_key {
    use super::*;

    columns! {
        ID = id(),
        CALLER = text("caller", "Ai", "Caller").of(ColumnKind::Text(64)),
        KEY_HASH = text("key_hash", "Khóa", "Key").of(ColumnKind::Text(64)),
        REQUEST_HASH = text("request_hash", "Yêu cầu", "Request").of(ColumnKind::Text(64)),
        // The number of what was made. The answer is read anew from it.
        MADE = column("made", ColumnKind::Int, "Đã lập", "Made").null(),
        AT = at("at", "Lúc", "At"),
    }
}

/// Keys that callers sent along so that a call which is repeated is done once.
pub static IDEMPOTENCY_KEY: Table = Table::new(
    "idempotency_key",
    "Khóa lặp lại",
    "Idempotency keys",
    idempotency_key::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[
    unique("idempotency_key_once", &["caller", "key_hash"]),
    index("idempotency_key_at", &["at"]),
]);

/// The columns of [`CALL_COUNT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod call_count {
    use super::*;

    columns! {
        ID = id(),
        CALLER = text("caller", "Ai", "Caller").of(ColumnKind::Text(64)),
        SINCE = at("since", "Từ lúc", "Since"),
        COUNT = column("count", ColumnKind::Int, "Số lần", "Count"),
    }
}

/// How often somebody began to pay within an hour.
pub static CALL_COUNT: Table = Table::new(
    "call_count",
    "Số lần gọi",
    "Call counts",
    call_count::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[
    unique("call_count_once", &["caller", "since"]),
    index("call_count_since", &["since"]),
]);
