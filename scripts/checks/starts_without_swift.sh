#!/usr/bin/env bash
# Whether a built command needs nothing of Swift where it runs: its library is inside. The Debian libraries stay outside.
# Run: scripts/checks/starts_without_swift.sh .build/release/lathe
set -euo pipefail

program=$1
needed=$(ldd "$program" | awk '{ print $1 }')
if swift=$(grep -E '^lib(swift|_?Foundation|CoreFoundation|dispatch|BlocksRuntime)' <<<"$needed"); then
    printf '%s\n' "$program needs a Swift installation for" "$swift" >&2
    exit 1
fi
env -i PATH=/usr/bin:/bin "$program" --version >/dev/null
printf '%s\n' "starts_without_swift: $program needs $(wc -l <<<"$needed") shared libraries, none of them Swift's" >&2
