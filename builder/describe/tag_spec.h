/*
 * The tags by which a disk's target can name a block device: UUID=, LABEL= (of what is on it),
 * PARTUUID=, PARTLABEL= (of a partition). They are this program's own: xl takes such a target for a
 * path. device/tag.h finds the device that has a tag.
 *
 * With a path behind it, LABEL=data:/images/web.qcow2, a tag names a file system and an image file
 * on it (device/volume.h). The first ":/" divides the two.
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

/* The path of the file on the file system that such a text names, which begins with '/'; NULL where
 * the text names a device. The tag is what is in front of the ':' before it. */
const char *tag_file(const char *text);

/* Whether it can be the path of a file on a file system of its own: it names something, ends in no
 * slash, and has no ".." in it. */
bool tag_file_is_good(const char *path);

#endif
