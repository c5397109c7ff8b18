//! What is to be collected from customers, and what transporters brought.

use super::column::*;
use super::table::*;
use super::words::*;

/// The columns of [`COLLECTION_DATA`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod collection_data {
    use super::*;

    columns! {
        ID = id(),
        CODE = text("code", "Mã", "Code").null().search(),
        NAME = text("name", "Khách hàng", "Customer").null().search(),
        ACCOUNT = text("account", "Tài khoản", "Account").null().search(),
        PHONE = text("phone", "Điện thoại", "Phone").null().search(),
        ADDRESS = text("address", "Địa chỉ", "Address").null().search(),
        POSTAGE = column("postage", ColumnKind::Money, "Cước phải thu", "Owed").was("int").default("0"),
        FORM = text("form", "Hình thức", "Form").null(),
        USERNAME = text("username", "Nhân viên thu", "Collector").null().search(),
        LEADER_USERNAME = text("leader_username", "Trưởng nhóm", "Leader").null(),
        PERIOD = column("period", ColumnKind::Date, "Kỳ cước", "Period").null(),
        SERVICE = text("service", "Dịch vụ", "Service").default("'Cước viễn thông'"),
        ADS = text("ads", "Ghi chú in", "Note on receipt").null(),
        FILENAME = text("filename", "Tệp nhập", "Import file").null(),
        CREATOR = column("creator", A_USER, "Người nhập", "Creator").null(),
        PAID_VALUE = column("paid_value", ColumnKind::Money, "Đã thu", "Paid").was("int").null().default("0"),
        BILL = column("bill", ColumnKind::Bool, "Đã in biên lai", "Receipt printed").null().default("0"),
        TRANS_ID = text("trans_id", "Mã giao dịch", "Transaction").null().search(),
        COMPLETED = column("completed", ColumnKind::Bool, "Hoàn thành", "Completed").null().default("0"),
        UPDATED_DATE = column("updated_date", ColumnKind::Date, "Ngày thu", "Collected on").null(),
        UPDATED_TIME = old_at("updated_time", "Thu lúc", "Collected at"),
        UPDATED_USERNAME = text("updated_username", "Người thu", "Collected by").null(),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Collection.
pub static COLLECTION_DATA: Table = Table::new(
    "collection_data",
    "Thu cước",
    "Collection",
    collection_data::COLUMNS,
)
.old()
.access(Access::Edit)
.area(Area::Collection)
.menu(Menu::Desk, 0)
.usual(&[
    collection_data::ID,
    collection_data::CODE,
    collection_data::NAME,
    collection_data::PHONE,
    collection_data::POSTAGE,
    collection_data::PERIOD,
    collection_data::USERNAME,
    collection_data::COMPLETED,
    collection_data::PAID_VALUE,
])
.importable()
.bulk(&[BulkAction::MakeJobs])
.of_collectors(
    &[collection_data::USERNAME, collection_data::LEADER_USERNAME],
    &[
        collection_data::PHONE,
        collection_data::ADDRESS,
        collection_data::FORM,
        collection_data::PAID_VALUE,
        collection_data::BILL,
        collection_data::TRANS_ID,
        collection_data::COMPLETED,
        collection_data::UPDATED_DATE,
        collection_data::UPDATED_TIME,
    ],
)
.indexes(&[
    index("collection_code_gn", &["code"]),
    index("collection_account_gn", &["account"]),
    index("collection_phone_gn", &["phone"]),
    index("collection_user_gn", &["username"]),
    index("collection_period_gn", &["period"]),
    index("collection_search_gn", &["id", "search_text", "deleted_at"]),
]);

/// The columns of [`TRANSPORTER_TRANSACTION`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod transporter_transaction {
    use super::*;

    columns! {
        ID = id(),
        TRANSPORTER_NAME = text("transporter_name", "Đơn vị vận chuyển", "Transporter").null().search(),
        TRANSPORTER_CODE = text("transporter_code", "Mã đơn vị", "Transporter's code").null().search(),
        BILL_CODE = text("bill_code", "Mã vận đơn", "Bill").null().search(),
        TRANS_ID = text("trans_id", "Mã giao dịch", "Transaction").null().search(),
        REQUEST_DATE = text("request_date", "Ngày yêu cầu", "Requested").null(),
        // double(8,2) in the old schema, which cannot hold one million.
        TOTAL_AMOUNT = column("total_amount", ColumnKind::Decimal, "Tổng tiền", "Total").null(),
        LIST_BILL = column("list_bill", ColumnKind::LongText, "Danh sách vận đơn", "Bills").null(),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Transporter transactions.
pub static TRANSPORTER_TRANSACTION: Table = Table::new(
    "transporter_transaction",
    "Giao dịch vận chuyển",
    "Transporter transactions",
    transporter_transaction::COLUMNS,
)
.old()
.access(Access::Edit)
.area(Area::Collection)
.menu(Menu::Desk, 4)
.shown_with(&["transporter_transaction"]);
