//! `config`: to be built.
