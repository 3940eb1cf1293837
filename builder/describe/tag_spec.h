/*
 * The tags by which a disk's target can name a block device: UUID=, LABEL= (of what is on it),
 * PARTUUID=, PARTLABEL= (of a partition). They are this program's own: xl takes such a target for a
 * path. device/tag.h finds the device that has a tag.
 */
#ifndef EARLYDOM_TAG_SPEC_H
#define EARLYDOM_TAG_SPEC_H

#include <stdbool.h>

enum tag_kind { TAG_UUID, TAG_LABEL, TAG_PARTUUID, TAG_PARTLABEL, NR_TAGS };

/* Splits a text that begins with one of these words; false for any other. *value is the rest of it.
 */
bool tag_parse(const char *text, enum tag_kind *kind, const char **value);

/* What is behind the '=' of such a text, or NULL for any other. */
const char *tag_value(const char *text);

#endif
