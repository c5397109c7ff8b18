//! The well-known keys of the simulated providers. They open nothing.
//!
//! Any number of channels can be used, for shops with more than one payee: a client id that begins with
//! `sandbox` has the API key `<id>-api-key` and the checksum key `<id>-checksum-key`; a terminal that
//! begins with `SANDBOX` has the hash secret `<terminal>-hash-secret`; a merchant of the wallet that begins
//! with `sandbox` has the secret `<merchant>-wallet-secret`.

use std::net::SocketAddr;

use serde_json::{Value, json};

/// eSMS's keys.
pub const ESMS_API_KEY: &str = "sandbox-api-key";
/// eSMS's keys.
pub const ESMS_SECRET_KEY: &str = "sandbox-secret-key";
/// In whose name eSMS sends.
pub const ESMS_BRANDNAME: &str = "GACHNO";
/// Zalo's application.
pub const ZALO_APP_ID: &str = "sandbox";
/// Its secret.
pub const ZALO_SECRET_KEY: &str = "sandbox-secret-key";
/// `HiFPT`'s client.
pub const HIFPT_CLIENT_ID: &str = "sandbox";
/// Its secret.
pub const HIFPT_SECRET: &str = "sandbox-hifpt-secret";

/// Who asks the company's own system.
pub const BACKOFFICE_CLIENT_ID: &str = "sandbox";
/// Its secret.
pub const BACKOFFICE_SECRET: &str = "sandbox-backoffice-secret";

/// Zalo's token that renews the others, after so many renewals.
pub fn zalo_refresh(renewed: u64) -> String {
    format!("sandbox-refresh-{renewed}")
}

/// Zalo's token to send with, after so many renewals.
pub fn zalo_access(renewed: u64) -> String {
    format!("sandbox-access-{renewed}")
}

/// What `gachno store provider` takes, provider by provider.
pub fn settings(base: &str, smtp: SocketAddr) -> Value {
    json!({
        "payos": {
            "client_id": "sandbox",
            "api_key": api_key("sandbox"),
            "checksum_key": checksum_key("sandbox"),
            "base_url": format!("{base}/payos"),
            "checkout_base": format!("{base}/payos/web/"),
        },
        "vnpay": {
            "tmn_code": "SANDBOX1",
            "hash_secret": hash_secret("SANDBOX1"),
            "pay_url": format!("{base}/vnpay/paymentv2/vpcpay.html"),
            "api_url": format!("{base}/vnpay/merchant_webapi/api/transaction"),
        },
        "wallet": {
            "merchant_id": "sandbox",
            "secret": wallet_secret("sandbox"),
            "base_url": format!("{base}/wallet"),
        },
        "smtp": {
            "host": smtp.ip().to_string(),
            "port": smtp.port(),
            "tls": "none",
            "from": "GachNo <thu@gachno.example>",
        },
        "sms": {
            "api_key": ESMS_API_KEY,
            "secret_key": ESMS_SECRET_KEY,
            "brandname": ESMS_BRANDNAME,
            "base_url": format!("{base}/esms"),
        },
        "zns": {
            "app_id": ZALO_APP_ID,
            "secret_key": ZALO_SECRET_KEY,
            "refresh_token": zalo_refresh(0),
            "oa_secret": "sandbox-oa-secret",
            "templates": {},
            "base_url": format!("{base}/zalo"),
            "oauth_url": format!("{base}/zalo"),
        },
        "hifpt": {
            "base_url": format!("{base}/hifpt"),
            "client_id": HIFPT_CLIENT_ID,
            "secret": HIFPT_SECRET,
        },
        "backoffice": {
            "base_url": format!("{base}/backoffice"),
            "client_id": BACKOFFICE_CLIENT_ID,
            "secret": BACKOFFICE_SECRET,
        },
    })
}

/// PayOS's key of a client.
pub fn api_key(client_id: &str) -> String {
    format!("{client_id}-api-key")
}

/// PayOS's key of a client, for signatures.
pub fn checksum_key(client_id: &str) -> String {
    format!("{client_id}-checksum-key")
}

/// VNPay's secret of a terminal.
pub fn hash_secret(tmn_code: &str) -> String {
    format!("{tmn_code}-hash-secret")
}

/// The wallet's secret of a merchant.
pub fn wallet_secret(merchant_id: &str) -> String {
    format!("{merchant_id}-wallet-secret")
}
