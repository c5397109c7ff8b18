//! The generic table access: lists, single rows, changes, exports of any table of the catalogue.
//!
//! Lives here: what an admin needs of every table alike. A change and its row in the audit trail
//! are one transaction; a row that somebody else changed since it was read is refused. Never here:
//! who may do it.

use std::collections::HashMap;

use sea_orm::{QueryResult, Value};
use serde_json::{Map, Value as Json};
use tokio::sync::mpsc;

use super::StoreError;
use super::audit::{self, Actor};
use super::catalogue::{Access, Column, Kind, Table, table};
use super::db::{
    Engine, Store, Tx, all, execute, insert, int, int_or_none, marks, one, text_or_none,
    transaction, values,
};
use super::search::text_of;
use crate::domain::Vnd;
use crate::domain::calendar::old_time;
use crate::domain::text::plain;

/// Above this many rows a count only says "more": counting a million takes longer than anybody
/// waits.
pub const COUNT_MAX: i64 = 10_000;
/// Rows on a page, at most.
pub const PAGE_MAX: u32 = 1_000;
/// Rows that are changed in one transaction.
const BULK_BATCH: usize = 200;
/// Words of a search that are looked at.
const WORDS_MAX: usize = 8;

/// How a column is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// Equal.
    Is,
    /// Equal to one of these, which commas part.
    AnyOf,
    /// Not equal, or empty.
    IsNot,
    /// The text is somewhere in it.
    Contains,
    /// Equal or larger.
    AtLeast,
    /// Equal or smaller.
    AtMost,
    /// Nothing there.
    Empty,
    /// Something there.
    Filled,
}

/// One condition. The value is text, as it came from a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The column.
    pub column: String,
    /// How.
    pub compare: Compare,
    /// With what.
    pub value: String,
}

/// Rows that were deleted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Deleted {
    /// Are left out.
    #[default]
    Without,
    /// Alone.
    Only,
    /// Too.
    With,
}

/// Which rows, in which order.
#[derive(Debug, Clone, Default)]
pub struct Query {
    /// All of them must hold.
    pub filters: Vec<Filter>,
    /// Words that must all be in the row, with or without accents.
    pub search: String,
    /// By this column; else the newest first.
    pub sort: Option<String>,
    /// The other way round.
    pub descending: bool,
    /// Deleted rows.
    pub deleted: Deleted,
    /// The place behind which the page begins ([`Listing::next`]).
    pub after: Option<String>,
}

impl Query {
    /// Do large values come first? Without a wish the newest rows do.
    pub(super) fn is_descending(&self) -> bool {
        self.sort.is_none() != self.descending
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its number.
    pub id: i64,
    /// For a change of it.
    pub version: i64,
    /// Is it deleted?
    pub is_deleted: bool,
    /// By the table's shown columns ([`Table::shown`]), in their order.
    pub cells: Vec<Json>,
}

/// A page of rows.
#[derive(Debug, Clone)]
pub struct Listing {
    /// The rows.
    pub rows: Vec<Row>,
    /// Goes into [`Query::after`] for the next page; nothing when this is the last.
    pub next: Option<String>,
}

/// How many rows a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(i64),
    /// More than that.
    MoreThan(i64),
}

/// Values as they came from a form, by column. An empty text empties the column.
pub type Fields = Vec<(String, String)>;

/// What is done to many rows at once.
#[derive(Debug, Clone)]
pub enum Change {
    /// These columns get these values.
    Set(Fields),
    /// They are deleted, and can be brought back.
    Delete,
    /// They are brought back.
    Restore,
}

/// A table that may be read.
pub fn readable(name: &str) -> Result<&'static Table, StoreError> {
    table(name).ok_or_else(|| StoreError::NotAllowed(name.to_owned()))
}

/// A table that may be changed.
pub fn writable(name: &str) -> Result<&'static Table, StoreError> {
    table(name)
        .filter(|t| t.access == Access::Edit)
        .ok_or_else(|| StoreError::NotAllowed(name.to_owned()))
}

/// May rows be added and deleted by forms? Jobs have rules of their own ([`Store::add_jobs`],
/// [`Store::cancel`]).
pub fn is_free(table: &Table) -> bool {
    table.access == Access::Edit && table.name != "jobs"
}

fn shown(table: &Table, name: &str) -> Result<&'static Column, StoreError> {
    table
        .column(name)
        .filter(|c| !c.secret)
        .ok_or_else(|| StoreError::NotAllowed(name.to_owned()))
}

