//! Every table and column of the server, once: what it is called, what it holds, who may see and
//! change it.
//!
//! Lives here: data. The schema, the generic table access, copies, imports and exports are all
//! driven by it, and a column's name in a query never comes from anywhere else. Never here: SQL,
//! I/O.

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The table's own number.
    Id,
    /// A whole number.
    Int,
    /// Whole đồng.
    Money,
    /// An amount of the old system, with two decimals.
    Decimal,
    /// Text of at most so many characters.
    Text(u16),
    /// Text of any length.
    LongText,
    /// Yes or no.
    Bool,
    /// `2025-08-31`
    Date,
    /// Milliseconds since 1970.
    TimeMs,
    /// A time of the old system: `2025-08-31 10:20:30`, UTC.
    OldTime,
    /// One of these values, with the words for people.
    Choice(&'static [(&'static str, &'static str)]),
    /// The id of a row of another table, shown by one of its columns.
    Relation {
        /// The other table.
        table: &'static str,
        /// What a person knows its rows by.
        shown: &'static str,
    },
}

impl Kind {
    /// Is it a number in the database?
    pub const fn is_number(self) -> bool {
        matches!(
            self,
            Self::Id | Self::Int | Self::Money | Self::Bool | Self::TimeMs | Self::Relation { .. }
        )
    }
}

/// One column.
#[derive(Debug, Clone, Copy)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a row of a table of facts, each by its own name"
)]
pub struct Column {
    /// Its name in the database.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// What people call it.
    pub vi: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// May it be empty?
    pub nullable: bool,
    /// What stands there when nobody says, as SQL.
    pub default: Option<&'static str>,
    /// May a person change it?
    pub editable: bool,
    /// Does it go into `search_text`?
    pub searchable: bool,
    /// Never shown, exported or written by the generic access.
    pub secret: bool,
    /// Its type in the old MariaDB schema, where that is not what we would take.
    pub old_type: Option<&'static str>,
}

/// An index.
#[derive(Debug, Clone, Copy)]
pub struct Index {
    /// Its name, unique in the database.
    pub name: &'static str,
    /// Its columns, in order.
    pub columns: &'static [&'static str],
    /// May no two rows be equal in them?
    pub unique: bool,
}

/// What the generic access may do with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Read and change.
    Edit,
    /// Read only: it is written by its own rules.
    Read,
    /// Not at all.
    Hidden,
}

/// One table.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name in the database.
    pub name: &'static str,
    /// What people call it.
    pub vi: &'static str,
    /// The same in English.
    pub en: &'static str,
    /// Its columns, the id first.
    pub columns: &'static [Column],
    /// Beside the primary key.
    pub indexes: &'static [Index],
    /// Was it there before us? Then it keeps its name and columns.
    pub is_old: bool,
    /// What the generic access may do.
    pub access: Access,
}

impl Table {
    /// The column of this name.
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|c| c.name == name)
    }

    /// Is there one?
    pub fn has(&self, name: &str) -> bool {
        self.column(name).is_some()
    }

    /// Do its rows have a number?
    pub fn is_keyed(&self) -> bool {
        self.columns.first().is_some_and(|c| c.kind == Kind::Id)
    }

    /// What may be shown.
    pub fn shown(&self) -> impl Iterator<Item = &'static Column> + use<> {
        self.columns.iter().filter(|c| !c.secret)
    }
}

/// The table of this name that may be seen.
pub fn table(name: &str) -> Option<&'static Table> {
    TABLES
        .iter()
        .find(|t| t.name == name && t.access != Access::Hidden)
}

const fn column(name: &'static str, kind: Kind, vi: &'static str, en: &'static str) -> Column {
    Column {
        name,
        kind,
        vi,
        en,
        nullable: false,
        default: None,
        editable: true,
        searchable: false,
        secret: false,
        old_type: None,
    }
}

const fn id() -> Column {
    column("id", Kind::Id, "Số", "Number").fixed()
}

const fn text(name: &'static str, vi: &'static str, en: &'static str) -> Column {
    column(name, Kind::Text(255), vi, en)
}

const fn at(name: &'static str, vi: &'static str, en: &'static str) -> Column {
    column(name, Kind::TimeMs, vi, en).fixed()
}

const fn old_at(name: &'static str, vi: &'static str, en: &'static str) -> Column {
    column(name, Kind::OldTime, vi, en).null()
}

const CREATED: Column = old_at("created_at", "Tạo lúc", "Created").fixed();
const UPDATED: Column = old_at("updated_at", "Sửa lúc", "Changed").fixed();
/// What we add to every old table that people edit.
const VERSION: Column = column("version", Kind::Int, "Phiên bản", "Version")
    .was("bigint")
    .default("0")
    .fixed();
const DELETED: Column = at("deleted_at", "Xóa lúc", "Deleted").was("bigint").null();
/// Characters of a row that a search sees: more do not fit into MariaDB's index.
pub const SEARCH_MAX: u16 = 700;
const SEARCH: Column = column("search_text", Kind::LongText, "Tìm kiếm", "Search text")
    .null()
    .fixed()
    .secret();

