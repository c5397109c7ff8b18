//! What a row is found by: its texts, without accents, in one column that a narrow index holds.

use super::{Conn, SqlRow, Tx, all, execute, int, one, text_or_none, values};
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

/// Fills the search texts that are missing, `limit` at most; says how many.
pub(super) async fn fill_missing(tx: &Tx, table: &Table, limit: u32) -> Result<u64, StoreError> {
    let rows = all(
        tx,
        &tx.casts(&format!(
            "{} WHERE search_text IS NULL LIMIT {limit}",
            searched(table)
        )),
        vec![],
    )
    .await?;
    for row in &rows {
        write(tx, table, row).await?;
    }
    Ok(rows.len() as u64)
}

async fn write(tx: &Tx, table: &Table, row: &SqlRow) -> Result<(), StoreError> {
    let count = table.columns.iter().filter(|c| c.searchable).count();
    let texts = (1..=count)
        .map(|at| text_or_none(row, at))
        .collect::<Result<Vec<_>, _>>()?;
    let given = values![
        search_text(texts.iter().map(Option::as_deref)),
        int(row, 0)?
    ];
    execute(
        tx,
        &format!("UPDATE `{}` SET search_text = ? WHERE id = ?", table.name),
        given,
    )
    .await
    .map(|_| ())
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
