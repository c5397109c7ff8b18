//! One route of pages with who may use it: it cannot be written without saying so.

use axum::http::Method;
use axum::routing::MethodRouter;

use super::form::FormData;
use super::permission::Right;
use super::session::Step;
use crate::server::AppState;
use crate::store::catalogue::Area;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Anybody.
    Nothing,
    /// Who has come so far with signing in, and no further.
    Step(Step),
    /// Who has begun to sign in, wherever they stand.
    AnyStep,
    /// Who has signed in: for oneself.
    Self_,
    /// Who has signed in.
    SignedIn,
    /// Who works at the collection desk: collectors, and those who answer for the shop.
    Desk,
    /// Whose role allows it.
    May(Area, Right),
    /// Whose role allows it for the table in the path.
    Table(Right),
}

/// One route.
pub struct Route {
    /// How it is called.
    pub method: Method,
    /// Where.
    pub path: &'static str,
    /// Who may use it.
    pub need: Need,
    pub(super) handler: MethodRouter<AppState>,
    pub(super) question: Option<Question>,
}

/// What is asked before something is done that cannot be taken back; `None`: this form needs no asking.
pub type Question = fn(&FormData) -> Option<&'static str>;

impl Route {
    /// A page that anybody may read.
    pub const fn open(path: &'static str, handler: MethodRouter<AppState>) -> Self {
        Self::read(path, Need::Nothing, handler)
    }

    /// A page that is read.
    pub const fn read(path: &'static str, need: Need, handler: MethodRouter<AppState>) -> Self {
        Self {
            method: Method::GET,
            path,
            need,
            handler,
            question: None,
        }
    }

    /// Something that is changed.
    pub const fn change(path: &'static str, need: Need, handler: MethodRouter<AppState>) -> Self {
        Self {
            method: Method::POST,
            path,
            need,
            handler,
            question: None,
        }
    }

    /// It is done on the second step alone: the server itself asks first, whatever a script does or
    /// fails to do.
    #[must_use]
    pub const fn asking(mut self, question: Question) -> Self {
        self.question = Some(question);
        self
    }
}
