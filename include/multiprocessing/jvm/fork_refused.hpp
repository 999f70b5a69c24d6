/// @file
/// The error of a live fork that was not tried. Source: none of CPython's, where fork() is not asked whether it may.
#pragma once

#include <stdexcept>

namespace multiprocessing::jvm {

/// This JVM cannot be forked, or not now; nothing has happened. The text says why, and what to use instead.
class ForkRefused : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

}  // namespace multiprocessing::jvm
