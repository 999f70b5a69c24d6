/// @file
/// Errors, named as Python names them.
///
/// Every failing system call is reported as an OSError that carries the errno and the name of the call; misuse of the
/// API is a ValueError or an AssertionError, with the text that CPython's package uses.
#pragma once

#include <cerrno>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "multiprocessing/export.hpp"

namespace multiprocessing MULTIPROCESSING_API {

/// A system call failed. Mirrors Python's `OSError`: `error()` is its `errno`.
class OSError : public std::system_error {
public:
    /// @param error errno as the call left it, positive
    /// @param call  the call that failed, as in its man page: "pipe2", "sem_init"
    OSError(int error, std::string_view call)
        : OSError(error, call, call) {}
    /// @param what what happened, where errno's meaning alone does not say it
    OSError(int error, std::string_view call, std::string_view what)
        : std::system_error(error, std::generic_category(), std::string(what)), call_(call) {}

    [[nodiscard]] int error() const noexcept { return code().value(); }
    [[nodiscard]] const std::string& call() const noexcept { return call_; }

private:
    std::string call_;
};

/// A bad argument. Mirrors Python's `ValueError`.
class ValueError : public std::invalid_argument {
public:
    using std::invalid_argument::invalid_argument;
};

/// A call that the state of the object forbids. Mirrors Python's `AssertionError`.
class AssertionError : public std::logic_error {
public:
    using std::logic_error::logic_error;
};

/// The other side has closed: there is nothing more to come. Mirrors Python's `EOFError`.
class EOFError : public std::runtime_error {
public:
    EOFError() : std::runtime_error("end of file") {}
    using std::runtime_error::runtime_error;
};

/// Throws OSError with the current errno.
[[noreturn]] void throw_errno(std::string_view call);

/// Returns `result`, or throws OSError with the current errno if it is negative. For calls that answer -1 on failure.
template <typename T>
T check(T result, std::string_view call) {
    if (result < 0) throw_errno(call);
    return result;
}

/// Repeats a system call for as long as a signal interrupts it (EINTR), and returns its last result.
template <typename Call>
auto retry(Call&& call) -> decltype(call()) {
    for (;;) {
        auto result = call();
        if (result >= 0 || errno != EINTR) return result;
    }
}

}  // namespace multiprocessing
