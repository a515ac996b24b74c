/* call ADDRESS FOLDER MESSAGE_MAX KEEPALIVE_MS [HOST_NAME]: a client for servers of other makes. It
 * obeys lines and answers each with a line:
 *   call METHOD BYTES DEADLINE_MS           STATUS CODE MAYBE_ACTED LEN SAME WORDS DETAILS
 *   many METHOD BYTES THREADS CALLS         GOOD BAD
 *   open METHOD DEADLINE_MS                 STATUS
 *   send BYTES | half | close               STATUS
 *   receive TIMEOUT_MS                      STATUS LEN
 *   end                                     CODE WORDS
 * WORDS and DETAILS are in hexadecimal, "-" where they are empty. */
#include "base/hex.h"
#include "folder.h"
#include "rpc/client.h"
#include <pthread.h>
#include <string.h>

static lv_rpc_client *client;
static lv_rpc_stream *stream;

static lv_buffer pattern(size_t len)
{
    lv_buffer out = {0};
    uint8_t *place = NULL;
    lv_error err = {.text = "no memory"};
    rpc_must(lv_buffer_extend(&out, len, &place), &err);
    for (size_t i = 0; i < len; i++) {
        place[i] = (uint8_t)(i % 251);
    }
    return out;
}

static void print_hex(lv_bytes bytes)
{
    char *text = malloc(2 * bytes.len + 1);
    if (text == NULL || bytes.len == 0) {
        printf(" -");
    } else {
        lv_hex_encode(bytes, text);
        printf(" %s", text);
    }
    free(text);
}

static void do_call(const char *method, size_t len, int deadline_ms)
{
    lv_buffer request = pattern(len);
    lv_buffer response = {0};
    lv_rpc_end end = {0};
    lv_error err = {0};
    bool acted = false;
    lv_status status = lv_rpc_call(client, method, lv_buffer_view(&request), deadline_ms, &response,
                                   &end, &acted, &err);
    bool same = lv_bytes_equal(lv_buffer_view(&request), lv_buffer_view(&response));
    printf("%s %d %d %zu %d", lv_status_name(status), end.code, acted, response.len, same);
    print_hex(lv_bytes_of_text(status == LV_OK ? end.words : err.text));
    print_hex(lv_buffer_view(&end.details));
    printf("\n");
    lv_rpc_end_free(&end);
    lv_buffer_free(&request);
    lv_buffer_free(&response);
}

typedef struct {
    const char *method;
    size_t len;
    unsigned long calls;
    _Atomic unsigned good;
    _Atomic unsigned bad;
} crowd;

static void *run_many(void *context)
{
    crowd *all = context;
    lv_buffer request = pattern(all->len);
    for (unsigned long i = 0; i < all->calls; i++) {
        lv_buffer response = {0};
        lv_rpc_end end = {0};
        lv_error err = {0};
        lv_status status = lv_rpc_call(client, all->method, lv_buffer_view(&request), 60000,
                                       &response, &end, NULL, &err);
        bool good = status == LV_OK && end.code == LV_RPC_OK &&
                    lv_bytes_equal(lv_buffer_view(&request), lv_buffer_view(&response));
        all->good += good ? 1 : 0;
        all->bad += good ? 0 : 1;
        lv_rpc_end_free(&end);
        lv_buffer_free(&response);
    }
    lv_buffer_free(&request);
    return NULL;
}

static void do_many(const char *method, size_t len, size_t count, unsigned long calls)
{
    crowd all = {.method = method, .len = len, .calls = calls};
    pthread_t threads[256];
    for (size_t i = 0; i < count && i < 256; i++) {
        pthread_create(&threads[i], NULL, run_many, &all);
    }
    for (size_t i = 0; i < count && i < 256; i++) {
        pthread_join(threads[i], NULL);
    }
    printf("%u %u\n", all.good, all.bad);
}

static void do_stream(const char *verb, const char *word, long number)
{
    lv_error err = {0};
    lv_buffer message = {0};
    lv_status status = LV_OK;
    if (strcmp(verb, "open") == 0) {
        status = lv_rpc_stream_open(client, word, (int)number, &stream, &err);
    } else if (strcmp(verb, "send") == 0) {
        message = pattern((size_t)number);
        status = lv_rpc_stream_send(stream, lv_buffer_view(&message), &err);
    } else if (strcmp(verb, "receive") == 0) {
        status = lv_rpc_stream_receive(stream, (int)number, &message, &err);
        printf("%s %zu\n", lv_status_name(status), message.len);
    } else if (strcmp(verb, "half") == 0) {
        lv_rpc_stream_half_close(stream);
    } else {
        lv_rpc_stream_close(stream);
        stream = NULL;
    }
    if (strcmp(verb, "receive") != 0) {
        printf("%s\n", lv_status_name(status));
    }
    lv_buffer_free(&message);
}

static void obey(char *line)
{
    char *words[5] = {"", "", "0", "0", "0"};
    char *rest = NULL;
    size_t count = 0;
    for (char *at = strtok_r(line, " \n", &rest); at != NULL && count < 5;
         at = strtok_r(NULL, " \n", &rest)) {
        words[count++] = at;
    }
    long second = strtol(words[2], NULL, 10);
    long third = strtol(words[3], NULL, 10);
    if (strcmp(words[0], "call") == 0) {
        do_call(words[1], (size_t)second, (int)third);
    } else if (strcmp(words[0], "many") == 0) {
        do_many(words[1], (size_t)second, (size_t)third, strtoul(words[4], NULL, 10));
    } else if (strcmp(words[0], "end") == 0) {
        printf("%d", lv_rpc_stream_end(stream)->code);
        print_hex(lv_bytes_of_text(lv_rpc_stream_end(stream)->words));
        printf("\n");
    } else {
        do_stream(words[0], words[1], count > 2 ? second : strtol(words[1], NULL, 10));
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    lv_error err = {0};
    rpc_folder folder;
    char line[256];
    if (argc < 5) {
        return 2;
    }
    const lv_rpc_target target = {.address = argv[1],
                                  .tls = rpc_folder_open(argv[2], &folder),
                                  .message_max = strtoul(argv[3], NULL, 10),
                                  .keepalive_ms = (int)strtol(argv[4], NULL, 10),
                                  .host_name = argc > 5 ? argv[5] : NULL,
                                  .backoff_min_ms = 50,
                                  .backoff_max_ms = 200};
    rpc_must(lv_rpc_client_new(&target, &client, &err), &err);
    rpc_folder_free(&folder);
    while (fgets(line, sizeof line, stdin) != NULL) {
        obey(line);
    }
    lv_rpc_stream_close(stream);
    lv_rpc_client_close(client);
    return 0;
}
