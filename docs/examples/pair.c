/*
 * Pairs a device with a Parse Server that has parse-server-sessions: shows a code, waits until its user has allowed or
 * denied it, and keeps the token of its session. Needs libcurl 7.85 and cJSON.
 *
 *   cc -std=c11 -Wall -Wextra -O2 -o pair pair.c -lcurl -lcjson
 *   ./pair https://example.com/parse my-app token
 *
 * Exit codes: 0 paired, 1 refused, denied or expired, 2 no answer of the server, 3 a fault of the device.
 * On a microcontroller replace show_code(), store_token(), wait_seconds() and now().
 */
#define _POSIX_C_SOURCE 200809L
#include <cjson/cJSON.h>
#include <curl/curl.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What the device asks for. With an "installationId" of its own it would take the place of its older session. */
static const char WISH[] = "{\"name\":\"Thermometer\",\"scopes\":[\"Telemetry:create\"]}";

enum { ANSWER_SIZE = 4096, REQUEST_SIZE = 256, TEXT_SIZE = 640 };
enum { TIMEOUT_S = 30, SLOWER_S = 5, LONGEST_PAUSE_S = 60 };

/* What a question has come to: NO_ANSWER may be asked again, REFUSED may not. */
enum outcome { ANSWERED, REFUSED, NO_ANSWER };
enum exit_code { PAIRED = 0, NOT_PAIRED = 1, UNREACHABLE = 2, FAULT = 3 };

struct server {
  CURL *curl;
  const char *url;
  struct curl_slist *headers;
};

struct answer {
  char text[ANSWER_SIZE];
  size_t length;
};

/* --- What differs from device to device --- */

static void show_code(const char *page, const char *user_code, int seconds) {
  printf("Open %s and type %s\nIt is good for %d minutes.\n", page, user_code, seconds / 60);
  fflush(stdout);
}

/* The token is all that it takes to be this device: a file for this user alone, there as a whole or not at all. */
static bool store_token(const char *path, const char *token) {
  char draft[TEXT_SIZE];
  int length = snprintf(draft, sizeof draft, "%s.new", path);
  if (length < 0 || (size_t)length >= sizeof draft) return false;
  (void)unlink(draft);
  int file = open(draft, O_WRONLY | O_CREAT | O_EXCL, 0600);
  if (file < 0) return false;
  size_t size = strlen(token);
  bool is_written = write(file, token, size) == (ssize_t)size && fsync(file) == 0;
  if (close(file) != 0) is_written = false;
  if (is_written && rename(draft, path) == 0) return true;
  (void)unlink(draft);
  return false;
}

static void wait_seconds(int seconds) {
  struct timespec left = {.tv_sec = seconds, .tv_nsec = 0};
  while (nanosleep(&left, &left) != 0) {
  }
}

/* Seconds of a clock that nobody sets: many devices do not know the time when they start. */
static long now(void) {
  struct timespec time;
  return clock_gettime(CLOCK_MONOTONIC, &time) == 0 ? (long)time.tv_sec : 0;
}

/* --- Asking the server --- */

/* libcurl's: takes a piece of an answer, and ends the transfer when there is more than an answer can have. */
static size_t receive(char *piece, size_t one, size_t count, void *user) {
  struct answer *answer = user;
  size_t size = one * count;
  if (size >= sizeof answer->text - answer->length) return CURL_WRITEFUNC_ERROR;
  memcpy(answer->text + answer->length, piece, size);
  answer->length += size;
  answer->text[answer->length] = '\0';
  return size;
}

/* Sends a request. Certificates are verified, as libcurl does unless it is told otherwise. */
static bool post(struct server *server, const char *function, const char *body, struct answer *answer, long *status) {
  char url[TEXT_SIZE];
  int length = snprintf(url, sizeof url, "%s/functions/%s", server->url, function);
  if (length < 0 || (size_t)length >= sizeof url) return false;
  CURL *curl = server->curl;
  answer->length = 0;
  answer->text[0] = '\0';
  return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "https,http") == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_HTTPHEADER, server->headers) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, receive) == CURLE_OK &&
         curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer) == CURLE_OK &&
         curl_easy_perform(curl) == CURLE_OK &&
         curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, status) == CURLE_OK;
}

/* Calls a cloud function. With ANSWERED the caller deletes *json, and *result is its "result". */
static enum outcome ask(struct server *server, const char *function, const char *body, cJSON **json, cJSON **result) {
  static struct answer answer;
  long status = 0;
  *json = NULL;
  if (!post(server, function, body, &answer, &status)) return NO_ANSWER;
  *json = cJSON_Parse(answer.text);
  memset(answer.text, 0, sizeof answer.text);
  *result = cJSON_GetObjectItemCaseSensitive(*json, "result");
  if (cJSON_IsObject(*result)) return ANSWERED;
  const cJSON *code = cJSON_GetObjectItemCaseSensitive(*json, "code");
  const cJSON *error = cJSON_GetObjectItemCaseSensitive(*json, "error");
  /* An app id that the server does not know is refused without a code. */
  bool is_refused = (cJSON_IsNumber(code) || status == 401 || status == 403) && status < 500 && status != 429;
  if (is_refused)
    fprintf(stderr, "Refused: %d %s\n", cJSON_IsNumber(code) ? code->valueint : (int)status,
            cJSON_IsString(error) ? error->valuestring : "");
  cJSON_Delete(*json);
  return is_refused ? REFUSED : NO_ANSWER;
}

