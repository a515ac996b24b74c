/** Digests over several parts. */
#ifndef LV_RECORD_DIGEST_H
#define LV_RECORD_DIGEST_H

#include <lotveil/record.h>

/** SHA-256 over the parts one after the other. LV_E_CRYPTO where the library fails. */
LV_MUST_CHECK lv_status lv_digest_of_parts(const lv_bytes *parts, size_t count, lv_digest *out);

/** The bytes of a digest, borrowed. */
lv_bytes lv_digest_view(const lv_digest *digest);

#endif
