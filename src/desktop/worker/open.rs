//! Opening: ledger, configuration, secrets; and working on with a changed configuration.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc::UnboundedReceiver;

use super::link::LinkSlot;
use super::message::{Basics, Command, ReachUpdate, SetupCommand, SetupUpdate, Update};
use super::reach::{health, look_at_browser};
use super::{Teller, first_setup, only};
use crate::app::{self, Secrets, ServerLink};
use crate::config::{self, Config, Home, Unlock};
use crate::desktop::model::LinkId;
use crate::desktop::words::{Language, said};
use crate::desktop::{Demo, Start};
use crate::domain::Vnd;
use crate::engine::Tools;

/// What the worker works with once everything is open.
pub struct Open {
    pub home: Home,
    pub config: Config,
    pub secrets: Secrets,
    pub tools: Tools,
    /// What opened the secrets, for unlocking the window and for sealing new ones.
    pub unlock: Unlock,
    /// A demo's configuration is nowhere on disk.
    pub is_demo: bool,
    /// The way to where jobs come from.
    pub link: Arc<LinkSlot>,
    /// Is it the owner who is at the window?
    pub owner_is_here: Arc<AtomicBool>,
}

impl Open {
    /// The way to where jobs come from, found once.
    pub async fn find_link(&self) -> Result<Arc<ServerLink>, String> {
        if let Some(link) = self.link.known() {
            return Ok(link);
        }
        let link = app::link(&self.config, &self.secrets, self.tools.ledger.clone())
            .await
            .map_err(said)?;
        Ok(self.link.take(link))
    }

    /// What the window has to know of it.
    pub fn basics(&self) -> Basics {
        let window = &self.config.window;
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let scale = window.scale_percent.clamp(80, 200) as f32 / 100.0;
        Basics {
            has_pin: self.secrets.pin.is_some(),
            language: Language::of(&window.language),
            is_dark: window.dark,
            scale,
            lock_after_min: window.lock_after_min,
            has_sound: window.sound,
            low_balance: Vnd::fixed(window.low_balance),
            limits: self.config.limits,
            operator: app::operator(&self.config),
            operators: self
                .secrets
                .operators
                .iter()
                .map(|(name, _)| name.clone())
                .collect(),
            auto: self.config.auto.clone(),
        }
    }

    /// For whom this unlocks the window: an operator's own PIN for them; where nobody signs in, the
    /// portal's PIN; and the passphrase for whom the configuration names. `true`: for the owner, who is
    /// whoever knows the passphrase; where the system's keyring keeps the key, the first who was let in.
    pub fn opens(&self, who: &str, tried: &SecretString) -> Option<(String, bool)> {
        let is = |secret: &SecretString| {
            is_equal(
                secret.expose_secret().as_bytes(),
                tried.expose_secret().as_bytes(),
            )
        };
        let owner = app::operator(&self.config);
        if self.unlock.passphrase.as_ref().is_some_and(is) {
            return Some((owner, true));
        }
        if self.secrets.operators.is_empty() {
            let has_none = self.secrets.pin.is_none() && self.unlock.passphrase.is_none();
            return (has_none || self.secrets.pin.as_ref().is_some_and(is))
                .then_some((owner, true));
        }
        let has_passphrase = self.unlock.passphrase.is_some();
        self.secrets
            .operators
            .iter()
            .enumerate()
            .find(|(_, (name, pin))| name == who && is(pin))
            .map(|(place, (name, _))| (name.clone(), place == 0 && !has_passphrase))
    }

    /// May whoever is at the window change this key, or for `None` who may sign in and all at once?
    pub fn may_change(&self, key: Option<&str>) -> Result<(), String> {
        if key.is_some_and(|key| !config::is_owners(key))
            || self.owner_is_here.load(Ordering::Acquire)
        {
            return Ok(());
        }
        Err(
            "Chỉ chủ cửa hàng được đổi điều này. Khóa cửa sổ rồi mở lại bằng mật khẩu mở khóa. (Only the owner may change this.)"
                .to_owned(),
        )
    }

    /// The same with a changed configuration. A batch that runs goes on with the old one.
    pub fn changed(
        &self,
        config: Config,
        secrets: Secrets,
        unlock: Unlock,
    ) -> Result<Self, String> {
        let mut tools =
            app::tools_on(self.tools.ledger.clone(), &self.home, &config, None).map_err(said)?;
        tools.warm = app::warm(&config);
        let link = if is_same_source(&self.config, &config) {
            self.link.clone()
        } else {
            LinkSlot::new(self.link.id.next())
        };
        Ok(Self {
            home: self.home.clone(),
            config,
            secrets,
            tools,
            unlock,
            is_demo: self.is_demo,
            link,
            owner_is_here: self.owner_is_here.clone(),
        })
    }

