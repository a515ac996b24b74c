/** Plays a fuzz target without a fuzzer: every file of a folder as it stands, then mutations of
 *  each that are the same on every run, until MUTATIONS of every file or the time is used up.
 *      fuzz_TARGET FOLDER
 *  An input that breaks the target is written to ./broken-input. */
#include "base/clock.h"
#include "base/file.h"
#include "fuzz.h"
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const size_t MUTATIONS = 4000;
static const double SECONDS = 1.0;
static const size_t INPUT_MAX = 65536;
#define FILES_MAX 256U

typedef struct {
    lv_buffer files[FILES_MAX];
    size_t count;
    lv_buffer input;
    uint64_t random;
    uint8_t *playing; /* what the target reads now */
    size_t playing_len;
} replay;

static uint64_t next(replay *r, uint64_t below)
{
    /* xorshift64* */
    r->random ^= r->random >> 12;
    r->random ^= r->random << 25;
    r->random ^= r->random >> 27;
    return below == 0 ? 0 : (r->random * UINT64_C(2685821657736338717) >> 16) % below;
}

/* ---- mutations: each changes the input where it can ---- */

static void flip_bit(replay *r)
{
    if (r->input.len > 0) {
        r->input.data[next(r, r->input.len)] ^= (uint8_t)(1U << next(r, 8));
    }
}

static void set_byte(replay *r)
{
    static const char telling[] = "\0\1\2\177\200\377 \t\r\n\"'%,.:;-+/\\[]{}#&*0159";
    if (r->input.len > 0) {
        r->input.data[next(r, r->input.len)] =
            next(r, 2) == 0 ? (uint8_t)telling[next(r, sizeof telling - 1)] : (uint8_t)next(r, 256);
    }
}

static void cut(replay *r)
{
    size_t len = r->input.len;
    size_t from = next(r, len);
    size_t gone = 1 + next(r, next(r, 4) == 0 ? len - from : 4);
    if (len == 0 || gone > len - from) {
        return;
    }
    memmove(r->input.data + from, r->input.data + from + gone, len - from - gone);
    r->input.len -= gone;
}

static void truncate_input(replay *r) { r->input.len = next(r, r->input.len); }

/* Puts `len` bytes of a file into the input. */
static void insert(replay *r, const lv_buffer *from, size_t start, size_t len)
{
    uint8_t *place = NULL;
    size_t at = next(r, r->input.len + 1);
    size_t behind = r->input.len - at;
    if (len == 0 || r->input.len + len > INPUT_MAX ||
        lv_buffer_extend(&r->input, len, &place) != LV_OK) {
        return;
    }
    memmove(r->input.data + at + len, r->input.data + at, behind);
    memcpy(r->input.data + at, from->data + start, len);
}

static void splice_file(replay *r)
{
    const lv_buffer *from = &r->files[next(r, r->count)];
    size_t start = next(r, from->len);
    insert(r, from, start, next(r, from->len - start + 1));
}

static void repeat(replay *r)
{
    lv_buffer copy = {0};
    if (r->input.len > 0 && lv_buffer_append(&copy, r->input.data, r->input.len) == LV_OK) {
        size_t start = next(r, copy.len);
        size_t most = copy.len - start < 64 ? copy.len - start : 64;
        insert(r, &copy, start, 1 + next(r, most));
    }
    lv_buffer_free(&copy);
}

static void mutate(replay *r)
{
    static void (*const ways[])(replay *) = {flip_bit, flip_bit, set_byte,       set_byte,
                                             cut,      repeat,   truncate_input, splice_file};
    for (size_t i = 1 + next(r, 4); i > 0; i--) {
        ways[next(r, sizeof ways / sizeof ways[0])](r);
    }
}

/* ---- playing ---- */

static replay state;

/* Only calls that a signal handler may make. */
static void keep_input(int number)
{
    signal(number, SIG_DFL);
    int file = open("broken-input", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file >= 0) {
        ssize_t written = write(file, state.playing, state.playing_len);
        (void)written;
        close(file);
    }
    raise(number);
}

static void play(size_t file)
{
    /* in memory of its own length, so that reading past its end is seen */
    uint8_t *exact = malloc(state.input.len > 0 ? state.input.len : 1);
    FUZZ_CHECK(exact != NULL);
    if (state.input.len > 0) {
        memcpy(exact, state.input.data, state.input.len);
    }
    state.playing = exact;
    state.playing_len = state.input.len;
    LLVMFuzzerTestOneInput(exact, state.input.len);
    free(exact);
    state.input.len = 0;
    FUZZ_CHECK(lv_buffer_append(&state.input, state.files[file].data, state.files[file].len) ==
               LV_OK);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_files(const char *folder)
{
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, by_name);
    for (int i = 0; i < count; i++) {
        lv_error err = {0};
        char *path = lv_path_join(folder, entries[i]->d_name);
        if (path != NULL && entries[i]->d_name[0] != '.') {
            FUZZ_CHECK(state.count < FILES_MAX);
            FUZZ_CHECK(lv_file_read(path, INPUT_MAX, &state.files[state.count++], &err) == LV_OK);
        }
        free(path);
        free(entries[i]);
    }
    free((void *)entries);
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", arguments[0]);
        return 2;
    }
    read_files(arguments[1]);
    if (state.count == 0) {
        fprintf(stderr, "%s: no input there\n", arguments[1]);
        return 1;
    }
    signal(SIGABRT, keep_input);
    state.random = UINT64_C(0x9e3779b97f4a7c15);
    play(0); /* the empty input */
    for (size_t file = 0; file < state.count; file++) {
        play((file + 1) % state.count);
    }
    double end = lv_clock_seconds() + SECONDS;
    size_t played = 0;
    for (; played < MUTATIONS * state.count && lv_clock_seconds() < end; played++) {
        mutate(&state);
        play((played + 1) % state.count);
    }
    printf("%zu inputs, %zu mutations\n", state.count, played);
    for (size_t file = 0; file < state.count; file++) {
        lv_buffer_free(&state.files[file]);
    }
    lv_buffer_free(&state.input);
    return 0;
}
