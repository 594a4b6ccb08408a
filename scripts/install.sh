#!/usr/bin/env bash
# Installs the command `lathe` with its manual, the completions of bash, zsh and fish, the schema of recipes and the licence.
#
#   scripts/install.sh [--binary FILE] [PREFIX]     install, or bring what is installed up to date
#   scripts/install.sh --uninstall [PREFIX]         remove what was installed
#
# PREFIX is /usr/local for those who may write there, else ~/.local. DESTDIR, where set, stands before it. From a source tree, the
# release is built where it is missing or older than its sources; --binary takes one that is built. From an unpacked archive, what
# lies beside this script is installed.
#
# A list of the files with their SHA-256 is kept in PREFIX/share/lathe/install.manifest. Only what the list shows to be unchanged is
# ever replaced or removed; any other file in the way is an error before anything is written. Each file appears whole, by a rename:
# a running lathe goes on with the program that it started as.
set -euo pipefail
umask 022
export LC_ALL=C

say() { printf '%s\n' "install: $*" >&2; }
# stop CODE TEXT...: ends with one of the codes that lathe itself has: 64 usage, 66 missing, 74 the disk or a place that is taken.
stop() { local code=$1; shift; say "$*"; exit "$code"; }

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
task=install
binary=
prefix=
while [ $# -gt 0 ]; do
    case $1 in
    --uninstall) task=uninstall ;;
    --binary)
        [ $# -ge 2 ] || stop 64 "--binary needs a file"
        binary=$2
        shift
        ;;
    --help | -h)
        sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0
        ;;
    -*) stop 64 "unknown option $1; --help tells what there is" ;;
    *)
        [ -z "$prefix" ] || stop 64 "one PREFIX, not both $prefix and $1"
        prefix=$1
        ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    if [ -w /usr/local ]; then prefix=/usr/local; else prefix=${HOME:?}/.local; fi
fi
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
prefix=${prefix%/}
root=${DESTDIR:-}$prefix
list=share/lathe/install.manifest
work=$(mktemp -d)
new_file=
trap 'rm -rf "$work"; [ -z "$new_file" ] || rm -f "$new_file"' EXIT

digest() { sha256sum <"$1" | cut -d ' ' -f 1; }
there() { [ -e "$1" ] || [ -L "$1" ]; }

# What was installed: lines as sha256sum writes them, and "# folder PATH" for folders that were made. A path has two lines while its
# file is being replaced.
if [ -f "$root/$list" ]; then cp "$root/$list" "$work/old"; else : >"$work/old"; fi
listed_files() { sed -n 's/^[0-9a-f]\{64\}  //p' "$1" | sort -u; }

# is_ours PATH: whether PATH below the prefix is as an installation left it.
is_ours() {
    [ -f "$root/$1" ] && [ ! -L "$root/$1" ] && grep -qxF "$(digest "$root/$1")  $1" "$work/old"
}

# remove PATH...: removes files that are as they were installed, and says which are not.
removed=0
remove() {
    local path
    for path in "$@"; do
        if is_ours "$path"; then
            rm -f "$root/$path" || stop 74 "cannot remove $root/$path"
            removed=$((removed + 1))
        elif there "$root/$path"; then
            say "left as it is, for it was changed since: $root/$path"
        fi
    done
}

# remove_folders: removes folders that were made for an installation and are empty.
remove_folders() {
    local folder
    sed -n 's/^# folder //p' "$work/old" | sort -ru | while IFS= read -r folder; do
        if [ "$folder" = . ]; then folder=$root; else folder=$root/$folder; fi
        rmdir "$folder" 2>/dev/null || true
    done
}

if [ "$task" = uninstall ]; then
    [ -s "$work/old" ] || stop 66 "nothing was installed below $root: there is no $root/$list"
    mapfile -t files < <(listed_files "$work/old")
    remove "${files[@]}"
    rm -f "$root/$list" || stop 74 "cannot remove $root/$list"
    remove_folders
    say "removed $removed files below $root"
    exit 0
fi

# --- What is to be installed: a folder that looks as PREFIX will.

# The release of the source tree, built where that is needed.
built_release() {
    local program=$here/../.build/release/lathe
    if [ ! -x "$program" ] || [ -n "$(find "$here/../Package.swift" "$here/../Sources" -newer "$program" -print -quit)" ]; then
        # Not as root in somebody's tree: later builds of theirs could not write there.
        [ -z "${SUDO_USER:-}" ] || stop 64 "the release is not built or older than its sources: run scripts/setup.sh as yourself, then this again"
        "$here/setup.sh"
    fi
    printf '%s\n' "$program"
}

