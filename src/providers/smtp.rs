//! E-mail by SMTP.
//!
//! Lives here: connections to a payee's mail server, kept between letters; a letter as it stands on the
//! wire; what a server's no means. Never here: which letters there are, when one is tried again.
//!
//! *Invariants: a letter carries the id that it was written with on every attempt; a connection on which
//! something was left unanswered is never used again; a password goes over no line that is not encrypted,
//! but to this computer.*

use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Code;
use lettre::{Address, Message};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{Channel, Settings, SettingsFault};
use crate::domain::letter::LetterFault;

/// How long a connection may take, with its greeting and its sign-in.
const CONNECT_MAX: Duration = Duration::from_secs(10);
/// How long a letter may take.
const SEND_MAX: Duration = Duration::from_secs(20);
/// A connection that rested for longer is asked whether it still stands.
const FRESH: Duration = Duration::from_secs(1);
/// A connection that rested for longer is not used again.
const IDLE_MAX: Duration = Duration::from_secs(20);
/// Connections that are kept.
const KEPT_MAX: usize = 16;
/// Answers that say that our sign-in is not in order: that is no letter's fault.
const SIGN_IN: [&str; 4] = ["530", "534", "535", "538"];

/// How the line is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Protection {
    Required,
    StartTls,
    None,
}

#[derive(Deserialize)]
struct Given {
    host: String,
    port: u16,
    username: Option<String>,
    password: Option<SecretString>,
    tls: Protection,
    from: String,
}

/// A letter as it is sent.
#[derive(Debug, Clone, Copy)]
pub struct Mail<'m> {
    /// Without the angle brackets.
    pub message_id: &'m str,
    /// One address.
    pub to: &'m str,
    /// One line.
    pub subject: &'m str,
    /// Plain text.
    pub text: &'m str,
    /// The same as a page.
    pub html: Option<&'m str>,
}

/// A payee's mail server.
pub struct Mailer {
    given: Given,
    from: Mailbox,
    hello: ClientId,
    resting: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
}

impl std::fmt::Debug for Mailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mailer({}:{})", self.given.host, self.given.port)
    }
}

