# What Doxygen reads of a header, line for line.

# The prose at the top is about the file.
1,/^#pragma once/ {
    s|^// \{0,1\}||
    1s|^|/**\n|
    /^#pragma once/ {
        N
        s|.*|@file */|
    }
}

# What every value or handle has needs no words: to be compared, moved, not copied.
s/^.*\(const = default\|&&) noexcept\|&) = delete\);$//
