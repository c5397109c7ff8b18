//! The words that the database keeps, with those that people read.

use serde::{Deserialize, Serialize};

use super::column::ColumnKind;

/// An enum whose values have a name in the database and a word for people.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $(#[doc = $doc:literal] $variant:ident = $wire:literal, $label:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $(#[doc = $doc] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Their names in the database, with the words for people.
            pub const CHOICES: &'static [(&'static str, &'static str)] = &[$(($wire, $label)),+];

            /// The name in the database.
            pub const fn wire(self) -> &'static str {
                match self { $(Self::$variant => $wire),+ }
            }

            /// The word for people.
            pub const fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }

            /// The one of this name.
            pub fn of(wire: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|one| one.wire() == wire)
            }
        }
    };
}

words! {
    /// What somebody is in the shop.
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Role {
        /// Everything.
        Owner = "owner", "Chủ cửa hàng";
        /// Everything but owners and keys.
        Manager = "manager", "Quản lý";
        /// Jobs.
        Operator = "operator", "Nhân viên gạch nợ";
        /// The collection desk.
        Collector = "collector", "Nhân viên thu cước";
        /// Looks.
        ReadOnly = "read_only", "Chỉ xem";
        /// Pays us: sees what is theirs, and nothing else.
        Customer = "customer", "Khách hàng";
    }
}

words! {
    /// May an account be used?
    #[derive(Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum AccountStatus {
        /// Yes.
        Active = "active", "Hoạt động";
        /// Somebody has to approve it first.
        Pending = "pending", "Chờ duyệt";
        /// No.
        Suspended = "suspended", "Tạm khóa";
    }
}

words! {
    /// Was a report accepted?
    pub enum ReportStatus {
        /// It settled its job, or put it into doubt.
        Accepted = "accepted", "Đã nhận";
        /// It moved nothing and waits for a person.
        Refused = "refused", "Không nhận, giữ lại xem";
    }
}

words! {
    /// What the audit trail tells of. What is not named here cannot be written there.
    pub enum AuditAction {
        /// A row was added.
        Add = "add", "Thêm";
        /// A row was changed.
        Change = "change", "Sửa";
        /// A row was deleted.
        Delete = "delete", "Xóa";
        /// A deleted row was brought back.
        Restore = "restore", "Khôi phục";
        /// A file was brought in.
        Import = "import", "Nhập tệp";
        /// An import was taken back.
        ImportUndo = "import.undo", "Hoàn tác lần nhập";
        /// A list was taken along.
        Export = "export", "Xuất tệp";
        /// Jobs were added.
        JobsAdd = "jobs.add", "Thêm việc";
        /// A person decided about a job.
        JobsDecide = "jobs.decide", "Quyết định";
        /// Somebody looked at a refused report.
        ReportsSeen = "reports.seen", "Đã xem báo cáo";
        /// Somebody signed in.
        Login = "login", "Đăng nhập";
        /// Somebody signed out.
        Logout = "logout", "Đăng xuất";
        /// A sign-in failed.
        LoginFailed = "login_failed", "Đăng nhập sai";
        /// Right password, wrong device.
        LoginDevice = "login_device", "Đăng nhập từ thiết bị lạ";
        /// Somebody wanted what the role does not allow.
        Refused = "refused", "Bị từ chối";
        /// Somebody's sessions were ended.
        SessionsEnd = "sessions.end", "Kết thúc phiên";
        /// An account was added.
        AccountsAdd = "accounts.add", "Thêm tài khoản";
        /// Role or status of an account changed.
        AccountsStanding = "accounts.standing", "Đổi vai trò, trạng thái";
        /// The end of a trial changed.
        AccountsTrial = "accounts.trial", "Đổi hạn dùng thử";
        /// A password changed.
        AccountsPassword = "accounts.password", "Đổi mật khẩu";
        /// A password for once was given.
        AccountsReset = "accounts.reset", "Cấp mật khẩu một lần";
        /// A second factor was set up.
        AccountsTotpOn = "accounts.totp_on", "Bật bảo vệ hai lớp";
        /// A second factor was taken away.
        AccountsTotpOff = "accounts.totp_off", "Tắt bảo vệ hai lớp";
        /// An account was bound to its next device, or freed.
        AccountsDevice = "accounts.device", "Chọn gắn thiết bị";
        /// An account was bound to a device.
        AccountsDeviceBound = "accounts.device_bound", "Gắn thiết bị";
        /// A machine was added.
        MachinesAdd = "machines.add", "Thêm máy";
        /// A machine's token was revoked.
        MachinesRevoke = "machines.revoke", "Thu hồi mã máy";
        /// A setting changed.
        SettingsSet = "settings.set", "Đổi cài đặt";
        /// A paid job completed its collection row.
        CollectionSettle = "collection.settle", "Thu cước: đã thu";
        /// A second payment came for a collection row that was complete.
        CollectionPaidAgain = "collection.paid_again", "Thu cước: trả hai lần";
        /// A paid job was made for a collection row that is gone.
        CollectionMissing = "collection.missing", "Thu cước: không thấy dòng";
        /// A booking or a payment request was made.
        PayableAdd = "payable.add", "Lập yêu cầu thanh toán";
        /// A person decided about a payment.
        PaymentDecide = "payment.decide", "Quyết định về thanh toán";
        /// Somebody took a payment back.
        PaymentCancel = "payment.cancel", "Hủy thanh toán";
        /// Money that somebody saw on a statement was booked.
        PaymentTransfer = "payment.transfer", "Ghi tiền về";
        /// Money that fitted nothing was attached to a payment, or put aside.
        UnmatchedDecide = "unmatched.decide", "Xử lý tiền chưa rõ";
        /// A provider's settings changed.
        ProviderSet = "provider.set", "Đổi cổng thanh toán";
        /// A payee was added.
        PayeeAdd = "payee.add", "Thêm bên nhận tiền";
        /// What a letter says changed.
        TemplateSet = "template.set", "Đổi mẫu thư";
        /// A letter that was given up is sent again.
        LetterAgain = "letter.again", "Gửi lại thư";
        /// Contracts came in.
        ContractsImport = "contracts.import", "Nhập hợp đồng";
        /// A receipt was cancelled.
        ReceiptCancel = "receipt.cancel", "Hủy phiếu thu";
        /// Somebody said that cash is handed in.
        HandInAdd = "hand_in.add", "Khai nộp tiền";
        /// Cash that was handed in was counted.
        HandInConfirm = "hand_in.confirm", "Nhận tiền nộp";
        /// An item was settled, or could not be.
        ItemSettle = "item.settle", "Gạch nợ khoản thu";
        /// What a collector may hold changed.
        CollectorLimit = "collector.limit", "Đổi hạn mức thu tiền mặt";
        /// All secrets were sealed with a new key.
        SecretsRekey = "secrets.rekey", "Đổi khóa bí mật";
    }
}

