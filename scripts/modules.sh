# Kernel modules for images: which ones, in which order, unpacked. Sourced after lib.sh.
# shellcheck shell=sh

# module_files MODULEDIR NAMES: from the kernel's modules.dep and modules.builtin, one line for each
# module to load, in load order: its file, relative to MODULEDIR. Lines `- NAME` are modules that the
# kernel does not have. modprobe is not asked: this machine's /etc/modprobe.d is not the kernel's.
module_files() {
	[ -d "$1" ] || die "no module directory $1"
	[ -r "$1/modules.dep" ] || die "no $1/modules.dep (depmod makes it)"
	module_names=$2
	set -- "$1/modules.builtin" "$1/modules.dep"
	[ -r "$1" ] || shift
	awk -v names="$module_names" '
		function module(path) {
			sub(/.*\//, "", path)
			sub(/\.ko(\.[a-z0-9]+)?$/, "", path)
			gsub(/-/, "_", path)
			return path
		}
		FILENAME ~ /modules\.builtin$/ { builtin[module($1)] = 1; next }
		{
			sub(/:$/, "", $1)
			file[module($1)] = $1
			for (i = NF; i > 1; i--)
				needs[$1] = needs[$1] " " $i
		}
		END {
			n = split(names, name, " ")
			for (i = 1; i <= n; i++) {
				m = module(name[i])
				if (!(m in file)) {
					if (!(m in builtin))
						print "- " name[i]
					continue
				}
				k = split(needs[file[m]] " " file[m], list, " ")
				for (j = 1; j <= k; j++)
					if (!seen[list[j]]++)
						print list[j]
			}
		}' "$@"
}

# module_name FILE: the name of the module that a file of module_files has.
module_name() {
	module_base=${1##*/}
	printf '%s\n' "${module_base%.ko*}"
}

# unpack_module MODULEDIR FILE OUT: busybox loads modules that are not packed.
unpack_module() {
	case $2 in
	*.ko) unpack='cat' ;;
	*.ko.gz) unpack='gzip -dc' ;;
	*.ko.xz) unpack='xz -dc' ;;
	*.ko.zst) unpack='zstd -qdc' ;;
	*) die "module $1/$2 is packed in a way that is not known here" ;;
	esac
	need "${unpack%% *}"
	$unpack <"$1/$2" >"$3" || die "module $1/$2 cannot be read"
}
