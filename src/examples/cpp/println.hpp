/// @file
/// What the examples print with: whole lines, at once.
///
/// A line is one write(2). So the lines of several processes never mix, nothing waits in a buffer that fork() would
/// copy into the child (and both would print), and nothing is lost in a child that leaves without flushing.
#pragma once

#include <multiprocessing/pipe.hpp>

#include <span>
#include <sstream>
#include <string>

/// Writes its arguments, one after the other, and a newline to standard output.
template <typename... Parts>
void println(const Parts&... parts) {
    constexpr int standard_output = 1;
    std::ostringstream line;
    (line << ... << parts) << '\n';
    multiprocessing::write_all(standard_output, std::as_bytes(std::span(line.view())));
}

/// The elements as Python prints a list: `[1, 2, 3]`.
template <typename Range>
std::string list(const Range& elements) {
    std::ostringstream text;
    const char* separator = "";
    text << '[';
    for (const auto& element : elements) {
        text << separator << element;
        separator = ", ";
    }
    text << ']';
    return text.str();
}
