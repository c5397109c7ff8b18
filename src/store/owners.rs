//! The owners: a shop always has one who can get in, and a login is one person's.
//!
//! Lives here: the owner's password for once (at the first start, and from the terminal), and what
//! a change of people may not do. Never here: what a role may do.

use secrecy::SecretString;
use serde_json::json;

use super::StoreError;
use super::accounts::{ACCOUNT, Account, FirstOwner, NewAccount, Role, Status, hash_password};
use super::audit::{self, Actor};
use super::catalogue::Table;
use super::db::{Asked, Engine, Store, Tx, all, execute, one, transaction, values};
use super::machines::letters;

/// How long the owner's password for once works.
const ONCE_MS: i64 = 15 * 60 * 1000;
/// The owner's login on a new server.
const OWNER: &str = "chu";

/// The owners before a change ([`Store::owners_before`]).
pub(super) struct Before(Vec<Account>);

impl Store {
    /// Makes an owner where there is none that can sign in. `None`: there is one.
    pub async fn first_owner(&self) -> Result<Option<FirstOwner>, StoreError> {
        // Most starts end here, without a hash that takes its time.
        if self
            .owners(&self.db)
            .await?
            .iter()
            .any(|owner| owner.may_sign_in(self.now_ms()))
        {
            return Ok(None);
        }
        let password = SecretString::from(letters(16));
        let hash = hash_password(&password)?;
        let made = transaction!(self, |tx| self.first_owner_in(&tx, &hash))?;
        Ok(made.map(|username| FirstOwner { username, password }))
    }

    async fn first_owner_in(&self, tx: &Tx, hash: &str) -> Result<Option<String>, StoreError> {
        // Two servers that start together: the second waits for this row, then finds the first
        // one's owner.
        execute(
            &**tx,
            "INSERT INTO schema_lock (name, since_ms) VALUES (?, ?)",
            values!["first_owner", self.now_ms()],
        )
        .await?;
        let made = self.owner_where_none_is_in(tx, hash).await?;
        execute(
            &**tx,
            "DELETE FROM schema_lock WHERE name = ?",
            values!["first_owner"],
        )
        .await?;
        Ok(made)
    }

    async fn owner_where_none_is_in(
        &self,
        tx: &Tx,
        hash: &str,
    ) -> Result<Option<String>, StoreError> {
        let owners = self.owners(&**tx).await?;
        if owners.iter().any(|owner| owner.may_sign_in(self.now_ms())) {
            return Ok(None);
        }
        // One who only never used the password for once gets another.
        let late = owners.iter().find(|owner| {
            owner.status == Status::Active && owner.is_open && owner.password_until.is_some()
        });
        self.let_in(tx, late, hash, &Actor::system())
            .await
            .map(Some)
    }

    /// The way back in: a password that works once and for a quarter of an hour, for an owner who
    /// may sign in, else for a new one. Ends the account's sessions, and takes away its second
    /// factor and its device: they may be what was lost.
    pub async fn owner_for_once(&self, actor: &Actor) -> Result<FirstOwner, StoreError> {
        let password = SecretString::from(letters(16));
        let hash = hash_password(&password)?;
        let username = transaction!(self, |tx| self.owner_for_once_in(&tx, &hash, actor))?;
        Ok(FirstOwner { username, password })
    }

    async fn owner_for_once_in(
        &self,
        tx: &Tx,
        hash: &str,
        actor: &Actor,
    ) -> Result<String, StoreError> {
        let owners = self.locked_owners(tx).await?;
        let works = |owner: &&Account| owner.status == Status::Active && owner.is_open;
        self.let_in(tx, owners.iter().find(works), hash, actor)
            .await
    }

    async fn let_in(
        &self,
        tx: &Tx,
        owner: Option<&Account>,
        hash: &str,
        actor: &Actor,
    ) -> Result<String, StoreError> {
        let until = self.now_ms() + ONCE_MS;
        let Some(owner) = owner else {
            let mut username = OWNER.to_owned();
            let mut next = 2;
            while self.has_login(tx, &username, None).await? {
                username = format!("{OWNER}{next}");
                next += 1;
            }
            let user = NewAccount {
                username: &username,
                name: Some("Chủ cửa hàng"),
                role: Role::Owner,
                status: Status::Active,
            };
            self.add_account_in(tx, &user, hash, Some(until), actor)
                .await?;
            return Ok(username);
        };
        let sql = "UPDATE accounts SET password_hash = ?, password_until = ?, must_change = 1, device = NULL, totp_secret = NULL, \
                   recovery_codes = NULL, totp_last_step = NULL, updated_at = ?, version = version + 1 WHERE user_id = ?";
        execute(
            &**tx,
            sql,
            values![hash, until, self.now_ms(), owner.user_id],
        )
        .await?;
        execute(
            &**tx,
            "DELETE FROM web_sessions WHERE user_id = ?",
            values![owner.user_id],
        )
        .await?;
        let told = json!({ "until": until, "totp": false, "one_device": false });
        audit::write(
            self,
            tx,
            actor,
            "accounts.reset",
            Some("users"),
            Some(owner.user_id),
            None,
            Some(&told),
        )
        .await?;
        Ok(owner.username.clone())
    }

