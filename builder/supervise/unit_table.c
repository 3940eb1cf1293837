#include "unit_table.h"

#include "base/clock.h"
#include "unit_save.h"

/* A cell: on this event the act is done, then the unit goes to the state, or (STAY) stays in its
 * own. */
#define ON(event, act, state) [EVENT_##event] = {act, #act, UNIT_##state}
#define STAY(event, act)      [EVENT_##event] = {act, #act, UNIT_STATES}
/* The event can't happen in that state: a domain can't end before there is one. */
#define NEVER(event) STAY(event, act_never)

/* Everything that can happen to a guest, in every state. */
static const struct unit_cell table[UNIT_STATES][UNIT_EVENTS] =
	{
		/* clang-format off */
	[UNIT_WAITING] = {
		ON(BUILDABLE,   act_none,               STARTING),
		STAY(HOPELESS,  act_judge_failure),
		ON(TRY_AGAIN,   act_retry_plan,         RETRYING),
		ON(GIVE_UP,     act_give_up_plan,       FAILED),
		STAY(STORE_GONE, act_none),
		STAY(ASK_START, act_none),
		ON(ASK_STOP,    act_not_started,        ENDED),
		ON(ASK_DESTROY, act_not_started,        ENDED),
		STAY(ASK_RELEASE, refuse_not_yet),
		NEVER(RUNNABLE), NEVER(UP), NEVER(DUE), NEVER(LATE), NEVER(BUILT),
		NEVER(DESTROYED), NEVER(JOB_FAILED), NEVER(JOB_STUCK), NEVER(GONE),
		NEVER(GONE_PARTLY), NEVER(SHUT_DOWN), NEVER(MODEL_ENDED), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_STARTING] = {
		ON(BUILT,       act_connect,            CONNECTING),
		STAY(JOB_FAILED, act_judge_failure),
		ON(JOB_STUCK,   act_say_failed,         STUCK),
		ON(END_PUT_OFF, act_put_end_off,        RUNNING),
		ON(TRY_AGAIN,   act_retry,              RETRYING),
		ON(GIVE_UP,     act_give_up,            FAILED),
		STAY(STORE_GONE, act_none),
		STAY(ASK_START, act_none),
		ON(ASK_STOP,    act_none,               CANCELLED),
		ON(ASK_DESTROY, act_none,               CANCELLED),
		STAY(ASK_RELEASE, refuse_not_yet),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(DESTROYED), NEVER(GONE), NEVER(GONE_PARTLY),
		NEVER(SHUT_DOWN), NEVER(MODEL_ENDED), NEVER(RESTART), NEVER(DESTROY),
		NEVER(PRESERVE), NEVER(TOO_OFTEN), NEVER(STOP_PUT_OFF),
	},
	[UNIT_CANCELLED] = {
		ON(BUILT,       act_destroy_built,      ENDING),
		ON(JOB_FAILED,  act_say_failed,         FAILED),
		ON(JOB_STUCK,   act_say_failed,         STUCK),
		STAY(STORE_GONE, act_none),
		STAY(ASK_START, refuse_ending),
		STAY(ASK_STOP,  act_none),
		STAY(ASK_DESTROY, act_none),
		STAY(ASK_RELEASE, refuse_not_yet),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(DESTROYED), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(GONE),
		NEVER(GONE_PARTLY), NEVER(SHUT_DOWN), NEVER(MODEL_ENDED), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_CONNECTING] = {
		ON(RUNNABLE,    act_run,                RUNNING),
		ON(HOPELESS,    act_undo,               FAILING),
		ON(GONE,        act_lose_all,           ENDED),
		ON(GONE_PARTLY, act_lose,               ENDING),
		STAY(SHUT_DOWN, act_judge),
		ON(STORE_GONE,  act_undo,               FAILING),
		ON(RESTART,     act_restart,            STARTING),
		ON(DESTROY,     act_say_destroyed,      ENDING),
		ON(PRESERVE,    act_say_preserved,      PRESERVED),
		ON(TOO_OFTEN,   act_say_too_often,      FAILING),
		STAY(ASK_START, act_none),
		ON(ASK_STOP,    act_destroy_requested,  ENDING),
		ON(ASK_DESTROY, act_destroy_requested,  ENDING),
		STAY(ASK_RELEASE, refuse_not_yet),
		NEVER(BUILDABLE), NEVER(UP), NEVER(DUE), NEVER(LATE), NEVER(BUILT),
		NEVER(DESTROYED), NEVER(JOB_FAILED), NEVER(JOB_STUCK), NEVER(TRY_AGAIN),
		NEVER(GIVE_UP), NEVER(MODEL_ENDED),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_RUNNING] = {
		STAY(UP,        act_up),
		STAY(LATE,      act_late),
		ON(GONE,        act_lose_all,           ENDED),
		ON(GONE_PARTLY, act_lose,               ENDING),
		STAY(SHUT_DOWN, act_judge),
		STAY(MODEL_ENDED, act_crash),
		STAY(STORE_GONE, act_store_gone),
		ON(RESTART,     act_restart,            STARTING),
		ON(DESTROY,     act_say_destroyed,      ENDING),
		ON(PRESERVE,    act_say_preserved,      PRESERVED),
		ON(TOO_OFTEN,   act_say_too_often,      FAILING),
		STAY(ASK_START, refuse_running),
		ON(ASK_STOP,    act_ask_to_stop,        STOPPING),
		ON(ASK_DESTROY, act_destroy_requested,  ENDING),
		ON(ASK_RELEASE, act_release,            RELEASED),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(DUE), NEVER(BUILT),
		NEVER(DESTROYED), NEVER(JOB_FAILED), NEVER(JOB_STUCK), NEVER(TRY_AGAIN),
		NEVER(GIVE_UP),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_RETRYING] = {
		ON(DUE,         act_try,                WAITING),
		STAY(STORE_GONE, act_none),
		ON(ASK_START,   act_try,                WAITING),
		ON(ASK_STOP,    act_not_tried,          ENDED),
		ON(ASK_DESTROY, act_not_tried,          ENDED),
		STAY(ASK_RELEASE, refuse_not_yet),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(LATE),
		NEVER(BUILT), NEVER(DESTROYED), NEVER(JOB_FAILED), NEVER(JOB_STUCK),
		NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(GONE), NEVER(GONE_PARTLY),
		NEVER(SHUT_DOWN), NEVER(MODEL_ENDED), NEVER(RESTART), NEVER(DESTROY),
		NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_STOPPING] = {
		ON(GONE,        act_lose_all,           ENDED),
		ON(GONE_PARTLY, act_lose,               ENDING),
		STAY(SHUT_DOWN, act_judge_stopped),
		STAY(MODEL_ENDED, act_crash),
		STAY(STORE_GONE, act_store_gone),
		ON(DESTROY,     act_say_destroyed,      ENDING),
		ON(PRESERVE,    act_say_preserved,      PRESERVED),
		STAY(ASK_START, refuse_running),
		STAY(ASK_STOP,  act_ask_to_stop),
		ON(ASK_DESTROY, act_destroy_requested,  ENDING),
		ON(ASK_RELEASE, act_release,            RELEASED),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(DESTROYED), NEVER(JOB_FAILED),
		NEVER(JOB_STUCK), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(RESTART),
		NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_ENDING] = {
		ON(DESTROYED,   act_none,               ENDED),
		ON(JOB_FAILED,  act_say_failed,         FAILED),
		ON(JOB_STUCK,   act_say_failed,         STUCK),
		ON(END_PUT_OFF, act_put_end_off,        RUNNING),
		ON(STOP_PUT_OFF, act_put_end_off,       STOPPING),
		STAY(STORE_GONE, act_none),
		STAY(ASK_START, refuse_ending),
		STAY(ASK_STOP,  act_none),
		STAY(ASK_DESTROY, act_none),
		STAY(ASK_RELEASE, refuse_not_yet),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(GONE),
		NEVER(GONE_PARTLY), NEVER(SHUT_DOWN), NEVER(MODEL_ENDED), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
	},
	[UNIT_FAILING] = {
		STAY(DESTROYED, act_judge_undone),
		STAY(JOB_FAILED, act_judge_gone),
		ON(JOB_STUCK,   act_say_failed,         STUCK),
		ON(TRY_AGAIN,   act_retry_undone,       RETRYING),
		ON(GIVE_UP,     act_none,               FAILED),
		STAY(STORE_GONE, act_none),
		STAY(ASK_START, refuse_ending),
		STAY(ASK_STOP,  act_no_retry),
		STAY(ASK_DESTROY, act_no_retry),
		STAY(ASK_RELEASE, refuse_not_yet),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(GONE), NEVER(GONE_PARTLY), NEVER(SHUT_DOWN),
		NEVER(MODEL_ENDED), NEVER(RESTART), NEVER(DESTROY), NEVER(PRESERVE),
		NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_ENDED] = {
		STAY(STORE_GONE, act_none),
		ON(ASK_START,   act_start,              WAITING),
		STAY(ASK_STOP,  refuse_no_domain),
		STAY(ASK_DESTROY, refuse_no_domain),
		STAY(ASK_RELEASE, refuse_no_domain),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(DESTROYED), NEVER(JOB_FAILED),
		NEVER(JOB_STUCK), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(GONE),
		NEVER(GONE_PARTLY), NEVER(SHUT_DOWN), NEVER(MODEL_ENDED), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_PRESERVED] = {
		ON(GONE,        act_lose_all,           ENDED),
		ON(GONE_PARTLY, act_lose,               ENDING),
		STAY(SHUT_DOWN, act_none),
		STAY(MODEL_ENDED, act_none),
		STAY(STORE_GONE, act_store_gone),
		STAY(ASK_START, refuse_domain_left),
		STAY(ASK_STOP,  refuse_no_domain),
		ON(ASK_DESTROY, act_destroy_requested,  ENDING),
		ON(ASK_RELEASE, act_release,            RELEASED),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(DESTROYED), NEVER(JOB_FAILED),
		NEVER(JOB_STUCK), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_FAILED] = {
		STAY(STORE_GONE, act_none),
		ON(ASK_START,   act_start,              WAITING),
		STAY(ASK_STOP,  refuse_no_domain),
		STAY(ASK_DESTROY, refuse_no_domain),
		STAY(ASK_RELEASE, refuse_no_domain),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(DESTROYED), NEVER(JOB_FAILED),
		NEVER(JOB_STUCK), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(GONE),
		NEVER(GONE_PARTLY), NEVER(SHUT_DOWN), NEVER(MODEL_ENDED), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_STUCK] = {
		ON(GONE,        act_lose_all,           ENDED),
		ON(GONE_PARTLY, act_lose,               ENDING),
		STAY(SHUT_DOWN, act_none),
		STAY(MODEL_ENDED, act_none),
		STAY(STORE_GONE, act_store_gone),
		STAY(ASK_START, refuse_domain_left),
		ON(ASK_STOP,    act_destroy_requested,  ENDING),
		ON(ASK_DESTROY, act_destroy_requested,  ENDING),
		ON(ASK_RELEASE, act_release,            RELEASED),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(DESTROYED), NEVER(JOB_FAILED),
		NEVER(JOB_STUCK), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
	[UNIT_RELEASED] = {
		ON(GONE,        act_lose_all,           ENDED),
		ON(GONE_PARTLY, act_lose_given,         ENDING),
		STAY(SHUT_DOWN, act_none),
		STAY(MODEL_ENDED, act_none),
		STAY(STORE_GONE, act_store_gone),
		STAY(ASK_START, refuse_released),
		STAY(ASK_STOP,  refuse_released),
		STAY(ASK_DESTROY, refuse_released),
		STAY(ASK_RELEASE, refuse_released_twice),
		NEVER(BUILDABLE), NEVER(RUNNABLE), NEVER(HOPELESS), NEVER(UP), NEVER(DUE),
		NEVER(LATE), NEVER(BUILT), NEVER(DESTROYED), NEVER(JOB_FAILED),
		NEVER(JOB_STUCK), NEVER(TRY_AGAIN), NEVER(GIVE_UP), NEVER(RESTART),
		NEVER(DESTROY), NEVER(PRESERVE), NEVER(TOO_OFTEN),
		NEVER(END_PUT_OFF), NEVER(STOP_PUT_OFF),
	},
		/* clang-format on */
};

const struct unit_cell *unit_cell(enum unit_state state, enum unit_event event)
{
	return &table[state][event];
}

const char *unit_event_name(enum unit_event event)
{
	static const char *const names[UNIT_EVENTS] = {
		[EVENT_NONE] = "none",
		[EVENT_BUILDABLE] = "buildable",
		[EVENT_RUNNABLE] = "runnable",
		[EVENT_HOPELESS] = "hopeless",
		[EVENT_UP] = "up",
		[EVENT_DUE] = "due",
		[EVENT_LATE] = "late",
		[EVENT_BUILT] = "built",
		[EVENT_DESTROYED] = "destroyed",
		[EVENT_JOB_FAILED] = "job failed",
		[EVENT_JOB_STUCK] = "job stuck",
		[EVENT_END_PUT_OFF] = "end put off",
		[EVENT_STOP_PUT_OFF] = "stop put off",
		[EVENT_TRY_AGAIN] = "try again",
		[EVENT_GIVE_UP] = "give up",
		[EVENT_GONE] = "gone",
		[EVENT_GONE_PARTLY] = "gone partly",
		[EVENT_SHUT_DOWN] = "shut down",
		[EVENT_MODEL_ENDED] = "model ended",
		[EVENT_STORE_GONE] = "store gone",
		[EVENT_RESTART] = "restart",
		[EVENT_DESTROY] = "destroy",
		[EVENT_PRESERVE] = "preserve",
		[EVENT_TOO_OFTEN] = "too often",
		[EVENT_ASK_START] = "ask start",
		[EVENT_ASK_STOP] = "ask stop",
		[EVENT_ASK_DESTROY] = "ask destroy",
		[EVENT_ASK_RELEASE] = "ask release",
	};

	return names[event];
}

/* Whether a command has to wait for the errand that the guest is lent to: in a state that it
 * changes.
 */
static bool must_wait(const struct unit *u, enum unit_event event)
{
	const bool command = event == EVENT_ASK_START || event == EVENT_ASK_STOP ||
			     event == EVENT_ASK_DESTROY || event == EVENT_ASK_RELEASE;

	return command && unit_lent(u) && unit_cell(u->state, event)->next != UNIT_STATES;
}

int unit_event(struct units *all, struct unit *u, enum unit_event event, uint64_t now,
	       struct err *e)
{
	const struct happening h = {.all = all, .u = u, .now = now, .e = e};
	int next = event;

	if (must_wait(u, event)) {
		u->asked = event;
		unit_save_state(all, u);
		return 0;
	}
	while (next != EVENT_NONE) {
		const struct unit_cell *cell = &table[u->state][next];

		next = cell->act(&h);
		if (next < 0)
			return -1;
		if (cell->next != UNIT_STATES)
			unit_enter(all, u, cell->next);
	}
	return 0;
}

bool unit_event_waited(struct units *all, struct unit *u)
{
	const enum unit_event command = (enum unit_event)u->asked;
	struct err e;

	if (command == EVENT_NONE)
		return false;
	u->asked = EVENT_NONE;
	if (unit_event(all, u, command, clock_ns(), &e) < 0) {
		report_line(all->report, "%s: %s", unit_name(u), e.msg);
		unit_refuse(u, e.msg);
	}
	unit_save_state(all, u);
	return true;
}
