//! The form of a channel: an empty secret means that the one that is there stays.

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value as Json};

use super::{ChannelPlace, ChannelSaid, saying};
use crate::providers::{Channel, Settings, SettingsFault};
use crate::server::AppState;
use crate::server::channels::open;
use crate::server::door::shows_password;
use crate::server::web::extract::PathParam;
use crate::server::web::field::{Choice, Field};
use crate::server::web::form::FormData;
use crate::server::web::page::go;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::StoreError;
use crate::store::channels::{KeptChannel, NewChannel};

/// What a member is called.
fn label(name: &str) -> &'static str {
    match name {
        "client_id" => "Client ID",
        "api_key" => "API key",
        "checksum_key" => "Checksum key",
        "base_url" => "Địa chỉ API",
        "checkout_base" => "Địa chỉ trang thanh toán của cổng",
        "partner_code" => "Mã đối tác",
        "signature_mode" => "Cách ký webhook",
        "tmn_code" => "Mã website (TmnCode)",
        "hash_secret" => "Chuỗi bí mật (HashSecret)",
        "pay_url" => "Địa chỉ trang trả tiền",
        "api_url" => "Địa chỉ truy vấn",
        "merchant_id" => "Mã cửa hàng",
        "secret" => "Khóa bí mật",
        "bank_bin" => "Mã ngân hàng (BIN)",
        "account_number" => "Số tài khoản",
        "account_name" => "Tên chủ tài khoản",
        "host" => "Máy chủ",
        "port" => "Cổng",
        "username" => "Tên đăng nhập",
        "password" => "Mật khẩu",
        "tls" => "Mã hóa",
        "from" => "Người gửi",
        "secret_key" => "Secret key",
        "brandname" => "Brandname",
        "app_id" => "App ID",
        "refresh_token" => "Refresh token",
        "oa_secret" => "OA secret",
        "templates" => "Mã mẫu tin (JSON)",
        "oauth_url" => "Địa chỉ cấp token",
        "hash_algorithm" => "Thuật toán ký",
        _ => "Khác",
    }
}

