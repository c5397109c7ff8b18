//! `gachno doctor`: what is wrong on this machine, and what to do about it. Moves no money.

use serde_json::json;

use super::args::Doctor;
use super::{Ended, Exit, Failure, say, unlock};
use crate::app;
use crate::browser::{self, BrowserSettings};
use crate::config::{Config, Home, write_atomically};
use crate::domain::{Intake, Service};
use crate::engine::{EngineError, Visit, survey};
use crate::portal::{MapStanding, PortalMap, Surveyed};

/// The map's name in the folder for support, as in the configuration's.
const PORTAL_MAP: &str = "viettel-pay.toml";

/// One thing that was looked at.
struct Check {
    what: &'static str,
    result: Result<String, String>,
}

pub async fn doctor(options: Doctor) -> Ended {
    let home = Home::find()?;
    let mut checks = Vec::new();
    let mut pages = Vec::new();
    let config = match Config::load(&home.config_file()) {
        Ok(config) => {
            checks.push(Check {
                what: "config",
                result: Ok(home.config_file().display().to_string()),
            });
            config
        }
        Err(error) => {
            checks.push(Check {
                what: "config",
                result: Err(error.to_string()),
            });
            Config::default()
        }
    };
    let secrets =
        unlock::for_opening(&config).and_then(|unlock| Ok(app::secrets(&config, &unlock)?));
    let opened = match &secrets {
        Ok(secrets) => {
            let missing: Vec<&str> = [
                ("portal.username", secrets.username.is_none()),
                ("portal.password", secrets.password.is_none()),
                ("portal.pin", secrets.pin.is_none()),
            ]
            .into_iter()
            .filter_map(|(key, is_missing)| is_missing.then_some(key))
            .collect();
            if missing.is_empty() {
                Ok("đủ".to_owned())
            } else {
                Err(format!("chưa đặt: {}", missing.join(", ")))
            }
        }
        Err(failure) => Err(failure.error.to_string()),
    };
    checks.push(Check {
        what: "secrets",
        result: opened,
    });
    checks.push(Check {
        what: "browser",
        result: check_browser(&app::browser_settings(&home, &config)),
    });
    let secrets = secrets.unwrap_or_default();
    checks.push(Check {
        what: "api",
        result: check_api(&config, &secrets).await,
    });
    match app::tools(&home, &config, None).await {
        Ok(tools) => {
            let chain = tools.ledger.verify().await;
            let result = match chain {
                Ok(Ok(events)) => Ok(format!("{events} sự kiện, chuỗi băm liền mạch")),
                Ok(Err(fault)) => Err(fault.to_string()),
                Err(error) => Err(error.to_string()),
            };
            checks.push(Check {
                what: "ledger",
                result,
            });
            if options.portal {
                let mut headless = tools;
                headless.browser.headless = true;
                let plan = app::plan(&config, &secrets, Service::LookUpFtth, Intake::default());
                let seen = survey(&headless, &plan).await;
                checks.push(Check {
                    what: "portal",
                    result: summed_up(&seen, &home),
                });
                pages = seen.map(|visit| visit.pages).unwrap_or_default();
            }
        }
        Err(error) => checks.push(Check {
            what: "ledger",
            result: Err(error.to_string()),
        }),
    }
    print(&checks, &pages, options.json);
    Ok(if checks.iter().all(|c| c.result.is_ok()) {
        Exit::Done
    } else {
        Exit::CannotRun
    })
}

fn check_browser(settings: &BrowserSettings) -> Result<String, String> {
    if !settings.webdriver_url.is_empty() {
        return Ok(format!(
            "WebDriver từ xa: {}",
            browser::without_password(&settings.webdriver_url)
        ));
    }
    let found = browser::find(settings).map_err(|e| e.to_string())?;
    let version = found.browser.version;
    Ok(format!(
        "{} {}, {} {}",
        found.browser.program.display(),
        version.map_or_else(|| "(?)".to_owned(), |version| version.to_string()),
        found.driver.display(),
        found.driver_version
    ))
}

