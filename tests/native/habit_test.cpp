/// @file
/// What waits adapt by.
#include "multiprocessing/synchronize/habit.hpp"

#include <gtest/gtest.h>

namespace multiprocessing {
namespace {

/// How often it is not due.
int skips(sync::Habit& habit) {
    int count = 0;
    while (!habit.is_due()) ++count;
    return count;
}

TEST(HabitTest, WhatIsOfUseIsAlwaysDue) {
    sync::Habit habit{};
    for (int i = 0; i < 5; ++i) {
        EXPECT_TRUE(habit.is_due());
        habit.was_of_use();
    }
    EXPECT_TRUE(habit.is_due()) << "and stays so if nothing is said of it";
    EXPECT_TRUE(habit.is_due());
}

TEST(HabitTest, WhatIsOfNoUseIsDueEverMoreSeldom) {
    sync::Habit habit{};
    for (const int expected : {1, 3, 7, 15, 31, 63, 63, 63}) {
        ASSERT_TRUE(habit.is_due());
        habit.was_of_no_use();
        EXPECT_EQ(skips(habit), expected);
    }
    habit.was_of_use();
    EXPECT_EQ(skips(habit), 0);
    habit.was_of_no_use();
    EXPECT_EQ(skips(habit), 1) << "begins anew";
}

TEST(HabitTest, TheMostIsTheCallers) {
    sync::Habit habit{};
    for (int i = 0; i < 20; ++i) habit.was_of_no_use(1023);
    EXPECT_EQ(skips(habit), 1023);
    habit.rest();
    EXPECT_EQ(skips(habit), 1000);
}

}  // namespace
}  // namespace multiprocessing
