//! Whether a collector's wallet is linked, as the wallet says it.

use std::time::Duration;

use super::who::DeskPerson;
use crate::domain::desk::DeskMethod;
use crate::domain::payment::Provider;
use crate::providers::WalletLink;
use crate::server::AppState;
use crate::server::pay::cashier::Cashier;
use crate::server::pay::refusal::PayRefusal;

/// How long somebody who opens a contract waits for the wallet's word.
const ANSWER_MAX: Duration = Duration::from_secs(2);
/// How long a silent wallet is left alone.
const LEFT_ALONE: Duration = Duration::from_secs(10);

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

/// What is known of it where this is how the customer pays; for any other way nobody is asked.
pub async fn for_method(
    app: &AppState,
    me: &DeskPerson,
    method: DeskMethod,
) -> Result<WalletKnown, PayRefusal> {
    if method == DeskMethod::Wallet {
        known(app, me).await
    } else {
        Ok(WalletKnown::Silent)
    }
}

/// Asks the wallet. What it says is never kept: whoever links a wallet now pays now. Only a silent one is
/// left alone for a while, so that nobody at a door waits for it again and again.
pub async fn known(app: &AppState, me: &DeskPerson) -> Result<WalletKnown, PayRefusal> {
    let cashier = Cashier::of(app);
    let Some(wallet) = cashier.provider(me.owner, Provider::Wallet).await? else {
        return Ok(WalletKnown::NotOffered);
    };
    if app.pay().was_wallet_silent(me.owner, LEFT_ALONE) {
        return Ok(WalletKnown::Silent);
    }
    let asked = tokio::time::timeout(ANSWER_MAX, wallet.wallet_link(&me.person.username));
    let cause = match asked.await {
        Ok(Ok(link)) => return Ok(WalletKnown::Told(link)),
        Ok(Err(fault)) => fault.to_string(),
        Err(_) => format!("no answer within {ANSWER_MAX:?}"),
    };
    tracing::info!(cause, "the wallet does not say whether it is linked");
    app.pay().wallet_is_silent(me.owner);
    Ok(WalletKnown::Silent)
}
