# The Debian archive that this machine's apt uses, and apt with a state of its own, for the scripts
# beside this file. They have sourced lib.sh; `build` is the directory whose apt/ has the state.
# shellcheck shell=sh
: "${me:?}" "${build:?}"

apt_sources='/etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources'

# Another release of Debian than this machine's, by its codename, that the archive has, too.
: "${suite:=}"

# debian_entries TYPE: the machine's apt sources of the Debian archive, as deb822 entries of that
# type, for $suite where it is set. An entry counts as Debian's when its suite is this release (or its
# updates or security), it has the component main, and the path of its URI says debian; other archives
# have some of these.
debian_entries() {
	type=$1
	codename=$(sed -n 's/^VERSION_CODENAME="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' /etc/os-release)
	set --
	for file in $apt_sources; do
		[ ! -f "$file" ] || set -- "$@" "$file"
	done
	awk -v type="$type" -v codename="${codename:-none}" -v other="$suite" '
		function word_in(word, list,    n, i, w) {
			n = split(list, w)
			for (i = 1; i <= n; i++)
				if (w[i] == word)
					return 1
			return 0
		}
		function entry(uri, suite, options) {
			if (uri !~ /\/debian(-security)?([\/.]|$)/ || (uri, suite) in seen)
				return
			if (suite !~ "^" codename "(-updates|-security|/updates)?$")
				return
			seen[uri, suite] = 1
			if (other)
				sub("^" codename, other, suite)
			printf "Types: %s\nURIs: %s\nSuites: %s\n", type, uri, suite
			printf "Components: main\n%s\n", options
		}
		function stanza(    n, i, m, j, uris, suites) {
			if (!word_in("deb", f["types"]) || !word_in("main", f["components"]) ||
			    f["enabled"] ~ /^ *no/)
				split("", f)
			n = split(f["uris"], uris)
			m = split(f["suites"], suites)
			for (i = 1; i <= n; i++)
				for (j = 1; j <= m; j++)
					entry(uris[i], suites[j], kept)
			split("", f)
			kept = field = ""
		}
		function one_line(    line, kept, n, i, o) {
			line = $0
			if (match(line, /\[[^]]*\]/)) {
				n = split(substr(line, RSTART + 1, RLENGTH - 2), o)
				for (i = 1; i <= n; i++)
					if (o[i] ~ /^(signed-by|trusted|check-valid-until)=/ &&
					    sub(/=/, ": ", o[i]))
						kept = kept o[i] "\n"
				sub(/\[[^]]*\]/, "", line)
			}
			sub(/#.*/, "", line)
			n = split(line, o)
			for (i = 4; i <= n; i++)
				if (o[1] == "deb" && o[i] == "main")
					entry(o[2], o[3], kept)
		}

		FNR == 1 { stanza() }
		FILENAME ~ /\.list$/ { one_line(); next }
		/^#/ { next }
		/^[ \t]*$/ { stanza(); next }
		/^[ \t]/ {
			f[field] = f[field] $0
			if (field ~ keep)
				kept = kept $0 "\n"
			next
		}
		{
			field = tolower($0)
			sub(/:.*/, "", field)
			f[field] = $0
			sub(/^[^:]*:/, "", f[field])
			if (field ~ keep)
				kept = kept $0 "\n"
		}
		BEGIN { keep = "^(signed-by|trusted|check-valid-until)$" }
		END { stanza() }
	' "$@" /dev/null
}

# apt_transport: how the machine's apt gets at archives, as lines of apt.conf: its proxies and the
# like, but not its hooks.
apt_transport() {
	apt-config dump --format '%F "%v";%n' Acquire::http Acquire::https Acquire::Retries
}

# with_apt COMMAND ARGUMENT...: apt-get or apt-cache on the private state; its stderr is kept for
# apt_failed.
with_apt() {
	APT_CONFIG=$build/apt/apt.conf LC_ALL=C "$@" 2>"$build/apt/stderr"
}

# apt_failed MESSAGE: stop, with apt's own first complaint after MESSAGE.
apt_failed() {
	why=$(sed -n 's/^E: *//p' "$build/apt/stderr" | head -n 1)
	die "$1: ${why:-see $build/apt/stderr}"
}

# apt_update TYPE [ARCHITECTURE]: get the lists of source (deb-src) or binary (deb) packages. Of another
# architecture than amd64 only those of the release itself, without updates.
apt_update() {
	architecture=${2:-amd64}
	need apt-get apt-cache apt-config
	mkdir -p "$build/apt/lists/partial" "$build/apt/cache/archives/partial"
	mkdir -p "$build/apt/sources.d"
	: >"$build/apt/status"
	debian_entries "$1" | if [ "$architecture" = amd64 ]; then
		cat
	else
		awk 'BEGIN { RS = ""; ORS = "\n\n" } !/Suites: [^\n]*[-\/]/'
	fi >"$build/apt/sources.d/debian.sources"
	[ -s "$build/apt/sources.d/debian.sources" ] ||
		die "no entry for this Debian release's component main in $apt_sources"
	{
		apt_transport
		cat <<-END
			Dir::State "$build/apt";
			Dir::State::status "$build/apt/status";
			Dir::Cache "$build/apt/cache";
			Dir::Etc::Main "/dev/null";
			Dir::Etc::Parts "/dev/null";
			Dir::Etc::SourceList "/dev/null";
			Dir::Etc::SourceParts "$build/apt/sources.d";
			Dir::Etc::Preferences "/dev/null";
			Dir::Etc::PreferencesParts "/dev/null";
			Acquire::Languages "none";
			APT::Architecture "$architecture";
			APT::Architectures "$architecture";
			APT::Sandbox::User "root";
		END
	} >"$build/apt/apt.conf"
	note "reading the archive's lists of packages ($1)"
	with_apt apt-get -qq update --error-on=any ||
		apt_failed "cannot read the Debian archive's lists"
}
