#pragma once
#include <wchar.h>

// <wchar.h> declares it only under _XOPEN_SOURCE, which Swift's view of the C library is built without.
extern int wcwidth(wchar_t character);
