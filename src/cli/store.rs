//! `gachno store`: the server's database, apart from the server.

mod person;
mod provider;

use std::path::Path;

use secrecy::ExposeSecret;

use super::args::StoreCommand;
use super::telling::Telling;
use super::{Ended, Exit, Failure, say, tell};
use crate::config::Home;
use crate::server::{SecretKeys, ServeConfig, ServeFile, check_database};
use crate::store::copy::CopiedTable;
use crate::store::machines::Scope;
use crate::store::{self, Actor, Store, StoreError};

pub async fn run(what: StoreCommand) -> Ended {
    match what {
        StoreCommand::Migrate { database } => migrate(database).await,
        StoreCommand::Copy { from, to } => copy(&from, &to).await,
        StoreCommand::Backup { file, database } => backup(&file, database).await,
        StoreCommand::Restore { file, database } => restore(&file, database).await,
        StoreCommand::Token {
            name,
            scopes,
            person,
            database,
        } => token(&name, &scopes, person.as_deref(), database).await,
        StoreCommand::Provider(options) => provider::run(*options).await,
        StoreCommand::Payee { name, database } => payee(&name, database).await,
        StoreCommand::Person(options) => person::run(*options).await,
        StoreCommand::Owner { database } => owner(database).await,
        StoreCommand::Rekey { database } => rekey(database).await,
    }
}

/// Opens the shop's database, which has to be there: a copy of nothing, or a token for another shop,
/// would look like success.
async fn open(url: &str) -> Result<Store, Failure> {
    Store::open_existing(url).await.map_err(Failure::cannot_run)
}

/// As the server would run, with the database that is named.
fn gathered(database: Option<String>) -> Result<ServeConfig, Failure> {
    ServeConfig::gather(
        &Home::find()?,
        ServeFile {
            database,
            ..ServeFile::default()
        },
    )
    .map_err(Failure::usage)
}

/// The database that is named, else the one that the server would use.
fn address(database: Option<String>) -> Result<String, Failure> {
    gathered(database).map(|config| config.database)
}

async fn migrate(database: Option<String>) -> Ended {
    let store = Store::connect(&address(database)?)
        .await
        .map_err(Failure::cannot_run)?;
    let (stop, told) = (super::stop_on_signals(), Telling::default());
    let hear = |doing| told.hear(doing);
    let schema = store.schema();
    let migrated = tokio::select! {
        migrated = schema.migrate_until(&stop, &hear) => migrated,
        never = told.speak() => match never {},
    };
    let migrated = migrated.map_err(Failure::cannot_run)?;
    for step in &migrated.steps {
        say(step);
    }
    tell(&format!("Đã nâng cấp: {} bước.", migrated.steps.len()));
    store.close().await;
    Ok(Exit::Done)
}

async fn copy(from: &str, to: &str) -> Ended {
    let config =
        ServeConfig::gather(&Home::find()?, ServeFile::default()).map_err(Failure::usage)?;
    for url in [from, to] {
        check_database(url, config.insecure_database).map_err(Failure::usage)?;
    }
    let source = Store::open_existing(from)
        .await
        .map_err(Failure::cannot_run)?;
    let target = Store::connect(to).await.map_err(Failure::cannot_run)?;
    name_strangers(&source).await?;
    let copied = store::copy::copy(&source, &target).await;
    source.close().await;
    target.close().await;
    listed(&copied.map_err(Failure::cannot_run)?);
    Ok(Exit::Done)
}

/// What another program keeps in the same database stays there, and that is said.
async fn name_strangers(source: &Store) -> Result<(), Failure> {
    let names = source
        .copies()
        .strange_names()
        .await
        .map_err(Failure::cannot_run)?;
    if !names.is_empty() {
        tell(&format!(
            "Không sao chép (không thuộc chương trình này): {}.",
            names.join(", ")
        ));
    }
    Ok(())
}

fn listed(copied: &[CopiedTable]) {
    for table in copied {
        say(&format!(
            "{:<28} {:>10} {:>20} đ  {}",
            table.table,
            table.rows,
            table.money,
            &table.hash[..16]
        ));
    }
    let rows: u64 = copied.iter().map(|t| t.rows).sum();
    tell(&format!(
        "Đã sao chép và so lại {rows} dòng: hai bên giống nhau."
    ));
}

async fn backup(file: &Path, database: Option<String>) -> Ended {
    let store = open(&address(database)?).await?;
    if store.engine() == store::Engine::MariaDb {
        name_strangers(&store).await?;
    }
    let saved = store.copies().backup(file).await;
    store.close().await;
    saved.map_err(Failure::cannot_run)?;
    say(&file.display().to_string());
    Ok(Exit::Done)
}