impl Mailer {
    /// With a payee's settings. Nothing is connected yet.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        debug_assert_eq!(settings.channel(), Channel::Smtp);
        let given: Given = settings.typed()?;
        let from = given.from.parse().map_err(|_| SettingsFault::Bad {
            name: "from",
            why: "không phải địa chỉ thư (not an address)",
        })?;
        Ok(Self {
            given,
            from,
            hello: ClientId::default(),
            resting: Mutex::default(),
        })
    }

    /// Is the server there, and does it let us in? Sends nothing.
    pub async fn check(&self) -> Result<(), LetterFault> {
        let connection = self.connected().await?;
        self.park(connection);
        Ok(())
    }

    /// Sends a letter. A temporary fault leaves it open whether it went: the same letter, sent again, has the
    /// same id.
    pub async fn send(&self, mail: &Mail<'_>) -> Result<(), LetterFault> {
        let message = self.message(mail)?;
        let (envelope, bytes) = (message.envelope().clone(), message.formatted());
        let mut connection = match self.rested().await {
            Some(connection) => connection,
            None => self.connected().await?,
        };
        // Where this is cut short the connection goes with it: an answer that is still on its way must not
        // be taken for the next letter's.
        let sent = tokio::time::timeout(SEND_MAX, connection.send(&envelope, &bytes)).await;
        sent.map_err(|_| late())?
            .map_err(|error| fault_of(&error))?;
        self.park(connection);
        Ok(())
    }

    fn message(&self, mail: &Mail<'_>) -> Result<Message, LetterFault> {
        let bad = |why: &str| LetterFault::Permanent(format!("Thư không gửi được: {why}."));
        let to: Address = mail
            .to
            .trim()
            .parse()
            .map_err(|_| bad("địa chỉ người nhận không đúng"))?;
        let builder = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(mail.subject)
            .message_id(Some(format!("<{}>", mail.message_id)))
            // Nobody's machine answers a machine.
            .raw_header(HeaderValue::new(
                HeaderName::new_from_ascii_str("Auto-Submitted"),
                "auto-generated".to_owned(),
            ));
        let message = match mail.html {
            Some(html) => builder.multipart(MultiPart::alternative_plain_html(
                mail.text.to_owned(),
                html.to_owned(),
            )),
            None => builder.singlepart(
                SinglePart::builder()
                    .header(ContentType::TEXT_PLAIN)
                    .body(mail.text.to_owned()),
            ),
        };
        message.map_err(|_| bad("nội dung không đúng dạng"))
    }

    /// A connection that was kept and still stands.
    async fn rested(&self) -> Option<AsyncSmtpConnection> {
        loop {
            let (mut connection, since) = {
                let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
                resting.retain(|(_, since)| since.elapsed() < IDLE_MAX);
                resting.pop()?
            };
            if since.elapsed() < FRESH {
                return Some(connection);
            }
            let asked = tokio::time::timeout(CONNECT_MAX, connection.test_connected());
            if asked.await == Ok(true) {
                return Some(connection);
            }
        }
    }

    fn park(&self, connection: AsyncSmtpConnection) {
        let mut resting = self.resting.lock().unwrap_or_else(PoisonError::into_inner);
        if resting.len() < KEPT_MAX && !connection.has_broken() {
            resting.push((connection, Instant::now()));
        }
    }

    async fn connected(&self) -> Result<AsyncSmtpConnection, LetterFault> {
        let connected = tokio::time::timeout(CONNECT_MAX, self.connect()).await;
        connected
            .map_err(|_| late())?
            .map_err(|error| match fault_of(&error) {
                // A server that turns us away at its door says nothing about the letter.
                LetterFault::Permanent(why) => LetterFault::Temporary(why),
                fault => fault,
            })
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, lettre::transport::smtp::Error> {
        let Given { host, port, .. } = &self.given;
        let protection = match self.given.tls {
            Protection::None => None,
            Protection::Required | Protection::StartTls => Some(TlsParameters::new(host.clone())?),
        };
        let at_once = protection
            .clone()
            .filter(|_| self.given.tls == Protection::Required);
        let mut connection = AsyncSmtpConnection::connect_tokio1(
            (host.trim_matches(['[', ']']), *port),
            Some(CONNECT_MAX),
            &self.hello,
            at_once,
            None,
        )
        .await?;
        if let Some(protection) = protection
            && self.given.tls == Protection::StartTls
        {
            connection.starttls(protection, &self.hello).await?;
        }
        if let (Some(username), Some(password)) = (&self.given.username, &self.given.password) {
            let password = password.expose_secret().to_owned();
            let credentials = Credentials::new(username.clone(), password);
            connection
                .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
                .await?;
        }
        Ok(connection)
    }
}

fn late() -> LetterFault {
    LetterFault::Temporary("Máy chủ thư không trả lời kịp.".to_owned())
}

/// A clear no to this letter is for ever; everything else may be better in a while.
fn fault_of(error: &lettre::transport::smtp::Error) -> LetterFault {
    let said: String = error
        .source()
        .map(ToString::to_string)
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(160)
        .collect();
    let code = error.status().map(|code: Code| code.to_string());
    match code {
        Some(code) if error.is_permanent() && !SIGN_IN.contains(&code.as_str()) => {
            LetterFault::Permanent(format!("Máy chủ thư từ chối ({code}): {said}"))
        }
        Some(code) if SIGN_IN.contains(&code.as_str()) => LetterFault::Temporary(format!(
            "Máy chủ thư không nhận tên hoặc mật khẩu ({code}). Xem lại Cổng thanh toán → E-mail."
        )),
        Some(code) => LetterFault::Temporary(format!("Máy chủ thư báo bận ({code}): {said}")),
        None => LetterFault::Temporary(format!("Không nói chuyện được với máy chủ thư: {said}")),
    }
}
