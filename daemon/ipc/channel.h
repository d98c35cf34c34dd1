/* SPDX-License-Identifier: BSD-2-Clause
 * Copyright (c) 2026 The TLS Pool authors
 *
 * channel: whole messages, with descriptors beside them, over a SOCK_SEQPACKET
 * socket.  Nothing here blocks unless the socket is a blocking one and
 * CHANNEL_WAIT is given.
 */
#ifndef TLSPOOL_IPC_CHANNEL_H
#define TLSPOOL_IPC_CHANNEL_H

#include <stddef.h>
#include <stdint.h>

#include "daemon/ipc/message.h"

/* One received message and the descriptors that came with it. */
struct packet {
	struct message_header header;
	size_t len;
	int error; /* 0; else there is no message, but what its header says */
	unsigned nfds;
	int fds[MESSAGE_MAX_FDS];
	/* One more byte: message_decode() terminates texts in place. */
	uint8_t data[MESSAGE_MAX + 1];
};

enum {
	CHANNEL_WAIT = 1, /* block until there is a message, or room for one */

	CHANNEL_SOME = 8, /* messages that one call receives */
};

/*
 * Sends the len bytes at data, with nfds descriptors, which stay the
 * caller's.  Returns 0, or -1 and errno of sendmsg(2); EAGAIN: no room now.
 * Never raises SIGPIPE.
 */
int channel_send(int sock, const uint8_t *data, size_t len, const int *fds,
    unsigned nfds, int flags);

/*
 * Receives one message into *packet.  The descriptors, all close-on-exec,
 * belong to the caller: see packet_close_fds() and packet_take_fd().
 * Returns 1; 0 at end-of-file; or -1 and errno: EAGAIN nothing there;
 * EBADMSG a message that is too short, too long or of another version, or
 * has more descriptors than MESSAGE_MAX_FDS (all of them are closed); EMFILE
 * this process has no room for its descriptors, and the message is lost but
 * for its header.
 */
int channel_recv(int sock, struct packet *, int flags);

/*
 * Receives the messages that are there now, as far as there are packets for
 * them.  Returns how many, or -1 and errno of recvmsg(2); EAGAIN: none.  Fewer
 * than CHANNEL_SOME: there were no more.  The error of each packet is 0, or
 * EBADMSG or EMFILE as above, or EPIPE, in the last: the other has closed.
 * Of one thread only.
 */
int channel_recv_some(int sock, struct packet[CHANNEL_SOME]);

/* Closes the descriptors that nobody has taken. */
void packet_close_fds(struct packet *);

/* Takes descriptor i out of the packet; -1 where there is none. */
int packet_take_fd(struct packet *, unsigned i);

/*
 * message_decode() on a packet, and the check that the number of descriptors
 * is one that the schema allows (EBADMSG).
 */
int packet_decode(const struct message_schema *, struct packet *, void *msg);

/*
 * Encodes and sends in one step: 0, or -1 and errno of message_encode() or
 * channel_send().
 */
int message_send(int sock, const struct message_schema *, uint32_t request,
    const void *msg, const int *fds, unsigned nfds, int flags);

#endif
