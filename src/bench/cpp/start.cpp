/// @file
/// Starting a process. The limit for Java's spawn is a bare JVM that does nothing, started by the C++ spawn: whatever
/// else a child does before it runs its target is the library's own.
#include <stdexcept>

#include "figures.hpp"
#include "multiprocessing/process.hpp"

namespace bench {

void add_start(Figures& figures, const std::vector<std::string>& jvm) {
    figures["start.spawn"] = [jvm](long iterations) {
        const multiprocessing::SpawnOptions options{
            .path = jvm.at(0), .arguments = jvm, .environment = {}, .keep_fds = {}, .stdin_fd = -1};
        return time(iterations, [&](long) {
            const auto status = multiprocessing::waitpid(multiprocessing::spawn(options));
            if (status.exitcode() != 0) throw std::runtime_error(jvm.at(0) + " failed");
        });
    };
}

}  // namespace bench
