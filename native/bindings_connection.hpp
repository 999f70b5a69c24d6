/// @file
/// What the two halves of the facade for connections share: functions of plain data, and those that know Java's arrays.
#pragma once

#include <cstdint>
#include <vector>

#include "bindings_support.hpp"
#include "multiprocessing/bindings.hpp"
#include "multiprocessing/connection.hpp"

namespace multiprocessing::bindings {

inline void say(std::string_view text) noexcept {
    last_text[text.copy(last_text, sizeof last_text - 1)] = '\0';
}

/// As guarded(), for what connections throw.
template <typename Body>
auto guarded_connection(const char* name, Body&& body) noexcept -> decltype(body()) {
    using Result = decltype(body());
    try {
        return body();
    } catch (const EOFError& error) {
        say(error.what());
        return static_cast<Result>(connection_eof);
    } catch (const AuthenticationError& error) {
        say(error.what());
        return static_cast<Result>(connection_refused);
    } catch (const AssertionError& error) {
        say(error.what());
        return static_cast<Result>(connection_closed);
    } catch (const OSError& error) {
        say(error.what());
        return failed<Result>(error.error(), error.call().c_str());
    } catch (const std::bad_alloc&) {
        return failed<Result>(ENOMEM, name);
    } catch (const std::exception& error) {
        say(error.what());
        return failed<Result>(EINVAL, name);
    }
}

inline Channel channel(int fd, int kind) noexcept {
    return {fd, static_cast<Channel::Kind>(kind)};
}

/// The descriptors that came with the last message of this thread.
inline thread_local std::vector<Fd> came_along;

/// The length of a message of which the header alone was read.
inline thread_local std::uint64_t rest_to_receive;

}  // namespace multiprocessing::bindings
