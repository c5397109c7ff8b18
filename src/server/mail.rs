//! The mail servers of payees: connections that are kept as long as the settings are the same.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::AppState;
use crate::domain::letter::LetterFault;
use crate::providers::Channel;
use crate::providers::smtp::Mailer;

/// The mail servers that were used, by whose they are, with the version of the settings.
#[derive(Debug, Default)]
pub(super) struct Mailers(Mutex<HashMap<i64, (i64, Arc<Mailer>)>>);

/// The mail server of a payee: its own, else payee 1's.
pub(super) async fn mailer(app: &AppState, payee: i64) -> Result<Arc<Mailer>, LetterFault> {
    let later = |why: String| LetterFault::Temporary(why);
    let channels = app
        .channels()
        .await
        .map_err(|error| later(error.to_string()))?;
    let open = channels
        .used(payee, Channel::Smtp)
        .map_err(|fault| later(fault.to_string()))?
        .ok_or_else(|| {
            later("Chưa đặt máy chủ thư: mở Cổng thanh toán → E-mail (SMTP).".to_owned())
        })?;
    let mut kept = app
        .mailers()
        .0
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    if let Some((version, mailer)) = kept.get(&open.payee)
        && *version == open.version
    {
        return Ok(Arc::clone(mailer));
    }
    let mailer = Mailer::new(&open.settings).map_err(|fault| later(fault.to_string()))?;
    let mailer = Arc::new(mailer);
    kept.insert(open.payee, (open.version, Arc::clone(&mailer)));
    Ok(mailer)
}
