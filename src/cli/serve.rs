//! `gachno serve`, `gachno sandbox`, `gachno mock-api` and `gachno mock-site`: one JSON line when
//! they can be used, then until SIGINT or SIGTERM.

use std::task::Poll;
use std::time::Duration;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use secrecy::ExposeSecret;

use super::args::{MockApiArguments, MockSiteArguments, SandboxArguments, Serve};
use super::telling::Telling;
use super::{Ended, Exit, Failure, say, tell};
use crate::config::Home;
use crate::process::terminated;
use crate::server::{self, Certificate, LogForm, SecretKeys, ServeConfig, ServeError, ServeFile};
use crate::store::{StoreError, shown};
use crate::{mock_api, mock_site, sandbox};

fn gathered(options: &Serve) -> Result<ServeConfig, Failure> {
    let flags = ServeFile {
        listen: options.listen,
        database: options.database.clone(),
        behind_proxy: options.behind_proxy.then_some(true),
        tls_cert: options.tls_cert.clone(),
        tls_key: options.tls_key.clone(),
        log: options.log,
        ..ServeFile::default()
    };
    ServeConfig::gather(&Home::find()?, flags).map_err(Failure::usage)
}

/// How the log of this server is written. What is wrong with the settings is told when it starts.
pub fn log_form(options: &Serve) -> LogForm {
    gathered(options)
        .map(|config| config.log)
        .unwrap_or_default()
}

/// Takes as many open connections as the system lets it have: each page that is open holds one.
#[cfg(unix)]
fn many_connections() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    let most = Rlimit {
        current: maximum,
        maximum,
    };
    if let Err(error) = setrlimit(Resource::Nofile, most) {
        tracing::debug!(%error, "the limit of open files stays");
    }
}

#[cfg(not(unix))]
const fn many_connections() {}

pub async fn serve(options: Serve) -> Ended {
    let config = gathered(&options)?;
    if config.is_open_to_the_network() {
        tell(&format!(
            "CẢNH BÁO: {} mở ra mạng mà không có TLS: mật khẩu và mã máy đi qua mạng không mã hóa. Đặt tls_cert và tls_key, hoặc behind_proxy nếu có proxy \
             HTTPS phía trước. (Open to the network without TLS.)",
            config.listen
        ));
    }
    if options.check {
        return check(&config);
    }
    // Heard from before anybody is told that it runs: a signal that comes at once is a stop like
    // any other.
    let mut ended = Box::pin(terminated());
    std::future::poll_fn(|context| {
        let _ = ended.as_mut().poll(context);
        Poll::Ready(())
    })
    .await;
    let mut hang_ups = HangUps::heard(&config);
    many_connections();
    let starting = CancellationToken::new();
    let told = Telling::default();
    let tell_doing = |doing| told.hear(doing);
    let mut started = std::pin::pin!(server::start_telling(config, &starting, &tell_doing));
    let running = tokio::select! {
        started = started.as_mut() => started,
        never = told.speak() => match never {},
        () = &mut ended => {
            starting.cancel();
            started.await
        }
    };
    let running = match running {
        Err(ServeError::Store(stopped @ StoreError::Stopped)) => {
            tell(&stopped.to_string());
            return Ok(Exit::Done);
        }
        running => running.map_err(Failure::cannot_run)?,
    };
    if let Some(owner) = &running.first_owner {
        // On the terminal and nowhere else: stdout may be a file, and the log is one.
        tell("Máy chủ mới. Đăng nhập lần đầu trong 15 phút, rồi đặt mật khẩu của mình:");
        tell(&format!("  Tên đăng nhập: {}", owner.username));
        tell(&format!(
            "  Mật khẩu một lần: {}",
            owner.password.expose_secret()
        ));
    }
    say(&json!({ "event": "ready", "url": running.url(), "admin": format!("{}/admin", running.url()) }).to_string());
    loop {
        tokio::select! {
            () = &mut ended => break,
            () = hang_ups.next() => running.reload(),
        }
    }
    running.stop().await;
    Ok(Exit::Done)
}

