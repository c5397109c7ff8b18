//! Who the shop knows: the users of old, their accounts, sessions, failed sign-ins.

use super::column::*;
use super::table::*;
use super::words::*;

/// The columns of [`USERS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod users {
    use super::*;

    columns! {
        ID = id(),
        USERNAME = text("username", "Tên đăng nhập", "Login").search(),
        // What the old system kept here. Ours are in `accounts`.
        PASSWORD = text("password", "Mật khẩu cũ", "Old password").secret().fixed().default("''"),
        PHONE = text("phone", "Điện thoại", "Phone").null().search(),
        NAME = text("name", "Họ tên", "Name").null().search(),
        EMAIL = text("email", "E-mail", "E-mail").null().search(),
        ADDRESS = text("address", "Địa chỉ", "Address").null().search(),
        UNIT = text("unit", "Đơn vị", "Unit").null(),
        ROLE = column("role", ColumnKind::Int, "Vai trò cũ", "Old role").null(),
        CREATOR = column("creator", A_USER, "Người tạo", "Creator").null(),
        LEADER = column("leader", A_USER, "Trưởng nhóm", "Leader").null(),
        PRINT_BILL = column("print_bill", ColumnKind::Bool, "In biên lai", "Prints receipts").default("0"),
        REMEMBER_TOKEN = text("remember_token", "Mã nhớ cũ", "Old token").of(ColumnKind::Text(100)).null().secret().fixed(),
        TYPE_POSTAGE = text("type_postage", "Loại cước", "Kind of fee").null().default("'A'"),
        TRIAL = column("trial", ColumnKind::Bool, "Dùng thử", "Trial").default("0"),
        TRIAL_EXPIRE_DATE = old_at("trial_expire_date", "Hết hạn dùng thử", "Trial ends"),
        ACTIVE = column("active", ColumnKind::Bool, "Hoạt động", "Active").default("1"),
        BLOCK = column("block", ColumnKind::Bool, "Bị chặn", "Blocked").default("0"),
        TOKEN = column("token", ColumnKind::LongText, "Mã cũ", "Old token").null().secret().fixed(),
        DEVICE_INFO = column("device_info", ColumnKind::LongText, "Thiết bị", "Device").null(),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        SHOP_NAME = text("shop_name", "Tên cửa hàng", "Shop").null().search(),
        SHOP_ADDRESS = text("shop_address", "Địa chỉ cửa hàng", "Shop's address").null(),
        SHOP_PHONE = text("shop_phone", "Điện thoại cửa hàng", "Shop's phone").null(),
        SHOP_PRINT_NAME = text("shop_print_name", "Tên in trên biên lai", "Name on receipts").null(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Users.
pub static USERS: Table = Table::new("users", "Người dùng", "Users", users::COLUMNS)
    .old()
    .access(Access::Edit)
    .area(Area::People)
    .menu(Menu::People, 1)
    .usual(&[
        users::ID,
        users::USERNAME,
        users::NAME,
        users::PHONE,
        users::ACTIVE,
        users::BLOCK,
        users::TRIAL,
        users::TRIAL_EXPIRE_DATE,
        users::SHOP_NAME,
    ])
    .people()
    .on_change(OnChange::EndSessionsOfClosed)
    .indexes(&[index("users_username_gn", &["username"])]);

/// The columns of [`PASSWORD_RESETS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod password_resets {
    use super::*;

    columns! {
        EMAIL = text("email", "E-mail", "E-mail"),
        TOKEN = text("token", "Mã", "Token").secret(),
        CREATED_AT = created(),
    }
}

/// Password resets.
pub static PASSWORD_RESETS: Table = Table::new(
    "password_resets",
    "Đặt lại mật khẩu",
    "Password resets",
    password_resets::COLUMNS,
)
.old()
.access(Access::Hidden)
.indexes(&[index("password_resets_email_gn", &["email"])]);

/// The columns of [`ACCOUNTS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod accounts {
    use super::*;

    columns! {
        ID = id(),
        USER_ID = column("user_id", A_USER, "Người dùng", "User").fixed(),
        ROLE = text("role", "Vai trò", "Role").of(ColumnKind::Choice(Role::CHOICES)),
        PASSWORD_HASH = text("password_hash", "Mật khẩu", "Password").secret().fixed(),
        TOTP_SECRET = text("totp_secret", "Mã hai lớp", "Second factor").null().secret().fixed(),
        TOTP_LAST_STEP = column("totp_last_step", ColumnKind::Int, "Bước cuối", "Last step").null().secret().fixed(),
        RECOVERY_CODES = column("recovery_codes", ColumnKind::LongText, "Mã khôi phục", "Recovery codes").null().secret().fixed(),
        STATUS = text("status", "Trạng thái", "Status").of(ColumnKind::Choice(AccountStatus::CHOICES)),
        // Works for this payee alone; empty: for all.
        PAYEE_ID = column("payee_id", ColumnKind::Relation { table: "owner", shown: "name" }, "Làm cho", "Payee").null(),
        MUST_CHANGE = column("must_change", ColumnKind::Bool, "Phải đổi mật khẩu", "Must change password").default("0"),
        PASSWORD_UNTIL = at("password_until", "Mật khẩu dùng đến", "Password valid until").null(),
        DEVICE = text("device", "Thiết bị gắn", "Bound device").null().secret().fixed(),
        LAST_LOGIN = at("last_login", "Đăng nhập cuối", "Last login").null(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        VERSION = version(),
    }
}

/// Accounts.
pub static ACCOUNTS: Table = Table::new(
    "accounts",
    "Tài khoản đăng nhập",
    "Accounts",
    accounts::COLUMNS,
)
.access(Access::Read)
.area(Area::People)
.menu(Menu::People, 0)
.screen(Screen::People)
.indexes(&[unique("accounts_user", &["user_id"])]);

/// The columns of [`WEB_SESSIONS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod web_sessions {
    use super::*;

    columns! {
        ID = id(),
        HASH = text("hash", "Dấu", "Hash").of(ColumnKind::Text(64)).secret(),
        USER_ID = column("user_id", A_USER, "Người dùng", "User").null(),
        CREATED_AT = at("created_at", "Từ lúc", "Since"),
        LAST_SEEN = at("last_seen", "Thấy lần cuối", "Last seen"),
        EXPIRES_AT = at("expires_at", "Hết hạn", "Expires"),
        IP = text("ip", "Địa chỉ mạng", "Address").of(ColumnKind::Text(64)).null(),
        AGENT = text("agent", "Trình duyệt", "Browser").null(),
        DATA = column("data", ColumnKind::LongText, "Dữ liệu", "Data").null().secret(),
    }
}

