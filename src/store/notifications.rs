//! What people are told within the program: each piece once, and who has read it.
//!
//! Lives here: telling, listing, counting, marking. Never here: when somebody is told.
//!
//! What matters is recent: only the newest [`WINDOW`] that a reader may see are ever unread, so that
//! counting them costs the same whatever has piled up.

use crate::store::StoreError;
use crate::store::base::{
    Conn, SqlRow, SqlValue, Store, Tx, all, insert_once, int, marks, one, text, transaction, values,
};

/// So many of the newest can be unread.
pub const WINDOW: u32 = 1_000;
/// Numbers that are marked in one statement.
const BATCH: usize = 250;

/// Something that people are to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNotification {
    /// For this payee's people.
    pub payee: i64,
    /// For this person alone, where it is somebody.
    pub user_id: Option<i64>,
    /// The same piece of news has the same key, at most 64 characters: it is told once.
    pub key: String,
    /// A line.
    pub title: String,
    /// What happened and what to do.
    pub text: String,
    /// Where it is looked at: a path of ours.
    pub url: String,
}

/// Which notifications somebody may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sees {
    /// Those of all payees.
    All,
    /// Those of one payee.
    Payee(i64),
    /// Those that are for this person alone: a customer.
    Own,
}

/// Who reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// `user:5` or `token:7`: what was read is remembered for it.
    pub name: String,
    /// The person, where it is one: sees what is for them alone, too.
    pub user_id: Option<i64>,
    /// What else is seen.
    pub sees: Sees,
}

impl Reader {
    /// A person: of one payee's people, or of all's.
    pub fn person(user_id: i64, sees: Sees) -> Self {
        Self {
            name: format!("user:{user_id}"),
            user_id: Some(user_id),
            sees,
        }
    }

    /// A token without a person.
    pub fn token(machine: i64, sees: Sees) -> Self {
        Self {
            name: format!("token:{machine}"),
            user_id: None,
            sees,
        }
    }

    /// What may be seen, as a clause with its values.
    fn clause(&self) -> (&'static str, Vec<SqlValue>) {
        // No user has the number -1.
        let own = self.user_id.unwrap_or(-1);
        match self.sees {
            Sees::All => ("(user_id IS NULL OR user_id = ?)", values![own]),
            Sees::Payee(payee) => (
                "owner_id = ? AND (user_id IS NULL OR user_id = ?)",
                values![payee, own],
            ),
            Sees::Own => ("user_id = ?", values![own]),
        }
    }
}

/// A notification as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its number: newer ones have larger ones.
    pub id: i64,
    /// A line.
    pub title: String,
    /// What happened and what to do.
    pub text: String,
    /// Where it is looked at.
    pub url: String,
    /// When, in milliseconds since 1970.
    pub at: i64,
    /// Has this reader read it?
    pub is_read: bool,
}

/// What people are told ([`Store::notifications`]).
pub struct Notifications<'s> {
    store: &'s Store,
}

impl Store {
    /// What people are told within the program.
    pub const fn notifications(&self) -> Notifications<'_> {
        Notifications { store: self }
    }
}

