/*
 * Device models, played by the test's own program: one whose name begins with '@' has been started
 * as a model, and does what the config of a classic one says, or the last argument of a QEMU, whose
 * input is at its end from the start:
 *
 *     echo      is ready, and gives back what it reads; ends with its reader
 *     root      a QEMU that gives up root, and is ready then
 *     mute      says that it waits, and never that it is ready
 *     says      ends with a word, status   without one, signal   by one
 *     dies      ends a while after it was ready
 *     stubborn  does not end when it is asked to
 *     flood     writes its log for ever
 *     child     ends, and leaves a process behind that is not ready
 *     runs      ends, and says by its status which it could: 1 run another program, 2 fork
 */
#ifndef EARLYDOM_FAKE_MODELS_H
#define EARLYDOM_FAKE_MODELS_H

int fake_model(int argc, char **argv);

#endif
