//! What the server keeps for itself: machines, imports, the audit trail, settings, who leads.

use super::column::*;
use super::table::*;
use super::words::*;

/// The columns of [`MIGRATIONS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod migrations {
    use super::*;

    columns! {
        ID = id(),
        MIGRATION = text("migration", "Bước", "Step"),
        BATCH = column("batch", ColumnKind::Int, "Đợt", "Batch"),
    }
}

/// Old migrations.
pub static MIGRATIONS: Table = Table::new(
    "migrations",
    "Lịch sử lược đồ cũ",
    "Old migrations",
    migrations::COLUMNS,
)
.old()
.access(Access::Hidden);

/// The columns of [`MACHINES`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod machines {
    use super::*;

    columns! {
        ID = id(),
        NAME = text("name", "Tên máy", "Name").search(),
        PREFIX = text("prefix", "Đầu mã", "Prefix").of(ColumnKind::Text(16)).fixed(),
        TOKEN_HASH = text("token_hash", "Mã", "Token").of(ColumnKind::Text(64)).fixed().secret(),
        SCOPES = text("scopes", "Quyền", "Scopes").fixed(),
        // The token sees what this person sees.
        PERSON_ID = column("person_id", A_USER, "Của người", "Person").null().fixed(),
        EXPIRES_AT = at("expires_at", "Hết hạn", "Expires").null(),
        REVOKED_AT = at("revoked_at", "Thu hồi lúc", "Revoked").null(),
        LAST_SEEN = at("last_seen", "Thấy lần cuối", "Last seen").null(),
        PROGRAM = text("program", "Phiên bản", "Program").null().fixed(),
        SESSIONS = column("sessions", ColumnKind::Int, "Phiên đang chạy", "Sessions").default("0").fixed(),
        OPERATOR = text("operator", "Nhân viên", "Operator").null().fixed().search(),
        CREATED_BY = column("created_by", A_USER, "Người tạo", "Created by").null().fixed(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        VERSION = version(),
        SEARCH_TEXT = search_text(),
    }
}

/// Machines and tokens.
pub static MACHINES: Table = Table::new(
    "machines",
    "Máy và mã truy cập",
    "Machines and tokens",
    machines::COLUMNS,
)
.access(Access::Read)
.area(Area::Machines)
.menu(Menu::People, 2)
.screen(Screen::Machines)
.indexes(&[unique("machines_prefix", &["prefix"])]);

/// The columns of [`IMPORTS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod imports {
    use super::*;

    columns! {
        ID = id(),
        TABLE_NAME = text("table_name", "Bảng", "Table").of(ColumnKind::Choice(TABLE_NAMES)).fixed(),
        FILENAME = text("filename", "Tệp", "File").null().search().fixed(),
        ROW_COUNT = column("row_count", ColumnKind::Int, "Số dòng", "Rows").default("0").fixed(),
        ROW_IDS = column("row_ids", ColumnKind::LongText, "Các dòng", "Row ids").null().fixed().secret(),
        CREATED_BY = column("created_by", A_USER, "Người nhập", "Created by").null().fixed(),
        CREATED_AT = at("created_at", "Nhập lúc", "Created"),
        UNDONE_AT = at("undone_at", "Hoàn tác lúc", "Undone").null(),
        SEARCH_TEXT = search_text(),
    }
}

/// Imports.
pub static IMPORTS: Table = Table::new("imports", "Lần nhập", "Imports", imports::COLUMNS)
    .access(Access::Read)
    .area(Area::Trail)
    .menu(Menu::Trail, 1)
    .screen(Screen::Imports);

/// The columns of [`AUDIT`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod audit {
    use super::*;

    columns! {
        ID = id(),
        AT = at("at", "Lúc", "At"),
        USER_ID = column("user_id", A_USER, "Ai", "Who").null(),
        WHO = text("who", "Tên", "Name").search(),
        FROM_WHERE = text("from_where", "Từ đâu", "From").null(),
        ACTION = text("action", "Việc làm", "Action").of(ColumnKind::Choice(AuditAction::CHOICES)).search(),
        TABLE_NAME = text("table_name", "Bảng", "Table").of(ColumnKind::Choice(TABLE_NAMES)).null(),
        ROW_ID = column("row_id", ColumnKind::Int, "Dòng", "Row").null(),
        BEFORE_JSON = column("before_json", ColumnKind::LongText, "Trước", "Before").null(),
        AFTER_JSON = column("after_json", ColumnKind::LongText, "Sau", "After").null(),
        REQUEST_ID = text("request_id", "Mã yêu cầu", "Request").of(ColumnKind::Text(64)).null(),
        SEARCH_TEXT = search_text(),
    }
}

/// Audit trail.
pub static AUDIT: Table = Table::new("audit", "Nhật ký thay đổi", "Audit trail", audit::COLUMNS)
    .access(Access::Read)
    .area(Area::Trail)
    .menu(Menu::Trail, 0)
    .usual(&[
        audit::ID,
        audit::AT,
        audit::WHO,
        audit::ACTION,
        audit::TABLE_NAME,
        audit::ROW_ID,
        audit::FROM_WHERE,
    ])
    .indexes(&[
        index("audit_row", &["table_name", "row_id"]),
        index("audit_at", &["at"]),
        index("audit_user", &["user_id", "at"]),
        index("audit_search", &["id", "search_text"]),
    ]);

/// The columns of [`SETTINGS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod settings {
    use super::*;

    columns! {
        ID = id(),
        NAME = text("name", "Tên", "Name").fixed(),
        VALUE = column("value", ColumnKind::LongText, "Giá trị", "Value").secret(),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        VERSION = version(),
    }
}

/// Settings.
pub static SETTINGS: Table = Table::new("settings", "Cài đặt", "Settings", settings::COLUMNS)
    .access(Access::Hidden)
    .indexes(&[unique("settings_name", &["name"])]);

/// The columns of [`IMPORT_CHANGE`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod import_change {
    use super::*;

    columns! {
        ID = id(),
        IMPORT_ID = column("import_id", ColumnKind::Int, "Lần nhập", "Import"),
        CHANGE = text("change_json", "Thay đổi", "Change").of(ColumnKind::LongText),
    }
}

/// What a file changed of rows that were there before it, so that it can be taken back.
pub static IMPORT_CHANGE: Table = Table::new(
    "import_change",
    "Thay đổi do nhập tệp",
    "Changes by imports",
    import_change::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[index("import_change_import", &["import_id", "id"])]);

/// The columns of [`LEADER_LEASE`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod leader_lease {
    use super::*;

    columns! {
        ID = id(),
        NAME = text("name", "Nhiệm vụ", "Task").of(ColumnKind::Text(64)),
        OWNER = text("owner", "Máy chủ", "Server").of(ColumnKind::Text(64)),
        UNTIL_MS = at("until_ms", "Đến", "Until"),
        FENCE = column("fence", ColumnKind::Int, "Lần", "Fence").default("0"),
    }
}

/// Leader.
pub static LEADER_LEASE: Table = Table::new(
    "leader_lease",
    "Máy chủ đang trực",
    "Leader",
    leader_lease::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique("leader_lease_name", &["name"])]);
