//! The door: signing in step by step, asking for an account, and what one changes of oneself.
//!
//! Lives here: passwords and codes as people show them, guesses counted before they are looked at.
//! Never here: what a role may do.

mod device;
mod guess;
mod oneself;
pub mod password;
pub mod register;
mod second_factor;
pub mod sessions;
mod sign_in;
mod steps;

pub use oneself::shows_password;

use axum::routing::{get, post};

use super::web::paths::{CODE, NEW_PASSWORD, ONESELF, SIGN_IN};
use super::web::route::{Need, Route};
use super::web::session::Step;

/// The door's routes.
pub fn routes() -> Vec<Route> {
    let (code, renewal) = (Need::Step(Step::Code), Need::Step(Step::Password));
    vec![
        Route::open(SIGN_IN, get(sign_in::form)),
        Route::change(SIGN_IN, Need::Nothing, post(sign_in::submit)),
        Route::open("/admin/register", get(register::register_form)),
        Route::change("/admin/register", Need::Nothing, post(register::register)),
        Route::read(CODE, code, get(steps::code_form)),
        Route::change(CODE, code, post(steps::code)),
        Route::read(NEW_PASSWORD, renewal, get(steps::new_password_form)),
        Route::change(NEW_PASSWORD, renewal, post(steps::new_password)),
        Route::change("/admin/sign-out", Need::AnyStep, post(sign_in::sign_out)),
        Route::read(ONESELF, Need::Self_, get(oneself::show)),
        Route::change("/admin/me/password", Need::Self_, post(oneself::password)),
        Route::change("/admin/me/totp", Need::Self_, post(oneself::totp_begin)),
        Route::change(
            "/admin/me/totp/confirm",
            Need::Self_,
            post(oneself::totp_confirm),
        ),
        Route::change("/admin/me/totp/off", Need::Self_, post(oneself::totp_off)),
        Route::change("/admin/me/end", Need::Self_, post(oneself::end_session)),
    ]
}
