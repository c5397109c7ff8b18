# Two commands: `make run` shows the main job, `make test` proves it. Each is also a plain cargo command (README).
.PHONY: run test install lint

run: install
	cargo run --quiet -- demo

test: install lint
	cargo nextest run --locked --all-features --no-fail-fast
	cargo test --locked --doc --quiet

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets --all-features --quiet -- -D warnings
	cargo check --locked --no-default-features --quiet
	@if command -v cargo-deny >/dev/null; then cargo deny --offline --log-level error check bans licenses sources; else echo "cargo-deny: not installed, skipped (tests/it/tidy.rs asks for most of it)"; fi

install:
	@./scripts/install.sh
