/// Where a signal hit a thread, read from what the kernel saved of it.
#pragma once

#include <sys/syscall.h>
#include <ucontext.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

namespace multiprocessing::jvm {

#if defined(__x86_64__)
inline std::uintptr_t stack_pointer(const ucontext_t& context) {
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RSP]);
}

inline std::uintptr_t instruction(const ucontext_t& context) {
    return static_cast<std::uintptr_t>(context.uc_mcontext.gregs[REG_RIP]);
}

/// The system call that the signal interrupted; -1 if it interrupted none. Restarted ones stand before the instruction
/// with the number in rax; the others after it with -EINTR there, and their number is not known any more: -2.
inline long interrupted_call(const ucontext_t& context) {
    const auto& registers = context.uc_mcontext.gregs;
    const auto is_syscall = [](std::uintptr_t at) {
        return std::memcmp(reinterpret_cast<void*>(at), "\x0f\x05", 2) == 0;
    };
    const auto at = static_cast<std::uintptr_t>(registers[REG_RIP]);
    if (is_syscall(at)) return static_cast<long>(registers[REG_RAX]);
    return is_syscall(at - 2) && registers[REG_RAX] == -EINTR ? -2 : -1;
}
#elif defined(__aarch64__)
inline std::uintptr_t stack_pointer(const ucontext_t& context) {
    return context.uc_mcontext.sp;
}

inline std::uintptr_t instruction(const ucontext_t& context) {
    return static_cast<std::uintptr_t>(context.uc_mcontext.pc);
}

inline long interrupted_call(const ucontext_t& context) {
    constexpr std::uint32_t svc = 0xd4000001;
    const auto is_syscall = [](std::uintptr_t at) { return std::memcmp(reinterpret_cast<void*>(at), &svc, 4) == 0; };
    const auto at = static_cast<std::uintptr_t>(context.uc_mcontext.pc);
    const bool interrupted = static_cast<long>(context.uc_mcontext.regs[0]) == -EINTR;
    const bool in_call = is_syscall(at) || (is_syscall(at - 4) && interrupted);
    return in_call ? static_cast<long>(context.uc_mcontext.regs[8]) : -1;
}
#else
#error "live fork knows x86-64 and aarch64"
#endif

/// Whether it was blocked in a system call, and in none that malloc makes under its lock.
inline bool sleeps(const ucontext_t& context) {
    switch (interrupted_call(context)) {
        case -1:
        case SYS_brk:
        case SYS_mmap:
        case SYS_munmap:
        case SYS_mremap:
        case SYS_mprotect:
        case SYS_madvise:
            return false;
        default:
            return true;
    }
}

}  // namespace multiprocessing::jvm
