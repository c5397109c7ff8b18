//! Machines and their tokens: shown once, kept as a hash, each with what it may do.

use serde::Serialize;

use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{
    Conn, SqlRow, Store, Tx, all, execute, insert, int, int_or_none, one, text, text_or_none,
    transaction, values,
};
use crate::store::catalogue::house::MACHINES;
use crate::store::catalogue::{AccountStatus, AuditAction};
use crate::store::random::letters;
use crate::store::{StoreError, digest};

/// `last_seen` is written at most so often.
const SEEN_EVERY_MS: i64 = 15_000;

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
    /// Make what customers pay, and payments; book what a statement shows.
    #[serde(rename = "payments:write")]
    PaymentsWrite,
    /// Read payments.
    #[serde(rename = "payments:read")]
    PaymentsRead,
    /// Bring the rows that are collected.
    #[serde(rename = "collection:write")]
    CollectionWrite,
    /// Work at the collection desk, as the person that the token is bound to.
    #[serde(rename = "desk")]
    Desk,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Lease,
        Self::Write,
        Self::Read,
        Self::Metrics,
        Self::PaymentsWrite,
        Self::PaymentsRead,
        Self::CollectionWrite,
        Self::Desk,
    ];

    /// The name on the wire.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Lease => "jobs:lease",
            Self::Write => "jobs:write",
            Self::Read => "jobs:read",
            Self::Metrics => "metrics",
            Self::PaymentsWrite => "payments:write",
            Self::PaymentsRead => "payments:read",
            Self::CollectionWrite => "collection:write",
            Self::Desk => "desk",
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
    /// The user whose eyes it has: it sees what that person sees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person: Option<i64>,
}

impl Machine {
    /// May it?
    pub fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(&scope)
    }
}

/// A machine as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineDetails {
    /// Its number.
    pub id: i64,
    /// Its name.
    pub name: String,
    /// The beginning of its token.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// Until when the token works.
    pub expires_at: Option<i64>,
    /// When the token was revoked.
    pub revoked_at: Option<i64>,
    /// When it was heard of last.
    pub last_seen: Option<i64>,
    /// What it runs.
    pub program: Option<String>,
    /// Logins that run on it.
    pub sessions: i64,
    /// Who sits there.
    pub operator: Option<String>,
}

/// A new machine with its token, which is shown this once.
#[derive(Debug, Clone)]
pub struct NewMachine {
    /// Its number.
    pub id: i64,
    /// `gn_…`
    pub token: secrecy::SecretString,
}

/// Machines and their tokens ([`Store::machines`]).
pub struct Machines<'s> {
    store: &'s Store,
}

impl Store {
    /// Machines and their tokens.
    pub const fn machines(&self) -> Machines<'_> {
        Machines { store: self }
    }
}

