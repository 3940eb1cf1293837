/*
 * The key `channel` together with others. Its reader is read_channels (config_value.h).
 */
#ifndef EARLYDOM_CONFIG_CHANNEL_H
#define EARLYDOM_CONFIG_CHANNEL_H

#include "config_reading.h"

/* QEMU alone serves channels: reports those of a guest with a classic device model. */
void config_check_channels(struct reading *r);

#endif
