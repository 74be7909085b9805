#pragma once

// HTTP by the system's libcurl, loaded at its first use. Nothing here waits but `locara_http_wait`.
//
// Swift sees no type of libcurl's: its header differs between versions in what Swift would make of it.

#include <stddef.h>
#include <stdint.h>

/// Loads libcurl.so.4 and looks its functions up; later calls, from any thread, find it loaded.
///
/// Returns null, or why not. The text stays valid.
const char *locara_http_load(void);

/// Transfers that are under way together, and the connections they share. For one thread at a time.
typedef struct locara_http_group locara_http_group;

/// One request and its response, without retries and without following redirects.
typedef struct locara_http_exchange locara_http_exchange;

/// Null when memory or descriptors are short.
locara_http_group *locara_http_group_new(void);
/// Every exchange of the group has been ended before.
void locara_http_group_free(locara_http_group *group);

typedef struct {
  const char *url;
  /// GET, HEAD, POST, PUT, PATCH, DELETE.
  const char *method;
  /// `Name: value`, ended by null.
  const char *const *headers;
  const char *user_agent;
  /// Bytes of the body that `supply` gives; -1 for none.
  int64_t body_size;
  /// Certificates of authorities, PEM; null for the system's.
  const char *authority_file;
  const char *authority_directory;
  /// Milliseconds until a connection with TLS must stand.
  long connect_limit;
  /// Seconds without a byte after which the exchange counts as stalled.
  long stall_limit;
  void *context;
  /// Takes a piece of the response's body. Any result but `count` ends the exchange.
  size_t (*receive)(void *context, const char *bytes, size_t count);
  /// Takes a line of the response's header with its end of line. Any result but `count` ends the exchange.
  size_t (*header)(void *context, const char *line, size_t count);
  /// Gives a piece of the request's body. (size_t)-1 ends the exchange.
  size_t (*supply)(void *context, char *buffer, size_t count);
} locara_http_request;

/// Starts an exchange; texts are copied, `context` must outlive it. Null when it cannot be started, such as for a
/// malformed URL.
locara_http_exchange *locara_http_start(locara_http_group *group, const locara_http_request *request);

/// Moves data for up to so many milliseconds, and less when something happened. 0, or -1 when libcurl fails.
int locara_http_wait(locara_http_group *group, int milliseconds);

typedef enum {
  locara_http_done,
  /// A callback ended it.
  locara_http_stopped,
  /// The name was not resolved.
  locara_http_unresolved,
  /// No connection came to stand.
  locara_http_unreachable,
  /// The server's certificate is not one to trust, or TLS failed otherwise.
  locara_http_insecure,
  /// Nothing came for too long.
  locara_http_stalled,
  /// The connection broke before the response was whole.
  locara_http_broken,
  /// The URL, or what the server sent, is not HTTP.
  locara_http_malformed,
} locara_http_ending;

typedef struct {
  /// Null when none has ended.
  locara_http_exchange *exchange;
  void *context;
  locara_http_ending ending;
  /// The response's status; 0 when there was none.
  long status;
  /// libcurl's words for an ending that is not `done`. Valid until the exchange is ended.
  const char *reason;
  /// Where the response points to, absolute; null unless it is a redirect. Valid until the exchange is ended.
  const char *redirect;
} locara_http_outcome;

/// The next exchange that is over.
locara_http_outcome locara_http_next(locara_http_group *group);

/// Ends an exchange, finished or not, and frees it.
void locara_http_end(locara_http_group *group, locara_http_exchange *exchange);

/// Writes `scheme://host:port` of a URL, lower case and with the port that its scheme implies. 0, or -1 when it is no
/// URL or does not fit.
int locara_http_origin(const char *url, char *buffer, size_t size);