/// Sessions.
pub static WEB_SESSIONS: Table = Table::new(
    "web_sessions",
    "Phiên đăng nhập",
    "Sessions",
    web_sessions::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[
    unique("web_sessions_hash", &["hash"]),
    index("web_sessions_user", &["user_id"]),
    index("web_sessions_end", &["expires_at"]),
]);

/// The columns of [`LOGIN_FAILURES`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod login_failures {
    use super::*;

    columns! {
        ID = id(),
        USERNAME = text("username", "Tên đăng nhập", "Login"),
        IP = text("ip", "Địa chỉ mạng", "Address").of(ColumnKind::Text(64)),
        AT = at("at", "Lúc", "At"),
    }
}

/// Failed logins.
pub static LOGIN_FAILURES: Table = Table::new(
    "login_failures",
    "Đăng nhập sai",
    "Failed logins",
    login_failures::COLUMNS,
)
.access(Access::Read)
.area(Area::People)
.menu(Menu::Trail, 2)
.indexes(&[
    index("login_failures_who", &["username", "ip", "at"]),
    index("login_failures_from", &["ip", "at"]),
]);

/// The columns of [`COLLECTOR`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod collector {
    use super::*;

    columns! {
        ID = id(),
        USER_ID = column("user_id", A_USER, "Người", "Person").fixed(),
        KIND = text("kind", "Loại", "Kind").of(ColumnKind::Choice(COLLECTOR_KINDS)),
        CASH_LIMIT = column("cash_limit", ColumnKind::Money, "Hạn mức tiền mặt", "Cash limit").default("0"),
        EXTRA = column("extra", ColumnKind::Money, "Hạn mức bổ sung", "Extra limit").default("0"),
        EXTRA_UNTIL = column("extra_until", ColumnKind::Date, "Bổ sung đến ngày", "Extra until").null(),
        HELD = column("held", ColumnKind::Money, "Đang giữ", "Held").default("0").fixed(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        VERSION = version(),
    }
}

/// What a collector may hold in cash.
pub static COLLECTOR: Table = Table::new(
    "collector",
    "Hạn mức thu tiền mặt",
    "Collectors",
    collector::COLUMNS,
)
.access(Access::Hidden)
.indexes(&[unique("collector_user", &["user_id"])]);
