//! Sessions of the classic protocol: asking a driver or a grid for one, and what it is asked for.

use std::path::Path;
use std::time::Duration;

use fantoccini::{Client, ClientBuilder};
use serde_json::{Map, Value, json};

use super::error::{first_line, of_command};
use super::relay::Valve;
use super::{BrowserError, BrowserSettings, Facts, Family, FoundBrowser};

/// A new session takes half a second to a second; a grid may have to start a machine.
const NEW_SESSION_MAX: Duration = Duration::from_mins(1);
/// No script of ours runs longer than two seconds; the driver gives up on it after this.
pub(super) const SCRIPT_MAX: Duration = Duration::from_secs(10);
/// The browser's own limit for one page.
pub(super) const PAGE_LOAD_MAX: Duration = Duration::from_secs(45);
/// What is added to the browser's limit before the session counts as hung.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// What the browser would keep beside each login, unseen: pages of its own in renderers, a renderer in
/// reserve, every page that was left, and guesses for people.
const UNUSED: &str = "WebUIOmniboxPopup,WebUIOmniboxAimPopup,SpareRendererForSitePerProcess,\
    BackForwardCache,MediaRouter,Translate,OptimizationHints";

/// One command, with an end: fantoccini has no time limit of its own.
pub(super) async fn timed<T>(
    limit: Duration,
    command: impl Future<Output = Result<T, fantoccini::error::CmdError>>,
) -> Result<T, BrowserError> {
    match tokio::time::timeout(limit, command).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(of_command(&error)),
        Err(_) => Err(BrowserError::Lost {
            why: format!("không trả lời trong {} giây", limit.as_secs()),
        }),
    }
}

/// An address as it may be shown: `user:password@` is how a grid is told who we are.
pub fn without_password(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => {
            format!("{}…{}", &url[..scheme + 3], &url[at..])
        }
        _ => url.to_owned(),
    }
}

/// A session on a grid. One of the old kind (Selenium 3) refuses a wish for `BiDi` as a mistake
/// instead of not granting it, so it is asked a second time without.
pub(super) async fn on_the_grid(
    settings: &BrowserSettings,
) -> Result<(Client, Facts), BrowserError> {
    let url = &settings.webdriver_url;
    let first = match connect(url, capabilities(settings, None, None, None)).await {
        Err(error) if !settings.classic => error,
        done => return done,
    };
    let plain = BrowserSettings {
        classic: true,
        ..settings.clone()
    };
    let granted = connect(url, capabilities(&plain, None, None, None))
        .await
        .map_err(|_| first)?;
    tracing::info!(
        url = without_password(url),
        "this grid has no BiDi; the latch in the page stands in for the gate"
    );
    Ok(granted)
}

pub(super) async fn connect(
    url: &str,
    capabilities: Map<String, Value>,
) -> Result<(Client, Facts), BrowserError> {
    // fantoccini joins paths to the base: without the slash a grid's `/wd/hub` would be lost.
    let base = if url.ends_with('/') {
        url.to_owned()
    } else {
        format!("{url}/")
    };
    let connector = hyper_rustls::HttpsConnectorBuilder::new()
        .with_provider_and_platform_verifier(rustls::crypto::ring::default_provider())
        .map_err(|e| BrowserError::DriverStart { why: e.to_string() })?
        .https_or_http()
        .enable_http1()
        .build();
    let mut builder = ClientBuilder::new(connector);
    builder.capabilities(capabilities);
    let client = match tokio::time::timeout(NEW_SESSION_MAX, builder.connect(&base)).await {
        Err(_) => {
            return Err(BrowserError::Unreachable {
                url: without_password(url),
                why: "quá lâu không có phiên nào".to_owned(),
            });
        }
        Ok(Err(error)) => {
            use fantoccini::error::NewSessionError as E;
            return Err(match error {
                E::BadWebdriverUrl(_)
                | E::Failed(_)
                | E::FailedC(_)
                | E::Lost(_)
                | E::NotW3C(_) => BrowserError::Unreachable {
                    url: without_password(url),
                    why: first_line(&error.to_string()),
                },
                other => BrowserError::NoSession {
                    why: first_line(&other.to_string()),
                    source: Box::new(other),
                },
            });
        }
        Ok(Ok(client)) => client,
    };
    let session_id = client
        .session_id()
        .await
        .map_err(|e| of_command(&e))?
        .unwrap_or_default();
    let granted = client.capabilities();
    let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
    // Edge's driver is the same program with its maker's names.
    let either =
        |names: [&str; 2]| granted.and_then(|c| names.iter().find_map(|name| c.get(*name)));
    let facts = Facts {
        session_id,
        browser_pid: either(["goog:processID", "ms:processID"])
            .and_then(Value::as_u64)
            .and_then(|p| u32::try_from(p).ok()),
        debugger_address: text(
            either(["goog:chromeOptions", "ms:edgeOptions"]).and_then(|o| o.get("debuggerAddress")),
        ),
        browser_version: text(granted.and_then(|c| c.get("browserVersion"))).unwrap_or_default(),
        bidi_url: text(granted.and_then(|c| c.get("webSocketUrl"))),
        context: None,
    };
    Ok((client, facts))
}

