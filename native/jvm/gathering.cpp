#include "gathering.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "multiprocessing/pipe.hpp"

namespace multiprocessing::jvm {
namespace {

constexpr std::size_t huge = std::size_t{2} << 20;

/// Pieces that are smaller are not worth a mapping of their own, which costs as much as some twenty pages.
constexpr std::size_t worthwhile = std::size_t{192} << 10;

/// Pages that are not there are made, if there are at most so many between others: that saves a mapping, too.
constexpr std::size_t longest_gap = std::size_t{128} << 10;

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // newer than some C libraries
#endif

/// What /proc/self/smaps may say of a mapping: see "VmFlags" in proc_pid_smaps(5).
constexpr std::array<std::string_view, 9> harmless = {"rd", "wr", "ex", "mr", "mw", "me", "ac", "nr", "sd"};

// Of the entries of /proc/self/pagemap.
constexpr std::uint64_t present = std::uint64_t{1} << 63;
constexpr std::uint64_t swapped = std::uint64_t{1} << 62;
constexpr std::uint64_t of_file = std::uint64_t{1} << 61;

/// Part of a mapping.
struct Piece {
    std::uintptr_t begin = 0;
    std::uintptr_t end = 0;
    int protection = PROT_NONE;

    [[nodiscard]] std::size_t size() const { return end - begin; }
    [[nodiscard]] void* data() const { return reinterpret_cast<void*>(begin); }
};

/// What is needed meanwhile, and must not be moved itself: it lies in shared memory.
struct Desk {
    std::array<char, 1 << 16> text;
    std::array<std::uint64_t, 1 << 12> entries;
    std::array<Piece, 1 << 10> pieces;
};

struct Unmap {
    std::size_t size;
    void operator()(void* memory) const { ::munmap(memory, size); }
};
using Memory = std::unique_ptr<void, Unmap>;

/// @return null if there is none to be had
Memory map(std::size_t size, int flags) {
    void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS, -1, 0);
    return {memory == MAP_FAILED ? nullptr : memory, Unmap{size}};
}

std::size_t page_size() {
    return static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

/// The lines of a file of /proc.
class Lines {
public:
    Lines(const char* path, std::span<char> buffer) : file_(::open(path, O_RDONLY | O_CLOEXEC)), buffer_(buffer) {}

    /// The next one, valid until the next call; nothing at the end, and if the file cannot be read.
    std::optional<std::string_view> next() {
        for (;;) {
            const std::string_view rest(buffer_.data() + begin_, end_ - begin_);
            if (const auto length = rest.find('\n'); length != rest.npos) {
                begin_ += length + 1;
                return rest.substr(0, length);
            }
            std::memmove(buffer_.data(), rest.data(), rest.size());
            begin_ = 0;
            end_ = rest.size();
            const auto got = ::read(file_.get(), buffer_.data() + end_, buffer_.size() - end_);
            if (got <= 0) return std::nullopt;
            end_ += static_cast<std::size_t>(got);
        }
    }

private:
    Fd file_;
    std::span<char> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/// The first word, which is cut off.
std::string_view cut_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

/// A mapping's first line in /proc/self/smaps: `7f00-7f10 rw-p 00000000 00:00 0 name`.
/// @return nothing if it is another line; an empty piece if the mapping is none to take
std::optional<Piece> mapping(std::string_view line, Gathered which) {
    if (line.empty() || line.front() < '0' || line.front() > 'f' || (line.front() > '9' && line.front() < 'a')) {
        return std::nullopt;
    }
    const bool named = line.back() == ']';  // as the stack and the heap of brk(2), which the kernel knows by address
    const bool wanted = which == Gathered::all || line.find('/') != line.npos;
    const auto range = cut_word(line);
    const auto mode = cut_word(line);
    Piece piece;
    const auto* end = range.data() + range.size();
    const auto dash = std::from_chars(range.data(), end, piece.begin, 16).ptr;
    std::from_chars(dash + 1, end, piece.end, 16);
    if (named || !wanted || mode.size() < 4 || mode[0] != 'r' || mode[3] != 'p') return Piece{};
    piece.protection = PROT_READ | (mode[1] == 'w' ? PROT_WRITE : 0) | (mode[2] == 'x' ? PROT_EXEC : 0);
    return piece;
}

bool is_harmless(std::string_view flags) {
    for (auto flag = cut_word(flags); !flag.empty(); flag = cut_word(flags)) {
        if (std::ranges::find(harmless, flag) == harmless.end()) return false;
    }
    return true;
}

/// Makes huge pages of single ones. That fails for a moment when the kernel is busy with one of these.
bool make_huge(std::byte* memory, std::size_t size) {
    constexpr int attempts = 20;
    for (int i = 0; i < attempts; ++i) {
        if (::madvise(memory, size, MADV_COLLAPSE) == 0) return true;
        if (errno != EAGAIN) return false;
    }
    return false;
}

class Gathering {
public:
    Gathering(Desk& desk, Gathered which, std::span<const std::uintptr_t> in_use)
        : desk_(desk), which_(which), in_use_(in_use) {}

    /// Finds what to move. @return how much
    std::size_t find() {
        constexpr std::string_view flags = "VmFlags:";
        Lines lines("/proc/self/smaps", desk_.text);
        Piece current;
        while (const auto line = lines.next()) {
            if (const auto found = mapping(*line, which_)) {
                current = *found;
            } else if (line->starts_with(flags) && current.size() >= worthwhile && !is_in_use(current) &&
                       is_harmless(line->substr(flags.size()))) {
                if (!add_pieces_of(current)) return 0;
            }
        }
        std::size_t total = 0;
        for (const auto& piece : pieces()) total += piece.size();
        return total;
    }

    /// Moves it by way of memory that is as large, and aligned to huge pages. @return whether it is done
    bool move_through(std::byte* stage, std::size_t size) {
        const bool copied = each([this](std::byte* copy, const Piece& piece) { return read(copy, piece); }, stage);
        if (!copied || !make_huge(stage, size)) return false;
        const bool ready = each([](std::byte* copy, const Piece& piece) {
            if ((piece.protection & PROT_EXEC) != 0) {
                auto* code = reinterpret_cast<char*>(copy);
                __builtin___clear_cache(code, code + piece.size());
            }
            return ::mprotect(copy, piece.size(), piece.protection) == 0;
        }, stage);
        return ready && each(replace, stage);
    }

private:
    [[nodiscard]] std::span<const Piece> pieces() const { return std::span(desk_.pieces).first(count_); }

    /// Calls `use` with each piece's copy and the piece, until one says false. @return whether none did
    template <typename Use>
    bool each(Use&& use, std::byte* stage) const {
        return std::ranges::all_of(pieces(), [&](const Piece& piece) {
            auto* copy = stage;
            stage += piece.size();
            return use(copy, piece);
        });
    }

    [[nodiscard]] bool is_in_use(const Piece& mapping) const {
        return std::ranges::any_of(
            in_use_, [&](auto address) { return mapping.begin <= address && address < mapping.end; });
    }

    void add(const Piece& piece) {
        if (piece.size() >= worthwhile && count_ < desk_.pieces.size()) desk_.pieces[count_++] = piece;
    }

    /// Adds the parts of a mapping that are the process's own pages. @return false if that cannot be found out
    bool add_pieces_of(const Piece& mapping) {
        const auto page = page_size();
        Piece piece{0, 0, mapping.protection};
        for (auto at = mapping.begin; at < mapping.end;) {
            const auto wanted = std::min(desk_.entries.size(), (mapping.end - at) / page);
            const auto got = ::pread(pagemap_.get(), desk_.entries.data(), wanted * sizeof(std::uint64_t),
                                     static_cast<off_t>(at / page * sizeof(std::uint64_t)));
            if (got != static_cast<ssize_t>(wanted * sizeof(std::uint64_t))) return false;
            for (const auto entry : std::span(desk_.entries).first(wanted)) {
                if ((entry & (present | swapped)) != 0 && (entry & of_file) == 0) {
                    if (piece.end == 0 || at - piece.end > longest_gap) {
                        add(piece);
                        piece.begin = at;
                    }
                    piece.end = at + page;
                }
                at += page;
            }
        }
        add(piece);
        return true;
    }

    /// Copies a piece. By way of the kernel, which knows better than a fault if something cannot be read.
    bool read(std::byte* copy, const Piece& piece) const {
        for (std::size_t done = 0; done < piece.size();) {
            const auto got = ::pread(memory_.get(), copy + done, piece.size() - done,
                                     static_cast<off_t>(piece.begin + done));
            if (got <= 0) return false;
            done += static_cast<std::size_t>(got);
        }
        return true;
    }

    /// Puts a copy in the place of what it was made of.
    static bool replace(std::byte* copy, const Piece& piece) {
        if (::mremap(copy, piece.size(), piece.size(), MREMAP_MAYMOVE | MREMAP_FIXED, piece.data()) != MAP_FAILED) {
            return true;
        }
        // What was there may be gone already: the copy is all there is.
        if (::mmap(piece.data(), piece.size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
                   0) == MAP_FAILED) {
            std::abort();
        }
        std::memcpy(piece.data(), copy, piece.size());
        if (::mprotect(piece.data(), piece.size(), piece.protection) != 0) std::abort();
        return true;
    }

    Desk& desk_;
    const Gathered which_;
    std::span<const std::uintptr_t> in_use_;
    Fd pagemap_{::open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC)};
    Fd memory_{::open("/proc/self/mem", O_RDONLY | O_CLOEXEC)};
    std::size_t count_ = 0;
};

}  // namespace

std::size_t gather_memory(Gathered which, std::span<const std::uintptr_t> in_use) {
    const auto desk = map(sizeof(Desk), MAP_SHARED);
    if (desk == nullptr) return 0;
    Gathering gathering(*new (desk.get()) Desk, which, in_use);
    const auto total = gathering.find();
    if (total < huge) return 0;
    const auto size = (total + huge - 1) / huge * huge;
    const auto space = map(size + huge, MAP_PRIVATE | MAP_NORESERVE);  // given back, but for what was moved out of it
    if (space == nullptr) return 0;
    const auto stage = (reinterpret_cast<std::uintptr_t>(space.get()) + huge - 1) / huge * huge;
    return gathering.move_through(reinterpret_cast<std::byte*>(stage), size) ? total : 0;
}

}  // namespace multiprocessing::jvm
