#!/bin/bash
# What is completed, with a program in earlydom's place that has two guests, or hangs.
set -u

here=$(cd -- "$(dirname -- "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export EARLYDOM_CONFIG=$scratch/config
mkdir "$EARLYDOM_CONFIG"
touch "$EARLYDOM_CONFIG/web.cfg" "$EARLYDOM_CONFIG/spare.cfg"
touch "$EARLYDOM_CONFIG/mail.example.org.cfg"
# shellcheck disable=SC2016 # no name of a guest, and nothing is run of it
touch "$EARLYDOM_CONFIG/"'m$(echo x >&2).cfg' "$EARLYDOM_CONFIG/-m.cfg"
cat >"$scratch/earlydom" <<'END'
#!/bin/sh
echo '['
echo '  {"name": "web", "domid": 1, "cause": null},'
echo '  {"name": "db-2", "domid": 2, "cause": "name"}'
echo ']'
END
printf '#!/bin/sh\nexec sleep 60\n' >"$scratch/hangs"
chmod +x "$scratch/earlydom" "$scratch/hangs"

# shellcheck source=completion/earlydom
. "$here/earlydom"

tests=0
# completes WANT WORD...: the last word is completed.
completes() {
	local want=$1
	shift
	COMP_WORDS=("$@")
	COMP_CWORD=$(($# - 1))
	_earlydom
	tests=$((tests + 1))
	if [ "${COMPREPLY[*]}" = "$want" ]; then
		echo "ok $tests - ${*:2}"
	else
		echo "not ok $tests - ${*:2}: '${COMPREPLY[*]}' instead of '$want'"
	fi
}

program=$scratch/earlydom
completes 'start stop' "$program" st
completes 'report restart release' "$program" re
completes '--help --version' "$program" --
completes 'db-2 web' "$program" stop ''
completes '--timeout' "$program" stop --t
completes '' "$program" stop -t ''
completes 'web' "$program" stop -t 5 w
for command in restart console destroy release; do
	completes 'db-2' "$program" "$command" d
done
completes 'db-2' "$program" media d
completes 'hdc' "$program" media web hdc
completes 'eject' "$program" media web hdc ej
completes "$EARLYDOM_CONFIG/spare.cfg" "$program" media web hdc "$EARLYDOM_CONFIG/s"
# One that was not selected can be started.
completes 'db-2 mail.example.org spare web' "$program" start ''
completes 'mail.example.org' "$program" start m
completes 'mail.example.org' "$program" start mail.ex
completes 'disks devices destroy' "$program" d
completes '--json' "$program" devices --j
completes '' "$program" devices ''
completes 'hide handover' "$program" h
completes '--cmdline --config' "$program" hide --c
completes "$EARLYDOM_CONFIG" "$program" hide -l "$scratch/con"
completes '' "$program" handover ''
completes '--help' "$program" handover -
completes "$EARLYDOM_CONFIG" "$program" boot -c "$scratch/con"
completes "$EARLYDOM_CONFIG/spare.cfg" "$program" check "$EARLYDOM_CONFIG/s"
completes '' "$program" unknown ''

# A supervisor that does not answer is not waited for.
SECONDS=0
completes '' "$scratch/hangs" stop ''
tests=$((tests + 1))
if [ "$SECONDS" -le 5 ]; then
	echo "ok $tests - not for long"
else
	echo "not ok $tests - it took $SECONDS s"
fi

# Every command of the program has its place.
if [ $# -gt 0 ]; then
	for command in $("$1" --help | sed -n 's/^  \([a-z]*\) .*/\1/p'); do
		completes "$command" "$program" "$command"
	done
fi
echo "1..$tests"
