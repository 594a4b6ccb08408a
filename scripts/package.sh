#!/usr/bin/env bash
# Makes an archive that runs where it is unpacked: lathe-VERSION-linux-ARCH.tar.gz, and its SHA-256 beside it.
#
#   scripts/package.sh [--binary FILE] [FOLDER]     FOLDER: where the archive goes, dist where none is named
#
# An archive that is there is replaced where its SHA-256 beside it shows it to be unchanged since this script wrote it; any other
# file in the way is an error, and stays.
#
# The archive holds the command, its manual, completions and licences, install.sh, and in lib/lathe the shared libraries that a bare
# Debian or Ubuntu lacks, byte for byte those of this machine's packages. The command finds them through its run path, wherever it
# lies. Left to the system is what its own dpkg and apt need: glibc, libgcc, libstdc++, zlib and zstd. The glibc must be as new as the
# program and the libraries ask for; the script says how new that is, so build on the oldest system that is to be served.
#
# HDF5 of Debian names libcurl, for files on Amazon S3, and libcurl names thirty more. Lathe opens no such file, so a stand-in without
# any network in it takes its place.
set -euo pipefail
umask 022
export LC_ALL=C
called_from=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")/.."
. scripts/packages.sh

say() { printf '%s\n' "package: $*" >&2; }
stop() { local code=$1; shift; say "$*"; exit "$code"; }

# absolute PATH: what PATH names where the script was called.
absolute() { (cd "$called_from" && realpath -m "$1"); }
binary=()
folder=
while [ $# -gt 0 ]; do
    case $1 in
    --binary)
        [ -n "${2:-}" ] || stop 64 "--binary needs a file"
        binary=(--binary "$(absolute "$2")")
        shift
        ;;
    --help | -h)
        sed -n '2,/^set /s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
        exit 0
        ;;
    -*) stop 64 "unknown option $1; --help tells what there is" ;;
    "") stop 64 "FOLDER is empty; leave it out, or name a folder" ;;
    *)
        [ -z "$folder" ] || stop 64 "one FOLDER, not both $folder and $1"
        folder=$(absolute "$1")
        ;;
    esac
    shift
done

folder=${folder:-$PWD/dist}

# finish: clears away what is half done. Every error of ours has a code from 64 on: another one is of a tool that failed.
work=
new_file=
finish() {
    local code=$?
    rm -rf ${work:+"$work"} ${new_file:+"$new_file"}
    if [ "$code" -eq 0 ] || [ "$code" -ge 64 ]; then return; fi
    stop 74 "a file could not be read or written, see above; is there room in ${TMPDIR:-/tmp} and in $folder?"
}
trap finish EXIT
there() { [ -e "$1" ] || [ -L "$1" ]; }
standing=$folder
until there "$standing"; do standing=$(dirname "$standing"); done
if [ ! -d "$standing" ] || [ ! -w "$standing" ]; then stop 74 "$standing is no folder that can be written to"; fi
work=$(mktemp -d)

# --- The tree: what an installation holds, less its list.

DESTDIR=$work/tree scripts/install.sh ${binary[@]+"${binary[@]}"} / || exit
program=$(realpath "${binary[1]:-.build/release/lathe}")
name=lathe-$("$program" --version)-linux-$(uname -m)
tree=$work/$name
mv "$work/tree" "$tree"
rm "$tree/share/lathe/install.manifest"
libraries=$tree/lib/lathe
licences=$tree/share/doc/lathe/licences

# --- Is the archive's place free? Nothing is written there before that is known.

archive=$folder/$name.tar.gz
sums=$archive.sha256
sum_of() { printf '%s  %s\n' "$(sha256sum <"$1" | cut -d ' ' -f 1)" "$name.tar.gz"; }
is_file() { [ -f "$1" ] && [ ! -L "$1" ]; }
# The sums have two lines while the archive is being replaced.
if there "$sums"; then
    if ! is_file "$sums" || [ ! -s "$sums" ] || grep -qavxE "[0-9a-f]{64}  ${name//./[.]}[.]tar[.]gz" "$sums"; then
        stop 74 "$sums is in the way: this script did not write it"
    fi
