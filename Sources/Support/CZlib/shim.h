// zlib's inflateInit2 is a macro, which Swift does not see.
#pragma once
#include <zlib.h>

// Prepares for gzip data, RFC 1952. 0 when it worked.
static inline int locara_inflate_start(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
