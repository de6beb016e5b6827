# Fetch OpenSSL 3.5 or newer from the next Debian into build/openssl, beside the system's own and never over it.
# Only for judging: it lets the tests run verify.py's ML-DSA branch for real. Prints the wrapper's path.
set -eu
target=$PWD/build/openssl
if [ -x "$target/openssl" ] && "$target/openssl" version >/dev/null 2>&1; then
    echo "$target/openssl"
    exit 0
fi
if openssl version | grep -Eq '^OpenSSL (3\.[5-9]|3\.[1-9][0-9]|[4-9])'; then
    mkdir -p "$target" && ln -sf "$(command -v openssl)" "$target/openssl"
    echo "$target/openssl"
    exit 0
fi
suite=${1:-trixie}
command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null || { echo "no apt here" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
chmod 755 "$work"
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/sources" "$work/deb"
mirror=$(sed -n 's/^URIs: *//p; s/^deb  *\(\[[^]]*\] *\)\{0,1\}\(http[^ ]*\) .*/\2/p' \
    /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null | grep '/debian/*$' | head -1)
[ -n "$mirror" ] || { echo "no Debian mirror is configured" >&2; exit 1; }
printf 'Types: deb\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n' \
    "$mirror" "$suite" >"$work/sources/next.sources"
apt="-o Dir::State=$work/state -o Dir::State::status=/var/lib/dpkg/status -o Dir::Cache=$work/cache
     -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=$work/sources -o APT::Sandbox::User=root"
# shellcheck disable=SC2086 - the options are words
apt-get $apt update -qq >/dev/null
cd "$work/deb"
# shellcheck disable=SC2086
apt-get $apt download -qq openssl libssl3t64 libc6 libzstd1 zlib1g >/dev/null
mkdir -p "$target/files"
for package in ./*.deb; do dpkg-deb -x "$package" "$target/files"; done
loader=$(find "$target/files" -name 'ld-linux*.so.*' | head -1)
libraries=$(dirname "$(find "$target/files" -name 'libssl.so.3' | head -1)")
clibrary=$(dirname "$(find "$target/files" -name 'libc.so.6' | head -1)")
printf '#!/bin/sh\nexec "%s" --library-path "%s:%s" "%s" "$@"\n' \
    "$loader" "$libraries" "$clibrary" "$target/files/usr/bin/openssl" >"$target/openssl"
chmod +x "$target/openssl"
"$target/openssl" version >&2
echo "$target/openssl"
