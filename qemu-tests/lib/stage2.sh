# shellcheck shell=sh
# What the tests' second stages share; it is put in front of each. What they say has the form
# `@LABEL: TEXT`, which Boot.pm takes apart again.

# said LABEL: stdin, line by line, the last of them whether it ends or not
said() {
	awk -v label="$1" '{ sub(/\r*$/, ""); print "@" label ": " $0 }'
}

# run LABEL COMMAND...: its output, its messages and its exit status
run() {
	label=$1
	shift
	"$@" >/tmp/run.out 2>/tmp/run.err
	code=$?
	said "$label.out" </tmp/run.out
	said "$label.err" </tmp/run.err
	echo "@$label.status: $code"
}

# now_ms: since the boot, in ms
now_ms() {
	read -r up _ </proc/uptime
	ms=${up%.*}${up#*.}0
}

# process NAME: the number of a process of dom0's. For those of earlydom's the image has to have `faulty`.
process() {
	case $1 in
	supervisor) faulty kill 0 '@earlydom supervise' ;;
	keeper) faulty kill 0 '@earlydom keeper' ;;
	xenstored) cat /run/xenstore.pid 2>/dev/null ;;
	xenconsoled) cat /run/xenconsoled.pid 2>/dev/null ;;
	model) pidof earlydom-model ;;
	esac
}

# What waits here ends as soon as what it waits for is there. So the seconds are what it takes on an
# idle machine, and a busy one gets so many times as many.
patience=6

# await FILE REGEX SECONDS [COUNT]: until so many lines of FILE match (1)
await() {
	await_end=$(($(date +%s) + patience * $3))
	while [ "$({ grep -Ec -e "$2" "$1" 2>/dev/null || [ -e "$1" ] || echo 0; } | head -n 1)" -lt "${4:-1}" ]; do
		if [ "$(date +%s)" -ge "$await_end" ]; then
			echo "@late: $1: $2"
			return 1
		fi
		sleep 0.2
	done
}

# await_console NAME REGEX SECONDS [COUNT], await_report REGEX SECONDS [COUNT]
await_console() {
	await "/run/earlydom/console/$1.log" "$2" "$3" "${4:-1}"
}

await_report() {
	await /run/earlydom/earlydom.log "$1" "$2" "${3:-1}"
}

# type_to NAME LINE: types a line on a guest's console. Leaves what comes back to the log. It is there
# for a while longer, in the background: nobody but the guest knows when the line has come.
type_to() {
	printf '%s\n' "$2" | timeout 30 earlydom console "$1" >/dev/null 2>&1 &
}

# await_front_ends NAME SECONDS: until those of all its disks and network interfaces are connected, where xl is
front_ends_connected() {
	path=/local/domain/0/backend
	for kind in vbd vif; do
		for device in $(xenstore-list "$path/$kind/$1"); do
			[ "$(xenstore-read "$path/$kind/$1/$device/state")" = 4 ] || return
		done
	done
}
await_front_ends() {
	left=$((patience * 2 * $2))
	until front_ends_connected "$(xl domid "$1")"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || { echo "@late: $1 connected"; break; }
		sleep 0.5
	done
}

# domid_of NAME: the guest's domain
domid_of() {
	earlydom list | awk -v name="$1" '$1 == name { print $2 }'
}

# qemu_pid NAME: the process that is its device model
qemu_pid() {
	grep -lsz "^$1\$" /proc/[0-9]*/cmdline | while IFS=/ read -r _ _ pid _; do
		! grep -qs '^xen-qemu-sys' "/proc/$pid/comm" || echo "$pid"
	done
}

# own_namespaces PID: those that no other process has
own_namespaces() {
	for ns in mnt ipc net pid user; do
		its=$(readlink "/proc/$1/ns/$ns")
		for of in /proc/[0-9]*/ns/"$ns"; do
			readlink "$of" || :
		done | grep -cxF "$its" | grep -qx 1 && echo "$ns"
	done
}

# logs: all that the supervisor has kept
logs() {
	for log in /run/earlydom/console/*.log; do
		name=${log##*/}
		said "log.${name%.log}" <"$log"
	done
	said report </run/earlydom/earlydom.log
}

# kill_supervisor: ends it and waits until it is gone; the domains go on.
kill_supervisor() {
	killall earlydom
	while pidof earlydom >/dev/null; do
		sleep 0.1
	done
}

# end_supervisor: as if it had never been: it and its domains are ended, its records removed.
end_supervisor() {
	earlydom list --json | sed -n 's/.*"name": "\([^"]*\)", "domid": [0-9].*/\1/p' |
		while read -r name; do
			earlydom destroy "$name"
		done
	kill_supervisor
	rm -rf /run/earlydom
}

# xl_create LABEL CONFIG: as `run LABEL xl create CONFIG`. xl gives its hotplug scripts 40 s
# (LIBXL_HOTPLUG_TIMEOUT) and QEMU 10 s for an answer (LIBXL_QMP_CMD_TIMEOUT; -9 is that it timed out),
# which on a busy emulated machine may not be enough: it may try again.
xl_create() {
	for try in 1 2 3; do
		run "$1" xl create "$2" >/tmp/xl.said
		[ "$code" -ne 0 ] || break
		grep -Eq 'async_exec_timeout|Post DM startup configs failed, rc=-9' /tmp/xl.said || break
		[ "$try" -eq 3 ] || sed 's/^@/@slow./' /tmp/xl.said
	done
	cat /tmp/xl.said
}