impl Notifications<'_> {
    /// Tells people something, unless they were told: the same key is told once.
    pub async fn tell(&self, new: &NewNotification) -> Result<(), StoreError> {
        transaction!(self.store, |tx| tell(&tx, new))
    }

    /// The newest that this reader may see, at most `limit` of them (and of [`WINDOW`]).
    pub async fn list(&self, reader: &Reader, limit: u32) -> Result<Vec<Notification>, StoreError> {
        let (clause, seen) = reader.clause();
        let limit = limit.min(WINDOW);
        let sql = self.store.casts(&format!(
            "SELECT id, title, text, url, at, CAST(EXISTS (SELECT 1 FROM notification_read WHERE reader = ? AND notification_id = notification.id) AS SIGNED) \
             FROM notification WHERE {clause} ORDER BY id DESC LIMIT {limit}"
        ));
        let mut given = values![&reader.name];
        given.extend(seen);
        let rows = all(self.store, &sql, given).await?;
        rows.iter().map(notification).collect()
    }

    /// How many of the newest [`WINDOW`] this reader has not read.
    pub async fn unread(&self, reader: &Reader) -> Result<i64, StoreError> {
        let (sql, given) = unread("COUNT(*)", reader);
        let row = one(self.store, &self.store.casts(&sql), given).await?;
        row.map_or(Ok(0), |row| int(&row, 0))
    }

    /// Marks these as read, of those that this reader may see.
    pub async fn read(&self, reader: &Reader, ids: &[i64]) -> Result<(), StoreError> {
        transaction!(self.store, |tx| read_some(&tx, reader, ids))
    }

    /// Marks all as read.
    pub async fn read_all(&self, reader: &Reader) -> Result<(), StoreError> {
        transaction!(self.store, |tx| async {
            let (sql, given) = unread("id", reader);
            let rows = all(&tx, &sql, given).await?;
            let ids = rows
                .iter()
                .map(|row| int(row, 0))
                .collect::<Result<Vec<_>, _>>()?;
            mark(&tx, reader, &ids).await
        })
    }
}

/// Tells people something, unless they were told: the same key is told once. In the transaction of
/// what it tells of.
pub(in crate::store) async fn tell(tx: &Tx, new: &NewNotification) -> Result<(), StoreError> {
    let into = "INTO notification (owner_id, user_id, notification_key, title, text, url, at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let given = values![
        new.payee,
        new.user_id,
        cut(&new.key, 64),
        cut(&new.title, 255),
        new.text.clone(),
        cut(&new.url, 255),
        tx.now_ms()
    ];
    insert_once(tx, into, given).await.map(|_| ())
}

/// Asks for `what` of the unread ones.
fn unread(what: &str, reader: &Reader) -> (String, Vec<SqlValue>) {
    let (clause, mut given) = reader.clause();
    given.push(SqlValue::from(&reader.name));
    let sql = format!(
        "SELECT {what} FROM (SELECT id FROM notification WHERE {clause} ORDER BY id DESC LIMIT {WINDOW}) newest \
         WHERE NOT EXISTS (SELECT 1 FROM notification_read WHERE reader = ? AND notification_id = newest.id)"
    );
    (sql, given)
}

async fn read_some(tx: &Tx, reader: &Reader, ids: &[i64]) -> Result<(), StoreError> {
    let mut seen = Vec::new();
    for ids in ids.chunks(BATCH) {
        let (clause, mut given) = reader.clause();
        given.extend(ids.iter().map(|id| SqlValue::from(*id)));
        let sql = format!(
            "SELECT id FROM notification WHERE {clause} AND id IN ({})",
            marks(ids.len())
        );
        for row in all(tx, &sql, given).await? {
            seen.push(int(&row, 0)?);
        }
    }
    mark(tx, reader, &seen).await
}

async fn mark(tx: &Tx, reader: &Reader, ids: &[i64]) -> Result<(), StoreError> {
    let now = tx.now_ms();
    for ids in ids.chunks(BATCH) {
        let into = format!(
            "INTO notification_read (reader, notification_id, at) VALUES {}",
            vec!["(?, ?, ?)"; ids.len()].join(", ")
        );
        let given = ids
            .iter()
            .flat_map(|id| values![&reader.name, *id, now])
            .collect();
        insert_once(tx, &into, given).await?;
    }
    Ok(())
}

fn notification(row: &SqlRow) -> Result<Notification, StoreError> {
    Ok(Notification {
        id: int(row, 0)?,
        title: text(row, 1)?,
        text: text(row, 2)?,
        url: text(row, 3)?,
        at: int(row, 4)?,
        is_read: int(row, 5)? == 1,
    })
}
