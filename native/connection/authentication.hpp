/// @file
/// The messages by which two sides prove to each other that they have the same key, without telling it.
///
/// A challenge of up to 3.11 is `#CHALLENGE#` and 20 random bytes, answered by their HMAC-MD5. From 3.12 on it is
/// `#CHALLENGE#{sha256}` and 40 random bytes, answered by `{sha256}` and the HMAC of all that follows `#CHALLENGE#`,
/// the name included, so that it cannot be exchanged for a weaker one; who is older answers with the HMAC-MD5 of the
/// same. Source: CPython 3.12's Lib/multiprocessing/connection.py.
#pragma once

#include <string>
#include <string_view>

namespace multiprocessing::authentication {

/// Neither side takes a longer message.
constexpr std::size_t longest_message = 256;

constexpr std::string_view welcome = "#WELCOME#";
constexpr std::string_view failure = "#FAILURE#";

/// A new challenge.
/// @throws OSError getrandom
[[nodiscard]] std::string challenge();

/// The answer to a challenge, of either kind.
/// @throws AuthenticationError it is no challenge, or wants a digest that is not known
[[nodiscard]] std::string answer(std::string_view authkey, std::string_view challenge);

/// Why an answer to a challenge() is not right; empty if it is. Takes as long for a wrong one as for a right one.
[[nodiscard]] std::string refusal(std::string_view authkey, std::string_view challenge, std::string_view answer);

/// @throws AuthenticationError "digest sent was rejected"
void check_welcome(std::string_view message);

}  // namespace multiprocessing::authentication
