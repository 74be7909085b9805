#define CURL_DISABLE_TYPECHECK
#define CURL_DISABLE_DEPRECATION
#include "CCurl.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The functions of libcurl's ABI that are used, by their names. All are there since 7.66 (2019).
static struct {
  CURLcode (*global_init)(long);
  CURL *(*easy_init)(void);
  void (*easy_cleanup)(CURL *);
  CURLcode (*easy_setopt)(CURL *, CURLoption, ...);
  CURLcode (*easy_getinfo)(CURL *, CURLINFO, ...);
  const char *(*easy_strerror)(CURLcode);
  struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
  void (*slist_free_all)(struct curl_slist *);
  CURLM *(*multi_init)(void);
  CURLMcode (*multi_cleanup)(CURLM *);
  CURLMcode (*multi_setopt)(CURLM *, CURLMoption, ...);
  CURLMcode (*multi_add_handle)(CURLM *, CURL *);
  CURLMcode (*multi_remove_handle)(CURLM *, CURL *);
  CURLMcode (*multi_perform)(CURLM *, int *);
  CURLMcode (*multi_poll)(CURLM *, struct curl_waitfd *, unsigned, int, int *);
  CURLMsg *(*multi_info_read)(CURLM *, int *);
  CURLU *(*url)(void);
  void (*url_cleanup)(CURLU *);
  CURLUcode (*url_set)(CURLU *, CURLUPart, const char *, unsigned);
  CURLUcode (*url_get)(const CURLU *, CURLUPart, char **, unsigned);
  void (*free)(void *);
} libcurl;

static const char *load_problem;

static void load(void) {
  static char text[512];
  load_problem = text;
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  if (library == NULL) {
    const char *reason = dlerror();
    snprintf(text, sizeof text, "%s", reason ? reason : "libcurl.so.4 cannot be loaded");
    return;
  }
  const struct {
    const char *name;
    void *slot;
  } functions[] = {
      {"curl_global_init", &libcurl.global_init},
      {"curl_easy_init", &libcurl.easy_init},
      {"curl_easy_cleanup", &libcurl.easy_cleanup},
      {"curl_easy_setopt", &libcurl.easy_setopt},
      {"curl_easy_getinfo", &libcurl.easy_getinfo},
      {"curl_easy_strerror", &libcurl.easy_strerror},
      {"curl_slist_append", &libcurl.slist_append},
      {"curl_slist_free_all", &libcurl.slist_free_all},
      {"curl_multi_init", &libcurl.multi_init},
      {"curl_multi_cleanup", &libcurl.multi_cleanup},
      {"curl_multi_setopt", &libcurl.multi_setopt},
      {"curl_multi_add_handle", &libcurl.multi_add_handle},
      {"curl_multi_remove_handle", &libcurl.multi_remove_handle},
      {"curl_multi_perform", &libcurl.multi_perform},
      {"curl_multi_poll", &libcurl.multi_poll},
      {"curl_multi_info_read", &libcurl.multi_info_read},
      {"curl_url", &libcurl.url},
      {"curl_url_cleanup", &libcurl.url_cleanup},
      {"curl_url_set", &libcurl.url_set},
      {"curl_url_get", &libcurl.url_get},
      {"curl_free", &libcurl.free},
  };
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    void *function = dlsym(library, functions[index].name);
    if (function == NULL) {
      snprintf(text, sizeof text, "libcurl.so.4 has no %s: it is older than 7.66", functions[index].name);
      return;
    }
    memcpy(functions[index].slot, &function, sizeof function);
  }
  if (libcurl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    snprintf(text, sizeof text, "libcurl cannot be initialized");
    return;
  }
  load_problem = NULL;
}

const char *locara_http_load(void) {
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return load_problem;
}

struct locara_http_group {
  CURLM *multi;
};

struct locara_http_exchange {
  CURL *easy;
  struct curl_slist *headers;
  locara_http_request request;
  char reason[CURL_ERROR_SIZE];
};

locara_http_group *locara_http_group_new(void) {
  locara_http_group *group = calloc(1, sizeof *group);
  if (group == NULL) return NULL;
  group->multi = libcurl.multi_init();
  if (group->multi == NULL) {
    free(group);
    return NULL;
  }
  return group;
}

void locara_http_group_free(locara_http_group *group) {
  libcurl.multi_cleanup(group->multi);
  free(group);
}

static size_t on_receive(char *bytes, size_t size, size_t count, void *context) {
  locara_http_exchange *exchange = context;
  return exchange->request.receive(exchange->request.context, bytes, size * count);
}

static size_t on_header(char *line, size_t size, size_t count, void *context) {
  locara_http_exchange *exchange = context;
  return exchange->request.header(exchange->request.context, line, size * count);
}

static size_t on_supply(char *buffer, size_t size, size_t count, void *context) {
  locara_http_exchange *exchange = context;
  size_t given = exchange->request.supply(exchange->request.context, buffer, size * count);
  return given == (size_t)-1 ? CURL_READFUNC_ABORT : given;
}

static void release(locara_http_exchange *exchange) {
  if (exchange->easy != NULL) libcurl.easy_cleanup(exchange->easy);
  if (exchange->headers != NULL) libcurl.slist_free_all(exchange->headers);
  free(exchange);
}

static int add_header(locara_http_exchange *exchange, const char *line) {
  struct curl_slist *list = libcurl.slist_append(exchange->headers, line);
  if (list == NULL) return -1;
  exchange->headers = list;
  return 0;
}

