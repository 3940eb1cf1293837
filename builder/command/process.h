/*
 * The processes that `earlydom boot` leaves behind, as programs of their own: what they are given
 * beside what keeper.h says.
 */
#ifndef EARLYDOM_PROCESS_H
#define EARLYDOM_PROCESS_H

#define PROCESS_INPUTS "inputs" /* inputs.h */
#define PROCESS_STATUS "status" /* supervise_options.h, status_fd */

#endif
