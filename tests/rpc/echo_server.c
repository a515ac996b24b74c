/* echo_server FOLDER MESSAGE_MAX KEEPALIVE_MS: a server for clients of other makes. It prints its
 * port, then obeys lines: "stop GRACE_MS" ends it, "over" prints how many calls of Hang were told
 * that they are over. */
#include "folder.h"
#include "rpc/server.h"
#include <string.h>
#include <unistd.h>

static _Atomic unsigned hung_over;

static lv_status echo(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    for (;;) {
        lv_buffer message = {0};
        lv_status status = lv_rpc_receive(exchange, -1, &message, err);
        if (status == LV_OK) {
            status = lv_rpc_send(exchange, lv_buffer_view(&message), err);
        }
        lv_buffer_free(&message);
        if (status != LV_OK) {
            return status == LV_NOT_FOUND ? LV_OK : status;
        }
    }
}

static lv_status refuse(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    (void)exchange;
    return lv_fail(err, LV_REFUSED, "100 %% no, 25 \u00b0C\nand a second line");
}

static lv_status hang(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    lv_buffer message = {0};
    lv_status status = LV_OK;
    while (status == LV_OK) {
        lv_buffer_free(&message);
        status = lv_rpc_receive(exchange, -1, &message, err);
    }
    while (status == LV_NOT_FOUND) { /* nothing more comes, and the call is not over */
        usleep(5000);
        status = lv_rpc_receive(exchange, 0, &message, err);
    }
    lv_buffer_free(&message);
    hung_over += status == LV_UNAVAILABLE;
    return status;
}

/* 64 KiB for every byte of the request. */
static lv_status pour(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    static const uint8_t block[65536];
    (void)context;
    lv_buffer message = {0};
    lv_status status = lv_rpc_receive(exchange, -1, &message, err);
    for (size_t i = 0; status == LV_OK && i < message.len; i++) {
        status = lv_rpc_send(exchange, (lv_bytes){block, sizeof block}, err);
    }
    lv_buffer_free(&message);
    return status;
}

/* Takes a message, dawdles, and answers with how many there were at the end. */
static lv_status dawdle(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    lv_status status = LV_OK;
    char count[16];
    unsigned messages = 0;
    while (status == LV_OK) {
        lv_buffer message = {0};
        usleep(messages < 50 ? 20000 : 0);
        status = lv_rpc_receive(exchange, -1, &message, err);
        messages += status == LV_OK ? 1 : 0;
        lv_buffer_free(&message);
    }
    if (status != LV_NOT_FOUND) {
        return status;
    }
    snprintf(count, sizeof count, "%u", messages);
    return lv_rpc_send(exchange, lv_bytes_of_text(count), err);
}

/* Who calls, by certificate. */
static lv_status peer(void *context, lv_rpc_exchange *exchange, lv_error *err)
{
    (void)context;
    return lv_rpc_send(exchange, lv_rpc_peer_certificate(exchange), err);
}

static void obey(lv_rpc_server *server)
{
    char line[64];
    unsigned long grace = 0;
    while (fgets(line, sizeof line, stdin) != NULL) {
        if (strncmp(line, "stop ", 5) == 0) {
            grace = strtoul(line + 5, NULL, 10);
            break;
        }
        printf("%u\n", hung_over);
        fflush(stdout);
    }
    lv_rpc_server_stop(server, (int)grace);
}

int main(int argc, char **argv)
{
    static const lv_rpc_method methods[] = {
        {"/test.Test/Echo", echo, NULL},     {"/test.Test/Refuse", refuse, NULL},
        {"/test.Test/Hang", hang, NULL},     {"/test.Test/Pour", pour, NULL},
        {"/test.Test/Dawdle", dawdle, NULL}, {"/test.Test/Peer", peer, NULL},
    };
    lv_error err = {0};
    rpc_folder folder;
    lv_rpc_server *server = NULL;
    if (argc != 4) {
        return 2;
    }
    const lv_rpc_listen listen = {.address = "127.0.0.1:0",
                                  .tls = rpc_folder_open(argv[1], &folder),
                                  .methods = methods,
                                  .method_count = sizeof methods / sizeof methods[0],
                                  .message_max = strtoul(argv[2], NULL, 10),
                                  .calls_max = 128,
                                  .keepalive_ms = (int)strtol(argv[3], NULL, 10)};
    rpc_must(lv_rpc_server_start(&listen, &server, &err), &err);
    rpc_folder_free(&folder);
    printf("%u\n", lv_rpc_server_port(server));
    fflush(stdout);
    obey(server);
    return 0;
}
