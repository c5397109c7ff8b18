//! `gachno store`: the server's database, apart from the server.

use secrecy::ExposeSecret;

use super::args::StoreCommand;
use super::{Ended, Exit, Failure, say, tell};
use crate::config::Home;
use crate::server::{ServeConfig, ServeFile};
use crate::store::machines::Scope;
use crate::store::{Actor, Store};

pub async fn store(what: StoreCommand) -> Ended {
    match what {
        StoreCommand::Migrate { database } => migrate(database).await,
        StoreCommand::Token { name, scopes, database } => token(&name, &scopes, database).await,
    }
}

/// The database that is named, else the one that the server would use.
fn address(database: Option<String>) -> Result<String, Failure> {
    let config = ServeConfig::gather(&Home::find()?, ServeFile { database, ..ServeFile::default() }).map_err(Failure::usage)?;
    Ok(config.database)
}

async fn migrate(database: Option<String>) -> Ended {
    let store = Store::connect(&address(database)?).await.map_err(Failure::cannot_run)?;
    let migrated = store.migrate().await.map_err(Failure::cannot_run)?;
    for step in &migrated.steps {
        say(step);
    }
    tell(&format!("Đã nâng cấp: {} bước.", migrated.steps.len()));
    store.close().await;
    Ok(Exit::Done)
}

async fn token(name: &str, scopes: &[String], database: Option<String>) -> Ended {
    let known =
        |wire: &String| Scope::ALL.into_iter().find(|s| s.wire() == wire).ok_or_else(|| anyhow::anyhow!("Không có quyền {wire:?}. (Unknown scope.)"));
    let scopes = scopes.iter().map(known).collect::<Result<Vec<_>, _>>().map_err(Failure::usage)?;
    let store = Store::open(&address(database)?).await.map_err(Failure::cannot_run)?;
    let actor = Actor { who: "terminal".to_owned(), ..Actor::system() };
    let machine = store.add_machine(name, &scopes, None, &actor).await.map_err(Failure::cannot_run)?;
    say(machine.token.expose_secret());
    tell("Mã này chỉ hiện một lần. Nhập vào máy bằng: gachno config set api.token");
    store.close().await;
    Ok(Exit::Done)
}
