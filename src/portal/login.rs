//! Logging in, as far as a program may: captcha and OTP are for a person.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use serde_json::json;

use super::page::Page;
use super::snapshot::Snapshot;
use super::step::{click, fill, fill_secret, ready};
use super::{Class, Moment, PortalError};
use crate::domain::Errand;

/// What is typed into the login form.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    /// Agent code.
    pub username: Option<SecretString>,
    /// Portal password.
    pub password: Option<SecretString>,
}

/// Where a login stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoginStep {
    /// Logged in as this agent.
    In(String),
    /// A person has to do this in the browser.
    NeedsPerson(Errand),
}

/// How often the page is looked at while a person works in it.
const LOOK_EVERY: Duration = Duration::from_millis(400);

impl Page<'_> {
    /// Opens the portal and fills the login form. Goes as far as it can without a person.
    pub async fn log_in(&mut self, credentials: &Credentials) -> Result<LoginStep, PortalError> {
        let home = self.map.pages.home.first().cloned().unwrap_or_default();
        self.open(&home).await?;
        let snapshot = self.step_on_login(vec![ready()]).await?;
        if let Some(step) = stands(&snapshot) {
            return Ok(step);
        }
        if !snapshot.login {
            // Neither frame nor form: an inner page decides (the home page's own look is not
            // known).
            let inner = self
                .map
                .pages
                .internet_tv
                .first()
                .cloned()
                .unwrap_or_default();
            self.open(&inner).await?;
            let snapshot = self.step_on_login(vec![ready()]).await?;
            if let Some(step) = stands(&snapshot) {
                return Ok(step);
            }
            if !snapshot.login {
                return Err(PortalError::PageChanged {
                    element: "login.user".to_owned(),
                    why: format!("không có trên {}", snapshot.url),
                });
            }
        }
        let (Some(username), Some(password)) = (&credentials.username, &credentials.password)
        else {
            return Ok(LoginStep::NeedsPerson(Errand::LogIn));
        };
        let mut steps = vec![
            fill("login.user", username.expose_secret()),
            fill_secret("login.password", password, false),
        ];
        if snapshot.captcha {
            self.step_on_login(steps).await?;
            return Ok(LoginStep::NeedsPerson(Errand::Captcha));
        }
        steps.push(click("login.submit"));
        let snapshot = self.step_on_login(steps).await?;
        self.after_submit(snapshot).await
    }

    async fn after_submit(&mut self, mut snapshot: Snapshot) -> Result<LoginStep, PortalError> {
        // The redirect may begin just after the answer: look once more before words are taken for
        // the end.
        for _ in 0..3 {
            if let Some(step) = stands(&snapshot) {
                return Ok(step);
            }
            let said = snapshot.said();
            if let Some((class, text)) = self.map.words().before_click(&said, Moment::Login) {
                return match class {
                    Class::Person => Ok(LoginStep::NeedsPerson(Errand::Otp)),
                    _ => Err(PortalError::LoginRefused(text)),
                };
            }
            if let Some(said) = said.first() {
                return Err(PortalError::LoginRefused(said.text.clone()));
            }
            tokio::time::sleep(LOOK_EVERY).await;
            snapshot = self.step_on_login(vec![ready()]).await?;
        }
        if snapshot.captcha {
            return Ok(LoginStep::NeedsPerson(Errand::Captcha));
        }
        // Logged in, but on a page without the frame: an inner page tells who we are.
        let inner = self
            .map
            .pages
            .internet_tv
            .first()
            .cloned()
            .unwrap_or_default();
        self.open(&inner).await?;
        let snapshot = self.step_on_login(vec![ready()]).await?;
        stands(&snapshot)
            .ok_or_else(|| PortalError::LoginRefused("cổng vẫn ở trang đăng nhập".to_owned()))
    }

    /// Waits until a person has logged in.
    pub async fn await_person(&mut self, limit: Duration) -> Result<String, PortalError> {
        let end = tokio::time::Instant::now() + limit;
        let _ = self.session.show().await;
        loop {
            match self.step_on_login(vec![json!({ "op": "ready" })]).await {
                Ok(snapshot) => {
                    if let Some(LoginStep::In(agent)) = stands(&snapshot) {
                        return Ok(agent);
                    }
                }
                Err(error @ PortalError::Browser(_)) => return Err(error),
                // A page in the middle of loading, or one that a person walked to: look again.
                Err(error) => tracing::debug!(%error, "waiting for the person"),
            }
            if tokio::time::Instant::now() > end {
                return Err(PortalError::NobodyCame {
                    seconds: limit.as_secs(),
                });
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

fn stands(snapshot: &Snapshot) -> Option<LoginStep> {
    if snapshot.otp {
        return Some(LoginStep::NeedsPerson(Errand::Otp));
    }
    let agent = snapshot
        .agent
        .as_deref()
        .map(str::trim)
        .filter(|a| !a.is_empty())?;
    (!snapshot.login && !snapshot.expired).then(|| LoginStep::In(agent.to_owned()))
}
