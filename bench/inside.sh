# shellcheck shell=sh
# The benchmark's part in dom0, run by /init as its second stage. Its settings, ROUNDS, MANY and
# CASES, are put in front of it by bench/run. Everything that it finds out is a line that begins with
# `@`, for bench/report.

bench=/bench

# say_lines LABEL: stdin as lines `@LABEL TEXT`
say_lines() {
	sed "s/\r*\$//; s/^/@$1 /"
}

# The supervisor of the last run, or of the boot, which had no guests, is in the way of the next one.
end_supervisor() {
	pid=$(pidof earlydom earlydom-counted) || return 0
	# shellcheck disable=SC2086 # a list of words
	kill $pid
	while [ -n "$(pidof earlydom earlydom-counted)" ]; do
		sleep 0.05
	done
	rm -rf /run/earlydom
}

# The keeper has the same name.
supervisor_pid() {
	for dir in /proc/[0-9]*; do
		[ "$(tr '\0' ' ' <"$dir/cmdline" 2>/dev/null)" != '@earlydom supervise ' ] || echo "${dir#/proc/}"
	done
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
	pid=$(supervisor_pid)
	echo "@memory case=$case_name tool=$label round=$round hwm_kib=$(
		awk '/^VmHWM/ { print $2 }' "/proc/$pid/status")"
	"$program" report --json | say_lines "report $case_name $label $round"
	for name in $(names "$case_name"); do
		"$program" destroy "$name" 2>&1 | say_lines trouble
	done
	end_supervisor
}

# xl_builds CASE ROUND: xl builds the guests of a case
xl_builds() {
	# shellcheck disable=SC2016 # the inner shell expands it
	"$bench/lap" "case=$1" tool=xl "round=$2" -- sh -c \
		'for f in "$0"/*.cfg; do xl create -q -p "$f" || exit; done' "$bench/cases/$1" 2>/tmp/said
	say_lines trouble </tmp/said
}

xl_destroys() {
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

# pair CASE ROUND: one after the other
pair() {
	ours "$1" "$2" earlydom earlydom ''
	xl_builds "$1" "$2"
	xl_destroys "$1"
}

# counted CASE: the hypercalls of one run of each tool. The file is in /run, which the supervisor, too, has.
counted() {
	rm -f /run/calls
	ours "$1" 0 counted "$bench/earlydom-counted" ''
	say_lines "calls case=$1 tool=earlydom" </run/calls
	rm -f /run/calls
	export LD_PRELOAD="$bench/hypercalls.so"
	xl create -q -p "$bench/cases/$1/"*.cfg
	unset LD_PRELOAD
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

single_round() {
	floors
	for case in tiny pv-xz pvh-xz pv-elf pvh-elf; do
		! wanted "$case" || pair "$case" "$1"
	done
	! wanted storeless || ours storeless "$1" earlydom earlydom earlydom.store=off
}

# xl unpacks the kernel of eight-xz eight times, which takes it minutes and tells nothing new.
eight_round() {
	! wanted eight-xz || ours eight-xz "$1" earlydom earlydom ''
	! wanted eight-elf || {
		pair eight-elf "$1"
		ours eight-elf "$1" one-vcpu earlydom '' taskset 1
	}
}

several_round() {
	eight_round "$1"
	! wanted many || pair many "$1"
}

# Every case once before one is measured again: what a run that is ended early has told is of use.
all_rounds() {
	round=1
	while [ "$round" -le "$ROUNDS" ] || [ "$round" -le "$MANY" ]; do
		[ "$round" -gt "$ROUNDS" ] || single_round "$round"
		[ "$round" -gt "$MANY" ] || several_round "$round"
		round=$((round + 1))
	done
}

end_supervisor
mkdir -p /run/xen /run/lock
# earlydom does not wait for entropy, but xl, whose uuids are libuuid's, would in its first round.
dd if=/dev/random of=/dev/null bs=1 count=1 2>/dev/null
# The first one starts xenstored and xenconsoled, which stay.
ours tiny 0 first earlydom ''
echo "@machine vcpus=$(grep -c ^processor /proc/cpuinfo) cases=$(echo "$CASES" | tr ' ' ',')"
for case in tiny pv-elf pvh-elf; do
	! wanted "$case" || counted "$case"
done
all_rounds
echo "@end seconds=$(cut -d ' ' -f 1 /proc/uptime)"
