//! What is set for providers and for what sends letters, opened: re-read every two seconds, so that a
//! change is followed by all servers.
//!
//! Lives here: opening, which payee's settings hold. Never here: where it is kept (`store::channels`), what
//! is done with it.
//!
//! *Invariant: what cannot be opened is a fault with a sentence, never an absent channel: with a wrong key
//! nothing is paid, and it says why.*

use std::collections::HashMap;

use secrecy::ExposeSecret;

use super::vault::SecretKeys;
use crate::providers::{Channel, Settings};
use crate::store::channels::KeptChannel;
use crate::store::payees;

/// Why a channel that is set cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "Không mở được cài đặt {} của bên nhận {payee}: sai tệp khóa (serve.key). Đặt lại đúng tệp khóa của cơ sở dữ liệu này rồi chạy lại. (Wrong key.)",
    channel.label()
)]
pub struct ChannelFault {
    /// Whose it is.
    pub payee: i64,
    /// Which.
    pub channel: Channel,
}

/// A channel that is set and turned on.
#[derive(Debug, Clone)]
pub struct OpenChannel {
    /// Whose it is.
    pub payee: i64,
    /// Its settings, with secrets.
    pub settings: Settings,
    /// Another one after each change: what is made of the settings is made anew then.
    pub version: i64,
}

/// All channels that are turned on, as they were a moment ago.
#[derive(Debug, Default)]
pub struct OpenChannels(HashMap<(i64, Channel), Result<OpenChannel, ChannelFault>>);

impl OpenChannels {
    /// Opens what is kept.
    pub(super) fn of(kept: Vec<KeptChannel>, vault: &SecretKeys) -> Self {
        let on = kept.into_iter().filter(|kept| kept.is_on);
        let opened = on.filter_map(|kept| {
            let channel = Channel::of(&kept.channel)?;
            Some(((kept.payee, channel), open(&kept, channel, vault)))
        });
        Self(opened.collect())
    }

    /// This payee's own; `None`: not set, or turned off.
    pub fn own(&self, payee: i64, channel: Channel) -> Result<Option<&OpenChannel>, ChannelFault> {
        match self.0.get(&(payee, channel)) {
            None => Ok(None),
            Some(Ok(open)) => Ok(Some(open)),
            Some(Err(fault)) => Err(*fault),
        }
    }

    /// What this payee uses: its own; for letters and messages else payee 1's.
    pub fn used(&self, payee: i64, channel: Channel) -> Result<Option<&OpenChannel>, ChannelFault> {
        let own = self.own(payee, channel)?;
        if own.is_some() || !is_shared(channel) {
            return Ok(own);
        }
        self.own(payees::FIRST, channel)
    }

    /// All payees that have this channel, in the order of their numbers.
    pub fn all(&self, channel: Channel) -> Vec<Result<&OpenChannel, ChannelFault>> {
        let mut payees: Vec<i64> = self
            .0
            .keys()
            .filter(|(_, of)| *of == channel)
            .map(|(payee, _)| *payee)
            .collect();
        payees.sort_unstable();
        payees
            .into_iter()
            .filter_map(|payee| self.own(payee, channel).transpose())
            .collect()
    }
}

/// A payee without its own uses payee 1's.
const fn is_shared(channel: Channel) -> bool {
    matches!(
        channel,
        Channel::Smtp | Channel::Sms | Channel::Zns | Channel::HiFpt
    )
}

/// Opens what is kept of a channel.
pub fn open(
    kept: &KeptChannel,
    channel: Channel,
    vault: &SecretKeys,
) -> Result<OpenChannel, ChannelFault> {
    let payee = kept.payee;
    let fault = ChannelFault { payee, channel };
    let secret = vault.unseal(&kept.sealed).ok().flatten().ok_or(fault)?;
    let settings = Settings::opened(channel, secret.expose_secret()).map_err(|_| fault)?;
    Ok(OpenChannel {
        payee,
        settings,
        version: kept.version,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(payee: i64, channel: Channel, text: &str, vault: &SecretKeys) -> KeptChannel {
        let settings = Settings::read(channel, text).expect("good");
        KeptChannel {
            payee,
            channel: channel.wire().to_owned(),
            sealed: vault.seal(&settings.sealable()),
            is_on: true,
            updated_at: 0,
            version: 0,
        }
    }

    #[test]
    fn letters_go_by_the_first_payees_server_where_there_is_no_other() {
        let folder = tempfile::tempdir().expect("folder");
        let vault = |name| SecretKeys::open_or_create(&folder.path().join(name)).expect("vault");
        let mail = r#"{"host":"127.0.0.1","port":25,"tls":"none","from":"a@b.example"}"#;
        let bank = r#"{"bank_bin":"970422","account_number":"1","account_name":"A"}"#;
        let all = || {
            vec![
                kept(1, Channel::Smtp, mail, &vault("a")),
                kept(1, Channel::VietQr, bank, &vault("a")),
                kept(3, Channel::Smtp, mail, &vault("a")),
            ]
        };
        let open = OpenChannels::of(all(), &vault("a"));
        let whose = |payee, channel| {
            open.used(payee, channel)
                .expect("opens")
                .map(|open| open.payee)
        };
        assert_eq!(whose(2, Channel::Smtp), Some(1));
        assert_eq!(whose(3, Channel::Smtp), Some(3));
        assert_eq!(whose(2, Channel::VietQr), None, "money is nobody else's");
        assert_eq!(whose(1, Channel::PayOs), None);
        assert_eq!(open.all(Channel::Smtp).len(), 2);

        let mut off = all();
        off[1].is_on = false;
        let open = OpenChannels::of(off, &vault("a"));
        assert!(open.own(1, Channel::VietQr).expect("opens").is_none());

        let strange = OpenChannels::of(all(), &vault("b"));
        let fault = strange.used(2, Channel::Smtp).expect_err("another key");
        assert!(fault.to_string().contains("sai tệp khóa"), "{fault}");
    }
}
