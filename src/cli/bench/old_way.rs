//! The way of working that operators have had so far, as a stand-in to measure against: one
//! WebDriver command a step, a look every half second for what is waited for, and a sleep wherever
//! its author was not sure.
//!
//! Steps and sleeps are those that are known of the newest scripts (seconds of fixed sleep per job:
//! electricity 2, internet and TV 9, top-ups 12 to 15). Like them it takes a click for a success;
//! the bench asks the portal's book.

use std::time::{Duration, Instant};

use fantoccini::Client;
use fantoccini::key::Key;
use fantoccini::wd::TimeoutConfiguration;
use fantoccini::{Locator, error::CmdError};

use super::count;
use super::number::small;
use super::stage::{BenchErrand, PortalStage};
use crate::app;
use crate::browser::Session;
use crate::cli::Failure;
use crate::domain::Service;
use crate::portal::{Credentials, LoginStep, Page};

/// How often a WebDriver wait looks by default.
const LOOK: Duration = Duration::from_millis(500);
/// What is waited for at most.
const WAIT: Duration = Duration::from_secs(10);
/// A mask or dialog that may not come at all.
const TOLERATED: Duration = Duration::from_secs(3);

/// A browser that is logged in.
pub(super) struct OldWay<'s> {
    stage: &'s PortalStage,
    errand: BenchErrand,
    session: Session,
}

/// What the old way came to.
pub(super) struct OldMeasured {
    pub per_minute: f64,
    /// Requests that the portal answered for each job.
    pub requests: f64,
}

