//! `engine`: to be built.
