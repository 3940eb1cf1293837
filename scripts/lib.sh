# Shell helpers that the scripts beside this file source; `me` is the calling script's name, for
# its messages.
# shellcheck shell=sh
: "${me:?}"

note() {
	printf '%s: %s\n' "$me" "$*"
}

die() {
	printf '%s: %s\n' "$me" "$*" >&2
	exit 1
}

usage_error() {
	printf '%s: %s (see %s -h)\n' "$me" "$*" "$0" >&2
	exit 2
}

# need COMMAND...: stop at the first that is not installed.
need() {
	for need_cmd in "$@"; do
		command -v "$need_cmd" >/dev/null ||
			die "$need_cmd is not installed (scripts/install-deps does that)"
	done
}

# absolute PATH: PATH made absolute; it need not exist.
absolute() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$PWD/$1" ;;
	esac
}

# lock FILE DOING: wait for any other run that holds FILE; held until this process ends.
lock() {
	exec 9>"$1"
	flock -n 9 && return 0
	note "waiting for another run that is $2"
	flock 9
}

# recorded DIR PATTERN: the files that DIR/SHA256SUMS knows and whose names match PATTERN.
recorded() {
	[ ! -e "$1/SHA256SUMS" ] || awk -v pattern="$2" '$2 ~ pattern { print $2 }' "$1/SHA256SUMS"
}

# positive WHAT VALUE
positive() {
	case $2 in
	'' | *[!0-9]* | 0*) usage_error "$1 must be a positive number, not '$2'" ;;
	esac
}

# number FILE OFFSET BYTES: an unsigned little-endian number in FILE.
number() {
	od -An -v -tu1 -j "$2" -N "$3" "$1" | awk '
		{ for (i = 1; i <= NF; i++) { n += $i * scale[0 + k++] } }
		BEGIN { scale[0] = 1; for (i = 1; i < 8; i++) scale[i] = scale[i - 1] * 256 }
		END { printf "%.0f\n", n }'
}

# bytes FILE OFFSET BYTES: so many bytes of FILE, in hexadecimal.
bytes() {
	od -An -v -tx1 -j "$2" -N "$3" "$1" | tr -d ' \n'
}
