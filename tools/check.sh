# What CI runs. Everything here must pass; nothing is skipped when COMITY_SKIP_NOTHING is set.
set -eu

step() { printf '\n== %s\n' "$*"; }

step "style"
ruff check .
ruff format --check .
step "types"
mypy
step "contracts"
lint-imports
step "law"
comity law check
step "diagrams are drawn from the tables"
python tools/diagrams.py --check
step "all tests, embedded database: the README's test command"
make test
if [ -n "${COMITY_TEST_POSTGRESQL:-}" ]; then
    step "database tests on PostgreSQL"
    COMITY_DATABASE_URL="$COMITY_TEST_POSTGRESQL" python -m pytest -m database
elif [ -n "${COMITY_SKIP_NOTHING:-}" ]; then
    echo "COMITY_TEST_POSTGRESQL is not set, and nothing may be skipped"
    exit 1
else
    step "PostgreSQL: skipped, COMITY_TEST_POSTGRESQL names no server"
fi
step "benchmark, scaled down"
python bench/evidence.py --small
step "demonstration"
python demo/drive.py --exit
