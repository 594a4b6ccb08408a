#!/usr/bin/env bash
# Whether the command links with Swift's library inside, as scripts/setup.sh links it, and then starts where Swift is not installed.
# Takes what the tests' build has compiled already, so that it is a matter of seconds: the same sources with the same options.
# Run, after scripts/test.sh: scripts/checks/static_link.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

build=.build-tests/$(swift -print-target-info | sed -n 's/.*"unversionedTriple" *: *"\(.*\)".*/\1/p')/release
objects=$build/lathe.product/Objects.LinkFileList
[ -f "$objects" ] || { printf '%s\n' "static_link: $objects is not there; scripts/test.sh makes it" >&2; exit 1; }

# Objects of a build for the shared library name no static one of those that Foundation is made of.
foundation=(-Xlinker --start-group)
for archive in "$(dirname "$(command -v swift)")"/../lib/swift_static/linux/lib*Foundation*.a; do
    name=$(basename "$archive" .a)
    foundation+=("-l${name#lib}")
done
foundation+=(-Xlinker --end-group -lstdc++)

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
read -ra libraries < <(pkg-config --libs hdf5 openblas oniguruma libcrypto zlib libzstd)
# Where tests are built, the command's entry has a name of its own.
swiftc -static-stdlib -use-ld=lld -emit-executable "@$objects" -o "$place/lathe" \
    "${libraries[@]}" "${foundation[@]}" -Xlinker --defsym=main=lathe_main
scripts/checks/starts_without_swift.sh "$place/lathe"
