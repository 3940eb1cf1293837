/*
 * Readers of the keys that reach the hypervisor (struct domain_options), for the table in
 * config_keys.c; the contract is in config_value.h. Where nothing else is said, all is as in xl and
 * libxl.
 */
#ifndef EARLYDOM_CONFIG_DOMAIN_VALUE_H
#define EARLYDOM_CONFIG_DOMAIN_VALUE_H

#include "builder/guest/guest_config.h"
#include "config_key.h"

key_reader read_given_bool;   /* enum given_bool */
key_reader read_given_number; /* struct given_number, within min and max, which fit into 32 bits */
key_reader read_mode; /* unsigned: the index in words, from a word or its number; 0 is words[min] */
key_reader read_action;   /* enum guest_action */
key_reader read_cpuid;    /* struct cpuid_spec * */
key_reader read_viridian; /* bool; a list goes to struct domain_options's viridian */
key_reader read_mca_caps; /* bool: it has "lmce" */
key_reader read_vmtrace;  /* unsigned, in KiB */
key_reader read_ioports;  /* struct ioports */
key_reader read_irqs;     /* struct irqs */
key_reader read_iomem;    /* struct iomem */

/* Checks for struct key's check. */
int check_ioport(const char *text, struct err *e);
int check_irq(const char *text, struct err *e);
int check_iomem(const char *text, struct err *e);

void domain_options_free(struct domain_options *o);

#endif
