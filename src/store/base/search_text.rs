//! What a row is found by: its texts, without accents, in one column that a narrow index holds.

use super::{Conn, SqlRow, SqlValue, Tx, all, execute, int, marks, one, text_or_none, values};
use crate::domain::text::plain;
use crate::store::StoreError;
use crate::store::catalogue::{SEARCH_MAX, Table};

/// The search text of a row with these texts.
pub(in crate::store) fn search_text<'t>(
    texts: impl IntoIterator<Item = Option<&'t str>>,
) -> String {
    let texts: Vec<&str> = texts.into_iter().flatten().collect();
    plain(&texts.join(" "))
        .chars()
        .take(SEARCH_MAX.into())
        .collect()
}

/// The search text of a row whose columns have these values.
pub(in crate::store) fn text_of<'t>(
    table: &Table,
    value: impl Fn(&'static str) -> Option<&'t str>,
) -> String {
    search_text(
        table
            .columns
            .iter()
            .filter(|c| c.searchable)
            .map(|c| value(c.name)),
    )
}

/// Makes a row's search text anew, after columns of it were written by their own rules.
pub(in crate::store) async fn renew(tx: &Tx, table: &Table, id: i64) -> Result<(), StoreError> {
    let Some(row) = one(
        tx,
        &tx.casts(&format!("{} WHERE id = ?", searched(table))),
        values![id],
    )
    .await?
    else {
        return Ok(());
    };
    write(tx, table, &row).await
}

/// Rows whose texts are written by one statement. The database compares each row with all of them.
const ROWS_A_STATEMENT: usize = 50;

/// Fills the search texts that are missing behind the row `after`, `limit` at most; says how many rows it
/// were, and the last one's number.
pub(super) async fn fill_missing(
    tx: &Tx,
    table: &Table,
    after: Option<i64>,
    limit: u32,
) -> Result<Option<(u64, i64)>, StoreError> {
    let behind = if after.is_some() { "id > ? AND " } else { "" };
    let sql = format!(
        "{} WHERE {behind}search_text IS NULL ORDER BY id LIMIT {limit}",
        searched(table)
    );
    let rows = all(
        tx,
        &tx.casts(&sql),
        after.into_iter().map(SqlValue::from).collect(),
    )
    .await?;
    for some in rows.chunks(ROWS_A_STATEMENT) {
        let mut texts = Vec::with_capacity(some.len() * 3);
        let mut ids = Vec::with_capacity(some.len());
        for row in some {
            let id = SqlValue::from(int(row, 0)?);
            texts.extend([id.clone(), text_of_row(table, row)?.into()]);
            ids.push(id);
        }
        texts.extend(ids);
        // Whoever has written a text meanwhile knows the row better.
        let sql = format!(
            "UPDATE `{}` SET search_text = CASE id{} END WHERE id IN ({}) AND search_text IS NULL",
            table.name,
            " WHEN ? THEN ?".repeat(some.len()),
            marks(some.len())
        );
        execute(tx, &sql, texts).await?;
    }
    let last = rows.last().map(|row| int(row, 0)).transpose()?;
    Ok(last.map(|id| (rows.len() as u64, id)))
}

async fn write(tx: &Tx, table: &Table, row: &SqlRow) -> Result<(), StoreError> {
    let given = values![text_of_row(table, row)?, int(row, 0)?];
    let sql = format!("UPDATE `{}` SET search_text = ? WHERE id = ?", table.name);
    execute(tx, &sql, given).await.map(|_| ())
}

/// The text of a row that [`searched`] asked for.
fn text_of_row(table: &Table, row: &SqlRow) -> Result<String, StoreError> {
    let count = table.columns.iter().filter(|c| c.searchable).count();
    let texts = (1..=count)
        .map(|at| text_or_none(row, at))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(search_text(texts.iter().map(Option::as_deref)))
}

/// Asks for a row's number and the texts that it is found by.
fn searched(table: &Table) -> String {
    let names: Vec<String> = table
        .columns
        .iter()
        .filter(|c| c.searchable)
        .map(|c| format!("`{}`", c.name))
        .collect();
    format!(
        "SELECT CAST(id AS SIGNED), {} FROM `{}`",
        names.join(", "),
        table.name
    )
}
