//! Jobs, and everything about the money that they move: attempts, reports, locks of debts, limits.

use super::column::*;
use super::table::*;
use super::words::*;

/// The columns of [`JOBS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod jobs {
    use super::*;

    columns! {
        ID = id(),
        PUBLIC_ID = text("public_id", "Mã việc", "Public id").of(ColumnKind::Text(36)).fixed(),
        SERVICE = text("service", "Dịch vụ", "Service").of(ColumnKind::Choice(SERVICES)).fixed(),
        CODE = text("code", "Mã / số", "Code").search().fixed(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền nạp", "Top-up amount").null().fixed(),
        EXPECTED_AMOUNT = column("expected_amount", ColumnKind::Money, "Số tiền dự kiến", "Expected amount").null(),
        RECEIVER_PHONE = text("receiver_phone", "SĐT nhận", "Receiver's phone").of(ColumnKind::Text(20)).null(),
        PAYMENT_TYPE = text("payment_type", "Hình thức", "Payment type").of(ColumnKind::Text(32)).null().fixed(),
        PERIOD = text("period", "Kỳ", "Period").of(ColumnKind::Text(32)).null(),
        ORDER_ID = text("order_id", "Đơn hàng", "Order").null().search().fixed(),
        SOURCE = text("source", "Nguồn", "Source").of(ColumnKind::Text(64)).default("''").fixed(),
        NOTE = column("note", ColumnKind::LongText, "Ghi chú", "Note").null().search(),
        PRIORITY = column("priority", ColumnKind::Int, "Ưu tiên", "Priority").default("100"),
        RUN_AT = at("run_at", "Làm từ lúc", "Not before"),
        STATE = text("state", "Trạng thái", "State").of(ColumnKind::Choice(JOB_STATES)).fixed(),
        OUTCOME = text("outcome", "Kết quả", "Outcome").of(ColumnKind::Choice(OUTCOMES)).null().fixed(),
        PAID_AMOUNT = column("paid_amount", ColumnKind::Money, "Đã thanh toán", "Paid").null().fixed(),
        TRANSACTION_ID = text("transaction_id", "Mã giao dịch", "Transaction").null().search().fixed(),
        PROOF = text("proof", "Bằng chứng", "Proof").of(ColumnKind::Choice(PROOFS)).null().fixed(),
        MESSAGE = column("message", ColumnKind::LongText, "Thông báo của cổng", "Portal's message").null().search().fixed(),
        MACHINE_ID = column("machine_id", A_MACHINE, "Máy", "Machine").null().fixed(),
        LEASE_ID = text("lease_id", "Lượt nhận", "Lease").of(ColumnKind::Text(36)).null().fixed(),
        LEASE_UNTIL = at("lease_until", "Giữ đến", "Leased until").null(),
        HEARTBEAT_AT = at("heartbeat_at", "Tín hiệu cuối", "Heartbeat").null(),
        FENCE = column("fence", ColumnKind::Int, "Lần giao", "Fence").default("0").fixed(),
        TRIES = column("tries", ColumnKind::Int, "Số lần thử", "Tries").default("0").fixed(),
        // Nothing reads it by now. It stands in every database that there is, and a column that the catalogue does not
        // name would be left out of copies.
        LEASE_SHARD = column("lease_shard", ColumnKind::Int, "Mảnh", "Shard").default("0").fixed(),
        IMPORT_ID = column("import_id", ColumnKind::Relation { table: "imports", shown: "filename", }, "Lần nhập", "Import").null().fixed(),
        COLLECTION_DATA_ID = column("collection_data_id", ColumnKind::Relation { table: "collection_data", shown: "code", }, "Thu cước", "Collection row").null().fixed(),
        CONTRACT_ITEM_ID = column("contract_item_id", ColumnKind::Int, "Khoản thu", "Desk item").null().fixed(),
        DEBT_KEY = text("debt_key", "Khóa nợ", "Debt key").fixed().secret(),
        LIVE_KEY = text("live_key", "Khóa trùng", "Live key").of(ColumnKind::Text(64)).null().fixed().secret(),
        ADD_KEY = text("add_key", "Khóa thêm", "Idempotency key").of(ColumnKind::Text(64)).null().fixed().secret(),
        VERSION = version(),
        CREATED_BY = column("created_by", A_USER, "Người tạo", "Created by").null().fixed(),
        CREATED_AT = at("created_at", "Tạo lúc", "Created"),
        UPDATED_AT = at("updated_at", "Sửa lúc", "Changed"),
        // What somebody edits later moves no payment into another day.
        ENDED_AT = at("ended_at", "Xong lúc", "Ended").null(),
        DISPUTED_AT = at("disputed_at", "Báo cáo trái ngược lúc", "Disputed").null(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Jobs.
pub static JOBS: Table = Table::new("jobs", "Việc", "Jobs", jobs::COLUMNS)
    .access(Access::Edit)
    .area(Area::Jobs)
    .menu(Menu::Work, 0)
    .usual(&[
        jobs::ID,
        jobs::SERVICE,
        jobs::CODE,
        jobs::AMOUNT,
        jobs::PAID_AMOUNT,
        jobs::STATE,
        jobs::OUTCOME,
        jobs::MESSAGE,
        jobs::ORDER_ID,
        jobs::PRIORITY,
        jobs::UPDATED_AT,
        jobs::ENDED_AT,
    ])
    .screen(Screen::Jobs)
    .importable()
    .bulk(&[BulkAction::Cancel, BulkAction::Reopen])
    .added_by_rules()
    .indexes(&[
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
        index("jobs_contract_item", &["contract_item_id"]),
        index("jobs_code", &["code"]),
        index("jobs_transaction", &["transaction_id"]),
        index("jobs_updated", &["updated_at"]),
        index("jobs_ended", &["ended_at"]),
        // A list of one state by time, which people look at: without it the time's index is
        // read past all other states.
        index("jobs_state_time", &["state", "updated_at"]),
        index("jobs_machine", &["machine_id", "state"]),
        index("jobs_search", &["id", "search_text", "deleted_at"]),
    ]);

/// The columns of [`DEBT_LOCKS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod debt_locks {
    use super::*;

    columns! {
        ID = id(),
        DEBT_KEY = text("debt_key", "Khóa nợ", "Debt key"),
        JOB_ID = column("job_id", A_JOB, "Việc", "Job"),
        SINCE = at("since", "Từ lúc", "Since"),
    }
}

/// Locked debts.
pub static DEBT_LOCKS: Table = Table::new(
    "debt_locks",
    "Nợ đang khóa",
    "Locked debts",
    debt_locks::COLUMNS,
)
.access(Access::Read)
.area(Area::Proofs)
.menu(Menu::Work, 3)
.indexes(&[unique("debt_locks_key", &["debt_key"])]);

/// The columns of [`ATTEMPTS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod attempts {
    use super::*;

    columns! {
        ID = id(),
        ATTEMPT = text("attempt", "Mã lần thanh toán", "Attempt").of(ColumnKind::Text(36)),
        JOB_ID = column("job_id", A_JOB, "Việc", "Job"),
        FENCE = column("fence", ColumnKind::Int, "Lần giao", "Fence"),
        MACHINE_ID = column("machine_id", A_MACHINE, "Máy", "Machine").null(),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount").null(),
        ARMED_AT = at("armed_at", "Cho phép lúc", "Armed"),
    }
}

/// Attempts.
pub static ATTEMPTS: Table =
    Table::new("attempts", "Lần thanh toán", "Attempts", attempts::COLUMNS)
        .access(Access::Read)
        .area(Area::Proofs)
        .menu(Menu::Work, 2)
        .indexes(&[
            unique("attempts_attempt", &["attempt"]),
            index("attempts_job", &["job_id"]),
            index("attempts_at", &["machine_id", "armed_at"]),
        ]);

/// The columns of [`REPORTS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod reports {
    use super::*;

    columns! {
        ID = id(),
        DIGEST = text("digest", "Dấu vân tay", "Digest").of(ColumnKind::Text(64)).secret(),
        ATTEMPT = text("attempt", "Mã lần thanh toán", "Attempt").of(ColumnKind::Text(36)).search(),
        JOB = text("job", "Mã việc", "Job").of(ColumnKind::Text(64)).search(),
        JOB_ID = column("job_id", A_JOB, "Việc", "Job").null(),
        FENCE = column("fence", ColumnKind::Int, "Lần giao", "Fence"),
        MACHINE_ID = column("machine_id", A_MACHINE, "Máy", "Machine").null(),
        OPERATOR = text("operator", "Nhân viên", "Operator").null().search(),
        OUTCOME = text("outcome", "Kết quả", "Outcome").of(ColumnKind::Choice(OUTCOMES)),
        AMOUNT = column("amount", ColumnKind::Money, "Số tiền", "Amount").null(),
        TRANSACTION_ID = text("transaction_id", "Mã giao dịch", "Transaction").null().search(),
        PROOF = text("proof", "Bằng chứng", "Proof").of(ColumnKind::Choice(PROOFS)),
        MESSAGE = column("message", ColumnKind::LongText, "Thông báo của cổng", "Portal's message").null().search(),
        REPORTED_AT = at("reported_at", "Máy ghi lúc", "Machine's time").null(),
        AT = at("at", "Nhận lúc", "Received"),
        VERDICT = text("verdict", "Xử lý", "Verdict").of(ColumnKind::Choice(ReportStatus::CHOICES)),
        REASON = text("reason", "Lý do", "Reason").null().labelled(LeaseRefusal::CHOICES),
        SEEN_AT = at("seen_at", "Đã xem lúc", "Looked at").null(),
        SEARCH_TEXT = search_text(),
    }
}