    async fn owners<C: Asked>(&self, c: &C) -> Result<Vec<Account>, StoreError> {
        let sql = self.casts(&format!(
            "{ACCOUNT} WHERE accounts.role = 'owner' ORDER BY users.id"
        ));
        all(c, &sql, vec![])
            .await?
            .iter()
            .map(|row| self.account_of(row))
            .collect()
    }

    /// The owners, held: two who put each other away at once come one after the other.
    pub(super) async fn locked_owners(&self, tx: &Tx) -> Result<Vec<Account>, StoreError> {
        all(
            &**tx,
            &format!(
                "SELECT id FROM accounts WHERE role = 'owner' ORDER BY id{}",
                self.locked()
            ),
            vec![],
        )
        .await?;
        self.owners(&**tx).await
    }

    /// Begins a change of people, which ends with [`Store::owners_after`].
    pub(super) async fn owners_before(&self, tx: &Tx) -> Result<Before, StoreError> {
        self.locked_owners(tx).await.map(Before)
    }

    /// Of the owners who could sign in one still can, for as long and by the same login. Without
    /// one nobody could let anybody in again.
    pub(super) async fn owners_after(&self, tx: &Tx, before: &Before) -> Result<(), StoreError> {
        let (now, after) = (self.now_ms(), self.owners(&**tx).await?);
        let keeps = |is_good: &dyn Fn(&Account) -> bool| {
            let mut good = before.0.iter().filter(|owner| is_good(owner)).peekable();
            good.peek().is_none()
                || good.any(|was| {
                    after.iter().any(|is| {
                        is.user_id == was.user_id && is.username == was.username && is_good(is)
                    })
                })
        };
        if keeps(&|owner| owner.stays(now)) && keeps(&|owner| owner.may_sign_in(now)) {
            Ok(())
        } else {
            Err(StoreError::LastOwner)
        }
    }

    /// What holds for rows of `users` in the generic access: no login twice, and an owner who can
    /// get in stays. `None` for any other table.
    pub(super) async fn people_before(
        &self,
        tx: &Tx,
        table: &Table,
        id: Option<i64>,
        login: Option<&serde_json::Value>,
    ) -> Result<Option<Before>, StoreError> {
        if table.name != "users" {
            return Ok(None);
        }
        let before = self.owners_before(tx).await?;
        if let Some(login) = login.and_then(serde_json::Value::as_str) {
            self.free_login(tx, login, id).await?;
        }
        Ok(Some(before))
    }

    /// See [`Store::people_before`].
    pub(super) async fn people_after(
        &self,
        tx: &Tx,
        before: Option<&Before>,
    ) -> Result<(), StoreError> {
        match before {
            Some(before) => self.owners_after(tx, before).await,
            None => Ok(()),
        }
    }

    /// Nobody else has this login.
    pub(super) async fn free_login(
        &self,
        tx: &Tx,
        login: &str,
        except: Option<i64>,
    ) -> Result<(), StoreError> {
        if self.has_login(tx, login, except).await? {
            return Err(StoreError::BadValue {
                field: "Tên đăng nhập".to_owned(),
                why: "đã có người dùng".to_owned(),
            });
        }
        Ok(())
    }

    async fn has_login(
        &self,
        tx: &Tx,
        login: &str,
        except: Option<i64>,
    ) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT 1 FROM users WHERE {} AND id <> ? LIMIT 1",
            self.is_login("users.username")
        );
        Ok(one(&**tx, &sql, values![login, except.unwrap_or(-1)])
            .await?
            .is_some())
    }

    /// Is the column this login (`?`), letter by letter? MariaDB's usual comparison takes `chú` and
    /// `CHU ` for `chu`.
    pub(super) fn is_login(&self, column: &str) -> String {
        match self.engine() {
            Engine::Sqlite => format!("{column} = ?"),
            Engine::MariaDb => {
                format!("CONVERT({column} USING utf8mb4) COLLATE utf8mb4_nopad_bin = ?")
            }
        }
    }
}