/// SIGHUP says that the certificate was renewed. Where there is none, or a terminal, it ends the
/// server as it ends any program.
struct HangUps(#[cfg(unix)] Option<tokio::signal::unix::Signal>);

impl HangUps {
    #[cfg(unix)]
    fn heard(config: &ServeConfig) -> Self {
        use std::io::IsTerminal;
        use tokio::signal::unix::{SignalKind, signal};
        let is_wanted = config.tls.is_some() && !std::io::stdin().is_terminal();
        Self(
            is_wanted
                .then(|| signal(SignalKind::hangup()))
                .and_then(Result::ok),
        )
    }

    #[cfg(not(unix))]
    const fn heard(_: &ServeConfig) -> Self {
        Self()
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.0
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending::<()>().await;
    }
}

/// What would run. Nothing is opened but the files that must be there.
fn check(config: &ServeConfig) -> Ended {
    if let Some(files) = &config.tls {
        Certificate::open(files).map_err(Failure::usage)?;
    }
    if config.key_file.exists() {
        SecretKeys::open_or_create(&config.key_file).map_err(Failure::usage)?;
    }
    let told = json!({
        "listen": config.listen,
        "public_url": config.public_url.as_ref().map_or_else(
            || config.own_url(config.listen),
            |url| url.as_str().trim_end_matches('/').to_owned(),
        ),
        "https": config.tls.is_some(),
        "tls_cert": config.tls.as_ref().map(|files| &files.cert),
        "tls_key": config.tls.as_ref().map(|files| &files.key),
        "behind_proxy": config.behind_proxy,
        "database": shown(&config.database),
        "insecure_database": config.insecure_database,
        "requests_per_second": config.requests_per_second,
        "key_file": config.key_file,
        "log": if config.log == LogForm::Json { "json" } else { "text" },
    });
    say(&told.to_string());
    Ok(Exit::Done)
}

pub async fn mock_api(options: MockApiArguments) -> Ended {
    let api = mock_api::start(mock_api::MockApiOptions {
        listen: options.listen,
        delay: options.delay_ms.map(Duration::from_millis),
        seed: None,
    })
    .await
    .map_err(Failure::cannot_run)?;
    say(&json!({ "event": "ready", "url": api.url() }).to_string());
    terminated().await;
    Ok(Exit::Done)
}

pub async fn mock_site(options: MockSiteArguments) -> Ended {
    let MockSiteArguments {
        listen,
        user,
        password,
        bills,
    } = options;
    let bills = bills.into_iter().collect();
    let site = mock_site::start(mock_site::MockSiteOptions {
        listen,
        user,
        password,
        bills,
        faults: 0,
    })
    .await
    .map_err(Failure::cannot_run)?;
    say(&json!({ "event": "ready", "url": site.url() }).to_string());
    terminated().await;
    Ok(Exit::Done)
}

pub async fn sandbox(options: SandboxArguments) -> Ended {
    let scenario = match &options.scenario {
        Some(path) => sandbox::Scenario::load(path).map_err(Failure::usage)?,
        None => sandbox::Scenario::default(),
    };
    let (seed, latency) = (options.seed, Duration::from_millis(options.latency_ms));
    let running = sandbox::start(sandbox::SandboxOptions {
        listen: options.listen,
        latency,
        scenario,
        seed,
    })
    .await
    .map_err(Failure::cannot_run)?;
    let gateway = running.gateway();
    let ready = json!({
        "event": "ready",
        "url": running.url(),
        "truth": format!("{}/sandbox/truth", running.url()),
        "gateway": gateway.settings(),
        "smtp": gateway.smtp().to_string(),
    });
    say(&ready.to_string());
    terminated().await;
    Ok(Exit::Done)
}