/// What a driver of this family calls its browser, and the options that are its own.
pub(super) const fn names_of(family: Family) -> (&'static str, &'static str) {
    match family {
        Family::Chrome => ("chrome", "goog:chromeOptions"),
        Family::Edge => ("MicrosoftEdge", "ms:edgeOptions"),
    }
}

pub(super) fn capabilities(
    settings: &BrowserSettings,
    browser: Option<&FoundBrowser>,
    profile: Option<&Path>,
    valve: Option<&Valve>,
) -> Map<String, Value> {
    let mut arguments = vec![
        "--no-first-run".to_owned(),
        "--no-default-browser-check".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-sync".to_owned(),
        "--disable-extensions".to_owned(),
        "--disable-notifications".to_owned(),
        "--disable-quic".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        // An error page that loads itself again would send what it failed to send.
        "--disable-auto-reload".to_owned(),
        "--password-store=basic".to_owned(),
        // Timers of a window that lies behind another must not slow down.
        "--disable-background-timer-throttling".to_owned(),
        "--disable-backgrounding-occluded-windows".to_owned(),
        "--disable-renderer-backgrounding".to_owned(),
        "--lang=vi".to_owned(),
        format!("--disable-features={UNUSED}"),
        // What scripts leave behind is collected early: the driver's own page, through which every
        // event of every login goes, would grow by hundreds of megabytes over a morning.
        "--js-flags=--optimize-for-size".to_owned(),
        // Pictures that move while an answer is waited for would be painted all that time.
        "--blink-settings=imageAnimationPolicy=2".to_owned(),
    ];
    if let Some(profile) = profile {
        arguments.push(format!("--user-data-dir={}", profile.display()));
    }
    if let Some(valve) = valve {
        arguments.push(format!("--proxy-server=socks5://{}", valve.address()));
        arguments.push("--proxy-bypass-list=<-loopback>".to_owned());
    }
    // As small as the pages bear: what stands behind it is to be seen, and painting costs less.
    arguments.push("--window-size=1024,720".to_owned());
    if settings.headless {
        // Painted without a card.
        arguments.extend([
            "--headless=new".to_owned(),
            "--disable-gpu".to_owned(),
            "--disable-software-rasterizer".to_owned(),
        ]);
    }
    #[cfg(unix)]
    if rustix::process::geteuid().is_root() && profile.is_some() {
        // Chromium refuses to sandbox itself under root (containers, CI).
        arguments.push("--no-sandbox".to_owned());
    }
    let mut options = json!({
        "args": arguments,
        "prefs": {
            "credentials_enable_service": false,
            "profile.password_manager_enabled": false,
            "profile.default_content_setting_values.notifications": 2
        }
    });
    if let Some(browser) = browser {
        options["binary"] = browser.program.display().to_string().into();
    }
    let family = browser.map_or(Family::Chrome, |browser| browser.family);
    let (name, own_options) = names_of(family);
    let mut wanted = json!({
        "browserName": name,
        own_options: options,
        // The first script waits for the page's own readiness; pictures and foreign scripts are not
        // waited for.
        "pageLoadStrategy": "eager",
        // ChromeDriver would dismiss a dialog by itself; a question about money is ours to answer.
        "unhandledPromptBehavior": "ignore",
        "timeouts": { "script": SCRIPT_MAX.as_millis(), "pageLoad": PAGE_LOAD_MAX.as_millis(), "implicit": 0 }
    });
    if !settings.classic {
        wanted["webSocketUrl"] = true.into();
    }
    match wanted {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_browser_is_asked_for_by_its_own_names() {
        let wanted = |family| {
            let browser = FoundBrowser {
                family,
                program: "/x/browser".into(),
                version: None,
            };
            capabilities(&BrowserSettings::default(), Some(&browser), None, None)
        };
        let edge = wanted(Family::Edge);
        assert_eq!(edge["browserName"], "MicrosoftEdge");
        assert_eq!(edge["ms:edgeOptions"]["binary"], "/x/browser");
        assert!(!edge.contains_key("goog:chromeOptions"));
        assert_eq!(wanted(Family::Chrome)["browserName"], "chrome");
    }

    #[test]
    fn a_grids_password_is_never_shown() {
        assert_eq!(
            without_password("http://lan:s3cret@grid:4444/wd/hub"),
            "http://…@grid:4444/wd/hub"
        );
        assert_eq!(without_password("http://grid:4444"), "http://grid:4444");
    }
}
