//! `report`: to be built.