/// What stands in a member, as people read it.
fn shown(settings: &Settings, name: &str) -> String {
    match settings.shown().get(name) {
        None | Some(Json::Null | Json::Bool(_)) => String::new(),
        Some(Json::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// The fields of a form; `kept` is what is there now.
pub(super) fn fields(
    channel: Channel,
    shown_in_them: Option<&Settings>,
    kept: Option<&Settings>,
) -> Vec<Field> {
    let field = |(name, is_secret, is_needed): (&'static str, bool, bool)| {
        let value = match shown_in_them {
            Some(settings) if !is_secret => shown(settings, name),
            _ => String::new(),
        };
        let is_kept = is_secret && kept.is_some_and(|kept| kept.text(name).is_some());
        let choices = channel.choices(name);
        let choice = |word: &&str| Choice {
            value: (*word).to_owned(),
            label: (*word).to_owned(),
            is_chosen: value == **word,
        };
        Field {
            name,
            vi: label(name),
            shape: match name {
                _ if is_secret => "secret",
                "templates" => "long",
                _ if choices.is_empty() => "text",
                _ => "choice",
            },
            choices: choices.iter().map(choice).collect(),
            label: if is_kept {
                "đang có, để trống: giữ nguyên".to_owned()
            } else {
                String::new()
            },
            is_needed: is_needed && !is_kept,
            value,
            why: None,
            theirs: None,
        }
    };
    channel.fields().map(field).collect()
}

/// What is set, for who may only look.
pub(super) fn facts(channel: Channel, kept: Option<&Settings>) -> Vec<(&'static str, String)> {
    let Some(kept) = kept else {
        return Vec::new();
    };
    let fact = |(name, is_secret, _): (&'static str, bool, bool)| {
        let value = match (is_secret, kept.text(name)) {
            (true, Some(_)) => "đang có".to_owned(),
            (true, None) => String::new(),
            (false, _) => shown(kept, name),
        };
        (!value.is_empty()).then(|| (label(name), value))
    };
    channel.fields().filter_map(fact).collect()
}

/// What the form says, as settings. What it leaves empty is not in them.
fn typed(channel: Channel, form: &FormData) -> Result<Settings, SettingsFault> {
    let mut members = Map::new();
    for (name, is_secret, _) in channel.fields() {
        let text = if is_secret {
            form.exact(name)
        } else {
            form.text(name)
        };
        if text.is_empty() {
            continue;
        }
        let value = match name {
            "port" => text.parse::<u64>().map_or_else(|_| text.into(), Json::from),
            "templates" => serde_json::from_str(text).unwrap_or_else(|_| text.into()),
            _ => text.into(),
        };
        members.insert(name.to_owned(), value);
    }
    Settings::read(channel, &Json::Object(members).to_string())
}

/// What is wrong, with the members' names as they stand at the fields.
fn sentence(fault: &SettingsFault) -> String {
    match fault {
        SettingsFault::Missing(names) => {
            let names: Vec<_> = names.iter().map(|name| label(name)).collect();
            format!("Còn thiếu: {}.", names.join(", "))
        }
        SettingsFault::Bad { name, why } => format!("{}: {why}.", label(name)),
        other => other.to_string(),
    }
}

/// Keeps what the form says. A key that is replaced holds until it is dropped.
pub(super) async fn save(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
    form: FormData,
) -> Result<Response, Problem> {
    let place = ChannelPlace::of(&app, &person, path).await?;
    let nothing = || Settings::read(place.channel, "{}").ok();
    let given = typed(place.channel, &form);
    let refused = async |why: String| {
        let typed = given.as_ref().ok().cloned().or_else(nothing);
        let words = Err(why);
        let said = ChannelSaid {
            place,
            words,
            typed,
        };
        saying(&app, &person, said).await
    };
    if !shows_password(&app, &person, &form).await? {
        return refused("Đổi khóa của cổng cần mật khẩu hiện tại của bạn.".to_owned()).await;
    }
    let kept = place.kept(&app).await?;
    if kept.as_ref().map(|kept| kept.version) != form.number("version") {
        return refused(StoreError::Stale.to_string()).await;
    }
    let settings = match &given {
        Ok(given) => whole(&app, place, given.clone(), kept.as_ref()),
        Err(fault) => Err(sentence(fault)),
    };
    match settings {
        Ok(settings) => {
            put(&app, &person, place, &settings, kept.as_ref()).await?;
            Ok(go(&place.done("saved")))
        }
        Err(why) => refused(why).await,
    }
}

/// With the secrets that stay, and the keys that were replaced.
fn whole(
    app: &AppState,
    place: ChannelPlace,
    given: Settings,
    kept: Option<&KeptChannel>,
) -> Result<Settings, String> {
    let Some(kept) = kept else {
        return given.complete().map_err(|fault| sentence(&fault));
    };
    match open(kept, place.channel, app.vault()) {
        Ok(before) => {
            let given = given.completed_from(&before.settings);
            let given = given.complete().map_err(|fault| sentence(&fault))?;
            Ok(given.in_place_of(&before.settings))
        }
        // The way out where the key is lost: what is turned off is written over.
        Err(_) if !kept.is_on => given.complete().map_err(|fault| sentence(&fault)),
        Err(fault) => Err(fault.to_string()),
    }
}

/// Seals and keeps settings; what was off stays off.
pub(super) async fn put(
    app: &AppState,
    person: &Person,
    place: ChannelPlace,
    settings: &Settings,
    kept: Option<&KeptChannel>,
) -> Result<(), Problem> {
    let new = NewChannel {
        payee: place.payee,
        channel: place.channel.wire(),
        sealed: &app.vault().seal(&settings.sealable()),
        shown: &settings.shown(),
        is_on: kept.is_none_or(|kept| kept.is_on),
        version: kept.map(|kept| kept.version),
    };
    app.store().channels().put(new, &person.actor()).await?;
    app.forget_channels().await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_member_has_a_name_for_people() {
        for channel in Channel::ALL {
            for (name, ..) in channel.fields() {
                assert_ne!(label(name), label(""), "{} {name}", channel.wire());
            }
        }
    }

    #[test]
    fn a_form_is_read_as_settings_and_what_is_empty_is_not_there() {
        let form = |text: &str| FormData::parse(text.as_bytes());
        let mail = form("host=127.0.0.1&port=2525&tls=none&from=a@b.example&password=");
        let mail = typed(Channel::Smtp, &mail).expect("good");
        assert_eq!(mail.shown()["port"], 2525);
        assert!(mail.missing().is_empty() && mail.secret("password").is_none());
        let odd = typed(Channel::Smtp, &form("port=many")).expect_err("refused");
        assert!(sentence(&odd).starts_with("Cổng:"), "{odd}");
        let zalo = form("templates=%7B%22payment_paid%22%3A%2281%22%7D");
        let zalo = typed(Channel::Zns, &zalo).expect("good");
        assert_eq!(zalo.shown()["templates"]["payment_paid"], "81");
        assert!(typed(Channel::Zns, &form("templates=x")).is_err());
    }
}
