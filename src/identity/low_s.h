/** ECDSA P-256 signatures in their one canonical form: minimal DER of (r, s) with s in the lower
 *  half of the group order, as Hyperledger Fabric demands. Without it, anybody could turn a valid
 *  signature (r, s) into the other valid one (r, n - s). */
#ifndef LV_IDENTITY_LOW_S_H
#define LV_IDENTITY_LOW_S_H

#include <lotveil/identity.h>

/** Is it canonical? (Whether it is valid is another question.) */
bool lv_low_s_is_canonical(lv_bytes signature);

/** Appends the canonical form of a signature just made. LV_E_CRYPTO where it is none. */
LV_MUST_CHECK lv_status lv_low_s_normalise(lv_bytes signature, lv_buffer *out);

#endif
