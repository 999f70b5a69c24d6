/// @file
/// What the shared library shows of itself: everything else in it is hidden.
#pragma once

/// Stands at the namespace of the public headers.
#define MULTIPROCESSING_API __attribute__((visibility("default")))
