//! What letters say, in the shop's words.

use serde_json::json;

use super::Letters;
use crate::domain::Language;
use crate::domain::letter::{Filled, LetterKind, LetterWords, Template};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Tx, execute, insert, int, one, text, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::letters::LETTER_TEMPLATE;
use crate::store::payees;

/// A template as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptTemplate {
    /// Its words.
    pub template: Template,
    /// Another one after each change.
    pub version: i64,
}

impl Letters<'_> {
    /// What this payee has put in its own words; `None`: nothing yet.
    pub async fn own_template(
        &self,
        payee: i64,
        kind: LetterKind,
        language: Language,
    ) -> Result<Option<KeptTemplate>, StoreError> {
        own(self.store, payee, kind, language).await
    }

    /// What letters of this payee say: in its own words, else payee 1's, else ours.
    pub async fn template(
        &self,
        payee: i64,
        kind: LetterKind,
        language: Language,
    ) -> Result<Template, StoreError> {
        template(self.store, payee, kind, language).await
    }

    /// A letter's words, as this payee says them.
    pub async fn compose(
        &self,
        payee: i64,
        kind: LetterKind,
        language: Language,
        words: &LetterWords,
    ) -> Result<Filled, StoreError> {
        compose(self.store, payee, kind, language, words).await
    }

    /// Keeps a payee's own words. `version` is the one that was read, `None` where there was none; else it
    /// is [`StoreError::Stale`].
    pub async fn set_template(
        &self,
        (payee, kind, language): (i64, LetterKind, Language),
        words: &Template,
        version: Option<i64>,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        words.check().map_err(|fault| StoreError::BadValue {
            field: "Mẫu thư".to_owned(),
            why: fault.to_string(),
        })?;
        let key = kind.template_key(language);
        transaction!(self.store, |tx| set(
            &tx, payee, &key, words, version, actor
        ))
    }

    /// Goes back to our words.
    pub async fn drop_template(
        &self,
        payee: i64,
        kind: LetterKind,
        language: Language,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let key = kind.template_key(language);
        transaction!(self.store, |tx| async {
            let sql = "DELETE FROM letter_template WHERE owner_id = ? AND kind = ?";
            if execute(&tx, sql, values![payee, key.as_str()]).await? == 0 {
                return Ok(());
            }
            let entry = Entry::of(AuditAction::TemplateSet)
                .table(&LETTER_TEMPLATE)
                .before(json!({ "owner_id": payee, "kind": key }));
            audit::write(&tx, actor, entry).await
        })
    }
}

/// A letter's words, as this payee says them: what [`super::write()`] takes.
pub(in crate::store) async fn compose<C: Conn>(
    c: &C,
    payee: i64,
    kind: LetterKind,
    language: Language,
    words: &LetterWords,
) -> Result<Filled, StoreError> {
    Ok(template(c, payee, kind, language).await?.fill(words))
}

async fn template<C: Conn>(
    c: &C,
    payee: i64,
    kind: LetterKind,
    language: Language,
) -> Result<Template, StoreError> {
    let mut kept = own(c, payee, kind, language).await?;
    if kept.is_none() && payee != payees::FIRST {
        kept = own(c, payees::FIRST, kind, language).await?;
    }
    Ok(kept.map_or_else(|| kind.default_template(language), |kept| kept.template))
}

async fn own<C: Conn>(
    c: &C,
    payee: i64,
    kind: LetterKind,
    language: Language,
) -> Result<Option<KeptTemplate>, StoreError> {
    let sql = "SELECT subject, body, version FROM letter_template WHERE owner_id = ? AND kind = ?";
    let row = one(c, sql, values![payee, kind.template_key(language)]).await?;
    row.map(|row| {
        Ok(KeptTemplate {
            template: Template {
                subject: text(&row, 0)?,
                body: text(&row, 1)?,
            },
            version: int(&row, 2)?,
        })
    })
    .transpose()
}

async fn set(
    tx: &Tx,
    payee: i64,
    key: &str,
    words: &Template,
    version: Option<i64>,
    actor: &Actor,
) -> Result<(), StoreError> {
    payees::known(tx, payee).await?;
    let sql = format!(
        "SELECT id, version, subject, body FROM letter_template WHERE owner_id = ? AND kind = ?{}",
        tx.locked()
    );
    let held = one(tx, &sql, values![payee, key]).await?;
    let found = held.as_ref().map(|row| int(row, 1)).transpose()?;
    if found != version {
        return Err(StoreError::Stale);
    }
    let (now, subject, body) = (tx.now_ms(), words.subject.trim(), words.body.trim());
    let state = |subject: &str, body: &str| json!({ "owner_id": payee, "kind": key, "subject": subject, "body": body });
    let mut entry = Entry::of(AuditAction::TemplateSet);
    let id = if let Some(row) = held {
        entry = entry.before(state(&text(&row, 2)?, &text(&row, 3)?));
        let id = int(&row, 0)?;
        let sql = "UPDATE letter_template SET subject = ?, body = ?, updated_at = ?, version = version + 1 WHERE id = ?";
        execute(tx, sql, values![subject, body, now, id]).await?;
        id
    } else {
        let sql = "INSERT INTO letter_template (owner_id, kind, subject, body, updated_at) VALUES (?, ?, ?, ?, ?)";
        insert(tx, sql, values![payee, key, subject, body, now]).await?
    };
    let entry = entry.row(&LETTER_TEMPLATE, id).after(state(subject, body));
    audit::write(tx, actor, entry).await
}
