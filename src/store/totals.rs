//! What follows from a change, in the same transaction: totals of orders, and who has to leave.

use sea_orm::Value;

use super::StoreError;
use super::catalogue::Table;
use super::db::{Store, Tx, all, execute, int_or_none, one, values};
use crate::domain::order::{Line, final_price, total};

impl Store {
    /// Carries on what a changed row means for others.
    pub(super) async fn follow(&self, tx: &Tx, table: &Table, id: i64) -> Result<(), StoreError> {
        match table.name {
            "products" => self.price_product(tx, id).await,
            "order_details" => self.price_line(tx, id).await,
            "orders" => self.total_order(tx, id).await,
            "users" => {
                // Who was blocked, or put away, is out at once.
                let sql = "DELETE FROM web_sessions WHERE user_id = ? AND EXISTS (SELECT 1 FROM users WHERE users.id = ? AND \
                           (users.active = 0 OR users.block = 1 OR users.deleted_at IS NOT NULL))";
                execute(&**tx, sql, values![id, id]).await.map(|_| ())
            }
            _ => Ok(()),
        }
    }

    async fn numbers(
        &self,
        tx: &Tx,
        sql: &str,
        given: Vec<Value>,
        count: usize,
    ) -> Result<Vec<Vec<i64>>, StoreError> {
        let found = all(&**tx, &self.casts(sql), given).await?;
        found
            .iter()
            .map(|row| {
                (0..count)
                    .map(|at| Ok(int_or_none(row, at)?.unwrap_or(0)))
                    .collect()
            })
            .collect()
    }

    async fn price_product(&self, tx: &Tx, id: i64) -> Result<(), StoreError> {
        let sql = "SELECT CAST(price AS SIGNED), CAST(percent_discount AS SIGNED), CAST(discount AS SIGNED) FROM products WHERE id = ?";
        for row in self.numbers(tx, sql, values![id], 3).await? {
            let sold_for = final_price(row[0], row[1], row[2]);
            execute(
                &**tx,
                "UPDATE products SET final_price = ? WHERE id = ?",
                values![sold_for, id],
            )
            .await?;
        }
        Ok(())
    }

    async fn price_line(&self, tx: &Tx, id: i64) -> Result<(), StoreError> {
        let sql = "SELECT CAST(quantity AS SIGNED), CAST(unit_price AS SIGNED), CAST(discount AS SIGNED), CAST(order_id AS SIGNED) \
                   FROM order_details WHERE id = ?";
        for row in self.numbers(tx, sql, values![id], 4).await? {
            let line = Line {
                quantity: row[0],
                unit_price: row[1],
                discount: row[2],
            };
            execute(
                &**tx,
                "UPDATE order_details SET price = ? WHERE id = ?",
                values![line.price(), id],
            )
            .await?;
            self.total_order(tx, row[3]).await?;
        }
        Ok(())
    }

    async fn total_order(&self, tx: &Tx, order: i64) -> Result<(), StoreError> {
        let sql = "SELECT CAST(quantity AS SIGNED), CAST(unit_price AS SIGNED), CAST(discount AS SIGNED) FROM order_details \
                   WHERE order_id = ? AND deleted_at IS NULL";
        let rows = self.numbers(tx, sql, values![order], 3).await?;
        let lines: Vec<Line> = rows
            .iter()
            .map(|row| Line {
                quantity: row[0],
                unit_price: row[1],
                discount: row[2],
            })
            .collect();
        let sql = self.casts("SELECT CAST(discount AS SIGNED) FROM orders WHERE id = ?");
        let discount = one(&**tx, &sql, values![order])
            .await?
            .map_or(Ok(None), |row| int_or_none(&row, 0))?
            .unwrap_or(0);
        execute(
            &**tx,
            "UPDATE orders SET total = ? WHERE id = ?",
            values![total(&lines, discount), order],
        )
        .await
        .map(|_| ())
    }
}
