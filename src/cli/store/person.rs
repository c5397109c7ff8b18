//! `gachno store person`: a person made or changed from the terminal.

use std::io::Read;

use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use super::super::args::StorePerson;
use super::{Ended, Exit, Failure, address, open, refused, say, terminal};
use crate::server::username_fault;
use crate::store::catalogue::{COLLECTOR_KINDS, Role};
use crate::store::people::{CollectorWanted, PersonWanted, hash_password};
use crate::store::random_letters;

/// Characters of a password.
const PASSWORD: std::ops::RangeInclusive<usize> = 8..=128;
/// Bytes that are read of stdin.
const INPUT_MAX: u64 = 4 * 1024;

fn bad(why: impl Into<String>) -> Failure {
    Failure::usage(anyhow::anyhow!(why.into()))
}

pub async fn run(options: StorePerson) -> Ended {
    let role = role_of(&options)?;
    let hash = options.password_stdin.then(password).transpose()?;
    let hash = hash
        .map(|password| hash_password(&password))
        .transpose()
        .map_err(Failure::cannot_run)?;
    // Without a password somebody can be let in later; until then nobody knows it.
    let unknown = match &hash {
        Some(hash) => hash.clone(),
        None => {
            hash_password(&SecretString::from(random_letters(32))).map_err(Failure::cannot_run)?
        }
    };
    let until = options.extra_until.map(|day| day.to_string());
    let wanted = PersonWanted {
        username: &options.username,
        role,
        name: options.name.as_deref(),
        email: options.email.as_deref(),
        phone: options.phone.as_deref(),
        payee: options.payee,
        collector: CollectorWanted {
            kind: options.kind.as_deref(),
            cash_limit: options.cash_limit.map(crate::domain::Vnd::dong),
            extra: options
                .extra
                .map(crate::domain::Vnd::dong)
                .zip(until.as_deref()),
        },
    };
    let store = open(&address(options.database.clone())?).await?;
    let accounts = store.accounts();
    let kept = accounts
        .put(&wanted, hash.as_deref(), &unknown, &terminal())
        .await;
    store.close().await;
    say(&kept.map_err(refused)?.told.to_string());
    Ok(Exit::Done)
}

/// May somebody of this role take money at the desk?
const fn takes_cash(role: Role) -> bool {
    matches!(role, Role::Collector | Role::Manager | Role::Owner)
}

/// The role, where everything else fits it.
fn role_of(options: &StorePerson) -> Result<Role, Failure> {
    let role = Role::of(&options.role).ok_or_else(|| {
        bad(format!(
            "Không có vai trò {:?}. (Unknown role.)",
            options.role
        ))
    })?;
    if let Some(why) = username_fault(&options.username) {
        return Err(bad(why));
    }
    let is_collectors =
        options.kind.is_some() || options.cash_limit.is_some() || options.extra.is_some();
    if is_collectors && !takes_cash(role) {
        return Err(bad(
            "--kind, --cash-limit, --extra chỉ dành cho collector, manager, owner. (For people at the desk only.)",
        ));
    }
    if let Some(kind) = &options.kind
        && !COLLECTOR_KINDS.iter().any(|(wire, _)| wire == kind)
    {
        return Err(bad(format!("Không có loại {kind:?}. (Unknown kind.)")));
    }
    let texts = [&options.name, &options.email, &options.phone];
    let is_odd = |text: &String| text.chars().count() > 200 || text.chars().any(char::is_control);
    if texts.into_iter().flatten().any(is_odd) {
        return Err(bad(
            "Tên, e-mail, điện thoại: tối đa 200 ký tự, không xuống dòng. (Too long, or odd characters.)",
        ));
    }
    Ok(role)
}

/// A line of stdin; every character of it but the line's end.
fn password() -> Result<SecretString, Failure> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(INPUT_MAX)
        .read_to_string(&mut text)
        .map_err(|_| bad("Không đọc được mật khẩu từ stdin. (No password on stdin.)"))?;
    let password = SecretString::from(text.trim_end_matches(['\r', '\n']));
    if PASSWORD.contains(&password.expose_secret().chars().count()) {
        Ok(password)
    } else {
        Err(bad(
            "Mật khẩu cần từ 8 đến 128 ký tự. (A password has 8 to 128 characters.)",
        ))
    }
}
