/// @file
/// Named pipes: processes that know the same path, related or not, meet there. Python has `os.mkfifo` and `open` for
/// them; here messages go through them, as through a Pipe(false). Sources: fifo(7), mkfifo(3).
#pragma once

#include <sys/types.h>

#include <string>

#include "multiprocessing/connection.hpp"
#include "multiprocessing/export.hpp"

namespace multiprocessing {
namespace fifo MULTIPROCESSING_API {

/// Makes a named pipe. Who makes it removes it, as any file.
/// @param mode who may open it, less the umask
/// @throws OSError EEXIST, EACCES, ENOENT
void make(const std::string& path, mode_t mode = 0600);

/// Opens the end that receives; blocks until somebody opens the other one.
/// @throws OSError ENOENT, EACCES
[[nodiscard]] Connection reader(const std::string& path);

/// Opens the end that sends; blocks until somebody opens the other one.
/// @throws OSError ENOENT, EACCES
[[nodiscard]] Connection writer(const std::string& path);

}  // namespace fifo
}  // namespace multiprocessing
