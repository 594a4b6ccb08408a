#!/usr/bin/env bash
# Holds the files under deploy/ against what is there to check them with: the unit against systemd, the manifest against the schemas of
# Kubernetes, the Dockerfile's commands against bash and the sources that it copies, and all three against the options that the
# command has.
#
#   scripts/checks/deploy_files.sh [LATHE]     LATHE: the built command; .build/release/lathe where none is named
#
# What cannot be checked here is said. LATHE_PYTHON names a Python that has kubernetes-validate and PyYAML.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

lathe=${1:-.build/release/lathe}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
say() { printf '%s\n' "deploy_files: $*" >&2; }
fail() { failed=1; say "$*"; }

# --- The unit. Its command need not be installed here, nor its manual.
if command -v systemd-analyze >/dev/null; then
    sed -e 's#^ExecStart=/usr/local/bin/lathe#ExecStart=/bin/true#' -e '/^Documentation=/d' deploy/lathe.service >"$work/lathe.service"
    said=$(systemd-analyze verify --man=no "$work/lathe.service" 2>&1) || fail "systemd-analyze verify fails"
    [ -z "$said" ] || fail "systemd-analyze verify: $said"
    level=$(systemd-analyze security --offline=true --no-pager "$work/lathe.service" | sed -n 's/.*exposure level for [^:]*: \([0-9.]*\).*/\1/p')
    say "the unit's exposure is $level of 10"
    awk -v level="$level" 'BEGIN { exit !(level != "" && level <= 2) }' || fail "the unit is open to more than it was: $level"
else
    say "not checked: the unit; systemd-analyze is missing"
fi

# --- The manifest.
python=${LATHE_PYTHON:-python3}
if "$python" -c 'import kubernetes_validate' 2>/dev/null; then
    "$python" -m kubernetes_validate deploy/kubernetes.yaml >"$work/manifest" 2>&1 || fail "$(cat "$work/manifest")"
    say "the manifest: $(grep -c passed "$work/manifest" || true) resources pass"
else
    say "not checked: the manifest; $python has no kubernetes-validate"
fi

# --- The Dockerfile: what it copies is there, what it runs is bash.
while read -r path; do
    [ -e "$path" ] || fail "the Dockerfile copies $path, which is not there"
done < <(awk '$1 == "COPY" && $2 !~ /^--from/ { for (i = 2; i < NF; i++) print $i }' deploy/Dockerfile)
awk '/^RUN /,!/\\$/' deploy/Dockerfile | sed -e 's/^RUN //' -e 's/^#.*//' >"$work/run.sh"
bash -n "$work/run.sh" || fail "what the Dockerfile runs is no bash"
health=$(sed -n 's/.*CMD \["bash", "-c", "\(.*\)"\]$/\1/p' deploy/Dockerfile | sed -e 's/\\\\/\\/g' -e 's/\\"/"/g')
[ -n "$health" ] && bash -n -c "$health" || fail "the health check is no bash"

# --- Options: those that the three files give are those of the command.
if [ -x "$lathe" ] && "$lathe" serve --help >"$work/help" 2>/dev/null && grep -q "lathe serve" "$work/help"; then
    grep -ohE -- '--(model|adapter|host|port|api-key-file|allow-host|parallel)\b' deploy/* docs/hosting.md | sort -u >"$work/given"
    while read -r option; do
        grep -q -- "$option\b" "$work/help" || fail "lathe serve has no option $option"
    done <"$work/given"
    say "options: $(wc -l <"$work/given") are those of lathe serve"
else
    say "not checked: options; $lathe has no verb serve"
fi
exit "$failed"
