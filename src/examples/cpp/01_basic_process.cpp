// Who am I? A parent and its child print their process, their parent and their thread.
//
// The child's parent is the main process, and the names tell the two apart. The thread ids tell nothing: they mean
// something inside one process only, and after a fork the number is even the same in both.
//
// One textbook version lacks a header and does not compile. Another prints its first line twice as soon as its output
// is a pipe: the line was still in the buffer when fork() copied the process. Here every line is written at once.

#include <multiprocessing/process.hpp>

#include <thread>

#include "println.hpp"

namespace mp = multiprocessing;

void work() {
    println("Worker function");
    println("Worker function process id: ", mp::getpid());
    println("Worker function parent process id: ", mp::parent_process().value().pid);
    println("Worker process name: ", mp::current_process().name);
    println("Worker thread id: ", std::this_thread::get_id());
    println("Worker function finished");
}

int main() {
    println("Main function");
    println("Main function process id: ", mp::getpid());
    println("Main process name: ", mp::current_process().name);
    println("Main thread id: ", std::this_thread::get_id());

    mp::Process process(work);
    process.start();
    process.join();

    println("Main function finished");
}