fi
if there "$archive"; then
    if ! is_file "$archive" || ! there "$sums" || ! grep -qxF "$(sum_of "$archive")" "$sums"; then
        stop 74 "$archive is in the way: this script did not write it, or it was changed since"
    fi
fi

# need COMMAND PACKAGE: installs what a command is in, where it is missing.
need() { command -v "$1" >/dev/null || install_packages "$2" || stop 69 "$1 is missing: as root, apt-get install $2"; }
need patchelf patchelf
need readelf binutils

mkdir -p "$libraries" "$licences"

# --- The libraries.

of_the_system='^(ld-linux.*|linux-vdso|lib(c|m|dl|rt|pthread|resolv|util|gcc_s|stdc\+\+|z|zstd))\.so\.'
needed() { readelf -dW "$1" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'; }
# Opened by name while the command runs: pages of Parquet files that Brotli packed.
opened=(libbrotlidec.so.1)
ldd "$program" | awk '$2 == "=>" && $3 ~ /^\// { print $1, $3 }' >"$work/places"
/sbin/ldconfig -p | awk '/=> / { print $1, $NF }' >>"$work/places"
place_of() { awk -v name="$1" '$1 == name { print $2; exit }' "$work/places"; }

# stand_in LIBRARY FILE: writes FILE with every function that HDF5 wants of LIBRARY; each does nothing and gives back nothing.
stand_in() {
    local wanted
    wanted=$(readelf --dyn-syms -W "$libraries"/libhdf5*.so.* | sed -n 's/.* UND \(curl_[a-z_]*\)@\([A-Z0-9_]*\).*/\1 \2/p' | sort -u)
    awk '{ print "void *" $1 "(void) { return 0; }" }' <<<"$wanted" >"$work/stand_in.c"
    awk '{ symbols[$2] = symbols[$2] " " $1 ";" } END { for (v in symbols) print v " { global:" symbols[v] " };" }' \
        <<<"$wanted" >"$work/stand_in.map"
    "${CC:-clang}" -shared -fPIC -fno-builtin -nostdlib -o "$2" "$work/stand_in.c" \
        -Wl,-soname,"$1" -Wl,--version-script,"$work/stand_in.map"
}

# licence_of FILE: puts beside the others what the package of FILE says of its licence, and prints package and version.
licence_of() {
    local owner
    owner=$(dpkg-query -S "$1" 2>/dev/null || dpkg-query -S "${1#/usr}" 2>/dev/null || true)
    owner=${owner%%:*}
    if [ -z "$owner" ]; then
        echo "(of no package)"
    else
        cp -L "/usr/share/doc/$owner/copyright" "$licences/$owner.txt" || stop 66 "the licence of $owner is missing"
        # shellcheck disable=SC2016  # dpkg's variables, not the shell's
        dpkg-query -W -f '${Package} ${Version}\n' "$owner" | head -n 1
    fi
}

waiting=("$program" "${opened[@]/#/library:}")
stand_ins=()
while [ ${#waiting[@]} -gt 0 ]; do
    file=${waiting[0]}
    waiting=("${waiting[@]:1}")
    if [[ $file == library:* ]]; then
        library=${file#library:}
        if [[ $library =~ $of_the_system ]] || [ -e "$libraries/$library" ]; then continue; fi
        if [[ $library == libcurl.so.* ]]; then
            stand_ins+=("$library")
            continue
        fi
        file=$(place_of "$library")
        [ -n "$file" ] || stop 66 "$library is missing on this machine: scripts/setup.sh installs what Lathe needs"
        cp -L "$file" "$libraries/$library"
        printf '%-26s %s\n' "$library" "$(licence_of "$(realpath "$file")")" >>"$work/contents"
    fi
    while IFS= read -r library; do waiting+=("library:$library"); done < <(needed "$file")
done
for library in $(printf '%s\n' ${stand_ins[@]+"${stand_ins[@]}"} | sort -u); do
    stand_in "$library" "$libraries/$library"
    printf '%-26s %s\n' "$library" "an empty stand-in, see above" >>"$work/contents"
done

# What is inside the command: Swift's library and the packages.
for licence in "$(dirname "$program")"/../../checkouts/*/LICENSE*; do
    [ ! -f "$licence" ] || cp "$licence" "$licences/$(basename "$(dirname "$licence")").txt"
done
swift_licence=$(dirname "$(realpath "$(command -v swift || echo /)")")/../share/swift/LICENSE.txt
[ ! -f "$swift_licence" ] || cp "$swift_licence" "$licences/swift.txt"
chmod 644 "$licences"/* "$libraries"/*

# --- The command: without its symbol table, and with a run path that also serves the libraries' own needs.

strip --strip-unneeded "$tree/bin/lathe"
# shellcheck disable=SC2016  # the loader's variable
patchelf --force-rpath --set-rpath '$ORIGIN/../lib/lathe' "$tree/bin/lathe"

# --- Does it run from there, and with these libraries?

ldd "$tree/bin/lathe" >"$work/found"
for file in "$libraries"/*; do
    library=$(basename "$file")
    case " ${opened[*]} libbrotlicommon.so.1 " in *" $library "*) continue ;; esac
    grep -qF "$(realpath "$file")" <(awk '{ print $3 }' "$work/found" | xargs -r realpath 2>/dev/null) ||
        stop 70 "$library is not taken from the archive: $(grep -F "$library" "$work/found" || true)"
done
"$tree/bin/lathe" doctor >/dev/null

glibc=$(for file in "$tree/bin/lathe" "$libraries"/*; do readelf --dyn-syms -W "$file"; done |
    grep -o 'GLIBC_2\.[0-9]*' | sort -uV | tail -n 1)

# --- The page that greets who unpacks it, and the archive.

cp scripts/install.sh "$tree/install.sh"
cat >"$tree/README.txt" <<TEXT
Lathe $("$program" --version): LoRA fine-tuning on the machine you have.

    bin/lathe doctor             what this machine has
    ./install.sh                 installs it in /usr/local (as root) or ~/.local
    ./install.sh PREFIX          installs it elsewhere; --uninstall removes it again
    man ./share/man/man1/lathe.1

bin/lathe runs where it lies, as long as lib/lathe stays beside bin. It asks the system for glibc ${glibc#GLIBC_} or newer, libgcc,
libstdc++, zlib and zstd, which every Debian and Ubuntu of that age has. The other libraries are in lib/lathe:

$(sort "$work/contents")

HDF5 names libcurl for files on Amazon S3, which Lathe never opens: in place of libcurl there is one without any function.
Lathe is under the Apache License 2.0 (share/doc/lathe/LICENSE), the libraries under the licences in share/doc/lathe/licences.
TEXT

time=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || stat -c %Y "$program")}
tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$time" -cf - "$name" | gzip -n >"$work/archive"

# put FILE PLACE: FILE stands in PLACE in one step.
put() {
    if ! { new_file=$(mktemp "$folder/.lathe-package.XXXXXX") && cp "$1" "$new_file" && chmod 644 "$new_file" &&
        mv -fT "$new_file" "$2"; }; then
        stop 74 "cannot write $2"
    fi
    new_file=
}

mkdir -p "$folder" || stop 74 "cannot make $folder"
any='[A-Za-z0-9]'
find "$folder/" -maxdepth 1 -type f -user "$(id -u)" -name ".lathe-package.$any$any$any$any$any$any" -delete
sum_of "$work/archive" >"$work/new"
{ cat "$work/new" && { [ ! -e "$sums" ] || cat "$sums"; }; } | sort -u >"$work/both"
put "$work/both" "$sums"
put "$work/archive" "$archive"
put "$work/new" "$sums"
say "$archive: $(du -h "$archive" | cut -f 1), $(find "$libraries" -type f | wc -l) libraries, glibc ${glibc#GLIBC_} or newer"
printf '%s\n' "$archive"
