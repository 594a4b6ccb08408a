# Sourced by the scripts that install Debian packages: what is missing, and how it comes.

# missing_packages NAME...: prints those that are not installed.
missing_packages() {
    local package
    for package in "$@"; do
        # shellcheck disable=SC2016  # ${Status} is dpkg's, not the shell's
        [ "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true)" = "install ok installed" ] || printf '%s\n' "$package"
    done
}

# may_install: whether packages can be installed here: as root, or with sudo that asks nobody.
may_install() { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; }

# install_packages NAME...: installs them; fails where that cannot be done.
install_packages() {
    may_install || return 1
    local as_root=()
    [ "$(id -u)" -eq 0 ] || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq >&2 || return 1
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
}
