/** What `lotveil enroll` does at a Fabric CA (docs/identity.md). */
#ifndef LV_CLI_ENROLL_H
#define LV_CLI_ENROLL_H

#include "cli/cli.h"

#define LV_ENROLL_HOSTS_MAX 16

/** What the command line says; NULL where it says nothing. */
typedef struct {
    lv_cli cli;
    const char *ca;
    const char *ca_name;
    const char *tls_roots; /* file */
    const char *user;
    const char *secret_file; /* "-": standard input */
    const char *secret_out;
    const char *root_file;
    const char *root_sha256;
    const char *type;
    const char *affiliation;
    unsigned enrollments;
    const char *hosts[LV_ENROLL_HOSTS_MAX];
    size_t host_count;
} lv_enroll_options;

/** A certificate for an enrolment id and its secret: makes msp/ and card.json where there are none,
 *  replaces certificate and key otherwise. A node that runs takes it. */
LV_MUST_CHECK lv_status lv_enroll_get(const lv_enroll_options *options, lv_error *err);

/** Another certificate in place of the present one. */
LV_MUST_CHECK lv_status lv_enroll_renew(const lv_enroll_options *options, lv_error *err);

/** Another enrolment id, whose secret goes to a file of mode 0600. */
LV_MUST_CHECK lv_status lv_enroll_register(const lv_enroll_options *options, lv_error *err);

#endif