words! {
    /// Why a machine may not do what it asks for, or why its report moves nothing.
    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    pub enum LeaseRefusal {
        /// There is no such job.
        NoJob = "no_job", "Không có việc này";
        /// It was handed to another machine, or taken back.
        Lost = "lost", "Việc đã giao máy khác hoặc thu hồi";
        /// It is not handed out any more: the report came after the lease had run out.
        Late = "late", "Đến sau hạn giữ việc";
        /// It has ended.
        Ended = "ended", "Việc đã có kết quả";
        /// Another attempt of it was armed.
        OtherAttempt = "other_attempt", "Đang có lần thanh toán khác";
        /// Another job of the same debt is on its way or in doubt.
        DebtLocked = "debt_locked", "Nợ này đang khóa";
        /// The shop's limit.
        OverLimit = "over_limit", "Vượt hạn mức";
        /// A top-up of another amount than the one that was ordered.
        OtherAmount = "other_amount", "Khác số tiền được đặt";
        /// An equal top-up was made a short while ago, and nobody has said that this one is meant.
        Repeat = "repeat", "Trùng khoản vừa nạp";
        /// The report cannot be read: it is kept as it came.
        BadReport = "bad_report", "Báo cáo không đọc được";
    }
}

impl LeaseRefusal {
    /// What happened and what to do, for people.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::NoJob => "Máy chủ không có việc này.",
            Self::Lost => {
                "Việc này không còn thuộc máy này: đã giao cho máy khác hoặc đã thu hồi. Không thanh toán."
            }
            Self::Late => "Kết quả đến sau khi hết hạn giữ việc. Máy chủ giữ lại để người xem.",
            Self::Ended => "Việc này đã có kết quả. Máy chủ giữ lại báo cáo để người xem.",
            Self::OtherAttempt => "Việc này đang có một lần thanh toán khác.",
            Self::DebtLocked => {
                "Một việc khác của cùng khoản nợ đang thanh toán hoặc chưa rõ kết quả. Đợi đối soát xong."
            }
            Self::OverLimit => "Vượt hạn mức của cửa hàng. Hỏi người quản lý.",
            Self::OtherAmount => "Số tiền khác với số tiền được đặt. Không thanh toán.",
            Self::Repeat => {
                "Số này vừa được nạp đúng số tiền này. Nếu đúng là nạp thêm lần nữa thì xác nhận rồi làm lại."
            }
            Self::BadReport => "Báo cáo không đọc được. Máy chủ giữ lại nguyên văn để người xem.",
        }
    }
}

