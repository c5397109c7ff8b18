//! Whether a collector's wallet is linked, as the wallet says it.

use std::time::{Duration, Instant};

use super::who::DeskPerson;
use crate::domain::payment::Provider;
use crate::providers::WalletLink;
use crate::server::AppState;
use crate::server::pay::cashier::Cashier;
use crate::server::pay::refusal::PayRefusal;

/// How long somebody who opens a contract waits for the wallet's word.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How long a link is believed, and how long a silent wallet is left alone.
const KEPT: Duration = Duration::from_secs(30);

/// What is known of a collector's wallet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WalletKnown {
    /// The shop takes no wallet.
    NotOffered,
    /// The wallet has said so.
    Told(WalletLink),
    /// It did not answer.
    Silent,
}

impl WalletKnown {
    /// Linked, as far as anybody knows: who does not know stands in nobody's way, for the payment itself is
    /// refused by the wallet.
    pub const fn may_pay(&self) -> bool {
        match self {
            Self::NotOffered => false,
            Self::Told(link) => link.is_linked,
            Self::Silent => true,
        }
    }
}

/// Asks the wallet, or says what it said a moment ago. That a wallet is not linked is never kept: whoever
/// links it now pays now.
pub async fn known(app: &AppState, me: &DeskPerson) -> Result<WalletKnown, PayRefusal> {
    let cashier = Cashier::of(app);
    let Some(wallet) = cashier.provider(me.owner, Provider::Wallet).await? else {
        return Ok(WalletKnown::NotOffered);
    };
    let key = (me.owner, me.person.username.clone());
    if let Some((at, known)) = app.pay().wallet_of(&key)
        && at.elapsed() < KEPT
    {
        return Ok(known);
    }
    let asked = tokio::time::timeout(ANSWER_MAX, wallet.wallet_link(&me.person.username));
    let known = match asked.await {
        Ok(Ok(link)) => WalletKnown::Told(link),
        Ok(Err(fault)) => {
            tracing::info!(%fault, "the wallet does not say whether it is linked");
            WalletKnown::Silent
        }
        Err(_) => WalletKnown::Silent,
    };
    if known.may_pay() {
        app.pay().keep_wallet(key, (Instant::now(), known.clone()));
    }
    Ok(known)
}
