//! The text inside a bank's QR: written for a transfer to an account ([`VietQr`]) or to a merchant
//! ([`VnPayQr`]), and read back ([`decode`]).
//!
//! Lives here: EMV objects with their checksum, the note that a transfer carries ([`note`]), banks by
//! their number ([`bank_name`]). Never here: pictures of it.
//!
//! What is written is ASCII and within the lengths that banks take. What is read may be longer and
//! accented: others write such codes, and a phone reads them all the same.

mod bank;
mod build;
mod decode;
mod emv;
mod note;

pub use bank::{bank_name, bank_swift};
pub use build::{ACCOUNT_MAX, QrFault, VietQr, VnPayQr};
pub use decode::{Decoded, PAYLOAD_MAX, Scheme, decode};
pub use note::{NOTE_MAX, note};

#[cfg(test)]
mod tests;
