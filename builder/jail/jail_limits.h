/* The bounds of a job's time. Those of its memory are in its row of jobs.c. */
#ifndef EARLYDOM_JAIL_LIMITS_H
#define EARLYDOM_JAIL_LIMITS_H

/* Seconds of the processor's time, and of the clock's: what is unpacked takes a second or two, and
 * twenty on an emulated machine with other work. */
#ifndef JAIL_CPU_S
#define JAIL_CPU_S 60
#endif
#ifndef JAIL_CLOCK_S
#define JAIL_CLOCK_S 300
#endif
/* How long one that is killed may take to end. */
#define JAIL_KILL_S 5

#endif