impl Column {
    const fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    const fn default(mut self, sql: &'static str) -> Self {
        self.default = Some(sql);
        self
    }

    const fn fixed(mut self) -> Self {
        self.editable = false;
        self
    }

    const fn search(mut self) -> Self {
        self.searchable = true;
        self
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self.editable = false;
        self
    }

    const fn was(mut self, old_type: &'static str) -> Self {
        self.old_type = Some(old_type);
        self
    }

    const fn of(mut self, kind: Kind) -> Self {
        self.kind = kind;
        self
    }
}

const fn index(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index {
        name,
        columns,
        unique: false,
    }
}

const fn unique(name: &'static str, columns: &'static [&'static str]) -> Index {
    Index {
        name,
        columns,
        unique: true,
    }
}

const USER: Kind = Kind::Relation {
    table: "users",
    shown: "username",
};
const MACHINE: Kind = Kind::Relation {
    table: "machines",
    shown: "name",
};
const JOB: Kind = Kind::Relation {
    table: "jobs",
    shown: "code",
};

/// The wire names of the services with their titles, as `domain::Service` has them (a test
/// compares).
pub const SERVICES: &[(&str, &str)] = &[
    ("tra_cuu_ftth", "Tra cứu FTTH"),
    ("gach_dien_evn", "Gạch điện EVN"),
    ("nap_tien_da_mang", "Nạp tiền đa mạng"),
    ("nap_tien_viettel", "Nạp tiền Viettel"),
    ("thanh_toan_tv_internet", "Thanh toán TV – Internet"),
    ("tra_cuu_no_tra_sau", "Tra cứu nợ trả sau"),
];

/// A job's states, as `domain::JobState` has them.
pub const JOB_STATES: &[(&str, &str)] = &[
    ("ready", "Chờ làm"),
    ("leased", "Đang làm"),
    ("armed", "Đang thanh toán"),
    ("done", "Xong"),
    ("failed", "Không làm được"),
    ("in_doubt", "Chưa rõ, cần đối soát"),
    ("review", "Cần người xem"),
    ("cancelled", "Đã hủy"),
];

const OUTCOMES: &[(&str, &str)] = &[
    ("paid", "Đã thanh toán"),
    ("debt", "Còn nợ"),
    ("no_debt", "Không nợ cước"),
    ("already_cleared", "Đã gạch trước đó"),
    ("not_found", "Không tìm thấy"),
    ("rejected", "Cổng từ chối"),
    ("refused", "Không làm (giới hạn)"),
    ("failed", "Lỗi, làm lại được"),
    ("not_sent", "Chưa gửi"),
    ("unknown", "Chưa rõ, cần xem"),
    ("cancelled", "Chưa làm"),
    ("dry_run", "Chạy thử"),
];

const PROOFS: &[(&str, &str)] = &[
    ("response", "Câu trả lời của cổng"),
    ("reattach", "Đọc lại trình duyệt"),
    ("history", "Lịch sử giao dịch"),
    ("balance", "Số dư"),
    ("person", "Người xác nhận"),
    ("none", "—"),
];

/// What a person may do.
pub const ROLES: &[(&str, &str)] = &[
    ("owner", "Chủ cửa hàng"),
    ("manager", "Quản lý"),
    ("operator", "Nhân viên gạch nợ"),
    ("collector", "Nhân viên thu cước"),
    ("read_only", "Chỉ xem"),
];

const ACCOUNT_STATES: &[(&str, &str)] = &[
    ("active", "Hoạt động"),
    ("pending", "Chờ duyệt"),
    ("suspended", "Tạm khóa"),
];
const VERDICTS: &[(&str, &str)] = &[
    ("accepted", "Đã nhận"),
    ("refused", "Không nhận, giữ lại xem"),
];

/// What the trail tells of.
pub const ACTIONS: &[(&str, &str)] = &[
    ("add", "Thêm"),
    ("change", "Sửa"),
    ("delete", "Xóa"),
    ("restore", "Khôi phục"),
    ("import", "Nhập tệp"),
    ("import.undo", "Hoàn tác lần nhập"),
    ("export", "Xuất tệp"),
    ("jobs.add", "Thêm việc"),
    ("jobs.decide", "Quyết định"),
    ("reports.seen", "Đã xem báo cáo"),
    ("login", "Đăng nhập"),
    ("logout", "Đăng xuất"),
    ("login_failed", "Đăng nhập sai"),
    ("login_device", "Đăng nhập từ thiết bị lạ"),
    ("refused", "Bị từ chối"),
    ("sessions.end", "Kết thúc phiên"),
    ("accounts.add", "Thêm tài khoản"),
    ("accounts.standing", "Đổi vai trò, trạng thái"),
    ("accounts.trial", "Đổi hạn dùng thử"),
    ("accounts.password", "Đổi mật khẩu"),
    ("accounts.reset", "Cấp mật khẩu một lần"),
    ("accounts.totp_on", "Bật bảo vệ hai lớp"),
    ("accounts.totp_off", "Tắt bảo vệ hai lớp"),
    ("accounts.device", "Chọn gắn thiết bị"),
    ("accounts.device_bound", "Gắn thiết bị"),
    ("machines.add", "Thêm máy"),
    ("machines.revoke", "Thu hồi mã máy"),
    ("settings.set", "Đổi cài đặt"),
];

/// Tables by the names that the trail and imports keep (a test compares).
pub const TABLE_NAMES: &[(&str, &str)] = &[
    ("admin_config", "Cài đặt cũ"),
    ("banner", "Banner"),
    ("users", "Người dùng"),
    ("products", "Sản phẩm"),
    ("orders", "Đơn hàng"),
    ("order_details", "Chi tiết đơn"),
    ("collection_data", "Thu cước"),
    ("transporter_transaction", "Giao dịch vận chuyển"),
    ("machines", "Máy và mã truy cập"),
    ("imports", "Lần nhập"),
    ("jobs", "Việc"),
    ("debt_locks", "Nợ đang khóa"),
    ("attempts", "Lần thanh toán"),
    ("reports", "Kết quả gửi về"),
    ("limits", "Hạn mức"),
    ("accounts", "Tài khoản đăng nhập"),
    ("login_failures", "Đăng nhập sai"),
    ("audit", "Nhật ký thay đổi"),
    ("settings", "Cài đặt"),
];

/// All tables, in an order in which rows can be copied.
pub const TABLES: &[Table] = &[
    Table {
        name: "admin_config",
        vi: "Cài đặt cũ",
        en: "Old settings",
        columns: &[
            id(),
            text("key", "Khóa", "Key").search(),
            text("value", "Giá trị", "Value").search(),
            CREATED,
            UPDATED,
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "banner",
        vi: "Banner",
        en: "Banners",
        columns: &[
            id(),
            text("name", "Tên", "Name").search(),
            column("content", Kind::LongText, "Nội dung", "Content")
                .null()
                .search(),
            text("position", "Vị trí", "Position").null(),
            text("link", "Liên kết", "Link").null(),
            column("link_to", Kind::LongText, "Mở tới", "Opens").null(),
            column("publish", Kind::Bool, "Đang hiện", "Shown").default("0"),
            CREATED,
            UPDATED,
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "users",
        vi: "Người dùng",
        en: "Users",
        columns: &[
            id(),
            text("username", "Tên đăng nhập", "Login").search(),
            // What the old system kept here. Ours are in `accounts`.
            text("password", "Mật khẩu cũ", "Old password")
                .secret()
                .fixed()
                .default("''"),
            text("phone", "Điện thoại", "Phone").null().search(),
            text("name", "Họ tên", "Name").null().search(),
            text("email", "E-mail", "E-mail").null().search(),
            text("address", "Địa chỉ", "Address").null().search(),
            text("unit", "Đơn vị", "Unit").null(),
            column("role", Kind::Int, "Vai trò cũ", "Old role").null(),
            column("creator", USER, "Người tạo", "Creator").null(),
            column("leader", USER, "Trưởng nhóm", "Leader").null(),
            column("print_bill", Kind::Bool, "In biên lai", "Prints receipts").default("0"),
            text("remember_token", "Mã nhớ cũ", "Old token")
                .of(Kind::Text(100))
                .null()
                .secret()
                .fixed(),
            text("type_postage", "Loại cước", "Kind of fee")
                .null()
                .default("'A'"),
            column("trial", Kind::Bool, "Dùng thử", "Trial").default("0"),
            old_at("trial_expire_date", "Hết hạn dùng thử", "Trial ends"),
            column("active", Kind::Bool, "Hoạt động", "Active").default("1"),
            column("block", Kind::Bool, "Bị chặn", "Blocked").default("0"),
            column("token", Kind::LongText, "Mã cũ", "Old token")
                .null()
                .secret()
                .fixed(),
            column("device_info", Kind::LongText, "Thiết bị", "Device").null(),
            CREATED,
            UPDATED,
            text("shop_name", "Tên cửa hàng", "Shop").null().search(),
            text("shop_address", "Địa chỉ cửa hàng", "Shop's address").null(),
            text("shop_phone", "Điện thoại cửa hàng", "Shop's phone").null(),
            text(
                "shop_print_name",
                "Tên in trên biên lai",
                "Name on receipts",
            )
            .null(),
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[index("users_username_gn", &["username"])],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "products",
        vi: "Sản phẩm",
        en: "Products",
        columns: &[
            id(),
            column("user_id", USER, "Người dùng", "User").was("int unsigned"),
            text("title", "Tên", "Title").search(),
            column("price", Kind::Money, "Giá", "Price").was("bigint unsigned"),
            text("currency", "Tiền tệ", "Currency").default("'VND'"),
            column("discount", Kind::Money, "Giảm", "Discount")
                .was("bigint unsigned")
                .default("0"),
            column("percent_discount", Kind::Int, "Giảm %", "Discount %")
                .was("int unsigned")
                .default("0"),
            column("quantity", Kind::Int, "Số lượng", "Quantity")
                .was("int")
                .default("0"),
            text("serial", "Số sê-ri", "Serial").null().search(),
            column("final_price", Kind::Money, "Giá bán", "Final price")
                .was("bigint unsigned")
                .default("0"),
            CREATED,
            UPDATED,
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[index("products_title_gn", &["title"])],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "orders",
        vi: "Đơn hàng",
        en: "Orders",
        columns: &[
            id(),
            text("user", "Khách", "Customer").default("''").search(),
            column("table_id", Kind::Int, "Bàn", "Table")
                .was("int unsigned")
                .default("0"),
            column("discount", Kind::Money, "Giảm", "Discount")
                .was("bigint unsigned")
                .default("0"),
            column("total", Kind::Money, "Tổng", "Total")
                .was("bigint unsigned")
                .default("0"),
            column("is_paid", Kind::Bool, "Đã trả", "Paid").default("0"),
            CREATED,
            UPDATED,
            column("user_id", USER, "Người dùng", "User")
                .was("int unsigned")
                .null(),
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[index("orders_user_id_gn", &["user_id"])],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "order_details",
        vi: "Chi tiết đơn",
        en: "Order details",
        columns: &[
            id(),
            column(
                "order_id",
                Kind::Relation {
                    table: "orders",
                    shown: "user",
                },
                "Đơn hàng",
                "Order",
            )
            .was("int unsigned"),
            column(
                "product_id",
                Kind::Relation {
                    table: "products",
                    shown: "title",
                },
                "Sản phẩm",
                "Product",
            )
            .was("int unsigned"),
            column("quantity", Kind::Int, "Số lượng", "Quantity")
                .was("int unsigned")
                .default("1"),
            column("discount", Kind::Money, "Giảm", "Discount")
                .was("bigint unsigned")
                .default("0"),
            column("unit_price", Kind::Money, "Đơn giá", "Unit price")
                .was("bigint unsigned")
                .default("0"),
            column("price", Kind::Money, "Thành tiền", "Price")
                .was("bigint unsigned")
                .default("0"),
            CREATED,
            UPDATED,
            VERSION,
            DELETED,
        ],
        indexes: &[
            index("order_details_order_gn", &["order_id"]),
            index("order_details_product_gn", &["product_id"]),
        ],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "collection_data",
        vi: "Thu cước",
        en: "Collection",
        columns: &[
            id(),
            text("code", "Mã", "Code").null().search(),
            text("name", "Khách hàng", "Customer").null().search(),
            text("account", "Tài khoản", "Account").null().search(),
            text("phone", "Điện thoại", "Phone").null().search(),
            text("address", "Địa chỉ", "Address").null().search(),
            column("postage", Kind::Money, "Cước phải thu", "Owed")
                .was("int")
                .default("0"),
            text("form", "Hình thức", "Form").null(),
            text("username", "Nhân viên thu", "Collector")
                .null()
                .search(),
            text("leader_username", "Trưởng nhóm", "Leader").null(),
            column("period", Kind::Date, "Kỳ cước", "Period").null(),
            text("service", "Dịch vụ", "Service").default("'Cước viễn thông'"),
            text("ads", "Ghi chú in", "Note on receipt").null(),
            text("filename", "Tệp nhập", "Import file").null(),
            column("creator", USER, "Người nhập", "Creator").null(),
            column("paid_value", Kind::Money, "Đã thu", "Paid")
                .was("int")
                .null()
                .default("0"),
            column("bill", Kind::Bool, "Đã in biên lai", "Receipt printed")
                .null()
                .default("0"),
            text("trans_id", "Mã giao dịch", "Transaction")
                .null()
                .search(),
            column("completed", Kind::Bool, "Hoàn thành", "Completed")
                .null()
                .default("0"),
            column("updated_date", Kind::Date, "Ngày thu", "Collected on").null(),
            old_at("updated_time", "Thu lúc", "Collected at"),
            text("updated_username", "Người thu", "Collected by").null(),
            CREATED,
            UPDATED,
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[
            index("collection_code_gn", &["code"]),
            index("collection_account_gn", &["account"]),
            index("collection_phone_gn", &["phone"]),
            index("collection_user_gn", &["username"]),
            index("collection_period_gn", &["period"]),
            index("collection_search_gn", &["id", "search_text", "deleted_at"]),
        ],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "transporter_transaction",
        vi: "Giao dịch vận chuyển",
        en: "Transporter transactions",
        columns: &[
            id(),
            text("transporter_name", "Đơn vị vận chuyển", "Transporter")
                .null()
                .search(),
            text("transporter_code", "Mã đơn vị", "Transporter's code")
                .null()
                .search(),
            text("bill_code", "Mã vận đơn", "Bill").null().search(),
            text("trans_id", "Mã giao dịch", "Transaction")
                .null()
                .search(),
            text("request_date", "Ngày yêu cầu", "Requested").null(),
            // double(8,2) in the old schema, which cannot hold one million.
            column("total_amount", Kind::Decimal, "Tổng tiền", "Total").null(),
            column("list_bill", Kind::LongText, "Danh sách vận đơn", "Bills").null(),
            CREATED,
            UPDATED,
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[],
        is_old: true,
        access: Access::Edit,
    },
    Table {
        name: "password_resets",
        vi: "Đặt lại mật khẩu",
        en: "Password resets",
        columns: &[
            text("email", "E-mail", "E-mail"),
            text("token", "Mã", "Token").secret(),
            CREATED,
        ],
        indexes: &[index("password_resets_email_gn", &["email"])],
        is_old: true,
        access: Access::Hidden,
    },
    Table {
        name: "migrations",
        vi: "Lịch sử lược đồ cũ",
        en: "Old migrations",
        columns: &[
            id(),
            text("migration", "Bước", "Step"),
            column("batch", Kind::Int, "Đợt", "Batch"),
        ],
        indexes: &[],
        is_old: true,
        access: Access::Hidden,
    },
    Table {
        name: "machines",
        vi: "Máy và mã truy cập",
        en: "Machines and tokens",
        columns: &[
            id(),
            text("name", "Tên máy", "Name").search(),
            text("prefix", "Đầu mã", "Prefix")
                .of(Kind::Text(16))
                .fixed(),
            text("token_hash", "Mã", "Token")
                .of(Kind::Text(64))
                .fixed()
                .secret(),
            text("scopes", "Quyền", "Scopes").fixed(),
            at("expires_at", "Hết hạn", "Expires").null(),
            at("revoked_at", "Thu hồi lúc", "Revoked").null(),
            at("last_seen", "Thấy lần cuối", "Last seen").null(),
            text("program", "Phiên bản", "Program").null().fixed(),
            column("sessions", Kind::Int, "Phiên đang chạy", "Sessions")
                .default("0")
                .fixed(),
            text("operator", "Nhân viên", "Operator")
                .null()
                .fixed()
                .search(),
            column("created_by", USER, "Người tạo", "Created by")
                .null()
                .fixed(),
            at("created_at", "Tạo lúc", "Created"),
            VERSION,
            SEARCH,
        ],
        indexes: &[unique("machines_prefix", &["prefix"])],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "imports",
        vi: "Lần nhập",
        en: "Imports",
        columns: &[
            id(),
            text("table_name", "Bảng", "Table")
                .of(Kind::Choice(TABLE_NAMES))
                .fixed(),
            text("filename", "Tệp", "File").null().search().fixed(),
            column("row_count", Kind::Int, "Số dòng", "Rows")
                .default("0")
                .fixed(),
            column("row_ids", Kind::LongText, "Các dòng", "Row ids")
                .null()
                .fixed()
                .secret(),
            column("created_by", USER, "Người nhập", "Created by")
                .null()
                .fixed(),
            at("created_at", "Nhập lúc", "Created"),
            at("undone_at", "Hoàn tác lúc", "Undone").null(),
            SEARCH,
        ],
        indexes: &[],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "jobs",
        vi: "Việc",
        en: "Jobs",
        columns: &[
            id(),
            text("public_id", "Mã việc", "Public id")
                .of(Kind::Text(36))
                .fixed(),
            text("service", "Dịch vụ", "Service")
                .of(Kind::Choice(SERVICES))
                .fixed(),
            text("code", "Mã / số", "Code").search().fixed(),
            column("amount", Kind::Money, "Số tiền nạp", "Top-up amount")
                .null()
                .fixed(),
            column(
                "expected_amount",
                Kind::Money,
                "Số tiền dự kiến",
                "Expected amount",
            )
            .null(),
            text("receiver_phone", "SĐT nhận", "Receiver's phone")
                .of(Kind::Text(20))
                .null(),
            text("payment_type", "Hình thức", "Payment type")
                .of(Kind::Text(32))
                .null()
                .fixed(),
            text("period", "Kỳ", "Period").of(Kind::Text(32)).null(),
            text("order_id", "Đơn hàng", "Order")
                .null()
                .search()
                .fixed(),
            text("source", "Nguồn", "Source")
                .of(Kind::Text(64))
                .default("''")
                .fixed(),
            column("note", Kind::LongText, "Ghi chú", "Note")
                .null()
                .search(),
            column("priority", Kind::Int, "Ưu tiên", "Priority").default("100"),
            at("run_at", "Làm từ lúc", "Not before"),
            text("state", "Trạng thái", "State")
                .of(Kind::Choice(JOB_STATES))
                .fixed(),
            text("outcome", "Kết quả", "Outcome")
                .of(Kind::Choice(OUTCOMES))
                .null()
                .fixed(),
            column("paid_amount", Kind::Money, "Đã thanh toán", "Paid")
                .null()
                .fixed(),
            text("transaction_id", "Mã giao dịch", "Transaction")
                .null()
                .search()
                .fixed(),
            text("proof", "Bằng chứng", "Proof")
                .of(Kind::Choice(PROOFS))
                .null()
                .fixed(),
            column(
                "message",
                Kind::LongText,
                "Thông báo của cổng",
                "Portal's message",
            )
            .null()
            .search()
            .fixed(),
            column("machine_id", MACHINE, "Máy", "Machine")
                .null()
                .fixed(),
            text("lease_id", "Lượt nhận", "Lease")
                .of(Kind::Text(36))
                .null()
                .fixed(),
            at("lease_until", "Giữ đến", "Leased until").null(),
            at("heartbeat_at", "Tín hiệu cuối", "Heartbeat").null(),
            column("fence", Kind::Int, "Lần giao", "Fence")
                .default("0")
                .fixed(),
            column("tries", Kind::Int, "Số lần thử", "Tries")
                .default("0")
                .fixed(),
            column("lease_shard", Kind::Int, "Mảnh", "Shard")
                .default("0")
                .fixed(),
            column(
                "import_id",
                Kind::Relation {
                    table: "imports",
                    shown: "filename",
                },
                "Lần nhập",
                "Import",
            )
            .null()
            .fixed(),
            column(
                "collection_data_id",
                Kind::Relation {
                    table: "collection_data",
                    shown: "code",
                },
                "Thu cước",
                "Collection row",
            )
            .null()
            .fixed(),
            text("debt_key", "Khóa nợ", "Debt key").fixed().secret(),
            text("live_key", "Khóa trùng", "Live key")
                .of(Kind::Text(64))
                .null()
                .fixed()
                .secret(),
            text("add_key", "Khóa thêm", "Idempotency key")
                .of(Kind::Text(64))
                .null()
                .fixed()
                .secret(),
            VERSION,
            column("created_by", USER, "Người tạo", "Created by")
                .null()
                .fixed(),
            at("created_at", "Tạo lúc", "Created"),
            at("updated_at", "Sửa lúc", "Changed"),
            // What somebody edits later moves no payment into another day.
            at("ended_at", "Xong lúc", "Ended").null(),
            at("disputed_at", "Báo cáo trái ngược lúc", "Disputed").null(),
            DELETED,
            SEARCH,
        ],
        indexes: &[
            unique("jobs_public_id", &["public_id"]),
            unique("jobs_live_key", &["live_key"]),
            unique("jobs_add_key", &["add_key"]),
            // Serves filter and order of a claim: with less, the second worker gets nothing while
            // the first holds its rows.
            index(
                "jobs_claim",
                &["state", "service", "priority", "run_at", "id"],
            ),
            index("jobs_lease", &["state", "lease_until"]),
            index("jobs_debt", &["debt_key"]),
            index("jobs_code", &["code"]),
            index("jobs_updated", &["updated_at"]),
            index("jobs_ended", &["ended_at"]),
            // A list of one state by time, which people look at: without it the time's index is
            // read past all other states.
            index("jobs_state_time", &["state", "updated_at"]),
            index("jobs_machine", &["machine_id", "state"]),
            index("jobs_search", &["id", "search_text", "deleted_at"]),
        ],
        is_old: false,
        access: Access::Edit,
    },
    Table {
        name: "debt_locks",
        vi: "Nợ đang khóa",
        en: "Locked debts",
        columns: &[
            id(),
            text("debt_key", "Khóa nợ", "Debt key"),
            column("job_id", JOB, "Việc", "Job"),
            at("since", "Từ lúc", "Since"),
        ],
        indexes: &[unique("debt_locks_key", &["debt_key"])],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "attempts",
        vi: "Lần thanh toán",
        en: "Attempts",
        columns: &[
            id(),
            text("attempt", "Mã lần thanh toán", "Attempt").of(Kind::Text(36)),
            column("job_id", JOB, "Việc", "Job"),
            column("fence", Kind::Int, "Lần giao", "Fence"),
            column("machine_id", MACHINE, "Máy", "Machine").null(),
            column("amount", Kind::Money, "Số tiền", "Amount").null(),
            at("armed_at", "Cho phép lúc", "Armed"),
        ],
        indexes: &[
            unique("attempts_attempt", &["attempt"]),
            index("attempts_job", &["job_id"]),
            index("attempts_at", &["machine_id", "armed_at"]),
        ],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "reports",
        vi: "Kết quả gửi về",
        en: "Reports",
        columns: &[
            id(),
            text("digest", "Dấu vân tay", "Digest")
                .of(Kind::Text(64))
                .secret(),
            text("attempt", "Mã lần thanh toán", "Attempt")
                .of(Kind::Text(36))
                .search(),
            text("job", "Mã việc", "Job").of(Kind::Text(64)).search(),
            column("job_id", JOB, "Việc", "Job").null(),
            column("fence", Kind::Int, "Lần giao", "Fence"),
            column("machine_id", MACHINE, "Máy", "Machine").null(),
            text("operator", "Nhân viên", "Operator").null().search(),
            text("outcome", "Kết quả", "Outcome").of(Kind::Choice(OUTCOMES)),
            column("amount", Kind::Money, "Số tiền", "Amount").null(),
            text("transaction_id", "Mã giao dịch", "Transaction")
                .null()
                .search(),
            text("proof", "Bằng chứng", "Proof").of(Kind::Choice(PROOFS)),
            column(
                "message",
                Kind::LongText,
                "Thông báo của cổng",
                "Portal's message",
            )
            .null()
            .search(),
            at("reported_at", "Máy ghi lúc", "Machine's time").null(),
            at("at", "Nhận lúc", "Received"),
            text("verdict", "Xử lý", "Verdict").of(Kind::Choice(VERDICTS)),
            text("reason", "Lý do", "Reason").null(),
            at("seen_at", "Đã xem lúc", "Looked at").null(),
            SEARCH,
        ],
        indexes: &[
            unique("reports_digest", &["digest"]),
            index("reports_attempt", &["attempt"]),
            index("reports_job", &["job_id"]),
            index("reports_at", &["at"]),
            index("reports_verdict", &["verdict", "seen_at"]),
            index("reports_search", &["id", "search_text"]),
        ],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "accounts",
        vi: "Tài khoản đăng nhập",
        en: "Accounts",
        columns: &[
            id(),
            column("user_id", USER, "Người dùng", "User").fixed(),
            text("role", "Vai trò", "Role").of(Kind::Choice(ROLES)),
            text("password_hash", "Mật khẩu", "Password")
                .secret()
                .fixed(),
            text("totp_secret", "Mã hai lớp", "Second factor")
                .null()
                .secret()
                .fixed(),
            column("totp_last_step", Kind::Int, "Bước cuối", "Last step")
                .null()
                .secret()
                .fixed(),
            column(
                "recovery_codes",
                Kind::LongText,
                "Mã khôi phục",
                "Recovery codes",
            )
            .null()
            .secret()
            .fixed(),
            text("status", "Trạng thái", "Status").of(Kind::Choice(ACCOUNT_STATES)),
            column(
                "must_change",
                Kind::Bool,
                "Phải đổi mật khẩu",
                "Must change password",
            )
            .default("0"),
            at(
                "password_until",
                "Mật khẩu dùng đến",
                "Password valid until",
            )
            .null(),
            text("device", "Thiết bị gắn", "Bound device")
                .null()
                .secret()
                .fixed(),
            at("last_login", "Đăng nhập cuối", "Last login").null(),
            at("created_at", "Tạo lúc", "Created"),
            at("updated_at", "Sửa lúc", "Changed"),
            VERSION,
        ],
        indexes: &[unique("accounts_user", &["user_id"])],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "web_sessions",
        vi: "Phiên đăng nhập",
        en: "Sessions",
        columns: &[
            id(),
            text("hash", "Dấu", "Hash").of(Kind::Text(64)).secret(),
            column("user_id", USER, "Người dùng", "User").null(),
            at("created_at", "Từ lúc", "Since"),
            at("last_seen", "Thấy lần cuối", "Last seen"),
            at("expires_at", "Hết hạn", "Expires"),
            text("ip", "Địa chỉ mạng", "Address")
                .of(Kind::Text(64))
                .null(),
            text("agent", "Trình duyệt", "Browser").null(),
            column("data", Kind::LongText, "Dữ liệu", "Data")
                .null()
                .secret(),
        ],
        indexes: &[
            unique("web_sessions_hash", &["hash"]),
            index("web_sessions_user", &["user_id"]),
            index("web_sessions_end", &["expires_at"]),
        ],
        is_old: false,
        access: Access::Hidden,
    },
    Table {
        name: "login_failures",
        vi: "Đăng nhập sai",
        en: "Failed logins",
        columns: &[
            id(),
            text("username", "Tên đăng nhập", "Login"),
            text("ip", "Địa chỉ mạng", "Address").of(Kind::Text(64)),
            at("at", "Lúc", "At"),
        ],
        indexes: &[index("login_failures_who", &["username", "ip", "at"])],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "audit",
        vi: "Nhật ký thay đổi",
        en: "Audit trail",
        columns: &[
            id(),
            at("at", "Lúc", "At"),
            column("user_id", USER, "Ai", "Who").null(),
            text("who", "Tên", "Name").search(),
            text("from_where", "Từ đâu", "From").null(),
            text("action", "Việc làm", "Action")
                .of(Kind::Choice(ACTIONS))
                .search(),
            text("table_name", "Bảng", "Table")
                .of(Kind::Choice(TABLE_NAMES))
                .null(),
            column("row_id", Kind::Int, "Dòng", "Row").null(),
            column("before_json", Kind::LongText, "Trước", "Before").null(),
            column("after_json", Kind::LongText, "Sau", "After").null(),
            text("request_id", "Mã yêu cầu", "Request")
                .of(Kind::Text(64))
                .null(),
            SEARCH,
        ],
        indexes: &[
            index("audit_row", &["table_name", "row_id"]),
            index("audit_at", &["at"]),
            index("audit_user", &["user_id", "at"]),
            index("audit_search", &["id", "search_text"]),
        ],
        is_old: false,
        access: Access::Read,
    },
    Table {
        name: "settings",
        vi: "Cài đặt",
        en: "Settings",
        columns: &[
            id(),
            text("name", "Tên", "Name").fixed(),
            column("value", Kind::LongText, "Giá trị", "Value").secret(),
            at("updated_at", "Sửa lúc", "Changed"),
            VERSION,
        ],
        indexes: &[unique("settings_name", &["name"])],
        is_old: false,
        access: Access::Hidden,
    },
    Table {
        name: "leader_lease",
        vi: "Máy chủ đang trực",
        en: "Leader",
        columns: &[
            id(),
            text("name", "Nhiệm vụ", "Task").of(Kind::Text(64)),
            text("owner", "Máy chủ", "Server").of(Kind::Text(64)),
            at("until_ms", "Đến", "Until"),
            column("fence", Kind::Int, "Lần", "Fence").default("0"),
        ],
        indexes: &[unique("leader_lease_name", &["name"])],
        is_old: false,
        access: Access::Hidden,
    },
    Table {
        name: "limits",
        vi: "Hạn mức",
        en: "Limits",
        columns: &[
            id(),
            column(
                "machine_id",
                MACHINE,
                "Máy (trống: mọi máy)",
                "Machine (empty: all)",
            )
            .null(),
            text(
                "service",
                "Dịch vụ (trống: mọi dịch vụ)",
                "Service (empty: all)",
            )
            .of(Kind::Choice(SERVICES))
            .null(),
            column("per_job", Kind::Money, "Tối đa mỗi việc", "Most per job").null(),
            column("per_day", Kind::Money, "Tối đa mỗi ngày", "Most per day").null(),
            column("note", Kind::LongText, "Ghi chú", "Note")
                .null()
                .search(),
            column("checks", Kind::Int, "Số lần hỏi", "Times asked")
                .default("0")
                .fixed()
                .secret(),
            VERSION,
            DELETED,
            SEARCH,
        ],
        indexes: &[],
        is_old: false,
        access: Access::Edit,
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{JobState, Outcome, Proof, Service};

    #[test]
    fn the_words_are_the_domains() {
        let same = |ours: &[(&str, &str)], theirs: Vec<(&str, &str)>| assert_eq!(ours, theirs);
        same(
            SERVICES,
            Service::ALL
                .iter()
                .map(|s| (s.spec().wire, s.spec().title))
                .collect(),
        );
        same(
            JOB_STATES,
            JobState::ALL
                .iter()
                .map(|s| (s.wire(), s.label()))
                .collect(),
        );
        same(
            OUTCOMES,
            Outcome::ALL.iter().map(|o| (o.wire(), o.label())).collect(),
        );
        assert!(
            PROOFS
                .iter()
                .any(|(_, label)| *label == Proof::Response.label())
        );
    }

    #[test]
    fn the_trail_calls_tables_as_we_do() {
        for table in TABLES
            .iter()
            .filter(|t| t.access != Access::Hidden || t.name == "settings")
        {
            assert!(
                TABLE_NAMES.contains(&(table.name, table.vi)),
                "{}",
                table.name
            );
        }
    }

    #[test]
    fn every_name_is_plain_and_every_relation_leads_somewhere() {
        for table in TABLES {
            for column in table.columns {
                let plain = |name: &str| name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
                assert!(
                    plain(table.name) && plain(column.name),
                    "{}.{}",
                    table.name,
                    column.name
                );
                if let Kind::Relation {
                    table: other,
                    shown,
                } = column.kind
                {
                    let other = TABLES.iter().find(|t| t.name == other).expect("a table");
                    assert!(
                        other.has(shown) && other.is_keyed(),
                        "{}.{}",
                        table.name,
                        column.name
                    );
                }
            }
            for index in table.indexes {
                assert!(index.columns.iter().all(|c| table.has(c)), "{}", index.name);
            }
            assert!(
                table.columns.iter().all(|c| !c.searchable) || table.has("search_text"),
                "{}",
                table.name
            );
        }
    }

    #[test]
    fn no_secret_may_be_written_by_a_form() {
        assert!(
            TABLES
                .iter()
                .flat_map(|t| t.columns)
                .all(|c| !c.secret || !c.editable)
        );
    }
}
