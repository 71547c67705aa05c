# The loops of a working day; CONTRIBUTING.md says when which. Nothing here is needed by .ci/run.

# What there is.
default:
    @just --list --unsorted

# While writing: formatting, lints, and the tests that start no server and no process. Under 20 s once built.
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo test --quiet -p konnect-core
    cargo test --quiet -p konnect --lib --test example_file --test layers

# Before a commit: everything on the sandbox, and a fixed slice of what is tried in great numbers. No real server. Under 90 s once built.
test:
    KONNECT_QUICK=1 cargo test

# Before it lands: all that must hold, the real server included. Minutes.
ci:
    .ci/run

# One scenario, or those whose names hold the word, on the sandbox and on the real server.
scenario NAME:
    cargo test --test scenarios -- {{NAME}}

# Writes a scenario's expected files from what the sandbox gives, then lets the real server confirm them.
bless NAME:
    KONNECT_BLESS=1 cargo test --test scenarios -- {{NAME}}
    git diff --stat -- tests/scenarios

# A mutant that no test notices shows what is not tested. Hours; `just mutants 0/8` is an eighth. Needs `cargo install cargo-mutants`.
mutants SHARD="0/1": (mutants-core SHARD) (mutants-apply SHARD)

# What decides, against its own tests: seconds a mutant.
mutants-core SHARD="0/1":
    cargo mutants --shard {{SHARD}} --output target/mutants/core --package konnect-core --test-package konnect-core -- --lib --tests

# What saves a plan and carries it out, against what is about that and fast: no other test is built.
mutants-apply SHARD="0/1":
    KONNECT_QUICK=1 cargo mutants --shard {{SHARD}} --output target/mutants/apply \
        --package konnect --test-package konnect \
        --file 'src/saved_plan*' --file 'src/saved_plan/**' --file 'src/apply*' --file 'src/apply/**' \
        -C=--lib -C=--test=saved_plans -C=--test=done_by_another -C=--test=what_became_of_a_write \
        -C=--test=mistakes -C=--test=next_command
