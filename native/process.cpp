#include "multiprocessing/process.hpp"

#include <signal.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cxxabi.h>
#include <iostream>
#include <mutex>
#include <typeinfo>

#include "multiprocessing/error.hpp"
#include "multiprocessing/synchronize/barrier_state.hpp"

namespace multiprocessing {
namespace {

constexpr std::size_t authkey_size = 32;

std::string random_key() {
    std::string key(authkey_size, '\0');
    // 256 bytes and less come whole.
    check(retry([&] { return ::getrandom(key.data(), key.size(), 0); }), "getrandom");
    return key;
}

/// What both processes have buffered would be written by both.
void flush_standard_streams() {
    std::cout.flush();
    std::clog.flush();
    std::fflush(nullptr);
}

std::string demangled(const std::type_info& type) {
    int status = 0;
    const std::unique_ptr<char, void (*)(void*)> name(abi::__cxa_demangle(type.name(), nullptr, nullptr, &status),
                                                      std::free);
    return status == 0 ? name.get() : type.name();
}

/// Where there is no stderr to write to, the exit code has to do.
void report(const std::string& name, const std::string& what) {
    const auto text = "Process " + name + ":\n" + what + "\n";
    std::fputs(text.c_str(), stderr);
}

}  // namespace

struct Process::State {
    mutable std::mutex mutex;
    Target target;
    std::string name;
    std::vector<int> identity;
    bool daemon = false;
    bool closed = false;
    std::string authkey;
    pid_t creator = ::getpid();
    pid_t pid = 0;  ///< 0 before start()
    Fd sentinel;    ///< a pidfd
    std::optional<ExitStatus> status;

    void check_open() const {
        if (closed) throw ValueError("process object is closed");
    }
    void check_child(const char* verb) const {
        if (creator != ::getpid()) throw AssertionError(std::string("can only ") + verb + " a child process");
    }
    /// Reaps the child if it has ended. Called with the mutex held.
    const std::optional<ExitStatus>& poll() {
        if (pid != 0 && !status) status = try_waitpid(pid);
        return status;
    }
    /// Whether the child has ended; true too if it is none of this process: somebody else reaped it, or it is the
    /// parent's after a bare fork. Called with the mutex held.
    bool ended() {
        try {
            return poll().has_value();
        } catch (const OSError& error) {
            if (error.error() != ECHILD) throw;
            return true;
        }
    }
};

/// What a process knows of itself and its children: CPython's `_current_process` and `_children`.
class ProcessTable {
public:
    using State = std::shared_ptr<Process::State>;

    static ProcessTable& instance() {
        return *current().load();
    }

    State add(Process::Options&& options) {
        auto state = std::make_shared<Process::State>();
        std::lock_guard guard{mutex_};
        state->target = std::move(options.target);
        state->identity = identity_;
        state->identity.push_back(++counter_);
        state->daemon = options.daemon.value_or(self_.daemon);
        state->authkey = self_.authkey;
        state->name = std::move(options.name);
        if (state->name.empty()) {
            for (const int number : state->identity) {
                state->name += (state->name.empty() ? "Process-" : ":") + std::to_string(number);
            }
        }
        return state;
    }

    void start(const State& state) {
        Process::Target spent;  // what it captured is destroyed when nothing is locked any more
        static_cast<void>(children());  // reaps those that ended, as CPython does here
        // Held across the fork: nobody else starts it meanwhile, and in the child no other thread has it locked.
        std::unique_lock guard{state->mutex};
        state->check_open();
        if (state->pid != 0) throw AssertionError("cannot start a process twice");
        if (state->creator != ::getpid()) {
            throw AssertionError("can only start a process object created by current process");
        }
        if (self_.daemon) throw AssertionError("daemonic processes are not allowed to have children");
        static const int registered = std::atexit([] { instance().finish_children(); });
        if (registered != 0) throw OSError(ENOMEM, "atexit");
        Fd own = pidfd_open(::getpid());
        flush_standard_streams();
        const pid_t pid = multiprocessing::fork();
        if (pid == 0) {
            guard.unlock();
            run_child(state, std::move(own));
        }
        own.reset();  // makes room for the other
        state->sentinel = sentinel_of(pid);
        state->pid = pid;
        std::swap(spent, state->target);
        guard.unlock();
        std::lock_guard table{mutex_};  // never taken while a process's mutex is held: children() does it the other way
        children_.push_back(state);
    }

