# Make the environment in $VENV from requirements.lock, with progress and one line for what is missing.
set -eu
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}

say() { printf '%s\n' "$*"; }

command -v "$PYTHON" >/dev/null 2>&1 || {
    say "Python 3.11 or newer is missing. Debian, Ubuntu: apt install python3 python3-venv. Then run make again."
    exit 1
}
"$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    say "$("$PYTHON" --version) is too old: Python 3.11 or newer is needed. Name another with make PYTHON=python3.12 …"
    exit 1
}
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || {
    say "This Python cannot make environments. Debian, Ubuntu: apt install python3-venv. Then run make again."
    exit 1
}
command -v openssl >/dev/null 2>&1 ||
    say "note: openssl is missing; the stand-alone verifier cannot check signatures (apt install openssl)."

began=$(date +%s)
say "setting up $VENV with $("$PYTHON" --version) (once; a minute or two on a slow line)"
[ -x "$VENV/bin/python" ] || "$PYTHON" -m venv "$VENV"
say "  [1/2] fetching pinned packages, each checked against its hash"
"$VENV/bin/python" -m pip install --quiet --require-hashes -r requirements.lock 2>"$VENV/setup.log" || {
    cat "$VENV/setup.log" >&2
    say "Packages could not be fetched. Is the network or your package mirror reachable? Then run make again."
    exit 1
}
say "  [2/2] installing comity from this folder"
"$VENV/bin/python" -m pip install --quiet --no-deps --no-build-isolation -e . 2>>"$VENV/setup.log" || {
    cat "$VENV/setup.log" >&2
    exit 1
}
touch "$VENV/ready"
say "ready after $(($(date +%s) - began)) s"
