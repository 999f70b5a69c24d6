/// @file
/// The digests of Python's handshake, and HMAC (RFC 2104) with them. Here and not from a library of cryptography, since
/// each JVM that starts would have to load that.
/// Sources: RFC 1321 (MD5), FIPS 180-4 (SHA-2), FIPS 202 (SHA-3).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace multiprocessing::digest {

enum class Algorithm { md5, sha256, sha384, sha3_256, sha3_384 };

/// The algorithm that Python knows by that name.
[[nodiscard]] std::optional<Algorithm> by_name(std::string_view name);

[[nodiscard]] std::string digest(Algorithm algorithm, std::string_view data);

[[nodiscard]] std::string hmac(Algorithm algorithm, std::string_view key, std::string_view data);

/// Whether two texts are equal; how long it takes does not depend on where they differ.
[[nodiscard]] bool constant_time_equal(std::string_view a, std::string_view b);

}  // namespace multiprocessing::digest
