#pragma once
#include <openssl/evp.h>

#include <openssl/sha.h>

// SHA-256 without the EVP interface, which reads a configuration file and registers every algorithm at its first use:
// that alone takes longer than building a sandbox. libcrypto calls these functions deprecated, and keeps them.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
static inline int locara_sha256_init(SHA256_CTX *context) { return SHA256_Init(context); }
static inline int locara_sha256_update(SHA256_CTX *context, const void *bytes, size_t count) {
  return SHA256_Update(context, bytes, count);
}
static inline int locara_sha256_final(unsigned char *digest, SHA256_CTX *context) {
  return SHA256_Final(digest, context);
}
// For git's names of files, which are SHA-1.
static inline int locara_sha1(const void *bytes, size_t count, unsigned char *digest) {
  return SHA1(bytes, count, digest) != NULL;
}
#pragma GCC diagnostic pop