/// Reads a form's text as the column takes it.
pub fn parse(column: &Column, text: &str) -> Result<Json, StoreError> {
    let text = text.trim();
    let refused = |why: String| StoreError::BadValue {
        field: column.vi.to_owned(),
        why,
    };
    if text.is_empty() && column.kind != Kind::Bool {
        return match (column.nullable, column.kind) {
            (true, _) => Ok(Json::Null),
            (false, Kind::Text(_) | Kind::LongText) if column.default == Some("''") => {
                Ok(Json::from(""))
            }
            _ => Err(refused("không được để trống".to_owned())),
        };
    }
    Ok(match column.kind {
        Kind::Id | Kind::Int | Kind::TimeMs | Kind::Relation { .. } => Json::from(
            text.parse::<i64>()
                .map_err(|_| refused(format!("{text:?} không phải số")))?,
        ),
        Kind::Money => Json::from(
            text.parse::<Vnd>()
                .map_err(|e| refused(e.to_string()))?
                .dong(),
        ),
        Kind::Decimal => decimal(text).map(Json::from).ok_or_else(|| {
            refused(format!(
                "{text:?} không phải số tiền, như 350000 hoặc 350000.50"
            ))
        })?,
        Kind::Text(most) if text.chars().count() > usize::from(most) => {
            return Err(refused(format!("dài hơn {most} ký tự")));
        }
        Kind::LongText if text.len() > 60_000 => return Err(refused("quá dài".to_owned())),
        Kind::Text(_) | Kind::LongText => Json::from(text),
        Kind::Bool => match plain(text).as_str() {
            "1" | "true" | "on" | "co" | "yes" | "x" => Json::from(1),
            "" | "0" | "false" | "off" | "khong" | "no" => Json::from(0),
            _ => return Err(refused(format!("{text:?} không phải có/không"))),
        },
        Kind::Date => Json::from(
            date(text)
                .ok_or_else(|| {
                    refused(format!(
                        "{text:?} không phải ngày, như 2026-08-31 hoặc 31/08/2026"
                    ))
                })?
                .to_string(),
        ),
        Kind::OldTime => Json::from(time(text).ok_or_else(|| {
            refused(format!(
                "{text:?} không phải thời điểm, như 2026-08-31 10:20:30"
            ))
        })?),
        Kind::Choice(choices) => {
            let found = choices
                .iter()
                .find(|(wire, label)| *wire == text || plain(label) == plain(text));
            Json::from(
                found
                    .ok_or_else(|| refused(format!("không có lựa chọn {text:?}")))?
                    .0,
            )
        }
    })
}

fn decimal(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    (!whole.is_empty() && whole.len() <= 13 && part.len() <= 2 && digits(whole) && digits(part))
        .then(|| format!("{whole}.{part:0<2}"))
}

fn date(text: &str) -> Option<jiff::civil::Date> {
    text.parse()
        .ok()
        .or_else(|| jiff::civil::Date::strptime("%d/%m/%Y", text).ok())
}

