// Digests and HMACs were computed by CPython's hashlib and hmac.
#include <thread>

#include "../../native/connection/authentication.hpp"
#include "../../native/connection/digest.hpp"
#include "multiprocessing/connection.hpp"
#include "support.hpp"

namespace multiprocessing {
namespace {

using namespace test;
using namespace std::string_literals;
using digest::Algorithm;

std::string hex(std::string_view bytes) {
    std::string text;
    for (const char c : bytes) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[static_cast<unsigned char>(c) >> 4];
        text += digits[static_cast<unsigned char>(c) & 15];
    }
    return text;
}

/// Bytes that differ.
std::string sample(int length, int factor) {
    std::string text;
    for (int i = 0; i < length; ++i) text += static_cast<char>(i * factor + length);
    return text;
}

struct Vector {
    std::string name;
    std::string of_nothing;
    std::string of_abc;
    std::string of_all_lengths;  ///< the digest of the digests of sample(n, 7) for n < 300
    std::string of_all_keys;     ///< the digest of the HMACs of "message" with sample(n, 3) for n < 200
};

class DigestTest : public ::testing::TestWithParam<Vector> {};

TEST_P(DigestTest, IsWhatPythonComputes) {
    const auto algorithm = digest::by_name(GetParam().name).value();
    EXPECT_EQ(hex(digest::digest(algorithm, "")), GetParam().of_nothing);
    EXPECT_EQ(hex(digest::digest(algorithm, "abc")), GetParam().of_abc);
    std::string all;
    for (int n = 0; n < 300; ++n) all += digest::digest(algorithm, sample(n, 7));
    EXPECT_EQ(hex(digest::digest(algorithm, all)), GetParam().of_all_lengths);
    all.clear();
    for (int n = 0; n < 200; ++n) all += digest::hmac(algorithm, sample(n, 3), "message");
    EXPECT_EQ(hex(digest::digest(algorithm, all)), GetParam().of_all_keys);
}

INSTANTIATE_TEST_SUITE_P(Algorithms, DigestTest, ::testing::Values(
    Vector{"md5",
           "d41d8cd98f00b204e9800998ecf8427e",
           "900150983cd24fb0d6963f7d28e17f72",
           "07078cab541bc45f0a66e2c0213a32f4",
           "e806921ae216230113d7f1db9efd2b41"},
    Vector{"sha256",
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
           "d5238871a46ac4a1a75ac3fb19d645b0b3b9e5f35f5f720e2b240d605c6b694e",
           "3a0c06a0843a73590977832b8a2e7b2667e56eafbfc5b8ca3487b900703bc83b"},
    Vector{"sha384",
           "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe76f65fbd51ad2f14898b95b",
           "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7",
           "e3a73ee7e40ce4f9bb660f1ec279e2e3145ce11a3d066daaf5ba43639ef37a5e105d92e2090d8f782a96ca4c97457b29",
           "c1d306cd08e949c20248ca771edba1dbad96059bea1bc00d1dd0b6a569e09f38e2a83cbbcf6fb43caa3ea3ff564196ad"},
    Vector{"sha3_256",
           "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a",
           "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
           "dabd5ac39c87c1b00c4e69fda62098b8ab8cbe822a59392a3c8c70a4f147cde0",
           "2a0e754635e0612d0eecbdc71ef8f1c44e46faf2a7631277c765af06c4522147"},
    Vector{"sha3_384",
           "0c63a75b845e4f7d01107d852e4c2485c51a50aaaa94fc61995e71bbee983a2ac3713831264adb47fb6bd1e058d5f004",
           "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7cf0e49be4b298d88cea927ac7f539f1edf228376d25",
           "98de9b808696745753b73a5b11890cc386f4a9633414397742df93ba12694aee1d7a44c05c7712f2d85f2e190b349c8b",
           "d42073924c1175eff8405f81c0dc53a1bec9d1eb79e433535439dc0f5d0376e336fe7cdc6c71d3cd3cc071e8b1f6fcc7"}));

TEST(DigestTest, OtherNamesAreUnknown) {
    EXPECT_FALSE(digest::by_name("sha1"));
    EXPECT_FALSE(digest::by_name(""));
}

TEST(DigestTest, ComparesAllBytes) {
    EXPECT_TRUE(digest::constant_time_equal("", ""));
    EXPECT_TRUE(digest::constant_time_equal("abc", "abc"));
    EXPECT_FALSE(digest::constant_time_equal("abc", "abd"));
    EXPECT_FALSE(digest::constant_time_equal("xbc", "abc"));
    EXPECT_FALSE(digest::constant_time_equal("abc", "ab"));
}

// The messages

constexpr std::string_view key = "secret";

TEST(AuthenticationTest, AnswersTheChallengesOfEveryVersion) {
    EXPECT_EQ(hex(authentication::answer(key, "#CHALLENGE#" + std::string(20, '\0'))),
              "b16bdf68b6f9a3bd05d37380b5779985");
    EXPECT_EQ(authentication::answer(key, "#CHALLENGE#{sha256}" + std::string(40, '\0')).substr(0, 8), "{sha256}");
    EXPECT_EQ(hex(authentication::answer(key, "#CHALLENGE#{sha256}" + std::string(40, '\0')).substr(8)),
              "d0fb99539f09a6c25a9c79a4ca1bb663bbec18ef7bc13404114bc7afe1ea91ab");
    for (const auto* name : {"md5", "sha384", "sha3_256", "sha3_384"}) {
        const auto message = "{"s + name + "}" + sample(40, 1);
        EXPECT_EQ(authentication::answer(key, "#CHALLENGE#" + message),
                  "{"s + name + "}" + digest::hmac(digest::by_name(name).value(), key, message));
    }
}

TEST(AuthenticationTest, AChallengeIsDifferentEachTime) {
    const auto challenge = authentication::challenge();
    EXPECT_EQ(challenge.size(), 59U);
    EXPECT_TRUE(challenge.starts_with("#CHALLENGE#{sha256}"));
    EXPECT_NE(challenge, authentication::challenge());
}

TEST(AuthenticationTest, WhatIsNoChallengeIsNotAnswered) {
    for (const auto& bad : {""s, "#CHALLENGE"s, "#WELCOME#"s, "#CHALLENGE#"s, "#CHALLENGE#"s + sample(19, 1),
                            "#CHALLENGE#"s + sample(40, 1), "#CHALLENGE#{sha1}"s + sample(40, 1),
                            "#CHALLENGE#{}"s + sample(40, 1), "#CHALLENGE#{sha256"s + sample(40, 1)}) {
        EXPECT_THROW(static_cast<void>(authentication::answer(key, bad)), AuthenticationError) << hex(bad);
    }
}

TEST(AuthenticationTest, TakesTheAnswersOfEveryVersion) {
    const auto challenge = "#CHALLENGE#{sha256}" + std::string(40, '\0');
    const auto message = challenge.substr(11);
    const auto legacy = digest::hmac(Algorithm::md5, key, message);
    EXPECT_EQ(hex(legacy), "e30575249d9b7e2576ba2cb50a3e2453");
    EXPECT_EQ(authentication::refusal(key, challenge, legacy), "");
    for (const auto* name : {"md5", "sha256", "sha384", "sha3_256", "sha3_384"}) {
        const auto answer = "{"s + name + "}" + digest::hmac(digest::by_name(name).value(), key, message);
        EXPECT_EQ(authentication::refusal(key, challenge, answer), "") << name;
    }
}

TEST(AuthenticationTest, RefusesEveryOtherAnswer) {
    const auto challenge = authentication::challenge();
    const auto right = authentication::answer(key, challenge);
    for (std::size_t i = 8; i < right.size(); ++i) {
        auto wrong = right;
        wrong[i] = static_cast<char>(wrong[i] ^ 1);
        EXPECT_EQ(authentication::refusal(key, challenge, wrong), "digest received was wrong");
    }
    for (const auto& bad : {""s, std::string(16, '\0'), std::string(20, '\0'), right.substr(0, 39), right + "x",
                            "{sha1}"s + right.substr(8), authentication::answer("other", challenge), challenge,
                            digest::hmac(Algorithm::md5, key, challenge)}) {
        EXPECT_NE(authentication::refusal(key, challenge, bad), "") << hex(bad);
    }
}

// Over a connection

TEST(AuthenticationTest, BothSidesProveTheKey) {
    auto [one, other] = Pipe();
    std::thread client([&other = other] {
        answer_challenge(other, key);
        deliver_challenge(other, key);
    });
    deliver_challenge(one, key);
    answer_challenge(one, key);
    client.join();
    one.send_bytes("in");
    EXPECT_EQ(other.recv_text(), "in");
}

TEST(AuthenticationTest, AWrongKeyIsToldToBothSides) {
    auto [one, other] = Pipe();
    std::thread client([&other = other] {
        EXPECT_EQ(message<AuthenticationError>([&] { answer_challenge(other, "wrong"); }), "digest sent was rejected");
    });
    EXPECT_EQ(message<AuthenticationError>([&] { deliver_challenge(one, key); }), "digest received was wrong");
    client.join();
}

TEST(AuthenticationTest, MessagesThatAreTooLongAreNotRead) {
    auto [one, other] = Pipe();
    other.send_bytes(std::string(257, 'x'));
    EXPECT_EQ(os_error([&] { answer_challenge(one, key); }), Failure(EMSGSIZE, "read"));
}

}  // namespace
}  // namespace multiprocessing
