/*
 * From a parsed value to a field of struct guest_config: one reader per type, for the table of keys
 * in config_keys.c. A reader checks type and range and reports what is wrong as
 *
 *     KEY = VALUE: CAUSE
 *
 * at the value's place. It frees nothing of the value.
 */
#ifndef EARLYDOM_CONFIG_VALUE_H
#define EARLYDOM_CONFIG_VALUE_H

#include "builder/guest/guest_config.h"
#include "config_key.h"

key_reader read_unsigned;  /* unsigned */
key_reader read_mib;       /* uint64_t, in KiB; min and max are in MiB */
key_reader read_retries;   /* unsigned: a number, or "unlimited" (RETRIES_UNLIMITED) */
key_reader read_bool;      /* bool: an integer, 0 or not */
key_reader read_off;       /* bool: an integer; true for 0 */
key_reader read_string;    /* char * */
key_reader read_lines;     /* char *: the same, and may have line breaks */
key_reader read_word;      /* unsigned: the index in words */
key_reader read_word_text; /* char *: the word itself, as it is given */
key_reader read_image;     /* char *: as read_word_text, with the words from the image types */
key_reader read_strings;   /* struct strings */
key_reader read_uuid;      /* uint8_t[16] */
key_reader read_disks;     /* struct guest_config's disks, and nr_disks with it */
key_reader read_vifs;      /* struct guest_config's vifs, and nr_vifs with it */
key_reader read_vfbs;      /* struct guest_config's vfbs, and nr_vfbs with it */
key_reader read_vkbs;      /* struct guest_config's vkbs, and nr_vkbs with it */
key_reader read_channels;  /* struct guest_config's channels, and nr_channels with it */
key_reader read_pcis;      /* struct guest_config's pcis, and nr_pcis with it */
key_reader read_rdm;       /* struct rdm */
key_reader read_usbctrls;  /* struct guest_config's usbctrls, and nr_usbctrls with it */
key_reader read_usbdevs;   /* struct guest_config's usbdevs, and nr_usbdevs with it */

/* Checks for struct key's check. */
int check_name(const char *text, struct err *e); /* of a guest */
int check_profile(const char *text, struct err *e);
int check_filled(const char *text, struct err *e);   /* not empty */
int check_one_word(const char *text, struct err *e); /* not empty, no blanks */
int check_boot(const char *text, struct err *e);     /* letters of QEMU's -boot order= */
int check_disk(const char *text, struct err *e);     /* right, and one that can be served */
int check_vif(const char *text, struct err *e);
int check_ready(const char *text, struct err *e); /* a node below the guest's path in the store */

/* v as a message shows it, cut where it is long. Returns buf. */
#define SHOW_MAX 80
const char *value_show(const struct value *v, char buf[SHOW_MAX]);

/* The same for the value of that key, or of an entry of it: one in which there may be a password is
 * not shown. */
const char *value_show_of(const char *key, const struct value *v, char buf[SHOW_MAX]);

/* For readers of lists, which return what these return: -1, and say that there is no memory, or
 * what is wrong with entry i of the key, without showing it, since there may be a password in it.
 */
int value_no_memory(const struct value *v, struct diag *d);
int value_wrong_entry(const struct key *k, const struct value *v, size_t i, const struct err *e,
		      struct diag *d);

/* Reads at most max strings, as read_strings does. */
int read_texts(const struct key *k, const struct value *v, size_t max, struct strings *out,
	       struct diag *d);

/* The struct guest_config that has `field` as its field of that key. */
struct guest_config *config_of(const struct key *k, void *field);

/* The i-th string of a list, or a value that stands for a list with itself alone. */
const struct value *value_entry(const struct value *v, size_t i);

/* Whether the len bytes of text have the form of a name, of a guest or a profile: at most
 * CONFIG_NAME_MAX letters, digits, '_', '.', '-' and '+', the last three not in front. */
bool config_is_name(const char *text, size_t len);

/* True for a name that a guest may have: of that form, and not a reserved word. */
bool config_name_ok(const char *name);

void strings_free(struct strings *s);

#endif