    /// Looks at the job API and at the browser, and tells.
    pub fn check(self: &Arc<Self>, teller: &Teller) {
        self.check_api(teller);
        self.check_browser(teller);
    }

    /// Looks at the job API, and tells.
    pub fn check_api(self: &Arc<Self>, teller: &Teller) {
        let (at, to) = (self.clone(), teller.clone());
        tokio::spawn(async move {
            let api = health(&at.config, &at.secrets).await;
            let update = match api {
                Err(_) if has_no_server(&at.config, &at.secrets) => ReachUpdate::NoServer,
                api => ReachUpdate::Api(api),
            };
            to.tell(Update::Reach(update));
        });
    }

    /// Looks at the browser and its driver, and tells.
    pub fn check_browser(&self, teller: &Teller) {
        tokio::spawn(look_at_browser(self.tools.browser.clone(), teller.clone()));
    }
}

/// Has nobody named a server? A shop of one machine has none.
fn has_no_server(config: &Config, secrets: &Secrets) -> bool {
    config.api == Config::default().api && secrets.token.is_none()
}

/// Do jobs still come from the same place, under the same name? Another theme is no other server:
/// what is held there stays held.
fn is_same_source(old: &Config, new: &Config) -> bool {
    let source = |config: &Config| {
        let mut api = config.api.clone();
        api.jobs_at_once = 0;
        (api, config.site.clone())
    };
    source(old) == source(new)
}

/// Compares without telling by its time how much was right.
fn is_equal(a: &[u8], b: &[u8]) -> bool {
    use sha2::{Digest, Sha256};
    Sha256::digest(a) == Sha256::digest(b)
}

/// Opens everything, and asks for what is missing. `None`: it cannot work, and the window was told
/// why.
pub async fn open(
    start: Start,
    inbox: &mut UnboundedReceiver<Command>,
    teller: &Teller,
) -> Option<Open> {
    let home = start.home;
    let is_demo = start.demo.is_some();
    let fault = |why: String| {
        teller.tell(Update::Setup(SetupUpdate::Fault(why)));
        None
    };
    // First of all: who has the ledger has the machine.
    let ledger = only::ledger(&home, inbox, teller).await?;
    let (config, secrets, unlock) = match start.demo {
        Some(Demo { config, secrets }) => (config, secrets, Unlock::default()),
        None => match Config::load(&home.config_file()) {
            // Without a vault nothing secret can be kept: whoever put the set-up off is asked again.
            Ok(config) if config.vault.is_none() => {
                first_setup::first(&home, config, inbox, teller).await?
            }
            Ok(config) => {
                let (secrets, unlock) = unlocked(&config, inbox, teller).await?;
                (config, secrets, unlock)
            }
            Err(error) => return fault(said(error)),
        },
    };
    match app::tools_on(ledger, &home, &config, None) {
        Ok(tools) => Some(Open {
            owner_is_here: Arc::new(AtomicBool::new(secrets.operators.is_empty())),
            home,
            tools: Tools {
                warm: app::warm(&config),
                ..tools
            },
            config,
            secrets,
            unlock,
            is_demo,
            link: LinkSlot::new(LinkId::default()),
        }),
        Err(error) => fault(said(error)),
    }
}

/// Opens the secrets, asking for the passphrase until it fits.
async fn unlocked(
    config: &Config,
    inbox: &mut UnboundedReceiver<Command>,
    teller: &Teller,
) -> Option<(Secrets, Unlock)> {
    let of_environment = std::env::var("GACHNO_PASSPHRASE")
        .ok()
        .filter(|p| !p.is_empty())
        .map(SecretString::from);
    let mut unlock = Unlock {
        passphrase: of_environment,
        keyring: true,
    };
    loop {
        let (config, offered) = (config.clone(), unlock.clone());
        // Deriving the key takes a good part of a second.
        let opened = tokio::task::spawn_blocking(move || app::secrets(&config, &offered)).await;
        match opened {
            Ok(Ok(secrets)) => return Some((secrets, unlock)),
            Ok(Err(error)) => {
                let first = unlock.passphrase.is_none();
                let why = (!first).then(|| said(error));
                teller.tell(Update::Setup(SetupUpdate::Locked(why)));
            }
            Err(error) => {
                teller.tell(Update::Setup(SetupUpdate::Fault(said(error))));
                return None;
            }
        }
        // Nothing else can be done while it is locked.
        loop {
            if let Command::Setup(SetupCommand::Unlock(passphrase)) = inbox.recv().await? {
                unlock.passphrase = Some(passphrase);
                break;
            }
        }
    }
}