    /// The children that still run.
    std::vector<State> children() {
        std::lock_guard guard{mutex_};
        std::erase_if(children_, [](const State& child) {
            std::lock_guard one{child->mutex};
            return child->ended();
        });
        return children_;
    }

    void forget(const State& state) {
        std::lock_guard guard{mutex_};
        std::erase(children_, state);
    }

    CurrentProcess self() const {
        auto self = self_;
        self.pid = ::getpid();  // another one after a bare fork
        return self;
    }

    std::optional<ParentProcess> parent() const {
        if (!parent_pidfd_) return std::nullopt;
        return ParentProcess{parent_name_, parent_pid_, parent_pidfd_.get()};
    }

    /// Python's `_exit_function`: daemons are terminated, and all children joined.
    void finish_children() {
        const auto all = children();
        for (const auto& child : all) {
            std::lock_guard guard{child->mutex};
            if (child->daemon && !child->ended()) ::kill(child->pid, SIGTERM);
        }
        for (const auto& child : all) {
            wait_readable(child->sentinel.get(), -1);
            std::lock_guard guard{child->mutex};
            child->ended();
        }
    }

private:
    ProcessTable() : self_{"MainProcess", ::getpid(), false, random_key()} {}

    static std::atomic<ProcessTable*>& current() {
        static std::atomic<ProcessTable*> table{new ProcessTable};  // outlives every static: exit handlers use it
        return table;
    }

    /// A pidfd of a child that was just made. Without one nobody could wait for it: it is not left running then.
    static Fd sentinel_of(pid_t pid) {
        try {
            return pidfd_open(pid);
        } catch (const OSError&) {
            ::kill(pid, SIGKILL);
            static_cast<void>(waitpid(pid));
            throw;
        }
    }

    /// Nothing may be thrown from here: it would be caught by what the parent has on its stack.
    [[noreturn]] static void run_child(const State& state, Fd parent) noexcept {
        // A table of its own; the parent's may have been locked by another thread at the fork.
        auto* table = new ProcessTable;
        const auto& before = instance();
        table->identity_ = state->identity;
        table->self_ = {state->name, ::getpid(), state->daemon, state->authkey};
        table->parent_name_ = before.self_.name;
        table->parent_pid_ = state->creator;
        table->parent_pidfd_ = std::move(parent);
        current().store(table);
        state->pid = ::getpid();
        int code = 1;
        try {
            if (state->target) state->target();
            code = 0;
        } catch (const std::exception& error) {
            report(state->name, demangled(typeid(error)) + ": " + error.what());
        } catch (...) {
            report(state->name, "an exception that is no std::exception");
        }
        table->finish_children();
        sync::say_goodbye();
        flush_standard_streams();
        ::_exit(code);
    }

