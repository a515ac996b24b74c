/* A process for a part of the bench: which twin of a computation runs is settled once in each. */
#include "bench/measure.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct {
    lv_status (*work)(void *context, json_t **out, lv_error *err);
    void *context;
} task;

static void write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);
        if (n < 0 && errno != EINTR) {
            return; /* the reader misses the end and says so */
        }
        text += n > 0 ? n : 0;
        len -= n > 0 ? (size_t)n : 0;
    }
}

/* Never returns: what the parent would do at its end is not for the child to do. */
static void run_child(const task *t, bool portable, pid_t parent, int fd)
{
    lv_error err = {{0}};
    json_t *result = NULL;
    /* An interrupted bench leaves nobody behind who still computes. */
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || (portable && setenv("LOTVEIL_CPU", "portable", 1) != 0)) {
        _exit(1);
    }
    lv_status status = t->work(t->context, &result, &err);
    json_t *answer =
        json_pack("{s:i, s:s, s:o*}", "status", (int)status, "words", err.text, "result", result);
    char *text = answer != NULL ? json_dumps(answer, JSON_REAL_PRECISION(17)) : NULL;
    if (text != NULL) {
        write_all(fd, text, strlen(text));
    }
    _exit(0);
}

static lv_status read_all(int fd, lv_buffer *text)
{
    char piece[4096];
    for (;;) {
        ssize_t n = read(fd, piece, sizeof piece);
        if (n == 0) {
            return LV_OK;
        }
        if (n < 0 && errno != EINTR) {
            return LV_E_IO;
        }
        lv_status status = n > 0 ? lv_buffer_append(text, piece, (size_t)n) : LV_OK;
        if (status != LV_OK) {
            return status;
        }
    }
}

/* Takes apart what the child wrote. */
static lv_status take_answer(const lv_buffer *text, json_t **out, lv_error *err)
{
    int told = 0;
    const char *words = NULL;
    json_t *result = NULL;
    json_t *answer = json_loadb(lv_buffer_text(text), text->len, 0, NULL);
    lv_status status = LV_OK;
    if (json_unpack(answer, "{s:i, s:s, s?o}", "status", &told, "words", &words, "result",
                    &result) != 0) {
        status = lv_fail(err, LV_E_IO, "bench: a process that measures died before it answered");
    } else if (told != LV_OK) {
        status = lv_fail(err, (lv_status)told, "%s", words);
    } else {
        *out = json_incref(result);
    }
    json_decref(answer);
    return status;
}

static pid_t start(const task *t, bool portable, int *fd)
{
    int ends[2];
    pid_t parent = getpid();
    if (pipe(ends) != 0) {
        return -1;
    }
    (void)fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        (void)close(ends[0]);
        run_child(t, portable, parent, ends[1]);
    }
    (void)close(ends[1]);
    if (child < 0) {
        (void)close(ends[0]);
        return -1;
    }
    *fd = ends[0];
    return child;
}

lv_status lv_bench_child(bool portable,
                         lv_status (*work)(void *context, json_t **out, lv_error *err),
                         void *context, json_t **out, lv_error *err)
{
    const task t = {work, context};
    lv_buffer text = {0};
    int fd = -1;
    *out = NULL;
    pid_t child = start(&t, portable, &fd);
    if (child < 0) {
        return lv_fail(err, LV_E_IO, "bench: cannot start a process: %s", strerror(errno));
    }
    lv_status status = read_all(fd, &text);
    (void)close(fd);
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR) {
    }
    if (status == LV_OK) {
        status = take_answer(&text, out, err);
    }
    lv_buffer_free(&text);
    return status;
}
