/*
 * The commands of earlydom(8). Each takes what follows its name and returns the exit status.
 */
#ifndef EARLYDOM_COMMANDS_H
#define EARLYDOM_COMMANDS_H

/* Exit status: all well, something failed, wrong usage. */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

/* The root of the /sys, /dev and /proc in which disks and PCI devices are looked for; the tests
 * have one of their own. */
#ifndef DISKS_SYSROOT
#define DISKS_SYSROOT ""
#endif

/* argv[0] is the command's name, and argv[-1] the program's own argv[0]. */
int command_boot(int argc, char **argv);
int command_check(int argc, char **argv);
int command_inspect(int argc, char **argv);
int command_disks(int argc, char **argv);
int command_devices(int argc, char **argv);
int command_hide(int argc, char **argv);
int command_list(int argc, char **argv);
int command_report(int argc, char **argv);
int command_console(int argc, char **argv);
int command_start(int argc, char **argv);
int command_restart(int argc, char **argv);
int command_stop(int argc, char **argv);
int command_destroy(int argc, char **argv);
int command_release(int argc, char **argv);
int command_media(int argc, char **argv);
int command_handover(int argc, char **argv);
int command_upgrade(int argc, char **argv);

/* The processes that boot leaves behind (process.h). */
int command_keeper(int argc, char **argv);
int command_supervise(int argc, char **argv);

/* Says how the command is used: on stderr, returning EXIT_USAGE, or, asked for help, on stdout,
 * returning EXIT_OK. */
int command_usage(const char *text);
int command_help(const char *text);

#endif
