use super::*;

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("client")
}

/// A browser without a script: keeps the cookie and the view state.
struct Raw {
    client: reqwest::Client,
    base: String,
    cookie: String,
    view_state: String,
}

impl Raw {
    async fn logged_in(sandbox: &Sandbox) -> Self {
        let mut raw = Self {
            client: client(),
            base: sandbox.url(),
            cookie: String::new(),
            view_state: String::new(),
        };
        raw.open("/faces/login.xhtml").await;
        let fields = [
            ("loginForm:userName", "1234567890_VTP_00001_DB"),
            ("loginForm:password", "mk1234"),
        ];
        let answer = raw
            .post(
                "/faces/login.xhtml",
                "loginForm:btnLogin",
                "loginForm:msgError",
                &fields,
            )
            .await;
        assert!(
            answer.contains("<redirect url=\"/pages/index.jsf\">"),
            "{answer}"
        );
        raw
    }

    async fn open(&mut self, path: &str) -> String {
        let response = self
            .client
            .get(format!("{}{path}", self.base))
            .header("Cookie", &self.cookie)
            .send()
            .await
            .expect("answers");
        if let Some(cookie) = response.headers().get("set-cookie") {
            self.cookie = cookie
                .to_str()
                .expect("text")
                .split(';')
                .next()
                .expect("pair")
                .to_owned();
        }
        let text = response.text().await.expect("text");
        self.remember(&text, "value=\"", "\"");
        text
    }

    async fn post(
        &mut self,
        path: &str,
        source: &str,
        render: &str,
        fields: &[(&str, &str)],
    ) -> String {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("javax.faces.source", source)
            .append_pair("javax.faces.partial.render", render);
        body.append_pair("javax.faces.ViewState", &self.view_state);
        for (name, value) in fields {
            body.append_pair(name, value);
        }
        let request = self
            .client
            .post(format!("{}{path}", self.base))
            .header("Cookie", &self.cookie)
            .body(body.finish());
        let text = match request.send().await {
            Ok(response) => response.text().await.unwrap_or_else(|e| e.to_string()),
            Err(error) => return error.to_string(),
        };
        self.remember(&text, "<![CDATA[", "]]>");
        text
    }

    fn remember(&mut self, text: &str, before: &str, after: &str) {
        if let Some((_, rest)) = text.split_once("javax.faces.ViewState:0\"")
            && let Some((_, value)) = rest.split_once(before)
            && let Some((value, _)) = value.split_once(after)
        {
            value.clone_into(&mut self.view_state);
        }
    }

    async fn pay_evn(&mut self, code: &str) -> String {
        self.open("/pages/collectmoney.jsf?type=1").await;
        let path = "/pages/collectmoney.jsf";
        let quoted = self
            .post(
                path,
                "payMoneyForm:btnPay",
                "payMoneyForm:msgError payMoneyForm:amountPanel",
                &[("payMoneyForm:billCodeId", code)],
            )
            .await;
        if !quoted.contains("PrimeFaces.confirm") {
            return quoted;
        }
        self.post(path, "payMoneyForm:yesIdEVN", "payMoneyForm:msgError", &[])
            .await
    }
}

async fn with(change: impl FnOnce(&mut Scenario)) -> Sandbox {
    let mut scenario = Scenario::default();
    change(&mut scenario);
    start(SandboxOptions {
        scenario,
        ..SandboxOptions::default()
    })
    .await
    .expect("starts")
}

#[tokio::test]
async fn a_bill_is_paid_once_and_the_truth_has_it() {
    let sandbox = with(|s| {
        s.owing("PE01", 150_000);
    })
    .await;
    let mut raw = Raw::logged_in(&sandbox).await;
    let answer = raw.pay_evn("PE01").await;
    assert!(
        answer.contains("Giao dịch thành công. Số tiền: 150.000đ. Mã giao dịch: VTP"),
        "{answer}"
    );
    assert!(raw.pay_evn("PE01").await.contains("không còn nợ cước"));
    let truth = sandbox.truth();
    assert_eq!(
        (truth.asked, truth.moved, truth.times_paid("PE01")),
        (1, 1, 1)
    );
    assert_eq!(sandbox.balance("1234567890_VTP_00001_DB"), 49_850_000);
}

