//! `gachno store provider`: what is set for a provider, from the terminal.

use std::io::Read;

use super::super::args::StoreProvider;
use super::{Ended, Exit, Failure, gathered, open, refused, say, tell, terminal};
use crate::providers::{Channel, Settings, SettingsFault};
use crate::server::{SecretKeys, open_channel};
use crate::store::channels::{KeptChannel, NewChannel};
use crate::store::{Store, StoreError};

/// Bytes that are read of stdin.
const INPUT_MAX: u64 = 256 * 1024;

pub async fn run(options: StoreProvider) -> Ended {
    let channel = Channel::of(&options.kind).ok_or_else(|| {
        let known: Vec<_> = Channel::ALL.iter().map(|c| c.wire()).collect();
        Failure::usage(anyhow::anyhow!(
            "Không có cổng {:?}. Có: {}. (Unknown provider.)",
            options.kind,
            known.join(", ")
        ))
    })?;
    let given = options.stdin.then(|| given(channel)).transpose()?;
    let config = gathered(options.database.clone())?;
    let store = open(&config.database).await?;
    let vault = SecretKeys::open_or_create(&config.key_file).map_err(Failure::cannot_run)?;
    let place = Place {
        store: &store,
        vault: &vault,
        payee: options.owner,
        channel,
    };
    let done = place.carry_out(&options, given).await;
    store.close().await;
    done
}

/// All of a provider's settings, as somebody piped them in.
fn given(channel: Channel) -> Result<Settings, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(INPUT_MAX)
        .read_to_string(&mut text)
        .map_err(|_| Failure::usage(SettingsFault::NotAnObject))?;
    Settings::read(channel, &text)
        .and_then(Settings::complete)
        .map_err(Failure::usage)
}

struct Place<'p> {
    store: &'p Store,
    vault: &'p SecretKeys,
    payee: i64,
    channel: Channel,
}

impl Place<'_> {
    async fn carry_out(&self, options: &StoreProvider, given: Option<Settings>) -> Ended {
        let payee = self.store.payees().find(self.payee).await;
        if payee.map_err(Failure::cannot_run)?.is_none() {
            return Err(Failure::usage(anyhow::anyhow!(
                "Không có bên nhận số {}. Tạo bằng: gachno store payee TÊN (No such payee.)",
                self.payee
            )));
        }
        let kept = self.kept().await?;
        match (given, kept) {
            (Some(given), kept) => self.set(given, kept).await,
            (None, None) => self.nothing(),
            (None, Some(kept)) if options.off => self.turn_off(&kept).await,
            (None, Some(kept)) => {
                let settings = self.opened(&kept)?;
                if options.drop_old_keys {
                    let is_on = kept.is_on;
                    return self
                        .put(settings.without_old_keys(), Some(&kept), is_on)
                        .await;
                }
                self.show(&settings, kept.is_on);
                Ok(Exit::Done)
            }
        }
    }

    async fn kept(&self) -> Result<Option<KeptChannel>, Failure> {
        let channels = self.store.channels();
        let kept = channels.find(self.payee, self.channel.wire()).await;
        kept.map_err(Failure::cannot_run)
    }

    fn opened(&self, kept: &KeptChannel) -> Result<Settings, Failure> {
        let open = open_channel(kept, self.channel, self.vault);
        open.map(|open| open.settings).map_err(Failure::cannot_run)
    }

    /// In the place of what is kept. What was turned off and cannot be opened any more is written over:
    /// the way out when the key is lost.
    async fn set(&self, given: Settings, kept: Option<KeptChannel>) -> Ended {
        let settings = match &kept {
            None => given,
            Some(kept) => match self.opened(kept) {
                Ok(before) => given.in_place_of(&before),
                Err(_) if !kept.is_on => given,
                Err(fault) => return Err(fault),
            },
        };
        self.put(settings, kept.as_ref(), true).await
    }

    async fn put(&self, settings: Settings, kept: Option<&KeptChannel>, is_on: bool) -> Ended {
        let shown = settings.shown();
        let sealed = self.vault.seal(&settings.sealable());
        let new = NewChannel {
            payee: self.payee,
            channel: self.channel.wire(),
            sealed: &sealed,
            shown: &shown,
            is_on,
            version: kept.map(|kept| kept.version),
        };
        let put = self.store.channels().put(new, &terminal()).await;
        put.map_err(refused)?;
        self.show(&settings, is_on);
        Ok(Exit::Done)
    }

    async fn turn_off(&self, kept: &KeptChannel) -> Ended {
        let channels = self.store.channels();
        let wire = self.channel.wire();
        match channels.switch(self.payee, wire, false, &terminal()).await {
            Ok(()) | Err(StoreError::NoRow) => {}
            Err(error) => return Err(Failure::cannot_run(error)),
        }
        // It is off whether or not it can still be opened.
        if let Ok(settings) = self.opened(kept) {
            self.show(&settings, false);
        }
        tell(&format!("Đã tắt {}.", self.channel.label()));
        Ok(Exit::Done)
    }

    fn nothing(&self) -> Ended {
        let nothing = Settings::read(self.channel, "{}").map_err(Failure::usage)?;
        self.show(&nothing, false);
        tell(&format!("Chưa đặt {}.", self.channel.label()));
        Ok(Exit::Done)
    }

    fn show(&self, settings: &Settings, is_on: bool) {
        let mut shown = settings.shown();
        shown["owner"] = self.payee.into();
        shown["on"] = is_on.into();
        say(&shown.to_string());
    }
}
