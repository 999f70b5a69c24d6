/// @file
/// What the tests of the class Process share.
#pragma once

#include <optional>
#include <stdexcept>
#include <utility>

#include "multiprocessing/process.hpp"
#include "multiprocessing/sharedctypes.hpp"
#include "support.hpp"

namespace multiprocessing::test {

/// A target that ends with exit code 1 if an expectation failed in it.
template <typename Body>
[[nodiscard]] Process::Target checked(Body body) {
    return [body] {
        body();
        if (::testing::Test::HasFailure()) throw std::logic_error("an expectation failed");
    };
}

/// Waits for a process with patience. @return nothing if it runs on
inline std::optional<int> exitcode_of(Process& process) {
    process.join(patience);
    return process.exitcode();
}

/// Starts a process and waits for it.
inline std::optional<int> run(Process process) {
    process.start();
    return exitcode_of(process);
}

/// No test leaves a child behind, running or dead.
class ProcessFixture : public ::testing::Test {
protected:
    void TearDown() override {
        for (auto& child : active_children()) {
            child.kill();
            child.join();
        }
        EXPECT_FALSE(has_children());
    }
};

}  // namespace multiprocessing::test
