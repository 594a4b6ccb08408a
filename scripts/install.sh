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
# ever replaced or removed; any other file in the way, also one of the same bytes and also in the list's own place, is an error
# before anything is written or removed. Each file appears whole, by a rename: a running lathe goes on with the program that it
# started as.
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
        [ -n "${2:-}" ] || stop 64 "--binary needs a file"
        binary=$2
        shift
        ;;
    --help | -h)
        sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0
        ;;
    -*) stop 64 "unknown option $1; --help tells what there is" ;;
    "") stop 64 "PREFIX is empty; leave it out, or name a folder" ;;
    *)
        [ -z "$prefix" ] || stop 64 "one PREFIX, not both $prefix and $1"
        prefix=$1
        ;;
    esac
    shift
done
if [ -z "$prefix" ]; then
    [ -w /usr/local ] || [ -n "${HOME:-}" ] || stop 64 "name a PREFIX: HOME is not set"
    if [ -w /usr/local ]; then prefix=/usr/local; else prefix=$HOME/.local; fi
fi
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
prefix=${prefix%/}
root=${DESTDIR:-}$prefix
list=share/lathe/install.manifest

# finish: clears away what is half done. Every error of ours has a code from 64 on: another one is of a tool that failed.
work=
new_file=
finish() {
    local code=$?
    rm -rf ${work:+"$work"} ${new_file:+"$new_file"}
    if [ "$code" -eq 0 ] || [ "$code" -ge 64 ]; then return; fi
    stop 74 "a file could not be read or written, see above; is there room in ${TMPDIR:-/tmp} and below $root?"
}
trap finish EXIT
work=$(mktemp -d)

digest() { sha256sum <"$1" | cut -d ' ' -f 1; }
there() { [ -e "$1" ] || [ -L "$1" ]; }

# What was installed: a first line that says so, lines as sha256sum writes them, "# folder PATH" for folders that were made, and
# "# above NUMBER" for how many were made to hold PREFIX. A path has two lines while its file is being replaced.
header='# Lathe was installed here: these are its files, as install.sh left them.'
path_form='(bin|lib|share)(/[A-Za-z0-9_][A-Za-z0-9._+-]*)*'
line_form="[0-9a-f]{64}  $path_form|# folder ($path_form|\\.)|# above [1-9][0-9]?"
listed_files() { sed -n 's/^[0-9a-f]\{64\}  //p' "$1" | sort -u; }

# is_list FILE: whether FILE is such a list, which names nothing outside PREFIX.
is_list() {
    [ -f "$1" ] && [ ! -L "$1" ] && [ "$(head -n 1 "$1" | tr -d '\0')" = "$header" ] &&
        [ "$(sed 1d "$1" | grep -acvxE "$line_form")" = 0 ]
}

: >"$work/old"
if there "$root/$list"; then
    is_list "$root/$list" || stop 74 "$root/$list is in the way: it is no list that this script wrote; nothing was changed, move it away"
    cp "$root/$list" "$work/old"
fi

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
    local above
    above=$(sed -n 's/^# above //p' "$work/old" | tail -n 1)
    folder=$root
    while [ "${above:-0}" -gt 0 ] && folder=$(dirname "$folder") && rmdir "$folder" 2>/dev/null; do above=$((above - 1)); done
}

# remove_leftovers PATH...: removes what a run that was killed left beside PATH.
remove_leftovers() {
    local folder any='[A-Za-z0-9]'
    printf '%s\n' "$@" | sed 's|/[^/]*$||' | sort -u | while IFS= read -r folder; do
        [ ! -d "$root/$folder" ] || find "$root/$folder/" -maxdepth 1 -type f -user "$(id -u)" \
            -name ".lathe-install.$any$any$any$any$any$any" -delete || stop 74 "cannot remove what a killed run left in $root/$folder"
    done
}

if [ "$task" = uninstall ]; then
    [ -s "$work/old" ] || stop 66 "nothing was installed below $root: there is no $root/$list"
    mapfile -t files < <(listed_files "$work/old")
    remove ${files[@]+"${files[@]}"}
    remove_leftovers ${files[@]+"${files[@]}"} "$list"
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
        "$here/setup.sh" >&2 || stop 70 "the release could not be built, see above"
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
    [ ! "${root:-/}" -ef "$here" ] || stop 64 "lathe already runs in $here, where this archive was unpacked; name another PREFIX"
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
    ! there "$root/$path" || is_ours "$path" || taken+=("$root/$path")
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
        chmod "$3" "$new_file" && mv -fT "$new_file" "$root/$2"; }; then
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

{ printf '%s\n' "$header" && sed -n '/^# /p' "$work/old"; } >"$work/folders"
above=0
folder=$(dirname "${root:-/}")
until [ -d "$folder" ]; do
    above=$((above + 1))
    folder=$(dirname "$folder")
done
[ "$above" -eq 0 ] || printf '# above %s\n' "$above" >>"$work/folders"
(cd "$staged" && sha256sum "${files[@]}") >"$work/files"
for path in "${files[@]}" "$list"; do make_folder "$(dirname "$path")"; done
sort -u "$work/folders" "$work/files" "$work/old" >"$work/both"
mapfile -t old_files < <(listed_files "$work/both")
remove_leftovers "${old_files[@]}" "$list"
put "$work/both" "$list" 644
unchanged=0
for path in "${files[@]}"; do
    mode=644
    [ "$path" != bin/lathe ] || mode=755
    if cmp -s "$staged/$path" "$root/$path" && [ "$(stat -c %a "$root/$path")" = "$mode" ]; then
        unchanged=$((unchanged + 1))
        continue
    fi
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
