/** Certificates that come as PEM, held against a trust. */
#ifndef LV_IDENTITY_TRUST_H
#define LV_IDENTITY_TRUST_H

#include <lotveil/identity.h>

/** lv_trust_check_unit for exactly one certificate in PEM. */
LV_MUST_CHECK lv_status lv_trust_check_unit_pem(const lv_trust *trust, lv_bytes certificate_pem,
                                                int64_t time, const char *unit, const char **msp_id,
                                                lv_error *err);

/** lv_trust_check_plain for the same. */
LV_MUST_CHECK lv_status lv_trust_check_plain_pem(const lv_trust *trust, lv_bytes certificate_pem,
                                                 int64_t time, const char *unit, lv_bytes bytes,
                                                 lv_bytes signature, const char **msp_id,
                                                 lv_error *err);

#endif
