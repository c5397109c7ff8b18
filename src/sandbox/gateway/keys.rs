//! The well-known keys of the simulated providers. They open nothing.
//!
//! Any number of channels can be used, for shops with more than one payee: a client id that begins with
//! `sandbox` has the API key `<id>-api-key` and the checksum key `<id>-checksum-key`; a terminal that
//! begins with `SANDBOX` has the hash secret `<terminal>-hash-secret`; a merchant of the wallet that begins
//! with `sandbox` has the secret `<merchant>-wallet-secret`.

use std::net::SocketAddr;

use serde_json::{Value, json};

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
