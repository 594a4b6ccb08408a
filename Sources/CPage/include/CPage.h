// The files of the page, as they lie in the folder `files`, in the program.

#pragma once

#include <stddef.h>

struct lathe_page_file {
    /// Its name in the folder.
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

extern const size_t lathe_page_file_count;

/// The file at a place among all, which stand in the order of their names.
const struct lathe_page_file *lathe_page_file_at(size_t index);
