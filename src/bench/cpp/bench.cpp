/// @file
/// The C++ peer of `mp4j bench`: the physical limit. Usage: `bench JVM-COMMAND…`, where the command starts a JVM that
/// does nothing.
///
/// Protocol, one line each way: `list` is answered with the names of all figures, `run FIGURE ITERATIONS` with
/// `FIGURE NANOSECONDS-PER-OPERATION`; end of file ends the program.
#include <iostream>
#include <sstream>
#include <stdexcept>

#include "figures.hpp"

namespace {

void list(const bench::Figures& figures) {
    for (const auto& [name, figure] : figures) std::cout << name << ' ';
    std::cout << std::endl;
}

void run(const bench::Figure& figure, const std::string& name, long iterations) {
    const auto elapsed = std::chrono::duration<double, std::nano>(figure(iterations));
    std::cout << name << ' ' << elapsed.count() / static_cast<double>(iterations) << std::endl;
}

void serve(const bench::Figures& figures) {
    for (std::string line; std::getline(std::cin, line);) {
        std::istringstream request(line);
        std::string command;
        std::string name;
        long iterations = 0;
        if (line == "list") {
            list(figures);
        } else if (request >> command >> name >> iterations && command == "run") {
            run(figures.at(name), name, iterations);
        } else {
            throw std::invalid_argument("unknown request: " + line);
        }
    }
}

}  // namespace

int main(int argc, char** argv) {
    try {
        bench::Figures figures;
        bench::add_start(figures, {argv + 1, argv + argc});
        bench::add_value(figures);
        bench::add_array(figures);
        bench::add_lock(figures);
        bench::add_sync(figures);
        bench::add_queue(figures);
        bench::add_pipe(figures);
        serve(figures);
        return 0;
    } catch (const std::exception& error) {
        std::cerr << "bench: " << error.what() << '\n';
        return 1;
    }
}
