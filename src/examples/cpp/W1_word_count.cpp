// Which words stand most often in this repository's own text: each task counts one file, and the counts are added.

#include <multiprocessing/process.hpp>
#include <multiprocessing/queues.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "println.hpp"

namespace fs = std::filesystem;
namespace mp = multiprocessing;

using Counts = std::map<std::string, int>;
using Texts = mp::Queue<std::string>;

constexpr std::array folders{"include", "native", "src/examples"};
constexpr std::array endings{".hpp", ".cpp", ".java", ".py"};
constexpr int workers = 4;
const std::string no_more;

/// The folder above this program that holds the README.
fs::path repository() {
    fs::path folder = fs::read_symlink("/proc/self/exe");
    while (!fs::is_regular_file(folder / "README.md")) folder = folder.parent_path();
    return folder;
}

std::vector<fs::path> files(const fs::path& root) {
    std::vector files{root / "README.md"};
    for (const auto* folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            if (std::ranges::find(endings, entry.path().extension()) != endings.end()) files.push_back(entry.path());
        }
    }
    return files;
}

/// A word is a run of the letters a to z, in any case.
Counts count_words(const std::string& file) {
    std::ifstream stream(file, std::ios::binary);
    std::string text{std::istreambuf_iterator(stream), {}};
    Counts counts;
    std::string word;
    text.push_back('\n');
    for (const char c : text) {
        if (c >= 'a' && c <= 'z') {
            word.push_back(c);
        } else if (c >= 'A' && c <= 'Z') {
            word.push_back(static_cast<char>(c - 'A' + 'a'));
        } else if (!word.empty()) {
            ++counts[std::exchange(word, {})];
        }
    }
    return counts;
}

void work(Texts tasks, Texts results) {
    for (std::string file = tasks.get(); file != no_more; file = tasks.get()) {
        std::ostringstream text;
        for (const auto& [word, count] : count_words(file)) text << word << ' ' << count << ' ';
        results.put(text.str());
    }
}

int main() {
    Texts tasks;
    Texts results;
    std::vector<mp::Process> processes;
    for (int i = 0; i < workers; ++i) processes.emplace_back([=] { work(tasks, results); });
    for (auto& process : processes) process.start();
    const auto all = files(repository());
    for (const auto& file : all) tasks.put(file.string());
    for (int i = 0; i < workers; ++i) tasks.put(no_more);

    Counts total;
    for (std::size_t i = 0; i < all.size(); ++i) {
        std::istringstream text(results.get());
        int count = 0;
        for (std::string word; text >> word >> count;) total[word] += count;
    }
    for (auto& process : processes) process.join();

    int words = 0;
    for (const auto& [word, count] : total) words += count;
    println("Files: ", all.size(), ", words: ", words, ", different ones: ", total.size());
    std::vector<std::pair<std::string, int>> most(total.begin(), total.end());
    std::ranges::stable_sort(most, std::ranges::greater{}, &std::pair<std::string, int>::second);
    for (std::size_t i = 0; i < std::min<std::size_t>(10, most.size()); ++i) {
        println(most[i].first, ": ", most[i].second);
    }
}