fn time(text: &str) -> Option<String> {
    let midnight = || Some(date(text)?.at(0, 0, 0, 0));
    let time: Option<jiff::civil::DateTime> = text.replace(' ', "T").parse().ok().or_else(midnight);
    Some(time?.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

fn as_text(cell: &Json) -> String {
    cell.as_str().map_or_else(
        || {
            if cell.is_null() {
                String::new()
            } else {
                cell.to_string()
            }
        },
        str::to_owned,
    )
}

/// As a value for a query.
pub(super) fn bound(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(None::<String>),
        Json::Number(number) => Value::from(number.as_i64()),
        Json::Bool(is) => Value::from(i64::from(*is)),
        Json::String(text) => Value::from(text.clone()),
        other => Value::from(other.to_string()),
    }
}

/// How a column is read, so that both databases give one of two kinds: a whole number or a text.
pub(super) fn read_as(engine: Engine, column: &Column) -> String {
    let name = column.name;
    let (number, chars) = if engine == Engine::MariaDb {
        ("SIGNED", "CHAR")
    } else {
        ("INTEGER", "TEXT")
    };
    match column.kind {
        kind if kind.is_number() => format!("CAST(`{name}` AS {number})"),
        Kind::Decimal | Kind::Date | Kind::OldTime => format!("CAST(`{name}` AS {chars})"),
        _ => format!("`{name}`"),
    }
}

pub(super) fn cell(row: &QueryResult, at: usize, column: &Column) -> Result<Json, StoreError> {
    if column.kind.is_number() {
        return Ok(int_or_none(row, at)?.map_or(Json::Null, Json::from));
    }
    let text = text_or_none(row, at)?;
    Ok(match column.kind {
        // SQLite keeps whole amounts as it got them.
        Kind::Decimal => text.map_or(Json::Null, |t| Json::from(decimal(&t).unwrap_or(t))),
        _ => text.map_or(Json::Null, Json::from),
    })
}

/// A column as it is compared and sorted by: SQLite keeps amounts with decimals as text.
fn compared(engine: Engine, column: &Column) -> String {
    as_compared(engine, column, &format!("`{}`", column.name))
}

fn as_compared(engine: Engine, column: &Column, sql: &str) -> String {
    if engine == Engine::Sqlite && column.kind == Kind::Decimal {
        format!("CAST({sql} AS NUMERIC)")
    } else {
        sql.to_owned()
    }
}

/// The conditions of a query, with their values.
pub(super) struct Clauses {
    all: Vec<String>,
    pub given: Vec<Value>,
}

impl Clauses {
    pub fn of(engine: Engine, table: &Table, query: &Query) -> Result<Self, StoreError> {
        let mut clauses = Self {
            all: Vec::new(),
            given: Vec::new(),
        };
        for filter in &query.filters {
            clauses.filter(engine, shown(table, &filter.column)?, filter)?;
        }
        if table.has("search_text") {
            // Byte by byte, which MariaDB does in three quarters of the time.
            let text = if engine == Engine::MariaDb {
                "CAST(search_text AS BINARY)"
            } else {
                "search_text"
            };
            for word in plain(&query.search).split_whitespace().take(WORDS_MAX) {
                clauses.add(format!("INSTR({text}, ?) > 0"), Some(Value::from(word)));
            }
        }
        if table.has("deleted_at") {
            match query.deleted {
                Deleted::Without => clauses.add("deleted_at IS NULL", None),
                Deleted::Only => clauses.add("deleted_at IS NOT NULL", None),
                Deleted::With => {}
            }
        }
        Ok(clauses)
    }

    fn add(&mut self, clause: impl Into<String>, value: Option<Value>) {
        self.all.push(clause.into());
        self.given.extend(value);
    }

    fn filter(
        &mut self,
        engine: Engine,
        column: &Column,
        filter: &Filter,
    ) -> Result<(), StoreError> {
        let name = column.name;
        let (field, mark) = (compared(engine, column), as_compared(engine, column, "?"));
        let value = || {
            parse(
                &Column {
                    nullable: false,
                    ..*column
                },
                &filter.value,
            )
            .map(|json| bound(&json))
        };
        match filter.compare {
            Compare::Is => self.add(format!("{field} = {mark}"), Some(value()?)),
            Compare::AnyOf => {
                let values = filter.value.split(',').map(|one| {
                    parse(
                        &Column {
                            nullable: false,
                            ..*column
                        },
                        one,
                    )
                    .map(|json| bound(&json))
                });
                let values = values.collect::<Result<Vec<_>, _>>()?;
                self.all.push(format!(
                    "{field} IN ({})",
                    vec![mark.as_str(); values.len()].join(", ")
                ));
                self.given.extend(values);
            }
            Compare::IsNot => self.add(
                format!("({field} <> {mark} OR `{name}` IS NULL)"),
                Some(value()?),
            ),
            Compare::AtLeast => self.add(format!("{field} >= {mark}"), Some(value()?)),
            Compare::AtMost => self.add(format!("{field} <= {mark}"), Some(value()?)),
            Compare::Contains => self.add(
                format!("`{name}` LIKE ? ESCAPE '!'"),
                Some(Value::from(like(filter.value.trim()))),
            ),
            Compare::Empty if column.kind.is_number() => {
                self.add(format!("`{name}` IS NULL"), None)
            }
            Compare::Empty => self.add(format!("(`{name}` IS NULL OR `{name}` = '')"), None),
            Compare::Filled => self.add(format!("`{name}` IS NOT NULL"), None),
        }
        Ok(())
    }

    pub fn sql(&self) -> String {
        if self.all.is_empty() {
            "1 = 1".to_owned()
        } else {
            self.all.join(" AND ")
        }
    }
}

fn like(word: &str) -> String {
    format!(
        "%{}%",
        word.replace('!', "!!")
            .replace('%', "!%")
            .replace('_', "!_")
    )
}

impl Store {
    /// A page of a table.
    pub async fn list(
        &self,
        table_name: &str,
        query: &Query,
        limit: u32,
    ) -> Result<Listing, StoreError> {
        self.page(
            readable(table_name)?,
            query,
            limit.clamp(1, PAGE_MAX) as usize,
        )
        .await
    }

    pub(super) async fn page(
        &self,
        table: &'static Table,
        query: &Query,
        limit: usize,
    ) -> Result<Listing, StoreError> {
        let sort = query
            .sort
            .as_deref()
            .map(|name| shown(table, name))
            .transpose()?
            .filter(|c| c.kind != Kind::Id);
        let descending = query.is_descending();
        let mut clauses = Clauses::of(self.engine(), table, query)?;
        if let Some(after) = &query.after {
            behind(&mut clauses, self.engine(), sort, descending, after)?;
        }
        let way = if descending { "DESC" } else { "ASC" };
        let order = sort.map_or_else(
            || format!("id {way}"),
            |c| format!("{} {way}, id {way}", compared(self.engine(), c)),
        );
        let sql = format!(
            "{} WHERE {} ORDER BY {order} LIMIT {}",
            self.select(table),
            clauses.sql(),
            limit + 1
        );
        let mut rows = all(&self.db, &sql, clauses.given)
            .await?
            .iter()
            .map(|row| read(table, row))
            .collect::<Result<Vec<Row>, _>>()?;
        let has_more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| has_more).map(|row| {
            let at = sort.and_then(|c| table.shown().position(|other| other.name == c.name));
            place(at.map_or(&Json::Null, |at| &row.cells[at]), row.id)
        });
        Ok(Listing { rows, next })
    }

    pub(super) fn select(&self, table: &Table) -> String {
        let columns: Vec<String> = table.shown().map(|c| read_as(self.engine(), c)).collect();
        format!("SELECT {} FROM `{}`", columns.join(", "), table.name)
    }

    /// How many rows a list has, without counting for ever.
    pub async fn count(&self, table_name: &str, query: &Query) -> Result<Count, StoreError> {
        let table = readable(table_name)?;
        let clauses = Clauses::of(self.engine(), table, query)?;
        let sql = format!(
            "SELECT COUNT(*) FROM (SELECT 1 FROM `{}` WHERE {} LIMIT {}) AS some",
            table.name,
            clauses.sql(),
            COUNT_MAX + 1
        );
        let count = one(&self.db, &sql, clauses.given)
            .await?
            .map_or(Ok(0), |row| int(&row, 0))?;
        Ok(if count > COUNT_MAX {
            Count::MoreThan(COUNT_MAX)
        } else {
            Count::Exactly(count)
        })
    }

    /// The numbers of a list's rows, `limit` at most.
    pub async fn ids(
        &self,
        table_name: &str,
        query: &Query,
        limit: u32,
    ) -> Result<Vec<i64>, StoreError> {
        let table = readable(table_name)?;
        let clauses = Clauses::of(self.engine(), table, query)?;
        let sql = format!(
            "SELECT CAST(id AS SIGNED) FROM `{}` WHERE {} LIMIT {limit}",
            table.name,
            clauses.sql()
        );
        all(&self.db, &self.casts(&sql), clauses.given)
            .await?
            .iter()
            .map(|row| int(row, 0))
            .collect()
    }

    /// One row, deleted or not.
    pub async fn fetch(&self, table_name: &str, id: i64) -> Result<Row, StoreError> {
        let table = readable(table_name)?;
        let row = one(
            &self.db,
            &format!("{} WHERE id = ?", self.select(table)),
            values![id],
        )
        .await?
        .ok_or(StoreError::NoRow)?;
        read(table, &row)
    }

    /// All rows of a list, a thousand at a time, for an export. Ends when the receiver is dropped.
    pub fn export(
        &self,
        table_name: &str,
        query: &Query,
    ) -> Result<mpsc::Receiver<Result<Vec<Row>, StoreError>>, StoreError> {
        let table = readable(table_name)?;
        Clauses::of(self.engine(), table, query)?;
        let (send, receive) = mpsc::channel(2);
        let (store, mut query) = (self.clone(), query.clone());
        tokio::spawn(async move {
            loop {
                let page = store.page(table, &query, PAGE_MAX as usize).await;
                let next = page.as_ref().ok().and_then(|p| p.next.clone());
                let is_last = next.is_none();
                query.after = next;
                if send.send(page.map(|p| p.rows)).await.is_err() || is_last {
                    return;
                }
            }
        });
        Ok(receive)
    }

    /// What people know rows of a table by: for the cells of a relation.
    pub async fn names(
        &self,
        column: &Column,
        ids: &[i64],
    ) -> Result<HashMap<i64, String>, StoreError> {
        let Kind::Relation { table, shown } = column.kind else {
            return Ok(HashMap::new());
        };
        if ids.is_empty() {
            return Ok(HashMap::new());
        }
        let sql = self.casts(&format!(
            "SELECT CAST(id AS SIGNED), `{shown}` FROM `{table}` WHERE id IN ({})",
            marks(ids.len())
        ));
        let rows = all(
            &self.db,
            &sql,
            ids.iter().map(|id| Value::from(*id)).collect(),
        )
        .await?;
        rows.iter()
            .map(|row| Ok((int(row, 0)?, text_or_none(row, 1)?.unwrap_or_default())))
            .collect()
    }

    /// A pick list of a relation: the first rows that fit the search, with what people know them
    /// by.
    pub async fn pick_list(
        &self,
        column: &Column,
        search: &str,
        limit: u32,
    ) -> Result<Vec<(i64, String)>, StoreError> {
        let Kind::Relation { table, shown } = column.kind else {
            return Err(StoreError::NotAllowed(column.name.to_owned()));
        };
        let table = readable(table)?;
        let clauses = Clauses::of(
            self.engine(),
            table,
            &Query {
                search: search.to_owned(),
                ..Query::default()
            },
        )?;
        let sql = format!(
            "SELECT CAST(id AS SIGNED), `{shown}` FROM `{}` WHERE {} ORDER BY `{shown}`, id LIMIT {}",
            table.name,
            clauses.sql(),
            limit.min(100)
        );
        let rows = all(&self.db, &self.casts(&sql), clauses.given).await?;
        rows.iter()
            .map(|row| Ok((int(row, 0)?, text_or_none(row, 1)?.unwrap_or_default())))
            .collect()
    }

    /// Adds a row. Says its number.
    pub async fn add_row(
        &self,
        table_name: &str,
        fields: &Fields,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let table = free(table_name)?;
        transaction!(self, |tx| self.add_row_in(&tx, table, fields, actor))
    }

    pub(super) async fn add_row_in(
        &self,
        tx: &Tx,
        table: &'static Table,
        fields: &Fields,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let mut set = checked(table, fields)?;
        for column in table
            .columns
            .iter()
            .filter(|c| c.editable && !c.nullable && c.default.is_none() && c.kind != Kind::Id)
        {
            if !set.contains_key(column.name) {
                return Err(StoreError::BadValue {
                    field: column.vi.to_owned(),
                    why: "không được để trống".to_owned(),
                });
            }
        }
        self.people_before(tx, table, None, set.get("username"))
            .await?;
        self.point_somewhere(tx, table, &set).await?;
        let after = Json::Object(set.clone());
        self.stamp(table, &mut set, &["created_at", "updated_at"]);
        if table.has("search_text") {
            let text = text_of(table, |name| set.get(name)?.as_str());
            set.insert("search_text".to_owned(), Json::from(text));
        }
        // An old dump's columns have no defaults of their own.
        let left_out: Vec<(&str, &str)> = table
            .columns
            .iter()
            .filter(|c| !c.nullable && !set.contains_key(c.name))
            .filter_map(|c| Some((c.name, c.default?)))
            .collect();
        let names: Vec<String> = set
            .keys()
            .map(String::as_str)
            .chain(left_out.iter().map(|(name, _)| *name))
            .map(|name| format!("`{name}`"))
            .collect();
        let places: Vec<&str> = set
            .keys()
            .map(|_| "?")
            .chain(left_out.iter().map(|(_, default)| *default))
            .collect();
        let sql = format!(
            "INSERT INTO `{}` ({}) VALUES ({})",
            table.name,
            names.join(", "),
            places.join(", ")
        );
        let id = insert(&**tx, &sql, set.values().map(bound).collect()).await?;
        audit::write(
            self,
            tx,
            actor,
            "add",
            Some(table.name),
            Some(id),
            None,
            Some(&after),
        )
        .await?;
        self.follow(tx, table, id).await?;
        Ok(id)
    }

    /// A relation leads to a row that is there: the database has no foreign keys, as the old one
    /// had none.
    async fn point_somewhere(
        &self,
        tx: &Tx,
        table: &Table,
        set: &Map<String, Json>,
    ) -> Result<(), StoreError> {
        for (name, value) in set {
            let Some(Column {
                kind: Kind::Relation { table: other, .. },
                vi,
                ..
            }) = table.column(name)
            else {
                continue;
            };
            let Some(id) = value.as_i64() else { continue };
            if one(
                &**tx,
                &format!("SELECT 1 FROM `{other}` WHERE id = ?"),
                values![id],
            )
            .await?
            .is_none()
            {
                return Err(StoreError::BadValue {
                    field: (*vi).to_owned(),
                    why: format!("không có dòng số {id}"),
                });
            }
        }
        Ok(())
    }

    fn stamp(&self, table: &Table, set: &mut Map<String, Json>, names: &[&str]) {
        let now = self.now_ms();
        for column in names.iter().filter_map(|name| table.column(name)) {
            let value = if column.kind == Kind::OldTime {
                Json::from(old_time(now))
            } else {
                Json::from(now)
            };
            set.insert(column.name.to_owned(), value);
        }
    }

    /// Changes a row that nobody changed since it was read at `version`. Says its new version.
    pub async fn change_row(
        &self,
        table_name: &str,
        id: i64,
        version: i64,
        fields: &Fields,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let table = writable(table_name)?;
        transaction!(self, |tx| self.change_row_in(
            &tx,
            table,
            id,
            Some(version),
            fields,
            actor
        ))
    }

    async fn change_row_in(
        &self,
        tx: &Tx,
        table: &'static Table,
        id: i64,
        version: Option<i64>,
        fields: &Fields,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let row = self.row_locked(tx, table, id, version).await?;
        if row.is_deleted {
            return Err(StoreError::NoRow);
        }
        let now: HashMap<&str, &Json> = table.shown().map(|c| c.name).zip(&row.cells).collect();
        // What an old row has and nobody touched is no mistake of whoever changes something else in
        // it.
        let stands = |(name, text): &&(String, String)| {
            now.get(name.as_str())
                .is_none_or(|cell| as_text(cell) != text.trim())
        };
        let mut set = checked(table, &fields.iter().filter(stands).cloned().collect())?;
        set.retain(|name, value| now.get(name.as_str()).is_none_or(|old| *old != value));
        if set.is_empty() {
            return Ok(row.version);
        }
        let owners = self
            .people_before(tx, table, Some(id), set.get("username"))
            .await?;
        self.point_somewhere(tx, table, &set).await?;
        let before: Map<String, Json> = set
            .keys()
            .map(|name| {
                (
                    name.clone(),
                    now.get(name.as_str()).map_or(Json::Null, |v| (*v).clone()),
                )
            })
            .collect();
        let after = Json::Object(set.clone());
        if table.has("search_text") {
            let text = text_of(table, |name| {
                set.get(name).or(now.get(name).copied())?.as_str()
            });
            set.insert("search_text".to_owned(), Json::from(text));
        }
        self.stamp(table, &mut set, &["updated_at"]);
        let names: Vec<String> = set.keys().map(|name| format!("`{name}` = ?")).collect();
        let sql = format!(
            "UPDATE `{}` SET {}, version = version + 1 WHERE id = ? AND version = ?",
            table.name,
            names.join(", ")
        );
        let mut given: Vec<Value> = set.values().map(bound).collect();
        given.extend(values![id, row.version]);
        if execute(&**tx, &sql, given).await? != 1 {
            return Err(StoreError::Stale);
        }
        self.people_after(tx, owners.as_ref()).await?;
        audit::write(
            self,
            tx,
            actor,
            "change",
            Some(table.name),
            Some(id),
            Some(&Json::Object(before)),
            Some(&after),
        )
        .await?;
        self.follow(tx, table, id).await?;
        Ok(row.version + 1)
    }

    async fn row_locked(
        &self,
        tx: &Tx,
        table: &'static Table,
        id: i64,
        version: Option<i64>,
    ) -> Result<Row, StoreError> {
        let sql = format!("{} WHERE id = ?{}", self.select(table), self.locked());
        let row = read(
            table,
            &one(&**tx, &sql, values![id])
                .await?
                .ok_or(StoreError::NoRow)?,
        )?;
        if version.is_some_and(|version| version != row.version) {
            Err(StoreError::Stale)
        } else {
            Ok(row)
        }
    }

    /// Deletes a row; it can be brought back.
    pub async fn delete_row(
        &self,
        table_name: &str,
        id: i64,
        version: i64,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let table = free(table_name)?;
        transaction!(self, |tx| self.delete_in(
            &tx,
            table,
            id,
            Some(version),
            true,
            actor
        ))
    }

    /// Brings a deleted row back.
    pub async fn restore_row(
        &self,
        table_name: &str,
        id: i64,
        version: i64,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let table = free(table_name)?;
        transaction!(self, |tx| self.delete_in(
            &tx,
            table,
            id,
            Some(version),
            false,
            actor
        ))
    }

    pub(super) async fn delete_in(
        &self,
        tx: &Tx,
        table: &'static Table,
        id: i64,
        version: Option<i64>,
        gone: bool,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let row = self.row_locked(tx, table, id, version).await?;
        if row.is_deleted == gone {
            return Err(StoreError::NoRow);
        }
        let owners = self.people_before(tx, table, Some(id), None).await?;
        let at = gone.then(|| self.now_ms());
        execute(
            &**tx,
            &format!(
                "UPDATE `{}` SET deleted_at = ?, version = version + 1 WHERE id = ?",
                table.name
            ),
            values![at, id],
        )
        .await?;
        self.people_after(tx, owners.as_ref()).await?;
        let cells: Map<String, Json> = table
            .shown()
            .map(|c| c.name.to_owned())
            .zip(row.cells)
            .collect();
        audit::write(
            self,
            tx,
            actor,
            if gone { "delete" } else { "restore" },
            Some(table.name),
            Some(id),
            Some(&Json::Object(cells)),
            None,
        )
        .await?;
        self.follow(tx, table, id).await
    }

    /// Changes many rows; says for each what came of it. Each has its own row in the trail.
    pub async fn change_rows(
        &self,
        table_name: &str,
        ids: &[i64],
        change: &Change,
        actor: &Actor,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let table = if matches!(change, Change::Set(_)) {
            writable(table_name)?
        } else {
            free(table_name)?
        };
        let mut ended = Vec::with_capacity(ids.len());
        for some in ids.chunks(BULK_BATCH) {
            ended.extend(transaction!(self, |tx| self.change_some(&tx, table, some, change, actor))?);
        }
        Ok(ended)
    }

    async fn change_some(
        &self,
        tx: &Tx,
        table: &'static Table,
        ids: &[i64],
        change: &Change,
        actor: &Actor,
    ) -> Result<Vec<Result<(), StoreError>>, StoreError> {
        let mut ended = Vec::with_capacity(ids.len());
        for id in ids {
            let done = match change {
                Change::Set(fields) => self
                    .change_row_in(tx, table, *id, None, fields, actor)
                    .await
                    .map(|_| ()),
                Change::Delete => self.delete_in(tx, table, *id, None, true, actor).await,
                Change::Restore => self.delete_in(tx, table, *id, None, false, actor).await,
            };
            match done {
                // The database itself: the whole transaction ends, and may be done again. Or all
                // owners at once.
                Err(error @ (StoreError::Database(_) | StoreError::LastOwner)) => {
                    return Err(error);
                }
                other => ended.push(other),
            }
        }
        Ok(ended)
    }
}