# stage FOLDER: puts there what the program tells of itself.
stage() {
    local program=$1 folder=$2
    mkdir -p "$folder"/{bin,share/{lathe,doc/lathe,man/man1,man/man5,bash-completion/completions,zsh/site-functions,fish/vendor_completions.d}}
    cp "$program" "$folder/bin/lathe"
    "$program" manual >"$folder/share/man/man1/lathe.1"
    "$program" manual recipe >"$folder/share/man/man5/lathe-recipe.5"
    "$program" --generate-completion-script bash >"$folder/share/bash-completion/completions/lathe"
    "$program" --generate-completion-script zsh >"$folder/share/zsh/site-functions/_lathe"
    "$program" --generate-completion-script fish >"$folder/share/fish/vendor_completions.d/lathe.fish"
    "$program" recipe schema >"$folder/share/lathe/recipe.schema.json"
    cp "$here/../LICENSE" "$folder/share/doc/lathe/LICENSE"
}

if [ -z "$binary" ] && [ -x "$here/bin/lathe" ]; then
    staged=$here
else
    [ -n "$binary" ] || binary=$(built_release)
    if [ ! -f "$binary" ] || [ ! -x "$binary" ]; then stop 66 "$binary is no program"; fi
    binary=$(realpath "$binary")
    staged=$work/staged
fi
program=${binary:-$staged/bin/lathe}
version=$("$program" --version 2>"$work/errors") || stop 70 "$program does not start here: $(cat "$work/errors")"
[ "$staged" = "$here" ] || stage "$program" "$staged"
mapfile -t files < <(cd "$staged" && find ./bin ./lib ./share -type f 2>/dev/null | cut -c 3- | sort)

# --- Is the way free? Nothing is written before that is known.

# nearest PATH: the innermost folder of PATH that is there, or what stands in its place.
nearest() {
    local folder=$1
    until there "$folder"; do folder=$(dirname "$folder"); done
    printf '%s\n' "$folder"
}

taken=()
for path in "${files[@]}"; do
    ! there "$root/$path" || is_ours "$path" || cmp -s "$staged/$path" "$root/$path" || taken+=("$root/$path")
    folder=$(nearest "$(dirname "$root/$path")")
    if [ ! -d "$folder" ]; then
        taken+=("$folder")
    elif [ ! -w "$folder" ]; then
        stop 74 "$folder cannot be written to: run this as root, or name another PREFIX, such as ~/.local"
    fi
done
if [ ${#taken[@]} -gt 0 ]; then
    say "these are in the way; this script did not write them, or they were changed since:"
    printf '  %s\n' "${taken[@]}" | sort -u >&2
    stop 74 "nothing was written; move them away, or name another PREFIX"
fi

# --- Write: the list first, so that a run that is stopped can be told from somebody else's files.

# put FILE PATH MODE: FILE becomes PATH below the prefix in one step.
put() {
    if ! { new_file=$(mktemp "$root/$(dirname "$2")/.lathe-install.XXXXXX") && cp "$1" "$new_file" &&
        chmod "$3" "$new_file" && mv -f "$new_file" "$root/$2"; }; then
        stop 74 "cannot write $root/$2"
    fi
    new_file=
}

# make_folder PATH: makes a folder below the prefix and notes those that were not there.
make_folder() {
    [ ! -d "$root/$1" ] || return 0
    [ "$1" = . ] || make_folder "$(dirname "$1")"
    mkdir -p "$root/$1" || stop 74 "cannot make $root/$1"
    printf '# folder %s\n' "$1" >>"$work/folders"
}

sed -n '/^# folder /p' "$work/old" >"$work/folders"
(cd "$staged" && sha256sum "${files[@]}") >"$work/files"
for path in "${files[@]}" "$list"; do make_folder "$(dirname "$path")"; done
sort -u "$work/folders" "$work/files" "$work/old" >"$work/both"
put "$work/both" "$list" 644
unchanged=0
for path in "${files[@]}"; do
    if cmp -s "$staged/$path" "$root/$path"; then
        unchanged=$((unchanged + 1))
        continue
    fi
    mode=644
    [ "$path" != bin/lathe ] || mode=755
    put "$staged/$path" "$path" "$mode"
done
mapfile -t stale < <(comm -23 <(listed_files "$work/old") <(listed_files "$work/files"))
remove ${stale[@]+"${stale[@]}"}
sort -u "$work/folders" "$work/files" >"$work/new"
put "$work/new" "$list" 644

# --- What was done, and what is left to do.

say "Lathe $version is installed below $root: ${#files[@]} files, $unchanged of them unchanged"
[ -z "${DESTDIR:-}" ] || exit 0
case ":$PATH:" in
*":$prefix/bin:"*) ;;
*) say "put $prefix/bin on your PATH: export PATH=\"$prefix/bin:\$PATH\"" ;;
esac
case $prefix in
/usr | /usr/local) ;;
*) say "zsh finds the completions by fpath=($prefix/share/zsh/site-functions \$fpath), before compinit in ~/.zshrc" ;;
esac
