# shellcheck shell=sh
# The benchmark's part in dom0, run by /init as its second stage. Its settings, ROUNDS, MANY_ROUNDS and
# CASES, are put in front of it by bench/run. Everything that it finds out is a line that begins with
# `@`, for bench/report.

bench=/bench

# say_lines LABEL: stdin as lines `@LABEL TEXT`
say_lines() {
	sed "s/\r*\$//; s/^/@$1 /"
}

# The first boot, of no guest, has started xenstored and xenconsoled; its supervisor is in the way of
# those that are measured.
end_supervisor() {
	pid=$(pidof earlydom earlydom-counted) || return 0
	# shellcheck disable=SC2086 # a list of words
	kill $pid
	while [ -n "$(pidof earlydom earlydom-counted)" ]; do
		sleep 0.05
	done
	rm -rf /run/earlydom
}

# names CASE: its guests
names() {
	for file in "$bench/cases/$1"/*.cfg; do
		file=${file##*/}
		echo "${file%.cfg}"
	done
}

# ours CASE ROUND LABEL PROGRAM CMDLINE [WORD...]: earlydom builds the guests of a case, run by WORDs
ours() {
	case_name=$1 round=$2 label=$3 program=$4
	echo "$5" >/tmp/cmdline
	shift 5
	"$bench/lap" "case=$case_name" "tool=$label" "round=$round" -- "$@" "$program" boot -p \
		-c "$bench/cases/$case_name" -l /tmp/cmdline 2>/tmp/said || :
	grep -q ' of .* guests* built in' /tmp/said || say_lines trouble </tmp/said
	pid=$(pidof "${program##*/}")
	echo "@memory case=$case_name tool=$label round=$round hwm_kib=$(
		awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")"
	"$program" report --json | say_lines "report $case_name $label $round"
	for name in $(names "$case_name"); do
		"$program" destroy "$name" 2>&1 | say_lines trouble
	done
	end_supervisor
}

# theirs CASE ROUND: xl builds the guests of a case
theirs() {
	# shellcheck disable=SC2016 # the inner shell expands it
	"$bench/lap" "case=$1" tool=xl "round=$2" -- sh -c \
		'for f in "$0"/*.cfg; do xl create -q -p "$f" || exit; done' "$bench/cases/$1" 2>/tmp/said
	say_lines trouble </tmp/said
	for name in $(names "$1"); do
		xl destroy "$name" 2>&1 | say_lines trouble
	done
}

# floors: each kind once a round
floors() {
	"$bench/floor" copy pv 128 /boot/vmlinux /boot/guest.cpio
	"$bench/floor" copy pvh 128 /boot/vmlinux /boot/guest.cpio
	"$bench/floor" codec /boot/vmlinuz
}

# pair CASE ROUND CMDLINE: one after the other
pair() {
	ours "$1" "$2" earlydom earlydom "$3"
	theirs "$1" "$2"
}

# many CASE ROUND: the same for cases that take xl minutes, which it does MANY_ROUNDS times
many() {
	ours "$1" "$2" earlydom earlydom ''
	[ "$2" -gt "$MANY_ROUNDS" ] || theirs "$1" "$2"
}

# counted CASE: the hypercalls of one run of each tool. The file is in /run, which the supervisor, too, has.
counted() {
	rm -f /run/calls
	HYPERCALLS=/run/calls ours "$1" 0 counted "$bench/earlydom-counted" ''
	say_lines "calls case=$1 tool=earlydom" </run/calls
	rm -f /run/calls
	export HYPERCALLS=/run/calls LD_PRELOAD="$bench/hypercalls.so"
	xl create -q -p "$bench/cases/$1/"*.cfg
	unset HYPERCALLS LD_PRELOAD
	xl destroy "$(names "$1")" 2>&1 | say_lines trouble
	# xl leaves a process behind that waits for the end of the domain.
	while [ -n "$(pidof xl)" ]; do
		sleep 0.05
	done
	say_lines "calls case=$1 tool=xl" </run/calls
}

wanted() {
	case " $CASES " in
	*" $1 "*) return 0 ;;
	esac
	return 1
}

end_supervisor
mkdir -p /run/xen /run/lock
echo "@machine vcpus=$(grep -c ^processor /proc/cpuinfo) rounds=$ROUNDS"
round=1
while [ "$round" -le "$ROUNDS" ]; do
	floors
	for case in tiny pv-xz pvh-xz pv-elf pvh-elf; do
		! wanted "$case" || pair "$case" "$round" ''
	done
	! wanted storeless || ours storeless "$round" earlydom earlydom earlydom.store=off
	! wanted eight-xz || ours eight-xz "$round" earlydom earlydom ''
	if wanted eight-elf; then
		many eight-elf "$round"
		ours eight-elf "$round" one-vcpu earlydom '' taskset 1
	fi
	! wanted many || many many "$round"
	round=$((round + 1))
done
for case in tiny pv-elf pvh-elf; do
	! wanted "$case" || counted "$case"
done
echo "@end"