pub(super) fn free(name: &str) -> Result<&'static Table, StoreError> {
    writable(name)
        .ok()
        .filter(|t| is_free(t))
        .ok_or_else(|| StoreError::NotAllowed(name.to_owned()))
}

/// A form's texts as values. A column that forms may not write is an error, not a silence.
fn checked(table: &Table, fields: &Fields) -> Result<Map<String, Json>, StoreError> {
    let mut set = Map::new();
    for (name, text) in fields {
        let column = shown(table, name)?;
        if !column.editable {
            return Err(StoreError::NotAllowed(name.clone()));
        }
        set.insert(column.name.to_owned(), parse(column, text)?);
    }
    Ok(set)
}

pub(super) fn read(table: &'static Table, row: &QueryResult) -> Result<Row, StoreError> {
    let cells = table
        .shown()
        .enumerate()
        .map(|(at, column)| cell(row, at, column))
        .collect::<Result<Vec<Json>, _>>()?;
    let number = |name: &str| {
        table
            .shown()
            .position(|c| c.name == name)
            .and_then(|at| cells[at].as_i64())
    };
    Ok(Row {
        id: number("id").unwrap_or_default(),
        version: number("version").unwrap_or_default(),
        is_deleted: number("deleted_at").is_some(),
        cells,
    })
}

