/*
 * The users of device models: each domain's is one of its own, and so is its group.
 *
 * 65536 to 98303: above what Debian's policy (9.2.2) and systemd give to anybody, below the 100000
 * where useradd begins with the subordinate users of containers. Domids are below 32752.
 */
#ifndef EARLYDOM_MODEL_UID_H
#define EARLYDOM_MODEL_UID_H

#define MODEL_UID_BASE 65536u /* and the domid */

#endif
