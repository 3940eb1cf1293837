/*
 * The device model's side of an ioreq server: Xen's libraries, and nothing about devices.
 *
 * Every function that can fail returns 0, SERVER_FAILED with e set, or SERVER_GONE when the domain
 * is being destroyed, which is no error.
 */
#ifndef EARLYDOM_SERVER_H
#define EARLYDOM_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include <xendevicemodel.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>

#include "base/err.h"
#include "board.h"
#include "request.h"

#define SERVER_FAILED (-1)
#define SERVER_GONE   1

/* Slots in the page of requests: a domain of Xen's can't have more vcpus. */
#define SERVER_VCPUS 128

struct server {
	domid_t domid;
	xendevicemodel_handle *dm;
	xenforeignmemory_handle *memory;
	xenevtchn_handle *evtchn;
	xenforeignmemory_resource_handle *resource;
	bool created;
	ioservid_t id;
	struct ioreq *slots;               /* SERVER_VCPUS, shared with the hypervisor */
	evtchn_port_t ports[SERVER_VCPUS]; /* ours, for each vcpu; 0 for none */
	unsigned vcpus;

	/* A page of the guest's memory that is mapped while a request is served. */
	uint8_t *page;
	xen_pfn_t gfn;
};

/* Opens the libraries. server_close has to be called also when this fails. */
int server_open(struct server *s, domid_t domid, struct err *e);

/* From here on the libraries' handles are good for that domain only. */
int server_restrict(struct server *s, struct err *e);

/* Makes the ioreq server, which takes those ports, and binds the vcpus' event channels. */
int server_start(struct server *s, const struct port_range *ranges, size_t n, struct err *e);

/* To be polled: readable when server_event is to be called. */
int server_fd(const struct server *s);

/*
 * Takes an event. *slot is the request slot that it is for, or NULL when it is nobody's.
 * server_done has to be called for it when its request is answered.
 */
int server_event(struct server *s, struct ioreq **slot, struct err *e);

/* Lets the vcpu of the slot go on. */
int server_done(struct server *s, const struct ioreq *slot, struct err *e);

/* Sets the level of an ISA interrupt. Repeating the level does nothing but tell if the domain is
 * still there. */
int server_irq(struct server *s, uint8_t irq, bool level, struct err *e);

/* Ends the domain; reason is one of xen/sched.h's SHUTDOWN_*. */
int server_shutdown(struct server *s, unsigned reason, struct err *e);

/* struct guest_memory's copy; arg is the server. */
bool server_copy(void *arg, uint64_t gpa, void *buf, size_t n, bool to_guest);

/* Unmaps what server_copy has mapped. */
void server_unmap(struct server *s);

/* Takes back everything; the domain need not be there any more. */
void server_close(struct server *s);

#endif
