// The main of every test program. COURANT_TEST_LOCALE runs it under that locale, for C and for C++;
// a test run that asks for one that is not there fails, so that it cannot pass without it.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <clocale>
#include <cstdio>
#include <cstdlib>
#include <locale>
#include <stdexcept>

namespace {

bool enter_locale(const char* name) {
    try {
        std::locale::global(std::locale(name));
    } catch (const std::runtime_error&) {
        return false;
    }
    return std::setlocale(LC_ALL, name) != nullptr;
}

}  // namespace

int main(int argc, char** argv) {
    if (const char* name = std::getenv("COURANT_TEST_LOCALE"); name != nullptr) {
        if (!enter_locale(name)) {
            std::fprintf(stderr, "COURANT_TEST_LOCALE: the locale %s is not here\n", name);
            return EXIT_FAILURE;
        }
    }
    return doctest::Context(argc, argv).run();
}
