/*
 * earlydom keeper, earlydom supervise: what `earlydom boot` leaves behind. Nobody types these.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "builder/device/modules.h"
#include "builder/device/volume.h"
#include "builder/devmodel/devmodel_files.h"
#include "builder/devmodel/devmodel_powers.h"
#include "builder/devmodel/devmodel_process.h"
#include "builder/host/limits.h"
#include "builder/host/own_root.h"
#include "builder/host/rundir.h"
#include "builder/jail/jail.h"
#include "builder/keeper/keeper.h"
#include "builder/keeper/kept.h"
#include "builder/starter/starter.h"
#include "builder/supervise/daemon_start.h"
#include "builder/supervise/daemons.h"
#include "builder/supervise/supervise.h"
#include "builder/supervise/worker.h"
#include "chosen.h"
#include "commands.h"

/* Nobody but `earlydom boot`, the keeper and the supervisor has a socket there. */
static bool was_typed(void)
{
	if (fcntl(KEPT_CHANNEL_FD, F_SETFD, FD_CLOEXEC) == 0)
		return false;
	fprintf(stderr, "earlydom: this command is not to be typed; `earlydom boot` starts all\n");
	return true;
}

/* Each process for itself: locked pages do not outlive an exec. */
static void raise_limits(const char *who)
{
	struct err e;

	if (limits_raise(&e) < 0)
		fprintf(stderr, "earlydom: the %s %s\n", who, e.msg);
}

int command_keeper(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (was_typed())
		return EXIT_USAGE;
	raise_limits("keeper");
	return keeper_run(KEPT_CHANNEL_FD);
}

/* The vcpus that dom0, or taskset, lets this process run on. */
static unsigned usable_vcpus(void)
{
	cpu_set_t set;

	return sched_getaffinity(0, sizeof(set), &set) < 0 ? 1 : (unsigned)CPU_COUNT(&set);
}

static uint64_t memory_mib(void)
{
	struct sysinfo info;

	return sysinfo(&info) < 0 ? 0 : ((uint64_t)info.totalram * info.mem_unit) >> 20;
}

#define STARTER_WORD "starter"

/* All that the starter does. */
static const struct starter_verb *const verbs[] = {
	&jail_verb,           &keeper_verb,         &own_root_verb,         &modules_verb,
	&volume_verb,         &devmodel_files_verb, &devmodel_process_verb, &devmodel_run_verb,
	&model_restrict_verb, &daemon_verb,         &daemons_log_verb,
};

static int run_supervisor(const struct chosen *c, struct kept *kept, const struct starter *starter,
			  const char *began, struct err *e)
{
	struct own_root own_root = {.dir = kept_take(kept, KEPT_ROOT)};
	const struct supervise_options o = {
		.dom0 = &c->cmdline.dom0,
		.rundir = RUNDIR,
		.own_root = own_root.dir < 0 ? NULL : &own_root,
		.starter = starter,
		.store = c->cmdline.store_off  ? STORE_NEVER
			 : c->cmdline.store_on ? STORE_ALWAYS
					       : STORE_IF_THERE,
		.bridges = c->cmdline.bridges,
		.nr_bridges = c->cmdline.nr_bridges,
		.workers = worker_number(usable_vcpus(), memory_mib(), c->selection.n),
		.verbose = c->in.verbose,
		.paused = c->in.paused,
		.echo = c->cmdline.echo,
		.bounded = true,
		.wait_s = cmdline_wait_s(&c->cmdline),
		.others = c->selection.others,
		.nr_others = c->selection.nr_others,
		.status_fd = kept_take(kept, PROCESS_STATUS),
		.kept = kept,
		.adopt = true, /* `earlydom boot` removes what does not count */
		.began = began,
	};

	return supervise(c->selection.guests, c->selection.n, c->selection.bad, &o, e);
}

/* The starter is a copy of this process, which people and scripts know by its words: while it is
 * forked they are its own. argv[0] stays, for systemd. */
static int begin_starter(struct starter *s, char *word, struct err *e)
{
	char own[32];
	const size_t len = word ? strlen(word) : 0;
	int rc;

	if (len < strlen(STARTER_WORD) || len >= sizeof(own))
		return starter_begin(s, verbs, sizeof(verbs) / sizeof(verbs[0]), e);
	memcpy(own, word, len);
	memset(word, 0, len);
	memcpy(word, STARTER_WORD, strlen(STARTER_WORD));
	rc = starter_begin(s, verbs, sizeof(verbs) / sizeof(verbs[0]), e);
	memcpy(word, own, len);
	return rc;
}

/* It may be told to end from its first moment on: supervise() takes what has come by then.
 * Otherwise its end would be one that the keeper takes for a fault. */
static void hold_end(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

int command_supervise(int argc, char **argv)
{
	static char why[KEPT_TEXT_MAX + 1];
	struct chosen chosen = {0};
	struct starter starter;
	struct kept kept;
	struct err e;
	int inputs, rc = -1;

	if (was_typed())
		return EXIT_USAGE;
	hold_end();
	prctl(PR_SET_NAME, "earlydom");
	kept_init(&kept, -1);
	/* First, while there is least to be copied, then and by each fork of the starter's. */
	if (begin_starter(&starter, argc ? argv[0] : NULL, &e) == 0)
		raise_limits("supervisor");
	if (starter.fd >= 0 && kept_receive_all(&kept, KEPT_CHANNEL_FD, why, &e) == 0) {
		kept.channel = KEPT_CHANNEL_FD;
		inputs = kept_take(&kept, PROCESS_INPUTS);
		/* The program stays open for a keeper that has to be started again. */
		kept_take(&kept, KEPT_PROGRAM);
		kept_take(&kept, KEPT_KEEPER);
		if (inputs < 0)
			err_set(&e, "it was given no guests");
		else if (chosen_kept(&chosen, inputs, &e) == 0)
			rc = run_supervisor(&chosen, &kept, &starter, why, &e);
	}
	if (rc < 0)
		fprintf(stderr, "earlydom: %s\n", e.msg);
	chosen_free(&chosen);
	kept_free(&kept);
	starter_close(&starter);
	return rc < 0 ? EXIT_FAILED : EXIT_OK;
}
