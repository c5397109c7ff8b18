//! What the shop sells and shows: banners, products, orders, and the settings of the old system.

use super::column::*;
use super::table::*;
use super::words::*;

/// The columns of [`ADMIN_CONFIG`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod admin_config {
    use super::*;

    columns! {
        ID = id(),
        KEY = text("key", "Khóa", "Key").search(),
        VALUE = text("value", "Giá trị", "Value").search(),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Old settings.
pub static ADMIN_CONFIG: Table = Table::new(
    "admin_config",
    "Cài đặt cũ",
    "Old settings",
    admin_config::COLUMNS,
)
.old()
.access(Access::Edit)
.area(Area::Rules)
.menu(Menu::Shop, 1)
.shown_with(&["admin_config"]);

/// The columns of [`BANNER`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod banner {
    use super::*;

    columns! {
        ID = id(),
        NAME = text("name", "Tên", "Name").search(),
        CONTENT = column("content", ColumnKind::LongText, "Nội dung", "Content").null().search(),
        POSITION = text("position", "Vị trí", "Position").null(),
        LINK = text("link", "Liên kết", "Link").null(),
        LINK_TO = column("link_to", ColumnKind::LongText, "Mở tới", "Opens").null(),
        PUBLISH = column("publish", ColumnKind::Bool, "Đang hiện", "Shown").default("0"),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Banners.
pub static BANNER: Table = Table::new("banner", "Banner", "Banners", banner::COLUMNS)
    .old()
    .access(Access::Edit)
    .area(Area::Goods)
    .menu(Menu::Shop, 0);

/// The columns of [`PRODUCTS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod products {
    use super::*;

    columns! {
        ID = id(),
        USER_ID = column("user_id", A_USER, "Người dùng", "User").was("int unsigned"),
        TITLE = text("title", "Tên", "Title").search(),
        PRICE = column("price", ColumnKind::Money, "Giá", "Price").was("bigint unsigned"),
        CURRENCY = text("currency", "Tiền tệ", "Currency").default("'VND'"),
        DISCOUNT = column("discount", ColumnKind::Money, "Giảm", "Discount").was("bigint unsigned").default("0"),
        PERCENT_DISCOUNT = column("percent_discount", ColumnKind::Int, "Giảm %", "Discount %").was("int unsigned").default("0"),
        QUANTITY = column("quantity", ColumnKind::Int, "Số lượng", "Quantity").was("int").default("0"),
        SERIAL = text("serial", "Số sê-ri", "Serial").null().search(),
        FINAL_PRICE = column("final_price", ColumnKind::Money, "Giá bán", "Final price").was("bigint unsigned").default("0").computed(),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Products.
pub static PRODUCTS: Table = Table::new("products", "Sản phẩm", "Products", products::COLUMNS)
    .old()
    .access(Access::Edit)
    .area(Area::Goods)
    .menu(Menu::Desk, 3)
    .usual(&[
        products::ID,
        products::TITLE,
        products::PRICE,
        products::PERCENT_DISCOUNT,
        products::DISCOUNT,
        products::FINAL_PRICE,
        products::QUANTITY,
        products::SERIAL,
    ])
    .importable()
    .on_change(OnChange::PriceProduct)
    .indexes(&[index("products_title_gn", &["title"])]);

/// The columns of [`ORDERS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod orders {
    use super::*;

    columns! {
        ID = id(),
        USER = text("user", "Khách", "Customer").default("''").search(),
        TABLE_ID = column("table_id", ColumnKind::Int, "Bàn", "Table").was("int unsigned").default("0"),
        DISCOUNT = column("discount", ColumnKind::Money, "Giảm", "Discount").was("bigint unsigned").default("0"),
        TOTAL = column("total", ColumnKind::Money, "Tổng", "Total").was("bigint unsigned").default("0").computed(),
        IS_PAID = column("is_paid", ColumnKind::Bool, "Đã trả", "Paid").default("0"),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        USER_ID = column("user_id", A_USER, "Người dùng", "User").was("int unsigned").null(),
        VERSION = version(),
        DELETED_AT = deleted(),
        SEARCH_TEXT = search_text(),
    }
}

/// Orders.
pub static ORDERS: Table = Table::new("orders", "Đơn hàng", "Orders", orders::COLUMNS)
    .old()
    .access(Access::Edit)
    .area(Area::Goods)
    .menu(Menu::Desk, 1)
    .usual(&[
        orders::ID,
        orders::USER,
        orders::DISCOUNT,
        orders::TOTAL,
        orders::IS_PAID,
        orders::CREATED_AT,
    ])
    .on_change(OnChange::TotalOrder)
    .indexes(&[index("orders_user_id_gn", &["user_id"])]);

/// The columns of [`ORDER_DETAILS`].
#[expect(missing_docs, reason = "each column says itself what it is called")]
pub mod order_details {
    use super::*;

    columns! {
        ID = id(),
        ORDER_ID = column("order_id", ColumnKind::Relation { table: "orders", shown: "user", }, "Đơn hàng", "Order").was("int unsigned"),
        PRODUCT_ID = column("product_id", ColumnKind::Relation { table: "products", shown: "title", }, "Sản phẩm", "Product").was("int unsigned"),
        QUANTITY = column("quantity", ColumnKind::Int, "Số lượng", "Quantity").was("int unsigned").default("1"),
        DISCOUNT = column("discount", ColumnKind::Money, "Giảm", "Discount").was("bigint unsigned").default("0"),
        UNIT_PRICE = column("unit_price", ColumnKind::Money, "Đơn giá", "Unit price").was("bigint unsigned").default("0"),
        PRICE = column("price", ColumnKind::Money, "Thành tiền", "Price").was("bigint unsigned").default("0").computed(),
        CREATED_AT = created(),
        UPDATED_AT = updated(),
        VERSION = version(),
        DELETED_AT = deleted(),
    }
}

/// Order details.
pub static ORDER_DETAILS: Table = Table::new(
    "order_details",
    "Chi tiết đơn",
    "Order details",
    order_details::COLUMNS,
)
.old()
.access(Access::Edit)
.area(Area::Goods)
.menu(Menu::Desk, 2)
.shown_with(&["orders", "order_details"])
.on_change(OnChange::PriceOrderLine)
.indexes(&[
    index("order_details_order_gn", &["order_id"]),
    index("order_details_product_gn", &["product_id"]),
]);