/* Copies a text of an answer. */
static bool copy_text(char *to, size_t size, const cJSON *from, const char *key) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, key);
  if (!cJSON_IsString(item)) return false;
  int length = snprintf(to, size, "%s", item->valuestring);
  return length >= 0 && (size_t)length < size;
}

static bool copy_number(int *to, const cJSON *from, const char *key) {
  const cJSON *item = cJSON_GetObjectItemCaseSensitive(from, key);
  if (!cJSON_IsNumber(item) || item->valueint <= 0) return false;
  *to = item->valueint;
  return true;
}

/* --- Pairing --- */

static enum exit_code fail(enum exit_code code, const char *message) {
  fprintf(stderr, "%s\n", message);
  return code;
}

static enum exit_code pair(struct server *server, const char *token_path) {
  char device_code[129] = "", user_code[32] = "", page[TEXT_SIZE] = "", request[REQUEST_SIZE];
  int expires_in = 0, interval = 0;
  cJSON *json = NULL, *result = NULL;

  enum outcome outcome = ask(server, "startPairing", WISH, &json, &result);
  if (outcome != ANSWERED)
    return fail(outcome == REFUSED ? NOT_PAIRED : UNREACHABLE, "There is no code to show.");
  bool is_whole = copy_text(device_code, sizeof device_code, result, "deviceCode") &&
                  copy_text(user_code, sizeof user_code, result, "userCode") &&
                  copy_text(page, sizeof page, result, "verificationUri") &&
                  copy_number(&expires_in, result, "expiresIn") && copy_number(&interval, result, "interval");
  cJSON_Delete(json);
  /* The device's code is of letters, digits, "-" and "_": it needs no escaping. */
  int length = snprintf(request, sizeof request, "{\"deviceCode\":\"%s\"}", device_code);
  if (!is_whole || length < 0 || (size_t)length >= sizeof request)
    return fail(UNREACHABLE, "This is no answer of parse-server-sessions.");
  show_code(page, user_code, expires_in);

  const long end = now() + expires_in;
  for (int pause = interval; now() + pause < end;) {
    wait_seconds(pause);
    outcome = ask(server, "completePairing", request, &json, &result);
    if (outcome == REFUSED) return NOT_PAIRED;
    if (outcome == NO_ANSWER) {
      /* Twice as slow each time, a minute at most, and never faster than the server has said. */
      pause = pause * 2 > LONGEST_PAUSE_S ? LONGEST_PAUSE_S : pause * 2;
      if (pause < interval) pause = interval;
      continue;
    }
    char status[16] = "", token[128] = "";
    bool has_status = copy_text(status, sizeof status, result, "status");
    bool has_token = copy_text(token, sizeof token, result, "sessionToken");
    cJSON_Delete(json);
    if (has_status && strcmp(status, "denied") == 0) return fail(NOT_PAIRED, "Denied.");
    if (has_status && strcmp(status, "expired") == 0) return fail(NOT_PAIRED, "Expired.");
    if (has_token) {
      if (!store_token(token_path, token)) return fail(FAULT, "The token cannot be stored: pair anew.");
      printf("Paired.\n");
      return PAIRED;
    }
    if (has_status && strcmp(status, "slowDown") == 0) interval += SLOWER_S;
    pause = interval;
  }
  return fail(NOT_PAIRED, "Expired.");
}

/* Without TLS whoever is on the way reads the token: http is for a server on this machine only. */
static bool is_safe(const char *url) {
  static const char *const starts[] = {"https://", "http://127.0.0.1:", "http://localhost:"};
  for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++)
    if (strncmp(url, starts[i], strlen(starts[i])) == 0) return true;
  return false;
}

int main(int count, char **arguments) {
  if (count != 4) return fail(FAULT, "pair <server URL> <app id> <file for the token>");
  if (!is_safe(arguments[1])) return fail(FAULT, "The server URL must begin with https://");
  char app[TEXT_SIZE];
  int length = snprintf(app, sizeof app, "X-Parse-Application-Id: %s", arguments[2]);
  if (length < 0 || (size_t)length >= sizeof app) return fail(FAULT, "The app id is too long.");
  if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return fail(FAULT, "libcurl does not start.");

  enum exit_code code = FAULT;
  struct server server = {.curl = curl_easy_init(), .url = arguments[1], .headers = NULL};
  struct curl_slist *first = curl_slist_append(NULL, app);
  server.headers = first ? curl_slist_append(first, "Content-Type: application/json") : NULL;
  if (server.curl && server.headers) code = pair(&server, arguments[3]);
  else fail(FAULT, "There is no memory left.");
  curl_slist_free_all(first);
  curl_easy_cleanup(server.curl);
  curl_global_cleanup();
  return code;
}
