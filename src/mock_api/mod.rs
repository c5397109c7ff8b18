//! The stateless sample job API.
