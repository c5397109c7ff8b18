//! What follows from a change, in the same transaction: totals of orders, and who has to leave.

use crate::domain::order::{Line, final_price, total};
use crate::store::StoreError;
use crate::store::base::{Conn, SqlValue, Tx, all, execute, int_or_none, one, values};
use crate::store::catalogue::{OnChange, Table};
use crate::store::people::sessions;

/// Carries on what a changed row means for others.
pub(super) async fn follow(tx: &Tx, table: &Table, id: i64) -> Result<(), StoreError> {
    match table.on_change {
        OnChange::Nothing => Ok(()),
        OnChange::PriceProduct => price_product(tx, id).await,
        OnChange::PriceOrderLine => price_line(tx, id).await,
        OnChange::TotalOrder => total_order(tx, id).await,
        OnChange::EndSessionsOfClosed => sessions::end_of_closed(tx, id).await,
    }
}

async fn numbers(
    tx: &Tx,
    sql: &str,
    given: Vec<SqlValue>,
    count: usize,
) -> Result<Vec<Vec<i64>>, StoreError> {
    let found = all(tx, &tx.casts(sql), given).await?;
    found
        .iter()
        .map(|row| {
            (0..count)
                .map(|at| Ok(int_or_none(row, at)?.unwrap_or(0)))
                .collect()
        })
        .collect()
}

async fn price_product(tx: &Tx, id: i64) -> Result<(), StoreError> {
    let sql = "SELECT CAST(price AS SIGNED), CAST(percent_discount AS SIGNED), CAST(discount AS SIGNED) FROM products WHERE id = ?";
    for row in numbers(tx, sql, values![id], 3).await? {
        let sold_for = final_price(row[0], row[1], row[2]);
        execute(
            tx,
            "UPDATE products SET final_price = ? WHERE id = ?",
            values![sold_for, id],
        )
        .await?;
    }
    Ok(())
}

async fn price_line(tx: &Tx, id: i64) -> Result<(), StoreError> {
    let sql = "SELECT CAST(quantity AS SIGNED), CAST(unit_price AS SIGNED), CAST(discount AS SIGNED), CAST(order_id AS SIGNED) \
               FROM order_details WHERE id = ?";
    for row in numbers(tx, sql, values![id], 4).await? {
        let line = Line {
            quantity: row[0],
            unit_price: row[1],
            discount: row[2],
        };
        execute(
            tx,
            "UPDATE order_details SET price = ? WHERE id = ?",
            values![line.price(), id],
        )
        .await?;
        total_order(tx, row[3]).await?;
    }
    Ok(())
}

async fn total_order(tx: &Tx, order: i64) -> Result<(), StoreError> {
    let sql = "SELECT CAST(quantity AS SIGNED), CAST(unit_price AS SIGNED), CAST(discount AS SIGNED) FROM order_details \
               WHERE order_id = ? AND deleted_at IS NULL";
    let rows = numbers(tx, sql, values![order], 3).await?;
    let lines: Vec<Line> = rows
        .iter()
        .map(|row| Line {
            quantity: row[0],
            unit_price: row[1],
            discount: row[2],
        })
        .collect();
    let sql = tx.casts("SELECT CAST(discount AS SIGNED) FROM orders WHERE id = ?");
    let discount = one(tx, &sql, values![order])
        .await?
        .map_or(Ok(None), |row| int_or_none(&row, 0))?
        .unwrap_or(0);
    execute(
        tx,
        "UPDATE orders SET total = ? WHERE id = ?",
        values![total(&lines, discount), order],
    )
    .await
    .map(|_| ())
}