#[tokio::test]
async fn a_stale_view_state_is_an_expired_view() {
    let sandbox = with(|s| {
        s.owing("PE01", 150_000);
    })
    .await;
    let mut raw = Raw::logged_in(&sandbox).await;
    raw.open("/pages/collectmoney.jsf?type=1").await;
    let stale = raw.view_state.clone();
    let path = "/pages/collectmoney.jsf";
    raw.post(
        path,
        "payMoneyForm:btnPay",
        "payMoneyForm:msgError",
        &[("payMoneyForm:billCodeId", "PE01")],
    )
    .await;
    assert_ne!(raw.view_state, stale, "each answer carries a new one");
    raw.view_state = stale;
    let answer = raw
        .post(path, "payMoneyForm:yesIdEVN", "payMoneyForm:msgError", &[])
        .await;
    assert!(answer.contains("dlgConfirmSessionExpired"), "{answer}");
    assert_eq!(sandbox.truth().asked, 0);
}

#[tokio::test]
async fn an_answer_can_be_lost_before_and_after_the_money_moved() {
    for (moved, times) in [(false, 0), (true, 1)] {
        let sandbox = with(|s| {
            s.owing("PE01", 150_000)
                .fault("confirm", "PE01", FaultAction::Drop { moved });
        })
        .await;
        let mut raw = Raw::logged_in(&sandbox).await;
        assert!(!raw.pay_evn("PE01").await.contains("thành công"));
        assert_eq!(sandbox.truth().times_paid("PE01"), times);
    }
}

#[tokio::test]
async fn a_session_expires_by_dialog_or_by_redirect() {
    for (expiry_by_dialog, sign) in [
        (true, "dlgConfirmSessionExpired"),
        (false, "<redirect url=\"/faces/login.xhtml\">"),
    ] {
        let sandbox = with(|s| s.switches.expiry_by_dialog = expiry_by_dialog).await;
        let mut raw = Raw::logged_in(&sandbox).await;
        raw.open("/pages/chargecard.jsf").await;
        sandbox.expire_sessions();
        let answer = raw
            .post(
                "/pages/chargecard.jsf",
                "indexForm:updateId",
                "indexForm:tranAmountId",
                &[],
            )
            .await;
        assert!(answer.contains(sign), "{answer}");
        assert!(
            raw.open("/pages/chargecard.jsf")
                .await
                .contains("loginForm:userName"),
            "a page load shows the login form"
        );
    }
}

#[tokio::test]
async fn only_the_hidden_number_is_decoded() {
    let sandbox = with(|_| {}).await;
    let mut raw = Raw::logged_in(&sandbox).await;
    raw.open("/pages/chargecard.jsf").await;
    let path = "/pages/chargecard.jsf";
    raw.post(
        path,
        "indexForm:phoneNumberId",
        "indexForm:msgError",
        &[("indexForm:phoneNumberId", "0981234567")],
    )
    .await;
    raw.post(
        path,
        "indexForm:yesTTId",
        "indexForm:msgError",
        &[("indexForm:supplier_input", "prepaid")],
    )
    .await;
    let fields = [
        ("indexForm:transAmountId_input", "99.000"),
        ("indexForm:transAmountId_hinput", "20000"),
        ("indexForm:pinId", "246810"),
    ];
    raw.post(path, "indexForm:yesIdCard", "indexForm:msgError", &fields)
        .await;
    assert_eq!(sandbox.truth().movements[0].amount, 20_000);
}

#[tokio::test]
async fn the_scenario_can_be_patched_while_it_runs() {
    let sandbox = with(|_| {}).await;
    let url = format!("{}/sandbox/scenario", sandbox.url());
    let json = |body: &'static str| {
        client()
            .patch(&url)
            .header("Content-Type", "application/json")
            .body(body)
            .send()
    };
    assert_eq!(
        json(r#"{"accounts":{"PE09":{"debt":70000}},"switches":{"otp":true}}"#)
            .await
            .expect("answers")
            .status(),
        204
    );
    let now: Scenario = client()
        .get(&url)
        .send()
        .await
        .expect("answers")
        .json()
        .await
        .expect("scenario");
    assert!(now.switches.otp && now.accounts["PE09"].debt == 70_000);
    assert_eq!(
        json(r#"{"switches":{"nope":1}}"#)
            .await
            .expect("answers")
            .status(),
        422
    );
}
