//! A login that another batch left open is taken over once it is seen to live, and left for the next one.

use super::login::PortalLogin;
use super::warm::WarmLogin;

/// A balance that was read at rest is trusted for so long without being read again, in milliseconds.
const REST_TRUSTED_MS: i64 = 120_000;

impl PortalLogin<'_> {
    /// Takes a parked login over, once it is seen to live. `false`: there is none.
    pub(super) async fn take_warm(&mut self) -> bool {
        while let Some(warm) = self.crew.warm_login() {
            let control = self.crew.control;
            control.has_tab(self.number, warm.session.camera());
            (self.session, self.agent) = (Some(warm.session), warm.agent);
            (self.bill_page, self.kept) = (warm.bill_page, warm.kept);
            if self.is_living().await {
                return true;
            }
            self.drop_session().await;
        }
        false
    }

    /// Is it who it has to be, and does its page still answer? A login that was looked at a moment
    /// ago is not asked again.
    async fn is_living(&mut self) -> bool {
        if self.check_agent(&self.agent).is_err() {
            return false;
        }
        let rest = self.crew.book.rest_at();
        let is_fresh = rest.is_some_and(|(.., at_ms)| self.now_ms() - at_ms < REST_TRUSTED_MS);
        if is_fresh {
            self.crew.saw_balance(rest.map(|(balance, ..)| balance));
            return true;
        }
        let stamp = self.stamp().await;
        let seen = match self.page() {
            Ok(mut page) => page.look_in_place().await,
            Err(error) => Err(error),
        };
        match seen {
            Ok(Some((agent, balance))) if self.check_agent(&agent).is_ok() => {
                self.crew.saw_balance(Some(balance));
                self.rest_if_booked(balance, stamp).await.is_ok()
            }
            Ok(_) => false,
            Err(error) => {
                tracing::info!(%error, "a parked login does not live any more");
                false
            }
        }
    }

    /// The login, emptied of what its last job typed, for the next batch; `None`: it has no session.
    pub(super) async fn into_warm(mut self) -> Option<WarmLogin> {
        if self.session.is_some()
            && let Ok(mut page) = self.page()
        {
            page.empty_form().await;
        }
        Some(WarmLogin {
            session: self.session.take()?,
            agent: self.agent,
            bill_page: self.bill_page,
            kept: self.kept,
        })
    }
}
