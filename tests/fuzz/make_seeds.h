/** Writing the corpus. */
#ifndef LV_TESTS_MAKE_SEEDS_H
#define LV_TESTS_MAKE_SEEDS_H

#include "fuzz.h"

/** Ends the program with words unless LV_OK. */
void seed_must(lv_status status, const lv_error *err);

/** Writes corpus/`target`/`name`. */
void seed_write(const char *target, const char *name, lv_bytes bytes);
void seed_text(const char *target, const char *name, const char *text);

/** The inputs that are text: CSV, decimals, times, YAML, JSON, paths. */
void seeds_of_text(void);

/** Hyperledger Fabric's messages. */
void seeds_of_fabric(void);

/** What a peer says to a chaincode server; made of the calls in corpus/contract. */
void seeds_of_chaincode(void);

#endif
