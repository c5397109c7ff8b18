//! What people are told: letters and messages with their tries and texts, and what stands in the program.

use super::column::*;
use super::payments::{A_PAYEE, A_PAYMENT};
use super::table::*;
use super::words::*;

/// The columns of [`NOTIFICATION`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod notification {
    use super::*;

    columns! {
        ID = id(),
        // For this payee's people, or for one person alone.
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee"),
        USER_ID = column("user_id", A_USER, "Người", "Person").null(),
        NOTIFICATION_KEY = text("notification_key", "Dấu", "Key").of(ColumnKind::Text(64)),
        TITLE = text("title", "Tiêu đề", "Title"),
        TEXT = column("text", ColumnKind::LongText, "Nội dung", "Text"),
        URL = text("url", "Địa chỉ", "Address"),
        AT = at("at", "Lúc", "At"),
    }
}

/// What people are told within the program.
pub static NOTIFICATION: Table = Table::new(
    "notification",
    "Thông báo",
    "Notifications",
    notification::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[
    unique("notification_once", &["notification_key"]),
    index("notification_owner", &["owner_id", "id"]),
    index("notification_user", &["user_id", "id"]),
]);

/// The columns of [`NOTIFICATION_READ`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod notification_read {
    use super::*;

    columns! {
        ID = id(),
        // `user:5` or `token:7`.
        READER = text("reader", "Ai", "Reader").of(ColumnKind::Text(32)),
        NOTIFICATION_ID = column("notification_id", ColumnKind::Int, "Thông báo", "Notification"),
        AT = at("at", "Lúc", "At"),
    }
}

/// Who has read what.
pub static NOTIFICATION_READ: Table = Table::new(
    "notification_read",
    "Đã đọc",
    "Read notifications",
    notification_read::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique(
    "notification_read_once",
    &["reader", "notification_id"],
)]);

/// The columns of [`LETTER`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod letter {
    use super::*;

    columns! {
        ID = id(),
        // The same letter has the same id, whoever writes it and however often it is sent.
        MESSAGE_ID = text("message_id", "Mã thư", "Message id").of(ColumnKind::Text(128)).fixed(),
        CHANNEL = text("channel", "Kênh", "Channel").of(ColumnKind::Choice(CHANNELS)),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee"),
        PAYMENT_ID = column("payment_id", A_PAYMENT, "Thanh toán", "Payment").null(),
        KIND = text("kind", "Loại", "Kind").of(ColumnKind::Text(32)),
        RECIPIENT = text("recipient", "Gửi tới", "To").search(),
        SUBJECT = text("subject", "Tiêu đề", "Subject").search(),
        TEXT = column("text", ColumnKind::LongText, "Nội dung", "Text"),
        HTML = column("html", ColumnKind::LongText, "HTML", "HTML").null(),
        // For a template of a messenger, as JSON.
        DATA = column("data", ColumnKind::LongText, "Dữ liệu mẫu", "Template data").null().secret(),
        // The carrier's number of it, and what the carrier says became of it.
        CARRIER_ID = text("carrier_id", "Mã của kênh", "Carrier's id").of(ColumnKind::Text(128)).null(),
        DELIVERY = text("delivery", "Tới nơi", "Delivery").of(ColumnKind::Choice(DELIVERIES)).null(),
        DELIVERED_AT = at("delivered_at", "Tới lúc", "Delivered").null(),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(LETTER_STATES)),
        TRIES = column("tries", ColumnKind::Int, "Số lần gửi", "Tries").default("0"),
        NEXT_AT = at("next_at", "Gửi lúc", "Next try"),
        SENT_AT = at("sent_at", "Đã gửi lúc", "Sent").null(),
        WHY = text("why", "Vì sao", "Why").null(),
        CREATED_AT = at("created_at", "Viết lúc", "Written"),
        SEARCH_TEXT = search_text(),
    }
}

/// Letters and messages: what was sent, what waits, what was given up.
pub static LETTER: Table = Table::new("letter", "Thư và tin nhắn", "Letters", letter::COLUMNS)
    .access(Access::Read)
    .area(Area::Payments)
    .menu(Menu::Money, 9)
    .usual(&[
        letter::ID,
        letter::CREATED_AT,
        letter::CHANNEL,
        letter::RECIPIENT,
        letter::SUBJECT,
        letter::STATE,
        letter::TRIES,
        letter::NEXT_AT,
        letter::SENT_AT,
        letter::WHY,
    ])
    .screen(Screen::Letters)
    .indexes(&[
        unique("letter_message_id", &["message_id"]),
        index("letter_next", &["state", "next_at"]),
        index("letter_payment", &["payment_id"]),
        index("letter_carrier", &["carrier_id"]),
        index("letter_recipient", &["channel", "recipient", "created_at"]),
        index("letter_search", &["id", "search_text"]),
    ]);

/// The columns of [`LETTER_TRY`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod letter_try {
    use super::*;

    columns! {
        ID = id(),
        LETTER_ID = column("letter_id", ColumnKind::Int, "Thư", "Letter"),
        RESULT = text("result", "Kết quả", "Result").of(ColumnKind::Text(32)),
        WHY = text("why", "Vì sao", "Why").null(),
        AT = at("at", "Lúc", "At"),
    }
}

/// Attempts to send a letter.
pub static LETTER_TRY: Table = Table::new(
    "letter_try",
    "Lần gửi",
    "Attempts to send",
    letter_try::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[index("letter_try_letter", &["letter_id"])]);

/// The columns of [`LETTER_TEMPLATE`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod letter_template {
    use super::*;

    columns! {
        ID = id(),
        OWNER_ID = column("owner_id", A_PAYEE, "Bên nhận", "Payee"),
        KIND = text("kind", "Loại", "Kind").of(ColumnKind::Text(32)),
        SUBJECT = text("subject", "Tiêu đề", "Subject"),
        BODY = column("body", ColumnKind::LongText, "Nội dung", "Text"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        VERSION = version(),
    }
}

/// What letters say, in the shop's words.
pub static LETTER_TEMPLATE: Table = Table::new(
    "letter_template",
    "Mẫu thư",
    "Letter templates",
    letter_template::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique("letter_template_once", &["owner_id", "kind"])]);
