//! `sandbox`: to be built.