impl Machines<'_> {
    /// Makes a machine with a token of its own.
    pub async fn add(
        &self,
        name: &str,
        scopes: &[Scope],
        expires_at: Option<i64>,
        actor: &Actor,
    ) -> Result<NewMachine, StoreError> {
        self.add_for(name, scopes, expires_at, None, actor).await
    }

    /// Makes a machine with a token of its own, which sees what this user sees.
    pub async fn add_for(
        &self,
        name: &str,
        scopes: &[Scope],
        expires_at: Option<i64>,
        person: Option<i64>,
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
        let id = transaction!(self.store, |tx| add(
            &tx,
            name,
            (&prefix, &token),
            scopes,
            (expires_at, person),
            actor
        ))?;
        Ok(NewMachine {
            id,
            token: token.into(),
        })
    }

    /// From now on its token opens nothing. What it holds runs out like a dead machine's.
    pub async fn revoke(&self, id: i64, actor: &Actor) -> Result<(), StoreError> {
        transaction!(self.store, |tx| revoke(&tx, id, actor))
    }

    /// The machine whose token this is; `None` for one that is unknown, revoked or over.
    pub async fn of_token(&self, token: &str) -> Result<Option<Machine>, StoreError> {
        let Some((prefix, _)) = token
            .strip_prefix("gn_")
            .and_then(|rest| rest.split_once('_'))
        else {
            return Ok(None);
        };
        let sql = "SELECT id, name, scopes, last_seen, token_hash, expires_at, revoked_at, person_id FROM machines WHERE prefix = ?";
        let Some(row) = one(self.store, sql, values![prefix]).await? else {
            return Ok(None);
        };
        let is_same: bool = subtle::ConstantTimeEq::ct_eq(
            text(&row, 4)?.as_bytes(),
            digest(token.as_bytes()).as_bytes(),
        )
        .into();
        let is_over = int_or_none(&row, 5)?.is_some_and(|until| until <= self.store.now_ms())
            || int_or_none(&row, 6)?.is_some();
        if !is_same || is_over {
            return Ok(None);
        }
        let machine = read(&row)?;
        // Whoever is put away is put away with all their tokens.
        if let Some(person) = machine.person {
            let account = self.store.accounts().find(person).await?;
            if !account.is_some_and(|a| a.is_open && a.status == AccountStatus::Active) {
                return Ok(None);
            }
        }
        Ok(Some(machine))
    }

    /// All machines, the newest first.
    pub async fn list(&self, limit: u32) -> Result<Vec<MachineDetails>, StoreError> {
        let sql = format!("{DETAILS} ORDER BY id DESC LIMIT {limit}");
        all(self.store, &sql, vec![])
            .await?
            .iter()
            .map(details_of)
            .collect()
    }

    /// Machines whose token works, those that were heard of last first.
    pub async fn at_work(&self, limit: u32) -> Result<Vec<MachineDetails>, StoreError> {
        let sql =
            format!("{DETAILS} WHERE revoked_at IS NULL ORDER BY last_seen DESC LIMIT {limit}");
        all(self.store, &sql, vec![])
            .await?
            .iter()
            .map(details_of)
            .collect()
    }

    /// The machine was heard of; `sessions` and `operator` where it told them.
    pub async fn heard_of(
        &self,
        machine: &Machine,
        program: Option<&str>,
        sessions: Option<i64>,
        operator: Option<&str>,
    ) -> Result<(), StoreError> {
        let now = self.store.now_ms();
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
            self.store,
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

async fn add(
    tx: &Tx,
    name: &str,
    (prefix, token): (&str, &str),
    scopes: &[Scope],
    (expires_at, person): (Option<i64>, Option<i64>),
    actor: &Actor,
) -> Result<i64, StoreError> {
    let scopes: Vec<&str> = scopes.iter().map(|s| s.wire()).collect();
    let sql = "INSERT INTO machines (name, prefix, token_hash, scopes, expires_at, person_id, created_by, created_at, search_text) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)";
    let given = values![
        name,
        prefix,
        digest(token.as_bytes()),
        scopes.join(" "),
        expires_at,
        person,
        actor.user_id,
        tx.now_ms(),
        search_text([Some(name)])
    ];
    let id = insert(tx, sql, given).await?;
    let after = serde_json::json!({ "name": name, "scopes": scopes, "expires_at": expires_at, "person_id": person });
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::MachinesAdd)
            .row(&MACHINES, id)
            .after(after),
    )
    .await?;
    Ok(id)
}

async fn revoke(tx: &Tx, id: i64, actor: &Actor) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = "UPDATE machines SET revoked_at = ?, version = version + 1 WHERE id = ? AND revoked_at IS NULL";
    if execute(tx, sql, values![now, id]).await? == 0 {
        return Err(StoreError::NoRow);
    }
    let after = serde_json::json!({ "revoked_at": now });
    audit::write(
        tx,
        actor,
        Entry::of(AuditAction::MachinesRevoke)
            .row(&MACHINES, id)
            .after(after),
    )
    .await
}

fn read(row: &SqlRow) -> Result<Machine, StoreError> {
    Ok(Machine {
        id: int(row, 0)?,
        name: text(row, 1)?,
        scopes: scopes_of(&text(row, 2)?),
        last_seen: int_or_none(row, 3)?,
        person: int_or_none(row, 7)?,
    })
}

const DETAILS: &str = "SELECT id, name, prefix, scopes, expires_at, revoked_at, last_seen, program, sessions, operator FROM machines";

fn details_of(row: &SqlRow) -> Result<MachineDetails, StoreError> {
    Ok(MachineDetails {
        id: int(row, 0)?,
        name: text(row, 1)?,
        prefix: text(row, 2)?,
        scopes: scopes_of(&text(row, 3)?),
        expires_at: int_or_none(row, 4)?,
        revoked_at: int_or_none(row, 5)?,
        last_seen: int_or_none(row, 6)?,
        program: text_or_none(row, 7)?,
        sessions: int_or_none(row, 8)?.unwrap_or(0),
        operator: text_or_none(row, 9)?,
    })
}

fn scopes_of(wires: &str) -> Vec<Scope> {
    Scope::ALL
        .into_iter()
        .filter(|s| wires.split(' ').any(|word| word == s.wire()))
        .collect()
}

/// What a machine is called; empty where it is gone.
pub(in crate::store) async fn name_of(tx: &Tx, machine: Option<i64>) -> Result<String, StoreError> {
    let sql = "SELECT name FROM machines WHERE id = ?";
    let row = one(tx, sql, values![machine]).await?;
    row.map_or_else(|| Ok(String::new()), |row| text(&row, 0))
}
