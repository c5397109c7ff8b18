//! `domain`: to be built.