/// A place in a list, as [`Query::after`] takes it: what the row has in the sorted column, and its
/// number.
pub(super) fn place(value: &Json, id: i64) -> String {
    serde_json::json!([value, id]).to_string()
}

pub(super) fn read_place(place: &str) -> Result<(Json, i64), StoreError> {
    serde_json::from_str(place).map_err(|_| StoreError::NotAllowed(place.to_owned()))
}

/// The condition for what comes behind a row in the list. Both databases put what is empty first.
fn behind(
    clauses: &mut Clauses,
    engine: Engine,
    sort: Option<&Column>,
    descending: bool,
    after: &str,
) -> Result<(), StoreError> {
    let (value, id) = read_place(after)?;
    let way = if descending { "<" } else { ">" };
    let Some(column) = sort else {
        clauses.add(format!("id {way} ?"), Some(Value::from(id)));
        return Ok(());
    };
    let name = column.name;
    let (field, mark) = (compared(engine, column), as_compared(engine, column, "?"));
    if value.is_null() {
        let rest = if descending {
            ""
        } else {
            " OR `{}` IS NOT NULL"
        }
        .replace("{}", name);
        clauses.add(
            format!("((`{name}` IS NULL AND id {way} ?){rest})"),
            Some(Value::from(id)),
        );
        return Ok(());
    }
    let rest = if descending {
        format!(" OR `{name}` IS NULL")
    } else {
        String::new()
    };
    clauses.add(
        format!("({field} {way} {mark} OR ({field} = {mark} AND id {way} ?){rest})"),
        None,
    );
    clauses
        .given
        .extend([bound(&value), bound(&value), Value::from(id)]);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column(table: &str, name: &str) -> &'static Column {
        readable(table)
            .expect("a table")
            .column(name)
            .expect("a column")
    }

    #[test]
    fn a_forms_text_becomes_a_value_or_an_error_that_names_the_field() {
        let read = |table: &str, name: &str, text: &str| {
            parse(column(table, name), text).map_err(|e| e.to_string())
        };
        assert_eq!(
            read("collection_data", "postage", "350.000đ"),
            Ok(Json::from(350_000))
        );
        assert_eq!(
            read("collection_data", "period", "31/08/2026"),
            Ok(Json::from("2026-08-31"))
        );
        assert_eq!(
            read("transporter_transaction", "total_amount", "1000000.5"),
            Ok(Json::from("1000000.50"))
        );
        assert_eq!(
            read("users", "trial_expire_date", "2026-08-31 10:20:30"),
            Ok(Json::from("2026-08-31 10:20:30"))
        );
        assert_eq!(read("banner", "publish", "Có"), Ok(Json::from(1)));
        assert_eq!(read("users", "name", " "), Ok(Json::Null));
        for (table, name, bad) in [
            ("collection_data", "postage", "1.5"),
            ("collection_data", "period", "hôm qua"),
            ("users", "username", ""),
        ] {
            let error = read(table, name, bad).expect_err(bad);
            assert!(error.contains(column(table, name).vi), "{error}");
        }
    }

    #[test]
    fn what_is_searched_for_is_no_pattern() {
        assert_eq!(like("50%_!"), "%50!%!_!!%");
    }

    #[test]
    fn names_come_from_the_catalogue_only() {
        assert!(matches!(readable("readme"), Err(StoreError::NotAllowed(_))));
        assert!(matches!(
            readable("settings"),
            Err(StoreError::NotAllowed(_))
        ));
        assert!(matches!(
            shown(readable("users").expect("a table"), "password"),
            Err(StoreError::NotAllowed(_))
        ));
        let fields = vec![("role; DROP TABLE users".to_owned(), "1".to_owned())];
        assert!(matches!(
            checked(readable("users").expect("a table"), &fields),
            Err(StoreError::NotAllowed(_))
        ));
        assert!(matches!(
            checked(
                readable("users").expect("a table"),
                &vec![("id".to_owned(), "1".to_owned())]
            ),
            Err(StoreError::NotAllowed(_))
        ));
    }
}
