//! Machines and their tokens: shown once, kept as a hash, each with what it may do.

use sea_orm::QueryResult;
use serde::Serialize;

use super::audit::{self, Actor};
use super::db::{Store, Tx, execute, insert, int, int_or_none, one, text, transaction, values};
use super::search::search_text;
use super::{StoreError, digest};

/// `last_seen` is written at most so often.
const SEEN_EVERY_MS: i64 = 15_000;
/// Letters of tokens, passwords and codes: none that are mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What a token may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Scope {
    /// Take jobs, arm them, report them.
    #[serde(rename = "jobs:lease")]
    Lease,
    /// Add jobs.
    #[serde(rename = "jobs:write")]
    Write,
    /// Read jobs and the lists of `/api/data/…`.
    #[serde(rename = "jobs:read")]
    Read,
    /// Read the numbers of `/metrics`.
    #[serde(rename = "metrics")]
    Metrics,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Lease, Self::Write, Self::Read, Self::Metrics];

    /// The name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Lease => "jobs:lease",
            Self::Write => "jobs:write",
            Self::Read => "jobs:read",
            Self::Metrics => "metrics",
        }
    }
}

/// A machine that showed a good token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Machine {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was heard of last.
    pub last_seen: Option<i64>,
}

impl Machine {
    /// May it?
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A new machine with its token, which is shown this once.
#[derive(Debug, Clone)]
pub struct NewMachine {
    /// Its number.
    pub id: i64,
    /// `gn_…`
    pub token: secrecy::SecretString,
}

impl Store {
    /// Makes a machine with a token of its own.
    pub async fn add_machine(
        &self,
        name: &str,
        scopes: &[Scope],
        expires_at: Option<i64>,
        actor: &Actor,
    ) -> Result<NewMachine, StoreError> {
        let name = name.trim();
        if name.is_empty() || name.chars().count() > 100 {
            return Err(StoreError::BadValue {
                field: "Tên máy".to_owned(),
                why: "cần 1–100 ký tự".to_owned(),
            });
        }
        let (prefix, secret) = (letters(8), letters(40));
        let token = format!("gn_{prefix}_{secret}");
        let id = transaction!(self, |tx| self
            .add_machine_in(&tx, name, &prefix, &token, scopes, expires_at, actor))?;
        Ok(NewMachine {
            id,
            token: token.into(),
        })
    }

    #[expect(clippy::too_many_arguments, reason = "a row, and it is private")]
    async fn add_machine_in(
        &self,
        tx: &Tx,
        name: &str,
        prefix: &str,
        token: &str,
        scopes: &[Scope],
        expires_at: Option<i64>,
        actor: &Actor,
    ) -> Result<i64, StoreError> {
        let scopes: Vec<&str> = scopes.iter().map(|s| s.wire()).collect();
        let sql = "INSERT INTO machines (name, prefix, token_hash, scopes, expires_at, created_by, created_at, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
        let given = values![
            name,
            prefix,
            digest(token.as_bytes()),
            scopes.join(" "),
            expires_at,
            actor.user_id,
            self.now_ms(),
            search_text([Some(name)])
        ];
        let id = insert(&**tx, sql, given).await?;
        let after = serde_json::json!({ "name": name, "scopes": scopes, "expires_at": expires_at });
        audit::write(
            self,
            tx,
            actor,
            "machines.add",
            Some("machines"),
            Some(id),
            None,
            Some(&after),
        )
        .await?;
        Ok(id)
    }

    /// From now on its token opens nothing. What it holds runs out like a dead machine's.
    pub async fn revoke_machine(&self, id: i64, actor: &Actor) -> Result<(), StoreError> {
        transaction!(self, |tx| self.revoke_in(&tx, id, actor))
    }

    async fn revoke_in(&self, tx: &Tx, id: i64, actor: &Actor) -> Result<(), StoreError> {
        let now = self.now_ms();
        let sql = "UPDATE machines SET revoked_at = ?, version = version + 1 WHERE id = ? AND revoked_at IS NULL";
        if execute(&**tx, sql, values![now, id]).await? == 0 {
            return Err(StoreError::NoRow);
        }
        let after = serde_json::json!({ "revoked_at": now });
        audit::write(
            self,
            tx,
            actor,
            "machines.revoke",
            Some("machines"),
            Some(id),
            None,
            Some(&after),
        )
        .await
    }

    /// The machine whose token this is; `None` for one that is unknown, revoked or over.
    pub async fn machine_of(&self, token: &str) -> Result<Option<Machine>, StoreError> {
        let Some((prefix, _)) = token
            .strip_prefix("gn_")
            .and_then(|rest| rest.split_once('_'))
        else {
            return Ok(None);
        };
        let sql = "SELECT id, name, scopes, last_seen, token_hash, expires_at, revoked_at FROM machines WHERE prefix = ?";
        let Some(row) = one(&self.db, sql, values![prefix]).await? else {
            return Ok(None);
        };
        let is_same: bool = subtle::ConstantTimeEq::ct_eq(
            text(&row, 4)?.as_bytes(),
            digest(token.as_bytes()).as_bytes(),
        )
        .into();
        let is_over = int_or_none(&row, 5)?.is_some_and(|until| until <= self.now_ms())
            || int_or_none(&row, 6)?.is_some();
        if is_same && !is_over {
            read(&row).map(Some)
        } else {
            Ok(None)
        }
    }

    /// The machine was heard of; `sessions` and `operator` where it told them.
    pub async fn saw_machine(
        &self,
        machine: &Machine,
        program: Option<&str>,
        sessions: Option<i64>,
        operator: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let is_recent = machine
            .last_seen
            .is_some_and(|seen| (now - seen).abs() < SEEN_EVERY_MS);
        if is_recent && sessions.is_none() && operator.is_none() {
            return Ok(());
        }
        let sql = "UPDATE machines SET last_seen = ?, program = COALESCE(?, program), sessions = COALESCE(?, sessions), operator = COALESCE(?, operator) \
                   WHERE id = ?";
        let cut = |text: &str| text.chars().take(200).collect::<String>();
        execute(
            &self.db,
            sql,
            values![
                now,
                program.map(cut),
                sessions,
                operator.map(cut),
                machine.id
            ],
        )
        .await
        .map(|_| ())
    }
}

fn read(row: &QueryResult) -> Result<Machine, StoreError> {
    let scopes = text(row, 2)?;
    Ok(Machine {
        id: int(row, 0)?,
        name: text(row, 1)?,
        scopes: Scope::ALL
            .into_iter()
            .filter(|s| scopes.split(' ').any(|word| word == s.wire()))
            .collect(),
        last_seen: int_or_none(row, 3)?,
    })
}

/// So many letters at random, five bits each.
pub(crate) fn letters(count: usize) -> String {
    (0..count)
        .map(|_| char::from(LETTERS[usize::from(rand::random::<u8>() & 31)]))
        .collect()
}
