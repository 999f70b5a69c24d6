/// @file
/// Handing descriptors to another process over a socket. Mirrors `sendfds` and `recvfds` of reduction.py.
///
/// As there, each message is one byte, the number of descriptors, with the descriptors beside it (SCM_RIGHTS). The
/// kernel takes at most 253 at once; that number says that another message follows. Source: unix(7).
#pragma once

#include <span>
#include <vector>

#include "multiprocessing/export.hpp"
#include "multiprocessing/pipe.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// Sends copies of the descriptors; blocks while the socket is full.
/// @throws OSError EPIPE when the other side is gone (never a SIGPIPE), EBADF
void send_fds(int socket, std::span<const int> fds);

/// Receives what send_fds() sent, close-on-exec; blocks until it comes.
/// @throws OSError ECONNRESET when the other side is gone; EMFILE
[[nodiscard]] std::vector<Fd> receive_fds(int socket);

}  // namespace multiprocessing
