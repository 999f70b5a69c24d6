#include "digest.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>

namespace multiprocessing::digest {
namespace {

using std::rotl;
using std::rotr;

template <typename Word, std::endian order>
Word load(const char* from) {
    Word word = 0;
    for (std::size_t i = 0; i < sizeof(Word); ++i) {
        const auto shift = 8 * (order == std::endian::little ? i : sizeof(Word) - 1 - i);
        word |= static_cast<Word>(static_cast<Word>(static_cast<unsigned char>(from[i])) << shift);
    }
    return word;
}

template <typename Word, std::endian order>
void append(std::string& to, Word word) {
    for (std::size_t i = 0; i < sizeof(Word); ++i) {
        const auto shift = 8 * (order == std::endian::little ? i : sizeof(Word) - 1 - i);
        to += static_cast<char>(word >> shift & 0xff);
    }
}

/// The data, a bit that is set, zeros, and the number of bits, in whole blocks: MD5's and SHA-2's padding.
template <std::endian order>
std::string padded(std::string_view data, std::size_t block, std::size_t length_field) {
    std::string all(data);
    all += '\x80';
    while (all.size() % block != block - length_field) all += '\0';
    all.append(length_field - sizeof(std::uint64_t), '\0');
    append<std::uint64_t, order>(all, std::uint64_t{data.size()} * 8);
    return all;
}

std::string md5(std::string_view data) {
    static const auto sines = [] {
        std::array<std::uint32_t, 64> table{};
        for (std::size_t i = 0; i < table.size(); ++i) {
            table[i] = static_cast<std::uint32_t>(std::fabs(std::sin(static_cast<double>(i + 1))) * 4294967296.0);
        }
        return table;
    }();
    constexpr std::array<std::array<int, 4>, 4> shifts{{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23},
                                                         {6, 10, 15, 21}}};
    std::array<std::uint32_t, 4> state{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    const auto all = padded<std::endian::little>(data, 64, 8);
    for (std::size_t at = 0; at < all.size(); at += 64) {
        auto [a, b, c, d] = state;
        for (std::size_t i = 0; i < 64; ++i) {
            const auto round = i / 16;
            const auto f = round == 0   ? (b & c) | (~b & d)
                           : round == 1 ? (d & b) | (~d & c)
                           : round == 2 ? b ^ c ^ d
                                        : c ^ (b | ~d);
            constexpr std::array<std::array<std::size_t, 2>, 4> order{{{1, 0}, {5, 1}, {3, 5}, {7, 0}}};
            const auto word = (order[round][0] * i + order[round][1]) % 16;
            const auto sum = a + f + sines[i] + load<std::uint32_t, std::endian::little>(&all[at + 4 * word]);
            a = std::exchange(d, std::exchange(c, std::exchange(b, b + rotl(sum, shifts[round][i % 4]))));
        }
        state[0] += a;
        state[1] += b;
        state[2] += c;
        state[3] += d;
    }
    std::string result;
    for (const auto word : state) append<std::uint32_t, std::endian::little>(result, word);
    return result;
}

/// SHA-512's constants, the first bits of the cube roots of the first primes; SHA-256's are their upper halves.
constexpr std::array<std::uint64_t, 80> cube_roots{
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc, 0x3956c25bf348b538,
    0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118, 0xd807aa98a3030242, 0x12835b0145706fbe,
    0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2, 0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235,
    0xc19bf174cf692694, 0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5, 0x983e5152ee66dfab,
    0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4, 0xc6e00bf33da88fc2, 0xd5a79147930aa725,
    0x06ca6351e003826f, 0x142929670a0e6e70, 0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed,
    0x53380d139d95b3df, 0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30, 0xd192e819d6ef5218,
    0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8, 0x19a4c116b8d2d0c8, 0x1e376c085141ab53,
    0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8, 0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373,
    0x682e6ff3d6b2b8a3, 0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b, 0xca273eceea26619c,
    0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178, 0x06f067aa72176fba, 0x0a637dc5a2c898a6,
    0x113f9804bef90dae, 0x1b710b35131c471b, 0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc,
    0x431d67c49c100d4c, 0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817};

/// What SHA-256 and SHA-512 differ in: rounds, and how far words are turned (the last of the small ones are shifts).
template <typename Word>
struct Sha2;
template <>
struct Sha2<std::uint32_t> {
    static constexpr std::size_t rounds = 64;
    static constexpr int big0[] = {2, 13, 22}, big1[] = {6, 11, 25}, small0[] = {7, 18, 3}, small1[] = {17, 19, 10};
    static std::uint32_t constant(std::size_t i) { return static_cast<std::uint32_t>(cube_roots[i] >> 32); }
};
template <>
struct Sha2<std::uint64_t> {
    static constexpr std::size_t rounds = 80;
    static constexpr int big0[] = {28, 34, 39}, big1[] = {14, 18, 41}, small0[] = {1, 8, 7}, small1[] = {19, 61, 6};
    static std::uint64_t constant(std::size_t i) { return cube_roots[i]; }
};

template <typename Word>
std::string sha2(std::string_view data, std::array<Word, 8> state, std::size_t words) {
    using P = Sha2<Word>;
    constexpr std::size_t block = 16 * sizeof(Word);
    const auto turned = [](Word x, const int (&by)[3]) {
        return static_cast<Word>(rotr(x, by[0]) ^ rotr(x, by[1]) ^ rotr(x, by[2]));
    };
    const auto shifted = [](Word x, const int (&by)[3]) {
        return static_cast<Word>(rotr(x, by[0]) ^ rotr(x, by[1]) ^ (x >> by[2]));
    };
    const auto all = padded<std::endian::big>(data, block, 2 * sizeof(Word));
    for (std::size_t at = 0; at < all.size(); at += block) {
        std::array<Word, P::rounds> w;
        for (std::size_t i = 0; i < P::rounds; ++i) {
            w[i] = i < 16 ? load<Word, std::endian::big>(&all[at + i * sizeof(Word)])
                          : w[i - 16] + shifted(w[i - 15], P::small0) + w[i - 7] + shifted(w[i - 2], P::small1);
        }
        auto [a, b, c, d, e, f, g, h] = state;
        for (std::size_t i = 0; i < P::rounds; ++i) {
            const Word one = h + turned(e, P::big1) + ((e & f) ^ (~e & g)) + P::constant(i) + w[i];
            const Word two = turned(a, P::big0) + ((a & b) ^ (a & c) ^ (b & c));
            h = std::exchange(g, std::exchange(f, std::exchange(e, d + one)));
            d = std::exchange(c, std::exchange(b, std::exchange(a, one + two)));
        }
        const std::array<Word, 8> sum{a, b, c, d, e, f, g, h};
        std::ranges::transform(state, sum, state.begin(), [](Word x, Word y) { return static_cast<Word>(x + y); });
    }
    std::string result;
    for (std::size_t i = 0; i < words; ++i) append<Word, std::endian::big>(result, state[i]);
    return result;
}

void keccak(std::array<std::uint64_t, 25>& lanes) {
    std::uint8_t feedback = 1;
    const auto next_bit = [&feedback] {
        const bool bit = (feedback & 1) != 0;
        feedback = static_cast<std::uint8_t>((feedback << 1) ^ ((feedback >> 7) * 0x71));
        return bit;
    };
    for (int round = 0; round < 24; ++round) {
        std::array<std::uint64_t, 5> columns{};
        for (std::size_t i = 0; i < 25; ++i) columns[i % 5] ^= lanes[i];
        for (std::size_t i = 0; i < 25; ++i) lanes[i] ^= columns[(i + 4) % 5] ^ rotl(columns[(i + 1) % 5], 1);
        std::size_t x = 1;
        std::size_t y = 0;
        auto moving = lanes[1];
        for (int t = 0; t < 24; ++t) {
            x = std::exchange(y, (2 * x + 3 * y) % 5);
            moving = std::exchange(lanes[x + 5 * y], rotl(moving, (t + 1) * (t + 2) / 2 % 64));
        }
        for (std::size_t row = 0; row < 25; row += 5) {
            const std::array<std::uint64_t, 5> before{lanes[row], lanes[row + 1], lanes[row + 2], lanes[row + 3],
                                                      lanes[row + 4]};
            for (std::size_t i = 0; i < 5; ++i) {
                lanes[row + i] = before[i] ^ (~before[(i + 1) % 5] & before[(i + 2) % 5]);
            }
        }
        for (int j = 0; j < 7; ++j) {
            if (next_bit()) lanes[0] ^= std::uint64_t{1} << ((1 << j) - 1);
        }
    }
}

std::string sha3(std::string_view data, std::size_t length) {
    const auto block = 200 - 2 * length;
    std::string all(data);
    all += '\x06';
    all.append((block - all.size() % block) % block, '\0');
    all.back() = static_cast<char>(all.back() | '\x80');
    std::array<std::uint64_t, 25> lanes{};
    for (std::size_t at = 0; at < all.size(); at += block) {
        for (std::size_t i = 0; i < block / 8; ++i) {
            lanes[i] ^= load<std::uint64_t, std::endian::little>(&all[at + 8 * i]);
        }
        keccak(lanes);
    }
    std::string result;
    for (std::size_t i = 0; i < length / 8; ++i) append<std::uint64_t, std::endian::little>(result, lanes[i]);
    return result;
}

std::size_t block_size(Algorithm algorithm) {
    switch (algorithm) {
        case Algorithm::sha384: return 128;
        case Algorithm::sha3_256: return 136;
        case Algorithm::sha3_384: return 104;
        default: return 64;
    }
}

}  // namespace

std::optional<Algorithm> by_name(std::string_view name) {
    constexpr std::array<std::pair<std::string_view, Algorithm>, 5> names{{{"md5", Algorithm::md5},
                                                                           {"sha256", Algorithm::sha256},
                                                                           {"sha384", Algorithm::sha384},
                                                                           {"sha3_256", Algorithm::sha3_256},
                                                                           {"sha3_384", Algorithm::sha3_384}}};
    const auto* found = std::ranges::find(names, name, &std::pair<std::string_view, Algorithm>::first);
    return found == names.end() ? std::nullopt : std::optional(found->second);
}

std::string digest(Algorithm algorithm, std::string_view data) {
    switch (algorithm) {
        case Algorithm::md5: return md5(data);
        case Algorithm::sha256:
            return sha2<std::uint32_t>(data, {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
                                              0x1f83d9ab, 0x5be0cd19}, 8);
        case Algorithm::sha384:
            return sha2<std::uint64_t>(data, {0xcbbb9d5dc1059ed8, 0x629a292a367cd507, 0x9159015a3070dd17,
                                              0x152fecd8f70e5939, 0x67332667ffc00b31, 0x8eb44a8768581511,
                                              0xdb0c2e0d64f98fa7, 0x47b5481dbefa4fa4}, 6);
        case Algorithm::sha3_256: return sha3(data, 32);
        default: return sha3(data, 48);
    }
}

std::string hmac(Algorithm algorithm, std::string_view key, std::string_view data) {
    const auto size = block_size(algorithm);
    std::string block = key.size() > size ? digest(algorithm, key) : std::string(key);
    block.resize(size);
    std::string inner = block;
    std::string outer = block;
    for (auto& c : inner) c = static_cast<char>(c ^ 0x36);
    for (auto& c : outer) c = static_cast<char>(c ^ 0x5c);
    return digest(algorithm, outer + digest(algorithm, inner.append(data)));
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    volatile unsigned char difference = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        difference = static_cast<unsigned char>(difference | static_cast<unsigned char>(a[i] ^ b[i]));
    }
    return difference == 0;
}

}  // namespace multiprocessing::digest
