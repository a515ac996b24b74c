/** Allocations and random numbers that fail when they are told to, and memory that is searched for
 *  secrets when it is freed. A program that uses this is linked with -Wl,--wrap for each function
 *  that faults.c replaces (tests/CMakeLists.txt); what GMP, OpenSSL and SQLite allocate for
 *  themselves is not reached, but what GMP frees is searched too. Not thread-safe. */
#ifndef LV_TESTS_FAULTS_H
#define LV_TESTS_FAULTS_H

#include <lotveil/job.h>
#include <stdbool.h>
#include <stddef.h>

/** From now on the n-th allocation fails, n from 1; 0: none. */
void faults_fail_allocation(size_t n);

/** From now on the n-th filling from faults_rng fails, n from 1; 0: none. */
void faults_fail_random(size_t n);

/** Has it failed since it was told to? */
bool faults_struck(void);

/** The system's generator, as far as it is let. */
const lv_rng *faults_rng(void);

/** Looks for these bytes in whatever is freed from now on. Kept, not copied, until
 *  faults_forget. */
void faults_watch(const void *secret, size_t len);
void faults_forget(void);

/** How often one of them lay in memory that was freed, since faults_watch. */
size_t faults_unwiped(void);

/** Makes GMP free through this file; once, before GMP is used. */
void faults_follow_gmp(void);

#endif