/// Reports.
pub static REPORTS: Table = Table::new("reports", "Kết quả gửi về", "Reports", reports::COLUMNS)
    .access(Access::Read)
    .area(Area::Proofs)
    .menu(Menu::Work, 1)
    .usual(&[
        reports::ID,
        reports::AT,
        reports::JOB_ID,
        reports::OUTCOME,
        reports::AMOUNT,
        reports::PROOF,
        reports::VERDICT,
        reports::REASON,
        reports::MACHINE_ID,
        reports::OPERATOR,
    ])
    .bulk(&[BulkAction::MarkSeen])
    .indexes(&[
        unique("reports_digest", &["digest"]),
        index("reports_attempt", &["attempt"]),
        index("reports_job", &["job_id"]),
        index("reports_at", &["at"]),
        index("reports_verdict", &["verdict", "seen_at"]),
        index("reports_search", &["id", "search_text"]),
    ]);

/// The columns of [`LIMITS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod limits {
    use super::*;

    columns! {
        ID = id(),
        MACHINE_ID = column("machine_id", A_MACHINE, "Máy (trống: mọi máy)", "Machine (empty: all)").null(),
        SERVICE = text("service", "Dịch vụ (trống: mọi dịch vụ)", "Service (empty: all)").of(ColumnKind::Choice(SERVICES)).null(),
        PER_JOB = column("per_job", ColumnKind::Money, "Tối đa mỗi việc", "Most per job").null(),
        PER_DAY = column("per_day", ColumnKind::Money, "Tối đa mỗi ngày", "Most per day").null(),
        NOTE = column("note", ColumnKind::LongText, "Ghi chú", "Note").null().search(),
        CHECKS = column("checks", ColumnKind::Int, "Số lần hỏi", "Times asked").default("0").fixed().secret(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Limits.
pub static LIMITS: Table = Table::new("limits", "Hạn mức", "Limits", limits::COLUMNS)
    .access(Access::Edit)
    .area(Area::Rules)
    .menu(Menu::Shop, 2);
