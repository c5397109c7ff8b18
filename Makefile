# Two commands: `make run` shows the main job, `make test` proves it. Each is also a plain cargo command (README).
.PHONY: run test install lint sbom

run: install
	cargo run --quiet -- demo

test: install lint
	cargo nextest run --locked --all-features --no-fail-fast
	cargo test --locked --doc --quiet

lint:
	cargo fmt --check
	cargo clippy --locked --all-targets --all-features --quiet -- -D warnings
	cargo check --locked --no-default-features --quiet
	@if command -v cargo-deny >/dev/null; then cargo fetch --locked --quiet && cargo deny --offline --log-level error check bans licenses sources; else echo "cargo-deny: not installed, skipped (tests/it/tidy.rs asks for most of it)"; fi
	@if ! command -v cargo-deny >/dev/null; then :; \
	elif cargo deny --log-level error fetch db >/dev/null 2>&1; then cargo deny --offline --log-level error check advisories; \
	else echo "advisories: the database cannot be had (offline?), not asked"; fi

# What is in the program: every package with version and licence, one a line.
sbom:
	@mkdir -p target
	cargo tree --locked --all-features --target all --edges normal,build --prefix none --format '{p} | {l} | {r}' | sed 's/ (\*)//' | sort -u > target/sbom.txt
	@wc -l target/sbom.txt

install:
	@./scripts/install.sh