async fn check_api(config: &Config, secrets: &app::Secrets) -> Result<String, String> {
    let api = app::job_api(config, secrets).map_err(|e| e.to_string())?;
    api.health()
        .await
        .map(|h| format!("{}: {}", config.api.url, h.message))
        .map_err(|e| e.to_string())
}

/// The portal in one sentence. Pages are kept for support, and the map where it has to be mended.
fn summed_up(seen: &Result<Visit, EngineError>, home: &Home) -> Result<String, String> {
    let visit = seen.as_ref().map_err(ToString::to_string)?;
    let folder = home.support();
    let keep = |name: &str, text: &str| {
        if let Err(error) = write_atomically(&folder.join(name), text.as_bytes()) {
            tracing::warn!(%error, name, "could not be kept for support");
        }
    };
    for page in visit.pages.iter().filter(|page| !page.snapshot.is_empty()) {
        keep(&format!("{}.html", page.page), &page.snapshot);
    }
    let elements = visit.pages.iter().flat_map(|page| &page.elements);
    let missing: Vec<&str> = elements
        .filter(|e| e.standing == MapStanding::Missing)
        .map(|e| e.element.as_str())
        .collect();
    let kept = format!("trang đã che dữ liệu để gửi kỹ thuật: {}", folder.display());
    if !missing.is_empty() {
        keep(PORTAL_MAP, PortalMap::built_in());
        let (from, to) = (folder.join(PORTAL_MAP), home.portal_map());
        return Err(format!(
            "trang đã đổi, không tìm thấy: {}. Chép {} vào {} rồi sửa theo gợi ý bên dưới; {kept}",
            missing.join(", "),
            from.display(),
            to.display()
        ));
    }
    let (agent, balance) = visit.login.as_ref().map_err(ToString::to_string)?;
    let balance = balance.map_or_else(|| "không đọc được".to_owned(), |b| b.to_string());
    Ok(format!(
        "đăng nhập {agent}, số dư {balance}; bản đồ cổng khớp; {kept}"
    ))
}

/// How one element was found, in a table's cell.
fn cell(standing: &MapStanding) -> (&'static str, String) {
    match standing {
        MapStanding::Found { locator: 1, .. } => ("✓", "khớp".to_owned()),
        MapStanding::Found { locator, of } => ("✓", format!("khớp cách thứ {locator}/{of}")),
        MapStanding::Hidden { locator } => ("·", format!("có, đang ẩn (cách thứ {locator})")),
        MapStanding::Later => ("·", "hiện sau, hoặc cổng không có".to_owned()),
        MapStanding::Missing => ("✗", "KHÔNG CÓ".to_owned()),
    }
}

fn print(checks: &[Check], pages: &[Surveyed], is_json: bool) {
    if is_json {
        let rows: Vec<_> =
            checks.iter().map(|c| json!({ "check": c.what, "ok": c.result.is_ok(), "detail": c.result.as_ref().unwrap_or_else(|e| e) })).collect();
        say(&json!({ "ok": checks.iter().all(|c| c.result.is_ok()), "checks": rows, "pages": pages }).to_string());
        return;
    }
    for check in checks {
        let (mark, detail) = match &check.result {
            Ok(detail) => ("✓", detail),
            Err(error) => ("✗", error),
        };
        say(&format!("{mark} {:<8} {detail}", check.what));
    }
    for page in pages {
        say(&format!("\n{} · {}", page.page, page.url));
        for finding in &page.elements {
            let (mark, how) = cell(&finding.standing);
            say(&format!(
                "  {mark} {:<24} {how:<28} {}",
                finding.element, finding.called
            ));
            for near in &finding.nearest {
                say(&format!(
                    "      gần nhất {:>3} %: {} {}",
                    near.alike, near.locator, near.words
                ));
            }
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::cannot_run(error)
    }
}