locara_http_exchange *locara_http_start(locara_http_group *group, const locara_http_request *request) {
  locara_http_exchange *exchange = calloc(1, sizeof *exchange);
  if (exchange == NULL) return NULL;
  exchange->request = *request;
  CURL *easy = exchange->easy = libcurl.easy_init();
  int failed = easy == NULL;
  // No waiting for a permission to send that few servers give.
  if (!failed) failed = add_header(exchange, "Expect:");
  for (const char *const *header = request->headers; !failed && *header != NULL; header++)
    failed = add_header(exchange, *header);
  if (failed) {
    release(exchange);
    return NULL;
  }
#define SET(option, value) failed |= libcurl.easy_setopt(easy, option, value) != CURLE_OK
  SET(CURLOPT_URL, request->url);
  SET(CURLOPT_PRIVATE, exchange);
  SET(CURLOPT_ERRORBUFFER, exchange->reason);
  SET(CURLOPT_HTTPHEADER, exchange->headers);
  SET(CURLOPT_USERAGENT, request->user_agent);
  SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
  SET(CURLOPT_FOLLOWLOCATION, 0L);
  SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
  // Ranges in parallel want a connection each.
  SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
  SET(CURLOPT_SSL_VERIFYPEER, 1L);
  SET(CURLOPT_SSL_VERIFYHOST, 2L);
  if (request->authority_file != NULL) SET(CURLOPT_CAINFO, request->authority_file);
  if (request->authority_directory != NULL) SET(CURLOPT_CAPATH, request->authority_directory);
  SET(CURLOPT_CONNECTTIMEOUT_MS, request->connect_limit);
  SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
  SET(CURLOPT_LOW_SPEED_TIME, request->stall_limit);
  // What a proxy answers to CONNECT is none of the response.
  SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  SET(CURLOPT_BUFFERSIZE, 512L * 1024);
  SET(CURLOPT_WRITEFUNCTION, on_receive);
  SET(CURLOPT_WRITEDATA, exchange);
  SET(CURLOPT_HEADERFUNCTION, on_header);
  SET(CURLOPT_HEADERDATA, exchange);
  if (strcmp(request->method, "HEAD") == 0) {
    SET(CURLOPT_NOBODY, 1L);
  } else if (request->body_size >= 0) {
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)request->body_size);
    SET(CURLOPT_READFUNCTION, on_supply);
    SET(CURLOPT_READDATA, exchange);
    SET(CURLOPT_CUSTOMREQUEST, request->method);
  } else if (strcmp(request->method, "GET") != 0) {
    SET(CURLOPT_CUSTOMREQUEST, request->method);
  }
#undef SET
  // The copies of the texts are libcurl's; the caller's go away.
  exchange->request.url = exchange->request.method = exchange->request.user_agent = NULL;
  exchange->request.headers = NULL;
  exchange->request.authority_file = exchange->request.authority_directory = NULL;
  if (failed || libcurl.multi_add_handle(group->multi, easy) != CURLM_OK) {
    release(exchange);
    return NULL;
  }
  return exchange;
}

int locara_http_wait(locara_http_group *group, int milliseconds) {
  int running = 0;
  if (libcurl.multi_perform(group->multi, &running) != CURLM_OK) return -1;
  if (libcurl.multi_poll(group->multi, NULL, 0, milliseconds, NULL) != CURLM_OK) return -1;
  return libcurl.multi_perform(group->multi, &running) == CURLM_OK ? 0 : -1;
}

static locara_http_ending ending(CURLcode code) {
  switch (code) {
    case CURLE_OK: return locara_http_done;
    case CURLE_WRITE_ERROR:
    case CURLE_ABORTED_BY_CALLBACK: return locara_http_stopped;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY: return locara_http_unresolved;
    case CURLE_COULDNT_CONNECT: return locara_http_unreachable;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_ISSUER_ERROR: return locara_http_insecure;
    case CURLE_OPERATION_TIMEDOUT: return locara_http_stalled;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING: return locara_http_malformed;
    default: return locara_http_broken;
  }
}

locara_http_outcome locara_http_next(locara_http_group *group) {
  locara_http_outcome outcome = {0};
  int left = 0;
  CURLMsg *message;
  while ((message = libcurl.multi_info_read(group->multi, &left)) != NULL) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL *easy = message->easy_handle;
    CURLcode code = message->data.result;
    char *private = NULL;
    libcurl.easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    outcome.exchange = (locara_http_exchange *)private;
    outcome.context = outcome.exchange->request.context;
    outcome.ending = ending(code);
    libcurl.easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &outcome.status);
    libcurl.easy_getinfo(easy, CURLINFO_REDIRECT_URL, &outcome.redirect);
    outcome.reason = outcome.exchange->reason[0] != '\0' ? outcome.exchange->reason : libcurl.easy_strerror(code);
    break;
  }
  return outcome;
}

void locara_http_end(locara_http_group *group, locara_http_exchange *exchange) {
  libcurl.multi_remove_handle(group->multi, exchange->easy);
  release(exchange);
}

int locara_http_origin(const char *url, char *buffer, size_t size) {
  CURLU *parts = libcurl.url();
  if (parts == NULL) return -1;
  char *scheme = NULL, *host = NULL, *port = NULL;
  int length = -1;
  if (libcurl.url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
      libcurl.url_get(parts, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
      libcurl.url_get(parts, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
      libcurl.url_get(parts, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK)
    length = snprintf(buffer, size, "%s://%s:%s", scheme, host, port);
  for (char *letter = buffer; length >= 0 && (size_t)length < size && *letter != '\0'; letter++)
    if (*letter >= 'A' && *letter <= 'Z') *letter += 'a' - 'A';
  libcurl.free(scheme);
  libcurl.free(host);
  libcurl.free(port);
  libcurl.url_cleanup(parts);
  return length >= 0 && (size_t)length < size ? 0 : -1;
}