async fn restore(file: &Path, database: Option<String>) -> Ended {
    let store = Store::connect(&address(database)?)
        .await
        .map_err(Failure::cannot_run)?;
    let copied = store.copies().restore(file).await;
    store.close().await;
    listed(&copied.map_err(Failure::cannot_run)?);
    Ok(Exit::Done)
}

async fn token(
    name: &str,
    scopes: &[String],
    person: Option<&str>,
    database: Option<String>,
) -> Ended {
    let known = |wire: &String| {
        Scope::ALL
            .into_iter()
            .find(|s| s.wire() == wire)
            .ok_or_else(|| anyhow::anyhow!("Không có quyền {wire:?}. (Unknown scope.)"))
    };
    let scopes = scopes
        .iter()
        .map(known)
        .collect::<Result<Vec<_>, _>>()
        .map_err(Failure::usage)?;
    if person.is_none() && scopes.contains(&Scope::Desk) {
        return Err(Failure::usage(anyhow::anyhow!(
            "Quyền desk cần --person TÊN_ĐĂNG_NHẬP. (desk needs --person.)"
        )));
    }
    let store = open(&address(database)?).await?;
    let holder = match person {
        None => None,
        Some(username) => {
            let account = store.accounts().named(username).await;
            let account = account.map_err(Failure::cannot_run)?.ok_or_else(|| {
                Failure::usage(anyhow::anyhow!(
                    "Không có tài khoản {username:?}. (No such person.)"
                ))
            })?;
            Some(account.user_id)
        }
    };
    let machine = store
        .machines()
        .add_for(name, &scopes, None, holder, &terminal())
        .await
        .map_err(Failure::cannot_run)?;
    say(machine.token.expose_secret());
    tell("Mã này chỉ hiện một lần. Nhập vào máy bằng: gachno config set api.token");
    store.close().await;
    Ok(Exit::Done)
}

/// Who sits at the server itself, for the audit trail.
fn terminal() -> Actor {
    Actor {
        who: "terminal".to_owned(),
        ..Actor::system()
    }
}

async fn owner(database: Option<String>) -> Ended {
    let store = open(&address(database)?).await?;
    let owner = store.accounts().owner_for_once(&terminal()).await;
    store.close().await;
    let owner = owner.map_err(Failure::cannot_run)?;
    tell(
        "Đăng nhập trong 15 phút rồi đặt mật khẩu của mình. Các phiên cũ, bảo vệ hai lớp và thiết bị gắn của tài khoản này đã bỏ.",
    );
    say(&format!("Tên đăng nhập: {}", owner.username));
    say(&format!(
        "Mật khẩu một lần: {}",
        owner.password.expose_secret()
    ));
    Ok(Exit::Done)
}

async fn payee(name: &str, database: Option<String>) -> Ended {
    let store = open(&address(database)?).await?;
    let added = store.payees().add(name, &terminal()).await;
    store.close().await;
    say(&added.map_err(refused)?.to_string());
    Ok(Exit::Done)
}

/// What somebody typed is a usage fault; the rest could not be run.
fn refused(error: StoreError) -> Failure {
    match error {
        StoreError::BadValue { .. } => Failure::usage(error),
        other => Failure::cannot_run(other),
    }
}

async fn rekey(database: Option<String>) -> Ended {
    let config = gathered(database)?;
    let store = open(&config.database).await?;
    store
        .seals()
        .is_at_rest()
        .await
        .map_err(Failure::cannot_run)?;
    // On disk before anything is sealed with it; the old one stays until nothing needs it.
    let vault = SecretKeys::begin_rekey(&config.key_file).map_err(Failure::cannot_run)?;
    let renewed = store
        .seals()
        .reseal(
            &|sealed| vault.renew(sealed).map_err(|e| e.to_string()),
            &terminal(),
        )
        .await;
    store.close().await;
    let renewed = renewed.map_err(Failure::cannot_run)?;
    SecretKeys::end_rekey(&config.key_file).map_err(Failure::cannot_run)?;
    say(&format!(
        "Đã đổi khóa, niêm lại {renewed} bí mật: {}",
        config.key_file.display()
    ));
    tell("Chép tệp khóa mới sang mọi máy chủ rồi mới chạy lại. Bản sao lưu cũ cần khóa cũ.");
    Ok(Exit::Done)
}
