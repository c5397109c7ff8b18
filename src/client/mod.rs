//! `client`: to be built.