pub(super) const A_USER: ColumnKind = ColumnKind::Relation {
    table: "users",
    shown: "username",
};
pub(super) const A_MACHINE: ColumnKind = ColumnKind::Relation {
    table: "machines",
    shown: "name",
};
pub(super) const A_JOB: ColumnKind = ColumnKind::Relation {
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

/// How an attempt ended, as `domain::Outcome` has them.
pub const OUTCOMES: &[(&str, &str)] = &[
    ("paid", "Đã thanh toán"),
    ("debt", "Còn nợ"),
    ("no_debt", "Không nợ cước"),
    ("already_cleared", "Đã gạch trước đó"),
    ("not_found", "Không tìm thấy"),
    ("rejected", "Cổng từ chối"),
    ("refused", "Không làm (giới hạn)"),
    ("held_back", "Trùng, chờ xác nhận"),
    ("failed", "Lỗi, làm lại được"),
    ("not_sent", "Chưa gửi"),
    ("unknown", "Chưa rõ, cần xem"),
    ("cancelled", "Chưa làm"),
    ("dry_run", "Chạy thử"),
];

/// What proves an outcome, as `domain::Proof` has them.
pub const PROOFS: &[(&str, &str)] = &[
    ("response", "Câu trả lời của cổng"),
    ("reattach", "Đọc lại trình duyệt"),
    ("history", "Lịch sử giao dịch"),
    ("balance", "Số dư"),
    ("person", "Người xác nhận"),
    ("none", "—"),
];

/// Who carries customers' money, as `domain::payment::Provider` has them (a test compares).
pub const PROVIDERS: &[(&str, &str)] = &[
    ("payos", "PayOS"),
    ("vnpay", "VNPay"),
    ("vietqr", "Chuyển khoản VietQR"),
    ("wallet", "Ví điện tử"),
    ("cash", "Tiền mặt"),
];

/// How far a payment has come, as `domain::payment::PaymentState` has it.
pub const PAYMENT_STATES: &[(&str, &str)] = &[
    ("created", "Đang tạo"),
    ("pending", "Chờ thanh toán"),
    ("processing", "Đang xử lý"),
    ("underpaid", "Chưa đủ tiền"),
    ("paid", "Đã thanh toán"),
    ("cancelled", "Đã hủy"),
    ("expired", "Hết hạn"),
    ("failed", "Không thành công"),
    ("review", "Cần người xem"),
    ("refunded", "Đã hoàn tiền"),
];

/// Why a person has to look at a payment, as `domain::payment::Task` has it.
pub const PAYMENT_TASKS: &[(&str, &str)] = &[
    ("underpaid", "Chưa đủ tiền"),
    ("surplus", "Thừa tiền"),
    ("review", "Cần xem"),
];

/// What is paid for.
pub const PAYABLE_KINDS: &[(&str, &str)] = &[
    ("booking", "Đặt phòng"),
    ("request", "Yêu cầu thanh toán"),
    ("receipt", "Phiếu thu"),
];

/// How much of it is paid.
pub const PAYABLE_STATES: &[(&str, &str)] = &[
    ("unpaid", "Chưa trả"),
    ("partial", "Trả một phần"),
    ("paid", "Đã trả"),
    ("refunded", "Đã hoàn tiền"),
];

/// How a booking stands.
pub const BOOKING_STATES: &[(&str, &str)] = &[
    ("pending", "Chờ"),
    ("confirmed", "Đã xác nhận"),
    ("cancelled", "Đã hủy"),
];

/// How a payment request stands.
pub const REQUEST_STATES: &[(&str, &str)] = &[
    ("open", "Đang mở"),
    ("paid", "Đã trả"),
    ("expired", "Hết hạn"),
    ("cancelled", "Đã hủy"),
];

/// From where we know of something.
pub const EVENT_SOURCES: &[(&str, &str)] = &[
    ("webhook", "Cổng báo"),
    ("poll", "Hỏi cổng"),
    ("return", "Khách quay lại"),
    ("api", "Chương trình của cửa hàng"),
    ("statement", "Sao kê"),
    ("person", "Người"),
    ("open", "Khi tạo"),
];

/// How far an attempt to pay back has come.
pub const REFUND_STATES: &[(&str, &str)] = &[
    ("begun", "Đang gửi"),
    ("unknown", "Chưa rõ"),
    ("doubt", "Cổng trả lời không rõ"),
    ("refused", "Bị từ chối"),
    ("done", "Đã hoàn"),
];

/// What becomes of money that fits no payment.
pub const UNMATCHED_STATES: &[(&str, &str)] = &[
    ("open", "Chưa xử lý"),
    ("attached", "Đã gắn"),
    ("ignored", "Bỏ qua"),
];

/// How a provider and we can differ.
pub const DIFFERENCES: &[(&str, &str)] = &[
    ("missing_here", "Cổng có, ta không có"),
    ("missing_there", "Ta có, cổng không có"),
    ("amount", "Khác số tiền"),
    ("state", "Khác trạng thái"),
];

/// What a collector is.
pub const COLLECTOR_KINDS: &[(&str, &str)] = &[
    ("tin_pnc", "Kỹ thuật viên"),
    ("thu_cuoc", "Nhân viên thu cước"),
];

/// What is owed at a door, as `domain::desk::ItemKind` has it.
pub const ITEM_KINDS: &[(&str, &str)] = &[("bill", "Hóa đơn"), ("receivable", "Khoản thu")];

/// How far it has come, as `domain::desk::ItemState` has it.
pub const ITEM_STATES: &[(&str, &str)] = &[
    ("open", "Chưa thu"),
    ("taken", "Đang thu"),
    ("paid", "Đã thu"),
    ("settled", "Đã gạch nợ"),
];

/// By what it was settled.
pub const SETTLED_HOW: &[(&str, &str)] = &[
    ("portal", "Cổng"),
    ("cleared", "Đã gạch trước đó"),
    ("person", "Người xác nhận"),
];

/// How a customer pays at a door, as `domain::desk::DeskMethod` has it.
pub const DESK_METHODS: &[(&str, &str)] = &[
    ("cash", "Tiền mặt"),
    ("wallet", "Ví điện tử"),
    ("vnpay_qr", "QR VNPay"),
    ("payos_qr", "QR PayOS"),
];

/// What became of a notice when it was written.
pub const NOTICE_STATES: &[(&str, &str)] = &[("queued", "Đã xếp gửi"), ("blocked", "Không gửi")];

/// How cash stands that is handed in.
pub const HAND_IN_STATES: &[(&str, &str)] = &[("open", "Chờ nhận"), ("confirmed", "Đã nhận")];

/// Ways on which people are written to.
pub const CHANNELS: &[(&str, &str)] = &[
    ("email", "E-mail"),
    ("sms", "SMS"),
    ("zns", "Zalo"),
    ("hifpt", "HiFPT"),
    ("care", "Hệ thống nội bộ"),
];

/// What became of a letter.
pub const LETTER_STATES: &[(&str, &str)] = &[
    ("waiting", "Chờ gửi"),
    ("sent", "Đã gửi"),
    ("given_up", "Đã thôi"),
];

/// What a carrier says became of a message.
pub const DELIVERIES: &[(&str, &str)] = &[("delivered", "Đã tới"), ("refused", "Không tới")];

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
    ("owner", "Bên nhận tiền"),
    ("renter", "Người trả tiền"),
    ("booking", "Đặt phòng"),
    ("payment_request", "Yêu cầu thanh toán"),
    ("payment", "Thanh toán"),
    ("payment_transfer", "Tiền về"),
    ("payment_event", "Tin từ cổng"),
    ("unmatched_money", "Tiền chưa rõ của ai"),
    ("payment_refund", "Lệnh hoàn tiền"),
    ("payment_difference", "Đối soát hằng ngày"),
    ("payment_config", "Cổng thanh toán"),
    ("letter", "Thư và tin nhắn"),
    ("letter_template", "Mẫu thư"),
    ("contract", "Hợp đồng"),
    ("contract_item", "Hóa đơn và khoản thu"),
    ("desk_payment", "Phiếu thu"),
    ("hand_in", "Nộp tiền mặt"),
    ("visit", "Lần đến chưa thu được"),
    ("collector", "Hạn mức thu tiền mặt"),
];
