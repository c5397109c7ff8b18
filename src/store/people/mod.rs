//! People: who may sign in, as what, and what they have open.
//!
//! Lives here: accounts beside the old `users`, whose own passwords nothing here trusts; sessions;
//! sign-ins; the owner who has to stay. Never here: cookies, what a role may do.

mod account;
mod accounts;
mod device;
mod first_owner;
mod give;
mod login;
pub(super) mod owners;
mod password;
mod person;
mod second_factor;
pub(super) mod sessions;
mod sign_ins;

pub use account::{Device, FirstOwner, NewAccount, UserAccount};
pub use accounts::Accounts;
pub use give::{GivenAccount, OldPerson};
pub use password::{hash_password, password_fits};
pub use person::{CollectorWanted, PersonKept, PersonWanted};
pub use sessions::{Sessions, WebSession};
pub use sign_ins::SignIns;
