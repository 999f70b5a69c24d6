#include "authentication.hpp"

#include <sys/random.h>

#include <utility>

#include "digest.hpp"
#include "multiprocessing/connection/listener.hpp"
#include "multiprocessing/error.hpp"

namespace multiprocessing::authentication {
namespace {

constexpr std::string_view challenge_mark = "#CHALLENGE#";
constexpr std::string_view preferred_digest = "{sha256}";
constexpr std::size_t random_bytes = 40;
constexpr std::size_t legacy_challenge = 20;
constexpr std::size_t legacy_answer = 16;
constexpr std::size_t longest_name = 8;

/// What a message says of its digest.
struct Parsed {
    bool legacy;  ///< it says nothing: MD5, by the length
    digest::Algorithm algorithm;
    std::string_view name;  ///< with braces
    std::string_view payload;
};

std::optional<Parsed> parse(std::string_view message) {
    if (message.size() == legacy_challenge || message.size() == legacy_answer) {
        return Parsed{true, digest::Algorithm::md5, {}, message};
    }
    const auto brace = message.substr(0, longest_name + 2).find('}');
    if (!message.starts_with('{') || brace == std::string_view::npos) return {};
    const auto algorithm = digest::by_name(message.substr(1, brace - 1));
    if (!algorithm) return {};
    return Parsed{false, *algorithm, message.substr(0, brace + 1), message.substr(brace + 1)};
}

}  // namespace

std::string challenge() {
    std::string text(challenge_mark);
    text += preferred_digest;
    const auto begin = text.size();
    text.resize(begin + random_bytes);
    // Not interrupted: the kernel gives up to 256 bytes at once.
    check(retry([&] { return ::getrandom(&text[begin], random_bytes, 0); }), "getrandom");
    return text;
}

std::string answer(std::string_view authkey, std::string_view challenge) {
    if (!challenge.starts_with(challenge_mark)) throw AuthenticationError("what the other side sent is no challenge");
    const auto message = challenge.substr(challenge_mark.size());
    if (message.size() < legacy_challenge) throw AuthenticationError("challenge too short");
    const auto parsed = parse(message);
    if (!parsed) throw AuthenticationError("the challenge names no digest that is known");
    return std::string(parsed->name) + digest::hmac(parsed->algorithm, authkey, message);
}

std::string refusal(std::string_view authkey, std::string_view challenge, std::string_view answer) {
    const auto parsed = parse(answer);
    if (!parsed) return "the answer names no digest that is known";
    const auto expected = digest::hmac(parsed->algorithm, authkey, challenge.substr(challenge_mark.size()));
    return digest::constant_time_equal(expected, parsed->payload) ? "" : "digest received was wrong";
}

void check_welcome(std::string_view message) {
    if (message != welcome) throw AuthenticationError("digest sent was rejected");
}

}  // namespace multiprocessing::authentication