/// One step of a script.
enum Step {
    Open(&'static str),
    /// Types into a field that is there.
    Type(&'static str, String),
    /// Leaves the field with the tab key.
    Tab(&'static str),
    Click(&'static str),
    /// The dialog that asks for some numbers what they are; sleeps so many seconds in it.
    TypeDialog(f64),
    /// Waits until the overlay is not there.
    NoOverlay,
    Read(&'static str),
    /// Seconds.
    Sleep(f64),
}

impl<'s> OldWay<'s> {
    /// Opens a browser and logs in, which is not measured.
    pub async fn start(stage: &'s PortalStage, errand: BenchErrand) -> Result<OldWay<'s>, Failure> {
        let tools = app::tools(&stage.home(), &stage.config, None).await?;
        let settings = crate::browser::BrowserSettings {
            classic: true,
            ..tools.browser.clone()
        };
        let session = Session::open(&settings)
            .await
            .map_err(Failure::cannot_run)?;
        let credentials = Credentials {
            username: stage.secrets.username.clone(),
            password: stage.secrets.password.clone(),
        };
        let mut page = Page::new(&session, &tools.map, &tools.portal_url, tools.answer_max);
        match page
            .log_in(&credentials)
            .await
            .map_err(Failure::cannot_run)?
        {
            LoginStep::NeedsPerson(errand) => Err(Failure::cannot_run(anyhow::anyhow!(
                errand.asked(crate::domain::Language::Vi)
            ))),
            LoginStep::In(_) => Ok(Self {
                stage,
                errand,
                session,
            }),
        }
    }

    /// Pays so many bills and closes. Fails where the portal's book does not have them.
    pub async fn measure(self, jobs: u32) -> Result<OldMeasured, Failure> {
        let client = self
            .session
            .webdriver()
            .ok_or_else(|| Failure::cannot_run(anyhow::anyhow!("no WebDriver session")))?;
        client
            .update_timeouts(TimeoutConfiguration::default())
            .await
            .map_err(Failure::cannot_run)?;
        let BenchErrand { service, line, .. } = self.errand;
        if service == Service::PayEvn {
            // Its author opened the page by hand, once.
            self.step(client, &Step::Open("/pages/collectmoney.jsf?type=1"))
                .await?;
        }
        let answers = || self.stage.portal.truth().answers.count;
        let (started, before) = (Instant::now(), answers());
        for number in 0..jobs {
            let line = line.replace("{}", &format!("{:07}", 2_000_000 + number));
            let (account, amount) = line.split_once('|').unwrap_or((&line, ""));
            for step in steps(service, account, amount) {
                self.step(client, &step).await?;
            }
        }
        let took = started.elapsed().as_secs_f64();
        let requests = small(answers() - before) / f64::from(jobs);
        let truth = self.stage.portal.truth();
        self.session.close().await;
        if truth.moved != jobs as usize {
            return Err(Failure::cannot_run(anyhow::anyhow!(
                "the old way paid {} of {jobs}",
                truth.moved
            )));
        }
        Ok(OldMeasured {
            per_minute: per_minute(jobs, took),
            requests,
        })
    }

    async fn step(&self, client: &Client, step: &Step) -> Result<(), Failure> {
        let done = match step {
            Step::Open(path) => {
                client
                    .goto(&format!("{}{path}", self.stage.portal.url()))
                    .await
            }
            Step::Type(id, text) => typed(client, id, text).await,
            Step::Tab(id) => {
                async {
                    found(client, id, WAIT)
                        .await?
                        .send_keys(&Key::Tab.to_string())
                        .await
                }
                .await
            }
            Step::Click(id) => async { found(client, id, WAIT).await?.click().await }.await,
            Step::TypeDialog(seconds) => type_dialog(client, *seconds).await,
            Step::NoOverlay => no_overlay(client).await,
            Step::Read(id) => async { found(client, id, WAIT).await?.text().await.map(drop) }.await,
            Step::Sleep(seconds) => {
                tokio::time::sleep(Duration::from_secs_f64(*seconds)).await;
                Ok(())
            }
        };
        done.map_err(Failure::cannot_run)
    }
}

fn css(id: &str) -> String {
    if id.starts_with(['[', 'l', 'd']) {
        id.to_owned()
    } else {
        format!("[id=\"{id}\"]")
    }
}

async fn found(
    client: &Client,
    id: &str,
    limit: Duration,
) -> Result<fantoccini::elements::Element, CmdError> {
    let css = css(id);
    client
        .wait()
        .at_most(limit)
        .every(LOOK)
        .for_element(Locator::Css(&css))
        .await
}

async fn shown(
    client: &Client,
    id: &str,
    limit: Duration,
) -> Result<Option<fantoccini::elements::Element>, CmdError> {
    let (css, end) = (css(id), Instant::now() + limit);
    while Instant::now() < end {
        if let Ok(element) = client.find(Locator::Css(&css)).await
            && element.is_displayed().await?
        {
            return Ok(Some(element));
        }
        tokio::time::sleep(LOOK).await;
    }
    Ok(None)
}

async fn type_dialog(client: &Client, seconds: f64) -> Result<(), CmdError> {
    let Some(menu) = shown(client, "indexForm:supplier", TOLERATED).await? else {
        return Ok(());
    };
    menu.click().await?;
    found(client, "indexForm:supplier_0", WAIT)
        .await?
        .click()
        .await?;
    tokio::time::sleep(Duration::from_secs_f64(seconds)).await;
    found(client, "indexForm:yesTTId", WAIT)
        .await?
        .click()
        .await
}

async fn typed(client: &Client, id: &str, text: &str) -> Result<(), CmdError> {
    let element = found(client, id, WAIT).await?;
    element.clear().await?;
    element.send_keys(text).await
}

async fn no_overlay(client: &Client) -> Result<(), CmdError> {
    let end = Instant::now() + WAIT;
    while Instant::now() < end
        && !client
            .find_all(Locator::Css("body > .ui-widget-overlay"))
            .await?
            .is_empty()
    {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// A job, step by step.
fn steps(service: Service, account: &str, amount: &str) -> Vec<Step> {
    use Step::{Click, NoOverlay, Open, Read, Sleep, Tab, Type, TypeDialog};
    let pin = || {
        crate::sandbox::Scenario::default()
            .agents
            .first()
            .map(|agent| agent.pin.clone())
            .unwrap_or_default()
    };
    match service {
        Service::PayEvn => vec![
            Type("payMoneyForm:billCodeId", account.to_owned()),
            Click("payMoneyForm:btnPay"),
            Sleep(1.0),
            NoOverlay,
            Read("payMoneyForm:j_idt49"),
            Click("payMoneyForm:yesIdEVN"),
            Sleep(1.0),
            // Pressing on while the overlay lies over the field would only fail.
            NoOverlay,
        ],
        Service::PayTvInternet => vec![
            Open("/pages/newInternetTelevisionViettel.jsf?serviceCode=000003&serviceType=INTERNET"),
            Sleep(1.0),
            Click("label[for=\"payMoneyForm:console:3\"]"),
            Sleep(1.0),
            Type("payMoneyForm:contractCode", account.to_owned()),
            Click("payMoneyForm:btnPay0"),
            Sleep(2.0),
            NoOverlay,
            Read("payMoneyForm:listContract"),
            Click("payMoneyForm:btnView1"),
            Sleep(1.0),
            Type("payMoneyForm:pinId", pin()),
            Click("payMoneyForm:btnPay"),
            Sleep(2.0),
            Click("payMoneyForm:yesId0"),
            Sleep(2.0),
        ],
        _ => {
            let is_multi = service == Service::TopUpMulti;
            let mut steps = vec![Open("/pages/chargecard.jsf")];
            if !is_multi {
                // Loaded, and loaded again.
                steps.push(Sleep(2.0));
                steps.push(Open("/pages/chargecard.jsf"));
            }
            steps.extend([
                Sleep(2.0),
                Type("indexForm:phoneNumberId", account.to_owned()),
                Tab("indexForm:phoneNumberId"),
                Sleep(2.0),
                TypeDialog(if is_multi { 1.0 } else { 2.0 }),
                Sleep(1.0),
            ]);
            if is_multi {
                // The amount's place among the buttons; its input is hidden, what surrounds it is
                // clicked.
                steps.push(Click(if amount == "50000" {
                    "div:has(> [id=\"indexForm:subAmountId:3\"])"
                } else {
                    "indexForm:subAmountId:0"
                }));
            } else {
                steps.push(Type("indexForm:transAmountId_input", amount.to_owned()));
            }
            steps.extend([
                Sleep(1.0),
                Type("indexForm:pinId", pin()),
                Click("indexForm:btnPay"),
                Sleep(2.5),
                Click("indexForm:yesIdCard"),
                Sleep(2.5),
            ]);
            steps
        }
    }
}

/// Jobs a minute, from seconds for all of them.
fn per_minute(jobs: u32, seconds: f64) -> f64 {
    count(jobs as usize) * 60.0 / seconds
}
