//! What follows from a change, in the same transaction: totals of orders, and who has to leave.

use crate::domain::order::{Line, final_price, total};
use crate::store::StoreError;
use serde_json::{Map, Value as Json, json};

use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, SqlValue, Tx, all, execute, int_or_none, one, values};
use crate::store::catalogue::goods::{
    ORDER_DETAILS, ORDERS, PRODUCTS, order_details, orders, products,
};
use crate::store::catalogue::{AuditAction, Column, OnChange, Table};
use crate::store::people::sessions;

/// Carries on what a changed row means for others. `changed`: the columns that did; nothing: all of it.
pub(super) async fn follow(
    tx: &Tx,
    table: &Table,
    id: i64,
    changed: Option<&Map<String, Json>>,
    actor: &Actor,
) -> Result<(), StoreError> {
    // A sum that an old system computed its own way stays until something of it changes.
    let concerns = |columns: &[Column]| {
        changed.is_none_or(|set| columns.iter().any(|column| set.contains_key(column.name)))
    };
    match table.on_change {
        OnChange::PriceProduct
            if concerns(&[
                products::PRICE,
                products::PERCENT_DISCOUNT,
                products::DISCOUNT,
            ]) =>
        {
            price_product(tx, id, actor).await
        }
        OnChange::PriceOrderLine
            if concerns(&[
                order_details::QUANTITY,
                order_details::UNIT_PRICE,
                order_details::DISCOUNT,
                order_details::ORDER_ID,
            ]) =>
        {
            price_line(tx, id, actor).await
        }
        OnChange::TotalOrder if concerns(&[orders::DISCOUNT]) => total_order(tx, id, actor).await,
        OnChange::EndSessionsOfClosed => sessions::end_of_closed(tx, id).await,
        _ => Ok(()),
    }
}

/// Writes a sum that follows from others, and says so in the trail where it is another one.
async fn write_sum(
    tx: &Tx,
    (table, id): (&'static Table, i64),
    column: &Column,
    sum: i64,
    actor: &Actor,
) -> Result<(), StoreError> {
    let (name, of) = (column.name, table.name);
    let sql = format!("SELECT CAST({name} AS SIGNED) FROM {of} WHERE id = ?");
    let before = numbers(tx, &sql, values![id], 1).await?;
    let before = before.first().and_then(|row| row.first()).copied();
    if before.is_none_or(|before| before == sum) {
        return Ok(());
    }
    let sql = format!("UPDATE {of} SET {name} = ? WHERE id = ?");
    execute(tx, &sql, values![sum, id]).await?;
    let state = |sum: Option<i64>| Json::Object(Map::from_iter([(name.to_owned(), json!(sum))]));
    let entry = Entry::of(AuditAction::Change)
        .row(table, id)
        .before(state(before))
        .after(state(Some(sum)));
    audit::write(tx, actor, entry).await
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

async fn price_product(tx: &Tx, id: i64, actor: &Actor) -> Result<(), StoreError> {
    let sql = "SELECT CAST(price AS SIGNED), CAST(percent_discount AS SIGNED), CAST(discount AS SIGNED) FROM products WHERE id = ?";
    for row in numbers(tx, sql, values![id], 3).await? {
        let sold_for = final_price(row[0], row[1], row[2]);
        write_sum(tx, (&PRODUCTS, id), &products::FINAL_PRICE, sold_for, actor).await?;
    }
    Ok(())
}

async fn price_line(tx: &Tx, id: i64, actor: &Actor) -> Result<(), StoreError> {
    let sql = "SELECT CAST(quantity AS SIGNED), CAST(unit_price AS SIGNED), CAST(discount AS SIGNED), CAST(order_id AS SIGNED) \
               FROM order_details WHERE id = ?";
    for row in numbers(tx, sql, values![id], 4).await? {
        let line = Line {
            quantity: row[0],
            unit_price: row[1],
            discount: row[2],
        };
        let price = line.price();
        write_sum(
            tx,
            (&ORDER_DETAILS, id),
            &order_details::PRICE,
            price,
            actor,
        )
        .await?;
        total_order(tx, row[3], actor).await?;
    }
    Ok(())
}

async fn total_order(tx: &Tx, order: i64, actor: &Actor) -> Result<(), StoreError> {
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
    let sum = total(&lines, discount);
    write_sum(tx, (&ORDERS, order), &orders::TOTAL, sum, actor).await
}