    std::mutex mutex_;  // guards counter_ and children_; the rest does not change
    int counter_ = 0;
    std::vector<State> children_{};
    std::vector<int> identity_{};
    CurrentProcess self_;
    std::string parent_name_{};
    pid_t parent_pid_ = 0;
    Fd parent_pidfd_{};
};

Process::Process(Options options) : state_(ProcessTable::instance().add(std::move(options))) {}

void Process::start() {
    ProcessTable::instance().start(state_);
}

void Process::join() {
    join(std::chrono::nanoseconds::max());
}

void Process::join(std::chrono::nanoseconds timeout) {
    using namespace std::chrono;
    {
        std::lock_guard guard{state_->mutex};
        state_->check_open();
        state_->check_child("join");
        if (state_->pid == 0) throw AssertionError("can only join a started process");
    }
    const auto ms = static_cast<long>(ceil<milliseconds>(timeout).count());
    const long wait = timeout == nanoseconds::max() ? -1 : std::max(0L, ms);
    if (!exitcode()) wait_readable(state_->sentinel.get(), wait);
    if (exitcode()) ProcessTable::instance().forget(state_);
}

bool Process::is_alive() {
    std::unique_lock guard{state_->mutex};
    state_->check_open();
    if (state_->pid == ::getpid()) return true;
    state_->check_child("test");
    if (state_->pid == 0) return false;
    if (!state_->poll()) return true;
    guard.unlock();
    ProcessTable::instance().forget(state_);
    return false;
}

void Process::terminate() {
    signal(SIGTERM);
}

void Process::kill() {
    signal(SIGKILL);
}

void Process::interrupt() {
    signal(SIGINT);
}

void Process::signal(int number) {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    state_->check_child("signal");
    if (state_->pid == 0) throw AssertionError("can only signal a started process");
    // Unreaped it keeps its pid, so that the signal cannot reach another process.
    if (!state_->poll()) multiprocessing::kill(state_->pid, number);
}

void Process::close() {
    {
        std::lock_guard guard{state_->mutex};
        if (state_->pid != 0 && state_->creator == ::getpid() && !state_->poll()) {
            throw ValueError(
                "Cannot close a process while it is still running. You should first call join() or terminate().");
        }
        state_->closed = true;
        state_->sentinel.reset();
    }
    ProcessTable::instance().forget(state_);
}

std::optional<pid_t> Process::pid() const {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    return state_->pid == 0 ? std::nullopt : std::optional(state_->pid);
}

std::string Process::name() const {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    return state_->name;
}

void Process::set_name(std::string name) {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    state_->name = std::move(name);
}

bool Process::daemon() const {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    return state_->daemon;
}

void Process::set_daemon(bool daemon) {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    if (state_->pid != 0) throw AssertionError("process has already started");
    state_->daemon = daemon;
}

std::optional<int> Process::exitcode() {
    const auto ended = status();
    return ended ? std::optional(ended->exitcode()) : std::nullopt;
}

std::optional<ExitStatus> Process::status() {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    return state_->creator == ::getpid() ? state_->poll() : std::nullopt;
}

int Process::sentinel() const {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    if (!state_->sentinel) throw ValueError("process not started");
    return state_->sentinel.get();
}

std::string Process::authkey() const {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    return state_->authkey;
}

void Process::set_authkey(std::string key) {
    std::lock_guard guard{state_->mutex};
    state_->check_open();
    state_->authkey = std::move(key);
}

std::string Process::repr() {
    std::lock_guard guard{state_->mutex};
    std::string text = "<Process name='" + state_->name + "'";
    if (state_->pid != 0 && !state_->closed) text += " pid=" + std::to_string(state_->pid);
    text += " parent=" + std::to_string(state_->creator);
    if (state_->closed) {
        text += " closed";
    } else if (state_->pid == ::getpid()) {
        text += " started";
    } else if (state_->creator != ::getpid()) {
        text += " unknown";
    } else if (state_->pid == 0) {
        text += " initial";
    } else if (const auto& status = state_->poll(); !status) {
        text += " started";
    } else {
        text += " stopped exitcode=";
        const char* signal = status->signaled() ? ::sigabbrev_np(status->signal()) : nullptr;
        text += signal != nullptr ? "-SIG" + std::string(signal) : std::to_string(status->exitcode());
    }
    if (state_->daemon) text += " daemon";
    return text + ">";
}

CurrentProcess current_process() {
    return ProcessTable::instance().self();
}

bool ParentProcess::is_alive() const {
    return !join(std::chrono::milliseconds(0));
}

bool ParentProcess::join(std::chrono::milliseconds timeout) const {
    return wait_readable(sentinel, timeout.count() < 0 ? -1 : static_cast<long>(timeout.count()));
}

std::optional<ParentProcess> parent_process() {
    return ProcessTable::instance().parent();
}

std::vector<Process> active_children() {
    std::vector<Process> result;
    for (auto& child : ProcessTable::instance().children()) result.push_back(Process(std::move(child)));
    return result;
}

}  // namespace multiprocessing
